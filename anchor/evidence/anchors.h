// What receipts in evidence are worth to somebody with authorities of their own, and how many of
// these vouch for it.
//
// A receipt is over SHA-256 of the checkpoint's note, byte for byte as the evidence has it: text,
// log signature, cosignatures. So a signature that was made after the note was pinned is not in it.
// Whatever comes with the evidence is a hint: without roots of the verifier's own a time-stamp is
// claimed, and without block headers from a source of theirs so is a Bitcoin attestation.
//
// Counting: an authority is what the verifier named. A receipt counts for the first, by name, that
// proves it; how often and under which names a file has it makes no difference. Tokens of one
// signing key count for one authority, the first by name that they reach: two names for one signer
// are one witness of a time.
// Threads: one at a time.

#ifndef CAIRN_ANCHOR_EVIDENCE_ANCHORS_H_
#define CAIRN_ANCHOR_EVIDENCE_ANCHORS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/layer.h"
#include "anchor/evidence/rfc3161.h"
#include "merkle/hash.h"

namespace cairn::evidence {

inline constexpr char kRfc3161Kind[] = "rfc3161";
inline constexpr char kOpenTimestampsKind[] = "opentimestamps";

// The authority that block headers stand for.
inline constexpr char kBitcoinAuthority[] = "bitcoin";
// A miner's clock may be so much behind, by the rule that other nodes accept blocks by. A
// convention: nobody vouches for it.
inline constexpr uint64_t kBitcoinClockS = 7'200;
// Whoever made a time that is further ahead of the verifier's clock than this made it up.
inline constexpr uint64_t kClockLeewayS = 60;

// A time-stamp authority under the name that the verifier gave it.
struct Authority {
  std::string name;
  rfc3161::CachingVerifier* time_stamps = nullptr;  // Borrowed.
  // Its key was given up, or may have been lost, after this (POSIX seconds): renewal.h has what
  // then counts. JudgeReceipt does not look at it.
  std::optional<uint64_t> not_after_s = std::nullopt;
};

// OK for authorities that can be counted: kInvalidArgument for a name that is none (1 to 64 of
// A-Za-z0-9._:-), is `bitcoin` or stands twice, and for two that have a root's key in common.
absl::Status CheckAuthorities(
    absl::Span<const std::pair<std::string, const rfc3161::Verifier*>> authorities);

// The verifier's own.
struct AnchorTrust {
  // By rising name; CheckAuthorities accepts them.
  std::vector<Authority> authorities = {};
  BlockHeaders* headers = nullptr;  // Borrowed; null: it has none.
  uint64_t min_depth = kUsualDepth;
  // The verifier's clock, POSIX seconds. What is later by more than kClockLeewayS counts for
  // nothing. Without it nothing is too late.
  std::optional<uint64_t> now_s = std::nullopt;
};

struct JudgedReceipt {
  Layer layer;
  // The system has accepted the note, as far as its receipt says: what is not proven needs only
  // the verifier's own trust anchors, or time.
  bool accepted = false;
  // With kProven: the verifier's name for who vouches; SHA-256 of the SubjectPublicKeyInfo that
  // signed a token; and by when the note existed, in POSIX seconds.
  std::string authority = {};
  std::optional<Hash> signer_key = std::nullopt;
  std::optional<uint64_t> existed_by_s = std::nullopt;
  // As rfc3161::Timestamp has them.
  std::vector<size_t> own_crls_used = {};
  std::vector<size_t> crls_used = {};
};

// Codes that renewals depend on.
inline constexpr char kNotJudgedCode[] = "not_judged";
inline constexpr char kTokenRevokedCode[] = "token_revoked";
inline constexpr char kAuthorityNotAfterCode[] = "authority_not_after";

// `digest` is SHA-256 of the note. Of `expectation`, what CachingVerifier takes.
JudgedReceipt JudgeReceipt(const AnchorReceipt& receipt, const Hash& digest,
                           const AnchorTrust& trust, const rfc3161::Expectation& expectation = {});

// Each authority that vouches, with the least time over its receipts: of a token genTime and
// accuracy, rounded up; of a block its header's time and kBitcoinClockS.
using Vouched = std::map<std::string, uint64_t>;
Vouched CountAuthorities(absl::Span<const JudgedReceipt> receipts);

// By when the note existed if `needed` authorities (at least 1) are to vouch for it: the
// needed-th smallest of their times. nullopt: so many do not.
std::optional<uint64_t> AnchorBound(const Vouched& vouched, size_t needed);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_ANCHORS_H_
