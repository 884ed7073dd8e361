// JSON as records are written in it, and its canonical form.
//
// Source: RFC 8785 (JCS), which takes RFC 7493 (I-JSON) texts; the number format is ECMAScript's.
//   Beside it nexart-v1, which is what JavaScript's JSON.stringify makes of each value: it equals
//   RFC 8785 byte for byte, except that it has a form for lone surrogates too.
// Shape: the canonical form has no whitespace, members sorted by their names' UTF-16 code units,
//   and every number as ECMAScript prints the binary64 nearest to it; so integers beyond 2^53 come
//   out as the nearest double, as they do in JavaScript.
//   So two texts may differ in a number and have one canonical form: who hashes it looks at
//   RoundedNumbers. Apart from these, what has one canonical form is one value: only whitespace,
//   the order of members, escapes (\u00e9) and the spelling of numbers (1.0, 1e0) may differ.
// Strings: UTF-8. A lone surrogate, which JSON can only write as an escape ("\ud83d"), is kept as
// the
//   three bytes that UTF-8 would have for it (WTF-8): ED A0 80 to ED BF BF, which no valid text
//   holds. The canonical form writes it as the escape, in lower-case hex.
// Paths: names and indexes from the top, as in snapshot.input[3]["an odd name"].
// Limits: kMaxDepth; the size is for the caller to bound.
// Errors: kInvalidArgument, with the path or the byte where it was noticed, for anything but one
//   JSON text in UTF-8: also for a byte order mark, a name that an object has twice, numbers beyond
//   binary64 (1e400; also 0e400, whose exponent is), and nesting deeper than kMaxDepth.
// Threads: all functions may be called from any thread.

#ifndef CAIRN_MERKLE_CERTIFICATE_CANONICAL_JSON_H_
#define CAIRN_MERKLE_CERTIFICATE_CANONICAL_JSON_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/rounded_number.h"
#include "merkle/hash.h"

namespace cairn::certificate {

// Arrays and objects around a value, itself included.
inline constexpr int kMaxDepth = 1024;

// A value without integers: every number is a finite double.
struct ParsedText {
  Json value;
  // Each in the text, at most kMaxRounded of them.
  std::vector<RoundedNumber> rounded = {};
  // There were more of them than are listed.
  bool more_rounded = false;
  // The path of the first lone surrogate, where there is any. RFC 8785 has no form for it.
  std::optional<std::string> lone_surrogate = std::nullopt;
};
inline constexpr size_t kMaxRounded = 1000;

// As JavaScript reads it: with lone surrogates.
absl::StatusOr<ParsedText> ParseText(const std::string& text);

// As RFC 8785 takes it: kInvalidArgument also for lone surrogates.
absl::StatusOr<Json> ParseStrict(const std::string& text);

// Requires, here and below: the value came from ParseText, or is made of what it makes.
std::string CanonicalJson(const Json& value);

// SHA-256 of the canonical form, which is never held as a whole.
Hash CanonicalHash(const Json& value);

// Of the object that has those members of `object` whose names `covered` is true of.
Hash CanonicalHash(const Json& object, absl::FunctionRef<bool(absl::string_view name)> covered);

// What a string value's own bytes hash to where a format hashes strings raw: a lone surrogate
// counts as U+FFFD, as it does where JavaScript encodes a string.
Hash RawHash(const std::string& text);

// A string of a value as UTF-8, each lone surrogate as U+FFFD.
std::string Utf8(const std::string& text);

// Foreign text as it stands in a message: itself, or how long it is where that is long.
std::string Shortened(absl::string_view text);

// The canonical form of a JSON text, by ParseStrict.
absl::StatusOr<std::string> Canonicalize(const std::string& text);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_CANONICAL_JSON_H_
