// AppendStream against the real cairnd: order, exceptions, what is asked for, ends of streams.

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

using grpc::StatusCode;

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() : cairnd_(CairndArgs(directory_.path())), client_(cairnd_.address()) {}

  static v1::AppendStreamRequest Batch(uint64_t id, const std::vector<std::string>& names) {
    v1::AppendStreamRequest request;
    request.set_id(id);
    for (const std::string& name : names) *request.add_statements() = StatementOn(name);
    return request;
  }

  FreshDirectory directory_;
  Cairnd cairnd_;
  Client client_;
};

TEST_F(StreamTest, AnswersBatchesInOrderWithTheirIds) {
  constexpr int kBatches = 100;
  constexpr int kItems = 7;
  const auto context = client_.Context();
  const auto stream = client_.stub().AppendStream(context.get());
  std::thread writer([&] {
    for (int b = 0; b < kBatches; ++b) {
      std::vector<std::string> names;
      for (int i = 0; i < kItems; ++i) names.push_back(absl::StrCat(b, "/", i));
      ASSERT_TRUE(stream->Write(Batch(1000 + b, names)));
    }
    stream->WritesDone();
  });
  v1::AppendStreamResponse answer;
  for (int b = 0; b < kBatches; ++b) {
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.id(), 1000u + b);
    EXPECT_EQ(answer.first_index(), static_cast<uint64_t>(b) * kItems);
    EXPECT_EQ(answer.count(), static_cast<uint32_t>(kItems));
    EXPECT_EQ(answer.exceptions_size(), 0);
    EXPECT_EQ(answer.entries_size(), 0);
    EXPECT_EQ(answer.proofs_size(), 0);
    EXPECT_GE(OpenCheckpoint(answer.checkpoint()).size.value(), answer.first_index() + kItems);
  }
  writer.join();
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, GivesEntriesAndProofsWhenAskedForAlsoOfDuplicates) {
  ASSERT_TRUE(client_.Append(StatementOn("old")).ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client_.Append(StatementOn(absl::StrCat(i))).ok());
  v1::AppendStreamRequest request = Batch(1, {"new", "old", "newer", "new"});
  request.mutable_statements(2)->set_trace("bad trace");
  request.set_want_entries(true);
  request.set_want_proofs(true);
  v1::AppendStreamResponse answer;
  ASSERT_TRUE(client_.AppendBatch(request, &answer).ok());
  EXPECT_EQ(answer.first_index(), 6u);
  EXPECT_EQ(answer.count(), 1u);
  ASSERT_EQ(answer.exceptions_size(), 3);
  EXPECT_EQ(answer.exceptions(0).item(), 1u);
  EXPECT_TRUE(answer.exceptions(0).duplicate());
  EXPECT_EQ(answer.exceptions(0).index(), 0u);
  EXPECT_FALSE(answer.exceptions(0).has_error());
  EXPECT_EQ(answer.exceptions(1).item(), 2u);
  EXPECT_EQ(answer.exceptions(1).error().code(), static_cast<int>(StatusCode::INVALID_ARGUMENT));
  EXPECT_EQ(answer.exceptions(2).item(), 3u);
  EXPECT_TRUE(answer.exceptions(2).duplicate());
  EXPECT_EQ(answer.exceptions(2).index(), 6u);
  ASSERT_EQ(answer.entries_size(), 4);
  ASSERT_EQ(answer.proofs_size(), 4);
  const note::Checkpoint checkpoint = OpenCheckpoint(answer.checkpoint());
  EXPECT_TRUE(CheckInclusion(6, answer.entries(0), answer.proofs(0), checkpoint).ok());
  EXPECT_TRUE(CheckInclusion(0, answer.entries(1), answer.proofs(1), checkpoint).ok());
  EXPECT_EQ(answer.entries(2), "");
  EXPECT_EQ(answer.proofs(2), "");
  EXPECT_TRUE(CheckInclusion(6, answer.entries(3), answer.proofs(3), checkpoint).ok());
}

TEST_F(StreamTest, ConflictsAreExceptionsWithTheIndexThatStands) {
  ASSERT_TRUE(client_.Append(StatementOn("x")).ok());
  ASSERT_TRUE(client_.Append(StatementOn("a")).ok());
  v1::AppendStreamRequest request = Batch(1, {"a", "b"});
  request.mutable_statements(0)->set_policy_status(v1::POLICY_STATUS_FAIL);
  v1::AppendStreamResponse answer;
  ASSERT_TRUE(client_.AppendBatch(request, &answer).ok());
  ASSERT_EQ(answer.exceptions_size(), 1);
  EXPECT_EQ(answer.exceptions(0).error().code(), static_cast<int>(StatusCode::ALREADY_EXISTS));
  EXPECT_EQ(ErrorIndex(answer.exceptions(0).error()), "1");
  EXPECT_EQ(answer.count(), 1u);
  EXPECT_EQ(answer.first_index(), 2u);
}

