// What a log with witnesses publishes, and when it takes appends.

#include "tests/witness/cosigned_log.h"

#include <chrono>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/note/policy.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/http.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

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
  KillWitness(0);
  v1::AppendResponse answer;
  ASSERT_TRUE(AppendCosigned(client, "b", &answer).ok());
  ExpectQuorum(answer.checkpoint(), 2);
  KillWitness(1);
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
  RestartWitness(1);
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
    KillWitness(i);
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
