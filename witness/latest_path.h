// Where a witness shows the newest checkpoint that it cosigned: /<hex of SHA-256 of the
// origin>/checkpoint, below its monitoring prefix.
//
// Source: C2SP tlog-witness, its next version as of 2026-07-06.

#ifndef CAIRN_WITNESS_LATEST_PATH_H_
#define CAIRN_WITNESS_LATEST_PATH_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"

namespace cairn::witness {

std::string FormatLatestPath(const Hash& origin_hash);

// kNotFound unless it is what FormatLatestPath makes.
absl::StatusOr<Hash> ParseLatestPath(absl::string_view path);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_LATEST_PATH_H_
