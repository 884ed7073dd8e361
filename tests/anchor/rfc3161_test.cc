// The backend over the wire, against an authority in this process and against tools/tsa.

#include "anchor/evidence/rfc3161.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/rfc3161/backend.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "tests/anchor/testing/exchange.h"
#include "tests/anchor/testing/time_stamp_server.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;
using anchor::ReceiptState;

std::unique_ptr<anchor::Rfc3161Backend> Make(anchor::Rfc3161Options options) {
  auto backend = anchor::Rfc3161Backend::Create(std::move(options), ExchangeOnLoopback, [] {
    return static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now()));
  });
  EXPECT_TRUE(backend.ok()) << backend.status();
  return *std::move(backend);
}

class Rfc3161OverTheWire : public ::testing::Test {
 protected:
  Rfc3161OverTheWire()
      : backend_(Make({.name = "local",
                       .url = server_.url(),
                       .trust = {.certificates_pem = server_.authority().Pem("root"),
                                 .policies = {kTestPolicy}},
                       .crl_urls = {server_.crl_url()}})) {}

  absl::StatusOr<anchor::Progress> Submit() {
    request_ = *backend_->Prepare(digest_);
    return backend_->Submit(digest_, request_);
  }
  void ExpectRefused(const http::Response& response, absl::StatusCode code,
                     absl::string_view reason) {
    server_.SetAnswer([=](const std::string&) { return response; });
    const auto progress = Submit();
    EXPECT_EQ(progress.status().code(), code) << progress.status();
    EXPECT_TRUE(absl::StrContains(progress.status().message(), reason)) << progress.status();
    server_.SetAnswer(nullptr);
  }

  TimeStampServer server_;
  const std::unique_ptr<anchor::Rfc3161Backend> backend_;
  const Hash digest_ = merkle::Sha256("a note");
  std::string request_;
};

TEST_F(Rfc3161OverTheWire, TokenIsFinalAndChecksOutOffline) {
  const auto progress = Submit();
  ASSERT_TRUE(progress.ok()) << progress.status();
  EXPECT_EQ(progress->state, ReceiptState::kFinal) << progress->detail;
  EXPECT_TRUE(server_.authority().Accepts(progress->receipt, request_));

  const auto verifier =
      rfc3161::Verifier::Create({.certificates_pem = server_.authority().Pem("root")});
  rfc3161::CachingVerifier offline(verifier->get());
  const auto& timestamp = offline.Verify(progress->receipt, digest_);
  ASSERT_TRUE(timestamp.ok()) << timestamp.status();
  EXPECT_EQ(timestamp->existed_by_s, *progress->existed_by_s);
  EXPECT_EQ(timestamp->revocation, rfc3161::Revocation::kNotRevoked);
}

TEST_F(Rfc3161OverTheWire, BadAnswersLeaveNothingAndTheNextIsTaken) {
  std::string large;
  large.resize(100'000'000);
  ExpectRefused({.body = large}, absl::StatusCode::kResourceExhausted, "too long");
  ExpectRefused({.body = "<html>maintenance</html>"}, absl::StatusCode::kInvalidArgument,
                "not DER");
  ExpectRefused({.status = 503, .body = "busy"}, absl::StatusCode::kUnavailable, "503");
  ExpectRefused({.status = 302, .headers = {{"Location", "http://elsewhere.example/"}}},
                absl::StatusCode::kUnavailable, "302");
  ExpectRefused({.body = server_.authority().Reply(*backend_->Prepare(merkle::Sha256("other")))},
                absl::StatusCode::kInvalidArgument, "another digest");
  // Yesterday's answer to the same question.
  ExpectRefused({.body = server_.authority().Reply(*backend_->Prepare(digest_))},
                absl::StatusCode::kInvalidArgument, "another nonce");
  EXPECT_EQ(Submit()->state, ReceiptState::kFinal);
}

