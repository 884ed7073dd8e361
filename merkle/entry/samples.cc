#include "merkle/entry/samples.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/entry/rotation.h"
#include "merkle/entry/statement.h"
#include "merkle/hash.h"

namespace cairn::entry {

PrivateKey SampleKey(uint8_t first) {
  std::string seed;
  for (size_t i = 0; i < PrivateKey::kSeedSize; ++i) seed.push_back(static_cast<char>(first + i));
  return PrivateKey::FromSeed(seed).value();
}

std::vector<Statement> SampleStatements() {
  std::vector<Statement> out(3);
  out[0] = {.certificate_hash = merkle::Sha256("certificate 0"),
            .policy_status = PolicyStatus::kPass,
            .supersedes = std::nullopt,
            .certifier = "acme",
            .trace = "trace-1",
            .task = "task-1"};
  out[1] = out[0];
  out[1].certificate_hash = merkle::Sha256("certificate 1");
  out[1].policy_status = PolicyStatus::kFail;
  out[1].task = "task-2";
  out[2] = {.certificate_hash = merkle::Sha256("certificate 2"),
            .policy_status = PolicyStatus::kConditional,
            .supersedes = LeafIndex(7),
            .certifier = "acme",
            .trace = "",
            .task = ""};
  return out;
}

std::vector<Statement> ManyStatements(int count) {
  std::vector<Statement> out(count);
  for (int i = 0; i < count; ++i) {
    out[i].certificate_hash = merkle::Sha256(absl::StrCat("certificate ", i));
    out[i].certifier = "acme";
    out[i].task = absl::StrCat("task-", i);
  }
  return out;
}

std::vector<Body> SampleBodies() {
  const PrivateKey key = SampleKey();
  const std::vector<Statement> statements = SampleStatements();
  std::vector<Body> out;
  out.push_back(SignedStatement{.statement = statements[0], .signature = {}});
  out.push_back(SignStatement(kOrigin, statements[1], key).value());
  out.push_back(SignBatch(kOrigin, statements, key).value()[2]);
  out.push_back(CertifierEntry{.action = CertifierAction::kDeclare,
                               .demand = CertifierDemand::kSigned,
                               .name = "acme",
                               .key = key.public_key()});
  out.push_back(CertifierEntry{.action = CertifierAction::kDeclare,
                               .demand = CertifierDemand::kChannel,
                               .name = "ops.internal",
                               .key = std::nullopt});
  out.push_back(CertifierEntry{.action = CertifierAction::kRotate,
                               .demand = CertifierDemand::kChannel,
                               .name = "acme",
                               .key = key.public_key()});
  out.push_back(CertifierEntry{.action = CertifierAction::kRetire,
                               .demand = CertifierDemand::kNothing,
                               .name = "acme",
                               .key = std::nullopt});
  out.push_back(ReceiptEntry{.receipt_hash = merkle::Sha256("receipt"),
                             .tree_size = TreeSize(1000),
                             .backend = "rfc3161"});
  out.push_back(
      SignRotation(kOrigin, "acme", key, SampleKey(1).public_key(), CertifierDemand::kSigned)
          .value());
  return out;
}

}  // namespace cairn::entry
