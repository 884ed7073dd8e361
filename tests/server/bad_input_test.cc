// Everything a client can get wrong, each with its code, and a message that names what is wrong.

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

using grpc::StatusCode;

class BadInputTest : public ::testing::Test {
 protected:
  BadInputTest() : cairnd_(CairndArgs(directory_.path())), client_(cairnd_.address()) {
    for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(client_.Append(StatementOn(name)).ok());
  }
  // Nothing of what was refused left a trace, and the server goes on.
  ~BadInputTest() override { EXPECT_EQ(client_.Newest().size, TreeSize(3)); }

  FreshDirectory directory_;
  Cairnd cairnd_;
  Client client_;
};

struct BadStatement {
  std::string field;
  std::function<void(v1::Statement&)> spoil;
};

std::vector<BadStatement> BadStatements() {
  const std::string long_text(65, 'x');
  return {
      {"certificate_hash", [](v1::Statement& s) { s.clear_certificate_hash(); }},
      {"certificate_hash", [](v1::Statement& s) { s.mutable_certificate_hash()->resize(31); }},
      {"certificate_hash", [](v1::Statement& s) { s.mutable_certificate_hash()->resize(33); }},
      {"policy_status",
       [](v1::Statement& s) { s.set_policy_status(static_cast<v1::PolicyStatus>(4)); }},
      {"policy_status",
       [](v1::Statement& s) { s.set_policy_status(static_cast<v1::PolicyStatus>(-1)); }},
      {"supersedes", [](v1::Statement& s) { s.set_supersedes(~uint64_t{0}); }},
      {"supersedes", [](v1::Statement& s) { s.set_supersedes(uint64_t{1} << 63); }},
      {"supersedes", [](v1::Statement& s) { s.set_supersedes((uint64_t{1} << 63) - 1); }},
      {"certifier", [long_text](v1::Statement& s) { s.set_certifier(long_text); }},
      {"certifier", [](v1::Statement& s) { s.set_certifier("two words"); }},
      {"trace", [long_text](v1::Statement& s) { s.set_trace(long_text); }},
      {"trace", [](v1::Statement& s) { s.set_trace("a/b"); }},
      {"trace", [](v1::Statement& s) { s.set_trace(std::string("a\0b", 3)); }},
      {"task", [long_text](v1::Statement& s) { s.set_task(long_text); }},
      {"task", [](v1::Statement& s) { s.set_task("\xc3\xa9"); }},
  };
}

TEST_F(BadInputTest, AppendNamesTheFieldThatIsWrong) {
  for (const BadStatement& bad : BadStatements()) {
    v1::Statement statement = StatementOn("new");
    bad.spoil(statement);
    const grpc::Status status = client_.Append(statement);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << bad.field;
    EXPECT_EQ(BadField(status), "statement." + bad.field);
    EXPECT_NE(status.error_message().find(bad.field), std::string::npos) << status.error_message();
  }
}

TEST_F(BadInputTest, ABatchNamesTheItemAndFieldThatIsWrongAndTakesTheRest) {
  for (const BadStatement& bad : BadStatements()) {
    v1::AppendStreamRequest request;
    *request.add_statements() = StatementOn("a");
    *request.add_statements() = StatementOn("new");
    bad.spoil(*request.mutable_statements(1));
    *request.add_statements() = StatementOn("b");
    v1::AppendStreamResponse answer;
    const grpc::Status status = client_.AppendBatch(request, &answer);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(answer.exceptions_size(), 3) << bad.field;
    EXPECT_TRUE(answer.exceptions(0).duplicate());
    EXPECT_EQ(answer.exceptions(1).item(), 1u);
    EXPECT_EQ(answer.exceptions(1).error().code(), static_cast<int>(StatusCode::INVALID_ARGUMENT));
    EXPECT_EQ(BadField(answer.exceptions(1).error()), "statements[1]." + bad.field);
    EXPECT_TRUE(answer.exceptions(2).duplicate());
    EXPECT_EQ(answer.exceptions(2).index(), 1u);
  }
}

