// `cairn` with a log that answers what a sound one would not.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/statement.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/proof_bytes.h"
#include "proto/log_service.grpc.pb.h"
#include "tests/cli/cairn.h"
#include "tests/testing/vectors.h"
#include "tools/cairn/testing/local_server.h"

namespace cairn {
namespace {

namespace example = evidence::testing;
namespace fs = std::filesystem;
using testing::CairnResult;
using ::testing::HasSubstr;
using testing::Join;
using testing::RunCairn;

// Answers as its members say.
class FakeLog : public v1::Log::Service {
 public:
  std::string address() const { return server_.address(); }

  std::function<grpc::Status(const v1::AppendRequest&, v1::AppendResponse&)> append;
  std::function<grpc::Status(const v1::ProveRequest&, v1::ProveResponse&)> prove;
  // Writes nothing but this.
  std::function<grpc::Status(const v1::ListEntriesRequest&, v1::ListEntriesResponse&)> list;
  std::string checkpoint;

 private:
  grpc::Status GetCheckpoint(grpc::ServerContext*, const v1::GetCheckpointRequest*,
                             v1::GetCheckpointResponse* response) override {
    response->set_checkpoint(checkpoint);
    return grpc::Status::OK;
  }
  grpc::Status Append(grpc::ServerContext*, const v1::AppendRequest* request,
                      v1::AppendResponse* response) override {
    return append(*request, *response);
  }

  grpc::Status Prove(grpc::ServerContext*, const v1::ProveRequest* request,
                     v1::ProveResponse* response) override {
    return prove(*request, *response);
  }

  grpc::Status ListEntries(grpc::ServerContext*, const v1::ListEntriesRequest* request,
                           grpc::ServerWriter<v1::ListEntriesResponse>* writer) override {
    v1::ListEntriesResponse response;
    const grpc::Status status = list(*request, response);
    if (status.ok()) writer->Write(response);
    return status;
  }

  testing::LocalServer server_{this};
};

std::string Checkpoint(const note::SignerKey& log_key, absl::string_view entry) {
  std::vector<note::SignerKey> keys;
  keys.push_back(*note::SignerKey::Parse(log_key.FormatSecret()));
  const note::CheckpointSigner signer = *note::CheckpointSigner::Create(std::move(keys));
  return *signer.Sign({.origin = signer.origin(),
                       .size = TreeSize(1),
                       .root = merkle::HashLeaf(entry),
                       .extensions = {}});
}

class LyingLog : public ::testing::Test {
 protected:
  LyingLog() : directory_(fs::path(::testing::TempDir()) / "lying_log_test") {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    log_.checkpoint = Checkpoint(example::LogKey(), "entry");
  }

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
    return Path(name);
  }
  CairnResult Ask(const std::vector<std::string>& args) const {
    return RunCairn(Join(args, {"--log", log_.address(), "--timeout", "10"}));
  }
  CairnResult Submit(const std::vector<std::string>& args) const {
    return Ask(Join({"submit", "--json", "--out", Path("out")}, args));
  }

  const std::string log_key_ = example::LogKey().verifier_key().Format();
  FakeLog log_;

