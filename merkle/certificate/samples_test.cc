// The sample files that the repository carries are what they are meant to show.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/certificate.h"
#include "tests/testing/vectors.h"

namespace cairn::certificate {
namespace {

using testing::FilesIn;
using testing::ReadFile;

constexpr char kSamples[] = "tools/samples";

NodeKeys SampleKeys() {
  return NodeKeys::Parse(ReadFile(absl::StrCat(kSamples, "/node-keys.json"))).value();
}

TEST(Samples, EveryJsonFileButTheKeysIsAGoodRecord) {
  const NodeKeys keys = SampleKeys();
  for (const auto& path : FilesIn(kSamples, ".json")) {
    if (path.filename() == "node-keys.json") continue;
    const absl::StatusOr<FileHash> file = HashFileBytes(ReadFile(path), &keys);
    ASSERT_TRUE(file.ok()) << path << file.status();
    EXPECT_TRUE(file->record.has_value()) << path;
  }
}

TEST(Samples, OneIsAttestedByTheKeyBesideIt) {
  const NodeKeys keys = SampleKeys();
  int attested = 0;
  for (const auto& path : FilesIn(kSamples, ".json")) {
    const absl::StatusOr<FileHash> file = HashFileBytes(ReadFile(path), &keys);
    if (!file.ok() || !file->record.has_value()) continue;
    if (file->record->attestation.state == AttestationState::kValid) ++attested;
  }
  EXPECT_EQ(attested, 1);
}

TEST(Samples, TheSecondStepNamesTheFirst) {
  const std::string first = ReadFile(absl::StrCat(kSamples, "/plan-step-1.json"));
  const nlohmann::json second =
      nlohmann::json::parse(ReadFile(absl::StrCat(kSamples, "/plan-step-2.json")));
  EXPECT_EQ(second.at("snapshot").at("prevStepHash").get<std::string>(),
            absl::StrCat("sha256:", HashFileBytes(first, nullptr).value().hash.Hex()));
}

TEST(Samples, TheTextFileIsOpaque) {
  for (const auto& path : FilesIn(kSamples, ".txt")) {
    EXPECT_FALSE(HashFileBytes(ReadFile(path), nullptr).value().record.has_value());
  }
}

}  // namespace
}  // namespace cairn::certificate
