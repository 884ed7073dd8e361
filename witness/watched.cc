#include "witness/watched.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"

namespace cairn::witness {
namespace {

constexpr size_t kHeadBytes = 10;
constexpr size_t kReadBytes = size_t{1} << 20;

void AppendBigEndian(uint64_t number, size_t size, std::string& out) {
  for (size_t i = size; i-- > 0;) out.push_back(static_cast<char>(number >> (8 * i)));
}

uint64_t BigEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string Folded(absl::string_view name) {
  std::string folded = absl::AsciiStrToLower(name);
  folded.erase(
      std::remove_if(folded.begin(), folded.end(), [](char c) { return !absl::ascii_isalnum(c); }),
      folded.end());
  return folded;
}

}  // namespace

absl::Status KeepWatched(AuditStore& store,
                         const std::vector<std::pair<LeafIndex, std::string>>& statements,
                         uint64_t& bytes) {
  std::string records;
  for (const auto& [index, entry] : statements) {
    AppendBigEndian(index.value(), 8, records);
    AppendBigEndian(entry.size(), 2, records);
    records.append(entry);
  }
  if (records.empty()) return absl::OkStatus();
  const absl::Status put = store.PutWatched(bytes, records);
  if (put.ok()) bytes += records.size();
  return put;
}

absl::Status ForEachWatched(AuditStore& store, uint64_t bytes,
                            const std::function<void(LeafIndex, absl::string_view)>& take) {
  std::string buffer;
  uint64_t read = 0;
  size_t at = 0;
  while (read < bytes || at < buffer.size()) {
    const absl::string_view left = absl::string_view(buffer).substr(at);
    const size_t length = left.size() < kHeadBytes ? 0 : BigEndian(left.substr(8, 2));
    if (length > entry::kMaxEntryBytes) break;
    if (left.size() >= kHeadBytes + length && left.size() >= kHeadBytes) {
      take(LeafIndex(BigEndian(left.substr(0, 8))), left.substr(kHeadBytes, length));
      at += kHeadBytes + length;
      continue;
    }
    // The record ends beyond what was read.
    if (read == bytes) break;
    buffer.erase(0, at);
    at = 0;
    std::string more(std::min<uint64_t>(kReadBytes, bytes - read), '\0');
    if (absl::Status got = store.GetWatched(read, absl::MakeSpan(more)); !got.ok()) return got;
    read += more.size();
    buffer += more;
  }
  if (at == buffer.size() && read == bytes) return absl::OkStatus();
  return absl::InternalError(
      "what was kept of the certifier's statements is damaged; begin anew with an empty directory");
}

bool LookAlike(absl::string_view a, absl::string_view b) {
  return a != b && Folded(a) == Folded(b);
}

}  // namespace cairn::witness