 private:
  const fs::path directory_;
};

entry::SignedStatement Asked(const v1::AppendRequest& request) {
  entry::SignedStatement out;
  const v1::Statement& statement = request.statement();
  out.statement.certificate_hash = *Hash::FromBytes(statement.certificate_hash());
  out.statement.policy_status = static_cast<entry::PolicyStatus>(statement.policy_status());
  out.statement.certifier = statement.certifier().empty() ? "acme" : statement.certifier();
  out.statement.trace = statement.trace();
  out.statement.task = statement.task();
  if (request.has_signature()) {
    out.signature =
        entry::SingleSignature{.key = *PublicKey::FromBytes(request.signature().key()),
                               .signature = *Signature::FromBytes(request.signature().signature())};
  }
  return out;
}

// A sound answer of a log with this one entry.
grpc::Status Logged(const entry::SignedStatement& statement, v1::AppendResponse& response,
                    const note::SignerKey& log_key = example::LogKey()) {
  response.set_entry(*entry::Encode({.accepted_at_ms = 1'770'000'000'000, .body = statement}));
  response.set_checkpoint(Checkpoint(log_key, response.entry()));
  return grpc::Status::OK;
}

TEST_F(LyingLog, AnotherStatementOrSignatureOrOriginFails) {
  const std::string a = Write("a.txt", "a"), key = Path("acme.key");
  ASSERT_EQ(RunCairn({"keygen", "--certifier", "acme", "--out", key}).code, 0);
  const auto expect_failed = [&](const std::vector<std::string>& args, const std::string& why) {
    const CairnResult result = Submit(Join({"--signing_key", key, a}, args));
    EXPECT_EQ(result.code, 1) << why;
    EXPECT_EQ(result.documents().at(0)["outcome"], "failed");
    EXPECT_THAT(result.documents().at(0)["error"].get<std::string>(), HasSubstr(why));
    EXPECT_TRUE(fs::is_empty(Path("out")));
  };
  for (void (*lie)(entry::Statement&) :
       {+[](entry::Statement& s) { s.trace = "other"; },
        +[](entry::Statement& s) { s.certifier = "other"; },
        +[](entry::Statement& s) { s.policy_status = entry::PolicyStatus::kPass; }}) {
    log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
      entry::SignedStatement statement = Asked(request);
      statement.signature = {};
      lie(statement.statement);
      return Logged(statement, response);
    };
    expect_failed({"--log_key", log_key_}, "another statement");
  }
  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    entry::SignedStatement statement = Asked(request);
    statement.signature = {};
    return Logged(statement, response);
  };
  expect_failed({"--log_key", log_key_}, "another signature");

  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    return Logged(Asked(request), response, example::OtherKey("other.example"));
  };
  const CairnResult result = Submit({a});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.documents().at(0)["error"].get<std::string>(),
              HasSubstr("for log `log.example/test`, the log's checkpoint is of `other.example`"));
  EXPECT_TRUE(fs::is_empty(Path("out")));
}

TEST_F(LyingLog, ADuplicateThatIsNotSignedWithThisKeyIsNoticed) {
  const std::string a = Write("a.txt", "a"), key = Path("acme.key");
  ASSERT_EQ(RunCairn({"keygen", "--certifier", "acme", "--out", key}).code, 0);
  const std::vector<std::string> args = {"--log_key", log_key_, "--signing_key", key, a};
  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    entry::SignedStatement statement = Asked(request);
    statement.signature = {};
    response.set_duplicate(true);
    return Logged(statement, response);
  };
  for (const std::string outcome : {"already_logged", "skipped"}) {
    const CairnResult result = Submit(args);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.documents().at(0)["outcome"], outcome);
    EXPECT_THAT(result.documents().at(0)["notices"].dump(), HasSubstr("not signed with this key"));
  }

  fs::remove(Path("out/a.cairn.json"));
  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    response.set_duplicate(true);
    return Logged(Asked(request), response);
  };
  EXPECT_TRUE(Submit(args).documents().at(0)["notices"].empty());
}

TEST_F(LyingLog, EvidenceOfAnotherLogIsInTheWay) {
  const std::string a = Write("a.txt", "a");
  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    return Logged(Asked(request), response);
  };
  ASSERT_EQ(Submit({a}).code, 0);
  EXPECT_EQ(Submit({a}).documents().at(0)["outcome"], "skipped");
  log_.checkpoint = Checkpoint(example::OtherKey("other.example"), "entry");
  const CairnResult other = Submit({a});
  EXPECT_EQ(other.code, 1);
  EXPECT_EQ(other.documents().at(0)["outcome"], "refused");
  EXPECT_THAT(other.documents().at(0)["error"].get<std::string>(),
              HasSubstr("is in the way: it is evidence of log `log.example/test`"));
}

