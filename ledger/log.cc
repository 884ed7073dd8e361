#include "ledger/log.h"

#include <atomic>
#include <utility>

#include "ledger/accept_clock.h"
#include "ledger/hash_index.h"
#include "ledger/listeners.h"
#include "ledger/pipeline.h"
#include "ledger/publisher.h"
#include "ledger/reader.h"
#include "ledger/recovery.h"

namespace cairn::ledger {
namespace {

class LogImpl final : public Log {
 public:
  LogImpl(const LogOptions& options, Store* store, const Clock* clock,
          std::unique_ptr<HashIndex> index, std::unique_ptr<Publisher> publisher,
          const Recovered& recovered)
      : clock_(clock, options.check_time),
        index_(std::move(index)),
        publisher_(std::move(publisher)),
        reader_(store, index_.get()),
        pipeline_({.max_queued = {options.max_queued_entries, options.max_queued_bytes},
                   .max_commit = {options.max_commit_entries, options.max_commit_bytes},
                   .free_space_reserve_bytes = options.free_space_reserve_bytes,
                   .on_fatal = options.on_fatal},
                  store, &clock_, index_.get(), publisher_.get(), &listeners_, recovered) {}

  Ticket Append(std::vector<Submission> batch, AppendCallback done) override {
    size_t bytes = 0;
    for (const Submission& item : batch) bytes += item.encoded.size();
    return pipeline_.Append({.items = std::move(batch), .done = std::move(done), .bytes = bytes});
  }

  void Withdraw(Ticket ticket) override { pipeline_.Withdraw(ticket); }

  std::shared_ptr<const View> Newest() const override { return publisher_->Newest(); }

  absl::StatusOr<ProvenEntry> Prove(const View& view, LeafIndex index, TreeSize size) override {
    return Checked(reader_.Prove(view, index, size));
  }
  absl::StatusOr<merkle::Proof> ConsistencyProof(const View& view, TreeSize old_size,
                                                 TreeSize new_size) override {
    return Checked(reader_.ConsistencyProof(view, old_size, new_size));
  }
  absl::StatusOr<std::vector<std::string>> ReadEntries(const View& view, LeafIndex begin,
                                                       LeafIndex end, size_t max_bytes) override {
    return Checked(reader_.ReadEntries(view, begin, end, max_bytes));
  }
  absl::StatusOr<std::vector<Hash>> ReadTile(const View& view,
                                             const merkle::TileSlice& tile) override {
    return Checked(reader_.ReadTile(view, tile));
  }
  absl::StatusOr<FoundStatements> Find(const View& view, const Hash& certificate_hash,
                                       const std::optional<std::string>& certifier, TreeSize size,
                                       LeafIndex from, size_t limit) override {
    return Checked(reader_.Find(view, certificate_hash, certifier, size, from, limit));
  }

  void Halt(const absl::Status& why) override { pipeline_.StopSigning(why); }

  std::shared_ptr<void> Subscribe(Listener listener) override {
    return listeners_.Add(std::move(listener));
  }

  absl::Status healthy() const override {
    if (absl::Status halted = pipeline_.halted(); !halted.ok()) return halted;
    if (stopped_.load()) return absl::UnavailableError("the log is stopping");
    const uint64_t last_ms = publisher_->Newest()->state.last_accepted_at_ms;
    if (absl::Status time = clock_.Now(last_ms).status(); !time.ok()) return time;
    return pipeline_.CheckFreeSpace();
  }

  LogStats stats() const override {
    LogStats stats = pipeline_.stats();
    stats.recent_rows = index_->recent_rows();
    return stats;
  }

  void Stop() override {
    stopped_.store(true);
    pipeline_.Stop();
  }

 private:
  // Damage that a read meets ends all signing.
  template <typename T>
  absl::StatusOr<T> Checked(absl::StatusOr<T> result) {
    if (absl::IsDataLoss(result.status())) pipeline_.StopSigning(result.status());
    return result;
  }

  const AcceptClock clock_;
  const std::unique_ptr<HashIndex> index_;
  const std::unique_ptr<Publisher> publisher_;
  const Reader reader_;
  Listeners listeners_;
  std::atomic<bool> stopped_{false};
  Pipeline pipeline_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Log>> Log::Open(const LogOptions& options, Store* store,
                                               const Clock* clock,
                                               const note::CheckpointSigner* signer) {
  const absl::StatusOr<Recovered> recovered = Recover(store, *signer);
  if (!recovered.ok()) return recovered.status();
  auto index = std::make_unique<HashIndex>(store, options.max_recent_rows);
  absl::Status replayed = ReplayIndex(store, *recovered, index.get());
  if (!replayed.ok()) return replayed;
  absl::StatusOr<std::unique_ptr<Publisher>> publisher = Publisher::Open(store, signer, *recovered);
  if (!publisher.ok()) return publisher.status();
  return std::make_unique<LogImpl>(options, store, clock, std::move(index), *std::move(publisher),
                                   *recovered);
}

}  // namespace cairn::ledger
