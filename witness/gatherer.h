// Asks all witnesses at once for cosignatures over one checkpoint.
//
// Each witness has a thread and a state of its own, so that one that is slow, or lies, delays
// nobody: a round ends when enough have cosigned and the stragglers had a little time, when all
// have answered, or at its deadline. A witness that still works on an earlier round's checkpoint
// takes part again when it is done. One that fails is left in peace for a time that doubles with
// each failure. One that says that it knows more than there is (kAborted) is asked again after that
// time also when no round comes: what it knows must be settled.
// Threads: Gather from one thread; Stop from any.

#ifndef CAIRN_WITNESS_GATHERER_H_
#define CAIRN_WITNESS_GATHERER_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"
#include "witness/cosign_client.h"

namespace cairn::witness {

struct GathererOptions {
  // For those that have not answered when enough have.
  std::chrono::milliseconds straggler_wait = std::chrono::milliseconds(200);
  std::chrono::milliseconds round_deadline = std::chrono::seconds(30);
  // After the first failure of a witness, and at the most.
  std::chrono::milliseconds first_pause = std::chrono::seconds(1);
  std::chrono::milliseconds longest_pause = std::chrono::seconds(60);
};

struct WitnessSource {
  note::VerifierKey key;
  Exchange exchange;
  Latest latest;
};

// For each witness, in order: its cosignature, or why there is none (CosignClient's errors;
// kDeadlineExceeded for one that has not answered yet).
using Round = std::vector<absl::StatusOr<Cosigned>>;

// Who cosigned.
note::WitnessSet CosignersOf(const Round& round);

class Gatherer {
 public:
  using Enough = std::function<bool(const note::WitnessSet&)>;

  // Hears what each witness answers when it answers, also when its round has ended, before that
  // counts in the round. Called on the witness's thread.
  using Heard = std::function<void(size_t witness, const Target&, const absl::StatusOr<Cosigned>&)>;

  Gatherer(std::vector<WitnessSource> witnesses, const Prover& prover,
           const GathererOptions& options, Heard heard);
  // Stops as Stop() does.
  ~Gatherer();
  Gatherer(const Gatherer&) = delete;
  Gatherer& operator=(const Gatherer&) = delete;

  // Requires targets that only grow.
  Round Gather(const Target& target, const Enough& enough);

  // Ends a Gather that is under way, and the threads, when what they wait for has answered.
  // Idempotent.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  struct Witness {
    CosignClient client;
    std::thread thread;
    uint64_t done = 0;  // The last round that it answered, or failed in.
    Clock::time_point not_before = {};
    std::chrono::milliseconds pause{0};
    bool unsettled = false;                   // Says that it knows more, and has not shown it.
    absl::Status failure = absl::OkStatus();  // The last.
  };

  void Run(size_t number);
  // Waits for something to ask the witness. False: the end.
  bool AwaitTask(const Witness& witness, std::unique_lock<std::mutex>& lock);
  // What the witness answered in that round. Requires mutex_.
  void Take(size_t number, uint64_t round, absl::StatusOr<Cosigned> cosigned);

  const GathererOptions options_;
  const Heard heard_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Witness>> witnesses_;
  uint64_t round_ = 0;
  std::shared_ptr<const Target> target_;
  Round results_;
  bool stopping_ = false;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_GATHERER_H_
