// A real cairnd that reaches its authority through an HTTP proxy, or not at all; and what strangers
// read of that.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proto/anchors_service.grpc.pb.h"
#include "tests/anchor/testing/time_stamp_server.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/witness/fake_witness.h"

namespace cairn::testing {
namespace {

// No resolver knows it.
constexpr char kOutside[] = "http://tsa.internal.invalid/stamp";
constexpr char kNowhere[] = "http://127.0.0.1:1";
constexpr std::chrono::seconds kPatience{60};

class ProxiedLogTest : public ::testing::Test {
 protected:
  ProxiedLogTest() { WriteFile(Path("root.pem"), tsa_.authority().Pem("root")); }

  std::string Path(const std::string& name) const { return directory_.path() / name; }
  std::string ProxyUrl() const { return "http://" + proxy_.address(); }

  // `more` stands in `anchoring`.
  void Start(const std::string& url, const std::string& more,
             std::vector<std::string> environment) {
    WriteFile(Path("config"),
              absl::StrCat("anchoring { interval_s: 1 log_operator: 'us' ", more,
                           " anchor { name: 'tsa' operated_by: 'Example CA' rfc3161 { url: '", url,
                           "' roots_file: '", Path("root.pem"), "' } } }\n"));
    std::vector<std::string> args = std::move(environment);
    args.emplace_back("ledger/server/cairnd");
    for (std::string& arg : CairndArgs(directory_.path(), {"--config", Path("config")})) {
      args.push_back(std::move(arg));
    }
    cairnd_ = std::make_unique<Cairnd>(args, "/usr/bin/env");
    if (!cairnd_->running()) {
      cairnd_->Wait();
      FAIL() << cairnd_->output();
    }
    Client client(cairnd_->address());
    ASSERT_TRUE(client.Append(StatementOn("a certificate")).ok());
    anchors_ = v1::Anchors::NewStub(client.channel());
  }
  // The newest round's receipt, once it is as wanted.
  std::optional<v1::AnchorReceipt> Await(
      const std::function<bool(const v1::AnchorReceipt&)>& wanted) const {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
      grpc::ClientContext context;
      v1::ListAnchorRoundsResponse rounds;
      if (!anchors_->ListAnchorRounds(&context, {}, &rounds).ok()) return std::nullopt;
      if (rounds.rounds_size() == 0 || rounds.rounds(0).receipts_size() == 0) continue;
      if (wanted(rounds.rounds(0).receipts(0))) return rounds.rounds(0).receipts(0);
    }
    return std::nullopt;
  }
  bool AwaitFinal() const {
    return Await([](const v1::AnchorReceipt& receipt) {
             return receipt.state() == v1::RECEIPT_STATE_FINAL;
           })
        .has_value();
  }
  // Stops it, too.
  std::string Output() {
    EXPECT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
    return cairnd_->output();
  }
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  const FreshDirectory directory_;
  TimeStampServer tsa_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
  // Whatever is asked of it, it asks the authority.
  FakeWitness proxy_{[this](const std::string& request, const std::string& body) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request);
    return std::optional<std::string>(HttpResponse(200, tsa_.authority().Reply(body)));
  }};
  std::unique_ptr<Cairnd> cairnd_;
  std::unique_ptr<v1::Anchors::Stub> anchors_;
};

TEST_F(ProxiedLogTest, GoesThroughTheProxyOfTheEnvironment) {
  ASSERT_NO_FATAL_FAILURE(
      Start(kOutside, "", {"http_proxy=http://user:s3cr3t@" + proxy_.address(), "no_proxy="}));
  ASSERT_TRUE(AwaitFinal());
  EXPECT_EQ(asked().front(), absl::StrCat("POST ", kOutside));
  const std::string output = Output();
  EXPECT_TRUE(absl::StrContains(
      output, absl::StrCat("proxy=\"http_proxy=http://***@", proxy_.address(), "\"")))
      << output;
  EXPECT_FALSE(absl::StrContains(output, "s3cr3t")) << output;
}

TEST_F(ProxiedLogTest, GoesThroughTheProxyOfTheConfigurationWhateverTheEnvironmentSays) {
  ASSERT_NO_FATAL_FAILURE(Start(kOutside, absl::StrCat("proxy: '", ProxyUrl(), "'"),
                                {absl::StrCat("http_proxy=", kNowhere), "no_proxy=*"}));
  ASSERT_TRUE(AwaitFinal());
  EXPECT_EQ(asked().front(), absl::StrCat("POST ", kOutside));
  EXPECT_TRUE(absl::StrContains(
      Output(), absl::StrCat("\"anchors are reached through a proxy\" proxy=", ProxyUrl())));
}

TEST_F(ProxiedLogTest, ReachesThisMachineWithoutAProxy) {
  ASSERT_NO_FATAL_FAILURE(Start(tsa_.url(), absl::StrCat("proxy: '", ProxyUrl(), "'"),
                                {absl::StrCat("http_proxy=", kNowhere), "no_proxy="}));
  ASSERT_TRUE(AwaitFinal());
  EXPECT_TRUE(asked().empty());
  Output();
}

TEST_F(ProxiedLogTest, TellsStrangersTheKindOfAFailureAndTheOperatorAllOfIt) {
  ASSERT_NO_FATAL_FAILURE(Start(kOutside, "", {"http_proxy=", "no_proxy="}));
  const auto failed = Await([](const v1::AnchorReceipt& one) { return !one.detail().empty(); });
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->detail(), "its name cannot be resolved");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto events = anchors_->WatchAnchors(&context, v1::WatchAnchorsRequest());
  std::string shown;
  for (v1::WatchAnchorsResponse response; events->Read(&response);) {
    shown += response.DebugString();
    if (absl::StrContains(shown, failed->detail())) break;
  }
  context.TryCancel();
  for (const char* secret : {"://", "internal", "invalid"}) {
    EXPECT_FALSE(absl::StrContains(shown, secret)) << shown;
  }
  ASSERT_TRUE(cairnd_->AwaitOutput("an anchor does not answer as it should"));
  EXPECT_TRUE(absl::StrContains(Output(), kOutside));
}

}  // namespace
}  // namespace cairn::testing
