// The backend against a real authority, and against answers that are not for it.

#include "anchor/rfc3161/backend.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "tests/testing/time_stamp_authority.h"

namespace cairn::anchor {
namespace {

using testing::TimeStampAuthority;

constexpr char kUrl[] = "https://tsa.example/stamp";
constexpr char kCrlUrl[] = "http://tsa.example/root.crl";

uint64_t NowS() { return static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now())); }

class Rfc3161BackendTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { authority_ = new TimeStampAuthority(); }
  static void TearDownTestSuite() {
    delete authority_;
    authority_ = nullptr;
  }

  Rfc3161BackendTest() {
    options_.name = "tsa.example";
    options_.url = kUrl;
    options_.trust.certificates_pem = authority_->Pem("root");
    answer_ = [](const std::string& request) {
      return HttpAnswer{.status = 200, .body = authority_->Reply(request)};
    };
    now_s_ = [] { return NowS(); };
  }

  std::unique_ptr<Rfc3161Backend> Make() {
    auto backend = Rfc3161Backend::Create(
        options_, [this](const HttpRequest& request) { return Exchange(request); },
        [this] { return now_s_(); });
    EXPECT_TRUE(backend.ok()) << backend.status();
    return *std::move(backend);
  }
  absl::StatusOr<HttpAnswer> Exchange(const HttpRequest& request) {
    sent_.push_back(request);
    if (request.url == kUrl) return answer_(request.body);
    const auto crl = crls_.find(request.url);
    if (crl == crls_.end()) return absl::UnavailableError(request.url + ": refused");
    return crl->second;
  }
  absl::StatusOr<Progress> Submit() {
    const auto backend = Make();
    request_ = *backend->Prepare(digest_);
    return backend->Submit(digest_, request_);
  }
  void Answer(const std::string& body, unsigned status = 200) {
    answer_ = [=](const std::string&) { return HttpAnswer{.status = status, .body = body}; };
  }
  void ExpectRefused(absl::StatusCode code, absl::string_view reason) {
    const auto progress = Submit();
    EXPECT_EQ(progress.status().code(), code) << progress.status();
    EXPECT_TRUE(absl::StartsWith(progress.status().message(), "time-stamp authority tsa.example: "))
        << progress.status();
    EXPECT_TRUE(absl::StrContains(progress.status().message(), reason)) << progress.status();
  }

  static TimeStampAuthority* authority_;
  const Hash digest_ = merkle::Sha256("a note");
  Rfc3161Options options_;
  std::function<absl::StatusOr<HttpAnswer>(const std::string&)> answer_;
  std::map<std::string, HttpAnswer> crls_;
  std::function<uint64_t()> now_s_;
  std::vector<HttpRequest> sent_;
  std::string request_;
};

TimeStampAuthority* Rfc3161BackendTest::authority_ = nullptr;

