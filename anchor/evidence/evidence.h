// The evidence file: all that is needed to check, offline, that a log holds a statement.
//
// Shape: `*.cairn.json`, UTF-8 JSON in exactly one layout: two blanks a level, one member or item a
//   line, members in this order, optional ones left out when there is nothing to say, '\n' at the
//   end. Persistent; another set of members gets another `format`.
//   format    "cairn.evidence.v2", or "cairn.evidence.v1", which has nothing after `receipts`
//   kind      optional: "cer" or "file", what the submitter says its certificate hash was made
//             from (a Certified Execution Record's own hash, or SHA-256 of a file's bytes)
//   entry     base64 of the entry's bytes; a statement, or of a kind that is reserved for later
//   proof     C2SP tlog-proof text, byte for byte, without `extra`: leaf index, path, checkpoint
//   openings  optional: 1 or 2 of {field, key, value}: `trace`, then `task`; key in lower-case hex;
//             value any UTF-8 up to kMaxOpenedBytes. See merkle/entry/blind.h
//   receipts  optional: 1 to kMaxReceipts of {anchor, kind, receipt}, of different anchors, by
//             rising name: what outside systems gave for SHA-256 of the checkpoint in `proof`, byte
//             for byte; kind as anchor/backend.h has it; receipt in base64
//   renewals  optional: 1 to kMaxRenewals of {receipt, entry, proof, receipts}, each of which
//             covers an earlier receipt. receipt: SHA-256, in hex, of the bytes of one in
//             `receipts` here or of an earlier item; entry: base64 of a receipt entry about that
//             one; proof: as above, of that entry; receipts: as above, over the checkpoint of this
//             `proof`. By rising size of that checkpoint, then by `receipt`, none twice. See
//             renewal.h
//   revocation  optional: 1 to kMaxRevocationLists of base64 of a CertificateList in DER, by rising
//             bytes, none twice: for the chains of all time stamps in the file
//   run       optional: {record, entry, proof}: the closing record of the run that the statement
//             belongs to. record: base64 of its bytes, 1 to kMaxRunRecordBytes; entry: base64 of a
//             statement; proof: of that entry. See carried.h
//   commitments  optional: 1 to kMaxCommitments of {path, salt, value}, by rising path, none twice:
//             what members of a record open to that holds commitments in their place. path: a JSON
//             pointer (RFC 6901) of at most kMaxPathBytes; salt: 32 bytes in hex; value: UTF-8 up
//             to kMaxOpenedBytes. See carried.h
// Limits: kMaxEvidenceBytes, five levels.
// Errors: kInvalidArgument, naming the member. Format(Parse(bytes)) == bytes for all that parses.
// Nothing here is verified beyond its form: see verify.h.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_EVIDENCE_H_
#define CAIRN_ANCHOR_EVIDENCE_EVIDENCE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/note/tlog_proof.h"
#include "merkle/types.h"

namespace cairn::evidence {

inline constexpr char kFormatV1[] = "cairn.evidence.v1";
inline constexpr char kFormat[] = "cairn.evidence.v2";
inline constexpr char kFileSuffix[] = ".cairn.json";
inline constexpr size_t kMaxEvidenceBytes = size_t{1} << 20;
inline constexpr size_t kMaxOpenedBytes = 4096;
inline constexpr size_t kMaxReceipts = 16;
inline constexpr size_t kMaxRenewals = 16;
inline constexpr size_t kMaxRevocationLists = 16;
inline constexpr size_t kMaxRunRecordBytes = size_t{64} << 10;
inline constexpr size_t kMaxCommitments = 64;
inline constexpr size_t kMaxPathBytes = 1024;

// What the certificate hash was made from. The submitter's word: it says how to read a certificate
// that is given along with the evidence, and proves nothing.
enum class CertificateKind { kCer, kFile };

// "cer", "file".
absl::string_view CertificateKindName(CertificateKind kind);

// What a blinded id of the entry stands for.
struct Opening {
  std::string field;  // "trace" or "task".
  Hash key;
  std::string value;

  friend bool operator==(const Opening&, const Opening&) = default;
};

// What an outside system gave for the checkpoint.
struct AnchorReceipt {
  std::string anchor;  // Its name, as the log has it: 1 to 64 of A-Za-z0-9._:-
  std::string kind;    // "rfc3161", "opentimestamps"; others are carried and not understood.
  std::string receipt;

  friend bool operator==(const AnchorReceipt&, const AnchorReceipt&) = default;
};

// What covers an earlier receipt: the log has it as an entry, and this is over a later checkpoint.
struct Renewal {
  Hash receipt;  // SHA-256 of the bytes of the one that is covered.
  std::string entry;
  note::TlogProof proof;
  std::vector<AnchorReceipt> receipts;

  friend bool operator==(const Renewal&, const Renewal&) = default;
};

// The record that closes a run, with the log's entry about it.
struct RunRecord {
  std::string record;
  std::string entry;
  note::TlogProof proof;

  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

// What a member of a record opens to that holds a commitment in its place.
struct Commitment {
  std::string path;
  Hash salt;
  std::string value;

  friend bool operator==(const Commitment&, const Commitment&) = default;
};

struct Evidence {
  std::optional<CertificateKind> kind;
  std::string entry;
  note::TlogProof proof;
  std::vector<Opening> openings;
  std::vector<AnchorReceipt> receipts = {};
  // From here on of version 2 alone.
  std::vector<Renewal> renewals = {};
  std::vector<std::string> revocation = {};  // DER.
  std::optional<RunRecord> run = std::nullopt;
  std::vector<Commitment> commitments = {};
  // 1 or 2: of the file that was read. What is written anew is 2.
  int version = 2;

  friend bool operator==(const Evidence&, const Evidence&) = default;
};

absl::StatusOr<Evidence> Parse(absl::string_view bytes);
absl::StatusOr<std::string> Format(const Evidence& evidence);

// What evidence is about.
struct StatementEntry {
  uint64_t accepted_at_ms = 0;
  entry::SignedStatement signed_statement;
  // The entry is of this kind, newer than this program: then there is no statement, and what the
  // entry says is not judged.
  std::optional<uint8_t> unknown_kind = std::nullopt;
};
// The entry, which must be a statement.
absl::StatusOr<StatementEntry> DecodeStatement(absl::string_view entry);
// Also of a reserved kind.
absl::StatusOr<StatementEntry> DecodeSubject(absl::string_view entry);

// The size that a note's checkpoint states. Requires a proof that was parsed.
TreeSize SizeOf(const note::TlogProof& proof);
// The first line of the note: the log's name.
std::string OriginOf(const note::TlogProof& proof);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_EVIDENCE_H_
