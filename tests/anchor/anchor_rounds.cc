// What anchoring costs a log, without any outside system.
//
//   anchor_rounds fill DIR ORIGIN ROUNDS TREE_SIZE
//     makes DIR an anchors' store with so many rounds, the last over TREE_SIZE entries, each with a
//     final receipt by `tsa`: one synced write each, some 30 s for 100,000
//   anchor_rounds freeze DIR ORIGIN VKEY ANCHORS NEW_ENTRIES
//     how long a round takes that covers the last NEW_ENTRIES of the log in DIR, from the frozen
//     note to the synced write into a store at ANCHORS: the median of 501, in microseconds
//
// No cairnd has either directory open. tools/bench-table runs both.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "anchor/rocksdb/store.h"
#include "anchor/round.h"
#include "ledger/rocksdb/store.h"
#include "ledger/stored_tree.h"
#include "merkle/edge.h"
#include "merkle/hash.h"
#include "merkle/proof.h"
#include "merkle/types.h"
#include "tests/anchor/testing/stored_rounds.h"

namespace cairn::anchor {
namespace {

using testing::ExampleNote;
using testing::FillWithRounds;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 501;

struct LogDirectory {
  std::unique_ptr<ledger::RocksDbStore> store;
  merkle::Edge edge;
};

absl::StatusOr<LogDirectory> OpenLog(const std::string& path, const std::string& origin,
                                     const std::string& vkey) {
  auto store = ledger::RocksDbStore::Open(
      {.path = path, .origin = origin, .vkey = vkey, .create = false, .file_system = nullptr});
  if (!store.ok()) return store.status();
  const absl::StatusOr<ledger::TreeState> state = (*store)->ReadState();
  if (!state.ok()) return state.status();
  ledger::StoredTiles tiles(store->get());
  absl::StatusOr<merkle::Edge> edge = merkle::Edge::FromTiles(state->size, tiles);
  if (!edge.ok()) return edge.status();
  return LogDirectory{*std::move(store), *std::move(edge)};
}

// The part of an Anchorer's round that the log's disk and processor feel: see anchorer.cc.
absl::StatusOr<double> Freezing(LogDirectory& log, Store& anchors, uint64_t new_entries) {
  ledger::StoredTree tree(log.edge, log.store.get());
  const TreeSize size = log.edge.size();
  if (new_entries == 0 || new_entries >= size.value()) {
    return absl::InvalidArgumentError("NEW_ENTRIES is below the log's size");
  }
  const TreeSize old_size(size.value() - new_entries);
  const absl::StatusOr<Hash> old_root = merkle::Root(old_size, tree);
  if (!old_root.ok()) return old_root.status();
  const Prover prover = [&tree](TreeSize from, TreeSize to) {
    return merkle::ConsistencyProof(from, to, tree);
  };
  std::vector<double> took_us;
  for (uint64_t number = 2; number < 2 + kRounds; ++number) {
    const Clock::time_point begin = Clock::now();
    absl::StatusOr<Round> round = Freeze(
        RoundHead{.number = number - 1, .size = old_size, .root = *old_root},
        {.note = ExampleNote(number), .size = size, .root = log.edge.root(), .integrated = size},
        number, prover);
    if (!round.ok()) return round.status();
    const absl::Status kept = anchors.Write(
        {.round = *std::move(round),
         .events = {{.sequence = number, .kind = EventKind::kRoundFrozen, .number = number}}});
    if (!kept.ok()) return kept;
    took_us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::nth_element(took_us.begin(), took_us.begin() + kRounds / 2, took_us.end());
  return took_us[kRounds / 2];
}

absl::Status MeasureFreezing(char** args) {
  absl::StatusOr<LogDirectory> log = OpenLog(args[0], args[1], args[2]);
  if (!log.ok()) return log.status();
  auto anchors = RocksDbStore::Open({.path = args[3], .log = args[1]});
  if (!anchors.ok()) return anchors.status();
  const absl::StatusOr<double> us = Freezing(*log, **anchors, std::strtoull(args[4], nullptr, 10));
  if (!us.ok()) return us.status();
  std::printf("%.1f\n", *us);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  absl::Status status;
  if (what == "fill" && argc == 6) {
    status = FillWithRounds(argv[2], argv[3], std::strtoull(argv[4], nullptr, 10),
                            std::strtoull(argv[5], nullptr, 10));
  } else if (what == "freeze" && argc == 7) {
    status = MeasureFreezing(argv + 2);
  } else {
    std::fprintf(stderr,
                 "anchor_rounds fill DIR ORIGIN ROUNDS TREE_SIZE\n"
                 "anchor_rounds freeze DIR ORIGIN VKEY ANCHORS NEW_ENTRIES\n");
    return 2;
  }
  if (!status.ok()) std::fprintf(stderr, "anchor_rounds: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 3;
}

}  // namespace
}  // namespace cairn::anchor

int main(int argc, char** argv) { return cairn::anchor::Main(argc, argv); }
