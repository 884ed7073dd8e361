// `cairn bench` with a log that is sound but for one thing: a server in front of a real cairnd
// changes an answer on its way.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/log_service.grpc.pb.h"
#include "tests/cli/cairn.h"
#include "tests/testing/cairnd.h"
#include "tools/cairn/testing/local_server.h"

namespace cairn {
namespace {

using testing::CairnResult;
using ::testing::HasSubstr;
using testing::Join;
using testing::RunCairn;

// Hands on what it is asked and what is answered, after the member of that name has seen it.
class LyingServer : public v1::Log::Service {
 public:
  explicit LyingServer(const std::string& address)
      : log_(v1::Log::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {}

  std::string address() const { return server_.address(); }

  std::function<void(v1::AppendResponse&)> append = [](auto&) {};
  std::function<void(v1::AppendStreamResponse&)> append_stream = [](auto&) {};
  std::function<grpc::Status(v1::ProveResponse&)> prove = [](auto&) { return grpc::Status::OK; };

 private:
  using Stream = grpc::ServerReaderWriter<v1::AppendStreamResponse, v1::AppendStreamRequest>;

  grpc::Status Append(grpc::ServerContext*, const v1::AppendRequest* request,
                      v1::AppendResponse* response) override {
    grpc::ClientContext context;
    const grpc::Status status = log_->Append(&context, *request, response);
    append(*response);
    return status;
  }
  grpc::Status AppendStream(grpc::ServerContext*, Stream* stream) override {
    grpc::ClientContext context;
    const auto log = log_->AppendStream(&context);
    v1::AppendStreamRequest request;
    v1::AppendStreamResponse response;
    while (stream->Read(&request) && log->Write(request) && log->Read(&response)) {
      append_stream(response);
      stream->Write(response);
    }
    log->WritesDone();
    return log->Finish();
  }
  grpc::Status Prove(grpc::ServerContext*, const v1::ProveRequest* request,
                     v1::ProveResponse* response) override {
    grpc::ClientContext context;
    const grpc::Status status = log_->Prove(&context, *request, response);
    return status.ok() ? prove(*response) : status;
  }
  grpc::Status GetCheckpoint(grpc::ServerContext*, const v1::GetCheckpointRequest* request,
                             v1::GetCheckpointResponse* response) override {
    grpc::ClientContext context;
    return log_->GetCheckpoint(&context, *request, response);
  }

  const std::unique_ptr<v1::Log::Stub> log_;
  testing::LocalServer server_{this};
};

class BenchLies : public ::testing::Test {
 protected:
  CairnResult Run(const std::vector<std::string>& args) const {
    return RunCairn(Join({"bench", "--log", server_.address(), "--log_key", testing::kTestVkey,
                          "--entries", "300", "--warmup", "0"},
                         args));
  }
  void ExpectFalse(const std::string& why, const std::vector<std::string>& args = {}) const {
    const CairnResult result = Run(args);
    EXPECT_EQ(result.code, 1) << why;
    EXPECT_THAT(result.err, HasSubstr(why));
  }

