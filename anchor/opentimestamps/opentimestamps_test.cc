#include "anchor/opentimestamps/opentimestamps.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "anchor/opentimestamps/testing/calendar.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"

namespace cairn::anchor {
namespace {

namespace ots = evidence::ots;
using evidence::testing::BitcoinChain;
using testing::Calendar;

const char* const kPools[] = {"https://a.pool.example", "https://b.pool.example",
                              "https://c.pool.example"};

// The backend asks the chain as it is; the test keeps it and changes it.
class Borrowed final : public evidence::BlockHeaders {
 public:
  explicit Borrowed(BlockHeaders* headers) : headers_(headers) {}
  absl::StatusOr<evidence::BlockHeader> At(uint64_t height) override {
    return headers_->At(height);
  }
  absl::StatusOr<uint64_t> TipHeight() override { return headers_->TipHeight(); }

 private:
  BlockHeaders* const headers_;
};

// Three pools, each with a calendar behind it, as on the network: the pool's name is not the
// calendar's.
class OpenTimestampsTest : public ::testing::Test {
 protected:
  OpenTimestampsTest() {
    for (const char* name : {"alice", "bob", "finney"}) {
      calendars_.push_back(
          std::make_unique<Calendar>(absl::StrCat("https://", name, ".calendar.example")));
    }
    backend_ = Open(true);
    request_ = *backend_->Prepare(digest_);
  }

  static OpenTimestampsOptions Options() {
    OpenTimestampsOptions options;
    options.calendars.assign(std::begin(kPools), std::end(kPools));
    options.upgrade_from = {"https://*.calendar.example"};
    options.link = "https://explorer.example/block/{height}";
    return options;
  }
  std::unique_ptr<OpenTimestamps> Open(bool with_headers) {
    auto backend = OpenTimestamps::Open(
        Options(), [this](const HttpRequest& request) { return Exchange(request); },
        with_headers ? std::make_unique<Borrowed>(&chain_) : nullptr);
    EXPECT_TRUE(backend.ok()) << backend.status();
    return *std::move(backend);
  }

  absl::StatusOr<HttpAnswer> Exchange(const HttpRequest& request) {
    requests_.push_back(request);
    for (size_t i = 0; i < calendars_.size(); ++i) {
      absl::string_view path = request.url;
      if (!absl::ConsumePrefix(&path, kPools[i]) &&
          !absl::ConsumePrefix(&path, calendars_[i]->uri())) {
        continue;
      }
      if (const auto failure = failures_.find(i); failure != failures_.end()) {
        return failure->second;
      }
      absl::StatusOr<HttpAnswer> answer = calendars_[i]->Answer(request.post, path, request.body);
      if (const auto change = changes_.find(i); change != changes_.end()) change->second(&*answer);
      // As anchor/http.h promises.
      if (answer->body.size() > request.max_body_bytes) {
        return absl::ResourceExhaustedError(request.url + " answers with too many bytes");
      }
      return answer;
    }
    ADD_FAILURE() << "asked " << request.url;
    return absl::UnavailableError("no such host");
  }

