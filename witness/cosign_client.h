// One witness, as a log asks it for cosignatures.
//
// Source: C2SP tlog-witness v1.0.0 and its next version as of 2026-07-06; what witnesses in the
//   field answer otherwise is told apart by the body: a 409 says the size that the witness knows,
//   or nothing where its tree of the same size has another root (422 in the next version).
// Nothing that a witness says is believed but its cosignature, verified under its key, and a
// checkpoint that this log's own key has signed.
// Errors of Ask: kUnavailable, kDeadlineExceeded, kResourceExhausted (the network, 429, 5xx: try
//   again later), kPermissionDenied (403: it does not trust this log's key), kNotFound (404: it
//   does not know this log), kInvalidArgument (answers that make no sense), kAborted (it says that
//   it knows a larger tree, and has not shown one), kFailedPrecondition (it refuses a proof, or
//   says that its tree of our size is another, or shows one that this log's key has signed and that
//   ours does not continue, or is larger: there are two histories).
// A claim to know a larger tree is followed up each time it is made, so that a fetch that fails
// is tried again with the next Ask.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_COSIGN_CLIENT_H_
#define CAIRN_WITNESS_COSIGN_CLIENT_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/proof_bytes.h"
#include "merkle/types.h"

namespace cairn::witness {

// An exchange with the witness: sends a body to its add-checkpoint and returns what it answers.
struct WitnessAnswer {
  unsigned status = 0;
  std::string body;
};
using Exchange = std::function<absl::StatusOr<WitnessAnswer>(const std::string& body)>;

// The newest checkpoint that the witness shows to anybody, verified under this log's own key.
using Latest = std::function<absl::StatusOr<note::Checkpoint>()>;

// The proof that the tree of `old_size` is the beginning of that of `new_size`.
using Prover = std::function<absl::StatusOr<merkle::Proof>(TreeSize old_size, TreeSize new_size)>;

// A checkpoint of ours: note bytes with the log's own signatures only.
struct Target {
  TreeSize size;
  std::string note;
};

struct Cosigned {
  std::string line;  // With its '\n'.
  uint64_t at_s = 0;
};

class CosignClient {
 public:
  CosignClient(note::VerifierKey key, Exchange exchange, Latest latest, Prover prover);

  // Asks for a cosignature over `target`. A witness whose size is not known, or has changed, is
  // asked again with the size that it says; a few times at the most. Requires targets that only
  // grow.
  absl::StatusOr<Cosigned> Ask(const Target& target);

 private:
  absl::StatusOr<Cosigned> Take(const Target& target, absl::string_view body) const;
  // What its claim to know `claimed` entries, more than `target`, comes to.
  absl::Status FollowUp(const Target& target, TreeSize claimed) const;
  absl::Status CheckOurs(const Target& target, const note::Checkpoint& shown) const;

  const note::VerifierKey key_;
  const Exchange exchange_;
  const Latest latest_;
  const Prover prover_;
  TreeSize known_size_;  // What it cosigned last, as far as is known; never above a target.
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_COSIGN_CLIENT_H_
