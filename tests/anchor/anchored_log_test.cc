// A real cairnd whose checkpoints a real time-stamp authority stamps: from pending to evidence that
// verifies offline, over outages, wrong answers and kills.

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/verify.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"
#include "proto/anchors_service.grpc.pb.h"
#include "tests/anchor/testing/time_stamp_server.h"
#include "tests/cli/cairn.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/http.h"

namespace cairn::testing {
namespace {

// Only a log that hangs reaches it.
constexpr std::chrono::seconds kPatience{60};

class AnchoredLog : public ::testing::Test {
 protected:
  AnchoredLog() {
    WriteFile(Path("root.pem"), tsa_.authority().Pem("root"));
    Configure("operated_by: 'Example CA'");
    Start();
  }
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  void Configure(const std::string& more) {
    WriteFile(Path("config"),
              absl::StrCat("anchoring { interval_s: 1 log_operator: 'us' anchor { name: 'tsa' ",
                           more, " rfc3161 { url: '", tsa_.url(), "' roots_file: '",
                           Path("root.pem"), "' } } }\n"));
  }
  void Start() {
    cairnd_ = std::make_unique<Cairnd>(CairndArgs(
        directory_.path(), {"--config", Path("config"), "--http_address", "127.0.0.1:0"}));
    if (!cairnd_->running()) {
      cairnd_->Wait();
      FAIL() << cairnd_->output();
    }
    client_ = std::make_unique<Client>(cairnd_->address());
    anchors_ = v1::Anchors::NewStub(client_->channel());
  }
  uint64_t Append(const std::string& what) {
    v1::AppendResponse answer;
    const grpc::Status status = client_->Append(StatementOn(what), &answer);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return answer.index();
  }
  v1::EntryProofState StateOf(uint64_t index) {
    v1::GetProofStateRequest request;
    request.set_index(index);
    v1::GetProofStateResponse response;
    const grpc::Status status =
        anchors_->GetProofState(client_->Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.entries_size() == 1 ? response.entries(0) : v1::EntryProofState();
  }
  // Whether it comes true.
  bool Await(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end && !HasFailure()) {
      if (condition()) return true;
    }
    return false;
  }
  bool AwaitState(uint64_t index, v1::ProofState state) {
    return Await([&] { return StateOf(index).state() == state; });
  }
  std::vector<v1::AnchorEvent> Events() {
    std::vector<v1::AnchorEvent> all;
    v1::ListAnchorEventsResponse response;
    do {
      v1::ListAnchorEventsRequest request;
      request.set_after_sequence(all.empty() ? 0 : all.back().sequence());
      request.set_max_events(3);
      response.Clear();
      const grpc::Status status =
          anchors_->ListAnchorEvents(client_->Context().get(), request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      all.insert(all.end(), response.events().begin(), response.events().end());
    } while (response.events_size() > 0);
    return all;
  }
  v1::ListAnchorRoundsResponse Rounds() {
    v1::ListAnchorRoundsResponse response;
    const grpc::Status status = anchors_->ListAnchorRounds(client_->Context().get(), {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  evidence::Evidence EvidenceOf(uint64_t index) {
    v1::GetEvidenceRequest request;
    request.set_index(index);
    v1::GetEvidenceResponse response;
    const grpc::Status status = anchors_->GetEvidence(client_->Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    evidence::Evidence evidence{.kind = std::nullopt,
                                .entry = response.entry(),
                                .proof = {.extra = std::nullopt,
                                          .index = LeafIndex(response.index()),
                                          .proof = *merkle::ParseProof(response.proof()),
                                          .checkpoint = response.checkpoint()},
                                .openings = {}};
    for (const v1::AnchorReceipt& receipt : response.receipts()) {
      evidence.receipts.push_back({receipt.anchor(), receipt.kind(), receipt.receipt()});
    }
    return evidence;
  }
  // With a state of its own.
  CairnResult AuditAnchors() const {
    return RunCairn({"audit", "http://" + cairnd_->http_address(), "--log_key", kTestVkey,
                     "--anchors", "--log", cairnd_->address(), "--tsa_roots", Path("root.pem"),
                     "--state", Path("state"), "--out", Path("out"), "--json"});
  }
  bool Verified(const evidence::Evidence& evidence) {
    const auto roots =
        *rfc3161::Verifier::Create({.certificates_pem = tsa_.authority().Pem("root")});
    rfc3161::CachingVerifier time_stamps(roots.get());
    evidence::VerifyOptions options;
    options.log_key = *note::VerifierKey::Parse(kTestVkey);
    options.anchors.time_stamps = &time_stamps;
    options.require = evidence::Requirement::kVerified;
    const auto report = evidence::Verify(evidence, options);
    return report.ok() && report->verified();
  }

  const FreshDirectory directory_;
  TimeStampServer tsa_;
  std::unique_ptr<Cairnd> cairnd_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<v1::Anchors::Stub> anchors_;
};

TEST_F(AnchoredLog, TakesAnEntryFromPendingToEvidenceThatVerifiesOffline) {
  const uint64_t index = Append("a certificate");
  ASSERT_TRUE(AwaitState(index, v1::PROOF_STATE_VERIFIED));
  const v1::EntryProofState state = StateOf(index);
  EXPECT_EQ(state.rule_version(), 1);
  ASSERT_EQ(state.deciding_size(), 1);
  EXPECT_EQ(state.deciding(0).anchor(), "tsa");
  const evidence::Evidence evidence = EvidenceOf(index);
  ASSERT_EQ(evidence.receipts.size(), 1);
  EXPECT_TRUE(Verified(evidence));
  evidence::Evidence forged = evidence;
  forged.receipts[0].receipt[forged.receipts[0].receipt.size() / 2] ^= 1;
  EXPECT_FALSE(Verified(forged));
  forged = evidence;
  forged.receipts.clear();
  EXPECT_FALSE(Verified(forged));
  // The receipt is an entry of the log itself, and makes no round by itself.
  ASSERT_TRUE(Await([&] { return client_->Newest().size == TreeSize(2); }));
  const uint64_t rounds = Rounds().last_round();
  const uint64_t second = Append("another");
  ASSERT_TRUE(AwaitState(second, v1::PROOF_STATE_VERIFIED));
  EXPECT_EQ(Rounds().last_round(), rounds + 1);
  const std::string metrics = HttpGet(cairnd_->http_address(), "/metrics").body;
  EXPECT_TRUE(absl::StrContains(metrics, "cairn_anchor_up{anchor=\"tsa\"} 1\n")) << metrics;
  EXPECT_TRUE(absl::StrContains(metrics, absl::StrCat("cairn_anchor_round ", rounds + 1, "\n")));
}

TEST_F(AnchoredLog, KeepsAConsistencyProofFromRoundToRound) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(AwaitState(Append(absl::StrCat("entry ", i)), v1::PROOF_STATE_VERIFIED));
  }
  const uint64_t last = Rounds().last_round();
  ASSERT_GE(last, 3);
  note::Checkpoint before;
  for (uint64_t number = 1; number <= last; ++number) {
    v1::GetAnchorRoundRequest request;
    request.set_number(number);
    v1::GetAnchorRoundResponse round;
    ASSERT_TRUE(anchors_->GetAnchorRound(client_->Context().get(), request, &round).ok());
    EXPECT_EQ(round.round().digest(), merkle::Sha256(round.checkpoint()).view());
    const note::Checkpoint checkpoint = OpenCheckpoint(round.checkpoint());
    if (number > 1) {
      const absl::Status continues =
          merkle::VerifyConsistency(before.size, checkpoint.size, before.root, checkpoint.root,
                                    *merkle::ParseProof(round.consistency_proof()));
      EXPECT_TRUE(continues.ok()) << continues;
    }
    before = checkpoint;
  }
  v1::GetAnchorRoundRequest none;
  none.set_number(last + 1000);
  v1::GetAnchorRoundResponse round;
  EXPECT_EQ(anchors_->GetAnchorRound(client_->Context().get(), none, &round).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(AnchoredLog, StaysPendingWhileTheAuthorityIsDownOrLiesAndSaysWhy) {
  tsa_.SetAnswer([](const std::string&) { return http::Response{.status = 503}; });
  const uint64_t index = Append("during an outage");
  ASSERT_TRUE(Await([&] {
    const v1::ListAnchorRoundsResponse rounds = Rounds();
    return rounds.rounds_size() > 0 && rounds.rounds(0).receipts_size() > 0 &&
           absl::StrContains(rounds.rounds(0).receipts(0).detail(), "503");
  }));
  EXPECT_EQ(StateOf(index).state(), v1::PROOF_STATE_PENDING);
  EXPECT_TRUE(EvidenceOf(index).receipts.empty());
  EXPECT_FALSE(Verified(EvidenceOf(index)));
  // Appends go on, and so does what was there when it comes back.
  Append("meanwhile");
  tsa_.SetAnswer(nullptr);
  EXPECT_TRUE(AwaitState(index, v1::PROOF_STATE_VERIFIED));
  EXPECT_TRUE(Verified(EvidenceOf(index)));
}

TEST_F(AnchoredLog, GoesOnAfterAKillAtAnyMomentWithTheSameRounds) {
  uint64_t sequence = 0;
  for (int kill = 0; kill < 5; ++kill) {
    const uint64_t index = Append(absl::StrCat("before kill ", kill));
    // At another step of the round each time.
    if (kill > 0) {
      Await([&] {
        const std::vector<v1::AnchorEvent> events = Events();
        return !events.empty() && events.back().sequence() >= sequence + kill;
      });
    }
    cairnd_->Signal(SIGKILL);
    cairnd_->Wait();
    ASSERT_NO_FATAL_FAILURE(Start());
    ASSERT_TRUE(AwaitState(index, v1::PROOF_STATE_VERIFIED)) << kill;
    EXPECT_TRUE(Verified(EvidenceOf(index)));
    const std::vector<v1::AnchorEvent> events = Events();
    for (size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].sequence(), i + 1);
    EXPECT_GT(events.back().sequence(), sequence);
    sequence = events.back().sequence();
  }
}

TEST_F(AnchoredLog, IsAuditedByItsAnchors) {
  for (const std::string what : {"one", "two"}) {
    ASSERT_TRUE(AwaitState(Append(what), v1::PROOF_STATE_VERIFIED));
  }
  const CairnResult first = AuditAnchors();
  ASSERT_EQ(first.code, 0) << first.out << first.err;
  const nlohmann::json said = first.documents().at(0)["anchors"];
  EXPECT_EQ(said["rounds"], Rounds().last_round());
  EXPECT_GE(said["receipts_verified"], 2);
  EXPECT_EQ(said["receipts_false"], 0);
  EXPECT_EQ(said["gap_count"], 0);
  // The next run goes on from there: the receipts are settled but that of the newest round.
  ASSERT_TRUE(AwaitState(Append("three"), v1::PROOF_STATE_VERIFIED));
  const CairnResult second = AuditAnchors();
  ASSERT_EQ(second.code, 0) << second.out << second.err;
  EXPECT_GT(second.documents().at(0)["anchors"]["rounds"], said["rounds"]);

  // Without roots of one's own a token is taken at its word.
  const CairnResult word = RunCairn({"audit", "http://" + cairnd_->http_address(), "--log_key",
                                     kTestVkey, "--anchors", "--log", cairnd_->address()});
  EXPECT_EQ(word.code, 0) << word.err;
  EXPECT_TRUE(absl::StrContains(word.out, " rounds; receipts of those read now: 0 verified here, "))
      << word.out;
  EXPECT_EQ(
      RunCairn({"audit", "http://" + cairnd_->http_address(), "--log_key", kTestVkey, "--anchors"})
          .code,
      2);
}

TEST_F(AnchoredLog, ThatWasRewrittenUnderItsAnchorsIsConvicted) {
  ASSERT_TRUE(AwaitState(Append("one"), v1::PROOF_STATE_VERIFIED));
  cairnd_->Stop();
  std::filesystem::copy(Path("data"), Path("fork"), std::filesystem::copy_options::recursive);
  ASSERT_NO_FATAL_FAILURE(Start());
  ASSERT_TRUE(AwaitState(Append("two"), v1::PROOF_STATE_VERIFIED));
  const uint64_t entries = client_->Newest().size.value();
  cairnd_->Stop();
  // From "one" on the same key signs another history; what was anchored of the first one stays.
  std::filesystem::rename(Path("data"), Path("first"));
  std::filesystem::rename(Path("fork"), Path("data"));
  {
    Cairnd rewritten(CairndArgs(directory_.path()));
    ASSERT_TRUE(rewritten.running());
    Client client(rewritten.address());
    for (uint64_t i = 0; i < entries + 5; ++i) {
      v1::AppendResponse answer;
      ASSERT_TRUE(client.Append(StatementOn(absl::StrCat("other ", i)), &answer).ok());
    }
    rewritten.Stop();
  }
  std::filesystem::remove_all(Path("data/anchors"));
  std::filesystem::rename(Path("first/anchors"), Path("data/anchors"));
  ASSERT_NO_FATAL_FAILURE(Start());
  const CairnResult caught = AuditAnchors();
  ASSERT_EQ(caught.code, 1) << caught.out << caught.err;
  const nlohmann::json said = caught.documents().at(0);
  EXPECT_EQ(said["findings"].at(0)["kind"], "split_view") << said;
  const CairnResult proven =
      RunCairn({"verify-misbehaviour", said["misbehaviour_files"].at(0), "--log_key", kTestVkey});
  EXPECT_EQ(proven.code, 0) << proven.err;
}

TEST_F(AnchoredLog, AnAnchorOfTheLogsOwnOperatorIsRefusedAsTheOnlyOne) {
  cairnd_->Stop();
  Configure("operated_by: 'US'");
  Cairnd refused(CairndArgs(directory_.path(), {"--config", Path("config")}));
  EXPECT_EQ(refused.Wait(), 2);
  EXPECT_TRUE(absl::StrContains(refused.output(), "anchoring.anchor")) << refused.output();
}

TEST_F(AnchoredLog, RefusesWhatMakesNoSense) {
  v1::GetProofStateRequest request;
  v1::GetProofStateResponse response;
  const auto code = [&] {
    return anchors_->GetProofState(client_->Context().get(), request, &response).error_code();
  };
  EXPECT_EQ(code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_index(0);
  EXPECT_EQ(code(), grpc::StatusCode::OUT_OF_RANGE);
  request.set_certificate_hash("short");
  EXPECT_EQ(code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_certificate_hash(std::string(32, 'x'));
  EXPECT_EQ(code(), grpc::StatusCode::NOT_FOUND);
  v1::GetEvidenceRequest beyond;
  beyond.set_index(7);
  v1::GetEvidenceResponse none;
  EXPECT_EQ(anchors_->GetEvidence(client_->Context().get(), beyond, &none).error_code(),
            grpc::StatusCode::OUT_OF_RANGE);
}

TEST(UnanchoredLog, SaysThatItHasNoAnchors) {
  const FreshDirectory directory;
  Cairnd cairnd(CairndArgs(directory.path()));
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  const auto anchors = v1::Anchors::NewStub(client.channel());
  v1::ListAnchorRoundsResponse response;
  EXPECT_EQ(anchors->ListAnchorRounds(client.Context().get(), {}, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace cairn::testing
