// A real cairnd whose checkpoints a real time-stamp authority stamps: from pending to evidence that
// verifies offline, over outages, wrong answers and kills. CAIRN_LONG=1 also stops it while clients
// read nothing.

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/verify.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"
#include "proto/anchors_service.grpc.pb.h"
#include "tests/anchor/testing/stored_rounds.h"
#include "tests/anchor/testing/time_stamp_server.h"
#include "tests/cli/cairn.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/exposition.h"
#include "tests/testing/http.h"

namespace cairn::testing {
namespace {

// Only a log that hangs reaches it.
constexpr std::chrono::seconds kPatience{60};

class AnchoredLog : public ::testing::Test {
 protected:
  // One WatchAnchors.
  class EventWatch {
   public:
    EventWatch(AnchoredLog& log, uint64_t after) : context_(log.client_->Context()) {
      v1::WatchAnchorsRequest request;
      request.set_after_sequence(after);
      reader_ = log.anchors_->WatchAnchors(context_.get(), request);
    }
    ~EventWatch() { context_->TryCancel(); }

    // Reads until the condition holds; false where the stream ends before.
    bool ReadUntil(const std::function<bool()>& condition) {
      v1::WatchAnchorsResponse response;
      do {
        if (!reader_->Read(&response)) return false;
        events_.insert(events_.end(), response.events().begin(), response.events().end());
        live_ = events_.empty() || events_.back().sequence() == response.last_sequence();
      } while (!condition());
      return true;
    }
    bool ReadUntilFinalIn(uint64_t round) {
      return ReadUntil([&] {
        return std::any_of(events_.begin(), events_.end(), [&](const v1::AnchorEvent& event) {
          return event.number() == round && event.to() == v1::RECEIPT_STATE_FINAL;
        });
      });
    }
    grpc::Status End() { return reader_->Finish(); }
    void Cancel() { context_->TryCancel(); }
    // All that had happened when the last message was made is read.
    bool live() const { return live_; }
    const std::vector<v1::AnchorEvent>& events() const { return events_; }