TEST_F(LyingLog, NothingIsSentToALogWhoseCheckpointIsNotOfTheKey) {
  size_t appends = 0;
  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    ++appends;
    return Logged(Asked(request), response);
  };
  for (const std::string& checkpoint :
       {std::string(), Checkpoint(example::OtherKey("log.example/test"), "entry")}) {
    log_.checkpoint = checkpoint;
    const CairnResult result =
        Submit({"--log_key", log_key_, Write("a.txt", "a"), Write("b.txt", "b")});
    EXPECT_EQ(result.code, 1);
    ASSERT_EQ(result.documents().size(), 2u);
    for (const nlohmann::json& document : result.documents()) {
      EXPECT_EQ(document["outcome"], "failed");
      EXPECT_EQ(document["error_code"], "not_valid");
      EXPECT_THAT(document["error"].get<std::string>(),
                  HasSubstr("the log's checkpoint is refused"));
    }
  }
  EXPECT_EQ(appends, 0u);
}

TEST_F(LyingLog, SubmitStopsAtTheFirstAnswerWithoutEvidence) {
  std::atomic<size_t> appends = 0;
  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    ++appends;
    return Logged(Asked(request), response, example::OtherKey("other.example"));
  };
  std::vector<std::string> args = {"--log_key", log_key_, "--parallel", "1"};
  for (int i = 0; i < 20; ++i) args.push_back(Write(absl::StrCat(i, ".txt"), absl::StrCat(i)));
  const CairnResult result = Submit(args);
  EXPECT_EQ(appends, 1u);
  EXPECT_EQ(result.documents().at(0)["outcome"], "failed");
  EXPECT_EQ(result.documents().at(19)["outcome"], "not_sent");
  EXPECT_THAT(result.err, HasSubstr("cairn: 1 failed, 19 not sent"));
}

TEST_F(LyingLog, EvidenceThatAppearsMeanwhileIsKept) {
  const std::string evidence = Path("out/a.cairn.json"), a = Write("a.txt", "a");
  std::string other = "of another run";
  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    std::ofstream(evidence) << other;
    return Logged(Asked(request), response);
  };
  const CairnResult in_the_way = Submit({"--log_key", log_key_, a});
  EXPECT_EQ(in_the_way.code, 1) << in_the_way.err;
  EXPECT_EQ(in_the_way.documents().at(0)["outcome"], "refused");
  EXPECT_THAT(in_the_way.documents().at(0)["error"].get<std::string>(), HasSubstr("is in the way"));
  EXPECT_EQ(testing::ReadFile(evidence), other);

  fs::remove(evidence);
  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    return Logged(Asked(request), response);
  };
  ASSERT_EQ(Submit({"--log_key", log_key_, a}).code, 0);
  other = testing::ReadFile(evidence);
  fs::remove(evidence);
  log_.append = [&](const v1::AppendRequest& request, v1::AppendResponse& response) {
    std::ofstream(evidence) << other;
    return Logged(Asked(request), response);
  };
  const CairnResult same = Submit({"--log_key", log_key_, a});
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_EQ(same.documents().at(0)["outcome"], "skipped");
  EXPECT_EQ(same.documents().at(0)["index"], 0);
}

// A sound answer about the entry at `leaf`.
void Proven(example::Leaf leaf, v1::ProveResponse& response) {
  const evidence::Evidence evidence = example::MakeEvidence(leaf);
  v1::ProvenEntry& entry = *response.add_entries();
  entry.set_index(evidence.proof.index.value());
  entry.set_entry(evidence.entry);
  entry.set_proof(merkle::FormatProof(evidence.proof.proof));
  response.set_checkpoint(evidence.proof.checkpoint);
}

std::string HashOf(example::Leaf leaf) {
  return merkle::Sha256(example::CertificateText(leaf)).Hex();
}

TEST_F(LyingLog, ProveFollowsThePagesOfAnAnswer) {
  std::vector<uint64_t> asked;
  log_.prove = [&](const v1::ProveRequest& request, v1::ProveResponse& response) {
    asked.push_back(request.from_index());
    if (request.from_index() < 2) {
      response.set_next_index(request.from_index() + 1);
    } else {
      Proven(example::kSigned, response);
    }
    return grpc::Status::OK;
  };
  const CairnResult result =
      Ask({"prove", "--json", HashOf(example::kSigned), "--log_key", log_key_});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.documents().at(0)["claim"]["index"], 2);
  EXPECT_THAT(asked, ::testing::ElementsAre(0, 1, 2));
}

