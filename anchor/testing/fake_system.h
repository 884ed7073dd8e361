// An outside system that does what a test tells it, and notes what it was sent. Whether each
// request was durable when it came is checked against the store.

#ifndef CAIRN_ANCHOR_TESTING_FAKE_SYSTEM_H_
#define CAIRN_ANCHOR_TESTING_FAKE_SYSTEM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/backend.h"
#include "anchor/store.h"

namespace cairn::anchor {

class FakeSystem {
 public:
  using Answer = absl::StatusOr<Progress>;
  struct Job {
    int sent = 0;         // Submissions of this request.
    int superfluous = 0;  // Of those: after an answer that took it.
    bool taken = false;
    int polls = 0;
  };
  // What to answer; called with the request's job, outside of the lock.
  using Behaviour = std::function<Answer(const Hash& digest, const Job& job)>;

  // Final at once, and for ever.
  static Answer FinalAtOnce(const Hash& digest, const Job&) {
    return Progress{.state = ReceiptState::kFinal,
                    .receipt = absl::StrCat("receipt for ", digest.Hex()),
                    .existed_by_s = 1'800'000'000};
  }

  FakeSystem(std::string name, Store& store) : name_(std::move(name)), store_(store) {}

  void OnSubmit(Behaviour behaviour) { Set(submit_, std::move(behaviour)); }
  void OnPoll(Behaviour behaviour) { Set(poll_, std::move(behaviour)); }

  std::string Prepare(const Hash& digest) {
    const std::lock_guard lock(mutex_);
    return absl::StrCat(name_, " request ", ++nonce_, " for ", digest.Hex());
  }

  Answer Submit(const Hash& digest, const std::string& request) {
    CheckDurable(digest, request);
    Behaviour behaviour;
    Job job;
    {
      const std::lock_guard lock(mutex_);
      Job& known = jobs_[request];
      ++known.sent;
      if (known.taken) ++known.superfluous;
      job = known;
      behaviour = submit_;
    }
    {
      // Who is answered with an error, or with nonsense, may send again.
      const std::lock_guard lock(mutex_);
      jobs_[request].taken = false;
    }
    return Note(request, behaviour(digest, job));
  }
  Answer Poll(const Hash& digest, const std::string& request) {
    Behaviour behaviour;
    Job job;
    {
      const std::lock_guard lock(mutex_);
      ++jobs_[request].polls;
      job = jobs_[request];
      behaviour = poll_;
    }
    return Note(request, behaviour(digest, job));
  }

  std::map<std::string, Job> jobs() const {
    const std::lock_guard lock(mutex_);
    return jobs_;
  }
  int sent() const {
    int sum = 0;
    for (const auto& [request, job] : jobs()) sum += job.sent;
    return sum;
  }
  int superfluous() const {
    int sum = 0;
    for (const auto& [request, job] : jobs()) sum += job.superfluous;
    return sum;
  }
  // Requests that were not in the store, as they are, when they came.
  std::vector<std::string> violations() const {
    const std::lock_guard lock(mutex_);
    return violations_;
  }

 private:
  void Set(Behaviour& behaviour, Behaviour to) {
    const std::lock_guard lock(mutex_);
    behaviour = std::move(to);
  }

  void CheckDurable(const Hash& digest, const std::string& request) {
    bool durable = false;
    const absl::Status read = store_.ReadReceipts([&](const ReceiptHead& head) {
      if (head.anchor != name_ || head.digest != digest) return absl::OkStatus();
      const absl::StatusOr<ReceiptBytes> bytes = store_.ReadBytes(head.round, head.anchor);
      durable = head.state == ReceiptState::kSubmitted && head.sending == Sending::kInFlight &&
                bytes.ok() && bytes->request == request;
      return absl::OkStatus();
    });
    if (read.ok() && durable) return;
    const std::lock_guard lock(mutex_);
    violations_.push_back(request);
  }

  Answer Note(const std::string& request, Answer answer) {
    const std::lock_guard lock(mutex_);
    // What the system has forgotten, or lost, may be sent again.
    if (answer.ok() && ArrowsTo(ReceiptState::kSubmitted, *answer).ok()) {
      jobs_[request].taken = answer->state != ReceiptState::kReorganised;
    }
    return answer;
  }

  const std::string name_;
  Store& store_;
  mutable std::mutex mutex_;
  Behaviour submit_ = FinalAtOnce, poll_ = FinalAtOnce;
  std::map<std::string, Job> jobs_;  // By request.
  uint64_t nonce_ = 0;
  std::vector<std::string> violations_;
};

// One process's connection to a system, which outlives it.
class FakeBackend final : public Backend {
 public:
  explicit FakeBackend(FakeSystem& system) : system_(system) {}
  absl::string_view kind() const override { return "fake"; }
  absl::StatusOr<std::string> Prepare(const Hash& digest) override {
    return system_.Prepare(digest);
  }
  absl::StatusOr<Progress> Submit(const Hash& digest, absl::string_view request) override {
    return system_.Submit(digest, std::string(request));
  }
  absl::StatusOr<Progress> Poll(const Hash& digest, absl::string_view request,
                                absl::string_view) override {
    return system_.Poll(digest, std::string(request));
  }
  std::string Link(absl::string_view receipt) const override {
    return receipt.empty() ? "" : absl::StrCat("https://example.com/", receipt);
  }

 private:
  FakeSystem& system_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_TESTING_FAKE_SYSTEM_H_
