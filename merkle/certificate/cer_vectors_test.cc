// The published records, good and tampered, against the manifest that comes with them.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/judge.h"
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

bool HasFinding(const std::vector<Finding>& findings, const std::string& field) {
  return std::any_of(findings.begin(), findings.end(),
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

  Judgement Judge(const json& entry) const {
    const std::string text = ReadFile(dir_ / entry.at("file").get<std::string>());
    return JudgeRecord(text, {.node_keys = &*node_keys_}).value().judgement;
  }

  std::filesystem::path dir_;
  json manifest_;
  std::optional<NodeKeys> node_keys_;
};

TEST_F(CerVectors, EveryValidRecordIsGood) {
  if (!run()) return;
  for (const json& entry : manifest_.at("valid")) {
    SCOPED_TRACE(entry.at("file"));
    const Judgement judgement = Judge(entry);
    EXPECT_TRUE(judgement.status().ok()) << judgement.status();
    EXPECT_EQ(absl::StrCat("sha256:", judgement.hash->Hex()),
              entry.at("expectedCertificateHash").get<std::string>());
    const bool attested = entry.at("receipt").at("status") == "PASS";
    ASSERT_EQ(judgement.attestations.size(), attested ? 1 : 0);
    if (attested) {
      EXPECT_EQ(judgement.attestations[0].state, AttestationState::kProven);
    }
  }
}

TEST_F(CerVectors, EveryTamperedRecordIsRefusedOrItsEditListedAsUncovered) {
  if (!run()) return;
  for (const json& entry : manifest_.at("tampered")) {
    SCOPED_TRACE(entry.at("file"));
    const Judgement judgement = Judge(entry);
    const absl::Status status = judgement.status();
    const std::string code = entry.at("derivedCode");
    const std::string field = FieldOf(entry.at("tamperedField"));
    if (judgement.answer == Answer::kCannotCheck) {
      // Another kind or version is nothing that this program could call altered.
      EXPECT_EQ(code, "SCHEMA_ERROR");
      EXPECT_TRUE(HasFinding(judgement.unchecked, field)) << status;
    } else if (code != "OK") {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      // A hash over everything cannot tell which part was edited; all else can.
      const bool inner = field == "snapshot.inputHash" || field == "snapshot.outputHash";
      EXPECT_TRUE(HasFinding(judgement.contradictions, inner ? field : "certificateHash"))
          << status;
    } else if (entry.at("receipt").at("status") == "FAIL") {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(judgement.answer, Answer::kHolds);
      ASSERT_EQ(judgement.attestations.size(), 1);
      EXPECT_EQ(judgement.attestations[0].state, AttestationState::kFalse);
    } else {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_NE(std::find(judgement.uncovered.begin(), judgement.uncovered.end(), field),
                judgement.uncovered.end())
          << absl::StrJoin(judgement.uncovered, " ");
    }
  }
}

}  // namespace
}  // namespace cairn::certificate