TEST_F(LyingLog, ProveExits1ForFalseAnswers) {
  const std::string hash = HashOf(example::kSigned);
  const auto expect_false = [&](const std::vector<std::string>& args, const std::string& why) {
    const CairnResult result = Ask(Join({"prove", hash, "--log_key", log_key_}, args));
    EXPECT_EQ(result.code, 1) << why;
    EXPECT_THAT(result.err, HasSubstr(why));
    EXPECT_EQ(result.out, "");
  };
  log_.prove = [](const v1::ProveRequest&, v1::ProveResponse& response) {
    Proven(example::kSigned, response);
    return grpc::Status::OK;
  };
  expect_false({"--certifier", "other"}, "others on this hash are by other certifiers");

  log_.prove = [](const v1::ProveRequest&, v1::ProveResponse& response) {
    Proven(example::kUnsigned, response);
    return grpc::Status::OK;
  };
  expect_false({}, "certificate: certificateHash");

  log_.prove = [](const v1::ProveRequest&, v1::ProveResponse& response) {
    Proven(example::kSigned, response);
    response.mutable_entries(0)->set_index(3);
    return grpc::Status::OK;
  };
  expect_false({}, "inclusion: ");

  for (const uint64_t step : {0, 1}) {
    log_.prove = [step](const v1::ProveRequest& request, v1::ProveResponse& response) {
      response.set_next_index(request.from_index() == 0 ? 2 : 2 - step);
      return grpc::Status::OK;
    };
    expect_false({}, "goes in circles");
  }
}

TEST_F(LyingLog, WhatTheLogCallsMalformedExits3) {
  log_.checkpoint = example::MakeEvidence(example::kSigned).proof.checkpoint;
  const grpc::Status malformed(grpc::StatusCode::INVALID_ARGUMENT, "no such thing");
  log_.prove = [&](const v1::ProveRequest&, v1::ProveResponse&) { return malformed; };
  log_.list = [&](const v1::ListEntriesRequest&, v1::ListEntriesResponse&) { return malformed; };
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"prove", HashOf(example::kSigned)}, {"entries"}}) {
    const CairnResult result = Ask(args);
    EXPECT_EQ(result.code, 3) << args[0];
    EXPECT_THAT(result.err, HasSubstr("no such thing"));
  }
}

TEST_F(LyingLog, EntriesExits1ForAnswersThatAreNotWhatWasAsked) {
  log_.checkpoint = example::MakeEvidence(example::kSigned).proof.checkpoint;
  const std::vector<std::string> entries = example::Entries();
  const auto expect_false = [&](uint64_t first, const std::vector<std::string>& answered,
                                const std::string& why) {
    log_.list = [&](const v1::ListEntriesRequest& request, v1::ListEntriesResponse& response) {
      EXPECT_EQ(request.begin(), 1u);
      EXPECT_EQ(request.end(), 3u);
      response.set_first_index(first);
      for (const std::string& entry : answered) response.add_entries(entry);
      return grpc::Status::OK;
    };
    const CairnResult result = Ask({"entries", "--start", "1", "--count", "2"});
    EXPECT_EQ(result.code, 1) << why;
    EXPECT_THAT(result.err, HasSubstr(why));
  };
  const std::string others = "other entries than it was asked for";
  expect_false(0, {entries[0], entries[1]}, others);
  expect_false(2, {entries[2]}, others);
  expect_false(1, {entries[1], entries[2], entries[3]}, others);
  expect_false(1, {entries[1]}, "the log's answer ends at entry 2, before 3");
  expect_false(1, {}, "the log's answer ends at entry 1, before 3");
  expect_false(1, {entries[1], "not an entry"}, "entry 2 is malformed");
}

TEST_F(LyingLog, ACheckpointThatIsRefusedExits1) {
  for (const std::string checkpoint : {"", "log.example/test\n", "log.example/test\n5\nAAAA\n\n"}) {
    log_.checkpoint = checkpoint;
    for (const std::string command : {"checkpoint", "entries"}) {
      const CairnResult result = Ask({command});
      EXPECT_EQ(result.code, 1) << command;
      EXPECT_THAT(result.err, HasSubstr("the log's checkpoint is refused"));
    }
  }
}

}  // namespace
}  // namespace cairn
