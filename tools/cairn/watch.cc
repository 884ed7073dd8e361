// cairn watch: what happens to a log's anchors, from the beginning and then as it happens.

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/cairn/anchor_text.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/interrupt.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  uint64_t after = 0;
  std::optional<uint64_t> index;
  std::string until;
  double wait_s = 0;
  bool json = false;
};

constexpr absl::Duration kPollInterval = absl::Seconds(1);

class Watch {
 public:
  Watch(const Options& options, LogClient* client)
      : options_(options),
        client_(*client),
        terminal_(!options.json && isatty(STDOUT_FILENO) == 1),
        deadline_(options.wait_s > 0 ? absl::Now() + absl::Seconds(options.wait_s)
                                     : absl::InfiniteFuture()),
        after_(options.after) {}

  // OK when it has been interrupted or, where something is waited for, reached.
  absl::Status Run() {
    while (true) {
      // Asked before the events: these then include whatever has led to the state.
      const absl::StatusOr<bool> reached = Reached();
      if (!reached.ok()) return reached.status();
      const absl::Status drained = DrainEvents(
          client_, after_, [&] { return !Interrupted() && absl::Now() < deadline_; },
          [&](const v1::AnchorEvent& event) {
            Say(options_.json ? JsonLine(EventJson(event)) : EventText(event));
          });
      if (!drained.ok()) return drained;
      SayState();
      if (*reached) return absl::OkStatus();
      const absl::Duration left = deadline_ - absl::Now();
      if (left <= absl::ZeroDuration()) {
        return absl::NotFoundError(absl::StrCat("entry ", *options_.index, " is not ",
                                                options_.until, " after ", options_.wait_s, " s; ",
                                                Resume()));
      }
      SayWaiting();
      if (!WaitUnlessInterrupted(std::min(left, kPollInterval))) {
        if (options_.until.empty()) return absl::OkStatus();
        return absl::CancelledError(absl::StrCat("interrupted; ", Resume()));
      }
    }
  }

  std::string Resume() const { return absl::StrCat("go on with --after ", after_); }

  ~Watch() { EraseLine(); }

 private:
  // False where nothing is waited for.
  absl::StatusOr<bool> Reached() {
    if (!options_.index) return false;
    const absl::StatusOr<v1::GetProofStateResponse> answer =
        FetchProofStates(client_, {.index = LeafIndex(*options_.index)});
    if (!answer.ok()) return answer.status();
    state_ = answer->entries(0);
    rule_ = answer->rule();
    return state_.state() == v1::PROOF_STATE_VERIFIED ||
           (options_.until == "anchored" && state_.state() == v1::PROOF_STATE_ANCHORED);
  }

  // The entry's state, where it is another than was said last.
  void SayState() {
    if (!options_.index || state_.state() == said_) return;
    said_ = state_.state();
    Say(options_.json ? JsonLine(EntryStateJson(state_, rule_, client_.address()))
                      : EntryStateText(state_));
  }

  void Say(const std::string& text) {
    EraseLine();
    // Whoever reads along reads it now.
    std::cout << text << std::flush;
  }

  // The last line of a terminal shows that this is alive.
  void SayWaiting() {
    if (!terminal_) return;
    EraseLine();
    std::cout << "after event " << after_;
    if (options_.index) std::cout << ", entry " << *options_.index << ": " << ProofStateName(said_);
    std::cout << "; asked at " << absl::FormatTime("%H:%M:%S", absl::Now(), absl::UTCTimeZone())
              << "Z, Ctrl-C ends" << std::flush;
    line_ = true;
  }

  void EraseLine() {
    if (line_) std::cout << "\r\x1b[K" << std::flush;
    line_ = false;
  }

  const Options& options_;
  LogClient& client_;
  const bool terminal_;
  const absl::Time deadline_;
  uint64_t after_;
  v1::EntryProofState state_;
  std::string rule_;
  v1::ProofState said_ = v1::PROOF_STATE_UNSPECIFIED;
  bool line_ = false;
};

ExitCode Run(const Options& options) {
  if (options.until.empty() != !options.index) Misused("--until goes with --index");
  if (!options.until.empty() && options.until != "anchored" && options.until != "verified") {
    Misused(absl::StrCat("--until: `", options.until, "` is none of anchored, verified"));
  }
  if (options.wait_s > 0 && options.until.empty()) Misused("--wait goes with --until");
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  if (!client.ok()) {
    Complain(client.status().message());
    return kUnable;
  }
  CatchInterrupts();
  absl::Status watched;
  {
    Watch watch(options, client->get());
    watched = watch.Run();
    if (absl::IsUnavailable(watched) || absl::IsDeadlineExceeded(watched)) {
      watched = absl::UnavailableError(absl::StrCat(watched.message(), "; ", watch.Resume()));
    }
  }
  if (watched.ok() || (absl::IsCancelled(watched) && options.until.empty())) return kYes;
  Complain(watched.message());
  return ExitCodeOf(watched);
}

}  // namespace

void AddWatch(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const command = AddSubcommand(
      app, "watch",
      "Follows what happens to a log's anchors, as it reports: all that has happened, then what "
      "does, until Ctrl-C or until an entry has reached a state",
      "cairn watch --log 127.0.0.1:7717 --index 5 --until verified --wait 60", &options->json);
  AddConnectionOptions(command, &options->connection);
  AddNumber(command, "--after", "Begin after the event of this sequence number",
            [options](uint64_t after) { options->after = after; });
  AddNumber(command, "--index", "With --until: the entry at this leaf index",
            [options](uint64_t index) { options->index = index; });
  command->add_option("--until", options->until,
                      "anchored or verified: end when the entry is that, or more");
  command
      ->add_option("--wait", options->wait_s,
                   "With --until: seconds until it gives up and exits with 1; by default never")
      ->check(CLI::Range(0.01, 1e9));
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