TEST_F(Rfc3161BackendTest, TokenIsFinalAtOnce) {
  options_.headers = {{"Authorization", "Bearer x"}};
  options_.link_template = "https://tsa.example/show/{serial}?d={digest}";
  const auto progress = Submit();
  ASSERT_TRUE(progress.ok()) << progress.status();
  EXPECT_EQ(progress->state, ReceiptState::kFinal);
  EXPECT_TRUE(absl::StrContains(progress->detail, "Z by CN=Test tsa, serial ")) << progress->detail;
  ASSERT_TRUE(progress->existed_by_s.has_value());
  EXPECT_LE(*progress->existed_by_s, NowS() + 1);
  // The receipt is the authority's file.
  EXPECT_TRUE(authority_->Accepts(progress->receipt, request_));

  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_TRUE(sent_[0].post);
  EXPECT_EQ(sent_[0].body, request_);
  EXPECT_EQ(sent_[0].max_body_bytes, rfc3161::kMaxResponseBytes);
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"Authorization", "Bearer x"},
      {"Content-Type", "application/timestamp-query"},
      {"Accept", "application/timestamp-reply"}};
  EXPECT_EQ(sent_[0].headers, headers);

  const auto backend = Make();
  const std::string link = backend->Link(progress->receipt);
  EXPECT_TRUE(absl::StartsWith(link, "https://tsa.example/show/0")) << link;
  EXPECT_TRUE(absl::EndsWith(link, "?d=" + digest_.Hex())) << link;
  EXPECT_EQ(backend->Link("nonsense"), "");

  const auto again = backend->Poll(digest_, request_, progress->receipt);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->state, ReceiptState::kFinal);
  EXPECT_EQ(again->receipt, progress->receipt);
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(Rfc3161BackendTest, SameRequestTwiceIsAnsweredTwice) {
  const auto backend = Make();
  const std::string request = *backend->Prepare(digest_);
  const auto first = backend->Submit(digest_, request);
  const auto second = backend->Poll(digest_, request, "");
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(second->state, ReceiptState::kFinal);
  EXPECT_NE(first->receipt, second->receipt);
  EXPECT_EQ(sent_[0].body, sent_[1].body);
  EXPECT_EQ(backend->Submit(merkle::Sha256("other"), request).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(sent_.size(), 2U);
}

TEST_F(Rfc3161BackendTest, DerIsJudgedAndNotTheContentType) {
  answer_ = [](const std::string& request) {
    return HttpAnswer{
        .status = 201, .content_type = "text/html", .body = authority_->Reply(request)};
  };
  EXPECT_EQ(Submit()->state, ReceiptState::kFinal);
}

TEST_F(Rfc3161BackendTest, WrongAnswersLeaveNothing) {
  const auto reply = [](const std::string& request, const testing::ReplyOptions& options) {
    return HttpAnswer{.status = 200, .body = authority_->Reply(request, options)};
  };
  answer_ = [&](const std::string&) {
    return reply(*Make()->Prepare(merkle::Sha256("other")), {});
  };
  ExpectRefused(absl::StatusCode::kInvalidArgument, "another digest");
  answer_ = [&](const std::string&) { return reply(*Make()->Prepare(digest_), {}); };
  ExpectRefused(absl::StatusCode::kInvalidArgument, "another nonce");

  options_.trust.policies = {testing::kTestPolicy};
  answer_ = [&](const std::string& request) { return reply(request, {.policy = "1.2.3.9"}); };
  ExpectRefused(absl::StatusCode::kInvalidArgument, "another policy: 1.2.3.9");

  authority_->Issue("expired", {.begin = "20230101000000Z", .end = "20240101000000Z"});
  answer_ = [&](const std::string& request) { return reply(request, {.signer = "expired"}); };
  ExpectRefused(absl::StatusCode::kInvalidArgument, "certificate has expired");

  authority_->Issue("elsewhere", {.extensions = testing::kCaExtensions});
  authority_->Issue("signer", {.issuer = "elsewhere"});
  answer_ = [&](const std::string& request) { return reply(request, {.signer = "signer"}); };
  ExpectRefused(absl::StatusCode::kPermissionDenied, "needs a root that leads to");

  TimeStampAuthority other;
  answer_ = [&](const std::string& request) {
    return HttpAnswer{.status = 200, .body = other.Reply(request)};
  };
  ExpectRefused(absl::StatusCode::kPermissionDenied, "needs a root that leads to CN=Test root");

  Answer("<html>");
  ExpectRefused(absl::StatusCode::kInvalidArgument, "not DER");
  Answer("");
  ExpectRefused(absl::StatusCode::kInvalidArgument, "not DER");
  std::string large;
  large.resize(100'000'000, '0');
  Answer(large);
  ExpectRefused(absl::StatusCode::kInvalidArgument, "longer than 64 KiB");
}

TEST_F(Rfc3161BackendTest, TimeMustBeThatOfTheSubmission) {
  now_s_ = [] { return NowS() + 3600; };
  ExpectRefused(absl::StatusCode::kInvalidArgument, "before that of the request");
  now_s_ = [] { return NowS() - 3600; };
  ExpectRefused(absl::StatusCode::kInvalidArgument, "after that of the answer");
  options_.clock_slack_s = 4000;
  EXPECT_TRUE(Submit().ok());
  // Set back while the answer was on its way.
  options_.clock_slack_s = 60;
  int calls = 0;
  now_s_ = [&] { return ++calls == 1 ? NowS() : 0; };
  EXPECT_TRUE(Submit().ok());
}

TEST_F(Rfc3161BackendTest, RefusalsAreForGoodOrForNow) {
  // PKIStatusInfo: rejection, badRequest; rejection, timeNotAvailable; waiting; rejection.
  Answer(std::string("\x30\x09\x30\x07\x02\x01\x02\x03\x02\x05\x20", 11));
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "rejection: badRequest");
  Answer(std::string("\x30\x0a\x30\x08\x02\x01\x02\x03\x03\x01\x00\x02", 12));
  ExpectRefused(absl::StatusCode::kUnavailable, "rejection: timeNotAvailable");
  Answer(std::string("\x30\x05\x30\x03\x02\x01\x03", 7));
  ExpectRefused(absl::StatusCode::kUnavailable, "waiting");
  Answer(std::string("\x30\x05\x30\x03\x02\x01\x02", 7));
  ExpectRefused(absl::StatusCode::kUnavailable, "rejection");
}

