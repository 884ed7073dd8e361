#include "witness/gatherer.h"

#include <algorithm>
#include <utility>

namespace cairn::witness {

note::WitnessSet CosignersOf(const Round& round) {
  note::WitnessSet cosigned(round.size());
  for (size_t i = 0; i < round.size(); ++i) cosigned[i] = round[i].ok();
  return cosigned;
}

Gatherer::Gatherer(std::vector<WitnessSource> witnesses, const Prover& prover,
                   const GathererOptions& options, Heard heard)
    : options_(options), heard_(std::move(heard)) {
  for (WitnessSource& source : witnesses) {
    witnesses_.push_back(std::make_unique<Witness>(
        Witness{.client = CosignClient(std::move(source.key), std::move(source.exchange),
                                       std::move(source.latest), prover),
                .thread = {}}));
  }
  for (size_t i = 0; i < witnesses_.size(); ++i) {
    witnesses_[i]->thread = std::thread([this, i] { Run(i); });
  }
}

Gatherer::~Gatherer() { Stop(); }

Round Gatherer::Gather(const Target& target, const Enough& enough) {
  std::unique_lock lock(mutex_);
  ++round_;
  target_ = std::make_shared<const Target>(target);
  const Clock::time_point begun = Clock::now();
  results_.clear();
  for (const auto& witness : witnesses_) {
    // In a pause: what it failed with last still stands.
    const bool paused = begun < witness->not_before;
    if (paused) witness->done = round_;
    results_.emplace_back(paused ? witness->failure
                                 : absl::DeadlineExceededError("the witness has not answered yet"));
  }
  changed_.notify_all();
  const auto all_done = [this] {
    return stopping_ || std::none_of(witnesses_.begin(), witnesses_.end(),
                                     [this](const auto& w) { return w->done < round_; });
  };
  changed_.wait_until(lock, begun + options_.round_deadline,
                      [&] { return all_done() || enough(CosignersOf(results_)); });
  if (!all_done() && enough(CosignersOf(results_))) {
    changed_.wait_for(lock, options_.straggler_wait, all_done);
  }
  return std::exchange(results_, Round());
}

void Gatherer::Run(size_t number) {
  Witness& witness = *witnesses_[number];
  std::unique_lock lock(mutex_);
  while (true) {
    if (!AwaitTask(witness, lock)) return;
    const uint64_t round = round_;
    const std::shared_ptr<const Target> target = target_;
    lock.unlock();
    absl::StatusOr<Cosigned> cosigned = witness.client.Ask(*target);
    heard_(number, *target, cosigned);
    lock.lock();
    Take(number, round, std::move(cosigned));
  }
}

bool Gatherer::AwaitTask(const Witness& witness, std::unique_lock<std::mutex>& lock) {
  const auto asked = [&] { return stopping_ || witness.done < round_; };
  if (witness.unsettled) {
    changed_.wait_until(lock, witness.not_before, asked);
  } else {
    changed_.wait(lock, asked);
  }
  return !stopping_;
}

void Gatherer::Take(size_t number, uint64_t round, absl::StatusOr<Cosigned> cosigned) {
  Witness& witness = *witnesses_[number];
  witness.done = round;
  witness.unsettled = absl::IsAborted(cosigned.status());
  if (cosigned.ok()) {
    witness.pause = std::chrono::milliseconds(0);
  } else {
    witness.failure = cosigned.status();
    witness.pause = std::clamp(2 * witness.pause, options_.first_pause, options_.longest_pause);
    witness.not_before = Clock::now() + witness.pause;
  }
  // Of a round that has ended, nobody waits for it.
  if (round == round_ && !results_.empty()) results_[number] = std::move(cosigned);
  changed_.notify_all();
}

void Gatherer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (const auto& witness : witnesses_) {
    if (witness->thread.joinable()) witness->thread.join();
  }
}

}  // namespace cairn::witness
