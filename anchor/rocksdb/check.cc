#include "anchor/rocksdb/check.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/rocksdb/store.h"
#include "merkle/hash.h"
#include "witness/rocksdb/database/database.h"

namespace cairn::anchor {
namespace {

constexpr size_t kEventsAtOnce = 1'024;

absl::Status Contradiction(uint64_t round, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("round ", round, " of the anchors' database ", what));
}

absl::Status CheckRounds(RocksDbStore& store, CheckedStore& checked) {
  return store.ReadRounds([&](const RoundHead& head) -> absl::Status {
    if (head.number != checked.rounds + 1) {
      return Contradiction(checked.rounds + 1, "is missing");
    }
    if (checked.newest.has_value() && head.size <= checked.newest->size) {
      return Contradiction(head.number, "is of no larger tree than the one before");
    }
    const absl::StatusOr<Round> round = store.ReadRound(head.number);
    if (absl::IsNotFound(round.status())) return Contradiction(head.number, "has no note");
    if (!round.ok()) return round.status();
    if (merkle::Sha256(round->note) != head.digest) {
      return Contradiction(head.number, "has another note than was anchored");
    }
    ++checked.rounds;
    checked.newest = head;
    return absl::OkStatus();
  });
}

absl::Status CheckReceipts(RocksDbStore& store, CheckedStore& checked) {
  return store.ReadReceipts([&](const ReceiptHead& head) -> absl::Status {
    if (head.round == 0 || head.round > checked.rounds) {
      return Contradiction(head.round, "has a receipt and is not there");
    }
    const absl::StatusOr<ReceiptBytes> bytes = store.ReadBytes(head.round, head.anchor);
    if (!bytes.ok() && !absl::IsNotFound(bytes.status())) return bytes.status();
    ++checked.receipts;
    return absl::OkStatus();
  });
}

absl::Status CheckEvents(RocksDbStore& store, CheckedStore& checked) {
  for (uint64_t from = 1;;) {
    const absl::StatusOr<std::vector<Event>> events = store.ReadEvents(from, kEventsAtOnce);
    if (!events.ok()) return events.status();
    if (events->empty()) return absl::OkStatus();
    checked.events += events->size();
    from = events->back().sequence + 1;
  }
}

}  // namespace

bool HasStore(const std::string& path) { return database::Exists(path); }

absl::StatusOr<CheckedStore> CheckStore(const std::string& path, const std::string& log) {
  const auto store = RocksDbStore::Open({.path = path, .log = log, .read_only = true});
  if (!store.ok()) return store.status();
  CheckedStore checked;
  absl::Status status = CheckRounds(**store, checked);
  if (status.ok()) status = CheckReceipts(**store, checked);
  if (status.ok()) status = CheckEvents(**store, checked);
  if (status.ok()) status = (*store)->ReadRules().status();
  if (status.ok()) status = (*store)->ReadGaps().status();
  if (status.ok()) status = (*store)->ReadSpent().status();
  if (!status.ok()) return status;
  return checked;
}

}  // namespace cairn::anchor
