#include "anchor/rocksdb/store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anchor/rocksdb/codec.h"
#include "witness/rocksdb/database/database.h"

namespace cairn::anchor {
namespace {

using database::Batch;
using database::FromRocksDb;
using database::ToView;

constexpr char kFormatKey[] = "format";
constexpr char kLogKey[] = "log";
constexpr char kFormat[] = "1";
constexpr absl::string_view kRound = "round/", kNote = "note/", kReceipt = "receipt/",
                            kBytes = "bytes/", kRule = "rule/", kGap = "gap/", kSpent = "spent/",
                            kEvent = "event/";
constexpr size_t kNumberBytes = 8;

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

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(const OpenOptions& options) {
  auto db = options.read_only ? database::OpenToRead(options.path, "the anchors'")
                              : database::Open(options.path, options.create, "the anchors'");
  if (!db.ok()) return db.status();
  std::unique_ptr<RocksDbStore> store(new RocksDbStore(*std::move(db)));
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
    if (options.read_only) return absl::OkStatus();
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
