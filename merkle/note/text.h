// Strict readers of the small text forms that signed formats are made of. Each accepts exactly one
// spelling of a value, so that format(parse(x)) == x.
//
// Errors: kInvalidArgument. Messages never repeat the input, which may be secret.
// Threads: pure.

#ifndef CAIRN_MERKLE_NOTE_TEXT_H_
#define CAIRN_MERKLE_NOTE_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"

namespace cairn::note {

// Digits only, no leading zero except "0" itself, at most 2^63 - 1.
absl::StatusOr<uint64_t> ParseDecimal(absl::string_view text);

// RFC 4648 section 4: standard alphabet, padded, unused bits zero, no white space.
absl::StatusOr<std::string> ParseBase64(absl::string_view text);
std::string FormatBase64(absl::string_view bytes);

// ParseBase64 of exactly 32 bytes.
absl::StatusOr<Hash> ParseBase64Hash(absl::string_view text);

// Lower-case digits in pairs; the empty text is no bytes.
absl::StatusOr<std::string> ParseHex(absl::string_view text);
std::string FormatHex(absl::string_view bytes);

// Takes one line off the front of `bytes`, without its '\n'.
absl::StatusOr<absl::string_view> TakeLine(absl::string_view& bytes);

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(absl::string_view text);

// Whether valid UTF-8 holds a code point with the Unicode property White_Space.
bool HasUnicodeSpace(absl::string_view text);

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_TEXT_H_