TEST_F(BadInputTest, AppendRefusesWhatIsMissingUnknownOrCannotBeHad) {
  v1::AppendRequest request;
  grpc::Status status = client_.Append(request, nullptr);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(BadField(status), "statement");
  *request.mutable_statement() = StatementOn("new");
  request.set_wait_for(static_cast<v1::WaitFor>(7));
  status = client_.Append(request, nullptr);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(BadField(status), "wait_for");
  request.set_wait_for(v1::WAIT_FOR_COSIGNED);
  status = client_.Append(request, nullptr);
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_NE(status.error_message().find("witness"), std::string::npos);
}

TEST_F(BadInputTest, SignaturesOfOtherLengthsAreNamed) {
  v1::AppendRequest request;
  *request.mutable_statement() = StatementOn("new");
  request.mutable_statement()->set_certifier("acme");
  request.mutable_signature()->set_key(std::string(31, 'k'));
  request.mutable_signature()->set_signature(std::string(64, 's'));
  grpc::Status status = client_.Append(request, nullptr);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(BadField(status), "signature.key");
  request.mutable_signature()->set_key(std::string(32, 'k'));
  request.mutable_signature()->set_signature(std::string(65, 's'));
  status = client_.Append(request, nullptr);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(BadField(status), "signature.signature");
}

TEST_F(BadInputTest, TruncatedMessagesAreInvalidOnEveryMethod) {
  v1::AppendRequest request;
  *request.mutable_statement() = StatementOn("new");
  const std::string whole = request.SerializeAsString();
  for (size_t size = 1; size < whole.size(); ++size) {
    const grpc::Status status = client_.SendRaw("Append", whole.substr(0, size));
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << size;
  }
  const std::string not_protobuf = "\x0a\xff\xff\xff";
  for (const char* method :
       {"Append", "Prove", "GetConsistency", "GetCheckpoint", "WatchCheckpoints", "ListEntries"}) {
    const grpc::Status status = client_.SendRaw(method, not_protobuf);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << method;
    EXPECT_NE(status.error_message().find("cut short"), std::string::npos)
        << method << ": " << status.error_message();
  }
}

TEST_F(BadInputTest, OversizedMessagesAreRefusedBeforeTheyAreParsed) {
  const grpc::Status status = client_.SendRaw("Append", std::string(2 << 20, '\0'));
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_NE(status.error_message().find("larger than max"), std::string::npos);
}

TEST_F(BadInputTest, UnknownMethodsAreUnimplemented) {
  EXPECT_EQ(client_.SendRaw("Forget", "").error_code(), StatusCode::UNIMPLEMENTED);
}

TEST_F(BadInputTest, ProveRefusesWhatIsNotInTheTree) {
  struct Case {
    StatusCode code;
    std::string says;
    std::function<void(v1::ProveRequest&)> make;
  };
  const std::string known(HashOf("b").view());
  const std::vector<Case> cases = {
      {StatusCode::INVALID_ARGUMENT, "target", [](v1::ProveRequest&) {}},
      {StatusCode::INVALID_ARGUMENT, "certificate_hash",
       [](v1::ProveRequest& r) { r.set_certificate_hash("short"); }},
      {StatusCode::OUT_OF_RANGE, "index", [](v1::ProveRequest& r) { r.set_index(3); }},
      {StatusCode::OUT_OF_RANGE, "index", [](v1::ProveRequest& r) { r.set_index(~uint64_t{0}); }},
      {StatusCode::INVALID_ARGUMENT, "tree_size",
       [](v1::ProveRequest& r) {
         r.set_index(0);
         r.set_tree_size(0);
       }},
      {StatusCode::OUT_OF_RANGE, "tree_size",
       [](v1::ProveRequest& r) {
         r.set_index(0);
         r.set_tree_size(4);
       }},
      {StatusCode::OUT_OF_RANGE, "tree_size",
       [](v1::ProveRequest& r) {
         r.set_index(0);
         r.set_tree_size(~uint64_t{0});
       }},
      {StatusCode::OUT_OF_RANGE, "index",
       [](v1::ProveRequest& r) {
         r.set_index(2);
         r.set_tree_size(2);
       }},
      {StatusCode::INVALID_ARGUMENT, "certifier",
       [](v1::ProveRequest& r) {
         r.set_index(0);
         r.set_certifier("acme");
       }},
      {StatusCode::INVALID_ARGUMENT, "from_index",
       [](v1::ProveRequest& r) {
         r.set_index(0);
         r.set_from_index(1);
       }},
      {StatusCode::INVALID_ARGUMENT, "certifier",
       [known](v1::ProveRequest& r) {
         r.set_certificate_hash(known);
         r.set_certifier("a b");
       }},
      {StatusCode::NOT_FOUND, "certifier",
       [known](v1::ProveRequest& r) {
         r.set_certificate_hash(known);
         r.set_certifier("acme");
       }},
      {StatusCode::NOT_FOUND, "from",
       [known](v1::ProveRequest& r) {
         r.set_certificate_hash(known);
         r.set_from_index(~uint64_t{0});
       }},
      {StatusCode::NOT_FOUND, "size 1",
       [known](v1::ProveRequest& r) {
         r.set_certificate_hash(known);
         r.set_tree_size(1);
       }},
      {StatusCode::NOT_FOUND, "hash",
       [](v1::ProveRequest& r) { r.set_certificate_hash(std::string(32, 'x')); }},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    v1::ProveRequest request;
    cases[i].make(request);
    const grpc::Status status = client_.Prove(request);
    EXPECT_EQ(status.error_code(), cases[i].code) << i << ": " << status.error_message();
    EXPECT_NE(status.error_message().find(cases[i].says), std::string::npos)
        << i << ": " << status.error_message();
  }
}

