// A log that only counts, its anchorer over a store in memory, and the systems outside: what tests
// of anchoring are made of. Time goes when the test says so; a crash is Reopen.

#ifndef CAIRN_ANCHOR_TESTING_ANCHORED_LOG_H_
#define CAIRN_ANCHOR_TESTING_ANCHORED_LOG_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/anchorer.h"
#include "anchor/testing/fake_system.h"
#include "anchor/testing/manual_clock.h"
#include "anchor/testing/memory_store.h"
#include "merkle/naive_tree.h"

namespace cairn::anchor {

class AnchoredLog {
 public:
  static constexpr uint64_t kMaxEntries = 3000;

  explicit AnchoredLog(const std::vector<std::string>& names, uint64_t seed = 1) : random(seed) {
    options.interval_ms = 3'600'000;
    options.rule = {.form = RuleForm::kAll, .log_operator = "the log"};
    for (const std::string& name : names) {
      systems.push_back(std::make_unique<FakeSystem>(name, store));
      anchors.push_back({.name = name});
      options.rule.anchors.push_back({name, "someone else"});
    }
  }

  absl::Status Reopen() {
    anchorer.reset();
    store.Revive();
    std::vector<AnchorSource> sources;
    for (size_t i = 0; i < systems.size(); ++i) {
      sources.push_back({anchors[i], std::make_unique<FakeBackend>(*systems[i])});
    }
    auto opened = Anchorer::Open(store, clock, options, std::move(sources), Sources());
    if (!opened.ok()) return opened.status();
    anchorer = *std::move(opened);
    return absl::OkStatus();
  }

  void Grow(uint64_t entries) {
    const std::lock_guard lock(mutex);
    integrated = std::min(integrated + entries, kMaxEntries);
  }
  void Publish() {
    const std::lock_guard lock(mutex);
    published = integrated;
  }
  void GrowAndPublish(uint64_t entries) {
    Grow(entries);
    Publish();
  }

  // Everything that is due now, one thing at a time; the store's error if it dies.
  absl::Status RunDue() {
    const uint64_t now = clock.SteadyMs();
    for (bool more = true; more;) {
      more = false;
      absl::StatusOr<uint64_t> next = anchorer->StepRounds();
      for (size_t i = 0; next.ok() && i < systems.size(); ++i) {
        next = anchorer->StepAnchor(i);
        if (next.ok() && *next <= now) more = true;
      }
      if (!next.ok()) return next.status();
    }
    return absl::OkStatus();
  }
  absl::Status RunFor(uint64_t ms, uint64_t step_ms = 5'000) {
    for (uint64_t gone = 0; gone < ms; gone += step_ms) {
      if (absl::Status run = RunDue(); !run.ok()) return run;
      clock.Advance(step_ms);
    }
    return RunDue();
  }

  EntryState StateOf(uint64_t index) { return anchorer->book().StateOf(LeafIndex(index)); }
  std::vector<Event> Events() { return *store.ReadEvents(0, 1'000'000); }
  std::vector<Gap> Gaps() { return *store.ReadGaps(); }

  Published NewestPublished() {
    const std::lock_guard lock(mutex);
    return {.note = absl::StrCat("note over ", published, "\n"),
            .size = TreeSize(published),
            .root = published == 0 ? merkle::EmptyRoot() : tree.Mth(0, published),
            .witnessed = true,
            .integrated = TreeSize(integrated)};
  }

  MemoryStore store;
  ManualClock clock;
  std::vector<std::unique_ptr<FakeSystem>> systems;
  std::vector<AnchorOptions> anchors;
  AnchorerOptions options;
  bool logs_receipts = false;
  Heard heard = nullptr;
  std::function<absl::StatusOr<Published>()> publish = [this] { return NewestPublished(); };
  std::vector<AcceptedReceipt> logged;
  std::vector<std::pair<uint64_t, LeafIndex>> logged_at;  // When, and where.
  // Asked before an entry about a receipt is appended.
  std::function<absl::Status()> before_log = [] { return absl::OkStatus(); };

  std::mutex mutex;  // Of what follows, and of what is logged.
  merkle::NaiveTree tree{kMaxEntries};
  uint64_t integrated = 0, published = 0;
  std::mt19937_64 random;

  std::unique_ptr<Anchorer> anchorer;

 private:
  absl::StatusOr<LeafIndex> Append(const AcceptedReceipt& receipt) {
    if (absl::Status ready = before_log(); !ready.ok()) return ready;
    const std::lock_guard lock(mutex);
    logged.push_back(receipt);
    logged_at.emplace_back(clock.WallMs(), LeafIndex(integrated));
    return LeafIndex(integrated++);
  }
  absl::StatusOr<std::optional<LeafIndex>> Find(const AcceptedReceipt& receipt, uint64_t since_ms) {
    const std::lock_guard lock(mutex);
    for (size_t i = 0; i < logged.size(); ++i) {
      const bool same = logged[i].receipt_hash == receipt.receipt_hash &&
                        logged[i].size == receipt.size && logged[i].anchor == receipt.anchor;
      if (same && logged_at[i].first >= since_ms) return logged_at[i].second;
    }
    return std::nullopt;
  }
  AnchorerSources Sources() {
    AnchorerSources sources;
    sources.published = [this] { return publish(); };
    sources.heard = heard;
    sources.prover = [this](TreeSize old_size, TreeSize new_size) {
      const std::lock_guard lock(mutex);
      return absl::StatusOr<merkle::Proof>(tree.Consistency(old_size.value(), new_size.value()));
    };
    sources.random = [this] {
      const std::lock_guard lock(mutex);
      return static_cast<double>(random() >> 11) / static_cast<double>(uint64_t{1} << 53);
    };
    if (logs_receipts) {
      sources.receipt_log = {
          .append = [this](const AcceptedReceipt& receipt) { return Append(receipt); },
          .find = [this](const AcceptedReceipt& receipt,
                         uint64_t since_ms) { return Find(receipt, since_ms); }};
    }
    return sources;
  }
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_TESTING_ANCHORED_LOG_H_