TEST_F(StreamTest, RefusesABadBatchAsAWholeAndGoesOn) {
  std::vector<v1::AppendStreamRequest> bad;
  bad.push_back(Batch(1, {}));
  bad.push_back(Batch(2, std::vector<std::string>(1025, "same")));
  bad.push_back(Batch(3, {"a", "b"}));
  *bad.back().add_signatures() = v1::Signature();
  bad.push_back(Batch(4, {"a"}));
  bad.back().mutable_batch_signature()->set_key("short");
  bad.push_back(Batch(5, {"a"}));
  *bad.back().add_signatures() = v1::Signature();
  bad.back().mutable_batch_signature();
  bad.push_back(Batch(6, {"a"}));
  bad.back().mutable_statements(0)->set_trace(std::string(1 << 20, 't'));
  const std::vector<std::string> fields = {"statements",          "statements",      "signatures",
                                           "batch_signature.key", "batch_signature", "statements"};
  const auto context = client_.Context();
  const auto stream = client_.stub().AppendStream(context.get());
  v1::AppendStreamResponse answer;
  for (size_t i = 0; i < bad.size(); ++i) {
    ASSERT_TRUE(stream->Write(bad[i]));
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.id(), i + 1);
    EXPECT_EQ(answer.error().code(), static_cast<int>(StatusCode::INVALID_ARGUMENT)) << i;
    EXPECT_EQ(BadField(answer.error()), fields[i]) << i;
    EXPECT_EQ(answer.count(), 0u);
  }
  ASSERT_TRUE(stream->Write(Batch(7, {"good"})));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.count(), 1u);
  EXPECT_EQ(answer.first_index(), 0u);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, TakesTheLargestBatchAndAnswersItWhole) {
  std::vector<std::string> names;
  for (int i = 0; i < 1024; ++i) names.push_back(absl::StrCat(i));
  v1::AppendStreamRequest request = Batch(1, names);
  for (v1::Statement& statement : *request.mutable_statements()) {
    statement.set_trace(std::string(64, 't'));
    statement.set_task(std::string(64, 'k'));
  }
  request.set_want_entries(true);
  request.set_want_proofs(true);
  v1::AppendStreamResponse answer;
  const grpc::Status status = client_.AppendBatch(request, &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(answer.count(), 1024u);
  const note::Checkpoint checkpoint = OpenCheckpoint(answer.checkpoint());
  for (int i = 0; i < 1024; ++i) {
    ASSERT_TRUE(CheckInclusion(i, answer.entries(i), answer.proofs(i), checkpoint).ok()) << i;
  }
}

TEST_F(StreamTest, AMessageThatIsNoBatchEndsTheStreamAfterTheAnswersBeforeIt) {
  grpc::GenericStub generic(client_.channel());
  grpc::CompletionQueue queue;
  const auto context = client_.Context();
  const auto stream = generic.PrepareCall(context.get(), "/cairn.v1.Log/AppendStream", &queue);
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto bytes = [](const std::string& text) {
    const grpc::Slice slice(text);
    return grpc::ByteBuffer(&slice, 1);
  };
  stream->StartCall(nullptr);
  ASSERT_TRUE(next());
  stream->Write(bytes(Batch(1, {"a"}).SerializeAsString()), nullptr);
  ASSERT_TRUE(next());
  stream->Write(bytes("\x0a\xff\xff"), nullptr);
  ASSERT_TRUE(next());
  grpc::ByteBuffer answer;
  stream->Read(&answer, nullptr);
  EXPECT_TRUE(next());
  grpc::Status status;
  stream->Finish(&status, nullptr);
  ASSERT_TRUE(next());
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("cut short"), std::string::npos);
  EXPECT_EQ(client_.Newest().size, TreeSize(1));
}

TEST_F(StreamTest, AMessageThatIsTooLargeEndsTheStream) {
  const auto context = client_.Context();
  const auto stream = client_.stub().AppendStream(context.get());
  v1::AppendStreamResponse answer;
  ASSERT_TRUE(stream->Write(Batch(1, {"a"})));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.count(), 1u);
  v1::AppendStreamRequest large = Batch(2, {"b"});
  large.mutable_statements(0)->set_trace(std::string(2 << 20, 't'));
  stream->Write(large);
  EXPECT_FALSE(stream->Read(&answer));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_NE(status.error_message().find("larger than max"), std::string::npos)
      << status.error_message();
  EXPECT_EQ(client_.Newest().size, TreeSize(1));
}

TEST_F(StreamTest, SurvivesClientsThatVanish) {
  for (int round = 0; round < 50; ++round) {
    const auto context = client_.Context();
    const auto stream = client_.stub().AppendStream(context.get());
    for (int b = 0; b <= round % 5; ++b) {
      v1::AppendStreamRequest request = Batch(b, {absl::StrCat(round, "/", b), "always the same"});
      request.set_want_proofs(true);
      stream->Write(request);
    }
    context->TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::CANCELLED);
  }
  ASSERT_TRUE(client_.Append(StatementOn("still here")).ok());
  EXPECT_EQ(cairnd_.Stop(), 0) << cairnd_.output();
}

}  // namespace
}  // namespace cairn::testing
