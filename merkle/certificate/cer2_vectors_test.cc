// Records of all present kinds against the manifest that comes with them. Another directory of the
// same form does as well.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using testing::Cer2Dir;
using testing::ReadFile;

std::string Describe(const Judgement& judgement) {
  std::string text =
      absl::StrCat(judgement.Text(), " [", judgement.kind, " ", judgement.reading, "]");
  for (const auto* findings :
       {&judgement.contradictions, &judgement.unchecked, &judgement.notices}) {
    for (const Finding& finding : *findings) {
      absl::StrAppend(&text, "\n  ", finding.code, ": ", finding.Text());
    }
  }
  for (const Attestation& one : judgement.attestations) {
    absl::StrAppend(&text, "\n  ", one.name, " ", AttestationStateName(one.state), " ", one.code,
                    ": ", one.detail);
  }
  return text;
}

class Cer2Vectors : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto dir = Cer2Dir();
    if (!dir.has_value()) return;
    dir_ = *dir;
    manifest_ = json::parse(ReadFile(dir_ / "manifest.json"));
    ASSERT_FALSE(manifest_.empty());
  }

  absl::StatusOr<Judgement> Judge(const json& entry) const {
    std::optional<NodeKeys> keys;
    if (entry.at("node_keys").is_string()) {
      keys.emplace(
          NodeKeys::Parse(ReadFile(dir_ / entry.at("node_keys").get<std::string>())).value());
    }
    const std::string text = ReadFile(dir_ / entry.at("file").get<std::string>());
    // A time at which these records were of today.
    constexpr int64_t kNowS = 1796000000;
    absl::StatusOr<JudgedRecord> record =
        JudgeRecord(text, {.node_keys = keys.has_value() ? &*keys : nullptr, .now_s = kNowS});
    if (!record.ok()) return record.status();
    return record->judgement;
  }

  std::filesystem::path dir_;
  json manifest_ = json::array();
};

TEST_F(Cer2Vectors, EachIsTakenOrRefusedAsTheManifestSays) {
  for (const json& entry : manifest_) {
    SCOPED_TRACE(entry.at("file"));
    const std::string expect = entry.at("expect");
    const absl::StatusOr<Judgement> judgement = Judge(entry);
    const bool taken = judgement.ok() && judgement->status().ok();
    const std::string found =
        judgement.ok() ? Describe(*judgement) : std::string(judgement.status().message());
    if (expect == "accept") {
      EXPECT_TRUE(taken) << found;
    } else if (expect == "reject") {
      EXPECT_FALSE(taken) << found;
    } else if (expect == "accept-with-notice") {
      ASSERT_TRUE(taken) << found;
      EXPECT_FALSE(judgement->uncovered.empty() && judgement->notices.empty()) << found;
    } else {
      ASSERT_EQ(expect, "reject-or-warn");
      EXPECT_TRUE(!taken || judgement->rounded.count > 0 || !judgement->notices.empty()) << found;
    }
  }
}

TEST_F(Cer2Vectors, ReasonsAreTheManifests) {
  for (const json& entry : manifest_) {
    SCOPED_TRACE(entry.at("file"));
    const absl::StatusOr<Judgement> judgement = Judge(entry);
    const std::string code = entry.at("reference_verdict").at("code");
    if (!judgement.ok()) {
      EXPECT_EQ(code, "NOT_JSON") << judgement.status();
      continue;
    }
    SCOPED_TRACE(Describe(*judgement));
    const auto has = [](const std::vector<Finding>& findings, const std::string& wanted) {
      for (const Finding& finding : findings) {
        if (finding.code == wanted) return true;
      }
      return false;
    };
    if (code == "OK") {
      EXPECT_EQ(judgement->answer, Answer::kHolds);
    } else if (code == "CONTEXT_NOT_PROTECTED" && entry.at("expect") == "accept") {
      EXPECT_EQ(judgement->answer, Answer::kHolds);
      EXPECT_FALSE(judgement->left_open.empty());
      EXPECT_TRUE(has(judgement->notices, code));
    } else if (code == "HASH_ONLY" || code == "SCHEMA_VERSION_UNSUPPORTED") {
      EXPECT_EQ(judgement->answer, Answer::kCannotCheck);
      EXPECT_TRUE(has(judgement->unchecked, code));
    } else if (entry.at("expect") == "reject") {
      EXPECT_NE(judgement->answer, Answer::kHolds);
      EXPECT_TRUE(code == "CONTEXT_NOT_PROTECTED" || code == "STEP_MISMATCH" ||
                  has(judgement->contradictions, code));
    }
    if (!entry.at("attestation").is_string()) continue;
    ASSERT_FALSE(judgement->attestations.empty());
    const Attestation& receipt = judgement->attestations.front();
    if (entry.at("attestation") != "PASS") {
      EXPECT_TRUE(receipt.code == entry.at("attestation") || receipt.code == "OTHER_NODE");
      EXPECT_NE(receipt.state, AttestationState::kProven);
    } else if (entry.at("expect") == "accept") {
      EXPECT_EQ(receipt.state, AttestationState::kProven);
    }
  }
}

}  // namespace
}  // namespace cairn::certificate