TEST_F(Rfc3161BackendTest, HttpStatusSaysWhenToComeBack) {
  const std::map<unsigned, absl::StatusCode> codes = {
      {400, absl::StatusCode::kFailedPrecondition}, {403, absl::StatusCode::kUnavailable},
      {404, absl::StatusCode::kUnavailable},        {415, absl::StatusCode::kFailedPrecondition},
      {429, absl::StatusCode::kResourceExhausted},  {302, absl::StatusCode::kUnavailable},
      {500, absl::StatusCode::kUnavailable},        {503, absl::StatusCode::kUnavailable},
      {204, absl::StatusCode::kUnavailable}};
  for (const auto& [status, code] : codes) {
    Answer("", status);
    ExpectRefused(code, absl::StrCat("HTTP status ", status));
  }
  for (const absl::StatusCode code :
       {absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kResourceExhausted,
        absl::StatusCode::kUnavailable, absl::StatusCode::kCancelled}) {
    answer_ = [=](const std::string&) { return absl::Status(code, "no answer"); };
    ExpectRefused(code, "no answer");
  }
}

TEST_F(Rfc3161BackendTest, WithoutRootsItIsAcceptedUntilTheyAreThere) {
  options_.trust = {};
  const auto accepted = Submit();
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(accepted->state, ReceiptState::kAccepted);
  EXPECT_TRUE(accepted->existed_by_s.has_value());
  EXPECT_EQ(accepted->detail, "not checked: no roots are configured");
  EXPECT_EQ(Make()->Poll(digest_, request_, accepted->receipt)->state, ReceiptState::kAccepted);

  options_.trust.certificates_pem = authority_->Pem("root");
  const auto final = Make()->Poll(digest_, request_, accepted->receipt);
  ASSERT_TRUE(final.ok()) << final.status();
  EXPECT_EQ(final->state, ReceiptState::kFinal);
  EXPECT_EQ(final->receipt, accepted->receipt);
  EXPECT_EQ(final->existed_by_s, accepted->existed_by_s);

  // What can be seen to be wrong without them is refused without them.
  options_.trust = {};
  now_s_ = [] { return NowS() + 3600; };
  ExpectRefused(absl::StatusCode::kInvalidArgument, "before that of the request");
}

TEST_F(Rfc3161BackendTest, ChainIsKeptBesideTheResponse) {
  authority_->Issue("middle", {.extensions = testing::kCaExtensions});
  authority_->Issue("lower", {.issuer = "middle"});
  options_.trust.certificates_pem += authority_->Pem("middle");
  answer_ = [](const std::string& request) {
    return HttpAnswer{.status = 200, .body = authority_->Reply(request, {.signer = "lower"})};
  };
  const auto progress = Submit();
  ASSERT_TRUE(progress.ok()) << progress.status();
  EXPECT_EQ(rfc3161::ParseReceipt(progress->receipt)->certificates.size(), 1U);
  // From here on the root is enough.
  options_.trust.certificates_pem = authority_->Pem("root");
  EXPECT_EQ(Make()->Poll(digest_, request_, progress->receipt)->state, ReceiptState::kFinal);
}

