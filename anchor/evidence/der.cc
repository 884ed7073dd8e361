#include "anchor/evidence/der.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace cairn::der {
namespace {

constexpr uint8_t kConstructed = 0x20;
constexpr uint8_t kTagNumber = 0x1f;
constexpr uint8_t kClass = 0xc0;
constexpr uint8_t kLongLength = 0x80;
constexpr uint8_t kSet = 0x31;
constexpr int kMaxLevels = 32;
// More bytes of a length than any limit here lets through.
constexpr size_t kMaxLengthBytes = 4;

absl::Status NotDer(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not DER: ", what));
}

absl::Status CheckElements(absl::string_view rest, int levels) {
  if (levels == 0) return NotDer("nested too deeply");
  while (!rest.empty()) {
    const absl::StatusOr<Element> element = TakeElement(&rest);
    if (!element.ok()) return element.status();
    if ((element->tag & kConstructed) == 0) continue;
    if ((element->tag & kClass) == 0 && element->tag != kSequence && element->tag != kSet) {
      return NotDer("a string in pieces");
    }
    if (absl::Status status = CheckElements(element->content, levels - 1); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Element> TakeElement(absl::string_view* rest) {
  const absl::string_view bytes = *rest;
  if (bytes.size() < 2) return NotDer("cut off");
  const auto tag = static_cast<uint8_t>(bytes[0]);
  if ((tag & kTagNumber) == kTagNumber || tag == 0) return NotDer("a tag that is not known here");
  size_t length = static_cast<uint8_t>(bytes[1]);
  size_t header = 2;
  if (length >= kLongLength) {
    const size_t more = length - kLongLength;
    if (more == 0 || more > kMaxLengthBytes) return NotDer("a length that is not known here");
    if (bytes.size() < header + more) return NotDer("cut off");
    length = 0;
    for (; header < 2 + more; ++header) {
      length = length << 8 | static_cast<uint8_t>(bytes[header]);
    }
    const size_t shortest = size_t{1} << (8 * (more - 1));
    if (length < (more == 1 ? kLongLength : shortest))
      return NotDer("a length not in its shortest form");
  }
  if (bytes.size() - header < length) return NotDer("cut off");
  rest->remove_prefix(header + length);
  return Element{.tag = tag,
                 .content = bytes.substr(header, length),
                 .whole = bytes.substr(0, header + length)};
}

absl::Status CheckForm(absl::string_view bytes) {
  absl::string_view rest = bytes;
  if (absl::StatusOr<Element> element = TakeElement(&rest); !element.ok()) return element.status();
  if (!rest.empty()) return NotDer("bytes after the end");
  return CheckElements(bytes, kMaxLevels);
}

std::string Wrap(uint8_t tag, absl::string_view content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < kLongLength) {
    out += static_cast<char>(content.size());
  } else {
    std::string length;
    for (size_t left = content.size(); left > 0; left >>= 8) {
      length.insert(length.begin(), static_cast<char>(left & 0xff));
    }
    out += static_cast<char>(kLongLength | length.size());
    out += length;
  }
  return absl::StrCat(out, content);
}

}  // namespace cairn::der
