// Records exchanged with the publisher's own package (npm, @nexart/ai-execution), both ways: what
// it makes is judged here, and what is made here is verified there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/record_testing.h"
#include "merkle/certificate/redaction.h"
#include "merkle/hash.h"
#include "tests/testing/vectors.h"

namespace cairn::certificate {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

// What the script prints, a document a line; ends the test where it fails, with what it said.
std::vector<json> Node(const std::string& arguments) {
  const std::string command =
      absl::StrCat("/usr/bin/env node tests/exchange/nexart.mjs ", arguments, " 2>&1");
  FILE* const pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 65536> buffer{};
  for (size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), got);
  }
  EXPECT_EQ(pclose(pipe), 0) << "node and npm's packages are needed (tools/setup): " << output;
  std::vector<json> documents;
  for (const absl::string_view line : absl::StrSplit(output, '\n', absl::SkipEmpty())) {
    documents.push_back(json::parse(line));
  }
  return documents;
}

std::vector<json> VerifiedThere(const std::vector<std::string>& records) {
  const fs::path file = fs::path(::testing::TempDir()) / "records";
  std::ofstream lines(file, std::ios::binary);
  for (const std::string& record : records) lines << json{{"text", record}}.dump() << "\n";
  lines.close();
  return Node(absl::StrCat("verify < ", file.string()));
}

TEST(Exchange, WhatThePackageMakesHoldsHereAndWhatIsEditedDoesNot) {
  constexpr int kRecords = 2000;
  const std::vector<json> made = Node(absl::StrCat("make 20261201 ", kRecords));
  ASSERT_EQ(made.size(), 2 * kRecords);
  for (const json& line : made) {
    const std::string text = line["text"];
    const absl::StatusOr<JudgedRecord> judged = JudgeRecord(text);
    ASSERT_TRUE(judged.ok()) << judged.status() << "\n" << text;
    EXPECT_EQ(judged->judgement.answer,
              line.contains("edited") ? Answer::kContradicts : Answer::kHolds)
        << line.value("edited", "") << "\n"
        << text;
  }
}

// One text, number, boolean or null, of all that stand anywhere in the value.
void CollectLeaves(Json& value, std::vector<Json*>& leaves) {
  if (!value.is_structured()) return leaves.push_back(&value);
  for (Json& inner : value) CollectLeaves(inner, leaves);
}

TEST(Exchange, WhatIsMadeHereHoldsThereAndWhatIsEditedDoesNot) {
  std::vector<std::string> records;
  std::vector<bool> edited;
  for (const Json& output :
       std::vector<Json>{"text",
                         "",
                         Json::object(),
                         Json::array({1, 2.5, 1e300, -0.0, 5e-324}),
                         {{"é", "\xF0\x9F\x98\x80"}, {"10", 1}, {"2", {{"__proto__", nullptr}}}}}) {
    Json record = GoodRecord();
    record["snapshot"]["output"] = output;
    Seal(record);
    records.push_back(record.dump());
    edited.push_back(false);
    std::vector<Json*> leaves;
    CollectLeaves(record, leaves);
    for (Json* leaf : leaves) {
      const Json kept = *leaf;
      *leaf = kept.is_string() ? Json(kept.get<std::string>() + "x") : Json("x");
      records.push_back(record.dump());
      edited.push_back(true);
      *leaf = kept;
    }
  }
  const std::vector<json> there = VerifiedThere(records);
  ASSERT_EQ(there.size(), records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(there[i].value("ok", false), !edited[i]) << there[i] << "\n" << records[i];
    EXPECT_EQ(JudgeRecord(records[i])->judgement.record_status().ok(), !edited[i]) << records[i];
  }
}

