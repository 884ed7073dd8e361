// How far an audit of a log is, as text.
//
// Shape, version 1, lines:
//   "cairn.v1/audit"
//   "size " <entries that were read and checked>
//   "root " <base64 of the root they lead to>
//   "last_ms " <time of the last of them, at most 2^63 - 1>
//   "compared " <entries below this were compared with all before them>
//   "certifier " <leaf index> ' ' <base64 of the encoded entry>, for each certifier entry among
//   them "finding " <kind> ' ' <leaf index or -> ' ' <base64 of its text>, the first kMaxFindings
//   "findings " <how many there were>
//   "rounds " <next round> ' ' <newest round> ' ' <base64 of SHA-256 of its note>, "round_note "
//   <base64 of the note of the round before the next> and "receipts " <entries that were looked at
//   for receipts>: where anchors were audited, see round_check.h
//   an empty line, then the newest checkpoint that was seen (a signed note), nothing before the
//   first
// Errors: kDataLoss.

#ifndef CAIRN_WITNESS_AUDIT_STATE_H_
#define CAIRN_WITNESS_AUDIT_STATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/types.h"
#include "witness/finding.h"
#include "witness/store.h"

namespace cairn::witness {

inline constexpr size_t kMaxFindings = 100;

// Rounds whose receipts are not settled are read again, if they are among so many of the last.
inline constexpr uint64_t kMaxRoundsAgain = 4096;

// How far an audit of the anchors is; see round_check.h.
struct RoundsSeen {
  // The first round to be read, and the note of the one before it (empty before the first).
  uint64_t next = 1;
  std::string note = {};
  // The newest round there was, and SHA-256 of its note.
  uint64_t last = 0;
  Hash last_digest = {};
  // Entries below this were looked at for receipts.
  TreeSize receipts = {};
};

struct AuditState {
  Tree audited = {TreeSize(0), merkle::EmptyRoot()};
  uint64_t last_ms = 0;
  TreeSize compared;
  std::vector<std::pair<LeafIndex, entry::CertifierEntry>> certifiers;
  std::vector<Finding> findings;
  uint64_t finding_count = 0;
  RoundsSeen rounds;
  std::string newest_note;

  // Counts it, and keeps it if it is among the first; not what is kept already.
  void Add(Finding finding);
};

std::string FormatAuditState(const AuditState& state);
absl::StatusOr<AuditState> ParseAuditState(absl::string_view text);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_AUDIT_STATE_H_
