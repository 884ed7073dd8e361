// The one writer of the anchors' store, and what of it is held in memory: the rounds' sizes, the
// states, the open gaps, and the receipts that are not settled.
//
// Every change goes to the store first, synced, and into memory only then: what can be looked up is
// durable. After a write that failed nothing is written any more (it is unclear what of it is
// there); a new Book reads everything back. Errors: of Write the store's own, from then on for
// ever; kFailedPrecondition for what does not
//   follow what is there. Of Open the store's, and kDataLoss for a store that contradicts itself.
// Threads: all calls from any.
// Ownership: the store and the clock outlive the book.

#ifndef CAIRN_ANCHOR_BOOK_H_
#define CAIRN_ANCHOR_BOOK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/clock.h"
#include "anchor/states.h"
#include "anchor/store.h"

namespace cairn::anchor {

// What one anchor goes on with after a start.
struct Unsettled {
  // Not given up; and not final, or final but without an entry in the log where that is wanted.
  std::vector<ReceiptHead> receipts = {};
  // The newest that are final, by round, rising; at most Book::kRemembered.
  std::vector<uint64_t> final_rounds = {};
  uint64_t last_round = 0;  // The highest with a receipt.
  Spent spent = {};
};

class Book {
 public:
  static constexpr size_t kRemembered = 64;
  // Called after each write, with the newest sequence number, and once when a write has failed, by
  // the thread that wrote; must not block, call the book's Listen, nor drop a handle of it.
  using Listener = std::function<void(uint64_t sequence)>;

  // `logs_receipts`: a final receipt without an entry in the log is not settled.
  static absl::StatusOr<std::unique_ptr<Book>> Open(Store& store, const Clock& clock,
                                                    bool logs_receipts);

  // Gives the events their sequence numbers and their time.
  absl::Status Write(Change change);
  // One gap at most is open for an anchor and a reason: opening it again, or closing what is not
  // open, does nothing.
  absl::Status OpenGap(const std::string& anchor, GapReason reason, uint64_t since_ms,
                       const std::string& detail);
  absl::Status CloseGap(const std::string& anchor, GapReason reason);
  // A new version when the newest is another rule; in force from the next round on.
  absl::Status AdoptRule(const Rule& rule);

  // Not OK once a write has failed.
  absl::Status status() const;
  EntryState StateOf(LeafIndex index) const;
  std::optional<uint64_t> FirstRoundOver(LeafIndex index) const;
  // The round whose receipts prove the most of the entry: BestRound, or else the first over it.
  std::optional<uint64_t> BestRoundOver(LeafIndex index) const;
  TreeSize Reached(ProofState state) const;
  std::optional<RoundHead> newest_round() const;
  // Of the entries since the newest round, how many are about receipts (entries of kind 3).
  uint64_t ReceiptEntriesBelow(TreeSize size) const;
  uint64_t last_sequence() const;
  std::optional<RuleVersion> rule() const;
  // Once for each anchor, at the start.
  Unsettled TakeUnsettled(const std::string& anchor);
  // The anchors with unsettled receipts that nobody took.
  std::vector<std::string> AnchorsLeftBehind() const;

  // The handle ends the subscription when it is destroyed, after which no call is running or will
  // come. It may outlive the book.
  std::shared_ptr<void> Listen(Listener listener);

  Store& store() { return store_; }

 private:
  struct Listeners {
    std::mutex mutex;
    uint64_t next_id = 0;
    std::map<uint64_t, Listener> list;
  };

  Book(Store& store, const Clock& clock, bool logs_receipts)
      : store_(store), clock_(clock), logs_receipts_(logs_receipts) {}

  absl::Status ReadBack();
  absl::Status TakeBack(const ReceiptHead& receipt);
  // Requires writing_.
  absl::Status WriteLocked(Change change);
  // Whether the change follows what is there. Requires writing_.
  absl::Status Check(const Change& change) const;
  // Requires writing_ and mutex_. Check has passed.
  void Apply(const Change& change);
  void Note(const ReceiptHead& receipt);

  Store& store_;
  const Clock& clock_;
  const bool logs_receipts_;

  // Held while the store writes; readers wait for memory only.
  std::mutex writing_;
  mutable std::shared_mutex mutex_;
  absl::Status status_;
  States states_;
  std::optional<RoundHead> newest_;
  absl::btree_set<uint64_t> receipt_entries_;  // Leaf indexes at or above newest_'s size.
  uint64_t sequence_ = 0;
  uint64_t gaps_ = 0;
  std::map<std::pair<std::string, GapReason>, Gap> open_gaps_;
  std::map<std::string, Unsettled> unsettled_;
  const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_BOOK_H_
