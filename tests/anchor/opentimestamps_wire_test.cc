// The OpenTimestamps backend over real HTTP: calendars, a node and an explorer on loopback.

#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/evidence/bitcoin_headers_file.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "anchor/opentimestamps/bitcoin_core.h"
#include "anchor/opentimestamps/esplora.h"
#include "anchor/opentimestamps/opentimestamps.h"
#include "anchor/opentimestamps/testing/calendar.h"
#include "anchor/opentimestamps/testing/header_servers.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"
#include "witness/http/client.h"
#include "witness/http/server.h"

namespace cairn::anchor {
namespace {

namespace ots = evidence::ots;
using evidence::testing::BitcoinChain;
using testing::Calendar;

absl::StatusOr<HttpAnswer> Exchange(const HttpRequest& request) {
  const auto client =
      http::Client::Make({.deadline = request.deadline, .max_body_bytes = request.max_body_bytes});
  absl::StatusOr<http::Answer> answer =
      request.post ? client->Post(request.url, request.body) : client->Get(request.url);
  if (!answer.ok()) return answer.status();
  return HttpAnswer{.status = answer->status,
                    .content_type = std::move(answer->content_type),
                    .body = std::move(answer->body)};
}

class OpenTimestampsWireTest : public ::testing::Test {
 protected:
  OpenTimestampsWireTest() {
    auto server =
        http::Server::Listen({.host = "127.0.0.1", .port = 0, .loopback = true}, {},
                             [this](const http::Request& request, const http::Respond& respond) {
                               Handle(request, respond);
                             });
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    url_ = "http://" + server_->address().Format();
    for (const char* name : {"alice", "bob"}) calendars_.emplace(name, Calendar(Url(name)));
    server_->Serve();
  }
  ~OpenTimestampsWireTest() override {
    {
      const std::lock_guard lock(mutex_);
      for (const http::Respond& respond : silent_) respond({.status = 503});
    }
    server_->Stop();
  }

  std::string Url(const std::string& name) const { return absl::StrCat(url_, "/", name); }

  void Handle(const http::Request& request, const http::Respond& respond) {
    const std::lock_guard lock(mutex_);
    const bool post = request.method == http::Method::kPost;
    absl::string_view path = request.path;
    if (path == "/silent/digest") {
      silent_.push_back(respond);
      return;
    }
    HttpAnswer answer{.status = 404};
    if (path == "/huge/digest") {
      answer.status = 200;
      answer.body.resize(100'000'000);
    } else if (path == "/elsewhere/digest") {
      respond({.status = 302, .headers = {{"Location", Url("alice") + "/digest"}}});
      return;
    } else if (post && path == "/node/") {
      answer = testing::AnswerAsNode(&chain_, request.body);
    } else if (absl::ConsumePrefix(&path, "/api")) {
      answer = testing::AnswerAsExplorer(&chain_, path);
    } else {
      for (auto& [name, calendar] : calendars_) {
        absl::string_view below = path;
        if (absl::ConsumePrefix(&below, absl::StrCat("/", name))) {
          answer = calendar.Answer(post, below, request.body);
        }
      }
    }
    respond({.status = answer.status, .content_type = answer.content_type, .body = answer.body});
  }

  uint64_t Stamp(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return calendars_.at(name).Stamp(&chain_);
  }
  void Mine(size_t count) {
    const std::lock_guard lock(mutex_);
    chain_.Mine(count);
  }

  std::unique_ptr<OpenTimestamps> Open(const std::vector<std::string>& calendars,
                                       std::unique_ptr<evidence::BlockHeaders> headers) {
    OpenTimestampsOptions options;
    options.calendars.clear();
    for (const std::string& name : calendars) options.calendars.push_back(Url(name));
    auto backend = OpenTimestamps::Open(options, Exchange, std::move(headers));
    EXPECT_TRUE(backend.ok()) << backend.status();
    return *std::move(backend);
  }

