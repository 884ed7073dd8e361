#include "tests/witness/cosigned_log.h"

#include <signal.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kWitness[] = "witness/server/cairn-witness";

}  // namespace

CosignedLogTest::CosignedLogTest() {
  WriteFile(Path("logs.policy"), absl::StrCat("log ", kTestVkey, "\nquorum none\n"));
  for (int i = 0; i < 3; ++i) {
    fs::create_directories(Path(Name(i)));
    keys_.push_back(*note::GenerateSignerKey(absl::StrCat("witness.example/", Name(i)),
                                             note::KeyType::kCosignature));
    WriteFile(Path(Name(i)) / "key", keys_[i].FormatSecret() + "\n");
    StartWitness(i);
  }
  WritePolicy("group g 2 w0 w1 w2");
  WriteFile(Path("config"),
            "publishing { interval_ms: 10 straggler_wait_ms: 1000 retry_ms: 10 }\n");
}

std::string CosignedLogTest::Name(int i) { return absl::StrCat("w", i); }

void CosignedLogTest::StartWitness(int i, const std::string& address) {
  witnesses_[i] = std::make_unique<Cairnd>(
      std::vector<std::string>{"--data_dir", (Path(Name(i)) / "data").string(), "--key_file",
                               (Path(Name(i)) / "key").string(), "--policy",
                               Path("logs.policy").string(), "--http_address", address},
      kWitness);
  ASSERT_TRUE(witnesses_[i]->running());
  addresses_[i] = witnesses_[i]->address();
}

void CosignedLogTest::KillWitness(int i) {
  witnesses_[i]->Signal(SIGKILL);
  witnesses_[i]->Wait();
}

void CosignedLogTest::WritePolicy(const std::string& group) {
  std::string text = absl::StrCat("log ", kTestVkey, "\n");
  for (int i = 0; i < 3; ++i) {
    absl::StrAppend(&text, "witness ", Name(i), " ", keys_[i].verifier_key().Format(), " http://",
                    addresses_[i], "\n");
  }
  absl::StrAppend(&text, group, "\nquorum g\n");
  WriteFile(Path("policy"), text);
  policy_ = std::make_unique<note::Policy>(*note::Policy::Parse(text));
}

std::vector<std::string> CosignedLogTest::Args(std::vector<std::string> more,
                                               const std::string& data) const {
  more.insert(more.end(),
              {"--data_dir", Path(data).string(), "--config", Path("config").string(),
               "--witness_policy", Path("policy").string(), "--http_address", "127.0.0.1:0"});
  return CairndArgs(directory_.path(), std::move(more));
}

grpc::Status CosignedLogTest::AppendCosigned(Client& client, const std::string& what,
                                             v1::AppendResponse* answer) {
  v1::AppendRequest request;
  *request.mutable_statement() = StatementOn(what);
  request.set_wait_for(v1::WAIT_FOR_COSIGNED);
  return client.Append(request, answer);
}

void CosignedLogTest::AppendWhenTaken(Client& client, const std::string& what) {
  grpc::Status status;
  do {
    status = client.Append(StatementOn(what));
  } while (status.error_code() == grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(status.ok()) << status.error_message();
}

std::string CosignedLogTest::Checkpoint(Client& client, v1::CheckpointKind kind) {
  v1::GetCheckpointRequest request;
  request.set_kind(kind);
  v1::GetCheckpointResponse response;
  const grpc::Status got = client.stub().GetCheckpoint(client.Context().get(), request, &response);
  return got.ok() ? response.checkpoint() : "";
}

void CosignedLogTest::ExpectQuorum(const std::string& note, uint64_t at_least) const {
  const auto verdict = note::JudgeCheckpoint(note, *policy_);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_TRUE(verdict->quorum);
  EXPECT_GE(verdict->checkpoint.size.value(), at_least);
}

}  // namespace cairn::testing
