// `cairn evidence` and `upgrade`, with a log that answers truly and one that lies; then offline,
// and in the tools of other worlds, what they have written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint_signer.h"
#include "tests/cli/cairn.h"
#include "tests/cli/fake_anchors.h"
#include "tests/testing/time_stamp_authority.h"
#include "tests/testing/vectors.h"

namespace cairn {
namespace {

namespace example = evidence::testing;
namespace ots = evidence::ots;
namespace fs = std::filesystem;
using testing::AnswerOf;
using testing::Authority;
using testing::CairnResult;
using ::testing::HasSubstr;
using testing::Join;
using testing::ReadFile;
using testing::Resigned;
using testing::RunCairn;
using testing::TimeStamp;

// What a lie does to an answer.
using Lie = std::function<void(v1::GetEvidenceResponse&)>;

class AnchoredEvidence : public testing::AnchorsFixture {
 protected:
  AnchoredEvidence() { Answer(Sound()); }

  // Of the signed statement, with a time-stamp over its checkpoint.
  v1::GetEvidenceResponse Sound() const {
    v1::GetEvidenceResponse answer = AnswerOf(evidence_);
    *answer.add_receipts() = TimeStamp(answer.checkpoint());
    return answer;
  }
  void Answer(const v1::GetEvidenceResponse& answer) {
    log_.evidence = [answer](const v1::GetEvidenceRequest&, v1::GetEvidenceResponse& response) {
      response = answer;
      return grpc::Status::OK;
    };
  }
  std::vector<std::string> Trusting(const std::vector<std::string>& args) const {
    return Join(args, {"--log_key", log_key_, "--tsa_roots", Authority().PemFile("root").string()});
  }
  std::vector<std::string> Fetch() const {
    return Trusting({"evidence", "--index", "2", "--out", Path("out")});
  }
  std::string Written() const { return Path("out") + "/" + hash_ + ".cairn.json"; }
  CairnResult Verify(const std::string& file) const {
    return RunCairn(Trusting({"verify", "--require", "verified", "--json", file}));
  }

  // Lies that evidence and upgrade have to see, each with the reason they give.
  std::vector<std::pair<Lie, std::string>> Lies() const;

  const evidence::Evidence evidence_ = example::MakeEvidence(example::kSigned);
  const std::string log_key_ = example::LogKey().verifier_key().Format();
  const std::string hash_ = merkle::Sha256(example::CertificateText(example::kSigned)).Hex();
};

// Of the example's log when it had one entry.
std::string SmallerCheckpoint() {
  std::vector<note::SignerKey> keys;
  keys.push_back(example::LogKey());
  const note::CheckpointSigner signer = *note::CheckpointSigner::Create(std::move(keys));
  return *signer.Sign({.origin = signer.origin(),
                       .size = TreeSize(1),
                       .root = merkle::HashLeaf(example::Entries()[0]),
                       .extensions = {}});
}

std::vector<std::pair<Lie, std::string>> AnchoredEvidence::Lies() const {
  const evidence::Evidence other = example::MakeEvidence(example::kUnsigned);
  return {
      {[](auto& answer) { answer.Clear(); }, "about entry 0, not 2"},
      {[](auto& answer) {
         answer.Clear();
         answer.set_index(2);
       },
       "malformed: `entry`"},
      {[other](auto& answer) { answer = AnswerOf(other); }, "about entry 1, not 2"},
      {[other](auto& answer) {
         answer = AnswerOf(other);
         answer.set_index(2);
       },
       ""},  // `evidence` meets a false path, `upgrade` another entry.
      {[other](auto& answer) { answer.set_proof(AnswerOf(other).proof()); }, "inclusion: "},
      {[](auto& answer) { answer.mutable_proof()->pop_back(); }, "multiple of 32"},
      {[](auto& answer) { answer.set_checkpoint("garbage"); }, "malformed: `proof`"},
      {[](auto& answer) { answer.set_checkpoint(SmallerCheckpoint()); }, "inclusion: "},
      {[](auto& answer) {
         answer.set_checkpoint(
             example::MakeEvidence(example::kSigned, example::OtherKey("other.example"))
                 .proof.checkpoint);
       },
       "checkpoint: origin"},
      // Receipts: of a note that nobody is shown, of a smaller tree's, of nothing.
      {[](auto& answer) { *answer.mutable_receipts(0) = TimeStamp(Resigned(answer.checkpoint())); },
       "anchor tsa: "},
      {[](auto& answer) { *answer.mutable_receipts(0) = TimeStamp(SmallerCheckpoint()); },
       "anchor tsa: "},
      {[](auto& answer) { answer.mutable_receipts(0)->set_receipt("garbage"); }, "anchor tsa: "},
      {[](auto& answer) { answer.mutable_receipts(0)->set_kind("opentimestamps"); },
       "anchor tsa: "},
      {[](auto& answer) { *answer.add_receipts() = answer.receipts(0); }, "malformed: `receipts`"},
      {[](auto& answer) { answer.mutable_receipts(0)->set_anchor("../tsa"); },
       "malformed: `receipts.anchor`"},
      {[](auto& answer) {
         for (int i = 0; i < 16; ++i) {
           *answer.add_receipts() = answer.receipts(0);
           answer.mutable_receipts(i + 1)->set_anchor(absl::StrCat("tsa-", i));
         }
       },
       "malformed: `receipts`"},
  };
}

TEST_F(AnchoredEvidence, IsVerifiedAndWrittenAndNeverReplaced) {
  const CairnResult result = Ask(Join(Fetch(), {"--json"}));
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json report = result.documents().at(0);
  EXPECT_EQ(report["evidence"], Written());
  EXPECT_EQ(report["verified"], true);
  EXPECT_TRUE(report["times"].contains("anchor_bound_ms"));
  const absl::StatusOr<evidence::Evidence> written = evidence::Parse(ReadFile(Written()));
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->entry, evidence_.entry);
  EXPECT_EQ(written->proof, evidence_.proof);
  ASSERT_EQ(written->receipts.size(), 1u);