TEST_F(Rfc3161BackendTest, RevocationListsAreKeptAtIssue) {
  options_.crl_urls = {kCrlUrl};
  const auto waiting = Submit();
  ASSERT_TRUE(waiting.ok()) << waiting.status();
  EXPECT_EQ(waiting->state, ReceiptState::kAccepted);
  EXPECT_TRUE(absl::StrContains(waiting->detail, "waits for revocation lists: "))
      << waiting->detail;

  TimeStampAuthority other;
  crls_[kCrlUrl] = {.status = 200, .body = other.Crl()};
  const auto stranger = Make()->Poll(digest_, request_, waiting->receipt);
  EXPECT_EQ(stranger->state, ReceiptState::kAccepted);
  EXPECT_EQ(stranger->detail, "waits for revocation lists: a list that is not the authority's");
  EXPECT_TRUE(absl::StrContains(stranger->trouble.message(), "not signed by an issuer"))
      << stranger->trouble;
  EXPECT_TRUE(absl::StrContains(stranger->trouble.message(), kCrlUrl)) << stranger->trouble;
  crls_[kCrlUrl] = {.status = 404};
  EXPECT_EQ(Make()->Poll(digest_, request_, waiting->receipt)->state, ReceiptState::kAccepted);

  const std::string crl = authority_->Crl();
  crls_[kCrlUrl] = {.status = 200, .body = crl};
  const auto final = Make()->Poll(digest_, request_, waiting->receipt);
  ASSERT_TRUE(final.ok()) << final.status();
  EXPECT_EQ(final->state, ReceiptState::kFinal);
  EXPECT_TRUE(absl::EndsWith(final->detail, ", not revoked")) << final->detail;
  EXPECT_EQ(rfc3161::ParseReceipt(final->receipt)->crls, std::vector<std::string>{crl});
  EXPECT_TRUE(authority_->Accepts(final->receipt, request_));

  // A later list that says nothing new is not kept, and its absence takes nothing back.
  crls_[kCrlUrl].body = authority_->Crl();
  EXPECT_EQ(Make()->Poll(digest_, request_, final->receipt)->receipt, final->receipt);
  crls_.clear();
  EXPECT_EQ(Make()->Poll(digest_, request_, final->receipt)->state, ReceiptState::kFinal);
}

TEST_F(Rfc3161BackendTest, StolenKeyTakesTokensBack) {
  authority_->Issue("stolen", {});
  options_.crl_urls = {kCrlUrl};
  crls_[kCrlUrl] = {.status = 200, .body = authority_->Crl()};
  answer_ = [](const std::string& request) {
    return HttpAnswer{.status = 200, .body = authority_->Reply(request, {.signer = "stolen"})};
  };
  const auto before = Submit();
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->state, ReceiptState::kFinal);
  authority_->Revoke("stolen", "keyCompromise");
  crls_[kCrlUrl].body = authority_->Crl();
  const auto after = Make()->Poll(digest_, request_, before->receipt);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->state, ReceiptState::kReorganised);
  EXPECT_TRUE(absl::StrContains(after->detail, "is revoked")) << after->detail;
  // The list that says so is kept: from now on the receipt speaks against itself.
  crls_.clear();
  EXPECT_EQ(Make()->Poll(digest_, request_, after->receipt)->state, ReceiptState::kReorganised);
  crls_[kCrlUrl] = {.status = 200, .body = authority_->Crl()};
  ExpectRefused(absl::StatusCode::kPermissionDenied, "is revoked");
}

TEST_F(Rfc3161BackendTest, CreateRefusesWhatCannotWork) {
  const auto refused = [&](auto change) {
    Rfc3161Options options = options_;
    change(options);
    const auto status = Rfc3161Backend::Create(
                            options, [](const HttpRequest&) { return HttpAnswer(); }, NowS)
                            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  };
  refused([](Rfc3161Options& o) { o.name.clear(); });
  refused([](Rfc3161Options& o) { o.url = "file:///etc/passwd"; });
  refused([](Rfc3161Options& o) { o.crl_urls = {"ldap://x"}; });
  refused([](Rfc3161Options& o) { o.crl_urls.assign(9, kCrlUrl); });
  refused([](Rfc3161Options& o) { o.link_template = "https://x/{hash}"; });
  refused([](Rfc3161Options& o) { o.trust.certificates_pem = "nonsense"; });
}

}  // namespace
}  // namespace cairn::anchor
