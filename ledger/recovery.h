// Rebuilds what the log holds in memory from its store, and checks what can be checked at once.
//
// Checked: identity against the signer; edge (right border, from full tiles and the entries of the
//   partial tile) against the root in the state row; the state last signed against the tree; the
//   certifier entries. Older entries and tiles are checked when they are read.
// Cost: at most some hundred tiles, 255 entries, the certifier entries, and the entries above the
//   index watermark.

#ifndef CAIRN_LEDGER_RECOVERY_H_
#define CAIRN_LEDGER_RECOVERY_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/hash_index.h"
#include "ledger/store.h"
#include "merkle/edge.h"
#include "merkle/entry/certifiers.h"
#include "merkle/note/checkpoint_signer.h"

namespace cairn::ledger {

struct Recovered {
  TreeState state;
  merkle::Edge edge;
  std::shared_ptr<const entry::CertifierRegistry> certifiers;
};

// kFailedPrecondition when `identity` is of another origin or key.
absl::Status CheckIdentity(const LogIdentity& identity, const note::CheckpointSigner& signer);

// kFailedPrecondition when the store belongs to another origin or key; kDataLoss when what is
// stored contradicts itself or what was signed; otherwise the store's error.
absl::StatusOr<Recovered> Recover(Store* store, const note::CheckpointSigner& signer);

// Puts the rows of entries from the watermark on into `index`, which is empty.
absl::Status ReplayIndex(Store* store, const Recovered& recovered, HashIndex* index);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_RECOVERY_H_
