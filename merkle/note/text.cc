#include "merkle/note/text.h"

#include <openssl/crypto.h>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "merkle/types.h"

namespace cairn::note {
namespace {

constexpr char32_t kNotUtf8 = 0xFFFFFFFF;

// Takes one code point off the front; kNotUtf8, with `text` unchanged, where there is none.
char32_t TakeCodePoint(absl::string_view& text) {
  const auto at = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t length = 0;
  char32_t code = 0;
  char32_t least = 0;  // Below this the form is overlong.
  if (at(0) < 0x80) {
    length = 1;
    code = at(0);
  } else if (at(0) >> 5 == 0b110) {
    length = 2;
    code = at(0) & 0x1F;
    least = 0x80;
  } else if (at(0) >> 4 == 0b1110) {
    length = 3;
    code = at(0) & 0x0F;
    least = 0x800;
  } else if (at(0) >> 3 == 0b11110) {
    length = 4;
    code = at(0) & 0x07;
    least = 0x10000;
  } else {
    return kNotUtf8;
  }
  if (text.size() < length) return kNotUtf8;
  for (size_t i = 1; i < length; ++i) {
    if (at(i) >> 6 != 0b10) return kNotUtf8;
    code = code << 6 | (at(i) & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least || surrogate || code > 0x10FFFF) return kNotUtf8;
  text.remove_prefix(length);
  return code;
}

bool IsUnicodeSpace(char32_t code) {
  return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 ||
         code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
         code == 0x202F || code == 0x205F || code == 0x3000;
}

}  // namespace

absl::StatusOr<uint64_t> ParseDecimal(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("a number is missing");
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError("a number may only have the digits 0 to 9");
    }
  }
  if (text.size() > 1 && text[0] == '0') {
    return absl::InvalidArgumentError("a number may not have leading zeros");
  }
  uint64_t value = 0;
  if (!absl::SimpleAtoi(text, &value) || value > kMaxTreeSize) {
    return absl::InvalidArgumentError("a number is above 2^63 - 1");
  }
  return value;
}

absl::StatusOr<std::string> ParseBase64(absl::string_view text) {
  std::string bytes;
  if (absl::Base64Unescape(text, &bytes)) {
    // The library skips white space, takes other paddings and ignores unused bits: what does not
    // come out as it went in was not canonical.
    std::string canonical = FormatBase64(bytes);
    const bool same = canonical == text;
    OPENSSL_cleanse(canonical.data(), canonical.size());  // It may be a private key.
    if (same) return bytes;
  }
  // A private key with a stray byte is still one; so is what the library left of it.
  bytes.resize(bytes.capacity());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return absl::InvalidArgumentError(
      "not canonical base64 (standard alphabet, padded, no white space)");
}

std::string FormatBase64(absl::string_view bytes) { return absl::Base64Escape(bytes); }

absl::StatusOr<Hash> ParseBase64Hash(absl::string_view text) {
  absl::StatusOr<std::string> bytes = ParseBase64(text);
  if (!bytes.ok()) return bytes.status();
  return Hash::FromBytes(*bytes);
}

absl::StatusOr<std::string> ParseHex(absl::string_view text) {
  for (const char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
      return absl::InvalidArgumentError("hex may only have the digits 0 to 9 and a to f");
    }
  }
  if (text.size() % 2 != 0) {
    return absl::InvalidArgumentError("hex needs an even number of digits");
  }
  return absl::HexStringToBytes(text);
}

std::string FormatHex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

absl::StatusOr<absl::string_view> TakeLine(absl::string_view& bytes) {
  const size_t end = bytes.find('\n');
  if (end == absl::string_view::npos) {
    return absl::InvalidArgumentError("cut short: a line has no end");
  }
  const absl::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return line;
}

bool IsValidUtf8(absl::string_view text) {
  while (!text.empty()) {
    if (TakeCodePoint(text) == kNotUtf8) return false;
  }
  return true;
}

bool HasUnicodeSpace(absl::string_view text) {
  while (!text.empty()) {
    const char32_t code = TakeCodePoint(text);
    if (code == kNotUtf8) return false;
    if (IsUnicodeSpace(code)) return true;
  }
  return false;
}

}  // namespace cairn::note
