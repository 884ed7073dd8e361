// The anchors' store in RocksDB.
//
// Shape: one column family; docs/formats.md, "The anchors' database". One write batch, synced, a
//   change.
// Errors of Open: kNotFound where there is no database and none is to be made; kFailedPrecondition
//   for another log's, another format's, or what is no anchors' database; kDataLoss for damage;
//   kUnavailable when another process has it or the disk refuses.
// Threads: as anchor/store.h says.
// Cost: a start reads the heads of all rounds and receipts, not their bytes.

#ifndef CAIRN_ANCHOR_ROCKSDB_STORE_H_
#define CAIRN_ANCHOR_ROCKSDB_STORE_H_

#include <rocksdb/db.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/store.h"

namespace cairn::anchor {

struct OpenOptions {
  std::string path = {};
  // Whose notes are anchored: the log's origin.
  std::string log = {};
  // Whether to make one where there is none.
  bool create = true;
  // Changes nothing, makes nothing; Write() fails.
  bool read_only = false;
};

class RocksDbStore final : public Store {
 public:
  static absl::StatusOr<std::unique_ptr<RocksDbStore>> Open(const OpenOptions& options);

  absl::Status Write(const Change& change) override;

  absl::Status ReadRounds(const std::function<absl::Status(const RoundHead& round)>& each) override;
  absl::Status ReadReceipts(
      const std::function<absl::Status(const ReceiptHead& receipt)>& each) override;
  absl::StatusOr<std::vector<RuleVersion>> ReadRules() override;
  absl::StatusOr<std::vector<Gap>> ReadGaps() override;
  absl::StatusOr<std::vector<Spent>> ReadSpent() override;
  absl::StatusOr<uint64_t> LastSequence() override;

  absl::StatusOr<Round> ReadRound(uint64_t number) override;
  absl::StatusOr<std::vector<ReceiptHead>> ReadReceiptsOf(uint64_t round) override;
  absl::StatusOr<ReceiptHead> ReadReceipt(uint64_t round, absl::string_view anchor) override;
  absl::StatusOr<ReceiptBytes> ReadBytes(uint64_t round, absl::string_view anchor) override;
  absl::StatusOr<std::vector<Event>> ReadEvents(uint64_t from, size_t limit) override;

 private:
  using Row = std::function<absl::Status(absl::string_view key, absl::string_view value)>;

  explicit RocksDbStore(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

  absl::Status Identify(const OpenOptions& options);
  absl::StatusOr<std::string> Get(const std::string& key);
  // The rows below prefix || from, their keys without the prefix.
  absl::Status Scan(absl::string_view prefix, absl::string_view from, const Row& each);

  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_ROCKSDB_STORE_H_
