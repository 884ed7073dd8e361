// Numbers as JSON texts write them, and as RFC 8785 prints them.
//
// Source: RFC 8259 section 6 for what is written; ECMAScript's Number::toString for what is printed
//   (RFC 8785 section 3.2.2.3).
// Shape: binary64 holds 53 bits, so that many texts are printed as one. 1.0, 1 and 10e-1 are one
//   value and printed as 1, and nothing is lost; 9007199254740993 is printed as 9007199254740992,
//   and is another value.
// Threads: all functions may be called from any thread.

#ifndef CAIRN_MERKLE_CERTIFICATE_NUMBER_H_
#define CAIRN_MERKLE_CERTIFICATE_NUMBER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cairn::certificate {

// Requires: `value` is finite. Both zeros are "0".
std::string CanonicalNumber(double value);

// The binary64 nearest to the number, ties to even. False where that is beyond binary64.
// Requires: a number by JSON's grammar.
bool ParseNumber(absl::string_view text, double& value);

// Whether two numbers are the same decimal value, digit for digit, however they are written.
// Requires: both are numbers by JSON's grammar.
// Cost: as long as the texts are, whatever their exponents say.
bool SameDecimalValue(absl::string_view a, absl::string_view b);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_NUMBER_H_
