// The reading calls against the real cairnd.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

using grpc::StatusCode;

class ReadTest : public ::testing::Test {
 protected:
  ReadTest() : cairnd_(CairndArgs(directory_.path())), client_(cairnd_.address()) {}

  // Appends `count` statements in one batch; returns the checkpoint that covers them.
  note::Checkpoint Grow(int count, const std::string& prefix) {
    v1::AppendStreamRequest request;
    for (int i = 0; i < count; ++i)
      *request.add_statements() = StatementOn(absl::StrCat(prefix, i));
    v1::AppendStreamResponse answer;
    const grpc::Status status = client_.AppendBatch(request, &answer);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(answer.count(), static_cast<uint32_t>(count));
    return OpenCheckpoint(answer.checkpoint());
  }

  FreshDirectory directory_;
  Cairnd cairnd_;
  Client client_;
};

TEST_F(ReadTest, ProvesByIndexInTheNewestAndInEverySmallerTreeWhoseCheckpointIsHeld) {
  const note::Checkpoint old = Grow(300, "a");
  Grow(300, "b");
  for (const uint64_t index : {0, 1, 255, 256, 299}) {
    v1::ProveRequest request;
    request.set_index(index);
    v1::ProveResponse newest;
    ASSERT_TRUE(client_.Prove(request, &newest).ok());
    ASSERT_EQ(newest.entries_size(), 1);
    const note::Checkpoint checkpoint = OpenCheckpoint(newest.checkpoint());
    EXPECT_EQ(newest.tree_size(), 600u);
    EXPECT_TRUE(
        CheckInclusion(index, newest.entries(0).entry(), newest.entries(0).proof(), checkpoint)
            .ok());
    request.set_tree_size(old.size.value());
    v1::ProveResponse then;
    ASSERT_TRUE(client_.Prove(request, &then).ok());
    EXPECT_EQ(then.checkpoint(), "");
    EXPECT_EQ(then.tree_size(), 300u);
    EXPECT_TRUE(CheckInclusion(index, then.entries(0).entry(), then.entries(0).proof(), old).ok());
  }
}

TEST_F(ReadTest, ProvesByHashAllThatWasStatedInPages) {
  constexpr int kStated = 70;
  for (int i = 0; i < kStated; ++i) {
    v1::Statement statement = StatementOn("much discussed");
    statement.set_trace(absl::StrCat("run:", i));
    ASSERT_TRUE(client_.Append(statement).ok());
  }
  v1::ProveRequest request;
  request.set_certificate_hash(std::string(HashOf("much discussed").view()));
  v1::ProveResponse page;
  ASSERT_TRUE(client_.Prove(request, &page).ok());
  EXPECT_EQ(page.entries_size(), 64);
  ASSERT_TRUE(page.has_next_index());
  EXPECT_EQ(page.next_index(), 64u);
  const note::Checkpoint checkpoint = OpenCheckpoint(page.checkpoint());
  for (const v1::ProvenEntry& proven : page.entries()) {
    EXPECT_TRUE(CheckInclusion(proven.index(), proven.entry(), proven.proof(), checkpoint).ok());
  }
  request.set_from_index(page.next_index());
  ASSERT_TRUE(client_.Prove(request, &page).ok());
  EXPECT_EQ(page.entries_size(), 6);
  EXPECT_FALSE(page.has_next_index());
  EXPECT_EQ(page.entries(0).index(), 64u);
  request.set_from_index(0);
  request.set_tree_size(3);
  request.set_certifier("anonymous");
  ASSERT_TRUE(client_.Prove(request, &page).ok());
  EXPECT_EQ(page.entries_size(), 3);
  EXPECT_FALSE(page.has_next_index());
}

TEST_F(ReadTest, LinksEveryPairOfCheckpointsByAConsistencyProof) {
  std::vector<note::Checkpoint> checkpoints;
  for (const int step : {1, 1, 5, 250, 400}) {
    checkpoints.push_back(Grow(step, absl::StrCat("step", checkpoints.size(), "/")));
  }
  for (size_t i = 0; i < checkpoints.size(); ++i) {
    for (size_t j = i; j < checkpoints.size(); ++j) {
      v1::GetConsistencyRequest request;
      request.set_old_size(checkpoints[i].size.value());
      request.set_new_size(checkpoints[j].size.value());
      v1::GetConsistencyResponse response;
      ASSERT_TRUE(client_.stub().GetConsistency(client_.Context().get(), request, &response).ok());
      EXPECT_EQ(response.checkpoint(), "");
      EXPECT_TRUE(merkle::VerifyConsistency(checkpoints[i].size, checkpoints[j].size,
                                            checkpoints[i].root, checkpoints[j].root,
                                            *merkle::ParseProof(response.proof()))
                      .ok());
    }
  }
  v1::GetConsistencyRequest request;
  request.set_old_size(1);
  v1::GetConsistencyResponse response;
  ASSERT_TRUE(client_.stub().GetConsistency(client_.Context().get(), request, &response).ok());
  EXPECT_EQ(response.new_size(), 657u);
  EXPECT_EQ(OpenCheckpoint(response.checkpoint()).root, checkpoints.back().root);
}

