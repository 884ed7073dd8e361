// The entry: what one leaf of the log says, in its one and only encoding.
//
// Shape, version 1 (persistent: never renumber), integers big-endian, `text` is u8 length || bytes:
//   entry     = version u8 (1) || kind u8 || accepted_at_ms u64 || content, by kind:
//   statement = kind 1: certificate hash [32] || policy status u8
//               || supersedes u64 (all ones: none) || certifier text (1-64) || trace text (0-64) ||
//               task text (0-64)
//               || signature form u8: 0, nothing follows
//                                     1, key [32] || signature [64]
//                                     2, key [32] || signature [64] || size u16 || index u16
//                                        || path, as many hashes as an inclusion proof of `index`
//                                        in a tree of `size` has
//   certifier = kind 2: action u8 || demand u8 || name text (1-64)
//               || key form u8: 0, nothing follows
//                               1, key [32]
//                               2, key [32] || signature [64], of a rotation: by the key in force
//                                  before, see rotation.h
//   receipt   = kind 3: receipt hash [32] || tree size u64 || backend text (1-64)
//   reserved  = kinds 4 to 15: any bytes, for later versions of this program. Who meets one counts
//               and hashes it, says so, and judges it not; nobody here appends one.
//   Texts consist of `A-Za-z0-9._:-`. The leaf hash of an entry is merkle::HashLeaf of these bytes.
// Limits: an entry is at most kMaxEntryBytes long; the layout of kinds 1 to 3 keeps it below 700
//   bytes.
// Errors: kInvalidArgument, naming the field, for any value that has no encoding and any bytes that
//   are not exactly one encoding. Decode followed by Encode gives the same bytes.
// Signatures are carried here, not judged: see statement.h.

#ifndef CAIRN_MERKLE_ENTRY_ENTRY_H_
#define CAIRN_MERKLE_ENTRY_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/signature/ed25519.h"
#include "merkle/types.h"

namespace cairn::entry {

inline constexpr size_t kMaxEntryBytes = 1024;
inline constexpr size_t kMaxTextBytes = 64;
inline constexpr uint32_t kMaxBatchSize = 1024;

// Who may write without saying who they are, over loopback only. Never declared, never has a key.
inline constexpr char kAnonymous[] = "anonymous";

// What the certifier states about its own policy; never the log's verdict.
// Persistent: never renumber.
enum class PolicyStatus : uint8_t { kUnspecified = 0, kPass = 1, kFail = 2, kConditional = 3 };

// What a certifier says, and the identity of a statement: two that are equal are the same.
// Everything here is signed when the statement is.
struct Statement {
  Hash certificate_hash;
  PolicyStatus policy_status = PolicyStatus::kUnspecified;
  // The latest statement on the same (certifier, hash, trace), which this one replaces.
  std::optional<LeafIndex> supersedes;
  std::string certifier;
  std::string trace;
  std::string task;

  friend bool operator==(const Statement&, const Statement&) = default;
};

// Over StatementMessage.
struct SingleSignature {
  PublicKey key;
  Signature signature;

  friend bool operator==(const SingleSignature&, const SingleSignature&) = default;
};

// Over BatchMessage of a batch of `size` statements, of which this is number `index`.
struct BatchSignature {
  PublicKey key;
  Signature signature;
  uint32_t size = 0;
  uint32_t index = 0;
  std::vector<Hash> path;

  friend bool operator==(const BatchSignature&, const BatchSignature&) = default;
};

// monostate: not signed; logged under the certifier's name by the operator.
using StatementSignature = std::variant<std::monostate, SingleSignature, BatchSignature>;

struct SignedStatement {
  Statement statement;
  StatementSignature signature;

  friend bool operator==(const SignedStatement&, const SignedStatement&) = default;
};

// Persistent: never renumber.
enum class CertifierAction : uint8_t { kDeclare = 1, kRotate = 2, kRetire = 3 };

// What the log demands of a certifier. Persistent: never renumber.
enum class CertifierDemand : uint8_t {
  kNothing = 0,  // Of a retired one: it may not write.
  kSigned = 1,   // Statements signed with its key.
  kChannel = 2,  // A connection that is proved to be its own; where it has a key, it may sign too.
};

// Effective from the entry's own index. kDeclare and kRotate give the whole new demand and key
// (kSigned: a key; kChannel: with or without; CheckPublicKey accepts it), kRetire has kNothing and
// no key.
struct CertifierEntry {
  CertifierAction action = CertifierAction::kDeclare;
  CertifierDemand demand = CertifierDemand::kSigned;
  std::string name;
  std::optional<PublicKey> key;
  // Of a rotation to `key` only: over RotationMessage, by the key in force before. Without it the
  // rotation is the operator's word alone.
  std::optional<Signature> by_old_key = std::nullopt;

  friend bool operator==(const CertifierEntry&, const CertifierEntry&) = default;
};

// An anchor receipt over the tree of `tree_size` (at least 1), so that later anchors cover it.
struct ReceiptEntry {
  Hash receipt_hash;
  TreeSize tree_size;
  std::string backend;

  friend bool operator==(const ReceiptEntry&, const ReceiptEntry&) = default;
};

// The kinds that later versions may give a meaning. Persistent: never renumber.
inline constexpr uint8_t kFirstReservedKind = 4;
inline constexpr uint8_t kLastReservedKind = 15;

// An entry of a reserved kind: newer than this program, which can count and hash it and say so.
struct UnknownEntry {
  uint8_t kind = kFirstReservedKind;
  // What follows the time, as it stands.
  std::string content;

  friend bool operator==(const UnknownEntry&, const UnknownEntry&) = default;
};

using Body = std::variant<SignedStatement, CertifierEntry, ReceiptEntry, UnknownEntry>;

struct Entry {
  // The operator's claim, in milliseconds since 1970.
  uint64_t accepted_at_ms = 0;
  Body body;

  friend bool operator==(const Entry&, const Entry&) = default;
};

absl::StatusOr<std::string> Encode(const Entry& entry);
absl::StatusOr<Entry> Decode(absl::string_view encoded);

// Changes the time of an encoded entry. Requires: `encoded` came from Encode or was accepted by
// Decode; it is not looked at again.
void SetAcceptedAt(uint64_t accepted_at_ms, std::string& encoded);

// Whether there is an encoding.
absl::Status ValidateStatement(const Statement& statement);
absl::Status ValidateSignedStatement(const SignedStatement& signed_statement);

// 1 to kMaxTextBytes of `A-Za-z0-9._:-`; `field` names it in the error. `allow_empty` is for trace
// and task.
absl::Status ValidateText(absl::string_view field, absl::string_view text, bool allow_empty);

// "unspecified", "pass", "fail", "conditional".
absl::string_view PolicyStatusName(PolicyStatus status);
absl::StatusOr<PolicyStatus> ParsePolicyStatus(absl::string_view name);

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_ENTRY_H_