   private:
    const std::unique_ptr<grpc::ClientContext> context_;
    std::unique_ptr<grpc::ClientReader<v1::WatchAnchorsResponse>> reader_;
    std::vector<v1::AnchorEvent> events_;
    bool live_ = false;
  };

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
  // All that has happened.
  std::vector<v1::AnchorEvent> Events() {
    EventWatch watch(*this, 0);
    EXPECT_TRUE(watch.ReadUntil([&] { return watch.live(); }));
    return watch.events();
  }
  // What WatchProofState tells until it is live and the newest state is `until`.
  std::vector<v1::ProofStateChange> Changes(const v1::WatchProofStateRequest& request,
                                            v1::ProofState until) {
    const auto context = client_->Context();
    const auto reader = anchors_->WatchProofState(context.get(), request);
    std::vector<v1::ProofStateChange> changes;
    v1::WatchProofStateResponse response;
    while (reader->Read(&response)) {
      changes.insert(changes.end(), response.changes().begin(), response.changes().end());
      const bool live = response.sequence() == response.last_sequence();
      const bool reached =
          changes.empty() ? request.has_after_sequence() : changes.back().entry().state() == until;
      if (live && reached) break;
    }
    context->TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
    return changes;
  }
  v1::AppendRequest Waiting(const std::string& what, v1::WaitFor wait_for) {
    v1::AppendRequest request;
    *request.mutable_statement() = StatementOn(what);
    request.set_wait_for(wait_for);
    return request;
  }
  uint64_t OpenStreams() {
    const Exposition metrics = ParseExposition(HttpGet(cairnd_->http_address(), "/metrics").body);
    return static_cast<uint64_t>(metrics["cairn_streams_open"]);
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
    options.anchors.authorities = {{"tsa", &time_stamps}};
    options.require.verified = 1;
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

// The code of a layer of what `cairn verify --json` says; empty where there is no such layer.
std::string CodeOf(const CairnResult& verified, const std::string& name) {
  const nlohmann::json document = verified.documents().at(0);
  for (const nlohmann::json& layer : document.at("layers")) {
    if (layer.at("name") == name) return layer.at("code");
  }
  return "";
}

TEST_F(AnchoredLog, EvidenceIsUpgradedWithWhatCoversItsReceipt) {
  const uint64_t index = Append("a certificate");
  ASSERT_TRUE(AwaitState(index, v1::PROOF_STATE_VERIFIED));
  const std::string file = Path("early.cairn.json");
  WriteFile(file, *evidence::Format(EvidenceOf(index)));
  // The receipt becomes an entry, which a later round covers.
  ASSERT_TRUE(Await([&] { return client_->Newest().size == TreeSize(2); }));
  ASSERT_TRUE(AwaitState(Append("another"), v1::PROOF_STATE_VERIFIED));
  const std::vector<std::string> trust = {
      "--log_key", kTestVkey, "--authority", "tsa=" + Path("root.pem"), "--json", file};
  const CairnResult upgraded = RunCairn(Join({"upgrade", "--log", cairnd_->address()}, trust));
  EXPECT_EQ(upgraded.code, 0) << upgraded.err;
  EXPECT_EQ(upgraded.documents().at(0).at("outcome"), "upgraded") << upgraded.out;
  const CairnResult verified = RunCairn(Join({"verify", "--require", "verified"}, trust));
  EXPECT_EQ(verified.code, 0) << verified.out;
  EXPECT_EQ(CodeOf(verified, "renewal 1"), "renewal_proven") << verified.out;
  // Nothing more is to be had.
  const CairnResult again = RunCairn(Join({"upgrade", "--log", cairnd_->address()}, trust));
  EXPECT_EQ(again.documents().at(0).at("outcome"), "unchanged") << again.out;
}

TEST_F(AnchoredLog, RevocationCanBeDemandedWithListsOfOnesOwn) {
  const uint64_t index = Append("a certificate");
  ASSERT_TRUE(AwaitState(index, v1::PROOF_STATE_VERIFIED));
  const std::string file = Path("early.cairn.json");
  WriteFile(file, *evidence::Format(EvidenceOf(index)));
  const auto verify = [&](const std::vector<std::string>& more) {
    return RunCairn(Join({"verify", "--log_key", kTestVkey, "--authority",
                          "tsa=" + Path("root.pem"), "--require", "verified", "--json", file},
                         more));
  };
  EXPECT_EQ(verify({}).code, 0);
  const CairnResult unchecked = verify({"--require_revocation"});
  EXPECT_EQ(unchecked.code, 1);
  EXPECT_EQ(CodeOf(unchecked, "anchor tsa"), "revocation_not_checked") << unchecked.out;
  WriteFile(Path("stale.crl"), tsa_.authority().Crl({.this_update = "20200101000000Z",
                                                     .next_update = "21000101000000Z"}));
  const CairnResult stale = verify({"--require_revocation", "--crl", Path("stale.crl")});
  EXPECT_EQ(stale.code, 1);
  EXPECT_TRUE(absl::StrContains(stale.out, "stale")) << stale.out;
  WriteFile(Path("good.crl"), tsa_.authority().Crl());
  const CairnResult good = verify({"--require_revocation", "--crl", Path("good.crl")});
  EXPECT_EQ(good.code, 0) << good.out;
  tsa_.authority().Revoke("tsa", "keyCompromise");
  WriteFile(Path("revoked.crl"), tsa_.authority().Crl());
  const CairnResult revoked = verify({"--crl", Path("revoked.crl")});
  EXPECT_EQ(revoked.code, 1);
  EXPECT_EQ(CodeOf(revoked, "anchor tsa"), "token_revoked") << revoked.out;
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
  // Who waits is told when its deadline passes; its entry stays, and the retry meets it.
  v1::AppendResponse answer;
  const v1::AppendRequest waiting = Waiting("waits in vain", v1::WAIT_FOR_ANCHORED);
  grpc::ClientContext late;
  late.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(client_->stub().Append(&late, waiting, &answer).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  auto stopped = std::async(std::launch::async, [&] {
    v1::AppendResponse none;
    return client_->Append(Waiting("waits too", v1::WAIT_FOR_VERIFIED), &none);
  });
  ASSERT_TRUE(Await([&] { return client_->Newest().size == TreeSize(4); }));
  EXPECT_EQ(cairnd_->Stop(), 0);
  EXPECT_EQ(stopped.get().error_code(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_NO_FATAL_FAILURE(Start());
  tsa_.SetAnswer(nullptr);
  ASSERT_TRUE(client_->Append(waiting, &answer).ok());
  EXPECT_TRUE(answer.duplicate());
  EXPECT_TRUE(CheckAnswer(answer).ok());
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

TEST_F(AnchoredLog, TellsTheHistoryThenWhatHappensAndGoesOnAfterAKill) {
  const uint64_t first = Append("first");
  ASSERT_TRUE(AwaitState(first, v1::PROOF_STATE_VERIFIED));
  EventWatch idle(*this, 0);  // Never read: it holds up nobody.
  EventWatch watch(*this, 0);
  ASSERT_TRUE(watch.ReadUntil([&] { return watch.live(); }));
  const size_t history = watch.events().size();
  const uint64_t second = Append("second");
  ASSERT_TRUE(watch.ReadUntilFinalIn(2));
  EXPECT_GT(watch.events().size(), history);
  std::vector<v1::AnchorEvent> told = watch.events();
  cairnd_->Signal(SIGKILL);
  cairnd_->Wait();
  ASSERT_FALSE(watch.ReadUntil([] { return false; }));
  EXPECT_EQ(watch.End().error_code(), grpc::StatusCode::UNAVAILABLE);
  told = watch.events();
  ASSERT_NO_FATAL_FAILURE(Start());
  EventWatch again(*this, told.back().sequence());
  Append("third");
  ASSERT_TRUE(again.ReadUntilFinalIn(3));
  told.insert(told.end(), again.events().begin(), again.events().end());
  const std::vector<v1::AnchorEvent> all = Events();
  ASSERT_GE(all.size(), told.size());
  for (size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].sequence(), i + 1);
    EXPECT_EQ(told[i].SerializeAsString(), all[i].SerializeAsString());
  }
  // The entry's own part of it, from any place on.
  v1::WatchProofStateRequest request;
  request.set_index(second);
  const auto changes = Changes(request, v1::PROOF_STATE_VERIFIED);
  ASSERT_EQ(changes.size(), 4);  // Pending, in a round, anchored, verified.
  EXPECT_EQ(changes[1].entry().first_round(), 2);
  EXPECT_EQ(changes[2].entry().state(), v1::PROOF_STATE_ANCHORED);
  request.set_certificate_hash(std::string(HashOf("second").view()));
  for (size_t i = 0; i < changes.size(); ++i) {
    request.set_after_sequence(changes[i].sequence());
    const auto rest = Changes(request, v1::PROOF_STATE_VERIFIED);
    ASSERT_EQ(rest.size(), changes.size() - i - 1);
    for (size_t j = 0; j < rest.size(); ++j) {
      EXPECT_EQ(rest[j].SerializeAsString(), changes[i + 1 + j].SerializeAsString());
      EXPECT_GT(rest[j].sequence(), changes[i].sequence());
    }
  }
  EventWatch beyond(*this, told.back().sequence() + 1000);
  EXPECT_FALSE(beyond.ReadUntil([] { return true; }));
  EXPECT_EQ(beyond.End().error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

// Flow control stops their streams after 4 of some 20 kilobytes.
TEST_F(AnchoredLog, WatchesThatNobodyReadsHoldUpNothing) {
  constexpr uint64_t kRounds = 1'000;
  ASSERT_EQ(cairnd_->Stop(), 0);
  const std::filesystem::path store = directory_.path() / "data" / "anchors";
  std::filesystem::remove_all(store);
  ASSERT_TRUE(anchor::testing::FillWithRounds(store, kTestOrigin, kRounds, kRounds).ok());
  ASSERT_NO_FATAL_FAILURE(Start());
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 4'096);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  auto narrow = v1::Anchors::NewStub(
      grpc::CreateCustomChannel(cairnd_->address(), grpc::InsecureChannelCredentials(), arguments));
  std::vector<std::unique_ptr<EventWatch>> stalled;
  anchors_.swap(narrow);
  for (int i = 0; i < 64; ++i) stalled.push_back(std::make_unique<EventWatch>(*this, 0));
  ASSERT_TRUE(Await([&] { return OpenStreams() == stalled.size(); }));
  anchors_.swap(narrow);
  // Another's watch and appends go on beside them.
  EXPECT_GE(Events().size(), kRounds);
  Append("an entry");
  // Whoever begins to read gets all of it, in order.
  EventWatch& late = *stalled.front();
  ASSERT_TRUE(late.ReadUntil([&] { return late.live(); }));
  ASSERT_GE(late.events().size(), kRounds);
  for (size_t i = 0; i < late.events().size(); ++i) {
    EXPECT_EQ(late.events()[i].sequence(), i + 1);
  }
  // A server that stops waits for them as long as for any call, which is ten seconds.
  if (std::getenv("CAIRN_LONG") == nullptr) stalled.clear();
  EXPECT_EQ(cairnd_->Stop(), 0);
}

TEST_F(AnchoredLog, WatchesEndWithTheirClientAndWithTheServer) {
  EventWatch stays(*this, 0);
  ASSERT_TRUE(stays.ReadUntil([&] { return stays.live(); }));
  EventWatch goes(*this, 0);
  ASSERT_TRUE(goes.ReadUntil([&] { return goes.live(); }));
  EXPECT_EQ(OpenStreams(), 2);
  goes.Cancel();
  EXPECT_TRUE(Await([&] { return OpenStreams() == 1; }));
  EXPECT_EQ(cairnd_->Stop(), 0);
  EXPECT_FALSE(stays.ReadUntil([] { return false; }));
  EXPECT_EQ(stays.End().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AnchoredLog, AppendsWaitUntilTheirEntriesAreAnchoredOrVerified) {
  std::vector<std::future<void>> appends;
  for (int i = 0; i < 16; ++i) {
    appends.push_back(std::async(std::launch::async, [this, i] {
      const bool verified = i % 2 == 0;
      v1::AppendResponse answer;
      const grpc::Status status =
          client_->Append(Waiting(absl::StrCat("entry ", i % 12),
                                  verified ? v1::WAIT_FOR_VERIFIED : v1::WAIT_FOR_ANCHORED),
                          &answer);
      ASSERT_TRUE(status.ok()) << status.error_message();
      EXPECT_TRUE(CheckAnswer(answer).ok());
      const v1::EntryProofState state = StateOf(answer.index());
      EXPECT_GE(state.state(), verified ? v1::PROOF_STATE_VERIFIED : v1::PROOF_STATE_ANCHORED);
      // It is a checkpoint that was anchored, byte for byte.
      v1::GetAnchorRoundRequest request;
      request.set_number(state.deciding(0).round());
      v1::GetAnchorRoundResponse round;
      ASSERT_TRUE(anchors_->GetAnchorRound(client_->Context().get(), request, &round).ok());
      EXPECT_EQ(answer.checkpoint(), round.checkpoint());
    }));
  }
  for (auto& append : appends) append.get();
}

TEST_F(AnchoredLog, SubmitAndWatchWaitForWhatVerifies) {
  WriteFile(Path("record"), "a certificate");
  const CairnResult submitted =
      RunCairn({"submit", "--log", cairnd_->address(), "--log_key", kTestVkey, "--out", Path("out"),
                "--wait_for", "verified", "--json", Path("record")});
  ASSERT_EQ(submitted.code, 0) << submitted.err;
  std::ifstream file(submitted.documents().at(0)["evidence"].get<std::string>());
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const absl::StatusOr<evidence::Evidence> evidence = evidence::Parse(bytes);
  ASSERT_TRUE(evidence.ok()) << evidence.status();
  EXPECT_TRUE(Verified(*evidence));
  const CairnResult watched = RunCairn({"watch", "--log", cairnd_->address(), "--index", "0",
                                        "--until", "verified", "--wait", "60", "--json"});
  ASSERT_EQ(watched.code, 0) << watched.err;
  std::vector<std::string> states;
  for (const nlohmann::json& document : watched.documents()) {
    if (document.contains("state")) states.push_back(document["state"]);
  }
  EXPECT_EQ(states, (std::vector<std::string>{"pending", "anchored", "verified"}));
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
  v1::WatchProofStateRequest watched;
  watched.set_index(7);
  const auto context = client_->Context();
  const auto watch = anchors_->WatchProofState(context.get(), watched);
  v1::WatchProofStateResponse change;
  EXPECT_FALSE(watch->Read(&change));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
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
  const auto context = client.Context();
  const auto watch = anchors->WatchAnchors(context.get(), {});
  v1::WatchAnchorsResponse event;
  EXPECT_FALSE(watch->Read(&event));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
  v1::AppendRequest request;
  *request.mutable_statement() = StatementOn("refused");
  request.set_wait_for(v1::WAIT_FOR_ANCHORED);
  EXPECT_EQ(client.Append(request, nullptr).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(client.Newest().size, TreeSize(0)) << "before it was sequenced";
}

}  // namespace
}  // namespace cairn::testing
