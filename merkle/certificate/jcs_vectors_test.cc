// The published vectors of RFC 8785, and the canonicalization cases of the certificate package.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/hash.h"
#include "tests/testing/vectors.h"

namespace cairn::certificate {
namespace {

using nlohmann::json;
using testing::CerDir;
using testing::FilesIn;
using testing::ReadFile;
using testing::VectorsDir;

double FromBits(const std::string& hex) {
  return std::bit_cast<double>(static_cast<uint64_t>(std::strtoull(hex.c_str(), nullptr, 16)));
}

TEST(JcsVectors, EveryInputHasItsOutput) {
  const auto vectors = VectorsDir();
  if (!vectors.has_value()) return;
  for (const auto& input : FilesIn(*vectors / "jcs/input", ".json")) {
    const std::string canonical = Canonicalize(ReadFile(input)).value();
    EXPECT_EQ(canonical, ReadFile(*vectors / "jcs/output" / input.filename())) << input;
    std::string hex = ReadFile(*vectors / "jcs/outhex" / input.stem().concat(".txt"));
    std::erase_if(hex, [](char c) { return absl::ascii_isspace(c); });
    EXPECT_EQ(absl::BytesToHexString(canonical), absl::AsciiStrToLower(hex)) << input;
    EXPECT_EQ(Canonicalize(canonical).value(), canonical) << input;
  }
}

TEST(JcsVectors, NumberSamplesArePrintedOrRefused) {
  const auto vectors = VectorsDir();
  if (!vectors.has_value()) return;
  const json samples = json::parse(ReadFile(*vectors / "jcs/es6-number-samples.json"));
  const json& cases = samples.at("samples");
  ASSERT_FALSE(cases.empty());
  for (const json& sample : cases) {
    const double value = FromBits(sample.at("ieee_hex").get<std::string>());
    const json& expected = sample.at("json");
    if (!expected.is_string()) {
      EXPECT_TRUE(std::isnan(value) || std::isinf(value)) << sample;
      continue;
    }
    EXPECT_EQ(CanonicalJson(json(value)), expected.get<std::string>()) << sample;
    EXPECT_EQ(Canonicalize(expected.get<std::string>()).value(), expected.get<std::string>());
  }
}

TEST(JcsVectors, EveryLineOfTheNumberFileIsPrintedAndReadBack) {
  const auto vectors = VectorsDir();
  if (!vectors.has_value()) return;
  std::istringstream lines(ReadFile(*vectors / "jcs/es6testfile10k.txt"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const size_t comma = line.find(',');
    ASSERT_NE(comma, std::string::npos) << line;
    const std::string text = line.substr(comma + 1);
    ASSERT_EQ(CanonicalJson(json(FromBits(line.substr(0, comma)))), text) << line;
    ASSERT_EQ(Canonicalize(text).value(), text) << line;
  }
  EXPECT_GT(count, 0);
}

TEST(CanonCases, EveryJsonTextIsAFixedPointWithItsHash) {
  const auto cer = CerDir();
  if (!cer.has_value()) return;
  int fixed_points = 0;
  for (const json& one : json::parse(ReadFile(*cer / "canon_cases.json"))) {
    const auto text = one.at("sdkCanonical").get<std::string>();
    const absl::StatusOr<json> value = ParseStrict(text);
    if (!value.ok()) {
      // Only what is not JSON at all, or escapes a lone surrogate, has no canonical form.
      EXPECT_TRUE(!json::accept(text)) << one.at("name") << ": " << value.status();
      continue;
    }
    ++fixed_points;
    EXPECT_EQ(CanonicalJson(*value), text) << one.at("name");
    EXPECT_EQ(absl::StrCat("sha256:", merkle::Sha256(text).Hex()),
              one.at("sdkHash").get<std::string>());
    // inputHash: a string by itself, anything else by its canonical form.
    const std::string hashed = value->is_string() ? value->get<std::string>() : text;
    EXPECT_EQ(absl::StrCat("sha256:", merkle::Sha256(hashed).Hex()),
              one.at("inputHash").get<std::string>())
        << one.at("name");
  }
  EXPECT_GT(fixed_points, 0);
}

}  // namespace
}  // namespace cairn::certificate
