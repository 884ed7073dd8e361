// The outer form of DER: one element after the other, by tag and length.
//
// Source: X.690 (2021), sections 8.1 and 10.1.
// Shape: tag u8 (numbers above 30 are refused), length in its shortest form, content. OpenSSL's
//   readers also take what is only BER, and stop before what follows; these do not.
// Errors: kInvalidArgument.
// Threads: pure. What is returned points into what was given.

#ifndef CAIRN_ANCHOR_EVIDENCE_DER_H_
#define CAIRN_ANCHOR_EVIDENCE_DER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::der {

inline constexpr uint8_t kObjectIdentifier = 0x06;
inline constexpr uint8_t kSequence = 0x30;

struct Element {
  uint8_t tag = 0;
  absl::string_view content;
  absl::string_view whole;  // With tag and length.
};

// Cuts the first element off `rest`. Looks at its tag and length only.
absl::StatusOr<Element> TakeElement(absl::string_view* rest);

// That `bytes` are exactly one element, and what is constructed in it consists of such, all the way
// down (at most 32 levels); only sequences, sets and tagged values are.
absl::Status CheckForm(absl::string_view bytes);

// The element with this tag.
std::string Wrap(uint8_t tag, absl::string_view content);

}  // namespace cairn::der

#endif  // CAIRN_ANCHOR_EVIDENCE_DER_H_
