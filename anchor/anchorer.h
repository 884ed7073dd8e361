// Anchors a log: a round each interval over the newest published note, and one courier for each
// anchor, on a thread of its own, so that a slow or dead backend delays nobody.
//
// A round is frozen when the tree has grown by anything but entries about receipts: those come from
// anchoring itself, and an idle log would otherwise anchor for ever. An anchor goes on with the
// newest round that it has no receipt of; rounds that it could not take part in lie below one that
// it did. When the log grows and nothing is published, or no round can be made of it, that is a
// gap. Errors: of Open kInvalidArgument for anchors or a rule that are not sound, and the store's.
// health()
//   is the store's error that ended the work, or kDataLoss when the published tree does not
//   continue the last round's (no round is frozen from then on; receipts are still followed).
// Threads: Start, Stop and the steps from one; all else from any, also beside those.
// Requires backends whose Link may be called beside their other calls.
// Ownership: the store and the clock outlive the anchorer.

#ifndef CAIRN_ANCHOR_ANCHORER_H_
#define CAIRN_ANCHOR_ANCHORER_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/backend.h"
#include "anchor/book.h"
#include "anchor/clock.h"
#include "anchor/courier.h"
#include "anchor/round.h"
#include "anchor/rule.h"
#include "anchor/store.h"

namespace cairn::anchor {

inline constexpr size_t kMaxAnchors = 64;

struct AnchorSource {
  AnchorOptions options = {};
  std::unique_ptr<Backend> backend = nullptr;
};

struct AnchorerOptions {
  uint64_t interval_ms = 3'600'000;
  // Until what could not be frozen is tried again; at most the interval.
  uint64_t retry_ms = 10'000;
  Rule rule = {};  // Over names of configured anchors.
};

struct AnchorerSources {
  // The newest published checkpoint. Requires an answer in bounded time, as do the other two.
  std::function<absl::StatusOr<Published>()> published = nullptr;
  Prover prover = nullptr;
  // May be empty; the couriers' threads call it at once.
  ReceiptLog receipt_log = {};
  // Called from all threads, one at a time.
  Randomness random = nullptr;
  // May be empty. Without an anchor's name: why no round could be made of what is published.
  Heard heard = nullptr;
};

class Anchorer {
 public:
  static absl::StatusOr<std::unique_ptr<Anchorer>> Open(Store& store, const Clock& clock,
                                                        const AnchorerOptions& options,
                                                        std::vector<AnchorSource> anchors,
                                                        AnchorerSources sources);
  // Stops as Stop() does.
  ~Anchorer();
  Anchorer(const Anchorer&) = delete;
  Anchorer& operator=(const Anchorer&) = delete;

  void Start();
  // Ends the threads once the calls that are under way have answered: at most one of a backend, of
  // the sources and of the store each. Idempotent.
  void Stop();

  // Without Start: one thing at a time, by the caller's thread. Each answers the steady time of the
  // next thing to do.
  absl::StatusOr<uint64_t> StepRounds();
  absl::StatusOr<uint64_t> StepAnchor(size_t number);

  absl::Status health() const;
  // What is known, the subscription to it, and the store behind it.
  Book& book() { return *book_; }
  std::vector<AnchorStatus> GetStatus() const;
  // Of a configured anchor; empty for another, and when there is no such place.
  std::string Link(const std::string& anchor, const std::string& native) const;

 private:
  struct Worker {
    AnchorSource source;
    std::unique_ptr<Courier> courier;
    std::thread thread;
  };

  Anchorer(const Clock& clock, const AnchorerOptions& options, AnchorerSources sources,
           std::unique_ptr<Book> book);

  void Run(const std::function<absl::StatusOr<uint64_t>()>& step);
  uint64_t FirstRoundAt() const;
  absl::Status MakeRound();
  bool IsBehind(const Published& published) const;
  absl::Status NothingPublished(const std::string& why);
  absl::Status Keep(Round round);

  const Clock& clock_;
  const AnchorerOptions options_;
  const AnchorerSources sources_;
  const std::unique_ptr<Book> book_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::thread rounds_;
  uint64_t next_round_ms_ = 0;  // Steady.
  bool lagging_ = false;        // When last looked at: more in the log than is published.
  std::mutex random_mutex_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  uint64_t frozen_ = 0;  // Counts rounds, to wake the couriers.
  absl::Status damage_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_ANCHORER_H_
