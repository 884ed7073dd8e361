#include "tests/anchor/testing/stored_rounds.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "anchor/rocksdb/store.h"
#include "anchor/round.h"
#include "merkle/hash.h"
#include "merkle/types.h"

namespace cairn::anchor::testing {
namespace {

constexpr size_t kNoteBytes = 700;

Change RoundWithReceipt(uint64_t number, uint64_t size) {
  const std::string note = ExampleNote(number);
  const RoundHead head{.number = number,
                       .size = TreeSize(size),
                       .root = merkle::Sha256(absl::StrCat("root ", number)),
                       .digest = merkle::Sha256(note),
                       .frozen_at_ms = number};
  return {.round = Round{.head = head, .note = note},
          .receipt = ReceiptChange{.head = {.round = number,
                                            .anchor = "tsa",
                                            .kind = "rfc3161",
                                            .digest = head.digest,
                                            .size = head.size,
                                            .state = ReceiptState::kFinal,
                                            .sending = Sending::kTaken,
                                            .existed_by_s = number,
                                            .attempts = 1,
                                            .logged_at = LeafIndex(size)},
                                   .bytes = ReceiptBytes{.native = std::string(2000, 't')}},
          .events = {{.sequence = number, .kind = EventKind::kRoundFrozen, .number = number}}};
}

}  // namespace

std::string ExampleNote(uint64_t number) {
  std::string note = absl::StrCat("round ", number, "\n");
  note.resize(kNoteBytes, 'n');
  return note;
}

absl::Status FillWithRounds(const std::string& path, const std::string& origin, uint64_t rounds,
                            uint64_t tree_size) {
  if (rounds == 0 || tree_size < rounds) return absl::InvalidArgumentError("ROUNDS, TREE_SIZE");
  auto store = RocksDbStore::Open({.path = path, .log = origin});
  if (!store.ok()) return store.status();
  const RuleVersion rule{.version = 1,
                         .from_round = 1,
                         .rule = {.form = RuleForm::kAny,
                                  .log_operator = "the bench",
                                  .anchors = {{"tsa", "an authority"}}}};
  if (absl::Status written = (*store)->Write({.rule = rule}); !written.ok()) return written;
  for (uint64_t number = 1; number <= rounds; ++number) {
    const uint64_t size = tree_size / rounds * number + (number == rounds ? tree_size % rounds : 0);
    const absl::Status written = (*store)->Write(RoundWithReceipt(number, size));
    if (!written.ok()) return written;
  }
  return absl::OkStatus();
}

}  // namespace cairn::anchor::testing
