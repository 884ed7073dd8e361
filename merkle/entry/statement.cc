#include "merkle/entry/statement.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/entry/message.h"
#include "merkle/types.h"
#include "merkle/verify.h"

namespace cairn::entry {
namespace {

constexpr uint64_t kSupersedesNone = std::numeric_limits<uint64_t>::max();

absl::Status ValidateBatch(const std::vector<Statement>& statements) {
  if (statements.empty() || statements.size() > kMaxBatchSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch size is ", statements.size(), "; it must be 1 to ", kMaxBatchSize));
  }
  for (size_t i = 0; i < statements.size(); ++i) {
    if (absl::Status valid = ValidateStatement(statements[i]); !valid.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("statement ", i, " of the batch: ", valid.message()));
    }
  }
  return absl::OkStatus();
}

// The RFC 6962 tree of a batch, level by level: levels[0] are the leaf hashes, and a last node
// without a sibling stands unchanged on the next level.
using Levels = std::vector<std::vector<Hash>>;

Levels BuildTree(absl::string_view origin, const std::vector<Statement>& statements) {
  Levels levels(1);
  levels[0].reserve(statements.size());
  for (const Statement& statement : statements) {
    levels[0].push_back(merkle::HashLeaf(StatementMessage(origin, statement)));
  }
  while (levels.back().size() > 1) {
    const std::vector<Hash>& below = levels.back();
    std::vector<Hash> level;
    level.reserve((below.size() + 1) / 2);
    for (size_t i = 0; i + 1 < below.size(); i += 2) {
      level.push_back(merkle::HashNode(below[i], below[i + 1]));
    }
    if (below.size() % 2 == 1) level.push_back(below.back());
    levels.push_back(std::move(level));
  }
  return levels;
}

std::vector<Hash> PathOf(const Levels& levels, size_t index) {
  std::vector<Hash> path;
  for (size_t level = 0; level + 1 < levels.size(); ++level, index /= 2) {
    const size_t sibling = index ^ 1;
    if (sibling < levels[level].size()) path.push_back(levels[level][sibling]);
  }
  return path;
}

std::vector<SignedStatement> GiveSignature(std::vector<Statement> statements, const Levels& levels,
                                           const PublicKey& key, const Signature& signature) {
  const auto size = static_cast<uint32_t>(statements.size());
  std::vector<SignedStatement> out;
  out.reserve(size);
  for (uint32_t i = 0; i < size; ++i) {
    out.push_back({.statement = std::move(statements[i]),
                   .signature = BatchSignature{.key = key,
                                               .signature = signature,
                                               .size = size,
                                               .index = i,
                                               .path = PathOf(levels, i)}});
  }
  return out;
}

absl::Status Denied(absl::string_view why) { return absl::PermissionDeniedError(why); }

}  // namespace

std::string StatementMessage(absl::string_view origin, const Statement& statement) {
  std::string message = "cairn.v1/statement\n";
  message.reserve(256);
  PutField(origin, message);
  PutField(statement.certificate_hash.view(), message);
  PutField(BigEndian(static_cast<uint8_t>(statement.policy_status), 1), message);
  PutField(BigEndian(statement.supersedes ? statement.supersedes->value() : kSupersedesNone, 8),
           message);
  PutField(statement.certifier, message);
  PutField(statement.trace, message);
  PutField(statement.task, message);
  return message;
}

std::string BatchMessage(absl::string_view origin, uint32_t size, const Hash& root) {
  std::string message = "cairn.v1/statement-batch\n";
  PutField(origin, message);
  PutField(BigEndian(size, 4), message);
  PutField(root.view(), message);
  return message;
}

absl::StatusOr<SignedStatement> SignStatement(absl::string_view origin, Statement statement,
                                              const PrivateKey& key) {
  if (absl::Status valid = ValidateStatement(statement); !valid.ok()) return valid;
  const Signature signature = key.Sign(StatementMessage(origin, statement));
  return SignedStatement{
      .statement = std::move(statement),
      .signature = SingleSignature{.key = key.public_key(), .signature = signature}};
}

absl::StatusOr<std::vector<SignedStatement>> SignBatch(absl::string_view origin,
                                                       std::vector<Statement> statements,
                                                       const PrivateKey& key) {
  if (absl::Status valid = ValidateBatch(statements); !valid.ok()) return valid;
  const Levels levels = BuildTree(origin, statements);
  const Signature signature =
      key.Sign(BatchMessage(origin, statements.size(), levels.back().front()));
  return GiveSignature(std::move(statements), levels, key.public_key(), signature);
}

absl::StatusOr<std::vector<SignedStatement>> VerifyBatch(absl::string_view origin,
                                                         std::vector<Statement> statements,
                                                         const PublicKey& key,
                                                         const Signature& signature) {
  if (absl::Status valid = ValidateBatch(statements); !valid.ok()) return valid;
  const Levels levels = BuildTree(origin, statements);
  const std::string message = BatchMessage(origin, statements.size(), levels.back().front());
  if (absl::Status good = cairn::Verify(key, message, signature); !good.ok()) {
    return Denied(absl::StrCat("the batch's signature does not hold here: ", good.message()));
  }
  return GiveSignature(std::move(statements), levels, key, signature);
}

absl::Status VerifyStatement(absl::string_view origin, const SignedStatement& signed_statement,
                             const PublicKey& expected_key) {
  return StatementVerifier(origin).Verify(signed_statement, expected_key);
}

absl::Status StatementVerifier::Verify(const SignedStatement& signed_statement,
                                       const PublicKey& expected_key) {
  if (absl::Status valid = ValidateSignedStatement(signed_statement); !valid.ok()) return valid;
  const std::string& certifier = signed_statement.statement.certifier;
  const std::string message = StatementMessage(origin_, signed_statement.statement);
  if (const auto* single = std::get_if<SingleSignature>(&signed_statement.signature)) {
    if (single->key != expected_key) {
      return Denied(absl::StrCat("signed with a key that is not `", certifier, "`'s"));
    }
    if (absl::Status good = cairn::Verify(expected_key, message, single->signature); !good.ok()) {
      return Denied(absl::StrCat("the signature does not hold here: ", good.message()));
    }
    return absl::OkStatus();
  }
  const auto* batch = std::get_if<BatchSignature>(&signed_statement.signature);
  if (batch == nullptr) return Denied("the statement is not signed");
  if (batch->key != expected_key) {
    return Denied(absl::StrCat("signed with a key that is not `", certifier, "`'s"));
  }
  // Whether this is the batch's root is for the signature to say, which also covers the size.
  absl::StatusOr<Hash> root = merkle::RootFromInclusionProof(
      LeafIndex(batch->index), TreeSize(batch->size), merkle::HashLeaf(message), batch->path);
  if (!root.ok()) return root.status();
  const Batch found{
      .key = batch->key, .signature = batch->signature, .size = batch->size, .root = *root};
  if (last_.has_value() && found == *last_) return absl::OkStatus();
  if (absl::Status good = cairn::Verify(expected_key, BatchMessage(origin_, found.size, found.root),
                                        found.signature);
      !good.ok()) {
    return Denied(absl::StrCat("the batch's signature does not hold here: ", good.message()));
  }
  last_ = found;
  return absl::OkStatus();
}

}  // namespace cairn::entry
