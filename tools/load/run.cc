#include "tools/load/run.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/load/checks.h"
#include "tools/load/known.h"
#include "tools/load/watch.h"
#include "tools/load/worker.h"

namespace cairn::load {
namespace {

constexpr size_t kFoundAgain = 256;

absl::Status Connect(const Options& options) {
  const auto deadline = std::chrono::system_clock::now() +
                        std::chrono::milliseconds(static_cast<int64_t>(options.timeout_s * 1000));
  for (const auto& channel : options.channels) channel->GetState(/*try_to_connect=*/true);
  for (const auto& channel : options.channels) {
    while (!channel->WaitForConnected(
        std::min(deadline, std::chrono::system_clock::now() + std::chrono::milliseconds(100)))) {
      if (options.interrupted()) return absl::CancelledError("interrupted");
      if (std::chrono::system_clock::now() >= deadline) {
        return absl::UnavailableError(absl::StrCat("no connection within ", options.timeout_s,
                                                   " s: does the log run there?"));
      }
    }
  }
  return absl::OkStatus();
}

void Work(const Common& common, std::vector<Harvest>& harvests, Report& report) {
  Watch watch(common.options, common.state);
  const auto run = common.options.mode == Mode::kUnary    ? RunUnary
                   : common.options.mode == Mode::kStream ? RunStream
                                                          : RunProof;
  std::vector<std::thread> workers;
  common.state.Begin(Clock::now());
  for (uint32_t i = 0; i < common.options.threads; ++i) {
    workers.emplace_back([&, i] {
      run(common, i, harvests[i]);
      watch.Done();
    });
  }
  watch.Run(static_cast<int>(workers.size()), report);
  for (std::thread& worker : workers) worker.join();
}

// Stops at the first that is false.
void Check(const Common& common, std::vector<Harvest>& harvests, Report& report) {
  const auto note = [&report](const absl::Status& status) {
    if (status.ok()) return true;
    if (absl::IsInvalidArgument(status)) {
      report.false_answers.emplace_back(status.message());
    } else if (report.trouble.empty()) {
      report.trouble = absl::StrCat("looking for what was acknowledged: ", status.ToString());
    }
    return false;
  };
  for (const Harvest& harvest : harvests) {
    for (const KeptAnswer& answer : harvest.answers.items()) {
      if (!note(CheckAnswer(common, answer))) return;
      ++report.answers_checked;
    }
  }
  // A log that went away cannot be asked.
  if (!report.trouble.empty() || common.options.mode == Mode::kProof) return;
  for (Harvest& harvest : harvests) {
    const size_t count =
        std::min(harvest.acknowledged.items().size(), kFoundAgain / harvests.size() + 1);
    for (size_t i = 0; i < count; ++i) {
      if (!note(FindAgain(common, harvest.acknowledged.Pick()))) return;
      ++report.found_again;
    }
  }
}

}  // namespace

absl::StatusOr<Report> Run(const Options& options) {
  if (absl::Status connected = Connect(options); !connected.ok()) return connected;
  std::vector<KnownEntry> known;
  if (options.mode == Mode::kProof) {
    absl::StatusOr<std::vector<KnownEntry>> collected = CollectKnown(options);
    if (!collected.ok()) return collected.status();
    known = *std::move(collected);
  }
  const Statements statements(options.seed, options.entry_bytes, options.certifier);
  const auto signer = options.signing == Signing::kNone
                          ? nullptr
                          : std::make_unique<const Signer>(options, statements);
  RunState state(options);
  const Common common{options, state, statements, signer.get(), known};
  std::vector<Harvest> harvests;
  for (uint32_t i = 0; i < options.threads; ++i) harvests.emplace_back(Mix(options.seed + i));

  Report report;
  Work(common, harvests, report);
  for (const Harvest& harvest : harvests) {
    report.latency.Merge(harvest.latency);
    report.not_sent += harvest.behind;
  }
  report.totals = state.measured();
  report.entries_sent_and_acknowledged = state.fresh_so_far();
  report.errors = state.errors();
  report.longest_stall_ms =
      std::chrono::duration<double, std::milli>(state.longest_stall()).count();
  report.first_answer_unix_ms = state.first_answer_unix_ms();
  report.false_answers = state.false_answers();
  report.trouble = state.trouble();
  if (report.false_answers.empty() && !options.unchecked) Check(common, harvests, report);
  return report;
}

}  // namespace cairn::load
