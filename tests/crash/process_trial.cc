#include "tests/crash/process_trial.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/cli/cairn.h"
#include "tests/crash/feed.h"
#include "tests/crash/journal.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kLibrary[] = "tests/crash/libfaulty_calls.so";
constexpr char kStopped[] = "the log has stopped itself";
// Entries that wait in memory for the index when the large log is opened; batches that make it move
// them and flush what it has written; and the most after which the fault has come and shown.
constexpr int kLargeBatches = 410;
constexpr int kLoadBatches = 170;
constexpr int kMostBatches = 600;
constexpr int kBatchesAfterFault = 40;
constexpr int kBatchesAtOnce = 10;
// That only a process which hangs reaches.
constexpr int kPatienceMs = 30'000;

// The block that the library maps too.
class Control {
 public:
  explicit Control(const fs::path& file) : file_(file) {
    const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(CallControl)) != 0) std::abort();
    void* block = mmap(nullptr, sizeof(CallControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (block == MAP_FAILED) std::abort();
    close(fd);
    block_ = new (block) CallControl();
  }
  ~Control() { munmap(block_, sizeof(CallControl)); }
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  const fs::path& file() const { return file_; }
  bool armed() const { return block_->armed; }
  bool fired() const { return block_->fired; }

  // From here on calls count.
  void Arm(const std::optional<CallInjection>& injection) {
    for (auto& counts : block_->counts) {
      for (auto& count : counts) count = 0;
    }
    if (!injection) return;
    block_->call = injection->place.first;
    block_->kind = injection->place.second;
    block_->fault = injection->fault;
    block_->left = injection->occurrence;
    block_->armed = true;
  }

  std::map<CallPlace, uint64_t> Counts() const {
    std::map<CallPlace, uint64_t> counts;
    for (uint32_t call = 0; call < kFileCalls; ++call) {
      for (uint32_t kind = 0; kind < kFileKinds; ++kind) {
        const uint64_t count = block_->counts[call][kind];
        if (count > 0) counts[{FileCall(call), FileKind(kind)}] = count;
      }
    }
    return counts;
  }

 private:
  const fs::path file_;
  CallControl* block_;
};

class Trial {
 public:
  Trial(ProcessPhase phase, const fs::path& base)
      : phase_(phase), control_(directory_.path() / "control") {
    if (!base.empty()) fs::copy(base, Log(), fs::copy_options::recursive);
    if (base.empty()) fs::create_directory(Log());
  }

  absl::Status Act(const std::optional<CallInjection>& injection);
  // Whether the process ended as it must after such a fault; says how.
  absl::StatusOr<std::string> Judge(const CallInjection& injection) const;
  absl::Status CheckWhileItLasts();
  absl::Status Recover();

  const Control& control() const { return control_; }

 private:
  fs::path Log() const { return directory_.path() / "log"; }
  std::unique_ptr<Cairnd> StartFaulty() const;
  absl::Status Append();
  absl::Status AppendLoad();
  absl::Status End(Cairnd& cairnd, bool stop);

  const ProcessPhase phase_;
  const FreshDirectory directory_;
  Control control_;
  Journal journal_{note::VerifierKey::Parse(kTestVkey).value()};
  Feed feed_{/*seed=*/2, &journal_};
  int code_ = 0;
  std::string output_;
  bool refused_ = false;
};

std::unique_ptr<Cairnd> Trial::StartFaulty() const {
  std::vector<std::string> args = {absl::StrCat("LD_PRELOAD=", fs::absolute(kLibrary).string()),
                                   absl::StrCat(kFaultyDirectory, "=", (Log() / "data").string()),
                                   absl::StrCat(kFaultyControl, "=", control_.file().string()),
                                   "ledger/server/cairnd"};
  for (const std::string& arg : CairndArgs(Log())) args.push_back(arg);
  return std::make_unique<Cairnd>(args, "/usr/bin/env");
}

absl::Status Trial::Act(const std::optional<CallInjection>& injection) {
  const bool from_start = phase_ == ProcessPhase::kCreate || phase_ == ProcessPhase::kStart;
  if (from_start) control_.Arm(injection);
  const std::unique_ptr<Cairnd> cairnd = StartFaulty();
  if (!cairnd->running()) return End(*cairnd, /*stop=*/false);
  feed_.Connect(cairnd->address());
  absl::Status status = absl::OkStatus();
  if (!from_start) {
    status = feed_.AppendSingly(1);
    if (!status.ok()) return status;
    control_.Arm(injection);
  }
  if (phase_ != ProcessPhase::kStop) status = Append();
  feed_.Disconnect();
  return status.ok() ? End(*cairnd, /*stop=*/!refused_) : status;
}

