// The states that entries went through, found again in the events: nothing of it is kept.
//
// Shape: each entry begins as pending; every further change names the event that made it. Events of
//   one write are looked at one after the other, so that what was anchored and verified by one
//   answer was both.
// Errors: of Open kOutOfRange for an `after` beyond the last event; the store's; kInternal once a
//   write of the book has failed and all before is told; kResourceExhausted for entries that
//   kMaxRounds rounds have not verified.
// Cost: reads every event since the first round over the first of the entries. Holds in memory the
//   rounds that were frozen until all of them were verified; where that was lost, those until then.
// Threads: one at a time. The book outlives it.

#ifndef CAIRN_ANCHOR_STATE_HISTORY_H_
#define CAIRN_ANCHOR_STATE_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/book.h"
#include "anchor/event.h"
#include "anchor/rule.h"
#include "anchor/states.h"
#include "merkle/types.h"

namespace cairn::anchor {

struct StateChange {
  // The event. 0 of the first state.
  uint64_t sequence = 0;
  uint64_t at_ms = 0;
  LeafIndex index = LeafIndex(0);
  EntryState state = {};
  // The first round whose tree has it.
  std::optional<uint64_t> first_round = std::nullopt;
  friend bool operator==(const StateChange&, const StateChange&) = default;
};

// Events from `begin` on, at most `limit`; none that the book does not know, as of a write that
// failed.
absl::StatusOr<std::vector<Event>> ReadDurable(Book& book, uint64_t begin, size_t limit);

class StateHistory {
 public:
  static constexpr size_t kMaxRounds = 16'384;

  // `after`: only what changed after that event. nullopt: from the first state on.
  static absl::StatusOr<StateHistory> Open(Book& book, const std::vector<LeafIndex>& indexes,
                                           std::optional<uint64_t> after);

  struct Page {
    std::vector<StateChange> changes = {};
    // The changes up to this event are told.
    uint64_t sequence = 0;
    // There is no further event yet.
    bool at_end = false;
  };
  // Looks at the next events, at most `max_events`.
  absl::StatusOr<Page> Read(size_t max_events);

 private:
  explicit StateHistory(Book& book) : book_(&book) {}

  // To the first event that matters.
  void Rewind();
  // False: the event shows that rounds which were left out matter.
  absl::StatusOr<bool> Take(const Event& event, std::vector<StateChange>& changes);
  absl::Status TakeRule(uint32_t version);
  absl::Status TakeRound(const Event& event);
  absl::Status TakeReceipt(const Event& event);
  bool Tell(const Event& event, StateChange& told, std::vector<StateChange>& changes);
  bool AllVerified() const;
  bool Counts(uint64_t round, const std::string& anchor) const;

  Book* book_;
  std::vector<StateChange> told_;  // Of each entry the last.
  std::vector<RuleVersion> rules_;
  size_t first_rules_ = 0;  // Adopted before begin_.
  uint64_t begin_ = 1;      // The first event that matters.
  uint64_t next_ = 1;
  uint64_t after_ = 0;
  bool first_states_ = false;  // Are still to be told.

  // From the first round over any of the entries on, until all of them are verified.
  std::optional<States> states_;
  size_t rounds_ = 0;  // In states_.
  // Whether later rounds were left out, and which of their receipts were final and are not.
  bool left_out_ = false;
  std::set<std::pair<uint64_t, std::string>> lost_;
  uint64_t keep_until_ = 0;  // No round up to this event is left out.
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_STATE_HISTORY_H_
