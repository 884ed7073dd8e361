// Signs the tree after each commit and keeps the newest signed one.
//
// Errors: the store's and the signer's. After an error nothing was published, and this object signs
//   nothing more.
// Threads: Newest from any; Publish from one.

#ifndef CAIRN_LEDGER_PUBLISHER_H_
#define CAIRN_LEDGER_PUBLISHER_H_

#include <memory>
#include <mutex>

#include "absl/status/statusor.h"
#include "ledger/prepared.h"
#include "ledger/recovery.h"
#include "ledger/store.h"
#include "ledger/view.h"
#include "merkle/note/checkpoint_signer.h"

namespace cairn::ledger {

class Publisher {
 public:
  // Signs the recovered tree, which is durable. Borrows store and signer.
  static absl::StatusOr<std::unique_ptr<Publisher>> Open(Store* store,
                                                         const note::CheckpointSigner* signer,
                                                         const Recovered& recovered);

  // Requires: the tree's commit is durable, and the tree is larger than the newest.
  absl::StatusOr<std::shared_ptr<const View>> Publish(NewTree tree);

  std::shared_ptr<const View> Newest() const;

 private:
  Publisher(Store* store, const note::CheckpointSigner* signer) : store_(store), signer_(signer) {}

  absl::StatusOr<std::shared_ptr<const View>> Sign(View view);

  Store* const store_;
  const note::CheckpointSigner* const signer_;
  bool failed_ = false;

  mutable std::mutex mutex_;
  std::shared_ptr<const View> newest_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_PUBLISHER_H_
