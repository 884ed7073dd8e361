// Anchoring under systems that fail, answer late, twice and wrongly, forget and reorganise, and
// under kills before and after every write. One thread, seeded; a failure prints the seed.
//
// After each step: receipts moved along their arrows only, events count up without a gap, and
// nothing was sent that was not durable. At the end: no crash cost more than one request, and who
// followed the state of an entry over all the kills was told what the events say, once.

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/state_history.h"
#include "anchor/testing/anchored_log.h"
#include "gtest/gtest.h"

namespace cairn::anchor {
namespace {

using enum ReceiptState;
using Random = std::mt19937_64;

constexpr uint64_t kMinute = 60'000, kHour = 60 * kMinute;

uint64_t Below(Random& random, uint64_t bound) { return random() % bound; }

// Reads the history as a watcher does, and holds it to the rules.
class Watcher {
 public:
  void Follow(AnchoredLog& log) {
    const auto events = log.store.ReadEvents(seen_ + 1, 1'000'000);
    ASSERT_TRUE(events.ok());
    for (const Event& event : *events) {
      ASSERT_EQ(event.sequence, ++seen_);
      const bool moved = event.kind == EventKind::kReceiptMoved;
      if (!moved && event.kind != EventKind::kReceiptChanged) continue;
      Known& known = receipts_[{event.number, event.anchor}];
      if (!known.state) {
        ASSERT_FALSE(event.from.has_value());
        ASSERT_EQ(event.to, kPrepared);
      } else {
        ASSERT_EQ(event.from, known.state);
        if (moved) {
          ASSERT_TRUE(MayMove(*event.from, *event.to))
              << StateName(*event.from) << " -> " << StateName(*event.to);
          ++arrows[{*event.from, *event.to}];
        } else {
          ASSERT_EQ(event.from, event.to);
        }
      }
      known.was_final = known.was_final || event.from == kFinal;
      ASSERT_GE(event.was_final, known.was_final && event.to != kFinal);
      known.state = event.to;
    }
    for (const auto& system : log.systems) {
      ASSERT_TRUE(system->violations().empty()) << system->violations().front();
    }
  }

  static inline std::map<std::pair<ReceiptState, ReceiptState>, int> arrows;

 private:
  struct Known {
    std::optional<ReceiptState> state;
    bool was_final = false;
  };
  uint64_t seen_ = 0;
  std::map<std::pair<uint64_t, std::string>, Known> receipts_;
};

// What the store holds and what was looked up in memory are one.
void ExpectStatesAsStored(AnchoredLog& log) {
  States states;
  ASSERT_TRUE(
      log.store.ReadRounds([&](const RoundHead& round) { return states.AddRound(round); }).ok());
  const auto rules = log.store.ReadRules();
  ASSERT_TRUE(rules.ok());
  for (const RuleVersion& rule : *rules) ASSERT_TRUE(states.AddRule(rule).ok());
  ASSERT_TRUE(log.store
                  .ReadReceipts([&](const ReceiptHead& head) {
                    return states.SetReceipt(head.round, head.anchor, head.state, head.was_final);
                  })
                  .ok());
  for (uint64_t i = 0; i < log.integrated + 2; ++i) {
    ASSERT_EQ(log.StateOf(i), states.Of(LeafIndex(i))) << "index " << i;
  }
}

// Watches an entry's state, and goes on after each kill where it was.
class Follower {
 public:
  explicit Follower(LeafIndex index, std::optional<uint64_t> after = std::nullopt)
      : index_(index), after_(after) {}

  void Follow(AnchoredLog& log, size_t page_events) {
    if (!history_) {
      auto opened = StateHistory::Open(log.anchorer->book(), {index_}, after_);
      ASSERT_TRUE(opened.ok()) << opened.status();
      history_.emplace(*std::move(opened));
    }
    while (true) {
      const auto page = history_->Read(page_events);
      ASSERT_TRUE(page.ok()) << page.status();
      for (const StateChange& change : page->changes) told_.push_back(change);
      ASSERT_GE(page->sequence, after_.value_or(0));
      after_ = page->sequence;
      if (page->at_end) return;
    }
  }
  // The book is gone.
  void Kill() { history_.reset(); }

