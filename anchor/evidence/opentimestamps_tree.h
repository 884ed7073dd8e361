// What an OpenTimestamps tree says: which messages it attests. And how trees over one message are
// joined, when a calendar has more to say.
//
// A tree knows no message; each function takes that of the root. Messages that no operation of
// this machine can compute, those below a keccak256, count as unknown.
// Requires trees that were parsed, or that Format would write: recursion is as deep as they are.
// Cost: hashes as it walks, and remembers no message; at most 256 messages are alive at a time.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_OPENTIMESTAMPS_TREE_H_
#define CAIRN_ANCHOR_EVIDENCE_OPENTIMESTAMPS_TREE_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/opentimestamps.h"
#include "merkle/hash.h"

namespace cairn::evidence::ots {

// What the operation makes of the message. Nothing for keccak256; also for a message or a result
// that breaks the limits, which no tree that was parsed over this message has.
std::optional<std::string> Apply(const Op& op, absl::string_view message);

// `timestamp` over what `ops` make of a message, first operation first, as one over the message
// itself.
Timestamp Under(std::vector<Op> ops, Timestamp timestamp);

// Adds to `into` whatever `from` has beyond it. Both are over the same message.
void Merge(Timestamp from, Timestamp* into);

// Merges `from` into each node of `into`, a tree over `message`, whose own message is `at`.
// kNotFound when there is none.
absl::Status MergeAt(absl::string_view at, const Timestamp& from, absl::string_view message,
                     Timestamp* into);

// Takes out the attestations for which `unwanted` is true, and whatever leads nowhere without them.
// Leaves a node without anything, which cannot be written, if that was all. Messages as in Visit.
using Choose = absl::FunctionRef<bool(const Attestation&, std::optional<absl::string_view>)>;
void Remove(Choose unwanted, absl::string_view message, Timestamp* timestamp);

// Each attestation of a tree over `message`, in its order, with the message that it is over;
// without one where that cannot be computed.
using Visitor = absl::FunctionRef<void(const Attestation&, std::optional<absl::string_view>)>;
void Visit(const Timestamp& timestamp, absl::string_view message, Visitor visitor);

struct PendingAttestation {
  std::string uri;
  std::string message;    // What the calendar is to be asked about.
  bool upgraded = false;  // A Bitcoin attestation is at or below this node.
};
// Those over a known message.
std::vector<PendingAttestation> PendingAttestations(const Timestamp& timestamp,
                                                    absl::string_view message);

struct BitcoinAttestation {
  uint64_t height = 0;
  // The Merkle root that the block must have, in the order of the bytes of its header.
  Hash root;

  friend auto operator<=>(const BitcoinAttestation&, const BitcoinAttestation&) = default;
};
// Those over 32 known bytes: over anything else, none can be true. Sorted by height, none twice.
std::vector<BitcoinAttestation> BitcoinAttestations(const Timestamp& timestamp,
                                                    absl::string_view message);

}  // namespace cairn::evidence::ots

#endif  // CAIRN_ANCHOR_EVIDENCE_OPENTIMESTAMPS_TREE_H_
