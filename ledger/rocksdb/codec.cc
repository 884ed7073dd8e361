#include "ledger/rocksdb/codec.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cairn::ledger::codec {
namespace {

// Appends the low `bytes` bytes of a value, highest first.
void AppendBigEndian(std::string& out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

uint64_t BigEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

template <size_t N>
absl::string_view View(const std::array<uint8_t, N>& bytes) {
  return absl::string_view(reinterpret_cast<const char*>(bytes.data()), N);
}

absl::Status Malformed(absl::string_view what, size_t size) {
  return absl::DataLossError(
      absl::StrCat("the stored ", what, " of ", size, " bytes is malformed"));
}

// Takes bytes from the front; once more is asked than there is, every further answer is zeros and
// Done() is false.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : rest_(bytes) {}

  absl::string_view Bytes(size_t size) {
    if (size > rest_.size()) {
      short_ = true;
      rest_ = {};
      return {};
    }
    const absl::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  uint64_t Integer(size_t size) { return BigEndian(Bytes(size)); }
  template <size_t N>
  std::array<uint8_t, N> Array() {
    std::array<uint8_t, N> out{};
    const absl::string_view taken = Bytes(N);
    std::copy(taken.begin(), taken.end(), out.begin());
    return out;
  }
  bool Done() const { return !short_ && rest_.empty(); }

 private:
  absl::string_view rest_;
  bool short_ = false;
};

// Stored hashes are read where they lie: a Hash is its 32 bytes, without padding or alignment.
static_assert(sizeof(Hash) == Hash::kSize && alignof(Hash) == 1);

}  // namespace

std::string FormatU32(uint32_t value) {
  std::string out;
  AppendBigEndian(out, value, 4);
  return out;
}

std::string FormatU64(uint64_t value) {
  std::string out;
  AppendBigEndian(out, value, 8);
  return out;
}

absl::StatusOr<uint32_t> ParseU32(absl::string_view bytes) {
  if (bytes.size() != 4) return Malformed("32-bit integer", bytes.size());
  return static_cast<uint32_t>(BigEndian(bytes));
}

absl::StatusOr<uint64_t> ParseU64(absl::string_view bytes) {
  if (bytes.size() != 8) return Malformed("64-bit integer", bytes.size());
  return BigEndian(bytes);
}

std::string FormatIdentity(const LogIdentity& identity) {
  std::string out;
  for (const std::string& text : {identity.origin, identity.vkey}) {
    assert(text.size() <= 0xffff);
    AppendBigEndian(out, text.size(), 2);
    out += text;
  }
  absl::StrAppend(&out, View(identity.log_id), View(identity.index_salt));
  return out;
}

absl::StatusOr<LogIdentity> ParseIdentity(absl::string_view bytes) {
  Reader reader(bytes);
  LogIdentity identity;
  identity.origin = std::string(reader.Bytes(reader.Integer(2)));
  identity.vkey = std::string(reader.Bytes(reader.Integer(2)));
  identity.log_id = reader.Array<16>();
  identity.index_salt = reader.Array<32>();
  if (!reader.Done()) return Malformed("identity", bytes.size());
  return identity;
}

std::string FormatTreeState(const TreeState& state) {
  std::string out;
  AppendBigEndian(out, state.size.value(), 8);
  absl::StrAppend(&out, state.root.view());
  AppendBigEndian(out, state.last_accepted_at_ms, 8);
  return out;
}

absl::StatusOr<TreeState> ParseTreeState(absl::string_view bytes) {
  Reader reader(bytes);
  TreeState state;
  state.size = TreeSize(reader.Integer(8));
  state.root.bytes = reader.Array<Hash::kSize>();
  state.last_accepted_at_ms = reader.Integer(8);
  if (!reader.Done() || state.size.value() > kMaxTreeSize) {
    return Malformed("tree state", bytes.size());
  }
  return state;
}

std::string CertifierKey(LeafIndex index) {
  return absl::StrCat(kCertifierPrefix, FormatU64(index.value()));
}

absl::StatusOr<LeafIndex> ParseCertifierKey(absl::string_view key) {
  absl::string_view rest = key;
  if (!absl::ConsumePrefix(&rest, kCertifierPrefix) || rest.size() != 8) {
    return Malformed("certifier row", key.size());
  }
  return LeafIndex(BigEndian(rest));
}

std::string RunKey(LeafIndex first) { return FormatU64(first.value()); }

absl::StatusOr<LeafIndex> ParseRunKey(absl::string_view key) {
  if (key.size() != 8) return Malformed("run key", key.size());
  return LeafIndex(BigEndian(key));
}

std::string FormatRun(absl::Span<const std::string> entries) {
  size_t size = 0;
  for (const std::string& entry : entries) size += 2 + entry.size();
  std::string out;
  out.reserve(size);
  for (const std::string& entry : entries) {
    assert(entry.size() <= 0xffff);
    AppendBigEndian(out, entry.size(), 2);
    out += entry;
  }
  return out;
}

absl::StatusOr<std::vector<absl::string_view>> ParseRun(absl::string_view bytes) {
  std::vector<absl::string_view> entries;
  absl::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t size = rest.size() < 2 ? rest.size() : BigEndian(rest.substr(0, 2));
    if (rest.size() < 2 + size) return Malformed("run", bytes.size());
    entries.push_back(rest.substr(2, size));
    rest.remove_prefix(2 + size);
  }
  if (entries.empty()) return Malformed("run", bytes.size());
  return entries;
}