  // From the first round over the entry on: before, it depends on when one begins to watch which
  // versions of the rule one sees.
  std::vector<StateChange> told() const {
    std::vector<StateChange> told = told_;
    std::erase_if(told, [](const StateChange& change) { return !change.first_round; });
    return told;
  }

 private:
  const LeafIndex index_;
  std::optional<uint64_t> after_;
  std::optional<StateHistory> history_;
  std::vector<StateChange> told_;
};

// Likewise, by looking at everything after each event.
std::vector<StateChange> ChangesOf(AnchoredLog& log, LeafIndex index) {
  std::vector<StateChange> changes;
  States states;
  StateChange last{.index = index};
  for (const Event& event : log.Events()) {
    absl::Status taken;
    if (event.kind == EventKind::kRuleChanged) {
      taken = states.AddRule((*log.store.ReadRules())[event.number - 1]);
    } else if (event.kind == EventKind::kRoundFrozen) {
      taken = states.AddRound(log.store.ReadRound(event.number)->head);
    } else if (event.kind == EventKind::kReceiptMoved) {
      taken = states.SetReceipt(event.number, event.anchor, *event.to, event.was_final);
    }
    EXPECT_TRUE(taken.ok()) << taken;
    const StateChange now{.sequence = event.sequence,
                          .at_ms = event.at_ms,
                          .index = index,
                          .state = states.Of(index),
                          .first_round = states.FirstRoundOver(index)};
    if (now.state == last.state && now.first_round == last.first_round) continue;
    if (now.first_round) changes.push_back(now);
    last = now;
  }
  return changes;
}

uint64_t ExtraRequests(AnchoredLog& log) {
  uint64_t extra = 0;
  EXPECT_TRUE(log.store
                  .ReadReceipts([&extra](const ReceiptHead& head) {
                    extra += head.extra_requests;
                    return absl::OkStatus();
                  })
                  .ok());
  return extra;
}

int Superfluous(const AnchoredLog& log) {
  int sum = 0;
  for (const auto& system : log.systems) sum += system->superfluous();
  return sum;
}

absl::Status AnyError(Random& random) {
  static const std::vector<absl::Status>& errors = *new std::vector<absl::Status>{
      absl::UnavailableError("down"),          absl::DeadlineExceededError("late"),
      absl::ResourceExhaustedError("busy"),    absl::InvalidArgumentError("wrong digest"),
      absl::PermissionDeniedError("stranger"), absl::InternalError("odd"),
      absl::NotFoundError("forgotten"),        absl::FailedPreconditionError("refused")};
  // The last two end a request: less often.
  return errors[Below(random, Below(random, 4) == 0 ? errors.size() : errors.size() - 2)];
}

FakeSystem::Behaviour Moody(Random& random, bool polled) {
  return [&random, polled](const Hash& digest, const FakeSystem::Job&) -> FakeSystem::Answer {
    const uint64_t dice = Below(random, 20);
    if (dice < 6) return AnyError(random);
    const std::string receipt = absl::StrCat("receipt ", Below(random, 3), " for ", digest.Hex());
    if (dice == 6) return Progress{.state = kAccepted};                      // No receipt.
    if (dice == 7) return Progress{.state = kPrepared, .receipt = receipt};  // No stage.
    if (dice == 8 && polled) return Progress{.state = kReorganised};
    const auto state = static_cast<ReceiptState>(2 + Below(random, 4));
    return Progress{.state = state,
                    .confirmations = Below(random, 7),
                    .receipt = state == kSubmitted ? "" : receipt,
                    .existed_by_s = state == kSubmitted ? std::nullopt
                                                        : std::optional<uint64_t>(1'800'000'000)};
  };
}

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : random_(seed), log_({"tsa", "btc", "evm"}, seed) {
    log_.options.rule.form = RuleForm::kSome;
    log_.options.rule.needed = 2;
    // Carried, and never counted.
    log_.options.rule.anchors.back().operated_by = log_.options.rule.log_operator;
    log_.logs_receipts = true;
    log_.before_log = [this] {
      return Below(random_, 5) == 0 ? absl::UnavailableError("full") : absl::OkStatus();
    };
    for (AnchorOptions& anchor : log_.anchors) anchor.max_open = 3;
    for (uint64_t i = 0; i < kFollowed; ++i) followers_.emplace_back(LeafIndex(i));
    for (const auto& system : log_.systems) {
      system->OnSubmit(Moody(random_, false));
      system->OnPoll(Moody(random_, true));
    }
  }

  void Run(int steps) {
    Open();
    for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
      if (!Step().ok()) {
        ++crashes;
        for (Follower& follower : followers_) follower.Kill();
        Open();
      }
      watcher_.Follow(log_);
      if (Below(random_, 64) > 0) continue;
      for (Follower& follower : followers_) follower.Follow(log_, 1 + Below(random_, 9));
    }
  }

  // With a sound disk and sound systems everything ends well.
  void Calm() {
    log_.before_log = [] { return absl::OkStatus(); };
    for (const auto& system : log_.systems) {
      system->OnSubmit(FakeSystem::FinalAtOnce);
      system->OnPoll(FakeSystem::FinalAtOnce);
    }
    for (Follower& follower : followers_) follower.Kill();
    ASSERT_TRUE(log_.Reopen().ok());
    log_.GrowAndPublish(kFollowed);
    const uint64_t last = log_.integrated - 1;
    ASSERT_TRUE(log_.RunFor(3 * kHour, kMinute).ok());
    watcher_.Follow(log_);
    for (uint64_t i = 0; i <= last; ++i) {
      ASSERT_EQ(log_.StateOf(i).state, ProofState::kVerified) << "index " << i;
    }
    ExpectStatesAsStored(log_);
    CheckFollowers();
    EXPECT_LE(Superfluous(log_), crashes);
    EXPECT_LE(ExtraRequests(log_), static_cast<uint64_t>(crashes));
    EXPECT_GE(ExtraRequests(log_), static_cast<uint64_t>(Superfluous(log_)));
  }

  int crashes = 0;
  int falls = 0;  // From verified, of the entries that were followed.
  AnchoredLog& log() { return log_; }

 private:
  static constexpr uint64_t kFollowed = 6;

  void CheckFollowers() {
    for (uint64_t i = 0; i < kFollowed; ++i) {
      const LeafIndex index(i);
      const std::vector<StateChange> expected = ChangesOf(log_, index);
      followers_[i].Kill();
      followers_[i].Follow(log_, 100);
      ASSERT_EQ(followers_[i].told(), expected) << "index " << i;
      ASSERT_EQ(expected.back().state, log_.StateOf(i));
      // Begun late, and after any of the changes.
      const size_t seen = Below(random_, expected.size());
      Follower late(index, expected[seen].sequence);
      late.Follow(log_, 1 + Below(random_, 200));
      ASSERT_EQ(late.told(), std::vector(expected.begin() + seen + 1, expected.end()));
      Follower all(index);
      all.Follow(log_, 1 + Below(random_, 200));
      ASSERT_EQ(all.told(), expected);
      for (size_t j = 1; j < expected.size(); ++j) {
        const bool was = expected[j - 1].state.state == ProofState::kVerified;
        falls += was && expected[j].state.state != ProofState::kVerified ? 1 : 0;
      }
    }
  }

  // A start can die too.
  void Open() {
    while (true) {
      log_.anchorer.reset();
      if (Below(random_, 8) == 0) log_.options.rule.needed = 1 + Below(random_, 2);
      const absl::Status opened = log_.Reopen();
      if (opened.ok()) break;
      ++crashes;
    }
    ExpectStatesAsStored(log_);
    log_.store.DieAt(Below(random_, 25), Below(random_, 2) == 0 ? MemoryStore::Death::kBefore
                                                                : MemoryStore::Death::kAfter);
  }

  absl::Status Step() {
    switch (Below(random_, 8)) {
      case 0:
        log_.Grow(Below(random_, 3));
        return absl::OkStatus();
      case 1:
        log_.Publish();
        return absl::OkStatus();
      case 2:
        log_.clock.Advance(Below(random_, 10) == 0 ? kHour : Below(random_, 2 * kMinute));
        // The wall clock is somebody else's.
        if (Below(random_, 50) == 0) log_.clock.SetWall(log_.clock.WallMs() - kMinute);
        return absl::OkStatus();
      case 3:
        return log_.anchorer->StepRounds().status();
      default:
        return log_.anchorer->StepAnchor(Below(random_, log_.systems.size())).status();
    }
  }

  Random random_;
  AnchoredLog log_;
  Watcher watcher_;
  std::vector<Follower> followers_;
};

TEST(AnchoringSimulation, KeepsItsPromisesUnderFaultsAndKills) {
  int crashes = 0, superfluous = 0, falls = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Simulation simulation(seed);
    simulation.Run(600);
    simulation.Calm();
    if (::testing::Test::HasFailure()) return;
    crashes += simulation.crashes;
    superfluous += Superfluous(simulation.log());
    falls += simulation.falls;
  }
  // It went everywhere: every arrow there is, many kills, some of them between sending and storing.
  EXPECT_GT(crashes, 200);
  EXPECT_GT(superfluous, 0);
  EXPECT_GT(falls, 0);
  int arrows = 0;
  for (int from = 1; from <= 7; ++from) {
    for (int to = 1; to <= 7; ++to) {
      const std::pair arrow(static_cast<ReceiptState>(from), static_cast<ReceiptState>(to));
      if (!MayMove(arrow.first, arrow.second)) continue;
      // Only who gives up fails what was never sent, or is gone.
      if (arrow.second == kFailed && (arrow.first == kPrepared || arrow.first == kReorganised)) {
        continue;
      }
      EXPECT_GT(Watcher::arrows[arrow], 0)
          << StateName(arrow.first) << " -> " << StateName(arrow.second);
      ++arrows;
    }
  }
  EXPECT_EQ(arrows, 13);
}

// One round with one anchor that takes its time, an error and a reorganisation included.
void OneRound(AnchoredLog& log) {
  log.logs_receipts = true;
  log.systems[0]->OnSubmit([](const Hash&, const FakeSystem::Job& job) -> FakeSystem::Answer {
    if (job.sent == 1) return absl::UnavailableError("down");
    return Progress{.state = kSubmitted, .receipt = "a promise"};
  });
  log.systems[0]->OnPoll([](const Hash& digest, const FakeSystem::Job& job) -> FakeSystem::Answer {
    if (job.polls == 1) return Progress{.state = kAccepted, .receipt = "a receipt"};
    if (job.polls == 2) return Progress{.state = kReorganised};
    return FakeSystem::FinalAtOnce(digest, job);
  });
  log.GrowAndPublish(10);
}

TEST(AnchoringKilledAtEveryWrite, GoesOnSendsAtMostOneRequestMoreAndLogsNothingTwice) {
  int at_every = 0;
  for (const auto death : {MemoryStore::Death::kBefore, MemoryStore::Death::kAfter}) {
    for (uint64_t write = 0;; ++write) {
      SCOPED_TRACE(absl::StrCat(
          "killed ", death == MemoryStore::Death::kBefore ? "before" : "after", " write ", write));
      AnchoredLog log({"btc"});
      Watcher watcher;
      OneRound(log);
      ASSERT_TRUE(log.Reopen().ok());
      log.store.DieAt(write, death);
      const bool killed = !log.RunFor(kHour / 2).ok();
      watcher.Follow(log);
      ASSERT_TRUE(log.Reopen().ok());
      ASSERT_TRUE(log.RunFor(kHour / 2).ok());
      watcher.Follow(log);
      EXPECT_EQ(log.StateOf(0).state, ProofState::kVerified);
      EXPECT_EQ(log.systems[0]->jobs().size(), 1u) << "always the same bytes";
      // Accepted before the reorganisation, which a kill may hide, and after it.
      std::set<std::string> logged;
      for (const AcceptedReceipt& receipt : log.logged) {
        EXPECT_TRUE(logged.insert(receipt.receipt_hash.Hex()).second) << "logged twice";
      }
      EXPECT_LE(Superfluous(log), killed ? 1 : 0);
      const ReceiptHead head = *log.store.ReadReceipt(1, "btc");
      EXPECT_LE(head.extra_requests, killed ? 1u : 0u);
      // Refused, taken, sent again after the reorganisation; and what the kill cost. One that died
      // between the two is counted and was not sent.
      const int sent = log.systems[0]->sent(), attempts = static_cast<int>(head.attempts);
      EXPECT_LE(attempts, 3 + static_cast<int>(head.extra_requests));
      EXPECT_TRUE(sent == attempts || (killed && sent == attempts - 1)) << sent << ", " << attempts;
      if (::testing::Test::HasFailure()) return;
      if (!killed) break;
      ++at_every;
    }
  }
  EXPECT_GT(at_every, 20);
}

}  // namespace
}  // namespace cairn::anchor
