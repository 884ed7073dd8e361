// Signing statements, one by one or in batches, and verifying them.
//
// Shape of what is signed; `field` is u16 big-endian length || bytes:
//   one    "cairn.v1/statement\n" || field origin || field certificate hash [32]
//          || field policy status [1] || field supersedes [8] (all ones: none) || field certifier
//          || field trace || field task
//   batch  "cairn.v1/statement-batch\n" || field origin || field size u32 big-endian
//          || field root [32], where root is the RFC 6962 root over the single messages of the
//          batch
// So a signature holds for one log only, and covers everything the certifier said but not the time,
// which is the operator's. A signature says that the key's owner signed; whose key it is, the
// caller has to know. Errors: kInvalidArgument for a statement that has no encoding and for a batch
// of no or too many
//   statements; kPermissionDenied for a missing, foreign or wrong signature.

#ifndef CAIRN_MERKLE_ENTRY_STATEMENT_H_
#define CAIRN_MERKLE_ENTRY_STATEMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/signature/ed25519.h"

namespace cairn::entry {

// Requires: origin shorter than 64 KiB; ValidateStatement accepts `statement`.
std::string StatementMessage(absl::string_view origin, const Statement& statement);
std::string BatchMessage(absl::string_view origin, uint32_t size, const Hash& root);

absl::StatusOr<SignedStatement> SignStatement(absl::string_view origin, Statement statement,
                                              const PrivateKey& key);

// One signature for 1 to kMaxBatchSize statements; each answer stands alone, in the given order.
absl::StatusOr<std::vector<SignedStatement>> SignBatch(absl::string_view origin,
                                                       std::vector<Statement> statements,
                                                       const PrivateKey& key);

// OK when `signed_statement` carries a signature by `expected_key` that holds at `origin`.
absl::Status VerifyStatement(absl::string_view origin, const SignedStatement& signed_statement,
                             const PublicKey& expected_key);

// A whole batch under one signature: makes its tree once, checks the signature once, and gives
// every statement its own path, as SignBatch did.
absl::StatusOr<std::vector<SignedStatement>> VerifyBatch(absl::string_view origin,
                                                         std::vector<Statement> statements,
                                                         const PublicKey& key,
                                                         const Signature& signature);

// Verifies many statements as VerifyStatement does, and does not check a batch's signature again
// while statements of the same batch follow each other, as they do in a log.
// Not for use by several threads at once.
class StatementVerifier {
 public:
  explicit StatementVerifier(absl::string_view origin) : origin_(origin) {}

  absl::Status Verify(const SignedStatement& signed_statement, const PublicKey& expected_key);

 private:
  struct Batch {
    PublicKey key;
    Signature signature;
    uint32_t size;
    Hash root;

    friend bool operator==(const Batch&, const Batch&) = default;
  };

  const std::string origin_;
  // The last batch whose signature was found good.
  std::optional<Batch> last_;
};

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_STATEMENT_H_