  const Hash digest_ = merkle::Sha256("a note");
  std::mutex mutex_;  // guards the next three
  BitcoinChain chain_;
  std::map<std::string, Calendar> calendars_;
  std::vector<http::Respond> silent_;
  std::unique_ptr<http::Server> server_;
  std::string url_;
};

TEST_F(OpenTimestampsWireTest, FromDigestToFinalByANodeAndByAnExplorer) {
  for (const bool node : {true, false}) {
    auto headers = node ? OpenBitcoinCore({.url = url_ + "/node/"}, Exchange)
                        : OpenEsplora({.url = url_ + "/api"}, Exchange);
    ASSERT_TRUE(headers.ok()) << headers.status();
    const auto backend = Open({"alice", "bob"}, *std::move(headers));
    const std::string request = *backend->Prepare(digest_);
    auto progress = backend->Submit(digest_, request);
    ASSERT_TRUE(progress.ok()) << progress.status();
    EXPECT_EQ(progress->state, ReceiptState::kSubmitted);
    progress = backend->Poll(digest_, request, progress->receipt);
    ASSERT_TRUE(progress.ok()) << progress.status();
    EXPECT_EQ(progress->state, ReceiptState::kSubmitted);
    EXPECT_TRUE(absl::StrContains(progress->detail, "nothing new yet")) << progress->detail;

    Stamp("bob");
    progress = backend->Poll(digest_, request, progress->receipt);
    ASSERT_TRUE(progress.ok()) << progress.status();
    EXPECT_EQ(progress->state, ReceiptState::kConfirmed);
    EXPECT_EQ(progress->confirmations, 1U);
    Mine(5);
    progress = backend->Poll(digest_, request, progress->receipt);
    ASSERT_TRUE(progress.ok()) << progress.status();
    EXPECT_EQ(progress->state, ReceiptState::kFinal);

    // And offline, by a file of headers.
    const auto file = evidence::BitcoinHeadersFile::Parse(chain_.File());
    EXPECT_EQ(evidence::VerifyBitcoin(progress->receipt, digest_, file->get())->state,
              evidence::BitcoinState::kProven);
  }
}

TEST_F(OpenTimestampsWireTest, OutlivesCalendarsThatAreSilentHugeElsewhereOrDown) {
  for (const char* bad : {"silent", "huge", "elsewhere", "nowhere"}) {
    OpenTimestampsOptions options;
    options.calendars = {Url("alice"), Url(bad)};
    options.required = 1;
    options.deadline = std::chrono::milliseconds(bad == std::string("silent") ? 100 : 60'000);
    const auto backend = OpenTimestamps::Open(options, Exchange, nullptr);
    const auto progress = (*backend)->Submit(digest_, *(*backend)->Prepare(digest_));
    ASSERT_TRUE(progress.ok()) << progress.status();
    EXPECT_TRUE(absl::StartsWith(progress->detail, "1 of 2 calendars took the digest; "))
        << progress->detail;
  }
}

// What the tests take for a calendar is one to the reference client, too.
TEST_F(OpenTimestampsWireTest, ItsCalendarsSatisfyTheReferenceClient) {
  const auto python = [](const std::string& arguments) {
    FILE* const pipe = popen(
        absl::StrCat("/usr/bin/python3 tests/anchor/ots_interop.py ", arguments, " 2>&1").c_str(),
        "r");
    std::array<char, 4096> buffer{};
    const size_t got = fread(buffer.data(), 1, buffer.size(), pipe);
    EXPECT_EQ(pclose(pipe), 0) << "python3-opentimestamps is needed (tools/setup)";
    return std::string(buffer.data(), got);
  };
  const std::string answer = python(absl::StrCat("submit ", Url("alice"), " ", digest_.Hex()));
  const std::string expected = absl::StrCat("answer pending ", Url("alice"), " ");
  ASSERT_TRUE(absl::StartsWith(answer, expected)) << answer;
  const std::string commitment = answer.substr(expected.size(), 88);
  const std::string upgrade = absl::StrCat("upgrade ", Url("alice"), " ", commitment);
  EXPECT_EQ(python(upgrade), "not found: Pending confirmation in Bitcoin blockchain\n");
  EXPECT_EQ(python(absl::StrCat("upgrade ", Url("bob"), " ", commitment)),
            "not found: Not found\n");
  const uint64_t height = Stamp("alice");
  EXPECT_EQ(python(upgrade), absl::StrCat("answer bitcoin ", height, " ",
                                          chain_.At(height)->merkle_root.Hex(), "\n"));
}

}  // namespace
}  // namespace cairn::anchor