TEST_F(Rfc3161OverTheWire, AnswersCutOffAreRefusedAtEveryByte) {
  server_.SetAnswer([&](const std::string& request) {
    return http::Response{.body = server_.authority().Reply(request)};
  });
  const auto whole = Submit();
  const std::string response = rfc3161::ParseReceipt(whole->receipt)->response;
  size_t cut = 0;
  server_.SetAnswer(
      [&](const std::string&) { return http::Response{.body = response.substr(0, cut)}; });
  for (; cut < response.size(); ++cut) {
    const auto progress = backend_->Submit(digest_, request_);
    EXPECT_EQ(progress.status().code(), absl::StatusCode::kInvalidArgument) << cut;
  }
  // And whole, it is the answer to that request, however often.
  EXPECT_TRUE(backend_->Submit(digest_, request_).ok());
}

// The script as a process.
class LocalAuthority {
 public:
  explicit LocalAuthority(const fs::path& directory) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const std::string where = directory.string();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], 1);
      execl("tools/tsa", "tools/tsa", where.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    out_ = fdopen(ends[0], "r");
    char line[1024] = {};
    while (values_.count("policy") == 0 && std::fgets(line, sizeof line, out_) != nullptr) {
      const std::string text(line);
      const size_t colon = text.find(": ");
      if (colon == std::string::npos) continue;
      values_[text.substr(0, colon)] = text.substr(colon + 2, text.size() - colon - 3);
    }
  }
  ~LocalAuthority() {
    if (pid_ > 0) Stop();
    std::fclose(out_);
  }
  LocalAuthority(const LocalAuthority&) = delete;
  LocalAuthority& operator=(const LocalAuthority&) = delete;

  // What it printed; empty when it did not.
  std::string operator[](const std::string& name) { return values_[name]; }

  int Stop() {
    int status = 0;
    kill(pid_, SIGTERM);
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  std::FILE* out_ = nullptr;
  std::map<std::string, std::string> values_;
};

std::string ReadAll(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class LocalAuthorityTest : public ::testing::Test {
 protected:
  // The name is one that a shell would take apart.
  const fs::path directory_ = fs::path(std::getenv("TEST_TMPDIR")) / "an authority";
};

TEST_F(LocalAuthorityTest, StampsNotesAndKeepsItsRoot) {
  const Hash digest = merkle::Sha256("a note");
  std::string receipt;
  std::string root;
  {
    LocalAuthority authority(directory_);
    root = ReadAll(authority["root"]);
    ASSERT_FALSE(root.empty());
    const auto backend =
        Make({.name = "local",
              .url = authority["url"],
              .trust = {.certificates_pem = root, .policies = {authority["policy"]}},
              .crl_urls = {authority["crl"]}});
    const auto progress = backend->Submit(digest, *backend->Prepare(digest));
    ASSERT_TRUE(progress.ok()) << progress.status();
    EXPECT_EQ(progress->state, ReceiptState::kFinal) << progress->detail;
    receipt = progress->receipt;
    EXPECT_EQ(authority.Stop(), 0);
  }
  // A second life has the first one's keys.
  LocalAuthority again(directory_);
  EXPECT_EQ(ReadAll(again["root"]), root);
  const auto verifier = rfc3161::Verifier::Create({.certificates_pem = root});
  EXPECT_TRUE((*verifier)->Verify(*rfc3161::ParseReceipt(receipt), digest).ok());
  EXPECT_EQ(again.Stop(), 0);
}

TEST_F(LocalAuthorityTest, RefusesWhatIsNoRequest) {
  LocalAuthority authority(directory_);
  const std::string url = authority["url"];
  const auto post = [&](const std::string& type, const std::string& body) {
    const auto answer = ExchangeOnLoopback(
        {.post = true, .url = url, .body = body, .headers = {{"Content-Type", type}}});
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(anchor::HttpAnswer());
  };
  EXPECT_EQ(post("text/plain", "x").status, 415U);
  EXPECT_EQ(post("application/timestamp-query", std::string(5000, 'x')).status, 413U);
  // openssl's own answer, a rejection.
  const auto nonsense = post("application/timestamp-query", "nonsense");
  EXPECT_EQ(nonsense.status, 200U);
  const auto verifier = rfc3161::Verifier::Create({});
  EXPECT_EQ((*verifier)->Verify({.response = nonsense.body}, Hash()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ExchangeOnLoopback({.url = url})->status, 404U);
  EXPECT_EQ(authority.Stop(), 0);
}

}  // namespace
}  // namespace cairn::testing
