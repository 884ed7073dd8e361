// cairn watch: what happens to a log's anchors, from the beginning and then as it happens.

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/cairn/anchor_text.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/cancellation.h"
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

// How often Ctrl-C and the clock are looked at.
constexpr absl::Duration kLook = absl::Milliseconds(50);

// Two streams, each read on a thread of its own: the events, and the states of the entry that is
// waited for. A state is said after the event that made it.
class Watch {
 public:
  Watch(const Options& options, LogClient* client)
      : options_(options),
        client_(*client),
        terminal_(!options.json && isatty(STDOUT_FILENO) == 1),
        after_(options.after) {}

  // OK when it has been interrupted or, where something is waited for, reached.
  absl::Status Run() {
    std::thread events([this] {
      Finish(client_.WatchAnchors(
          end_events_, [this] { return EventsRequest(); },
          [this](const v1::WatchAnchorsResponse& response) { return TakeEvents(response); }));
    });
    std::thread states;
    if (options_.index) {
      states = std::thread([this] {
        Finish(NoSuchEntry(client_.WatchProofState(
            end_states_, [this] { return StatesRequest(); },
            [this](const v1::WatchProofStateResponse& response) { return TakeStates(response); })));
      });
    }
    Finish(AwaitEnd());
    end_events_.Cancel();
    end_states_.Cancel();
    events.join();
    if (states.joinable()) states.join();
    EraseLine();
    return *result_;
  }

  std::string Resume() const { return absl::StrCat("go on with --after ", after_); }

 private:
  // Until one of the streams has come to an end, or what ends them.
  absl::Status AwaitEnd() {
    const absl::Time deadline =
        options_.wait_s > 0 ? absl::Now() + absl::Seconds(options_.wait_s) : absl::InfiniteFuture();
    while (true) {
      const absl::Duration left = deadline - absl::Now();
      const bool interrupted = !WaitUnlessInterrupted(std::min(left, kLook));
      const std::lock_guard lock(mutex_);
      if (result_) return *result_;
      if (interrupted && options_.until.empty()) return absl::OkStatus();
      if (interrupted) return absl::CancelledError(absl::StrCat("interrupted; ", Resume()));
      if (absl::Now() >= deadline) {
        return absl::NotFoundError(absl::StrCat("entry ", *options_.index, " is not ",
                                                options_.until, " after ", options_.wait_s, " s; ",
                                                Resume()));
      }
      SayWaiting();
    }
  }

  // The first result counts.
  void Finish(const absl::Status& result) {
    const std::lock_guard lock(mutex_);
    if (!result_) result_ = result;
    changed_.notify_all();
  }

  v1::WatchAnchorsRequest EventsRequest() {
    const std::lock_guard lock(mutex_);
    v1::WatchAnchorsRequest request;
    request.set_after_sequence(after_);
    return request;
  }

  absl::Status TakeEvents(const v1::WatchAnchorsResponse& response) {
    std::unique_lock lock(mutex_);
    // Of what has happened, so that each state is said right after its event.
    changed_.wait(lock, [this] { return !options_.index || known_ || result_; });
    for (const v1::AnchorEvent& event : response.events()) {
      if (result_) return absl::OkStatus();
      if (event.sequence() <= after_) {
        return False(absl::StrCat("event ", event.sequence(), " comes after event ", after_));
      }
      Say(options_.json ? JsonLine(EventJson(event)) : EventText(event));
      after_ = event.sequence();
      SayStates();
    }
    SayWaiting();
    return absl::OkStatus();
  }

  v1::WatchProofStateRequest StatesRequest() {
    const std::lock_guard lock(mutex_);
    v1::WatchProofStateRequest request;
    request.set_index(*options_.index);
    if (states_after_) request.set_after_sequence(*states_after_);
    return request;
  }

  absl::Status TakeStates(const v1::WatchProofStateResponse& response) {
    const std::lock_guard lock(mutex_);
    for (const v1::ProofStateChange& change : response.changes()) {
      const v1::EntryProofState& entry = change.entry();
      if (entry.index() != *options_.index) {
        return False(absl::StrCat("it is about entry ", entry.index()));
      }
      if (entry.state() == v1::PROOF_STATE_UNSPECIFIED) {
        return False(absl::StrCat("entry ", entry.index(), " has no state"));
      }
      // Of those before --after only the last is said.
      if (change.sequence() <= options_.after) changes_.clear();
      changes_.push_back(change);
    }
    states_after_ = response.sequence();
    rule_ = response.rule();
    if (!known_ && response.sequence() >= response.last_sequence()) known_ = response.sequence();
    SayStates();
    changed_.notify_all();
    return absl::OkStatus();
  }

