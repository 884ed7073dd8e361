#include "tools/cairn/evidence_directory.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "anchor/evidence/evidence.h"
#include "tools/cairn/explanation.h"
#include "tools/cairn/file.h"
#include "tools/cairn/progress.h"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;

// Hands out the evidence files below a directory one by one. Threads: any.
class Walk {
 public:
  explicit Walk(const std::string& directory) : at_(directory, error_) {}

  // nullopt at the end, which is also where a directory cannot be read: see error().
  std::optional<std::string> Next() {
    const std::lock_guard lock(mutex_);
    while (!error_ && at_ != fs::recursive_directory_iterator()) {
      std::optional<std::string> found;
      // The link itself is meant: one that leads nowhere is a file that cannot be read.
      std::error_code unknown;
      if (at_->symlink_status(unknown).type() != fs::file_type::directory &&
          absl::EndsWith(at_->path().native(), evidence::kFileSuffix)) {
        found = at_->path().native();
      }
      at_.increment(error_);
      if (found.has_value()) return found;
    }
    return std::nullopt;
  }

  // Once Next has come to the end.
  const std::error_code& error() const { return error_; }

 private:
  std::mutex mutex_;
  std::error_code error_;
  fs::recursive_directory_iterator at_;
};

struct Tally {
  std::atomic<uint64_t> verified{0};
  std::atomic<uint64_t> failed{0};
  std::atomic<uint64_t> unable{0};
  std::atomic<uint64_t> of_unknown_certifier{0};

  uint64_t all() const { return verified + failed + unable; }
};

// One directory's work, by several threads.
class Crew {
 public:
  Crew(const std::string& directory, const Demands& demands, const Saying& saying,
       Contradictions& trees)
      : walk_(directory), demands_(demands), saying_(saying), trees_(trees) {}

  // One thread's part, until there are no more files.
  void Work(const Trust& trust) {
    while (const std::optional<std::string> file = walk_.Next()) {
      // Of what is no file, such as a pipe, the end may never come.
      const absl::StatusOr<size_t> size = FileSize(*file);
      Take(*file,
           size.ok() ? CheckEvidence(*file, trust, demands_, trees_) : Unread(size.status()));
    }
  }

  const Tally& tally() const { return tally_; }
  const std::error_code& error() const { return walk_.error(); }
  const std::set<std::string>& seen() const { return seen_; }

 private:
  static Checked Unread(const absl::Status& why) {
    Checked checked;
    checked.reason = std::string(why.message());
    return checked;
  }

  void Take(const std::string& file, const Checked& checked) {
    (checked.exit_code == kYes  ? tally_.verified
     : checked.exit_code == kNo ? tally_.failed
                                : tally_.unable)++;
    if (checked.of_unknown_certifier) {
      tally_.of_unknown_certifier++;
    } else if (checked.report.has_value() && !demands_.certifier_keys.empty()) {
      const std::lock_guard lock(mutex_);
      seen_.insert(checked.report->claim.statement.certifier);
    }
    if (checked.exit_code == kYes) return;
    const std::lock_guard lock(mutex_);
    Say(file, checked, saying_);
  }

  Walk walk_;
  const Demands& demands_;
  const Saying& saying_;
  Contradictions& trees_;
  Tally tally_;
  std::mutex mutex_;
  std::set<std::string> seen_;
};

void SaySummary(const std::string& directory, const Tally& tally, double seconds, size_t threads,
                const Saying& saying) {
  const uint64_t per_second =
      static_cast<uint64_t>(static_cast<double>(tally.all()) / std::max(seconds, 1e-6));
  if (saying.json) {
    nlohmann::ordered_json line;
    line["directory"] = directory;
    line["verified"] = tally.verified.load();
    line["failed"] = tally.failed.load();
    line["could_not_be_checked"] = tally.unable.load();
    line["of_unknown_certifiers"] = tally.of_unknown_certifier.load();
    line["threads"] = threads;
    line["seconds"] = seconds;
    line["files_per_second"] = per_second;
    line["inputs"] = InputsJson(saying.inputs, {});
    std::cout << JsonLine(line);
    return;
  }
  std::cout << Printable(directory, kMaxShownLine) << ": " << tally.verified << " verified, "
            << tally.failed << " failed";
  if (tally.unable > 0) std::cout << ", " << tally.unable << " could not be checked";
  std::cout << "; " << per_second << "/s on " << threads
            << (threads == 1 ? " thread\n" : " threads\n");
  if (tally.of_unknown_certifier > 0) {
    Complain(absl::StrCat(directory, ": ", tally.of_unknown_certifier.load(),
                          " statements are by certifiers whose key --certifier does not give"));
  }
}

}  // namespace

ExitCode VerifyDirectory(const std::string& directory, const Trust& trust, const Demands& demands,
                         size_t threads, const Saying& saying, Contradictions& seen,
                         std::set<std::string>& certifiers) {
  Walk count(directory);
  uint64_t files = 0;
  while (count.Next().has_value()) ++files;
  if (!count.error() && files == 0) {
    Complain(absl::StrCat(directory, ": no file below it ends in ", evidence::kFileSuffix));
    return kUnable;
  }
  Crew crew(directory, demands, saying, seen);
  const absl::Time start = absl::Now();
  {
    const Progress progress("verifying", "files", [&] { return Done{crew.tally().all(), files}; });
    std::vector<std::unique_ptr<Trust>> trusts;
    std::vector<std::thread> workers;
    for (size_t i = 0; i < threads; ++i) {
      trusts.push_back(trust.ForAnotherThread());
      workers.emplace_back([&crew, &own = *trusts.back()] { crew.Work(own); });
    }
    for (std::thread& worker : workers) worker.join();
  }
  const Tally& tally = crew.tally();
  SaySummary(directory, tally, absl::ToDoubleSeconds(absl::Now() - start), threads, saying);
  certifiers.insert(crew.seen().begin(), crew.seen().end());
  if (crew.error()) {
    Complain(absl::StrCat(directory, ": cannot read all of it: ", crew.error().message()));
  }
  if (tally.unable > 0 || crew.error()) return kUnable;
  return tally.failed > 0 ? kNo : kYes;
}

}  // namespace cairn::cli
