// A log's directory, opened to be checked: nothing in it is changed, and no cairnd can open it
// meanwhile.
//
// What the WAL holds is replayed into memory under the same options as a start would, so that what
// is read is what a start would find.
// Errors of Open: kNotFound where there is no log; kFailedPrecondition for a directory that is not
//   cairn's, that a cairnd has open, or whose format this build does not read; kDataLoss when the
//   database is damaged so that a start would fail too.
// Cost: memory for the WAL (96 MiB at most, as much again for its tables), 32 MiB of cache, and
//   2 MiB for each cursor.
// Threads: as CheckSource.

#ifndef CAIRN_LEDGER_ROCKSDB_READ_ONLY_LOG_H_
#define CAIRN_LEDGER_ROCKSDB_READ_ONLY_LOG_H_

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/check/source.h"
#include "ledger/rocksdb/directory.h"

namespace cairn::ledger {

class ReadOnlyLog final : public CheckSource {
 public:
  static absl::StatusOr<std::unique_ptr<ReadOnlyLog>> Open(const std::string& path);
  // On another file system than the machine's; its user sees to it that nobody writes meanwhile.
  static absl::StatusOr<std::unique_ptr<ReadOnlyLog>> OpenOn(
      std::shared_ptr<rocksdb::FileSystem> file_system, const std::string& path);
  ~ReadOnlyLog() override;

  const LogIdentity& identity() const override { return identity_; }
  absl::StatusOr<TreeState> ReadState() override;
  absl::StatusOr<LeafIndex> EntriesEnd() override;
  absl::StatusOr<SignedRecord> ReadSigned() override;
  absl::StatusOr<std::vector<LeafIndex>> CertifierEntries() override;
  absl::StatusOr<LeafIndex> IndexWatermark() override;
  std::unique_ptr<Cursor<StoredRun>> Runs(LeafIndex begin, std::optional<LeafIndex> end) override;
  std::unique_ptr<Cursor<StoredTile>> Tiles(merkle::TileId begin,
                                            std::optional<merkle::TileId> end) override;
  absl::Status ScanIndex(uint32_t part, absl::FunctionRef<void(const IndexRow&)> take) override;

 private:
  ReadOnlyLog(std::shared_ptr<rocksdb::FileSystem> file_system, std::string path)
      : file_system_(std::move(file_system)),
        env_(rocksdb::NewCompositeEnv(file_system_)),
        path_(std::move(path)) {}

  absl::Status OpenDatabase();

  // In the order of what lives on what.
  std::optional<Directory::ReadersLock> lock_;
  const std::shared_ptr<rocksdb::FileSystem> file_system_;
  const std::unique_ptr<rocksdb::Env> env_;
  const std::string path_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  LogIdentity identity_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_READ_ONLY_LOG_H_
