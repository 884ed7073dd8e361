// The fault table: each step of what a log does to its files, and each fault that can strike there.
//
// The steps are not listed by hand: each phase of a log's life runs once without a fault, and all
// that it does to its files is a row. The ordinary form tries each kind of fault once a step, two
// of them for the steps of a start; CAIRN_LONG=1 tries all, and strikes also at the second, the
// middle and the last occurrence of each step. docs/reliability.md has the table.

#include "tests/testing/fault_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "ledger/rocksdb/testing/faulty_disk.h"
#include "ledger/rocksdb/testing/side_by_side.h"
#include "tests/durability/trial.h"

namespace cairn::ledger {
namespace {

using testing::Change;
using testing::Fault;
using ::testing::IsEmpty;
using testing::Step;

struct Column {
  const char* name;
  Fault fault;
  bool power_fails = false;
  bool torn = false;
};

constexpr Column kColumns[] = {
    {"error", Fault::kError},
    {"error", Fault::kError, true},
    {"error though done", Fault::kErrorThoughDone},
    {"error though done", Fault::kErrorThoughDone, true},
    {"killed", Fault::kEndBefore},
    {"killed", Fault::kEndAfter},
    {"power lost", Fault::kEndBefore, true},
    {"power lost", Fault::kEndAfter, true},
    {"power lost", Fault::kEndBefore, true, true},
    {"power lost", Fault::kEndAfter, true, true},
    {"disk full", Fault::kDiskFull},
    {"read-only", Fault::kReadOnly},
};

struct Cell {
  Phase phase;
  Step step;
  uint64_t occurrence;
  Column column;
};

bool Long() { return std::getenv("CAIRN_LONG") != nullptr; }

// What goes on in the background, beside the phase, is done as often as there is time for.
std::set<uint64_t> Occurrences(Phase phase, const Step& step, uint64_t count) {
  if (!Long() || step.change == Change::kRemove) return {1};
  const uint64_t second = std::min<uint64_t>(2, count), middle = (count + 1) / 2;
  if (phase == Phase::kIngest) return {1, second, middle};
  return {1, second, middle, count};
}

bool Starts(Phase phase) {
  return phase == Phase::kCreate || phase == Phase::kStart || phase == Phase::kStartIndex;
}

// Which columns are tried for the row of this number.
std::vector<Column> ColumnsOf(size_t row, Phase phase) {
  if (Long()) return {std::begin(kColumns), std::end(kColumns)};
  // Of each name, one in turn.
  std::map<std::string, std::vector<Column>> by_name;
  for (const Column& column : kColumns) by_name[column.name].push_back(column);
  std::vector<Column> chosen;
  size_t number = 0;
  for (const auto& [name, alike] : by_name) {
    if (!Starts(phase) || (row + number) % 3 == 0) chosen.push_back(alike[row % alike.size()]);
    ++number;
  }
  return chosen;
}

std::string RowOf(Phase phase, const Step& step) {
  return absl::StrCat(NameOf(phase), ": ", step.Name());
}

// Only what comes too late to matter may fail without an end: whatever is closed there was synced,
// and what is not removed is removed by the next start. And what OPTIONS say, which nothing reads:
// one of the later syncs of the directory in a start is theirs.
bool MayGoOn(const Cell& cell) {
  const auto& [change, file] = cell.step;
  if (cell.phase == Phase::kStop || change == Change::kRemove || file == "OPTIONS") return true;
  if (Starts(cell.phase) && change == Change::kSync && file.starts_with("db")) {
    return cell.occurrence > 1;
  }
  return change == Change::kClose && (file == "WAL" || file == "MANIFEST" || file == "CURRENT");
}

TEST(FaultTable, HoldsInEveryCell) {
  std::vector<Cell> cells;
  std::set<std::string> rows;
  for (const Phase phase : kPhases) {
    const absl::StatusOr<std::map<Step, uint64_t>> steps = StepsOf(phase);
    ASSERT_TRUE(steps.ok()) << NameOf(phase) << ": " << steps.status();
    for (const auto& [step, count] : *steps) {
      rows.insert(RowOf(phase, step));
      for (const uint64_t occurrence : Occurrences(phase, step, count)) {
        for (const Column& column : ColumnsOf(rows.size(), phase)) {
          cells.push_back({phase, step, occurrence, column});
        }
      }
    }
  }
  // What must be among the rows, however the log goes about it.
  for (const char* row :
       {"create: rename db.creating", "start: create MANIFEST",    "start: sync MANIFEST",
        "start: rename CURRENT",      "commit: write WAL",         "commit: sync WAL",
        "commit: write signed",       "flush: create WAL",         "flush: sync db/",
        "flush: create table",        "flush: write table",        "flush: sync table",
        "flush: write MANIFEST",      "flush: sync MANIFEST",      "flush: remove WAL",
        "index: create staged table", "index: write staged table", "index: sync staged table",
        "index: link staged table",   "index: write MANIFEST",     "index: sync MANIFEST",
        "index: remove staged table", "compaction: create table",  "compaction: sync table",
        "compaction: write MANIFEST", "compaction: remove table"}) {
    EXPECT_TRUE(rows.count(row)) << row;
  }

  cairn::testing::FaultTable table(
      "step", {"error", "error though done", "killed", "power lost", "disk full", "read-only"});
  const std::vector<std::string> broken =
      testing::SideBySide(static_cast<int>(cells.size()), [&](int i) -> std::string {
        const Cell& cell = cells[i];
        const std::string row = RowOf(cell.phase, cell.step);
        const absl::StatusOr<std::string> happened =
            Try(cell.phase, {.step = cell.step,
                             .occurrence = cell.occurrence,
                             .fault = cell.column.fault,
                             .power_fails = cell.column.power_fails,
                             .torn = cell.column.torn});
        if (!happened.ok()) {
          return absl::StrCat(row, " (", cell.occurrence, "), ", cell.column.name, ": ",
                              happened.status().ToString());
        }
        table.Add(row, cell.column.name, *happened);
        if (*happened == "goes on" && !MayGoOn(cell)) return row + ": goes on";
        return "";
      });
  EXPECT_THAT(broken, IsEmpty());
  table.Publish("fault_table");
  std::cout << rows.size() << " steps, " << cells.size() << " faults\n";
}

TEST(FaultTable, NoticesWhatAPowerFailureTakesWithoutSync) {
  Injection injection = {
      .step = {Change::kAppend, "signed"}, .fault = Fault::kEndBefore, .power_fails = true};
  EXPECT_TRUE(Try(Phase::kCommit, injection).ok());
  injection.sync = false;
  EXPECT_EQ(Try(Phase::kCommit, injection).status().code(), absl::StatusCode::kDataLoss);
}

TEST(FaultTable, NoticesAFaultThatDoesNotCome) {
  EXPECT_EQ(Try(Phase::kCommit, {.step = {Change::kRename, "CURRENT"}}).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace cairn::ledger
