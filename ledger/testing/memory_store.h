// A store in memory that fails when told to, for tests.
//
// Models what matters of a disk: what was written but lost, or kept although the write failed;
// index rows that a crash takes down to the last ingestion. Strict: a commit that does not continue
// the tree ends the test.
// Threads: all calls from any.

#ifndef CAIRN_LEDGER_TESTING_MEMORY_STORE_H_
#define CAIRN_LEDGER_TESTING_MEMORY_STORE_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/store.h"

namespace cairn::ledger {

// How a call that is told to fail does so.
enum class Failure {
  kNothingKept,  // fails, and nothing is there
  kPersisted,    // fails, and all of it is there
  kLostOnCrash,  // fails; it is there until Crash()
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(LogIdentity identity) : identity_(std::move(identity)) {}

  const LogIdentity& identity() const override { return identity_; }
  absl::Status Write(const Commit& commit) override;
  absl::StatusOr<TreeState> ReadState() override;
  absl::StatusOr<std::vector<std::string>> ReadEntries(LeafIndex begin, LeafIndex end) override;
  absl::Status ReadNodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) override;
  absl::StatusOr<std::vector<Hash>> ReadTile(merkle::TileId id) override;
  absl::StatusOr<std::vector<LeafIndex>> CertifierEntries() override;
  absl::Status FindRows(absl::Span<const IndexTag> tags,
                        absl::Span<std::vector<LeafIndex>> out) override;
  absl::Status IngestIndex(absl::Span<const IndexRow> rows, LeafIndex watermark) override;
  absl::StatusOr<LeafIndex> IndexWatermark() override;
  absl::Status RecordSigned(const TreeState& state) override;
  absl::StatusOr<std::optional<TreeState>> LastSigned() override;
  absl::StatusOr<uint64_t> FreeSpaceBytes() override;

  // The next Write, IngestIndex or RecordSigned fails with kUnavailable.
  void FailWrite(Failure failure);
  void FailIngest();
  void FailRecord();
  // Reads of entries fail with this from now on; OK ends it.
  void FailReads(absl::Status status);
  // Takes a write that was kLostOnCrash. With `power_failed` also the last RecordSigned, which is
  // not synced. Failures that were asked for and did not happen yet are forgotten.
  void Crash(bool power_failed = false);

  // Holds every Write from its call on until ReleaseWrites().
  void HoldWrites();
  void ReleaseWrites();
  // Waits until a Write is held.
  void AwaitHeldWrite();
  // Waits until FindRows was called so often.
  void AwaitLookUps(uint64_t calls);

  // Flips a bit of a stored entry, or of a hash of a full tile.
  void DamageEntry(LeafIndex index);
  void DamageTile(merkle::TileId id, size_t offset);
  // Undoes the commits above this size, as a log directory that lost its tail.
  void CutTo(const TreeState& state);
  // FindRows also answers these, under every tag.
  void AddForeignCandidates(std::vector<LeafIndex> indexes);
  void SetFreeSpace(uint64_t bytes);

  uint64_t writes() const;
  // Calls of ReadEntries.
  uint64_t entry_reads() const;
  size_t ingested_rows() const;

 private:
  struct Kept {
    TreeState state;
    std::vector<std::string> entries;
    std::map<merkle::TileId, merkle::FullTile> tiles;
    std::vector<LeafIndex> certifiers;
  };
  void Apply(const Commit& commit);

  const LogIdentity identity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Kept kept_{.state = {.size = TreeSize(0), .root = merkle::EmptyRoot()},
             .entries = {},
             .tiles = {},
             .certifiers = {}};
  // What Crash goes back to.
  std::optional<Kept> before_lost_;
  std::map<IndexTag, std::vector<LeafIndex>> index_;
  LeafIndex watermark_;
  size_t ingested_rows_ = 0;
  std::optional<TreeState> signed_;
  std::optional<TreeState> signed_before_;
  std::optional<Failure> fail_write_;
  bool fail_ingest_ = false;
  bool fail_record_ = false;
  absl::Status read_status_;
  bool hold_ = false;
  uint64_t held_ = 0;
  uint64_t writes_ = 0;
  uint64_t entry_reads_ = 0;
  uint64_t look_ups_ = 0;
  uint64_t free_bytes_ = uint64_t{1} << 40;
  std::vector<LeafIndex> foreign_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_TESTING_MEMORY_STORE_H_
