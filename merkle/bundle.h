// Entry bundles: the entries under one level-0 tile, as one resource.
//
// Source: C2SP tlog-tiles (v1).
// Shape: for each entry, its length as u16 big-endian, then its bytes. A full bundle has 256
//   entries. Bundles of neighbouring ranges concatenate: the format has no header.

#ifndef CAIRN_MERKLE_BUNDLE_H_
#define CAIRN_MERKLE_BUNDLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::merkle {

inline constexpr size_t kMaxBundleEntryBytes = 65535;

// Appends one entry to a bundle. kInvalidArgument, with `bundle` unchanged, when the entry is
// longer than kMaxBundleEntryBytes.
absl::Status AppendToBundle(absl::string_view entry, std::string& bundle);

// The `count` entries of a bundle, as views into `bundle`. kInvalidArgument, with the place, when
// it is cut short or has bytes after the last entry.
absl::StatusOr<std::vector<absl::string_view>> ParseBundle(absl::string_view bundle, size_t count);

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_BUNDLE_H_
