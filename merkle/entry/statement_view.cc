#include "merkle/entry/statement_view.h"

#include <array>
#include <cstddef>
#include <limits>

#include "absl/strings/ascii.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/verify.h"

namespace cairn::entry {
namespace {

// Where the parts of a statement begin; see entry.h.
constexpr size_t kTimeAt = 2;
constexpr size_t kHashAt = kTimeAt + 8;
constexpr size_t kPolicyAt = kHashAt + Hash::kSize;
constexpr size_t kSupersedesAt = kPolicyAt + 1;
constexpr size_t kTextsAt = kSupersedesAt + 8;
constexpr size_t kKeyAndSignatureBytes = 32 + 64;

uint64_t Integer(const char* bytes, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

bool IsTextCharacter(char c) {
  static const std::array<bool, 256> allowed = [] {
    std::array<bool, 256> table{};
    for (int c = 0; c < 256; ++c) {
      table[c] = absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ||
                 c == ':' || c == '-';
    }
    return table;
  }();
  return allowed[static_cast<uint8_t>(c)];
}

// Takes a text off the front of `rest`.
bool TakeText(absl::string_view& rest, size_t min_size, absl::string_view& text) {
  if (rest.empty()) return false;
  const size_t size = static_cast<uint8_t>(rest[0]);
  if (size < min_size || size > kMaxTextBytes || rest.size() < 1 + size) return false;
  text = rest.substr(1, size);
  for (const char c : text) {
    if (!IsTextCharacter(c)) return false;
  }
  rest.remove_prefix(1 + size);
  return true;
}

// Whether `rest` is a signature form and what follows it, whole.
bool IsSignature(absl::string_view rest) {
  if (rest.empty()) return false;
  const char form = rest[0];
  rest.remove_prefix(1);
  if (form == 0) return rest.empty();
  if (form == 1) return rest.size() == kKeyAndSignatureBytes;
  if (form != 2 || rest.size() < kKeyAndSignatureBytes + 4) return false;
  rest.remove_prefix(kKeyAndSignatureBytes);
  const uint64_t size = Integer(rest.data(), 2);
  const uint64_t index = Integer(rest.data() + 2, 2);
  if (size > kMaxBatchSize || index >= size) return false;
  const size_t path = merkle::InclusionProofLength(LeafIndex(index), TreeSize(size));
  return rest.size() == 4 + path * Hash::kSize;
}

}  // namespace

std::optional<StatementView> ViewStatement(absl::string_view encoded) {
  if (encoded.size() <= kTextsAt || encoded.size() > kMaxEntryBytes) return std::nullopt;
  if (encoded[0] != 1 || encoded[1] != 1) return std::nullopt;
  if (static_cast<uint8_t>(encoded[kPolicyAt]) > static_cast<uint8_t>(PolicyStatus::kConditional)) {
    return std::nullopt;
  }
  StatementView view;
  view.accepted_at_ms = Integer(encoded.data() + kTimeAt, 8);
  view.certificate_hash = encoded.substr(kHashAt, Hash::kSize);
  const uint64_t supersedes = Integer(encoded.data() + kSupersedesAt, 8);
  if (supersedes != std::numeric_limits<uint64_t>::max()) {
    if (supersedes >= kMaxTreeSize) return std::nullopt;
    view.supersedes = LeafIndex(supersedes);
  }
  absl::string_view rest = encoded.substr(kTextsAt);
  absl::string_view task;
  if (!TakeText(rest, 1, view.certifier) || !TakeText(rest, 0, view.trace) ||
      !TakeText(rest, 0, task)) {
    return std::nullopt;
  }
  if (!IsSignature(rest)) return std::nullopt;
  view.statement = encoded.substr(kHashAt, encoded.size() - kHashAt - rest.size());
  if (rest[0] != 0) view.key = rest.substr(1, 32);
  return view;
}

}  // namespace cairn::entry
