// Strict JSON and its canonical form.
//
// Source: RFC 8785 (JCS), which takes RFC 7493 (I-JSON) texts; the number format is ECMAScript's.
// Shape: the canonical form has no whitespace, members sorted by their names' UTF-16 code units,
//   and every number as ECMAScript prints the binary64 nearest to it; so integers beyond 2^53 come
//   out as the nearest double, as they do in JavaScript.
//   So two texts may differ in a number and have one canonical form: who hashes it looks at
//   RoundedNumbers. Apart from these, what has one canonical form is one value: only whitespace,
//   the order of members, escapes (\u00e9) and the spelling of numbers (1.0, 1e0) may differ.
// Paths: names and indexes from the top, as in snapshot.input[3]["an odd name"].
// Errors: kInvalidArgument, with the path or the byte where it was noticed, for anything but one
//   JSON text in UTF-8: also for a byte order mark, lone surrogates, a name that an object has
//   twice, numbers beyond binary64 (1e400), and nesting deeper than kMaxDepth.
// Threads: all functions may be called from any thread.

#ifndef CAIRN_MERKLE_CERTIFICATE_CANONICAL_JSON_H_
#define CAIRN_MERKLE_CERTIFICATE_CANONICAL_JSON_H_

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace cairn::certificate {

// Arrays and objects around a value, itself included.
inline constexpr int kMaxDepth = 512;

// A number whose canonical form is another decimal value than the text has: 9007199254740993, which
// becomes ...992, 1.0000000000000001, which becomes 1, or 1e-400, which becomes 0. Not 1.0 or -0.
struct RoundedNumber {
  std::string path;
  std::string text;       // As it was written.
  std::string canonical;  // All that a hash of the canonical form covers of it.
};

struct RoundedNumbers {
  static constexpr size_t kMaxListed = 20;

  std::vector<RoundedNumber> first;  // In the order of the text, at most kMaxListed.
  size_t count = 0;
};

// Where rounded numbers are looked for: in the value that these names lead to from the top.
struct Place {
  std::vector<std::string> names;
  RoundedNumbers* rounded;
};

// A value without integers: every number is a finite double. Rounded numbers are noted in each of
// `places` that they are in.
absl::StatusOr<nlohmann::json> ParseStrict(absl::string_view text,
                                           absl::Span<const Place> places = {});

// Requires: `value` came from ParseStrict, or is made of what it makes.
std::string CanonicalJson(const nlohmann::json& value);

// Foreign text as it stands in a message: itself, or how long it is where that is long.
std::string Shortened(absl::string_view text);

// The canonical form of a JSON text.
absl::StatusOr<std::string> Canonicalize(absl::string_view text);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_CANONICAL_JSON_H_