TEST(Exchange, AResealWithItsTextsReplacedHoldsThere) {
  const JudgedRecord record = JudgeRecord(Text(GoodRecord())).value();
  const Redaction redaction = {.remove = {},
                               .replace = {{"snapshot.prompt", Json("[REDACTED]")},
                                           {"snapshot.input", Json("[REDACTED]")},
                                           {"snapshot.output.answer", Json("[REDACTED]")}},
                               .commit = {}};
  const Redacted reseal = Redact(record, redaction, [] { return merkle::Sha256("salt"); }).value();
  EXPECT_EQ(VerifiedThere({reseal.record.dump()})[0], json::parse(R"({"ok": true, "errors": []})"));
}

// A record that the package and cairn judge apart.
struct Disagreement {
  std::string record;  // As the table names it.
  std::string text;
};

std::vector<Disagreement> Disagreements() {
  std::vector<Disagreement> all;
  const auto add = [&](std::string record, const Json& value) {
    all.push_back({std::move(record), value.dump()});
  };
  const auto sealed = [](const Json& snapshot, const Json& more = Json::object()) {
    Json record = GoodRecord();
    record.update(more);
    record["snapshot"].update(snapshot);
    Seal(record);
    return record;
  };
  const Json good = GoodRecord();

  Json receipt = good;
  receipt["meta"]["attestation"] = NestedAttestation(sealed({{"prompt", "another"}}));
  add("a receipt for another record", receipt);
  Json context = good;
  context["context"] = {{"signals", Json::array()}};
  add("`context` added after sealing", context);
  Json policy = good;
  policy["policyEvaluation"] = {{"outcome", "ALLOW"}};
  add("`policyEvaluation` added after sealing", policy);
  all.push_back({"a name twice",
                 absl::StrReplaceAll(good.dump(),
                                     {{R"("provider":"p")", R"("provider":"q","provider":"p")"}})});
  all.push_back({"a number beyond binary64's precision",
                 absl::StrReplaceAll(sealed({{"seed2", 9007199254740992}}).dump(),
                                     {{"9007199254740992", "9007199254740993"}})});

  add("protocol 1.3.0", sealed({{"protocolVersion", "1.3.0"}}));
  add("`context` sealed", sealed(Json::object(), {{"context", {{"signals", Json::array()}}}}));
  add("`temperature` null", sealed({{"parameters", {{"temperature", nullptr}, {"maxTokens", 5}}}}));
  add("an empty prompt", sealed({{"prompt", ""}}));
  Json hash_alone = good;
  hash_alone["snapshot"].erase("output");
  Json covered = hash_alone;
  covered.erase("certificateHash");
  hash_alone["certificateHash"] = absl::StrCat("sha256:", CanonicalHash(covered).Hex());
  add("the output's hash alone", hash_alone);
  add("a package around a record", Json{{"cer", good}});
  return all;
}

std::string There(const json& found) {
  if (found.contains("thrown")) return "throws";
  return found["ok"] ? "ok" : "refused";
}

std::string Here(const std::string& text) {
  const absl::StatusOr<JudgedRecord> judged = JudgeRecord(text);
  if (!judged.ok()) return "malformed";
  const Judgement& judgement = judged->judgement;
  std::string said = judgement.Text();
  for (const Attestation& attestation : judgement.attestations) {
    absl::StrAppend(&said, "; ", attestation.name, " ", AttestationStateText(attestation.state));
  }
  if (judgement.rounded.count > 0) absl::StrAppend(&said, "; the number is named");
  return said;
}

TEST(Exchange, DisagreementsAreThoseOfTheTable) {
  const std::vector<Disagreement> disagreements = Disagreements();
  std::vector<std::string> texts;
  for (const Disagreement& disagreement : disagreements) texts.push_back(disagreement.text);
  const std::vector<json> there = VerifiedThere(texts);
  ASSERT_EQ(there.size(), texts.size());
  const std::string table = testing::ReadFile("docs/interoperability.md");
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_THAT(table, HasSubstr(absl::StrCat("| ", disagreements[i].record, " | ", There(there[i]),
                                              " | ", Here(texts[i]), " |")))
        << there[i] << "\n"
        << texts[i];
  }
}

}  // namespace
}  // namespace cairn::certificate