  testing::FreshDirectory directory_;
  testing::Cairnd log_{testing::CairndArgs(directory_.path())};
  LyingServer server_{log_.address()};
};

// Turns one byte over.
void Spoil(std::string& bytes, size_t at) { bytes[at] = static_cast<char>(bytes[at] ^ 1); }

TEST_F(BenchLies, WithoutALieAllIsWell) {
  for (const std::vector<std::string>& args : {std::vector<std::string>{},
                                               {"--mode", "stream"},
                                               {"--mode", "stream", "--want_proofs"},
                                               {"--mode", "proof", "--hashes", "100"},
                                               {"--duplicates", "0.3"}}) {
    const CairnResult result = Run(args);
    EXPECT_EQ(result.code, 0) << result.err;
  }
}

TEST_F(BenchLies, ANewStatementCalledADuplicate) {
  server_.append = [](auto& response) { response.set_duplicate(true); };
  ExpectFalse("a new statement was answered as a duplicate");
  server_.append_stream = [](auto& response) {
    auto& exception = *response.add_exceptions();
    exception.set_duplicate(true);
    exception.set_index(0);
    response.set_count(response.count() - 1);
  };
  ExpectFalse("a new statement was answered as a duplicate", {"--mode", "stream"});
}

TEST_F(BenchLies, ADuplicateTakenAsNewOrPutElsewhere) {
  const std::vector<std::string> args = {"--duplicates", "0.5"};
  server_.append = [](auto& response) { response.set_duplicate(false); };
  ExpectFalse("was taken as new", args);
  server_.append = [](auto& response) {
    if (response.duplicate()) response.set_index(response.index() + 1);
  };
  ExpectFalse("was answered as being at", args);
  const std::vector<std::string> streamed = Join(args, {"--mode", "stream", "--batch", "20"});
  server_.append_stream = [](auto& response) { response.clear_exceptions(); };
  ExpectFalse("was taken as new", streamed);
  server_.append_stream = [](auto& response) {
    for (auto& exception : *response.mutable_exceptions()) exception.set_index(1'000'000);
  };
  ExpectFalse("was answered as being at", streamed);
}

TEST_F(BenchLies, AnEntryOrAProofThatIsNotSound) {
  // The last byte of the hash, of the first node, of the text.
  server_.append = [](auto& response) { Spoil(*response.mutable_entry(), 41); };
  ExpectFalse("is not the statement that was sent");
  server_.append = [](auto& response) {
    if (!response.proof().empty()) Spoil(*response.mutable_proof(), 31);
  };
  ExpectFalse("root");
  server_.append = [](auto& response) { Spoil(*response.mutable_checkpoint(), 3); };
  ExpectFalse("its checkpoint: ");
  server_.append = [](auto&) {};
  server_.append_stream = [](auto& response) { Spoil(*response.mutable_checkpoint(), 3); };
  ExpectFalse("its checkpoint: ", {"--mode", "stream"});
  server_.append_stream = [](auto& response) {
    for (std::string& entry : *response.mutable_entries()) Spoil(entry, 41);
  };
  ExpectFalse("is not the statement that was sent", {"--mode", "stream", "--want_proofs"});
}

TEST_F(BenchLies, BatchesThatDoNotAddUp) {
  const std::vector<std::string> args = {"--mode", "stream"};
  server_.append_stream = [](auto& response) { response.set_count(response.count() - 1); };
  ExpectFalse("do not fit together", args);
  server_.append_stream = [](auto& response) { response.set_id(response.id() + 1); };
  ExpectFalse("was answered as batch", args);
}

TEST_F(BenchLies, WhatWasAcknowledgedAndIsNotThere) {
  for (const std::string mode : {"unary", "stream"}) {
    server_.prove = [](auto&) { return grpc::Status(grpc::StatusCode::NOT_FOUND, "none"); };
    ExpectFalse("is not found again", {"--mode", mode});
    server_.prove = [](auto& response) {
      response.mutable_entries(0)->set_index(1'000'000);
      return grpc::Status::OK;
    };
    ExpectFalse("is found elsewhere", {"--mode", mode});
  }
  // An index that is not the entry's, from the first answer on.
  server_.prove = [](auto&) { return grpc::Status::OK; };
  server_.append_stream = [](auto& response) {
    response.set_first_index(response.first_index() + 1);
  };
  EXPECT_EQ(Run({"--mode", "stream"}).code, 1);
}

TEST_F(BenchLies, ProofsOfSomethingElse) {
  ASSERT_EQ(Run({}).code, 0);
  server_.prove = [](auto& response) {
    if (!response.checkpoint().empty()) Spoil(*response.mutable_entries(0)->mutable_entry(), 41);
    return grpc::Status::OK;
  };
  const std::vector<std::string> args = {"--mode", "proof", "--hashes", "100"};
  ExpectFalse("is on another certificate than was asked for", args);
  server_.prove = [](auto& response) {
    if (!response.checkpoint().empty()) response.clear_entries();
    return grpc::Status::OK;
  };
  ExpectFalse("does not find the entry", args);
}

}  // namespace
}  // namespace cairn
