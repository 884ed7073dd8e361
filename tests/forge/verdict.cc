#include "tests/forge/verdict.h"

#include <gtest/gtest.h>

#include <ostream>

#include "absl/strings/str_cat.h"
#include "tests/cli/cairn.h"

namespace cairn::testing {

void PrintTo(const Verdict& verdict, std::ostream* out) {
  *out << "exit " << verdict.exit_code << "\n  \"" << verdict.headline << "\"\n";
  for (const std::string& layer : verdict.layers) *out << "  \"" << layer << "\",\n";
}

Verified VerifyWithCairn(const std::vector<std::string>& args) {
  const CairnResult result = RunCairn(Join({"verify", "--json"}, args));
  const std::vector<nlohmann::json> documents = result.documents();
  EXPECT_EQ(documents.size(), 1u) << ::testing::PrintToString(args) << result.err;
  Verified verified{.verdict = {.exit_code = result.code}, .document = {}, .err = result.err};
  if (documents.size() != 1) return verified;
  verified.document = documents.front();
  if (!verified.document.contains("layers")) return verified;
  verified.verdict.headline = verified.document["headline"];
  for (const nlohmann::json& layer : verified.document["layers"]) {
    verified.verdict.layers.push_back(absl::StrCat(layer["name"].get<std::string>(), ": ",
                                                   layer["state"].get<std::string>(), ", ",
                                                   layer["code"].get<std::string>()));
  }
  return verified;
}

}  // namespace cairn::testing
