// The log's store, on RocksDB. What each call does is said in ledger/store.h.
//
// Errors of Open, besides those of every call: kFailedPrecondition for a directory that is not
//   cairn's, that another process has open, that holds a log of another origin or key, or whose
//   format this build does not read; kNotFound as OpenOptions says. kDataLoss when the database is
//   damaged, or ends before the tree that was last signed from it.
// Requires: Write() continues the tree (commit.first is the size before); entries below 64 KiB;
//   leaf indexes below 2^48.
// Cost: Open replays at most the last 96 MiB of commits. Memory is bounded: the block cache, at
//   most 126 MiB of write buffers, and one MiB or so a table file in use.

#ifndef CAIRN_LEDGER_ROCKSDB_STORE_H_
#define CAIRN_LEDGER_ROCKSDB_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/store.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class FileSystem;
}  // namespace rocksdb

namespace cairn::ledger {

class Directory;
class SignedFile;

// What a start may have to write before it serves, and so what a log needs to leave free. The
// largest WAL (families.h) is written to tables before it may be removed; one table of the index is
// made (of half of LogOptions::max_recent_rows, at some 30 bytes a row), and the anchors' database
// does the same with its own WAL of two write buffers (witness/rocksdb/database).
inline constexpr uint64_t kRecoveryBytes = (uint64_t{96} + 16 + 16) << 20;

struct OpenOptions {
  // The log's directory. Holds nothing else; its parent exists.
  std::string path;
  // Whose log it is, or will be.
  std::string origin;
  std::string vkey;
  // Whether to create the log where there is none; otherwise that is kNotFound.
  bool create = true;
  // For blocks, filters and index blocks of all tables.
  size_t block_cache_bytes = 128u << 20;
  // All access to the disk goes through it. Null: the machine's own.
  std::shared_ptr<rocksdb::FileSystem> file_system;
};

// What the database holds now.
struct StoreStats {
  uint64_t block_cache_bytes = 0;
  uint64_t block_cache_max_bytes = 0;
  uint64_t memtable_bytes = 0;
  uint64_t table_bytes = 0;
  uint64_t pending_compaction_bytes = 0;
  // RocksDB holds writes back, or slows them, until compaction has caught up.
  bool writes_stopped = false;
  bool writes_delayed = false;
};

class RocksDbStore final : public Store {
 public:
  static absl::StatusOr<std::unique_ptr<RocksDbStore>> Open(const OpenOptions& options);
  // Requires that no call is running.
  ~RocksDbStore() override;

  const LogIdentity& identity() const override { return identity_; }
  absl::Status Write(const Commit& commit) override;
  absl::StatusOr<TreeState> ReadState() override;
  absl::StatusOr<std::vector<std::string>> ReadEntries(LeafIndex begin, LeafIndex end) override;
  absl::Status ReadNodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) override;
  absl::StatusOr<std::vector<Hash>> ReadTile(merkle::TileId id) override;
  absl::StatusOr<std::vector<LeafIndex>> CertifierEntries() override;
  absl::Status FindRows(absl::Span<const IndexTag> tags,
                        absl::Span<std::vector<LeafIndex>> out) override;
  // One table file carries both the rows and the watermark, so they become durable together.
  absl::Status IngestIndex(absl::Span<const IndexRow> rows, LeafIndex watermark) override;
  absl::StatusOr<LeafIndex> IndexWatermark() override;
  absl::Status RecordSigned(const TreeState& state) override;
  absl::StatusOr<std::optional<TreeState>> LastSigned() override;
  absl::StatusOr<uint64_t> FreeSpaceBytes() override;

  // Reads counters, no disk. From any thread.
  StoreStats stats() const;

 private:
  // Defined in the tests' own library; see testing/store_access.h.
  friend class StoreAccess;

  RocksDbStore(std::unique_ptr<rocksdb::Env> env, std::shared_ptr<rocksdb::FileSystem> file_system,
               std::unique_ptr<Directory> directory);

  absl::Status OpenDatabase(size_t block_cache_bytes);
  absl::Status LoadIdentity();
  absl::Status CheckIdentity(const OpenOptions& options) const;
  // That the runs end where the tree does, and the tree not before the last signed one.
  absl::Status CheckEnd();

  // In the order of what lives on what: the last is destroyed first.
  std::unique_ptr<rocksdb::Env> env_;
  std::shared_ptr<rocksdb::FileSystem> file_system_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<SignedFile> signed_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;

  LogIdentity identity_;
  // Leaves that are stored; ReadEntries answers below it.
  std::atomic<uint64_t> size_{0};
  uint64_t ingestions_ = 0;
  bool sync_ = true;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_STORE_H_