// What the background does with it may come late.
absl::Status Trial::AppendLoad() {
  const int most = control_.armed() ? kMostBatches : kLoadBatches;
  int after = 0;
  for (int sent = 0; sent < most && after < kBatchesAfterFault; sent += kBatchesAtOnce) {
    if (control_.fired()) after += kBatchesAtOnce;
    if (absl::Status status = feed_.AppendBatches(kBatchesAtOnce); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Trial::Append() {
  const absl::Status status = phase_ == ProcessPhase::kLoad ? AppendLoad() : feed_.AppendSingly(4);
  refused_ = !status.ok();
  // Its own words, or the connection's that has ended.
  return absl::IsUnavailable(status) ? absl::OkStatus() : status;
}

absl::Status Trial::End(Cairnd& cairnd, bool stop) {
  if (stop) cairnd.Signal(SIGTERM);
  pollfd ended{static_cast<int>(syscall(SYS_pidfd_open, cairnd.pid(), 0)), POLLIN, 0};
  const bool hangs = poll(&ended, 1, kPatienceMs) == 0;
  close(ended.fd);
  if (hangs) cairnd.Signal(SIGKILL);
  code_ = cairnd.Wait();
  output_ = cairnd.output();
  return hangs ? absl::DeadlineExceededError("does not end: " + output_) : absl::OkStatus();
}

// RocksDB, as Debian builds it, holds some errors for impossible, such as one of sync_file_range. A
// full disk and a read-only one are not among them while it starts.
bool MayAbort(ProcessPhase phase, CallFault fault, const CallPlace& place) {
  const bool starts = phase == ProcessPhase::kCreate || phase == ProcessPhase::kStart;
  const bool lasts = fault == CallFault::kDiskFull || fault == CallFault::kReadOnly;
  return !starts || !lasts || place.first == kSyncFileRange;
}

absl::StatusOr<std::string> Trial::Judge(const CallInjection& injection) const {
  const CallFault fault = injection.fault;
  if (!control_.fired()) return absl::NotFoundError("the fault did not come");
  const bool killed = fault == CallFault::kKilledBefore || fault == CallFault::kKilledAfter;
  if (killed && code_ == 128 + SIGKILL) return "recovers";
  if (!killed && code_ == 0 && !refused_) return "goes on";
  if (!killed && code_ == 1 && absl::StrContains(output_, kStopped)) return "stops";
  if (!killed && code_ == 3 && absl::StrContains(output_, "cairnd: ")) return "does not start";
  if (!killed && code_ == 128 + SIGABRT && absl::StrContains(output_, "rocksdb::") &&
      MayAbort(phase_, fault, injection.place)) {
    return "aborts";
  }
  return absl::InternalError(absl::StrCat("ended with ", code_, ": ", output_));
}

absl::Status Trial::CheckWhileItLasts() {
  const std::unique_ptr<Cairnd> cairnd = StartFaulty();
  if (cairnd->running()) return absl::InternalError("starts where nothing can be written");
  if (cairnd->Wait() == 3) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("a start ended with ", cairnd->Wait()));
}

absl::Status Trial::Recover() {
  Cairnd cairnd(CairndArgs(Log()));
  if (!cairnd.running()) {
    cairnd.Wait();
    return absl::DataLossError("does not start again: " + cairnd.output());
  }
  feed_.Connect(cairnd.address());
  absl::Status status = feed_.Confirm();
  if (status.ok()) status = feed_.AppendSingly(2);
  if (!status.ok()) return status;
  feed_.Disconnect();
  if (cairnd.Stop() != 0) return absl::InternalError("does not stop: " + cairnd.output());
  const CairnResult fsck = RunCairn({"fsck", (Log() / "data").string()});
  return fsck.code == 0 ? absl::OkStatus() : absl::DataLossError(fsck.out + fsck.err);
}

// A log with entries of one client; left running at SIGKILL, so that its WAL is to be replayed, or
// stopped.
void MakeLog(const fs::path& log, int batches) {
  fs::create_directory(log);
  Journal journal{note::VerifierKey::Parse(kTestVkey).value()};
  Feed feed{/*seed=*/1, &journal};
  Cairnd cairnd(CairndArgs(log));
  if (!cairnd.running()) std::abort();
  feed.Connect(cairnd.address());
  absl::Status made = feed.AppendSingly(20);
  if (made.ok()) made = feed.AppendBatches(batches);
  if (!made.ok()) {
    std::fprintf(stderr, "no log to begin with: %s\n", made.ToString().c_str());
    std::abort();
  }
  cairnd.Signal(SIGKILL);
  cairnd.Wait();
}

}  // namespace

std::string NameOf(ProcessPhase phase) {
  switch (phase) {
    case ProcessPhase::kCreate:
      return "create";
    case ProcessPhase::kStart:
      return "start";
    case ProcessPhase::kCommit:
      return "commit";
    case ProcessPhase::kLoad:
      return "load";
    case ProcessPhase::kStop:
      return "stop";
  }
  return "";
}

ProcessTrials::ProcessTrials() { MakeLog(bases_.path() / "small", 1); }

fs::path ProcessTrials::BaseOf(ProcessPhase phase) {
  if (phase == ProcessPhase::kCreate) return {};
  if (phase != ProcessPhase::kLoad) return bases_.path() / "small";
  const fs::path large = bases_.path() / "large";
  if (!fs::exists(large)) MakeLog(large, kLargeBatches);
  return large;
}

absl::StatusOr<std::map<CallPlace, uint64_t>> ProcessTrials::CallsOf(ProcessPhase phase) {
  Trial trial(phase, BaseOf(phase));
  if (absl::Status acted = trial.Act(std::nullopt); !acted.ok()) return acted;
  if (absl::Status sound = trial.Recover(); !sound.ok()) return sound;
  return trial.control().Counts();
}

absl::StatusOr<std::string> ProcessTrials::Try(ProcessPhase phase, const CallInjection& injection) {
  Trial trial(phase, BaseOf(phase));
  if (absl::Status acted = trial.Act(injection); !acted.ok()) return acted;
  const absl::StatusOr<std::string> happened = trial.Judge(injection);
  if (!happened.ok()) return happened;
  if (injection.fault == CallFault::kReadOnly) {
    if (absl::Status refused = trial.CheckWhileItLasts(); !refused.ok()) return refused;
  }
  if (absl::Status recovered = trial.Recover(); !recovered.ok()) return recovered;
  return happened;
}

}  // namespace cairn::testing
