// The published records, good and tampered, against the manifest that comes with them.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/certificate.h"
#include "tests/testing/vectors.h"

namespace cairn::certificate {
namespace {

using nlohmann::json;
using testing::CerDir;
using testing::FilesIn;
using testing::ReadFile;

// "snapshot.output (deleted)" is about snapshot.output.
std::string FieldOf(const std::string& tampered_field) {
  return tampered_field.substr(0, tampered_field.find(' '));
}

bool HasFinding(const Report& report, const std::string& field) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [&](const Finding& finding) { return finding.field == field; });
}

class CerVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto dir = CerDir();
    if (!dir.has_value()) return;
    dir_ = *dir;
    manifest_ = json::parse(ReadFile(dir_ / "manifest.json"));
    for (const char* set : {"valid", "tampered"}) {
      ASSERT_FALSE(manifest_.at(set).empty());
      // So that no file is left out.
      ASSERT_EQ(FilesIn(dir_ / set, ".json").size(), manifest_.at(set).size());
    }
    node_keys_.emplace(NodeKeys::Parse(ReadFile(dir_ / "nexart-node.json")).value());
  }

  bool run() const { return node_keys_.has_value(); }

  Report Check(const json& entry) const {
    const std::string text = ReadFile(dir_ / entry.at("file").get<std::string>());
    return CheckCertificate(text, &*node_keys_).value();
  }

  std::filesystem::path dir_;
  json manifest_;
  std::optional<NodeKeys> node_keys_;
};

TEST_F(CerVectors, EveryValidRecordIsGood) {
  if (!run()) return;
  for (const json& entry : manifest_.at("valid")) {
    SCOPED_TRACE(entry.at("file"));
    const Report report = Check(entry);
    EXPECT_TRUE(report.status().ok()) << report.status();
    EXPECT_EQ(absl::StrCat("sha256:", report.certificate_hash.Hex()),
              entry.at("expectedCertificateHash").get<std::string>());
    const bool attested = entry.at("receipt").at("status") == "PASS";
    EXPECT_EQ(report.attestation.state,
              attested ? AttestationState::kValid : AttestationState::kAbsent);
  }
}

TEST_F(CerVectors, EveryTamperedRecordIsRefusedOrItsEditListedAsUncovered) {
  if (!run()) return;
  for (const json& entry : manifest_.at("tampered")) {
    SCOPED_TRACE(entry.at("file"));
    const Report report = Check(entry);
    const absl::Status status = report.status();
    const std::string code = entry.at("derivedCode");
    const std::string field = FieldOf(entry.at("tamperedField"));
    if (code != "OK") {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      // A hash over everything cannot tell which part was edited; all else can.
      const bool by_hash = code == "CERTIFICATE_HASH_MISMATCH" || code == "INVALID_SHA256_FORMAT";
      EXPECT_TRUE(HasFinding(report, by_hash ? "certificateHash" : field)) << status;
    } else if (entry.at("receipt").at("status") == "FAIL") {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(report.attestation.state, AttestationState::kInvalid);
      EXPECT_EQ(report.attestation.reason.find("meta.attestation"), 0u)
          << report.attestation.reason;
    } else {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_NE(std::find(report.uncovered.begin(), report.uncovered.end(), field),
                report.uncovered.end())
          << absl::StrJoin(report.uncovered, " ");
    }
  }
}

}  // namespace
}  // namespace cairn::certificate
