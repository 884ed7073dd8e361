// Records of all present kinds against the manifest that comes with them. Another directory of the
// same form does as well.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/path.h"
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

// A time at which these records were of today.
constexpr int64_t kNowS = 1796000000;

class Cer2Vectors : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto dir = Cer2Dir();
    if (!dir.has_value()) return;
    dir_ = *dir;
    manifest_ = json::parse(ReadFile(dir_ / "manifest.json"));
    ASSERT_FALSE(manifest_.empty());
  }

  // Null for a record that comes without.
  const NodeKeys* KeysOf(const json& entry) {
    if (!entry.at("node_keys").is_string()) return nullptr;
    const std::string name = entry.at("node_keys");
    const auto found = keys_.find(name);
    if (found != keys_.end()) return &found->second;
    return &keys_.emplace(name, NodeKeys::Parse(ReadFile(dir_ / name)).value()).first->second;
  }

  absl::StatusOr<Judgement> Judge(const json& entry) {
    const std::string text = ReadFile(dir_ / entry.at("file").get<std::string>());
    absl::StatusOr<JudgedRecord> record =
        JudgeRecord(text, {.node_keys = KeysOf(entry), .now_s = kNowS});
    if (!record.ok()) return record.status();
    return record->judgement;
  }

  std::filesystem::path dir_;
  json manifest_ = json::array();
  std::map<std::string, NodeKeys> keys_;
};

// Whether the path is what an attestation was proven over, or its signature: one that is taken away
// or spoilt so that it is no attestation any more claims nothing.
bool IsAttested(const std::string& path, const Judgement& sound) {
  for (const Attestation& one : sound.attestations) {
    for (const std::string& covered : one.covered) {
      if (IsWithin(path, covered) || IsWithin(covered, path)) return true;
    }
  }
  return false;
}

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

// Every edit of one member: of a leaf, its value; of an object or list, one more; and the member
// taken out.
class Mutants {
 public:
  using Take = std::function<void(const std::string& path, const Json& mutant)>;

  Mutants(const Json& record, Take take) : record_(record), take_(std::move(take)) {}

  void Make() { Within(record_, ""); }

 private:
  // `at` is a part of `record_`, which is put back as it was.
  void Within(Json& at, const std::string& path) {
    std::vector<std::string> names;
    if (at.is_object()) {
      for (const auto& member : at.items()) names.push_back(member.key());
    }
    for (const std::string& name : names) {
      const std::string child = ChildPath(path, name);
      Edit(at[name], child);
      const Json kept = at[name];
      at.erase(name);
      take_(child, record_);
      at[name] = kept;
    }
    for (size_t i = 0; at.is_array() && i < at.size(); ++i) {
      Edit(at[i], absl::StrCat(path, "[", i, "]"));
    }
  }

  void Edit(Json& value, const std::string& path) {
    const Json kept = value;
    if (value.is_object()) {
      value["added by the test"] = true;
      take_(ChildPath(path, "added by the test"), record_);
    } else if (value.is_array()) {
      value.push_back(true);
      take_(path, record_);
    } else {
      value = value.is_string() ? Json(value.get<std::string>() + "x") : Json("edited");
      take_(path, record_);
    }
    value = kept;
    Within(value, path);
  }

  Json record_;
  const Take take_;
};

TEST_F(Cer2Vectors, EveryEditOfOneMemberIsRefusedOrListedAsUncovered) {
  size_t made = 0;
  for (const json& entry : manifest_) {
    const std::string file = entry.at("file");
    if (entry.at("expect") != "accept") continue;
    const absl::StatusOr<ParsedText> record = ParseText(ReadFile(dir_ / file));
    ASSERT_TRUE(record.ok()) << file;
    const NodeKeys* keys = KeysOf(entry);
    const Judgement sound = Judge(entry).value();
    Mutants(record->value, [&](const std::string& path, const Json& mutant) {
      ++made;
      const absl::StatusOr<JudgedRecord> read =
          JudgeRecord(CanonicalJson(mutant), {.node_keys = keys, .now_s = kNowS});
      if (!read.ok() || !read->judgement.status().ok()) return;
      const Judgement& judgement = read->judgement;
      // A record of a hash alone has another hash, and that is what it says.
      if (judgement.hash_alone && judgement.hash != sound.hash) return;
      const bool listed = std::any_of(
          judgement.uncovered.begin(), judgement.uncovered.end(),
          [&path](const std::string& one) { return IsWithin(path, one) || IsWithin(one, path); });
      // Of `meta` each member is listed, and it may be gone as a whole.
      const bool meta = path == "meta" || absl::EndsWith(path, ".meta");
      const bool was_listed =
          std::any_of(sound.uncovered.begin(), sound.uncovered.end(), [&](const std::string& one) {
            return IsWithin(path, one) || (meta && IsWithin(one, path));
          });
      EXPECT_TRUE(listed || was_listed || IsAttested(path, sound)) << file << ": " << path;
      EXPECT_EQ(judgement.hash, sound.hash) << file << ": " << path;
    }).Make();
  }
  EXPECT_GT(made, manifest_.empty() ? 0 : 1000);
}

}  // namespace
}  // namespace cairn::certificate