  // What the events so far have led to. Requires mutex_.
  void SayStates() {
    // Else a state that lies before --after may still be followed by another.
    if (!states_after_ || *states_after_ < options_.after) return;
    while (!changes_.empty() && changes_.front().sequence() <= after_) {
      const v1::ProofStateChange change = std::move(changes_.front());
      changes_.pop_front();
      SayState(change);
    }
    // What was reached once may be lost by now: only the newest of what had happened counts.
    if (!known_ || after_ < *known_ || !changes_.empty() || result_) return;
    if (said_ == v1::PROOF_STATE_VERIFIED ||
        (said_ == v1::PROOF_STATE_ANCHORED && options_.until == "anchored")) {
      result_ = absl::OkStatus();
    }
  }

  void SayState(const v1::ProofStateChange& change) {
    if (change.entry().state() == said_) return;
    said_ = change.entry().state();
    if (!options_.json) return Say(EntryStateText(change.entry()));
    nlohmann::ordered_json json = EntryStateJson(change.entry(), rule_, client_.address());
    json["since_sequence"] = change.sequence();
    Say(JsonLine(json));
  }

  void Say(const std::string& text) {
    EraseLine();
    // Whoever reads along reads it now.
    std::cout << text << std::flush;
  }

  // The last line of a terminal shows that this is alive.
  void SayWaiting() {
    if (!terminal_ || result_) return;
    std::string line = absl::StrCat("after event ", after_);
    if (options_.index) {
      absl::StrAppend(&line, ", entry ", *options_.index, ": ", ProofStateName(said_));
    }
    absl::StrAppend(&line, "; ", absl::FormatTime("%H:%M:%S", absl::Now(), absl::UTCTimeZone()),
                    "Z, Ctrl-C ends");
    if (line == line_) return;
    EraseLine();
    std::cout << line << std::flush;
    line_ = line;
  }

  void EraseLine() {
    if (!line_.empty()) std::cout << "\r\x1b[K" << std::flush;
    line_.clear();
  }

  const Options& options_;
  LogClient& client_;
  const bool terminal_;
  Cancellation end_events_, end_states_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<absl::Status> result_;
  uint64_t after_;  // The last event that was said.
  std::optional<uint64_t> states_after_;
  std::optional<uint64_t> known_;  // All states up to this event had come when it was the last.
  std::deque<v1::ProofStateChange> changes_;  // Not said yet.
  std::string rule_;
  v1::ProofState said_ = v1::PROOF_STATE_UNSPECIFIED;
  std::string line_;
};

ExitCode Run(const Options& options) {
  if (options.until.empty() != !options.index) Misused("--until goes with --index");
  if (!options.until.empty() && options.until != "anchored" && options.until != "verified") {
    Misused(absl::StrCat("--until: `", options.until, "` is none of anchored, verified"));
  }
  if (options.wait_s > 0 && options.until.empty()) Misused("--wait goes with --until");
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  if (!client.ok()) {
    Complain(client.status());
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
  Complain(watched);
  return ExitCodeOf(watched);
}

}  // namespace

void AddWatch(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "watch",
      "Follows what happens to a log's anchors, as it reports: all that has happened, then what "
      "does, until Ctrl-C or until an entry has reached a state",
      "cairn watch --log 127.0.0.1:7717 --index 5 --until verified --wait 60", &options->json);
  AddConnectionOptions(command, &options->connection);
  command.AddNumber("--after", "Begin after the event of this sequence number",
                    [options](uint64_t after) { options->after = after; });
  command.AddNumber("--index", "With --until: the entry at this leaf index",
                    [options](uint64_t index) { options->index = index; });
  command.Add("--until", options->until,
              "anchored or verified: end when the entry is that, or more");
  command
      .Add("--wait", options->wait_s,
           "With --until: seconds until it gives up and exits with 1; by default never")
      .Between(0.01, 1e9);
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
