// Strict JSON and its canonical form.
//
// Source: RFC 8785 (JCS), which takes RFC 7493 (I-JSON) texts; the number format is ECMAScript's.
// Shape: the canonical form has no whitespace, members sorted by their names' UTF-16 code units,
//   and every number as ECMAScript prints the binary64 nearest to it; so integers beyond 2^53 come
//   out as the nearest double, as they do in JavaScript.
// Errors: kInvalidArgument, with the byte where it was noticed, for anything but one JSON text in
//   UTF-8: also for a byte order mark, lone surrogates, a name that an object has twice, numbers
//   beyond binary64 (1e400), and nesting deeper than kMaxDepth.
// Threads: all functions may be called from any thread.

#ifndef CAIRN_MERKLE_CERTIFICATE_CANONICAL_JSON_H_
#define CAIRN_MERKLE_CERTIFICATE_CANONICAL_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::certificate {

// Arrays and objects around a value, itself included.
inline constexpr int kMaxDepth = 512;

// A value without integers: every number is a finite double.
absl::StatusOr<nlohmann::json> ParseStrict(absl::string_view text);

// Requires: `value` came from ParseStrict, or is made of what it makes.
std::string CanonicalJson(const nlohmann::json& value);

// Foreign text as it stands in a message: itself, or how long it is where that is long.
std::string Shortened(absl::string_view text);

// The canonical form of a JSON text.
absl::StatusOr<std::string> Canonicalize(absl::string_view text);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_CANONICAL_JSON_H_
