#include "ledger/testing/commit_path.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "ledger/recovery.h"
#include "ledger/testing/fixtures.h"

namespace cairn::ledger {
namespace {

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "CommitPath: " << status << std::endl;
  std::abort();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CommitPath>> CommitPath::Open(Store* store, const Clock* clock,
                                                             size_t max_recent_rows) {
  std::unique_ptr<CommitPath> path(new CommitPath(store, clock, max_recent_rows));
  const absl::StatusOr<Recovered> recovered = Recover(store, TestSigner());
  if (!recovered.ok()) return recovered.status();
  absl::Status replayed = ReplayIndex(store, *recovered, &path->index_);
  if (!replayed.ok()) return replayed;
  auto publisher = Publisher::Open(store, &TestSigner(), *recovered);
  if (!publisher.ok()) return publisher.status();
  path->publisher_ = *std::move(publisher);
  path->durable_ = recovered->state.size;
  path->sequencer_ = std::make_unique<Sequencer>(store, &path->clock_, &path->index_, *recovered);
  return path;
}

absl::StatusOr<Prepared> CommitPath::Prepare(std::vector<std::vector<Submission>> batches) {
  std::vector<Batch> taken;
  for (std::vector<Submission>& items : batches) {
    taken.push_back({.items = std::move(items), .done = nullptr, .bytes = 0});
  }
  return sequencer_->Prepare(taken, durable_);
}

absl::Status CommitPath::Write(const Prepared& prepared) {
  if (!prepared.tree.has_value()) return absl::OkStatus();
  absl::Status written = store_->Write(prepared.tree->commit);
  if (written.ok()) durable_ = prepared.tree->commit.state.size;
  return written;
}

absl::StatusOr<std::shared_ptr<const View>> CommitPath::Publish(Prepared prepared) {
  if (!prepared.tree.has_value()) return Newest();
  return publisher_->Publish(*std::move(prepared.tree));
}

ItemResult CommitPath::Run(Submission submission) {
  std::vector<std::vector<Submission>> batches(1);
  batches.front().push_back(std::move(submission));
  absl::StatusOr<Prepared> prepared = Prepare(std::move(batches));
  Require(prepared.status());
  ItemResult result = prepared->answers.front().items.front();
  Require(Write(*prepared));
  Require(Publish(*std::move(prepared)).status());
  Require(Ingest());
  return result;
}

}  // namespace cairn::ledger
