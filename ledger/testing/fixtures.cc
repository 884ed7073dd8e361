#include "ledger/testing/fixtures.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/edge.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/signature/ed25519.h"

namespace cairn::ledger {
namespace {

template <typename T>
T ValueOrDie(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::cerr << "fixture: " << result.status() << std::endl;
  std::abort();
}

note::CheckpointSigner MakeSigner() {
  std::vector<note::SignerKey> keys;
  keys.push_back(ValueOrDie(note::MakeSignerKey(
      kTestOrigin, note::KeyType::kEd25519, ValueOrDie(PrivateKey::FromSeed(std::string(32, 7))))));
  return ValueOrDie(note::CheckpointSigner::Create(std::move(keys)));
}

}  // namespace

const note::CheckpointSigner& TestSigner() {
  static const note::CheckpointSigner* const signer = new note::CheckpointSigner(MakeSigner());
  return *signer;
}

LogIdentity TestIdentity() {
  LogIdentity identity{.origin = kTestOrigin,
                       .vkey = TestSigner().verifier_keys().front().Format(),
                       .log_id = {},
                       .index_salt = {}};
  identity.index_salt.fill(0x5a);
  return identity;
}

note::Checkpoint OpenCheckpoint(const std::string& bytes) {
  return ValueOrDie(note::VerifyCheckpoint(bytes, TestSigner().verifier_keys().front()));
}

entry::Statement MakeStatement(uint64_t seed, absl::string_view certifier) {
  return {.certificate_hash = merkle::Sha256(absl::StrCat("certificate ", seed)),
          .policy_status = entry::PolicyStatus::kPass,
          .supersedes = std::nullopt,
          .certifier = std::string(certifier),
          .trace = "",
          .task = ""};
}

Submission Submit(entry::Statement statement, bool must_exist) {
  Submission submission = ValueOrDie(
      Submission::Make(entry::SignedStatement{.statement = std::move(statement), .signature = {}}));
  submission.must_exist = must_exist;
  return submission;
}

Submission Submit(entry::CertifierEntry change) {
  return ValueOrDie(Submission::Make(std::move(change)));
}

std::vector<Submission> BatchOf(uint64_t first_seed, size_t count) {
  std::vector<Submission> batch;
  for (size_t i = 0; i < count; ++i) batch.push_back(Submit(MakeStatement(first_seed + i)));
  return batch;
}

absl::Status WriteAsTheyAre(Store* store, std::vector<std::string> entries) {
  merkle::Edge edge;
  std::vector<Hash> leaves;
  Commit commit;
  for (const std::string& encoded : entries) {
    const entry::Entry decoded = ValueOrDie(entry::Decode(encoded));
    if (std::holds_alternative<entry::CertifierEntry>(decoded.body)) {
      commit.certifiers.emplace_back(leaves.size());
    }
    commit.state.last_accepted_at_ms = decoded.accepted_at_ms;
    leaves.push_back(merkle::HashLeaf(encoded));
  }
  edge.Append(leaves);
  commit.entries = std::move(entries);
  commit.state.size = edge.size();
  commit.state.root = edge.root();
  return store->Write(commit);
}

entry::CertifierEntry Declare(absl::string_view name) {
  return {.action = entry::CertifierAction::kDeclare,
          .demand = entry::CertifierDemand::kChannel,
          .name = std::string(name),
          .key = std::nullopt};
}

std::future<AppendResult> AppendAsync(Log& log, std::vector<Submission> batch) {
  auto promise = std::make_shared<std::promise<AppendResult>>();
  std::future<AppendResult> future = promise->get_future();
  log.Append(std::move(batch),
             [promise](AppendResult result) { promise->set_value(std::move(result)); });
  return future;
}

AppendResult AppendAndWait(Log& log, std::vector<Submission> batch) {
  return AppendAsync(log, std::move(batch)).get();
}

AppendResult AppendAndWait(Log& log, Submission submission) {
  std::vector<Submission> batch;
  batch.push_back(std::move(submission));
  return AppendAndWait(log, std::move(batch));
}

}  // namespace cairn::ledger
