#include "merkle/certificate/number.h"

#include <double-conversion/double-conversion.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/strip.h"

namespace cairn::certificate {
namespace {

// (-1)^negative × 0.digits × 10^exponent, in the one form that a value has: no zero at either end
// of the digits. No digits are zero, of either sign.
struct Decimal {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;

  bool operator==(const Decimal&) const = default;
};

// What is larger is taken for this: far beyond what the digits of any text in memory make up for.
constexpr int64_t kLargestExponent = 1'000'000'000'000'000;

// Of the text behind the `e`.
int64_t ParseExponent(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  absl::ConsumePrefix(&text, "+");
  int64_t exponent = 0;
  for (const char c : text) exponent = std::min(exponent * 10 + (c - '0'), kLargestExponent);
  return negative ? -exponent : exponent;
}

Decimal ParseDecimal(absl::string_view text) {
  Decimal decimal;
  decimal.negative = absl::ConsumePrefix(&text, "-");
  const size_t e = std::min(text.find_first_of("eE"), text.size());
  const absl::string_view mantissa = text.substr(0, e);
  if (e < text.size()) decimal.exponent = ParseExponent(text.substr(e + 1));
  decimal.exponent += static_cast<int64_t>(std::min(mantissa.find('.'), mantissa.size()));
  std::string& digits = decimal.digits;
  std::copy_if(mantissa.begin(), mantissa.end(), std::back_inserter(digits), absl::ascii_isdigit);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.empty()) return Decimal{};
  const size_t zeros = digits.find_first_not_of('0');
  digits.erase(0, zeros);
  decimal.exponent -= static_cast<int64_t>(zeros);
  return decimal;
}

}  // namespace

std::string CanonicalNumber(double value) {
  using double_conversion::DoubleToStringConverter;
  char buffer[64];
  double_conversion::StringBuilder builder(buffer, sizeof(buffer));
  DoubleToStringConverter::EcmaScriptConverter().ToShortest(value, &builder);
  const int size = builder.position();
  return std::string(builder.Finalize(), size);
}

bool ParseNumber(absl::string_view text, double& value) {
  const absl::from_chars_result result =
      absl::from_chars(text.data(), text.data() + text.size(), value);
  // What is out of range at the small end is nearest to zero, or to the least number of all.
  return result.ec == std::errc() || std::abs(value) < 1;
}

bool SameDecimalValue(absl::string_view a, absl::string_view b) {
  return a == b || ParseDecimal(a) == ParseDecimal(b);
}

}  // namespace cairn::certificate
