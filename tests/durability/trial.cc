#include "tests/durability/trial.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/check/check.h"
#include "ledger/log.h"
#include "ledger/rocksdb/read_only_log.h"
#include "ledger/rocksdb/store.h"
#include "ledger/rocksdb/testing/simulated_disk.h"
#include "ledger/rocksdb/testing/store_access.h"
#include "ledger/testing/fixtures.h"
#include "tests/durability/promises.h"

namespace cairn::ledger {
namespace {

using testing::Change;
using testing::Fault;
using testing::FaultyDisk;
using testing::SimulatedDisk;
using testing::Step;

constexpr char kPath[] = "/log";
constexpr char kCertifier[] = "declared";
constexpr size_t kBatch = 40;
// So few that the index is moved into the store every few batches, and so many that it never is:
// what happens beside a phase would be taken for its own.
constexpr size_t kFewRows = 60;
constexpr size_t kManyRows = 10'000;

// A log that is open.
struct Opened {
  std::atomic<int> fatal_calls{0};
  std::unique_ptr<RocksDbStore> store;
  std::unique_ptr<Log> log;
};

class Trial {
 public:
  explicit Trial(Phase phase, bool sync = true) : phase_(phase), sync_(sync) {}

  // The life before the phase.
  absl::Status Prepare();
  // The phase itself, and then some batches and a stop if the log goes on.
  absl::Status Act();
  // Starts again and checks everything.
  absl::Status Recover(const Injection& injection);

  FaultyDisk& disk() { return *faulty_; }
  const std::map<Step, uint64_t>& steps() const { return steps_; }
  std::string Happened(Fault fault) const;

 private:
  absl::StatusOr<std::unique_ptr<Opened>> Open(size_t recent_rows = kManyRows);
  // Appends a batch. False when the log refused it.
  absl::StatusOr<bool> Append(size_t count = kBatch);
  absl::StatusOr<bool> Declare();
  absl::Status AppendSome(int batches);
  absl::Status DoPhase();
  absl::Status Close();
  absl::Status SendAgain();
  absl::Status Start(size_t recent_rows = kManyRows);
  absl::Status CheckCertifier();
  absl::Status Fsck();

  const Phase phase_;
  const bool sync_;
  const std::shared_ptr<SimulatedDisk> simulated_ = std::make_shared<SimulatedDisk>();
  const std::shared_ptr<FaultyDisk> faulty_ = std::make_shared<FaultyDisk>(simulated_);
  ManualClock clock_;
  Promises promises_;
  std::unique_ptr<Opened> opened_;
  uint64_t next_seed_ = 0;
  bool declared_ = false;

