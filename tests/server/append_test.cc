// Append through gRPC against the real cairnd: answers that verify, and exact deduplication.

#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "merkle/entry/entry.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

class AppendTest : public ::testing::Test {
 protected:
  AppendTest() : cairnd_(CairndArgs(directory_.path())), client_(cairnd_.address()) {}

  FreshDirectory directory_;
  Cairnd cairnd_;
  Client client_;
};

TEST_F(AppendTest, AnswersTheEntryWithAProofThatVerifies) {
  v1::Statement statement = StatementOn("a");
  statement.set_policy_status(v1::POLICY_STATUS_PASS);
  statement.set_trace("run:1");
  statement.set_task("build");
  v1::AppendResponse answer;
  const grpc::Status status = client_.Append(statement, &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(answer.index(), 0u);
  EXPECT_FALSE(answer.duplicate());
  EXPECT_TRUE(CheckAnswer(answer).ok());
  const auto entry = entry::Decode(answer.entry());
  ASSERT_TRUE(entry.ok()) << entry.status();
  const auto& said = std::get<entry::SignedStatement>(entry->body).statement;
  EXPECT_EQ(said.certificate_hash, HashOf("a"));
  EXPECT_EQ(said.certifier, "anonymous");
  EXPECT_EQ(said.trace, "run:1");
  EXPECT_EQ(said.task, "build");
  EXPECT_EQ(said.policy_status, entry::PolicyStatus::kPass);
  EXPECT_GT(entry->accepted_at_ms, 0u);
}

TEST_F(AppendTest, AnswersTheSameStatementWithItsFirstEntryAlsoAfterARestart) {
  v1::AppendResponse first;
  ASSERT_TRUE(client_.Append(StatementOn("a"), &first).ok());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client_.Append(StatementOn("other" + std::to_string(i))).ok());
  }
  v1::AppendResponse again;
  ASSERT_TRUE(client_.Append(StatementOn("a"), &again).ok());
  EXPECT_TRUE(again.duplicate());
  EXPECT_EQ(again.index(), first.index());
  EXPECT_EQ(again.entry(), first.entry());
  EXPECT_TRUE(CheckAnswer(again).ok());

  ASSERT_EQ(cairnd_.Stop(), 0) << cairnd_.output();
  Cairnd restarted(CairndArgs(directory_.path()));
  ASSERT_TRUE(restarted.running());
  Client client(restarted.address());
  v1::AppendResponse later;
  ASSERT_TRUE(client.Append(StatementOn("a"), &later).ok());
  EXPECT_TRUE(later.duplicate());
  EXPECT_EQ(later.entry(), first.entry());
  EXPECT_TRUE(CheckAnswer(later).ok());
  EXPECT_EQ(client.Newest().size, TreeSize(21));
}

TEST_F(AppendTest, GivesOneIndexToClientsRacingOneStatement) {
  constexpr int kClients = 8;
  std::vector<v1::AppendResponse> answers(kClients);
  std::vector<grpc::Status> statuses(kClients);
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      Client client(cairnd_.address());
      statuses[i] = client.Append(StatementOn("raced"), &answers[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  int originals = 0;
  for (int i = 0; i < kClients; ++i) {
    ASSERT_TRUE(statuses[i].ok()) << statuses[i].error_message();
    EXPECT_EQ(answers[i].index(), 0u);
    EXPECT_TRUE(CheckAnswer(answers[i]).ok());
    originals += answers[i].duplicate() ? 0 : 1;
  }
  EXPECT_EQ(originals, 1);
  EXPECT_EQ(client_.Newest().size, TreeSize(1));
}

TEST_F(AppendTest, RefusesAConflictingStatementNamingTheIndexThatStands) {
  v1::AppendResponse first;
  ASSERT_TRUE(client_.Append(StatementOn("before")).ok());
  ASSERT_TRUE(client_.Append(StatementOn("a"), &first).ok());
  v1::Statement other = StatementOn("a");
  other.set_policy_status(v1::POLICY_STATUS_FAIL);
  const grpc::Status status = client_.Append(other);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ErrorIndex(Details(status)), "1");
  EXPECT_EQ(client_.Newest().size, TreeSize(2));
}

TEST_F(AppendTest, TakesAStatementThatSupersedesTheLatestAndNoOther) {
  ASSERT_TRUE(client_.Append(StatementOn("before")).ok());
  ASSERT_TRUE(client_.Append(StatementOn("a")).ok());
  v1::Statement second = StatementOn("a");
  second.set_policy_status(v1::POLICY_STATUS_PASS);
  second.set_supersedes(1);
  v1::AppendResponse answer;
  ASSERT_TRUE(client_.Append(second, &answer).ok());
  EXPECT_EQ(answer.index(), 2u);
  v1::Statement third = second;
  third.set_policy_status(v1::POLICY_STATUS_FAIL);
  const grpc::Status stale = client_.Append(third);
  EXPECT_EQ(stale.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorIndex(Details(stale)), "2");
  v1::Statement nothing = StatementOn("b");
  nothing.set_supersedes(0);
  EXPECT_EQ(client_.Append(nothing).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  v1::Statement stale_at_0 = StatementOn("before");
  stale_at_0.set_supersedes(7);
  EXPECT_EQ(ErrorIndex(Details(client_.Append(stale_at_0))), "0");
  // Known work is answered, also when it has been superseded since.
  v1::AppendResponse retry;
  ASSERT_TRUE(client_.Append(StatementOn("a"), &retry).ok());
  EXPECT_TRUE(retry.duplicate());
  EXPECT_EQ(retry.index(), 1u);
}

TEST_F(AppendTest, KeepsTracesApart) {
  v1::Statement one = StatementOn("a");
  one.set_trace("run:1");
  v1::Statement two = StatementOn("a");
  two.set_trace("run:2");
  two.set_policy_status(v1::POLICY_STATUS_FAIL);
  ASSERT_TRUE(client_.Append(one).ok());
  v1::AppendResponse answer;
  ASSERT_TRUE(client_.Append(two, &answer).ok());
  EXPECT_EQ(answer.index(), 1u);
}

TEST_F(AppendTest, SurvivesCallersThatGiveUp) {
  // Deadlines that pass before, during and after sequencing.
  for (int i = 0; i < 200; ++i) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::microseconds(i * 20));
    v1::AppendRequest request;
    *request.mutable_statement() = StatementOn("hasty" + std::to_string(i));
    v1::AppendResponse response;
    const grpc::Status status = client_.stub().Append(&context, request, &response);
    EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
        << status.error_message();
  }
  // A retry meets the entry or makes it; never a second one.
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(client_.Append(StatementOn("hasty" + std::to_string(i))).ok());
  }
  EXPECT_EQ(client_.Newest().size, TreeSize(200));
  EXPECT_EQ(cairnd_.Stop(), 0) << cairnd_.output();
}

}  // namespace
}  // namespace cairn::testing
