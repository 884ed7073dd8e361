// Evidence that once misled a verifier, and what is true of it: exit code, headline, and every
// layer. The files are not part of this repository; tests/testing/vectors.h says where they lie.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/evidence/bitcoin_headers_file.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"
#include "tests/cli/cairn.h"
#include "tests/forge/verdict.h"
#include "tests/testing/vectors.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// So that cosignatures and tokens are not of the future, whatever the machine's clock says.
constexpr char kNow[] = "2027-01-01T00:00:00Z";

// The policy, the authority `lab`, and both.
const std::vector<std::string> kPolicy = {"--policy", "@/trust/trust.policy"};
const std::vector<std::string> kLab = {"--authority", "lab=@/trust/tsa-root.pem"};

class Forge : public ::testing::Test {
 protected:
  // nullopt: they are not at hand.
  static std::optional<fs::path> Directory() {
    static const std::optional<fs::path> directory = ForgeDir();
    return directory;
  }
  // Arguments with the directory in place of @.
  static std::vector<std::string> Args(const std::string& file,
                                       const std::vector<std::vector<std::string>>& more) {
    std::vector<std::string> args = {"@/" + file + ".cairn.json", "--now", kNow};
    for (const std::vector<std::string>& some : more) args = Join(args, some);
    for (std::string& arg : args) {
      arg = absl::StrReplaceAll(arg, {{"@/", Directory()->string() + "/"}});
    }
    return args;
  }
  static Verified Judge(const std::string& file,
                        const std::vector<std::vector<std::string>>& more) {
    return VerifyWithCairn(Args(file, more));
  }
  // The key that the statement of this file is signed with, as --certifier takes it.
  static std::string SignerOf(const std::string& file) {
    const evidence::Evidence evidence =
        *evidence::Parse(ReadFile(*Directory() / (file + ".cairn.json")));
    const entry::SignedStatement statement =
        evidence::DecodeStatement(evidence.entry)->signed_statement;
    return absl::StrCat(
        statement.statement.certifier, "=",
        note::FormatBase64(std::get<entry::SingleSignature>(statement.signature).key.view()));
  }
  static std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = ::testing::TempDir() + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
};