TEST_F(BadInputTest, GetConsistencyRefusesSizesThatNoProofLinks) {
  struct Case {
    StatusCode code;
    uint64_t old_size;
    std::optional<uint64_t> new_size;
  };
  const std::vector<Case> cases = {
      {StatusCode::INVALID_ARGUMENT, 0, std::nullopt},
      {StatusCode::INVALID_ARGUMENT, 0, 2},
      {StatusCode::INVALID_ARGUMENT, 3, 2},
      {StatusCode::INVALID_ARGUMENT, 1, 0},
      {StatusCode::OUT_OF_RANGE, 4, std::nullopt},
      {StatusCode::OUT_OF_RANGE, 1, 4},
      {StatusCode::OUT_OF_RANGE, ~uint64_t{0}, std::nullopt},
      {StatusCode::OUT_OF_RANGE, 1, ~uint64_t{0}},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    v1::GetConsistencyRequest request;
    request.set_old_size(cases[i].old_size);
    if (cases[i].new_size.has_value()) request.set_new_size(*cases[i].new_size);
    v1::GetConsistencyResponse response;
    const grpc::Status status =
        client_.stub().GetConsistency(client_.Context().get(), request, &response);
    EXPECT_EQ(status.error_code(), cases[i].code) << i << ": " << status.error_message();
    EXPECT_NE(status.error_message().find("size"), std::string::npos);
  }
}

TEST_F(BadInputTest, ListEntriesRefusesRangesThatAreNotThere) {
  std::vector<std::string> entries;
  EXPECT_EQ(client_.List(2, 1, &entries).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(client_.List(0, 4, &entries).error_code(), StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(client_.List(0, ~uint64_t{0}, &entries).error_code(), StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(client_.List(~uint64_t{0}, ~uint64_t{0}, &entries).error_code(),
            StatusCode::OUT_OF_RANGE);
  EXPECT_TRUE(entries.empty());
  EXPECT_TRUE(client_.List(3, 3, &entries).ok());
}

TEST_F(BadInputTest, UnknownCheckpointKindsAreNamed) {
  v1::GetCheckpointRequest get;
  get.set_kind(static_cast<v1::CheckpointKind>(9));
  v1::GetCheckpointResponse response;
  const grpc::Status got = client_.stub().GetCheckpoint(client_.Context().get(), get, &response);
  EXPECT_EQ(got.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(BadField(got), "kind");
  v1::WatchCheckpointsRequest watch;
  watch.set_kind(static_cast<v1::CheckpointKind>(9));
  EXPECT_EQ(client_.SendRaw("WatchCheckpoints", watch.SerializeAsString()).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace cairn::testing
