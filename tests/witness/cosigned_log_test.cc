// A cairnd with three witnesses and a 2-of-3 policy: all of them processes of their own.

#include <signal.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/http.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kWitness[] = "witness/server/cairn-witness";

class CosignedLogTest : public ::testing::Test {
 protected:
  CosignedLogTest() {
    WriteFile(Path("logs.policy"), absl::StrCat("log ", kTestVkey, "\nquorum none\n"));
    for (int i = 0; i < 3; ++i) {
      fs::create_directories(Path(Name(i)));
      const note::SignerKey key = *note::GenerateSignerKey(
          absl::StrCat("witness.example/", Name(i)), note::KeyType::kCosignature);
      WriteFile(Path(Name(i)) / "key", key.FormatSecret() + "\n");
      vkeys_.push_back(key.verifier_key().Format());
      StartWitness(i, "127.0.0.1:0");
    }
    WritePolicy("group g 2 w0 w1 w2");
    WriteFile(Path("config"), "publishing { interval_ms: 10 straggler_wait_ms: 1000 }\n");
  }
  static std::string Name(int i) { return absl::StrCat("w", i); }
  fs::path Path(const std::string& name) const { return directory_.path() / name; }

  void StartWitness(int i, const std::string& address) {
    witnesses_[i] = std::make_unique<Cairnd>(
        std::vector<std::string>{"--data_dir", (Path(Name(i)) / "data").string(), "--key_file",
                                 (Path(Name(i)) / "key").string(), "--policy",
                                 Path("logs.policy").string(), "--http_address", address},
        kWitness);
    ASSERT_TRUE(witnesses_[i]->running());
    addresses_[i] = witnesses_[i]->address();
  }
  void WritePolicy(const std::string& group) {
    std::string text;
    for (int i = 0; i < 3; ++i) {
      absl::StrAppend(&text, "witness ", Name(i), " ", vkeys_[i], " http://", addresses_[i], "\n");
    }
    text = absl::StrCat("log ", kTestVkey, "\n", text, group, "\nquorum g\n");
    WriteFile(Path("policy"), text);
    policy_ = std::make_unique<note::Policy>(*note::Policy::Parse(text));
  }
  std::vector<std::string> Args(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--config", Path("config").string(), "--witness_policy",
                             Path("policy").string(), "--http_address", "127.0.0.1:0"});
    return CairndArgs(directory_.path(), std::move(more));
  }
  static grpc::Status AppendCosigned(Client& client, const std::string& what,
                                     v1::AppendResponse* answer) {
    v1::AppendRequest request;
    *request.mutable_statement() = StatementOn(what);
    request.set_wait_for(v1::WAIT_FOR_COSIGNED);
    return client.Append(request, answer);
  }
  // Appends are held back until the witnesses have confirmed the tree.
  static void AppendWhenTaken(Client& client, const std::string& what) {
    grpc::Status status;
    do {
      status = client.Append(StatementOn(what));
    } while (status.error_code() == grpc::StatusCode::UNAVAILABLE);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  void ExpectQuorum(const std::string& note, uint64_t at_least) {
    const auto verdict = note::JudgeCheckpoint(note, *policy_);
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_TRUE(verdict->quorum);
    EXPECT_GE(verdict->checkpoint.size.value(), at_least);
  }

  const FreshDirectory directory_;
  std::vector<std::string> vkeys_;
  std::string addresses_[3];
  std::unique_ptr<Cairnd> witnesses_[3];
  std::unique_ptr<note::Policy> policy_;
};

TEST_F(CosignedLogTest, PublishesWhatMeetsTheQuorumAndAnswersWhoWaitsForIt) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  AppendWhenTaken(client, "first");
  v1::AppendResponse answer;
  const grpc::Status appended = AppendCosigned(client, "second", &answer);
  ASSERT_TRUE(appended.ok()) << appended.error_message();
  ExpectQuorum(answer.checkpoint(), 2);
  EXPECT_TRUE(CheckAnswer(answer).ok());
  const auto verdict = note::JudgeCheckpoint(answer.checkpoint(), *policy_);
  for (const auto& at : verdict->cosigned_at_s) EXPECT_TRUE(at.has_value());
  // Everywhere the same: by gRPC, by HTTP, and for who watches.
  v1::GetCheckpointRequest published;
  published.set_kind(v1::CHECKPOINT_KIND_PUBLISHED);
  v1::GetCheckpointResponse by_grpc;
  ASSERT_TRUE(client.stub().GetCheckpoint(client.Context().get(), published, &by_grpc).ok());
  ExpectQuorum(by_grpc.checkpoint(), 2);
  ExpectQuorum(HttpGet(cairnd.http_address(), "/checkpoint").body, 2);
  v1::WatchCheckpointsRequest watch;
  watch.set_kind(v1::CHECKPOINT_KIND_PUBLISHED);
  const auto context = client.Context();
  const auto stream = client.stub().WatchCheckpoints(context.get(), watch);
  v1::WatchCheckpointsResponse seen;
  ASSERT_TRUE(stream->Read(&seen));
  ExpectQuorum(seen.checkpoint(), 2);
  context->TryCancel();
  EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
}