  std::map<Step, uint64_t> steps_;
  std::vector<uint64_t> refused_;  // The seeds of the batch that was.
  bool start_failed_ = false;
  std::string happened_;
  bool stopped_ = false;
  size_t kept_ = 0;
};

absl::StatusOr<std::unique_ptr<Opened>> Trial::Open(size_t recent_rows) {
  const LogIdentity identity = TestIdentity();
  OpenOptions options;
  options.path = kPath;
  options.origin = identity.origin;
  options.vkey = identity.vkey;
  options.block_cache_bytes = 1u << 20;
  options.file_system = faulty_;
  auto opened = std::make_unique<Opened>();
  auto store = RocksDbStore::Open(options);
  if (!store.ok()) return store.status();
  opened->store = *std::move(store);
  if (!sync_) StoreAccess::DisableSync(*opened->store);
  LogOptions log_options;
  log_options.max_recent_rows = recent_rows;
  log_options.on_fatal = [calls = &opened->fatal_calls](const absl::Status&) { ++*calls; };
  auto log = Log::Open(log_options, opened->store.get(), &clock_, &TestSigner());
  if (!log.ok()) return log.status();
  opened->log = *std::move(log);
  return opened;
}

absl::StatusOr<bool> Trial::Append(size_t count) {
  clock_.Advance(1);
  std::vector<uint64_t> seeds(count);
  for (uint64_t& seed : seeds) seed = ++next_seed_;
  const AppendResult result = AppendAndWait(*opened_->log, BatchOf(seeds.front(), count));
  if (!result.status.ok()) {
    if (!absl::IsUnavailable(result.status)) return result.status;
    refused_ = std::move(seeds);
    return false;
  }
  const absl::Status taken = promises_.Take(seeds, result);
  if (!taken.ok()) return taken;
  return true;
}

absl::StatusOr<bool> Trial::Declare() {
  const AppendResult result = AppendAndWait(*opened_->log, Submit(ledger::Declare(kCertifier)));
  if (absl::IsUnavailable(result.status)) return false;
  if (!result.status.ok()) return result.status;
  declared_ = true;
  return promises_.TakeSigned(result.view->state).ok();
}

absl::Status Trial::AppendSome(int batches) {
  for (int i = 0; i < batches && !stopped_; ++i) {
    const absl::StatusOr<bool> taken = Append();
    if (!taken.ok()) return taken.status();
    stopped_ = !*taken;
  }
  return absl::OkStatus();
}

absl::Status Trial::Prepare() {
  if (phase_ == Phase::kCreate) return absl::OkStatus();
  // A life that leaves tables of every kind; then the one in which the phase comes.
  absl::Status status = Start(phase_ == Phase::kStartIndex ? kManyRows : kFewRows);
  if (status.ok()) status = AppendSome(6);
  if (phase_ == Phase::kStart || phase_ == Phase::kStartIndex) {
    // What the indexer had staged would depend on when the power is cut.
    if (opened_ != nullptr) opened_->log->Stop();
    simulated_->CutPowerAfter(0);
    opened_.reset();
    simulated_->RestartProcess();
    return status;
  }
  if (status.ok()) status = Close();
  if (status.ok()) status = Start(phase_ == Phase::kIngest ? kFewRows : kManyRows);
  return status.ok() ? AppendSome(1) : status;
}

absl::Status Trial::Start(size_t recent_rows) {
  auto opened = Open(recent_rows);
  if (!opened.ok()) return opened.status();
  opened_ = *std::move(opened);
  return promises_.Check(*opened_->log);
}

absl::Status Trial::DoPhase() {
  switch (phase_) {
    case Phase::kCreate:
    case Phase::kStart:
    case Phase::kStartIndex: {
      auto opened = Open(phase_ == Phase::kStartIndex ? kFewRows : kManyRows);
      start_failed_ = !opened.ok();
      if (start_failed_) return absl::OkStatus();
      opened_ = *std::move(opened);
      return promises_.Check(*opened_->log);
    }
    case Phase::kCommit:
      return AppendSome(1);
    case Phase::kCertifier: {
      const absl::StatusOr<bool> taken = Declare();
      stopped_ = taken.ok() && !*taken;
      return taken.status();
    }
    case Phase::kFlush:
      // An error shows in the next commit, as it does when RocksDB itself comes to flush.
      StoreAccess::Database(*opened_->store)
          .Flush({}, {StoreAccess::Handle(*opened_->store, kState),
                      StoreAccess::Handle(*opened_->store, kRuns),
                      StoreAccess::Handle(*opened_->store, kTiles)})
          .PermitUncheckedError();
      return absl::OkStatus();
    case Phase::kIngest:
      // Many times what may be in memory, so that some of it was moved when the last is answered.
      return AppendSome(6);
    case Phase::kCompact: {
      rocksdb::CompactRangeOptions options;
      options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
      for (const Family family : {kState, kRuns, kTiles, kIndex}) {
        StoreAccess::Database(*opened_->store)
            .CompactRange(options, StoreAccess::Handle(*opened_->store, family), nullptr, nullptr)
            .PermitUncheckedError();
      }
      return absl::OkStatus();
    }
    case Phase::kStop:
      return Close();
  }
  return absl::OkStatus();
}

absl::Status Trial::Act() {
  faulty_->Observe();
  absl::Status status = DoPhase();
  steps_ = faulty_->steps();
  if (opened_ == nullptr || !status.ok()) return status;
  status = AppendSome(3);
  if (status.ok()) status = Close();
  // Removals go on in the background, late.
  for (const auto& [step, count] : faulty_->steps()) {
    if (step.change == Change::kRemove) steps_[step] = count;
  }
  return status;
}

absl::Status Trial::Close() {
  opened_->log->Stop();
  const int fatal_calls = opened_->fatal_calls;
  opened_.reset();
  if (fatal_calls == (stopped_ ? 1 : 0)) return absl::OkStatus();
  // What fails behind the last batch is fatal too, but need not have stopped anything.
  if (fatal_calls == 1 && !stopped_) {
    stopped_ = true;
    return absl::OkStatus();
  }
  return absl::InternalError("a batch was refused, and the log did not say that it stops");
}

absl::Status Trial::Recover(const Injection& injection) {
  if (!faulty_->fired()) return absl::NotFoundError("the fault did not come");
  opened_.reset();
  if (injection.fault == Fault::kDiskFull || injection.fault == Fault::kReadOnly) {
    const auto opened = Open();
    if (opened.ok() && injection.fault == Fault::kReadOnly) {
      return absl::InternalError("starts where nothing can be written");
    }
  }
  faulty_->Repair();
  happened_ = stopped_ ? "stops" : start_failed_ ? "does not start" : "goes on";
  stopped_ = false;
  std::mt19937_64 random(injection.occurrence);
  if (injection.power_fails) {
    simulated_->Restart(injection.torn, random);
  } else {
    simulated_->RestartProcess();
  }
  absl::Status status = Start();
  if (status.ok()) status = CheckCertifier();
  if (status.ok()) status = SendAgain();
  if (status.ok()) status = AppendSome(2);
  if (status.ok()) status = Close();
  if (!status.ok()) return status;
  // What the start made of what it found is durable too.
  simulated_->Restart(/*torn=*/false, random);
  status = Start();
  if (status.ok()) status = CheckCertifier();
  if (status.ok()) status = Close();
  if (status.ok()) status = Fsck();
  if (status.ok() && stopped_) return absl::InternalError("stops again without a fault");
  return status;
}

absl::Status Trial::CheckCertifier() {
  if (!declared_) return absl::OkStatus();
  const std::vector<std::string> names = opened_->log->Newest()->certifiers->Names();
  if (std::find(names.begin(), names.end(), kCertifier) != names.end()) return absl::OkStatus();
  return absl::DataLossError("a declared certifier is not there");
}

absl::Status Trial::SendAgain() {
  if (refused_.empty()) return absl::OkStatus();
  clock_.Advance(1);
  const AppendResult result =
      AppendAndWait(*opened_->log, BatchOf(refused_.front(), refused_.size()));
  if (!result.status.ok()) return result.status;
  kept_ = std::count_if(result.items.begin(), result.items.end(),
                        [](const ItemResult& item) { return item.duplicate; });
  if (kept_ != 0 && kept_ != refused_.size()) {
    return absl::DataLossError(
        absl::StrCat("of a commit of ", refused_.size(), " entries ", kept_, " are there"));
  }
  return promises_.Take(refused_, result);
}

absl::Status Trial::Fsck() {
  const auto log = ReadOnlyLog::OpenOn(simulated_, kPath);
  if (!log.ok()) return log.status();
  CheckProgress progress;
  const auto report = CheckLog(**log, {.threads = 1}, &progress);
  if (!report.ok()) return report.status();
  if (report->sound()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("fsck: ", report->findings.front().what));
}

std::string Trial::Happened(Fault fault) const {
  const bool dies = fault == Fault::kEndBefore || fault == Fault::kEndAfter;
  const std::string text = dies ? "recovers" : happened_;
  // Elsewhere the batch that is refused is a later one.
  if (refused_.empty() || phase_ != Phase::kCommit) return text;
  return absl::StrCat(text, kept_ > 0 ? ", batch kept" : ", batch not there");
}

// Whether removing such a file is this phase's own doing.
bool Removes(Phase phase, const std::string& file) {
  switch (phase) {
    case Phase::kFlush:
      return file == "WAL";
    case Phase::kIngest:
      return file == "staged table";
    case Phase::kCompact:
      return file == "table";
    case Phase::kCreate:
    case Phase::kStart:
    case Phase::kStartIndex:
      return true;
    case Phase::kCommit:
    case Phase::kCertifier:
    case Phase::kStop:
      return false;
  }
  return false;
}

}  // namespace

std::string NameOf(Phase phase) {
  switch (phase) {
    case Phase::kCreate:
      return "create";
    case Phase::kStart:
      return "start";
    case Phase::kStartIndex:
      return "start, index to rebuild";
    case Phase::kCommit:
      return "commit";
    case Phase::kCertifier:
      return "commit of a certifier";
    case Phase::kFlush:
      return "flush";
    case Phase::kIngest:
      return "index";
    case Phase::kCompact:
      return "compaction";
    case Phase::kStop:
      return "stop";
  }
  return "";
}

absl::StatusOr<std::map<Step, uint64_t>> StepsOf(Phase phase) {
  Trial trial(phase);
  absl::Status status = trial.Prepare();
  if (status.ok()) status = trial.Act();
  if (!status.ok()) return status;
  std::map<Step, uint64_t> steps = trial.steps();
  std::erase_if(steps, [phase](const auto& step) {
    const auto& [change, file] = step.first;
    if (change == Change::kRemove && !Removes(phase, file)) return true;
    // The commits that lead to it have rows of their own.
    return phase == Phase::kIngest && (file == "WAL" || file == "signed");
  });
  return steps;
}

absl::StatusOr<std::string> Try(Phase phase, const Injection& injection) {
  Trial trial(phase, injection.sync);
  absl::Status status = trial.Prepare();
  if (!status.ok()) return status;
  trial.disk().Arm(injection.step, injection.occurrence, injection.fault);
  status = trial.Act();
  if (status.ok()) status = trial.Recover(injection);
  if (!status.ok()) return status;
  return trial.Happened(injection.fault);
}

}  // namespace cairn::ledger
