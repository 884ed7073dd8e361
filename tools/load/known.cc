#include "tools/load/known.h"

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "tools/load/ask.h"
#include "tools/load/calls.h"
#include "tools/load/watch.h"

namespace cairn::load {
namespace {

using ProveCalls = Calls<v1::ProveRequest, v1::ProveResponse>;

// Nothing for what is no statement.
absl::StatusOr<std::optional<std::string>> HashIn(const v1::ProveResponse& response) {
  if (response.entries_size() != 1) {
    return absl::InvalidArgumentError("by an index the log answers not just one entry");
  }
  const absl::StatusOr<entry::Entry> entry = entry::Decode(response.entries(0).entry());
  if (!entry.ok()) return entry.status();
  const auto* const statement = std::get_if<entry::SignedStatement>(&entry->body);
  if (statement == nullptr) return std::nullopt;
  return std::string(statement->statement.certificate_hash.view());
}

}  // namespace

absl::StatusOr<std::vector<KnownEntry>> CollectKnown(const Options& options) {
  const absl::StatusOr<note::Checkpoint> newest = AskCheckpoint(options);
  if (!newest.ok()) return newest.status();
  const uint64_t size = newest->size.value();
  if (size == 0)
    return absl::FailedPreconditionError("the log is empty: there is nothing to prove");

  // A run of its own, not measured.
  Options collecting = options;
  collecting.threads = 1;
  collecting.entries = options.hashes;
  collecting.seconds.reset();
  collecting.rate.reset();
  collecting.server_pid.reset();
  RunState state(collecting);
  state.Begin(Clock::now());
  const Statements statements(0, options.entry_bytes, options.certifier);
  std::vector<KnownEntry> known;
  const Common common{collecting, state, statements, nullptr, known};
  ProveCalls calls(common, 0, options.in_flight, &v1::Log::Stub::AsyncProve);
  Pace pace;
  uint64_t random = Mix(options.seed);
  const auto prepare = [&](ProveCalls::Call& call) {
    if (state.TakeBudget(1) == 0) return false;
    call.number = Mix(random++) % size;
    call.request.set_index(call.number);
    call.request.set_tree_size(size);
    return true;
  };
  const auto answered = [&](ProveCalls::Call& call, Clock::time_point now) {
    if (!call.status.ok()) return state.CountError(now, call.status);
    auto hash = HashIn(call.response);
    if (!hash.ok()) return state.CountFalse(now, std::string(hash.status().message()));
    if (*hash) known.push_back({.index = call.number, .hash = **std::move(hash)});
    state.Count(now, {});
  };
  Watch watch(collecting, state);
  std::thread worker([&] {
    calls.Run(pace, prepare, answered);
    watch.Done();
  });
  Report not_measured;
  watch.Run(1, not_measured);
  worker.join();

  if (not_measured.interrupted) return absl::CancelledError("interrupted");
  if (!state.trouble().empty()) return absl::UnavailableError(state.trouble());
  if (!state.false_answers().empty()) {
    return absl::InvalidArgumentError(state.false_answers().front());
  }
  if (known.empty()) return absl::FailedPreconditionError("the log shows no statements to prove");
  return known;
}

}  // namespace cairn::load
