// What receipts in evidence are worth to somebody with trust anchors of their own.
//
// A receipt is over SHA-256 of the checkpoint's note, byte for byte as the evidence has it: text,
// log signature, cosignatures. So a signature that was made after the note was pinned is not in it.
// Whatever comes with the evidence is a hint: without roots of the verifier's own a time-stamp is
// not proven, and without block headers from a source of theirs neither is a Bitcoin attestation.
// Threads: one at a time.

#ifndef CAIRN_ANCHOR_EVIDENCE_ANCHORS_H_
#define CAIRN_ANCHOR_EVIDENCE_ANCHORS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/layer.h"
#include "anchor/evidence/rfc3161.h"
#include "merkle/hash.h"

namespace cairn::evidence {

inline constexpr char kRfc3161Kind[] = "rfc3161";
inline constexpr char kOpenTimestampsKind[] = "opentimestamps";

// The verifier's own. Borrowed; null: it has none.
struct AnchorTrust {
  rfc3161::CachingVerifier* time_stamps = nullptr;
  BlockHeaders* headers = nullptr;
  uint64_t min_depth = kUsualDepth;
};

struct JudgedReceipt {
  Layer layer;
  // The system has accepted the note, as far as its receipt says: kNotProven needs only the
  // verifier's own trust anchors, or time.
  bool accepted = false;
  // With kProven: the note existed by then, in POSIX seconds.
  std::optional<uint64_t> existed_by_s = std::nullopt;
};

// `digest` is SHA-256 of the note.
JudgedReceipt JudgeReceipt(const AnchorReceipt& receipt, const Hash& digest,
                           const AnchorTrust& trust);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_ANCHORS_H_
