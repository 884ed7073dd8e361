#include "merkle/bundle.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace cairn::merkle {
namespace {

constexpr size_t kLengthBytes = 2;

}  // namespace

absl::Status AppendToBundle(absl::string_view entry, std::string& bundle) {
  if (entry.size() > kMaxBundleEntryBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an entry in a bundle has at most ", kMaxBundleEntryBytes, " bytes, got ", entry.size()));
  }
  bundle.push_back(static_cast<char>(entry.size() >> 8));
  bundle.push_back(static_cast<char>(entry.size() & 0xff));
  bundle.append(entry.data(), entry.size());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<absl::string_view>> ParseBundle(absl::string_view bundle, size_t count) {
  std::vector<absl::string_view> entries;
  // Reserve no more than the bytes can hold, whatever count claims.
  entries.reserve(std::min(count, bundle.size() / kLengthBytes));
  absl::string_view rest = bundle;
  while (entries.size() < count) {
    if (rest.size() < kLengthBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("bundle ends before entry ", entries.size(), " of ", count));
    }
    const size_t length =
        size_t{static_cast<uint8_t>(rest[0])} << 8 | static_cast<uint8_t>(rest[1]);
    rest.remove_prefix(kLengthBytes);
    if (rest.size() < length) {
      return absl::InvalidArgumentError(
          absl::StrCat("bundle ends within entry ", entries.size(), " of ", count));
    }
    entries.push_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  if (!rest.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(rest.size(), " bytes follow the last of ", count, " entries in the bundle"));
  }
  return entries;
}

}  // namespace cairn::merkle
