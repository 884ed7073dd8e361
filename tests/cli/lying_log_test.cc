// `cairn` with a log that answers what a sound one would not.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

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
#include "proto/log_service.grpc.pb.h"
#include "tests/cli/cairn.h"
#include "tests/testing/vectors.h"

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
  FakeLog() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  std::function<grpc::Status(const v1::AppendRequest&, v1::AppendResponse&)> append;

 private:
  grpc::Status Append(grpc::ServerContext*, const v1::AppendRequest* request,
                      v1::AppendResponse* response) override {
    return append(*request, *response);
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class LyingLog : public ::testing::Test {
 protected:
  LyingLog() : directory_(fs::path(::testing::TempDir()) / "lying_log_test") {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
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
  const std::string entry =
      *entry::Encode({.accepted_at_ms = 1'770'000'000'000, .body = statement});
  std::vector<note::SignerKey> keys;
  keys.push_back(*note::SignerKey::Parse(log_key.FormatSecret()));
  const note::CheckpointSigner signer = *note::CheckpointSigner::Create(std::move(keys));
  response.set_entry(entry);
  response.set_checkpoint(*signer.Sign({.origin = signer.origin(),
                                        .size = TreeSize(1),
                                        .root = merkle::HashLeaf(entry),
                                        .extensions = {}}));
  return grpc::Status::OK;
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
  other.clear();
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

}  // namespace
}  // namespace cairn
