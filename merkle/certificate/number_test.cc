#include "merkle/certificate/number.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace cairn::certificate {
namespace {

TEST(SameDecimalValue, SeesThroughEveryWayToWriteAValue) {
  for (const auto& [a, b] :
       {std::pair("1", "1.0"),
        {"1e2", "100"},
        {"1E+2", "100"},
        {"1.50", "1.5"},
        {"10e-1", "1"},
        {"0.001e3", "1"},
        {"-2.5e0", "-2.5"},
        {"0", "-0"},
        {"0", "-0.0e7"},
        {"0e999999999999", "0"},
        {"0.000e-99999999999999999999", "0"},
        {"1e00021", "1e+21"},
        {"123456789012345678901234567890", "1.2345678901234567890123456789e29"}}) {
    EXPECT_TRUE(SameDecimalValue(a, b)) << a << " " << b;
    EXPECT_TRUE(SameDecimalValue(b, a)) << a << " " << b;
  }
}

TEST(SameDecimalValue, TellsValuesApartThatShareABinary64) {
  for (const auto& [a, b] : {std::pair("9007199254740993", "9007199254740992"),
                             {"0.1000000000000000055", "0.1"},
                             {"1.0000000000000001", "1"},
                             {"1e-400", "0"},
                             {"-1e-400", "0"},
                             {"1", "-1"},
                             {"1", "10"},
                             {"1", "0.1"},
                             {"12", "21"},
                             {"1e99999999999999999999", "1e99999999999999999998"},
                             {"1e-99999999999999999999", "0"}}) {
    // Exponents beyond all texts are taken for the same one, which no binary64 prints.
    const bool beyond = std::string(a).size() > 20 && std::string(b).size() > 20;
    EXPECT_EQ(SameDecimalValue(a, b), beyond) << a << " " << b;
  }
}

TEST(SameDecimalValue, CountsZerosInTheTextAgainstTheExponent) {
  const std::string zeros(5000, '0');
  EXPECT_TRUE(SameDecimalValue(absl::StrCat("1", zeros, "e-5000"), "1"));
  EXPECT_TRUE(SameDecimalValue(absl::StrCat("0.", zeros, "1e5001"), "1"));
  EXPECT_FALSE(SameDecimalValue(absl::StrCat("0.", zeros, "1e5000"), "1"));
  EXPECT_FALSE(SameDecimalValue(absl::StrCat("1.", zeros, "1"), "1"));
}

TEST(CanonicalNumber, PrintsBothZerosAsOne) {
  EXPECT_EQ(CanonicalNumber(0.0), "0");
  EXPECT_EQ(CanonicalNumber(-0.0), "0");
}

}  // namespace
}  // namespace cairn::certificate
