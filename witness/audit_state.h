// How far an audit of a log is, as text, and what it is an audit of.
//
// Shape, version 2, lines:
//   "cairn.v2/audit"
//   "of audit", or "of monitor " <certifier's name>
//   "log " <vkey of the log>, once a checkpoint of it was seen
//   "size " <entries that were read and checked>
//   "root " <base64 of the root they lead to, which a root that the log signed begins with>
//   "last_ms " <time of the last of them, at most 2^63 - 1>
//   "compared " <entries below this were compared with all before them>
//   "certifier " <leaf index> ' ' <base64 of the encoded entry>, for each certifier entry
//   "kind " <kind> ' ' <how many entries of that kind, which this program does not know>
//   "told " <findings from this number on were in no report yet>
//   "finding " <number> ' ' <kind> ' ' <leaf index or -> ' ' <base64 of its text>, by number
//   "acknowledged " <number> ' ' <milliseconds since 1970> ' ' <base64 of the reason>
//   "next " <number of the next finding> and "findings " <lasting ones that are not listed>
//   "rounds " <next round> ' ' <newest round> ' ' <base64 of SHA-256 of its note>, "round_note "
//   <base64 of the note of the round before the next> and "receipts " <entries that were looked at
//   for receipts>: where anchors were audited, see round_check.h
//   of a monitor: "alike " <name> ' ' <first leaf index>, for each name that looks like the
//   certifier's; "watched " <bytes of watched.h that count>; "known " <base64 of SHA-256 of what
//   was known in the last run>
//   an empty line, then the newest checkpoint that was seen (a signed note), nothing before the
//   first
// Version 1 ("cairn.v1/audit") did not say what it was of, and kept findings about what could not
// be
//   read. It is read as one of an audit, without those.
// Errors: kDataLoss.

#ifndef CAIRN_WITNESS_AUDIT_STATE_H_
#define CAIRN_WITNESS_AUDIT_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/types.h"
#include "witness/finding.h"
#include "witness/findings.h"
#include "witness/store.h"

namespace cairn::witness {

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
  // Read from version 1.
  bool is_of_version_1 = false;
  // The certifier that is monitored; empty: an audit.
  std::string watch;
  // The vkey that signed the newest checkpoint; empty before the first.
  std::string log;
  Tree audited = {TreeSize(0), merkle::EmptyRoot()};
  uint64_t last_ms = 0;
  TreeSize compared;
  std::vector<std::pair<LeafIndex, entry::CertifierEntry>> certifiers;
  // How many entries there are of each kind that this program does not know.
  std::map<uint8_t, uint64_t> unknown_kinds;
  Findings findings;
  RoundsSeen rounds;
  // Names that look like `watch`, with the first index of each.
  std::map<std::string, LeafIndex> alike;
  uint64_t watched_bytes = 0;
  std::optional<Hash> known;
  std::string newest_note;
};

std::string FormatAuditState(const AuditState& state);
absl::StatusOr<AuditState> ParseAuditState(absl::string_view text);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_AUDIT_STATE_H_
