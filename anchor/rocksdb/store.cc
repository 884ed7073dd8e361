#include "anchor/rocksdb/store.h"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anchor/rocksdb/codec.h"

namespace cairn::anchor {
namespace {

constexpr char kFormatKey[] = "format";
constexpr char kLogKey[] = "log";
constexpr char kFormat[] = "1";
constexpr absl::string_view kRound = "round/", kNote = "note/", kReceipt = "receipt/",
                            kBytes = "bytes/", kRule = "rule/", kGap = "gap/", kSpent = "spent/",
                            kEvent = "event/";
constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kNumberBytes = 8;

rocksdb::Slice ToSlice(absl::string_view text) { return {text.data(), text.size()}; }
absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(doing, ": ", status.ToString());
  // A file that RocksDB's own records name and that is not there was lost.
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound()) {
    return absl::DataLossError(message);
  }
  if (status.IsIOError()) return absl::UnavailableError(message);
  return absl::InternalError(message);
}

std::string Key(absl::string_view prefix, uint64_t number, absl::string_view name = {}) {
  std::string key(prefix);
  codec::AppendU64(number, key);
  absl::StrAppend(&key, name);
  return key;
}

std::string Number(uint64_t number) { return Key("", number); }

absl::Status NoKey(absl::string_view prefix) {
  return absl::DataLossError(
      absl::StrCat("a row of the anchors' database below ", prefix, " has no number as its key"));
}

rocksdb::Options DatabaseOptions(const OpenOptions& options) {
  rocksdb::Options out;
  out.create_if_missing = options.create;
  out.paranoid_checks = true;
  // As for the log: the default stops silently at a damaged record.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  out.recycle_log_file_num = 0;
  out.track_and_verify_wals_in_manifest = true;
  out.avoid_flush_during_recovery = false;
  out.compression = rocksdb::kNoCompression;
  out.write_buffer_size = 8 * kMiB;
  out.max_open_files = 256;
  out.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  out.keep_log_file_num = 4;
  out.max_log_file_size = 4 * kMiB;
  out.stats_dump_period_sec = 0;
  out.stats_persist_period_sec = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(16 * kMiB);
  table.format_version = 5;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

// Collects the first error of a batch's puts.
class Batch {
 public:
  void Put(const std::string& key, absl::string_view value) {
    if (status_.ok()) status_ = batch_.Put(key, ToSlice(value));
  }
  rocksdb::Status WriteTo(rocksdb::DB& db) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    return status_.ok() ? db.Write(synced, &batch_) : status_;
  }

 private:
  rocksdb::WriteBatch batch_;
  rocksdb::Status status_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(const OpenOptions& options) {
  const std::filesystem::path database = std::filesystem::path(options.path) / "db";
  std::error_code error;
  const bool exists = std::filesystem::exists(database / "CURRENT", error);
  if (!exists && !options.create) {
    return absl::NotFoundError(absl::StrCat("there is no anchors' database in ", options.path));
  }
  std::filesystem::create_directories(options.path, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make the directory ", options.path, ": ", error.message()));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(DatabaseOptions(options), database.string(), &db);
  if (!opened.ok()) {
    return FromRocksDb(opened, absl::StrCat("opening the anchors' database in ", options.path));
  }
  std::unique_ptr<RocksDbStore> store(new RocksDbStore(std::unique_ptr<rocksdb::DB>(db)));
  if (absl::Status known = store->Identify(options); !known.ok()) return known;
  return store;
}

absl::Status RocksDbStore::Identify(const OpenOptions& options) {
  std::string format, log;
  const rocksdb::Status read = db_->Get({}, kFormatKey, &format);
  if (read.IsNotFound()) {
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
    rows->SeekToFirst();
    if (!rows->status().ok()) return FromRocksDb(rows->status(), "reading the anchors' database");
    if (rows->Valid()) {
      return absl::FailedPreconditionError(
          absl::StrCat(options.path, " holds a database that is no anchors'"));
    }
    // New, or dead while it was made; nothing was ever sent.
    Batch batch;
    batch.Put(kFormatKey, kFormat);
    batch.Put(kLogKey, options.log);
    return FromRocksDb(batch.WriteTo(*db_), "making the anchors' database");
  }
  if (!read.ok()) return FromRocksDb(read, "reading the format of the anchors' database");
  if (format != kFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, " has format ", format, "; this build reads ", kFormat));
  }
  if (!db_->Get({}, kLogKey, &log).ok()) {
    return absl::DataLossError(absl::StrCat(options.path, " does not say whose it is"));
  }
  if (log != options.log) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, " is of log ", log, ", not of ", options.log));
  }
  return absl::OkStatus();
}