std::string TileKey(merkle::TileId id) {
  std::string key;
  AppendBigEndian(key, id.level, 1);
  AppendBigEndian(key, id.index, 8);
  return key;
}

absl::StatusOr<merkle::TileId> ParseTileKey(absl::string_view key) {
  if (key.size() != 9) return Malformed("tile key", key.size());
  return merkle::TileId{.level = static_cast<uint8_t>(key[0]), .index = BigEndian(key.substr(1))};
}

std::string FormatFullTile(const merkle::FullTile& tile) {
  assert(tile.hashes.size() == merkle::kTileWidth);
  assert(tile.inner.empty() || tile.inner.size() == merkle::kInnerCount);
  std::string out;
  out.reserve((merkle::kTileWidth + merkle::kInnerCount) * Hash::kSize);
  for (const Hash& hash : tile.hashes) absl::StrAppend(&out, hash.view());
  for (const Hash& hash : tile.inner) absl::StrAppend(&out, hash.view());
  if (tile.inner.empty()) {
    constexpr size_t kBelow = merkle::kTileWidth / merkle::kInnerCount;
    for (size_t begin = 0; begin < merkle::kTileWidth; begin += kBelow) {
      const auto below = absl::MakeConstSpan(tile.hashes).subspan(begin, kBelow);
      absl::StrAppend(&out, merkle::SubtreeRoot(below).view());
    }
  }
  return out;
}

absl::StatusOr<TileView> ParseFullTile(absl::string_view bytes) {
  if (bytes.size() != (merkle::kTileWidth + merkle::kInnerCount) * Hash::kSize) {
    return Malformed("tile", bytes.size());
  }
  const absl::Span<const Hash> all(reinterpret_cast<const Hash*>(bytes.data()),
                                   bytes.size() / Hash::kSize);
  return TileView{all.first(merkle::kTileWidth), all.subspan(merkle::kTileWidth)};
}

std::string FormatIndexes(absl::Span<const LeafIndex> indexes) {
  std::string out;
  out.reserve(6 * indexes.size());
  for (const LeafIndex index : indexes) {
    assert(index.value() <= kMaxIndexed);
    AppendBigEndian(out, index.value(), 6);
  }
  return out;
}

absl::StatusOr<std::vector<LeafIndex>> ParseIndexes(absl::string_view bytes) {
  if (bytes.size() % 6 != 0) return Malformed("index row", bytes.size());
  std::vector<LeafIndex> indexes;
  indexes.reserve(bytes.size() / 6);
  for (; !bytes.empty(); bytes.remove_prefix(6)) {
    indexes.emplace_back(BigEndian(bytes.substr(0, 6)));
    if (indexes.size() > 1 && indexes[indexes.size() - 2] >= indexes.back()) {
      return Malformed("index row", bytes.size());
    }
  }
  return indexes;
}

}  // namespace cairn::ledger::codec
