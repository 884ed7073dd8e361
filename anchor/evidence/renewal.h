// All receipts of evidence, with what later ones say of them: a receipt that a later checkpoint
// covers was there when that was anchored, so that whoever steals an authority's key afterwards
// cannot have made it.
//
// Source: RFC 4998's idea (renewal of time-stamps), by entries of kind 3. Why it holds: the bytes
// of
//   a renewal's receipt pin the later note; its root pins the entry, the entry pins SHA-256 of the
//   earlier receipt's bytes, and these pin the earlier note, whose digest stands in them. So each
//   of these existed by the time that the renewal's receipt proves. Nothing of that rests on the
//   log's honesty, on its signature, or on the later tree continuing the earlier one: only on
//   hashes. That the log's key has signed the later note is demanded all the same, so that nobody
//   else can add renewals to a log's evidence.
// What follows:
//   1. An authority that proves a renewal's receipt vouches for the earlier note as well, by the
//      renewal's time.
//   2. A receipt whose authority's key does not stand any more counts with its own, earlier, time
//      only if a renewal of it is proven, by another authority with another signing key, which
//      stands itself, for a time earlier than when the key ceased to stand:
//        revoked    an invalidity date or else a revocation date of what the lists take back; such
//        a
//                   receipt without that renewal is false, as one without any;
//        given up   Authority::not_after_s; such a receipt without that renewal is not proven.
//      Otherwise only what 1 says is left of it.
//   One other authority is enough, also where several are demanded of the evidence: to forge what
//   then counts takes the lost key and that authority's help, so as many failures as it counts for.
// Threads: as CachingVerifier.

#ifndef CAIRN_ANCHOR_EVIDENCE_RENEWAL_H_
#define CAIRN_ANCHOR_EVIDENCE_RENEWAL_H_

#include <optional>
#include <vector>

#include "anchor/evidence/anchors.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/layer.h"
#include "anchor/evidence/note_verifier.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"

namespace cairn::evidence {

struct RenewalTrust {
  const AnchorTrust& anchors;
  // Of the log; without it renewals are not proven, and cover nothing.
  const std::optional<note::VerifierKey>& log_key;
  // Its other keys of the log will do as well; and it is said whether a later note has its quorum.
  const note::Policy* policy = nullptr;
  NoteVerifier& notes;
};

struct JudgedReceipts {
  // Those of `receipts`, in order, as they stand once renewals have been looked at.
  std::vector<JudgedReceipt> receipts;
  // Whatever vouches for the note of the evidence's own proof: the proven ones among these, and of
  // their renewals.
  std::vector<JudgedReceipt> vouching;
  // `renewal 1`, ... in order; `revocation` where the evidence has lists.
  std::vector<Layer> layers;
};

// Codes of `renewal N`:
//   renewal_proven           sound, signed, and one of its receipts at least is proven
//   renewal_claimed          sound and signed; none of its receipts is
//   renewal_no_log_key       sound; no key of the log is given (not proven)
//   renewal_other_size, renewal_other_log, renewal_before_tree, renewal_not_included,
//   renewal_log_signature, renewal_receipt_false   false
// Of `revocation`: lists_used, lists_unused; always claimed.
JudgedReceipts JudgeReceipts(const Evidence& evidence, const RenewalTrust& trust);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_RENEWAL_H_