  Progress Submit() {
    const auto progress = backend_->Submit(digest_, request_);
    EXPECT_TRUE(progress.ok()) << progress.status();
    if (progress.ok()) receipt_ = progress->receipt;
    return progress.value_or(Progress());
  }
  Progress Poll() {
    const auto progress = backend_->Poll(digest_, request_, receipt_);
    EXPECT_TRUE(progress.ok()) << progress.status();
    if (progress.ok()) receipt_ = progress->receipt;
    // What is stored is readable, ours, and says no less than before.
    const auto file = ots::Parse(receipt_);
    EXPECT_TRUE(file.ok() && file->digest == digest_.view());
    return progress.value_or(Progress());
  }
  absl::Status PollError() {
    const auto progress = backend_->Poll(digest_, request_, receipt_);
    EXPECT_FALSE(progress.ok());
    return progress.status();
  }
  std::vector<ots::PendingAttestation> Pending() const {
    const ots::File file = *ots::Parse(receipt_);
    return ots::PendingAttestations(file.timestamp, file.digest);
  }
  std::vector<ots::BitcoinAttestation> Blocks() const {
    const ots::File file = *ots::Parse(receipt_);
    return ots::BitcoinAttestations(file.timestamp, file.digest);
  }
  void ExpectDetail(const Progress& progress, const std::string& text) {
    EXPECT_TRUE(absl::StrContains(progress.detail, text)) << progress.detail;
    EXPECT_FALSE(absl::StrContains(progress.detail, "example")) << progress.detail;
  }
  // What the operator reads, and nobody else.
  void ExpectTrouble(const Progress& progress, const std::string& text) {
    EXPECT_TRUE(absl::StrContains(progress.trouble.message(), text)) << progress.trouble;
  }