TEST_F(CosignedLogTest, OneWitnessMayBeAwayAndTwoMayNot) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  AppendWhenTaken(client, "a");
  witnesses_[0]->Signal(SIGKILL);
  witnesses_[0]->Wait();
  v1::AppendResponse answer;
  ASSERT_TRUE(AppendCosigned(client, "b", &answer).ok());
  ExpectQuorum(answer.checkpoint(), 2);
  witnesses_[1]->Signal(SIGKILL);
  witnesses_[1]->Wait();
  // Taken, but not published: who waits is told when its deadline passes.
  ASSERT_TRUE(client.Append(StatementOn("c")).ok());
  v1::AppendRequest request;
  *request.mutable_statement() = StatementOn("d");
  request.set_wait_for(v1::WAIT_FOR_COSIGNED);
  grpc::ClientContext late;
  late.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(client.stub().Append(&late, request, &answer).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_LT(OpenCheckpoint(HttpGet(cairnd.http_address(), "/checkpoint").body).size, TreeSize(3));
  EXPECT_EQ(HttpGet(cairnd.http_address(), "/tile/0/000.p/3").status, 404);
  // It comes back, and what waited is published. The retry meets its entry.
  StartWitness(1, addresses_[1]);
  ASSERT_TRUE(AppendCosigned(client, "d", &answer).ok());
  EXPECT_TRUE(answer.duplicate());
  ExpectQuorum(answer.checkpoint(), 4);
  EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
}

TEST_F(CosignedLogTest, ADirectoryThatForgotWhatWasCosignedTakesNothing) {
  fs::path snapshot = Path("snapshot");
  {
    Cairnd cairnd(Args());
    ASSERT_TRUE(cairnd.running());
    Client client(cairnd.address());
    AppendWhenTaken(client, "a");
    v1::AppendResponse answer;
    ASSERT_TRUE(AppendCosigned(client, "b", &answer).ok());
    ASSERT_EQ(cairnd.Stop(), 0);
    fs::copy(Path("data"), snapshot, fs::copy_options::recursive);
  }
  {
    Cairnd cairnd(Args());
    Client client(cairnd.address());
    for (int i = 0; i < 1000; ++i) AppendWhenTaken(client, absl::StrCat(i));
    v1::AppendResponse answer;
    ASSERT_TRUE(AppendCosigned(client, "last", &answer).ok());
    ASSERT_EQ(cairnd.Stop(), 0);
  }
  fs::remove_all(Path("data"));
  fs::rename(snapshot, Path("data"));
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  ASSERT_TRUE(cairnd.AwaitOutput("a witness knows another history"));
  Client client(cairnd.address());
  const grpc::Status refused = client.Append(StatementOn("another history"));
  EXPECT_FALSE(refused.ok());
  // Sound reads go on.
  EXPECT_EQ(client.Newest().size, TreeSize(2));
  EXPECT_EQ(cairnd.Stop(), 0);
  EXPECT_NE(cairnd.output().find("Restore the newest backup"), std::string::npos)
      << cairnd.output();
}

TEST_F(CosignedLogTest, ASilentQuorumHoldsAppendsBackUnlessTheOperatorKnowsBetter) {
  WritePolicy("group g any w0 w1 w2");
  {
    Cairnd cairnd(Args());
    Client client(cairnd.address());
    AppendWhenTaken(client, "a");
    ASSERT_EQ(cairnd.Stop(), 0);
  }
  for (const int i : {1, 2}) {
    witnesses_[i]->Signal(SIGKILL);
    witnesses_[i]->Wait();
  }
  {
    Cairnd cairnd(Args());
    ASSERT_TRUE(cairnd.AwaitOutput("appends are held back"));
    Client client(cairnd.address());
    const grpc::Status held = client.Append(StatementOn("b"));
    EXPECT_EQ(held.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_NE(held.error_message().find("w1, w2"), std::string::npos) << held.error_message();
    EXPECT_EQ(HttpGet(cairnd.http_address(), "/readyz").status, 200);
    ASSERT_EQ(cairnd.Stop(), 0);
  }
  Cairnd cairnd(Args({"--accept_unreachable_witness", "w1", "--accept_unreachable_witness", "w2"}));
  Client client(cairnd.address());
  AppendWhenTaken(client, "b");
  EXPECT_EQ(cairnd.Stop(), 0);
  Cairnd mistaken(Args({"--accept_unreachable_witness", "w9"}));
  EXPECT_EQ(mistaken.Wait(), 2);
}

}  // namespace
}  // namespace cairn::testing
