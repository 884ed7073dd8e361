// The fault table of the real binary: each kind of system call that changes the data directory, on
// each kind of file there, fails or kills the process.
//
// CAIRN_LONG=1 tries every fault at the first and the middle call of each kind, in every phase (of
// the large log, at the first); the ordinary form a sample that is drawn anew each time (CAIRN_SEED
// draws the same again).
// docs/reliability.md has the table.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tests/crash/process_trial.h"
#include "tests/testing/fault_table.h"

namespace cairn::testing {
namespace {

constexpr size_t kSample = 10;

struct Column {
  const char* name;
  CallFault fault;
};
constexpr Column kColumns[] = {
    {"EIO", CallFault::kError},           {"EIO though done", CallFault::kErrorThoughDone},
    {"killed", CallFault::kKilledBefore}, {"killed", CallFault::kKilledAfter},
    {"ENOSPC", CallFault::kDiskFull},     {"EROFS", CallFault::kReadOnly},
};

struct Cell {
  ProcessPhase phase;
  CallPlace place;
  uint64_t occurrence;
  Column column;
};

bool Long() { return std::getenv("CAIRN_LONG") != nullptr; }

uint64_t Seed() {
  const char* seed = std::getenv("CAIRN_SEED");
  return seed != nullptr ? std::strtoull(seed, nullptr, 10) : std::random_device()();
}

std::string RowOf(ProcessPhase phase, const CallPlace& place) {
  return absl::StrCat(NameOf(phase), ": ", kCallNames[place.first], " ", kKindNames[place.second]);
}

// What happens after the last commit, or to what is not needed, may fail without an end. Not needed
// is also the sync of a directory after OPTIONS were written, of several that a start makes.
bool MayGoOn(const Cell& cell) {
  const auto& [call, kind] = cell.place;
  const bool closes_record = call == kFsync && kind == kSigned;
  const bool starts = cell.phase == ProcessPhase::kCreate || cell.phase == ProcessPhase::kStart;
  if (starts && call == kFsync && kind == kDirectory && cell.occurrence > 1) return true;
  return cell.phase == ProcessPhase::kStop || kind == kOtherFile || call == kUnlink ||
         call == kRmdir || call == kFallocate || call == kFtruncate || call == kSyncFileRange ||
         (closes_record && cell.phase != ProcessPhase::kCreate);
}

void AddCells(ProcessTrials& trials, ProcessPhase phase, std::vector<Cell>* cells,
              std::set<std::string>* rows) {
  const absl::StatusOr<std::map<CallPlace, uint64_t>> calls = trials.CallsOf(phase);
  ASSERT_TRUE(calls.ok()) << NameOf(phase) << ": " << calls.status();
  const bool large = phase == ProcessPhase::kLoad;
  for (const auto& [place, count] : *calls) {
    if (large && place.second == kOtherFile) continue;
    rows->insert(RowOf(phase, place));
    for (const uint64_t occurrence : std::set<uint64_t>{1, large ? 1 : (count + 1) / 2}) {
      for (const Column& column : kColumns) cells->push_back({phase, place, occurrence, column});
    }
  }
}

void TryAll(ProcessTrials& trials, const std::vector<Cell>& cells, FaultTable* table) {
  for (const Cell& cell : cells) {
    const std::string row = RowOf(cell.phase, cell.place);
    SCOPED_TRACE(absl::StrCat(row, " (", cell.occurrence, "), ", cell.column.name));
    const absl::StatusOr<std::string> happened = trials.Try(
        cell.phase,
        {.place = cell.place, .occurrence = cell.occurrence, .fault = cell.column.fault});
    EXPECT_TRUE(happened.ok()) << happened.status();
    if (!happened.ok()) continue;
    EXPECT_TRUE(*happened != "goes on" || MayGoOn(cell)) << "goes on";
    table->Add(row, cell.column.name, *happened);
  }
}

TEST(FaultyCalls, LoseNothingThatWasAcknowledged) {
  ProcessTrials trials;
  FaultTable table("call", {"EIO", "EIO though done", "killed", "ENOSPC", "EROFS"});
  std::vector<Cell> cells;
  std::set<std::string> rows;
  std::vector<ProcessPhase> phases = {ProcessPhase::kCreate, ProcessPhase::kStart,
                                      ProcessPhase::kCommit, ProcessPhase::kStop};
  if (Long()) phases.push_back(ProcessPhase::kLoad);
  for (const ProcessPhase phase : phases) {
    ASSERT_NO_FATAL_FAILURE(AddCells(trials, phase, &cells, &rows));
  }
  std::vector<std::string> required = {"create: rename a directory", "create: fsync a directory",
                                       "start: rename CURRENT",      "start: fdatasync MANIFEST",
                                       "start: write table",         "commit: write WAL",
                                       "commit: fdatasync WAL",      "commit: pwrite signed"};
  if (Long()) {
    required.insert(required.end(), {"load: open WAL", "load: write table", "load: fdatasync table",
                                     "load: link staged table", "load: write MANIFEST"});
  }
  for (const std::string& row : required) EXPECT_TRUE(rows.count(row)) << row;
  const uint64_t seed = Seed();
  SCOPED_TRACE(absl::StrCat("CAIRN_SEED=", seed));
  if (!Long()) {
    std::shuffle(cells.begin(), cells.end(), std::mt19937_64(seed));
    cells.resize(std::min(cells.size(), kSample));
    // One that costs much, where RocksDB's own order of things is at stake.
    constexpr CallPlace kLarge[] = {
        {kFdatasync, kManifest}, {kWrite, kTable}, {kOpen, kWal}, {kLink, kStagedTable}};
    cells.push_back({ProcessPhase::kLoad, kLarge[seed % std::size(kLarge)], 1,
                     kColumns[seed / std::size(kLarge) % std::size(kColumns)]});
  }
  TryAll(trials, cells, &table);
  table.Publish("call_faults");
  std::cout << rows.size() << " kinds of calls, " << cells.size() << " faults\n";
}

}  // namespace
}  // namespace cairn::testing