  const Hash digest_ = merkle::Sha256("a note");
  BitcoinChain chain_;
  std::vector<std::unique_ptr<Calendar>> calendars_;
  std::map<size_t, absl::Status> failures_;
  std::map<size_t, std::function<void(HttpAnswer*)>> changes_;
  std::vector<HttpRequest> requests_;
  std::unique_ptr<OpenTimestamps> backend_;
  std::string request_;
  std::string receipt_;
};

TEST_F(OpenTimestampsTest, PreparesWithoutTheNetwork) {
  EXPECT_TRUE(requests_.empty());
  EXPECT_EQ(request_.size(), 17U);
  EXPECT_EQ(request_[0], 1);
  EXPECT_NE(*backend_->Prepare(digest_), request_);
  EXPECT_EQ(backend_->kind(), "opentimestamps");
}

TEST_F(OpenTimestampsTest, ShowsCalendarsTheBlindedDigestOnly) {
  const Progress progress = Submit();
  EXPECT_EQ(progress.state, ReceiptState::kSubmitted);
  EXPECT_EQ(progress.detail, "3 of 3 calendars took the digest");
  EXPECT_FALSE(progress.existed_by_s.has_value());
  const Hash message = merkle::Sha256(absl::StrCat(digest_.view(), request_.substr(1)));
  ASSERT_EQ(requests_.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(requests_[i].post);
    EXPECT_EQ(requests_[i].url, absl::StrCat(kPools[i], "/digest"));
    EXPECT_EQ(requests_[i].body, message.view());
    EXPECT_EQ(requests_[i].max_body_bytes, 10'000U);
    EXPECT_EQ(
        requests_[i].headers[0],
        std::make_pair(std::string("Accept"), std::string("application/vnd.opentimestamps.v1")));
  }
  EXPECT_EQ(Pending().size(), 3U);
  for (const auto& pending : Pending()) EXPECT_EQ(pending.message.size(), 44U);
}

TEST_F(OpenTimestampsTest, ResendsTheSameMessage) {
  Submit();
  Submit();
  ASSERT_EQ(requests_.size(), 6U);
  EXPECT_EQ(requests_[0].body, requests_[3].body);
  EXPECT_EQ(requests_[2].body, requests_[5].body);
}

TEST_F(OpenTimestampsTest, LivesFromPendingToFinal) {
  Submit();
  const std::string pending = receipt_;
  const Progress waiting = Poll();
  EXPECT_EQ(waiting.state, ReceiptState::kSubmitted);
  EXPECT_EQ(receipt_, pending);
  ExpectDetail(waiting, "nothing new yet");
  EXPECT_TRUE(waiting.trouble.ok()) << waiting.trouble;
  EXPECT_EQ(backend_->Link(receipt_), "");
  // Asked was each calendar, not the pool, about the message of its own attestation.
  EXPECT_TRUE(absl::StartsWith(requests_[3].url, "https://"));
  for (const auto& asked : Pending()) {
    EXPECT_TRUE(std::any_of(requests_.begin(), requests_.end(), [&](const HttpRequest& request) {
      return request.url ==
             absl::StrCat(asked.uri, "/timestamp/", absl::BytesToHexString(asked.message));
    }));
  }

  const uint64_t height = calendars_[1]->Stamp(&chain_);
  for (uint64_t depth = 1; depth <= 8; ++depth) {
    const Progress progress = Poll();
    EXPECT_EQ(progress.state, depth < 6 ? ReceiptState::kConfirmed : ReceiptState::kFinal);
    EXPECT_EQ(progress.confirmations, depth);
    EXPECT_EQ(progress.existed_by_s, chain_.At(height)->time_s);
    chain_.Mine(size_t{1});
  }
  EXPECT_EQ(backend_->Link(receipt_), absl::StrCat("https://explorer.example/block/", height));
  // The pending attestations stay; and the proof stands without us.
  EXPECT_EQ(Pending().size(), 3U);
  const auto verdict = evidence::VerifyBitcoin(receipt_, digest_, &chain_);
  EXPECT_EQ(verdict->state, evidence::BitcoinState::kProven);
}

TEST_F(OpenTimestampsTest, WithABlockThatHoldsItAsksNobody) {
  Submit();
  calendars_[0]->Stamp(&chain_);
  Poll();
  const size_t asked = requests_.size();
  Poll();
  EXPECT_EQ(requests_.size(), asked);
}

TEST_F(OpenTimestampsTest, WithoutHeadersIsAcceptedAndNoMore) {
  backend_ = Open(false);
  Submit();
  const uint64_t height = calendars_[0]->Stamp(&chain_);
  chain_.Mine(size_t{10});
  const Progress progress = Poll();
  EXPECT_EQ(progress.state, ReceiptState::kAccepted);
  EXPECT_FALSE(progress.existed_by_s.has_value());
  ExpectDetail(progress, absl::StrCat("needs Bitcoin block ", height));
  // Whoever has headers finds it final.
  backend_ = Open(true);
  EXPECT_EQ(Poll().state, ReceiptState::kFinal);
}

TEST_F(OpenTimestampsTest, OfABlockTheSourceDoesNotKnowYetIsAccepted) {
  Submit();
  calendars_[0]->Stamp(&chain_);
  const BitcoinChain ahead = chain_;
  chain_.Forget(1);
  EXPECT_EQ(Poll().state, ReceiptState::kAccepted);
  chain_ = ahead;
  EXPECT_EQ(Poll().state, ReceiptState::kConfirmed);
}

TEST_F(OpenTimestampsTest, StoresWhatIsNewEvenWhenHeadersFail) {
  Submit();
  calendars_[0]->Stamp(&chain_);
  chain_.Fail(absl::PermissionDeniedError("wrong password"));
  const Progress progress = Poll();
  EXPECT_EQ(progress.state, ReceiptState::kAccepted);
  ExpectTrouble(progress, "Bitcoin headers: wrong password");
  ExpectDetail(progress, "Bitcoin headers: ");
  EXPECT_EQ(Blocks().size(), 1U);
  // With nothing new, that is why there is no answer.
  EXPECT_EQ(PollError().code(), absl::StatusCode::kUnavailable);
  chain_.Fail(absl::OkStatus());
  EXPECT_EQ(Poll().state, ReceiptState::kConfirmed);
}

TEST_F(OpenTimestampsTest, NeedsAsManyCalendarsAsRequired) {
  failures_[0] = absl::DeadlineExceededError("a.pool.example: too slow");
  const Progress progress = Submit();
  EXPECT_EQ(progress.state, ReceiptState::kSubmitted);
  EXPECT_EQ(progress.detail, "2 of 3 calendars took the digest; does not answer in time");
  ExpectTrouble(progress, "a.pool.example: too slow");
  EXPECT_EQ(Pending().size(), 2U);
  failures_[1] = absl::UnavailableError("b.pool.example: no route");
  const absl::Status status = backend_->Submit(digest_, request_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(),
            "OpenTimestamps: 1 of the 2 calendars that are required took the digest: "
            "a.pool.example: too slow; b.pool.example: no route");
}

TEST_F(OpenTimestampsTest, CountsOneAnswerUnderTwoNamesOnce) {
  std::string first;
  for (size_t i = 0; i < 3; ++i) {
    changes_[i] = [&first](HttpAnswer* answer) {
      if (first.empty()) first = answer->body;
      answer->body = first;
    };
  }
  EXPECT_EQ(backend_->Submit(digest_, request_).status().code(), absl::StatusCode::kUnavailable);
}

// Each row: what a calendar answers to a digest, and with which code and reason that is refused.
TEST_F(OpenTimestampsTest, KeepsNothingOfBadAnswers) {
  struct Row {
    std::string what;
    std::function<void(HttpAnswer*)> change;
    absl::StatusCode code;
    std::string reason;
  };
  const auto body = [](std::string text, unsigned status = 200) {
    return [text = std::move(text), status](HttpAnswer* answer) {
      *answer = {.status = status, .body = text};
    };
  };
  const auto tree = [](const ots::Timestamp& timestamp) {
    return *ots::FormatTimestamp(timestamp, std::string(32, 'm'));
  };
  const auto leaf = [](ots::Attestation attestation) {
    ots::Timestamp timestamp;
    timestamp.attestations.push_back(std::move(attestation));
    return timestamp;
  };
  const std::string good = "https://alice.calendar.example";
  const std::vector<Row> rows = {
      {"nothing", body(""), absl::StatusCode::kInvalidArgument, "cut short"},
      {"garbage", body("\x09garbage"), absl::StatusCode::kInvalidArgument, "unknown operation"},
      {"a page", body("<html>"), absl::StatusCode::kInvalidArgument, "unknown operation 0x3c"},
      {"100 MB", [](HttpAnswer* answer) { answer->body.resize(100'000'000); },
       absl::StatusCode::kUnavailable, "too many bytes"},
      {"too deep", body(std::string(10'000, '\x08')), absl::StatusCode::kInvalidArgument,
       "256 nodes on a path"},
      {"too deep with our own operations",
       body(tree(ots::Under(std::vector<ots::Op>(255), leaf(*ots::Attestation::Pending(good))))),
       absl::StatusCode::kInvalidArgument, "256 nodes on a path"},
      {"a byte too many", [](HttpAnswer* answer) { answer->body += '\0'; },
       absl::StatusCode::kInvalidArgument, "bytes behind its end"},
      {"cut", [](HttpAnswer* answer) { answer->body.pop_back(); },
       absl::StatusCode::kInvalidArgument, "cut short"},
      {"a calendar that may not be asked",
       body(tree(leaf(*ots::Attestation::Pending("http://169.254.169.254/latest")))),
       absl::StatusCode::kInvalidArgument, "no calendar that may be asked"},
      {"an attestation nobody knows", body(tree(leaf(*ots::Attestation::Create("whatever", "x")))),
       absl::StatusCode::kInvalidArgument, "no calendar that may be asked"},
      {"a block it is not in", body(tree(leaf(ots::Attestation::Bitcoin(BitcoinChain::kFirst)))),
       absl::StatusCode::kInvalidArgument, "which has another Merkle root"},
      {"a refusal", body("digest too long", 400), absl::StatusCode::kFailedPrecondition,
       "answers 400 \"digest too long\""},
      {"a redirection", body("", 302), absl::StatusCode::kUnavailable, "answers 302"},
      {"too many requests", body("", 429), absl::StatusCode::kUnavailable, "answers 429"},
      {"trouble", body("\x1b[31m\"red\"\n", 503), absl::StatusCode::kUnavailable,
       "answers 503 \"_[31m_red_\""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    for (size_t i = 0; i < 3; ++i) changes_[i] = row.change;
    const absl::Status status = backend_->Submit(digest_, request_).status();
    EXPECT_EQ(status.code(), row.code) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), row.reason)) << status;
    // One bad answer among good ones costs nothing but itself.
    changes_ = {{0, row.change}};
    Submit();
    EXPECT_EQ(Pending().size(), 2U);
  }
}

// The tree does not say what it is over: an answer for another digest looks like one for ours. It
// is of no use, since the calendar does not know what we ask about later.
TEST_F(OpenTimestampsTest, AnAnswerForAnotherDigestNeverBecomesAProof) {
  const HttpAnswer other = calendars_[0]->Answer(true, "/digest", std::string(32, 'x'));
  changes_[0] = [&other](HttpAnswer* answer) { *answer = other; };
  Submit();
  changes_.clear();
  calendars_[0]->Stamp(&chain_);
  const Progress progress = Poll();
  EXPECT_EQ(progress.state, ReceiptState::kSubmitted);
  ExpectDetail(progress, "nothing new yet");
}

TEST_F(OpenTimestampsTest, KeepsNothingOfBadUpgrades) {
  Submit();
  const std::string pending = receipt_;
  calendars_[0]->Stamp(&chain_);
  failures_ = {{1, absl::UnavailableError("down")}, {2, absl::UnavailableError("down")}};
  const std::map<std::string, std::string> reasons = {
      {"garbage", "unknown operation"},
      {std::string(10'001, '\x08'), "too many bytes"},
      {"", "cut short"},
      {calendars_[0]->Answer(true, "/digest", std::string(32, 'x')).body, "answers nothing new"},
  };
  for (const auto& [body, reason] : reasons) {
    changes_[0] = [body = body](HttpAnswer* answer) { answer->body = body; };
    const auto progress = backend_->Poll(digest_, request_, receipt_);
    if (progress.ok()) {
      EXPECT_EQ(progress->state, ReceiptState::kSubmitted);
      EXPECT_EQ(progress->receipt, pending);
      ExpectTrouble(*progress, reason);
    } else {
      EXPECT_EQ(progress.status().code(), absl::StatusCode::kUnavailable);
      EXPECT_TRUE(absl::StrContains(progress.status().message(), reason)) << progress.status();
    }
  }
  // A path with one byte changed ends in another root, which the block's header contradicts.
  changes_[0] = [](HttpAnswer* answer) { answer->body[3] ^= 1; };
  const Progress lied = Poll();
  EXPECT_EQ(lied.state, ReceiptState::kSubmitted);
  EXPECT_EQ(receipt_, pending);
  changes_.clear();
  EXPECT_EQ(Poll().state, ReceiptState::kConfirmed);
}

TEST_F(OpenTimestampsTest, StaysPendingAtACalendarThatForgets) {
  Submit();
  for (const auto& calendar : calendars_) calendar->Forget();
  for (int poll = 0; poll < 5; ++poll) {
    const Progress progress = Poll();
    EXPECT_EQ(progress.state, ReceiptState::kSubmitted);
    ExpectDetail(progress, "no Bitcoin block yet; ");
    ExpectDetail(progress, "nothing new yet");
  }
}

TEST_F(OpenTimestampsTest, WithoutAnyCalendarIsUnavailable) {
  Submit();
  for (size_t i = 0; i < 3; ++i) failures_[i] = absl::DeadlineExceededError("slow");
  EXPECT_EQ(PollError().code(), absl::StatusCode::kUnavailable);
  failures_.erase(2);
  EXPECT_EQ(Poll().state, ReceiptState::kSubmitted);
}

TEST_F(OpenTimestampsTest, NeverAsksWhomAProofNamesButNobodyAllowed) {
  Submit();
  ots::File file = *ots::Parse(receipt_);
  for (const char* uri : {"http://169.254.169.254", "https://alice.calendar.example.evil.example",
                          "http://alice.calendar.example", "https://alice.calendar.example/../x",
                          "file:///etc/passwd", ""}) {
    file.timestamp.attestations.push_back(*ots::Attestation::Pending(uri));
  }
  std::sort(file.timestamp.attestations.begin(), file.timestamp.attestations.end());
  receipt_ = *ots::Format(file);
  const size_t before = requests_.size();
  const Progress progress = Poll();
  EXPECT_EQ(requests_.size(), before + 3);
  ExpectTrouble(progress, "http://169.254.169.254: not among the calendars that may be asked");
  ExpectDetail(progress, "a calendar that is not asked");
}

TEST_F(OpenTimestampsTest, AsksABoundedNumberOfCalendars) {
  ots::File file{.digest = std::string(digest_.view())};
  for (int i = 0; i < 100; ++i) {
    file.timestamp.attestations.push_back(
        *ots::Attestation::Pending("https://alice.calendar.example/" + std::to_string(100 + i)));
  }
  receipt_ = *ots::Format(file);
  OpenTimestampsOptions options = Options();
  options.upgrade_from.clear();
  for (int i = 0; i < 100; ++i) {
    options.upgrade_from.push_back(file.timestamp.attestations[i].uri());
  }
  backend_ = *OpenTimestamps::Open(
      options, [this](const HttpRequest& request) { return Exchange(request); }, nullptr);
  Poll();
  EXPECT_EQ(requests_.size(), 16U);
}

TEST_F(OpenTimestampsTest, FollowsReorganisationsOfAnyDepth) {
  for (size_t depth = 1; depth <= 20; ++depth) {
    SCOPED_TRACE(depth);
    Submit();
    const uint64_t height = calendars_[0]->Stamp(&chain_);
    chain_.Mine(depth - 1);
    const Progress before = Poll();
    EXPECT_EQ(before.state, depth < 6 ? ReceiptState::kConfirmed : ReceiptState::kFinal);
    const std::string stored = receipt_;

    // Its block goes away. The calendar has not noticed and hands out the old path.
    const BitcoinChain old = chain_;
    chain_.Reorganise(depth);
    const Progress gone = Poll();
    EXPECT_EQ(gone.state, ReceiptState::kReorganised);
    EXPECT_EQ(gone.confirmations, 0U);
    EXPECT_FALSE(gone.existed_by_s.has_value());
    ExpectDetail(gone, absl::StrCat("not in Bitcoin block ", height));
    EXPECT_EQ(receipt_, stored);
    EXPECT_EQ(Poll().state, ReceiptState::kReorganised);

    // The old chain may win after all: nothing was thrown away.
    const BitcoinChain other = chain_;
    chain_ = old;
    EXPECT_EQ(Poll().state, before.state);
    chain_ = other;

    // Or the calendar's transaction finds its way into another block.
    const uint64_t again = calendars_[0]->Stamp(&chain_);
    const Progress back = Poll();
    EXPECT_EQ(back.state, ReceiptState::kConfirmed);
    EXPECT_EQ(back.confirmations, 1U);
    ASSERT_EQ(Blocks().size(), 1U);  // The contradicted one is gone.
    EXPECT_EQ(Blocks()[0].height, again);
    chain_.Mine(size_t{5});
    EXPECT_EQ(Poll().state, ReceiptState::kFinal);
  }
}

TEST_F(OpenTimestampsTest, OutlivesAReorganisationByASecondCalendar) {
  Submit();
  failures_[1] = absl::UnavailableError("down");
  calendars_[0]->Stamp(&chain_);
  EXPECT_EQ(Poll().state, ReceiptState::kConfirmed);
  chain_.Reorganise(1);
  calendars_[1]->Stamp(&chain_);
  failures_ = {{0, absl::UnavailableError("down")}};
  EXPECT_EQ(Poll().state, ReceiptState::kConfirmed);
}

// A block that never comes cannot be told from one that is late. It hides nothing.
TEST_F(OpenTimestampsTest, ACalendarThatNamesABlockOfTheFarFutureHidesNothing) {
  Submit();
  ots::Timestamp future;
  future.attestations.push_back(ots::Attestation::Bitcoin(4'000'000'000));
  std::string lie = *ots::FormatTimestamp(future, "message");
  changes_[2] = [&lie](HttpAnswer* answer) { *answer = {.status = 200, .body = lie}; };
  EXPECT_EQ(Poll().state, ReceiptState::kSubmitted);  // Not over 32 bytes: no claim at all.
  future = ots::Under({{ots::OpCode::kSha256}}, future);
  lie = *ots::FormatTimestamp(future, "message");
  EXPECT_EQ(Poll().state, ReceiptState::kAccepted);
  const uint64_t height = calendars_[0]->Stamp(&chain_);
  EXPECT_EQ(Poll().state, ReceiptState::kConfirmed);
  chain_.Reorganise(1);
  const Progress gone = Poll();
  EXPECT_EQ(gone.state, ReceiptState::kReorganised);
  ExpectDetail(gone, absl::StrCat("not in Bitcoin block ", height));
  calendars_[0]->Stamp(&chain_);
  EXPECT_EQ(Poll().state, ReceiptState::kConfirmed);
}

TEST_F(OpenTimestampsTest, RefusesRequestsAndReceiptsThatAreNotItsOwn) {
  Submit();
  for (const std::string& request :
       {std::string(), request_.substr(1), request_ + "x", "\x02" + request_.substr(1)}) {
    EXPECT_EQ(backend_->Submit(digest_, request).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(backend_->Poll(digest_, request, receipt_).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(backend_->Poll(digest_, request_, "garbage").status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(backend_->Poll(merkle::Sha256("other"), request_, receipt_).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(backend_->Link("garbage"), "");
}

TEST_F(OpenTimestampsTest, EndsWhenItIsCancelled) {
  Submit();
  failures_[0] = absl::CancelledError("stopping");
  EXPECT_EQ(backend_->Submit(digest_, request_).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(PollError().code(), absl::StatusCode::kCancelled);
}

TEST(OpenTimestampsOptions, ThatMakeNoSenseAreRefused) {
  const auto refusal = [](const std::function<void(OpenTimestampsOptions*)>& change) {
    OpenTimestampsOptions options;
    change(&options);
    const absl::Status status = OpenTimestamps::Open(options, nullptr, nullptr).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  using Options = OpenTimestampsOptions;
  EXPECT_TRUE(OpenTimestamps::Open(Options(), nullptr, nullptr).ok());
  EXPECT_EQ(refusal([](Options* o) { o->calendars.clear(); }),
            "OpenTimestamps: 1 to 8 calendars are possible");
  EXPECT_EQ(refusal([](Options* o) { o->calendars.assign(9, "https://a.example"); }),
            "OpenTimestamps: 1 to 8 calendars are possible");
  EXPECT_EQ(refusal([](Options* o) {
              o->calendars = {"https://a.example", "https://A.example/"};
            }),
            "OpenTimestamps: a calendar is named twice");
  EXPECT_EQ(refusal([](Options* o) { o->calendars[0] = "a.example"; }),
            "calendar URL: neither http:// nor https://: a.example");
  EXPECT_EQ(refusal([](Options* o) { o->required = 5; }),
            "OpenTimestamps: 5 of 4 calendars cannot be required");
  EXPECT_EQ(refusal([](Options* o) { o->required = 0; }),
            "OpenTimestamps: 0 of 4 calendars cannot be required");
  EXPECT_EQ(refusal([](Options* o) { o->upgrade_from = {"https://*.org"}; }),
            "calendar URL: a star before a single label: https://*.org");
  EXPECT_EQ(refusal([](Options* o) { o->min_depth = 0; }),
            "OpenTimestamps: a block is at least one deep");
  EXPECT_EQ(refusal([](Options* o) { o->link = "https://explorer.example"; }),
            "OpenTimestamps: the link has no {height}");
}

}  // namespace
}  // namespace cairn::anchor