absl::Status RocksDbStore::Write(const Change& change) {
  Batch batch;
  if (change.round) {
    batch.Put(Key(kRound, change.round->head.number), codec::FormatRoundHead(change.round->head));
    batch.Put(Key(kNote, change.round->head.number), codec::FormatRoundBody(*change.round));
  }
  if (change.receipt) {
    const ReceiptHead& head = change.receipt->head;
    batch.Put(Key(kReceipt, head.round, head.anchor), codec::FormatReceiptHead(head));
    if (change.receipt->bytes) {
      batch.Put(Key(kBytes, head.round, head.anchor),
                codec::FormatReceiptBytes(*change.receipt->bytes));
    }
  }
  if (change.rule) batch.Put(Key(kRule, change.rule->version), codec::FormatRule(*change.rule));
  if (change.gap) batch.Put(Key(kGap, change.gap->number), codec::FormatGap(*change.gap));
  if (change.spent) {
    batch.Put(absl::StrCat(kSpent, change.spent->anchor), codec::FormatSpent(*change.spent));
  }
  for (const Event& event : change.events) {
    batch.Put(Key(kEvent, event.sequence), codec::FormatEvent(event));
  }
  return FromRocksDb(batch.WriteTo(*db_), "storing what became of the anchors");
}

absl::StatusOr<std::string> RocksDbStore::Get(const std::string& key) {
  std::string value;
  const rocksdb::Status status = db_->Get({}, key, &value);
  if (status.IsNotFound()) return absl::NotFoundError("not in the anchors' database");
  if (!status.ok()) return FromRocksDb(status, "reading the anchors' database");
  return value;
}

absl::Status RocksDbStore::Scan(absl::string_view prefix, absl::string_view from, const Row& each) {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  for (rows->Seek(absl::StrCat(prefix, from)); rows->Valid(); rows->Next()) {
    absl::string_view key = ToView(rows->key());
    if (!absl::ConsumePrefix(&key, prefix)) break;
    const absl::Status taken = each(key, ToView(rows->value()));
    if (absl::IsCancelled(taken)) return absl::OkStatus();
    if (!taken.ok()) return taken;
  }
  return FromRocksDb(rows->status(), "reading the anchors' database");
}

absl::Status RocksDbStore::ReadRounds(
    const std::function<absl::Status(const RoundHead& round)>& each) {
  return Scan(kRound, "", [&](absl::string_view key, absl::string_view value) -> absl::Status {
    if (key.size() != kNumberBytes) return NoKey(kRound);
    const absl::StatusOr<RoundHead> round = codec::ParseRoundHead(codec::ReadU64(key), value);
    return round.ok() ? each(*round) : round.status();
  });
}

absl::Status RocksDbStore::ReadReceipts(
    const std::function<absl::Status(const ReceiptHead& receipt)>& each) {
  return Scan(kReceipt, "", [&](absl::string_view key, absl::string_view value) -> absl::Status {
    if (key.size() <= kNumberBytes) return NoKey(kReceipt);
    const absl::StatusOr<ReceiptHead> receipt =
        codec::ParseReceiptHead(codec::ReadU64(key), key.substr(kNumberBytes), value);
    return receipt.ok() ? each(*receipt) : receipt.status();
  });
}

absl::StatusOr<std::vector<ReceiptHead>> RocksDbStore::ReadReceiptsOf(uint64_t round) {
  std::vector<ReceiptHead> heads;
  const absl::Status read =
      Scan(Key(kReceipt, round), "",
           [&](absl::string_view name, absl::string_view value) -> absl::Status {
             absl::StatusOr<ReceiptHead> head = codec::ParseReceiptHead(round, name, value);
             if (!head.ok()) return head.status();
             heads.push_back(*std::move(head));
             return absl::OkStatus();
           });
  if (!read.ok()) return read;
  return heads;
}