TEST_F(ReadTest, ListsEntriesInMessagesOfAtMostOneMebibyte) {
  constexpr int kBatches = 12;
  for (int b = 0; b < kBatches; ++b) {
    v1::AppendStreamRequest request;
    for (int i = 0; i < 1024; ++i) {
      *request.add_statements() = StatementOn(absl::StrCat(b, "/", i));
      request.mutable_statements(i)->set_trace(std::string(64, 't'));
    }
    v1::AppendStreamResponse answer;
    ASSERT_TRUE(client_.AppendBatch(request, &answer).ok());
    ASSERT_EQ(answer.count(), 1024u);
  }
  std::vector<std::string> entries;
  std::vector<size_t> message_bytes;
  ASSERT_TRUE(client_.List(0, kBatches * 1024, &entries, &message_bytes).ok());
  ASSERT_EQ(entries.size(), kBatches * 1024u);
  EXPECT_GT(message_bytes.size(), 1u);
  for (const size_t bytes : message_bytes) EXPECT_LE(bytes, size_t{1} << 20);
  std::vector<std::string> middle;
  ASSERT_TRUE(client_.List(1000, 1030, &middle).ok());
  EXPECT_EQ(middle, std::vector<std::string>(entries.begin() + 1000, entries.begin() + 1030));
}

TEST_F(ReadTest, WatchingShowsTheNewestAndThenOnlyLargerTrees) {
  ASSERT_TRUE(client_.Append(StatementOn("a")).ok());
  const auto context = client_.Context();
  v1::WatchCheckpointsRequest request;
  const auto watch = client_.stub().WatchCheckpoints(context.get(), request);
  v1::WatchCheckpointsResponse seen;
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(OpenCheckpoint(seen.checkpoint()).size, TreeSize(1));
  // Not read meanwhile: what lies between may be skipped, the newest may not.
  constexpr uint64_t kLast = 200;
  for (uint64_t i = 1; i < kLast; ++i) {
    ASSERT_TRUE(client_.Append(StatementOn(absl::StrCat(i))).ok());
  }
  uint64_t last = 1;
  while (last < kLast) {
    ASSERT_TRUE(watch->Read(&seen));
    const uint64_t size = OpenCheckpoint(seen.checkpoint()).size.value();
    EXPECT_GT(size, last);
    last = size;
  }
  context->TryCancel();
  EXPECT_EQ(watch->Finish().error_code(), StatusCode::CANCELLED);

  const auto later_context = client_.Context();
  request.set_after_size(kLast);
  request.set_kind(v1::CHECKPOINT_KIND_PUBLISHED);
  const auto later = client_.stub().WatchCheckpoints(later_context.get(), request);
  ASSERT_TRUE(client_.Append(StatementOn("one more")).ok());
  ASSERT_TRUE(later->Read(&seen));
  EXPECT_EQ(OpenCheckpoint(seen.checkpoint()).size, TreeSize(kLast + 1));
  later_context->TryCancel();
  EXPECT_EQ(later->Finish().error_code(), StatusCode::CANCELLED);
}

TEST_F(ReadTest, AnEmptyLogHasACheckpointAndNothingElse) {
  EXPECT_EQ(client_.Newest().size, TreeSize(0));
  EXPECT_EQ(client_.Newest().root, merkle::EmptyRoot());
  std::vector<std::string> entries;
  EXPECT_TRUE(client_.List(0, 0, &entries).ok());
  v1::ProveRequest request;
  request.set_index(0);
  EXPECT_EQ(client_.Prove(request).error_code(), StatusCode::OUT_OF_RANGE);
}

TEST_F(ReadTest, HealthSaysServing) {
  // grpc.health.v1: request {service = 1}, response {status = 1: SERVING = 1}.
  EXPECT_EQ(client_.CallOther("/grpc.health.v1.Health/Check", ""), std::string("\x08\x01"));
  EXPECT_EQ(client_.CallOther("/grpc.health.v1.Health/Check",
                              "\x0a\x0c"
                              "cairn.v1.Log"),
            std::string("\x08\x01"));
}

TEST_F(ReadTest, ReflectionNamesTheService) {
  // grpc.reflection.v1alpha: request {list_services = 7}.
  const std::string answer = client_.CallOther(
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3a\x01*"));
  EXPECT_NE(answer.find("cairn.v1.Log"), std::string::npos);
}

}  // namespace
}  // namespace cairn::testing
