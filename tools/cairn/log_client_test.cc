#include "tools/cairn/log_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <queue>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/any.pb.h"
#include "proto/google_rpc.pb.h"
#include "tools/cairn/error_code.h"
#include "tools/cairn/testing/local_server.h"

namespace cairn::cli {
namespace {

using ::testing::HasSubstr;

// Answers with what it was told to, then well.
class FakeLog : public v1::Log::Service {
 public:
  std::string address() const { return server_.address(); }

  void FailNext(grpc::Status status) { failures_.push(std::move(status)); }

  int calls = 0;
  std::string authorization;
  // Of ListEntries: answers before the failure.
  int answers_before_failure = 0;

 private:
  grpc::Status Next(grpc::ServerContext* context) {
    ++calls;
    const auto token = context->client_metadata().find("authorization");
    if (token != context->client_metadata().end()) {
      authorization = std::string(token->second.data(), token->second.size());
    }
    if (failures_.empty()) return grpc::Status::OK;
    const grpc::Status status = failures_.front();
    failures_.pop();
    return status;
  }

  grpc::Status Append(grpc::ServerContext* context, const v1::AppendRequest*,
                      v1::AppendResponse* response) override {
    response->set_index(7);
    return Next(context);
  }

  grpc::Status ListEntries(grpc::ServerContext* context, const v1::ListEntriesRequest* request,
                           grpc::ServerWriter<v1::ListEntriesResponse>* writer) override {
    const grpc::Status status = Next(context);
    const uint64_t end = status.ok() ? request->end() : answers_before_failure;
    for (uint64_t i = request->begin(); i < end; ++i) {
      v1::ListEntriesResponse response;
      response.set_first_index(i);
      response.add_entries("entry");
      writer->Write(response);
    }
    return status;
  }

  std::queue<grpc::Status> failures_;
  testing::LocalServer server_{this};
};

std::unique_ptr<LogClient> Connect(const FakeLog& log, absl::Duration timeout = absl::Seconds(20)) {
  LogClientOptions options;
  options.address = log.address();
  options.timeout = timeout;
  options.token = "secret";
  return LogClient::Create(options);
}

grpc::Status WithRetryInfo(int64_t seconds) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(seconds);
  google::rpc::Status details;
  details.add_details()->PackFrom(retry);
  return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "queue full",
                      details.SerializeAsString());
}

TEST(LogClient, SendsTheToken) {
  FakeLog log;
  ASSERT_TRUE(Connect(log)->Append({}).ok());
  EXPECT_EQ(log.authorization, "Bearer secret");
}

TEST(LogClient, TriesAgainWhereThatCanHelp) {
  FakeLog log;
  log.FailNext(grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping"));
  log.FailNext(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "queue full"));
  const absl::StatusOr<v1::AppendResponse> answer = Connect(log)->Append({});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->index(), 7u);
  EXPECT_EQ(log.calls, 3);
}

TEST(LogClient, TakesOtherErrorsAsTheyAre) {
  FakeLog log;
  log.FailNext(grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "unknown certifier"));
  const absl::StatusOr<v1::AppendResponse> answer = Connect(log)->Append({});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(answer.status().message(), absl::StrCat(log.address(), ": unknown certifier"));
  EXPECT_EQ(log.calls, 1);
}

TEST(LogClient, LeavesInvalidArgumentToItsCallers) {
  FakeLog log;
  log.FailNext(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no such field"));
  const absl::StatusOr<v1::AppendResponse> answer = Connect(log)->Append({});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(answer.status().message(), absl::StrCat(log.address(), ": no such field"));
}

TEST(LogClient, WaitsAsLongAsTheLogAsks) {
  FakeLog log;
  log.FailNext(WithRetryInfo(1));
  const absl::Time start = absl::Now();
  ASSERT_TRUE(Connect(log)->Append({}).ok());
  EXPECT_GE(absl::Now() - start, absl::Seconds(1));
  EXPECT_EQ(log.calls, 2);
}

TEST(LogClient, GivesUpAtOnceWhenTheLogAsksForMoreThanTheTimeout) {
  FakeLog log;
  log.FailNext(WithRetryInfo(3600));
  const absl::StatusOr<v1::AppendResponse> answer = Connect(log)->Append({});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(log.calls, 1);
}

TEST(LogClient, SaysSoonThatNothingListens) {
  LogClientOptions options;
  {
    FakeLog log;
    options.address = log.address();
  }
  options.timeout = absl::Seconds(60);
  const absl::Time start = absl::Now();
  const absl::StatusOr<v1::AppendResponse> answer = LogClient::Create(options)->Append({});
  EXPECT_LT(absl::Now() - start, absl::Seconds(20)) << "long before the timeout";
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorCodeOf(answer.status()), "nothing_listens");
  EXPECT_THAT(std::string(answer.status().message()),
              HasSubstr(absl::StrCat("nothing listens on ", options.address)));
  EXPECT_EQ(ErrorCodeOf(LogClient::Create(options)->Connect()), "nothing_listens");
}

TEST(LogClient, SaysThatALogDoesNotSpeakTls) {
  const FakeLog log;
  LogClientOptions options;
  options.address = log.address();
  options.tls = true;
  options.timeout = absl::Seconds(60);
  const absl::Status status = LogClient::Create(options)->Connect();
  EXPECT_EQ(ErrorCodeOf(status), "wants_plain_text");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("this log speaks plain text: leave out --tls"));
}

TEST(LogClient, SaysThatAnAnswerTakesTooLong) {
  FakeLog log;
  log.FailNext(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"));
  const absl::StatusOr<v1::AppendResponse> answer = Connect(log)->Append({});
  EXPECT_EQ(ErrorCodeOf(answer.status()), "timed_out");
  EXPECT_EQ(answer.status().message(),
            absl::StrCat(log.address(), ": no answer within the --timeout of 20s"));
}

TEST(LogClient, ListsAgainWhatFailedBeforeTheFirstAnswer) {
  FakeLog log;
  log.FailNext(grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping"));
  v1::ListEntriesRequest request;
  request.set_end(3);
  std::vector<uint64_t> taken;
  const absl::Status listed = Connect(log)->ListEntries(request, [&](const auto& answer) {
    taken.push_back(answer.first_index());
    return absl::OkStatus();
  });
  EXPECT_TRUE(listed.ok()) << listed;
  EXPECT_THAT(taken, ::testing::ElementsAre(0, 1, 2));
}

TEST(LogClient, HandsOutNoEntryTwiceWhenListingBreaksOff) {
  FakeLog log;
  log.answers_before_failure = 2;
  log.FailNext(grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping"));
  v1::ListEntriesRequest request;
  request.set_end(3);
  std::vector<uint64_t> taken;
  const absl::Status listed = Connect(log)->ListEntries(request, [&](const auto& answer) {
    taken.push_back(answer.first_index());
    return absl::OkStatus();
  });
  EXPECT_EQ(listed.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(taken, ::testing::ElementsAre(0, 1));
}

TEST(LogClient, EndsAListingThatItsCallerRefuses) {
  FakeLog log;
  v1::ListEntriesRequest request;
  request.set_end(3);
  const absl::Status listed = Connect(log)->ListEntries(
      request, [](const auto&) { return absl::InvalidArgumentError("not these"); });
  EXPECT_EQ(listed.message(), "not these");
}

}  // namespace
}  // namespace cairn::cli
