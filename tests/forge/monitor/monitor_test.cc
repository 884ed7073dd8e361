// A log whose operator rotates acme's key to its own, signs "pass, supersedes the fail" in acme's
// name, and rotates back: what `cairn audit` and `cairn monitor` say of it.
//
// CAIRN_FORGE names the directory of the forgeries, or is `none`.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/cli/cairn.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

constexpr char kCertifier[] = "acme";

std::optional<std::string> ForgeDir() {
  const char* value = std::getenv("CAIRN_FORGE");
  if (value == nullptr) {
    ADD_FAILURE() << "CAIRN_FORGE is not set: name the directory of the forgeries, or say `none`";
    return std::nullopt;
  }
  if (std::string(value) != "none") return std::string(value);
  std::printf("VECTORS NOT RUN: CAIRN_FORGE is none\n");
  return std::nullopt;
}

class ForgedLog : public ::testing::Test {
 protected:
  std::vector<std::string> Trusted(const std::vector<std::string>& more) const {
    return Join({"--policy", *forge_ + "/trust/trust.policy", "--max_age", "0", "--json"}, more);
  }
  CairnResult Audit(const std::vector<std::string>& more = {}) const {
    return RunCairn(Join({"audit", *forge_ + "/log/log"}, Trusted(more)));
  }
  CairnResult Monitor(const std::string& known, const std::vector<std::string>& more = {}) const {
    return RunCairn(Join({"monitor", "--log", *forge_ + "/log/log", "--certifier", kCertifier,
                          "--known", *forge_ + "/log/" + known},
                         Trusted(more)));
  }
  static std::vector<nlohmann::json> Of(const nlohmann::json& report, const std::string& kind) {
    std::vector<nlohmann::json> found;
    for (const nlohmann::json& finding : report["findings"]) {
      if (finding["kind"] == kind) found.push_back(finding);
    }
    return found;
  }

  const std::optional<std::string> forge_ = ForgeDir();
  const FreshDirectory directory_;
};

TEST_F(ForgedLog, AuditReportsBothRotationsAsTheOperatorsWord) {
  if (!forge_.has_value()) return;
  const CairnResult result = Audit();
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  const nlohmann::json report = result.documents().at(0);
  EXPECT_TRUE(report["findings"].empty());
  size_t rotations = 0;
  for (const std::string remark : report["remarks"]) {
    rotations += absl::StrContains(remark, "the log rotates `acme`") &&
                 absl::StrContains(remark, "by the operator's word");
  }
  EXPECT_EQ(rotations, 2) << result.out;
  EXPECT_EQ(report["as_of_by"], "quorum");
}

TEST_F(ForgedLog, IsOlderThanAMoment) {
  if (!forge_.has_value()) return;
  const CairnResult result =
      RunCairn({"audit", *forge_ + "/log/log", "--policy", *forge_ + "/trust/trust.policy",
                "--max_age", "1s", "--json"});
  EXPECT_EQ(result.code, 1) << result.out << result.err;
  const std::vector<nlohmann::json> old = Of(result.documents().at(0), "age");
  ASSERT_EQ(old.size(), 1);
  EXPECT_TRUE(absl::StrContains(old[0]["text"].get<std::string>(),
                                "the policy's witnesses last cosigned the checkpoint at "));
}

TEST_F(ForgedLog, AMonitorWithEvidenceNamesTheStatementThatAcmeNeverMade) {
  if (!forge_.has_value()) return;
  const CairnResult result = Monitor("known-ev");
  EXPECT_EQ(result.code, 1) << result.out << result.err;
  const nlohmann::json report = result.documents().at(0);
  const std::vector<nlohmann::json> unknown = Of(report, "unknown");
  ASSERT_EQ(unknown.size(), 1) << result.out;
  const std::string text = unknown[0]["text"];
  EXPECT_TRUE(absl::StrContains(text, "policy status pass, supersedes entry ")) << text;
  EXPECT_TRUE(Of(report, "review").empty());
  // Declared, rotated to the operator's key, rotated back.
  const std::vector<nlohmann::json> keys = Of(report, "keys");
  ASSERT_EQ(keys.size(), 3) << result.out;
  EXPECT_TRUE(absl::StrContains(keys[1]["text"].get<std::string>(), "by the operator's word"));
  EXPECT_TRUE(absl::StrContains(keys[2]["text"].get<std::string>(), "by the operator's word"));
}

TEST_F(ForgedLog, AMonitorWithHashesListsEveryStatementOnThem) {
  if (!forge_.has_value()) return;
  const std::vector<std::string> state = {"--state", directory_.path() / "state"};
  const CairnResult result = Monitor("known", state);
  EXPECT_EQ(result.code, 1) << result.out << result.err;
  const std::vector<nlohmann::json> review = Of(result.documents().at(0), "review");
  ASSERT_EQ(review.size(), 2) << result.out;
  EXPECT_TRUE(absl::StrContains(review[0]["text"].get<std::string>(), "policy status fail"));
  EXPECT_TRUE(absl::StrContains(review[1]["text"].get<std::string>(), "policy status pass"));
  // Until a person has looked at each.
  EXPECT_EQ(Monitor("known", state).code, 1);
  const CairnResult seen =
      Monitor("known", Join(state, {"--acknowledge", "1-5", "--reason", "looked at"}));
  EXPECT_EQ(seen.code, 0) << seen.out << seen.err;
  EXPECT_EQ(Monitor("known", state).code, 0);
  // With evidence at hand it is another matter: what was looked at was a hash.
  EXPECT_EQ(Of(Monitor("known-ev", state).documents().at(0), "unknown").size(), 1);
}

}  // namespace
}  // namespace cairn::testing