  const CairnResult again = Ask(Fetch());
  EXPECT_EQ(again.code, 3);
  EXPECT_THAT(again.err, HasSubstr("exists and is not overwritten"));

  EXPECT_EQ(Verify(Written()).code, 0) << Verify(Written()).out;
}

TEST_F(AnchoredEvidence, TamperedWithAtAnyLayerIsRefused) {
  ASSERT_EQ(Ask(Fetch()).code, 0);
  const evidence::Evidence sound = *evidence::Parse(ReadFile(Written()));
  const auto expect_refused = [&](const std::function<void(evidence::Evidence&)>& tamper,
                                  const std::string& why) {
    evidence::Evidence tampered = sound;
    tamper(tampered);
    const CairnResult result = Verify(Write("tampered.cairn.json", *evidence::Format(tampered)));
    EXPECT_EQ(result.code, 1) << why;
    EXPECT_THAT(result.documents().at(0)["reasons"].dump(), HasSubstr(why));
  };
  // Within the time of acceptance.
  expect_refused([](auto& e) { e.entry[7] ^= 1; }, "inclusion: ");
  expect_refused([](auto& e) { e.proof.proof[0].bytes[0] ^= 1; }, "inclusion: ");
  expect_refused(
      [](auto& e) {
        e.proof.checkpoint =
            example::MakeEvidence(example::kSigned, example::OtherKey("other.example"))
                .proof.checkpoint;
      },
      "checkpoint: ");
  // The note as it was pinned has no such signature.
  expect_refused([](auto& e) { e.proof.checkpoint = Resigned(e.proof.checkpoint); },
                 "anchor tsa: ");
  expect_refused([](auto& e) { e.receipts[0].receipt[e.receipts[0].receipt.size() / 2] ^= 1; },
                 "anchor tsa: ");
  expect_refused([](auto& e) { e.receipts.clear(); }, "anchors: 0 authorities vouch");
}

// What `openssl ts -reply -text` shows of the message imprint, in hex.
std::string ImprintIn(const std::string& text) {
  std::string hex;
  size_t line = text.find('\n', text.find("Message data:")) + 1;
  // "    0000 - 3f 1c ...-... 07   ?.....", 16 bytes a line.
  for (int i = 0; i < 2; ++i, line = text.find('\n', line) + 1) {
    for (const char c : text.substr(line + 11, 16 * 3 - 1)) {
      if (c != ' ' && c != '-') hex += c;
    }
  }
  return hex;
}

TEST_F(AnchoredEvidence, ExtractedPartsStandInTheToolsOfTheirOwnWorlds) {
  v1::GetEvidenceResponse with_ots = Sound();
  v1::AnchorReceipt& bitcoin = *with_ots.add_receipts();
  bitcoin.set_anchor("btc");
  bitcoin.set_kind("opentimestamps");
  bitcoin.set_state(v1::RECEIPT_STATE_SUBMITTED);
  ots::File pending{.digest = std::string(merkle::Sha256(evidence_.proof.checkpoint).view())};
  pending.timestamp.attestations = {*ots::Attestation::Pending("https://calendar.example")};
  bitcoin.set_receipt(*ots::Format(pending));
  Answer(with_ots);
  ASSERT_EQ(Ask(Fetch()).code, 0);
  const CairnResult extracted = RunCairn({"extract", Written(), "--out", Path("parts")});
  ASSERT_EQ(extracted.code, 0) << extracted.err;
  const std::string note = Path("parts/" + hash_ + ".note");
  const std::string token = Path("parts/" + hash_ + ".tsa.tsr");
  EXPECT_EQ(ReadFile(note), evidence_.proof.checkpoint);
  const auto openssl = [&](const std::vector<std::string>& of) {
    return RunCairn(
        Join({"ts", "-verify", "-in", token, "-CAfile", Authority().PemFile("root").string()}, of),
        "/usr/bin/openssl");
  };
  const CairnResult by_note = openssl({"-data", note});
  EXPECT_EQ(by_note.code, 0) << by_note.err;
  const std::string sum = RunCairn({note}, "/usr/bin/sha256sum").out.substr(0, 64);
  const CairnResult shown = RunCairn({"ts", "-reply", "-in", token, "-text"}, "/usr/bin/openssl");
  EXPECT_EQ(ImprintIn(shown.out), sum) << shown.out << shown.err;
  const CairnResult named =
      RunCairn({"-c",
                "import sys; from opentimestamps.core.timestamp import *; "
                "from opentimestamps.core.serialize import *; "
                "print(DetachedTimestampFile.deserialize(BytesDeserializationContext("
                "open(sys.argv[1], 'rb').read())).file_digest.hex())",
                Path("parts/" + hash_ + ".btc.ots")},
               "/usr/bin/python3");
  EXPECT_EQ(named.out, sum + "\n") << named.err;
  const CairnResult by_digest = openssl({"-digest", sum});
  EXPECT_EQ(by_digest.code, 0) << by_digest.err;
  EXPECT_NE(openssl({"-data", Path("parts/" + hash_ + ".entry")}).code, 0);
}

TEST_F(AnchoredEvidence, IsFoundByItsHash) {
  log_.state = [&](const v1::GetProofStateRequest& request, v1::GetProofStateResponse& response) {
    EXPECT_EQ(Hash::FromBytes(request.certificate_hash())->Hex(), hash_);
    v1::EntryProofState& entry = *response.add_entries();
    entry.set_index(2);
    entry.set_state(v1::PROOF_STATE_ANCHORED);
    return grpc::Status::OK;
  };
  const std::vector<std::string> fetch =
      Trusting({"evidence", hash_, "--certifier", "acme", "--out", Path("out")});
  EXPECT_EQ(Ask(fetch).code, 0);
  EXPECT_TRUE(fs::exists(Written()));

  log_.state = [&](const v1::GetProofStateRequest&, v1::GetProofStateResponse& response) {
    for (const uint64_t index : {2, 7}) {
      response.add_entries()->set_index(index);
      response.mutable_entries()->rbegin()->set_state(v1::PROOF_STATE_PENDING);
    }
    return grpc::Status::OK;
  };
  const CairnResult several = Ask(fetch);
  EXPECT_EQ(several.code, 3);
  EXPECT_THAT(several.err, HasSubstr("several (2, 7): choose with --certifier or --index"));
}

TEST_F(AnchoredEvidence, OfAnotherStatementThanWasAskedForIsNotWritten) {
  const std::vector<std::string> other_hash =
      Trusting({"evidence", std::string(64, 'a'), "--index", "2", "--out", Path("out")});
  ExpectFalse(other_hash, "certificate: certificateHash");
  ExpectFalse(
      Trusting({"evidence", hash_, "--certifier", "other", "--index", "2", "--out", Path("out")}),
      "the log answers a statement by `acme`");
  EXPECT_FALSE(fs::exists(Path("out")));
}

TEST_F(AnchoredEvidence, OfALogThatLiesIsNotWritten) {
  for (const auto& [lie, why] : Lies()) {
    v1::GetEvidenceResponse answer = Sound();
    lie(answer);
    Answer(answer);
    ExpectFalse(Fetch(), why);
    EXPECT_FALSE(fs::exists(Path("out"))) << why;
  }
}

TEST_F(AnchoredEvidence, MayHaveReceiptsThatAreNotProvenYet) {
  // Without roots of one's own no time-stamp is proven.
  const CairnResult result =
      Ask({"evidence", "--index", "2", "--log_key", log_key_, "--out", Path("out")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("anchor tsa    claimed"));
  EXPECT_EQ(RunCairn({"verify", "--log_key", log_key_, Written()}).code, 0);
  EXPECT_EQ(RunCairn({"verify", "--log_key", log_key_, "--require", "verified", Written()}).code,
            1);
}

TEST_F(AnchoredEvidence, LeavesOutReceiptsThatTheLogHasGivenUp) {
  v1::GetEvidenceResponse answer = Sound();
  for (const v1::ReceiptState state : {v1::RECEIPT_STATE_FAILED, v1::RECEIPT_STATE_REORGANISED}) {
    v1::AnchorReceipt& receipt = *answer.add_receipts();
    receipt.set_anchor(absl::StrCat("gone-", static_cast<int>(state)));
    receipt.set_kind("opentimestamps");
    receipt.set_state(state);
    receipt.set_receipt("what it was");
  }
  v1::AnchorReceipt& prepared = *answer.add_receipts();
  prepared.set_anchor("not-yet");
  prepared.set_kind("rfc3161");
  prepared.set_state(v1::RECEIPT_STATE_SUBMITTED);
  Answer(answer);
  ASSERT_EQ(Ask(Fetch()).code, 0);
  EXPECT_EQ(evidence::Parse(ReadFile(Written()))->receipts.size(), 1u);
}

TEST_F(AnchoredEvidence, NeedsAKeyOfTheLog) {
  EXPECT_EQ(Ask({"evidence", "--index", "2", "--out", Path("out")}).code, 2);
  EXPECT_EQ(Ask({"upgrade", Write("a.cairn.json", "")}).code, 2);
  // A policy that does not name the log has none.
  const std::string policy =
      Write("trust.policy",
            absl::StrCat("log ", example::OtherKey("other.example").verifier_key().Format(),
                         "\nquorum none\n"));
  ExpectFalse({"evidence", "--index", "2", "--policy", policy, "--out", Path("out")},
              "checkpoint: no log key given");
}

class Upgrade : public AnchoredEvidence {
 protected:
  // As `cairn submit --blind` writes it: readable by its owner alone, and without receipts.
  std::string Submitted() const {
    std::string file = Write("a.cairn.json", *evidence::Format(evidence_));
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    return file;
  }
  nlohmann::json Run(const std::string& file, int code) const {
    const CairnResult result = Ask(Trusting({"upgrade", "--json", file}));
    EXPECT_EQ(result.code, code) << result.out << result.err;
    return result.documents().at(0);
  }
  void ExpectUnchanged(const std::string& file, const std::string& why) const {
    const std::string before = ReadFile(file);
    const nlohmann::json result = Run(file, 0);
    EXPECT_EQ(result["outcome"], "unchanged");
    EXPECT_THAT(result["reason"].get<std::string>(), HasSubstr(why));
    EXPECT_EQ(ReadFile(file), before);
  }
};

TEST_F(Upgrade, AddsReceiptsAndKeepsEverythingElse) {
  const std::string file = Submitted();
  EXPECT_EQ(Verify(file).code, 1);
  const nlohmann::json result = Run(file, 0);
  EXPECT_EQ(result,
            nlohmann::json({{"file", file}, {"outcome", "upgraded"}, {"anchors", {"tsa"}}}));
  evidence::Evidence upgraded = *evidence::Parse(ReadFile(file));
  ASSERT_EQ(upgraded.receipts.size(), 1u);
  upgraded.receipts.clear();
  EXPECT_EQ(upgraded, evidence_);
  struct stat status;
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(Verify(file).code, 0);
  ExpectUnchanged(file, "the log has nothing more");
}

TEST_F(Upgrade, TakesALaterCheckpointThatIsAnchored) {
  const std::string file = Submitted();
  v1::GetEvidenceResponse answer = AnswerOf(evidence_);
  answer.set_checkpoint(Resigned(answer.checkpoint()));
  *answer.add_receipts() = TimeStamp(answer.checkpoint());
  Answer(answer);
  EXPECT_EQ(Run(file, 0)["outcome"], "upgraded");
  EXPECT_EQ(evidence::Parse(ReadFile(file))->proof.checkpoint, answer.checkpoint());
  EXPECT_EQ(Verify(file).code, 0);
}

TEST_F(Upgrade, LeavesFilesOfALogThatLies) {
  const std::string file = Submitted(), before = ReadFile(file);
  for (const auto& [lie, why] : Lies()) {
    v1::GetEvidenceResponse answer = Sound();
    lie(answer);
    Answer(answer);
    const nlohmann::json result = Run(file, 1);
    EXPECT_EQ(result["outcome"], "failed") << why;
    EXPECT_THAT(result["reason"].get<std::string>(), HasSubstr(why));
    EXPECT_EQ(ReadFile(file), before) << why;
  }
  EXPECT_EQ(
      std::distance(fs::directory_iterator(fs::path(file).parent_path()), fs::directory_iterator()),
      1);
}

TEST_F(Upgrade, KeepsAReceiptThatTheLogNoLongerHas) {
  const std::string file = Submitted();
  ASSERT_EQ(Run(file, 0)["outcome"], "upgraded");
  // Over the same checkpoint both are kept ...
  v1::GetEvidenceResponse answer = AnswerOf(evidence_);
  *answer.add_receipts() = TimeStamp(answer.checkpoint(), "second");
  Answer(answer);
  EXPECT_EQ(Run(file, 0)["anchors"], nlohmann::json({"second", "tsa"}));
  // ... over another one that cannot be.
  answer.set_checkpoint(Resigned(answer.checkpoint()));
  answer.clear_receipts();
  *answer.add_receipts() = TimeStamp(answer.checkpoint(), "second");
  *answer.add_receipts() = TimeStamp(answer.checkpoint(), "third");
  Answer(answer);
  ExpectUnchanged(file, "the log's evidence has no receipt of tsa");
}

TEST_F(Upgrade, DoesNotTradeAReceiptThatItCannotJudge) {
  const std::string file = Submitted();
  ASSERT_EQ(Run(file, 0)["outcome"], "upgraded");
  const std::string before = ReadFile(file);
  v1::GetEvidenceResponse answer = AnswerOf(evidence_);
  answer.set_checkpoint(Resigned(answer.checkpoint()));
  *answer.add_receipts() = TimeStamp(answer.checkpoint());
  *answer.add_receipts() = TimeStamp(answer.checkpoint(), "second");
  Answer(answer);
  const CairnResult result = Ask({"upgrade", "--json", "--log_key", log_key_, file});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.documents().at(0)["outcome"], "unchanged");
  EXPECT_THAT(result.documents().at(0)["reason"].get<std::string>(),
              HasSubstr("another receipt of tsa"));
  EXPECT_EQ(ReadFile(file), before);
}

TEST_F(Upgrade, TakesRevocationListsThatCameLater) {
  const std::string file = Submitted();
  v1::GetEvidenceResponse answer = Sound();
  Answer(answer);
  ASSERT_EQ(Run(file, 0)["outcome"], "upgraded");
  rfc3161::Receipt receipt = *rfc3161::ParseReceipt(answer.receipts(0).receipt());
  receipt.crls = {Authority().Crl()};
  answer.mutable_receipts(0)->set_receipt(*rfc3161::FormatReceipt(receipt));
  Answer(answer);
  EXPECT_EQ(Run(file, 0)["outcome"], "upgraded");
  EXPECT_EQ(evidence::Parse(ReadFile(file))->receipts[0].receipt, answer.receipts(0).receipt());
  EXPECT_THAT(Verify(file).out, HasSubstr("were not revoked"));
}

TEST_F(Upgrade, DoesNotTouchWhatDoesNotVerifyItself) {
  evidence::Evidence broken = evidence_;
  broken.proof.proof[0].bytes[0] ^= 1;
  const std::string file = Write("a.cairn.json", *evidence::Format(broken));
  const nlohmann::json result = Run(file, 1);
  EXPECT_EQ(result["outcome"], "refused");
  EXPECT_THAT(result["reason"].get<std::string>(), HasSubstr("it does not verify itself: "));
  EXPECT_EQ(Run(Write("b.cairn.json", "no evidence"), 1)["outcome"], "refused");
  EXPECT_EQ(Run(Path("missing"), 3)["outcome"], "unable");
}

TEST_F(Upgrade, OfSeveralFilesGoesOnAfterOneThatFails) {
  const std::string bad = Write("b.cairn.json", "no evidence"), good = Submitted();
  const CairnResult result = Ask(Trusting({"upgrade", bad, good}));
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr(absl::StrCat(bad, ": refused\n")));
  EXPECT_THAT(result.out, HasSubstr(absl::StrCat(good, ": upgraded, receipts of tsa\n")));
}

}  // namespace
}  // namespace cairn
