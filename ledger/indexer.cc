#include "ledger/indexer.h"

#include <utility>

namespace cairn::ledger {

Indexer::Indexer(HashIndex* index, std::function<void(const absl::Status&)> on_error)
    : index_(index), on_error_(std::move(on_error)), thread_([this] { Run(); }) {}

void Indexer::Advance(TreeSize durable) {
  const std::lock_guard lock(mutex_);
  durable_ = durable;
  advanced_.notify_one();
}

void Indexer::WaitForRoom() {
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [this] { return released_ || !index_->full(); });
}

void Indexer::Release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  moved_.notify_all();
}

void Indexer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    advanced_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Indexer::Run() {
  while (true) {
    TreeSize durable;
    {
      std::unique_lock lock(mutex_);
      advanced_.wait(lock, [this] { return stopping_ || durable_ != seen_; });
      if (stopping_) return;
      seen_ = durable = durable_;
    }
    if (absl::Status ingested = index_->Ingest(durable); !ingested.ok()) {
      on_error_(ingested);
      return;
    }
    const std::lock_guard lock(mutex_);
    moved_.notify_all();
  }
}

}  // namespace cairn::ledger
