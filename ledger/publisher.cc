#include "ledger/publisher.h"

#include <cassert>
#include <string>
#include <utility>

#include "merkle/note/checkpoint.h"

namespace cairn::ledger {

absl::StatusOr<std::unique_ptr<Publisher>> Publisher::Open(Store* store,
                                                           const note::CheckpointSigner* signer,
                                                           const Recovered& recovered) {
  std::unique_ptr<Publisher> publisher(new Publisher(store, signer));
  auto signed_view = publisher->Sign({.state = recovered.state,
                                      .checkpoint = "",
                                      .edge = recovered.edge,
                                      .certifiers = recovered.certifiers,
                                      .recent = nullptr});
  if (!signed_view.ok()) return signed_view.status();
  return publisher;
}

absl::StatusOr<std::shared_ptr<const View>> Publisher::Publish(NewTree tree) {
  assert(tree.commit.state.size > Newest()->size());
  auto recent =
      std::make_shared<const RecentCommit>(RecentCommit{.first = tree.commit.first,
                                                        .entries = std::move(tree.commit.entries),
                                                        .extension = std::move(tree.extension)});
  return Sign({.state = tree.commit.state,
               .checkpoint = "",
               .edge = std::move(tree.edge),
               .certifiers = std::move(tree.certifiers),
               .recent = std::move(recent)});
}

absl::StatusOr<std::shared_ptr<const View>> Publisher::Sign(View view) {
  if (failed_) return absl::FailedPreconditionError("nothing is signed after a failure");
  // Set until all went well.
  failed_ = true;
  // Recorded before the signature exists: a tree that ends earlier is then refused at the next
  // start. Dead in between, the record names a tree that is durable and was never shown, which is
  // harmless.
  if (absl::Status recorded = store_->RecordSigned(view.state); !recorded.ok()) return recorded;
  absl::StatusOr<std::string> checkpoint = signer_->Sign({.origin = signer_->origin(),
                                                          .size = view.state.size,
                                                          .root = view.state.root,
                                                          .extensions = {}});
  if (!checkpoint.ok()) return checkpoint.status();
  view.checkpoint = *std::move(checkpoint);
  failed_ = false;
  auto published = std::make_shared<const View>(std::move(view));
  const std::lock_guard lock(mutex_);
  newest_ = published;
  return published;
}

std::shared_ptr<const View> Publisher::Newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

}  // namespace cairn::ledger