TEST_F(Forge, ReadsAsItIs) {
  if (!Directory()) return;
  struct Case {
    std::string file;
    std::vector<std::vector<std::string>> args;
    Verdict truth;
  };
  const std::vector<Case> cases = {
      {"b1",
       {kPolicy, kLab},
       {0,
        "included; witnessed by 3 of w1 w2 w3; verified by 1 authority (lab); certifier not "
        "proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor btc: claimed, no_headers", "anchor tsa: proven, token_proven",
         "anchors: proven, enough", "trace: proven, opened", "task: proven, opened",
         "anchor bound: proven, bound", "witness bound: proven, bound"}}},
      {"b1",
       {kPolicy},
       {0,
        "included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor btc: claimed, no_headers", "anchor tsa: claimed, no_authority",
         "anchors: not_proven, too_few", "trace: proven, opened", "task: proven, opened",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"b1",
       {kPolicy, kLab, {"--require", "witnessed,verified:2"}},
       {1,
        "included; witnessed by 3 of w1 w2 w3; verified by 1 authority (lab), 2 needed; certifier "
        "not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor btc: claimed, no_headers", "anchor tsa: proven, token_proven",
         "anchors: not_proven, too_few", "trace: proven, opened", "task: proven, opened",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"b2",
       {kPolicy, kLab},
       {0,
        "included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"b3",
       {kPolicy, kLab},
       {0,
        "included; witnessed by 3 of w1 w2 w3; verified by 1 authority (lab); certifier not "
        "proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor tsa-1: proven, token_proven", "anchors: proven, enough",
         "anchor bound: proven, bound", "witness bound: proven, bound"}}},
      {"duplicate-receipts/sixteen",
       {kPolicy, kLab, {"--require", "verified"}},
       {0,
        "included; witnessed by 3 of w1 w2 w3; verified by 1 authority (lab); certifier not "
        "proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, unsigned",
         "inclusion: proven, included",        "checkpoint: proven, signed",
         "witnesses: proven, quorum",          "anchor a00: proven, token_proven",
         "anchor a01: proven, token_proven",   "anchor a02: proven, token_proven",
         "anchor a03: proven, token_proven",   "anchor a04: proven, token_proven",
         "anchor a05: proven, token_proven",   "anchor a06: proven, token_proven",
         "anchor a07: proven, token_proven",   "anchor a08: proven, token_proven",
         "anchor a09: proven, token_proven",   "anchor a10: proven, token_proven",
         "anchor a11: proven, token_proven",   "anchor a12: proven, token_proven",
         "anchor a13: proven, token_proven",   "anchor a14: proven, token_proven",
         "anchor a15: proven, token_proven",   "anchors: proven, enough",
         "anchor bound: proven, bound",        "witness bound: proven, bound"}}},
      {"duplicate-receipts/sixteen",
       {kPolicy, kLab, {"--require", "verified:2"}},
       {1,
        "included; witnessed by 3 of w1 w2 w3; verified by 1 authority (lab), 2 needed; certifier "
        "not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, unsigned",
         "inclusion: proven, included",        "checkpoint: proven, signed",
         "witnesses: proven, quorum",          "anchor a00: proven, token_proven",
         "anchor a01: proven, token_proven",   "anchor a02: proven, token_proven",
         "anchor a03: proven, token_proven",   "anchor a04: proven, token_proven",
         "anchor a05: proven, token_proven",   "anchor a06: proven, token_proven",
         "anchor a07: proven, token_proven",   "anchor a08: proven, token_proven",
         "anchor a09: proven, token_proven",   "anchor a10: proven, token_proven",
         "anchor a11: proven, token_proven",   "anchor a12: proven, token_proven",
         "anchor a13: proven, token_proven",   "anchor a14: proven, token_proven",
         "anchor a15: proven, token_proven",   "anchors: not_proven, too_few",
         "anchor bound: not_proven, too_few",  "witness bound: proven, bound"}}},
      {"made-up-receipts/made-up-bitcoin",
       {kPolicy, kLab},
       {0,
        "included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, unsigned",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor bitcoin: claimed, no_headers", "anchors: not_proven, too_few",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"cosignature-times/time0",
       {kPolicy, kLab},
       {0,
        "included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, unsigned",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor bound: not_proven, too_few", "witness bound: not_proven, untimed"}}},
      {"log/known-ev/true-fail",
       {kPolicy},
       {0,
        "included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"superseded/forged-pass",
       {kPolicy},
       {0,
        "included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"old-key/old-key",
       {kPolicy},
       {0,
        "included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"records/ev/seed-true",
       {kPolicy},
       {0,
        "included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, unsigned",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"bare-token/b1-bare-token",
       {kPolicy, kLab},
       {1,
        "FALSE: anchor tsa; included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not "
        "proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor btc: claimed, no_headers", "anchor tsa: false, token_false",
         "anchors: not_proven, too_few", "trace: proven, opened", "task: proven, opened",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"bare-token/b1-bare-token",
       {kPolicy},
       {1,
        "FALSE: anchor tsa; included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not "
        "proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor btc: claimed, no_headers", "anchor tsa: false, token_false",
         "anchors: not_proven, too_few", "trace: proven, opened", "task: proven, opened",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
      {"self-witness/self-cosigned",
       {{"--policy", "@/self-witness/self.policy"}},
       {1,
        "included; NOT witnessed (0 of w1, no quorum); NOT verified; certifier not proven; no "
        "record given",
        {"certificate: not_proven, not_given", "statement: not_proven, unsigned",
         "inclusion: proven, included", "checkpoint: proven, signed",
         "witnesses: not_proven, no_quorum", "anchor bound: not_proven, too_few",
         "witness bound: not_proven, not_witnessed"}}},
      {"crl/with-revocation",
       {kPolicy, kLab},
       {1,
        "FALSE: anchor tsa-1; included; witnessed by 3 of w1 w2 w3; NOT verified; certifier not "
        "proven; no record given",
        {"certificate: not_proven, not_given", "statement: not_proven, key_not_held",
         "inclusion: proven, included", "checkpoint: proven, signed", "witnesses: proven, quorum",
         "anchor tsa-1: false, token_revoked", "anchors: not_proven, too_few",
         "anchor bound: not_proven, too_few", "witness bound: proven, bound"}}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(Judge(each.file, each.args).verdict, each.truth)
        << each.file << " " << ::testing::PrintToString(each.args);
  }
}

// Every file that there is has its place in this test.
TEST_F(Forge, HoldsNothingThatIsNotJudgedHere) {
  if (!Directory()) return;
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(*Directory())) {
    const std::string name = fs::relative(entry.path(), *Directory()).string();
    if (name.ends_with(evidence::kFileSuffix)) {
      files.push_back(name.substr(0, name.size() - (sizeof(evidence::kFileSuffix) - 1)));
    }
  }
  EXPECT_THAT(
      files, ::testing::UnorderedElementsAre(
                 "b1", "b2", "b3", "duplicate-receipts/sixteen", "made-up-receipts/made-up-bitcoin",
                 "cosignature-times/time0", "log/known-ev/true-fail", "superseded/forged-pass",
                 "old-key/old-key", "records/ev/seed-true", "bare-token/b1-bare-token",
                 "self-witness/self-cosigned", "crl/with-revocation"));
}

// Typed by hand: with headers that reach the block it is false, however easy its work.
TEST_F(Forge, AMadeUpBlockIsFalseOnceItsHeightIsKnown) {
  if (!Directory()) return;
  const auto with_headers = [](uint64_t first, const std::string& name) {
    std::string text;
    Hash previous;
    for (uint64_t height = first; height < first + 10; ++height) {
      const std::string header =
          evidence::testing::MineHeader(previous, merkle::Sha256("nothing of ours"), 1'790'000'000);
      absl::StrAppend(&text, evidence::FormatHeaderLine(height, header));
      previous = evidence::ParseBlockHeader(header)->hash;
    }
    return Judge("made-up-receipts/made-up-bitcoin",
                 {kPolicy, kLab, {"--headers", Write(name, text)}});
  };
  const Verified reached = with_headers(899'995, "reached");
  EXPECT_EQ(reached.verdict.exit_code, 1);
  EXPECT_THAT(reached.verdict.headline, ::testing::StartsWith("FALSE: anchor bitcoin; included; "));
  EXPECT_THAT(reached.verdict.layers,
              ::testing::Contains("anchor bitcoin: false, block_contradicts"));
  const Verified below = with_headers(800'000, "below");
  EXPECT_EQ(below.verdict.exit_code, 0);
  EXPECT_THAT(below.verdict.layers,
              ::testing::Contains("anchor bitcoin: not_proven, block_unknown"));
  EXPECT_THAT(below.verdict.headline, HasSubstr("; NOT verified; "));
}

// acme's owner holds the key that signed the true statement, and says so.
TEST_F(Forge, AStatementByAKeyThatItsOwnerDoesNotHoldIsNotProven) {
  if (!Directory()) return;
  const std::vector<std::string> acme = {"--certifier", SignerOf("log/known-ev/true-fail")};
  const Verified forged = Judge("superseded/forged-pass", {kPolicy, acme});
  EXPECT_EQ(forged.verdict.exit_code, 1);
  EXPECT_THAT(forged.verdict.layers, ::testing::Contains("statement: not_proven, key_not_held"));
  EXPECT_THAT(
      forged.document["stated"]["lines"],
      ::testing::IsSupersetOf({"policy status: logged under the name `acme` by the operator: pass",
                               "supersedes: names index 1, not checked"}));
  const Verified sound = Judge("log/known-ev/true-fail", {kPolicy, acme});
  EXPECT_EQ(sound.verdict.exit_code, 0) << sound.err;
  EXPECT_THAT(sound.document["stated"]["lines"],
              ::testing::Contains("policy status: the certifier states: fail"));
}

TEST_F(Forge, AnOldKeyIsFalseOnceItsRangeIsGiven) {
  if (!Directory()) return;
  const std::string key = SignerOf("old-key/old-key");
  const auto judge = [&](const std::string& range) {
    return Judge("old-key/old-key", {kPolicy, {"--certifier", key + range}});
  };
  EXPECT_THAT(judge("").verdict.layers, ::testing::Contains("statement: proven, signed"));
  EXPECT_THAT(judge("@2..3").verdict.layers, ::testing::Contains("statement: proven, signed"));
  for (const std::string range : {"@..1", "@0..2", "@3.."}) {
    const Verified old = judge(range);
    EXPECT_EQ(old.verdict.exit_code, 1);
    EXPECT_THAT(old.verdict.layers,
                ::testing::Contains("statement: false, key_not_valid_at_index"));
    EXPECT_THAT(old.verdict.headline, ::testing::StartsWith("FALSE: statement; included; "));
    EXPECT_THAT(old.document["reasons"].dump(),
                HasSubstr("key is not valid at index 2 by your range "));
  }
}

TEST_F(Forge, TwoRecordsOfOneHashAreBothTheOneOfTheEntry) {
  if (!Directory()) return;
  for (const std::string record : {"seed-true", "seed-changed"}) {
    const Verified verified =
        Judge("records/ev/seed-true",
              {kPolicy, {"--certificate", absl::StrCat("@/records/", record, ".json")}});
    EXPECT_EQ(verified.verdict.exit_code, 0) << verified.err;
    EXPECT_THAT(verified.verdict.headline, ::testing::EndsWith("; record proven"));
  }
}

}  // namespace
}  // namespace cairn::testing