absl::StatusOr<std::vector<RuleVersion>> RocksDbStore::ReadRules() {
  std::vector<RuleVersion> rules;
  const absl::Status read =
      Scan(kRule, "", [&](absl::string_view key, absl::string_view value) -> absl::Status {
        if (key.size() != kNumberBytes) return NoKey(kRule);
        absl::StatusOr<RuleVersion> rule = codec::ParseRule(codec::ReadU64(key), value);
        if (!rule.ok()) return rule.status();
        rules.push_back(*std::move(rule));
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  return rules;
}

absl::StatusOr<std::vector<Gap>> RocksDbStore::ReadGaps() {
  std::vector<Gap> gaps;
  const absl::Status read =
      Scan(kGap, "", [&](absl::string_view key, absl::string_view value) -> absl::Status {
        if (key.size() != kNumberBytes) return NoKey(kGap);
        absl::StatusOr<Gap> gap = codec::ParseGap(codec::ReadU64(key), value);
        if (!gap.ok()) return gap.status();
        gaps.push_back(*std::move(gap));
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  return gaps;
}

absl::StatusOr<std::vector<Spent>> RocksDbStore::ReadSpent() {
  std::vector<Spent> all;
  const absl::Status read =
      Scan(kSpent, "", [&](absl::string_view key, absl::string_view value) -> absl::Status {
        absl::StatusOr<Spent> spent = codec::ParseSpent(key, value);
        if (!spent.ok()) return spent.status();
        all.push_back(*std::move(spent));
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  return all;
}

absl::StatusOr<uint64_t> RocksDbStore::LastSequence() {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  rows->SeekForPrev(Key(kEvent, UINT64_MAX));
  if (!rows->status().ok()) return FromRocksDb(rows->status(), "reading the anchors' last event");
  if (!rows->Valid()) return 0;
  absl::string_view key = ToView(rows->key());
  if (!absl::ConsumePrefix(&key, kEvent)) return 0;
  if (key.size() != kNumberBytes) return NoKey(kEvent);
  return codec::ReadU64(key);
}

absl::StatusOr<Round> RocksDbStore::ReadRound(uint64_t number) {
  const absl::StatusOr<std::string> head_row = Get(Key(kRound, number));
  if (!head_row.ok()) return head_row.status();
  const absl::StatusOr<RoundHead> head = codec::ParseRoundHead(number, *head_row);
  if (!head.ok()) return head.status();
  const absl::StatusOr<std::string> body = Get(Key(kNote, number));
  if (!body.ok()) return body.status();
  return codec::ParseRoundBody(*head, *body);
}

absl::StatusOr<ReceiptHead> RocksDbStore::ReadReceipt(uint64_t round, absl::string_view anchor) {
  const absl::StatusOr<std::string> row = Get(Key(kReceipt, round, anchor));
  if (!row.ok()) return row.status();
  return codec::ParseReceiptHead(round, anchor, *row);
}

absl::StatusOr<ReceiptBytes> RocksDbStore::ReadBytes(uint64_t round, absl::string_view anchor) {
  const absl::StatusOr<std::string> row = Get(Key(kBytes, round, anchor));
  if (!row.ok()) return row.status();
  return codec::ParseReceiptBytes(*row);
}

absl::StatusOr<std::vector<Event>> RocksDbStore::ReadEvents(uint64_t from, size_t limit) {
  std::vector<Event> events;
  const absl::Status read =
      Scan(kEvent, Number(from), [&](absl::string_view key, absl::string_view value) {
        if (events.size() >= limit) return absl::CancelledError();
        if (key.size() != kNumberBytes) return NoKey(kEvent);
        absl::StatusOr<Event> event = codec::ParseEvent(codec::ReadU64(key), value);
        if (!event.ok()) return event.status();
        events.push_back(*std::move(event));
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  return events;
}

}  // namespace cairn::anchor
