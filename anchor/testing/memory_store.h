// The anchors' store in memory, which can die at a chosen write: before anything of it is kept, or
// after all of it is.

#ifndef CAIRN_ANCHOR_TESTING_MEMORY_STORE_H_
#define CAIRN_ANCHOR_TESTING_MEMORY_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "anchor/store.h"

namespace cairn::anchor {

class MemoryStore final : public Store {
 public:
  enum class Death { kNone, kBefore, kAfter };

  // The write after `writes` further ones answers kUnavailable, and so does every later one until
  // Revive.
  void DieAt(uint64_t writes, Death death) {
    const std::lock_guard lock(mutex_);
    until_death_ = writes;
    death_ = death;
  }
  void Revive() {
    const std::lock_guard lock(mutex_);
    death_ = Death::kNone;
    dead_ = false;
  }
  bool dead() {
    const std::lock_guard lock(mutex_);
    return dead_;
  }

  absl::Status Write(const Change& change) override {
    const std::lock_guard lock(mutex_);
    if (dead_) return absl::UnavailableError("the disk is gone");
    if (death_ != Death::kNone && until_death_-- == 0) {
      dead_ = true;
      if (death_ == Death::kAfter) Keep(change);
      return absl::UnavailableError("the disk went away");
    }
    Keep(change);
    return absl::OkStatus();
  }

  absl::Status ReadRounds(const std::function<absl::Status(const RoundHead&)>& each) override {
    for (const auto& [number, round] : Copy(rounds_)) {
      if (absl::Status taken = each(round.head); !taken.ok()) return taken;
    }
    return absl::OkStatus();
  }
  absl::Status ReadReceipts(const std::function<absl::Status(const ReceiptHead&)>& each) override {
    for (const auto& [place, head] : Copy(heads_)) {
      if (absl::Status taken = each(head); !taken.ok()) return taken;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<RuleVersion>> ReadRules() override { return Values(Copy(rules_)); }
  absl::StatusOr<std::vector<Gap>> ReadGaps() override { return Values(Copy(gaps_)); }
  absl::StatusOr<std::vector<Spent>> ReadSpent() override { return Values(Copy(spent_)); }
  absl::StatusOr<uint64_t> LastSequence() override {
    const std::lock_guard lock(mutex_);
    return events_.size();
  }

  absl::StatusOr<Round> ReadRound(uint64_t number) override { return Find(rounds_, number); }
  absl::StatusOr<std::vector<ReceiptHead>> ReadReceiptsOf(uint64_t round) override {
    std::vector<ReceiptHead> heads;
    for (const auto& [place, head] : Copy(heads_)) {
      if (place.first == round) heads.push_back(head);
    }
    return heads;
  }
  absl::StatusOr<ReceiptHead> ReadReceipt(uint64_t round, absl::string_view anchor) override {
    return Find(heads_, Place(round, anchor));
  }
  absl::StatusOr<ReceiptBytes> ReadBytes(uint64_t round, absl::string_view anchor) override {
    return Find(bytes_, Place(round, anchor));
  }
  absl::StatusOr<std::vector<Event>> ReadEvents(uint64_t from, size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::vector<Event> events;
    for (auto at = events_.lower_bound(from); at != events_.end() && events.size() < limit; ++at) {
      events.push_back(at->second);
    }
    return events;
  }

 private:
  using Place = std::pair<uint64_t, std::string>;

  void Keep(const Change& change) {
    if (change.round) rounds_[change.round->head.number] = *change.round;
    if (change.rule) rules_[change.rule->version] = *change.rule;
    if (change.gap) gaps_[change.gap->number] = *change.gap;
    if (change.spent) spent_[change.spent->anchor] = *change.spent;
    if (change.receipt) {
      const Place place(change.receipt->head.round, change.receipt->head.anchor);
      heads_[place] = change.receipt->head;
      if (change.receipt->bytes) bytes_[place] = *change.receipt->bytes;
    }
    for (const Event& event : change.events) events_[event.sequence] = event;
  }
  template <typename Map>
  Map Copy(const Map& map) {
    const std::lock_guard lock(mutex_);
    return map;
  }
  template <typename Map>
  static std::vector<typename Map::mapped_type> Values(const Map& map) {
    std::vector<typename Map::mapped_type> values;
    for (const auto& [key, value] : map) values.push_back(value);
    return values;
  }
  template <typename Map>
  absl::StatusOr<typename Map::mapped_type> Find(const Map& map,
                                                 const typename Map::key_type& key) {
    const std::lock_guard lock(mutex_);
    const auto at = map.find(key);
    if (at == map.end()) return absl::NotFoundError("not in the store");
    return at->second;
  }

  std::mutex mutex_;
  std::map<uint64_t, Round> rounds_;
  std::map<uint32_t, RuleVersion> rules_;
  std::map<Place, ReceiptHead> heads_;
  std::map<Place, ReceiptBytes> bytes_;
  std::map<uint64_t, Gap> gaps_;
  std::map<std::string, Spent> spent_;
  std::map<uint64_t, Event> events_;
  uint64_t until_death_ = 0;
  Death death_ = Death::kNone;
  bool dead_ = false;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_TESTING_MEMORY_STORE_H_
