// A witness's store in RocksDB.
//
// Shape: one column family. "format" -> "1"; "vkey" -> whose cosignatures these are; "id" -> 16
//   random bytes; "log/" || SHA-256 of the origin [32] -> size u64be || root [32] || cosigned_at_s
//   u64be || the note's bytes. Persistent.
// Errors of Open: kNotFound where there is no database and none is to be made; kFailedPrecondition
//   for another witness's or another format's; kDataLoss for damage; kUnavailable when another
//   process has it or the disk refuses.
// Threads: as witness/store.h says.

#ifndef CAIRN_WITNESS_ROCKSDB_STORE_H_
#define CAIRN_WITNESS_ROCKSDB_STORE_H_

#include <rocksdb/db.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "witness/store.h"

namespace cairn::witness {

struct OpenOptions {
  std::string path;
  // Whose store it is, or will be.
  std::string vkey;
  // Whether to make one where there is none.
  bool create = true;
};

class RocksDbStore final : public Store {
 public:
  using Id = std::array<uint8_t, 16>;

  static absl::StatusOr<std::unique_ptr<RocksDbStore>> Open(const OpenOptions& options);

  const Id& id() const { return id_; }

  absl::Status Write(absl::Span<const std::pair<Hash, KeptLog>> logs) override;
  absl::StatusOr<std::optional<KeptLog>> Read(const Hash& origin_hash) override;
  absl::Status ReadAll(const std::function<absl::Status(const Hash& origin_hash,
                                                        const KeptLog& log)>& each) override;

 private:
  explicit RocksDbStore(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

  absl::Status Begin(const std::string& vkey);
  absl::Status Identify(const OpenOptions& options);

  std::unique_ptr<rocksdb::DB> db_;
  Id id_{};
};

// The row of a log. FormatKeptLog(ParseKeptLog(bytes)) == bytes; kDataLoss for what is too short.
std::string FormatKeptLog(const KeptLog& log);
absl::StatusOr<KeptLog> ParseKeptLog(absl::string_view bytes);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_ROCKSDB_STORE_H_
