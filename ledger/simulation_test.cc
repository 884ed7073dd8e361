// Drives the commit path step by step from one seed, with failures and crashes at any step, and
// checks after each that the log kept its word.
//
// CAIRN_SEED=n replays one round; CAIRN_LONG=1 runs twenty times as many.

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "ledger/reader.h"
#include "ledger/testing/commit_path.h"
#include "ledger/testing/fixtures.h"
#include "ledger/testing/memory_store.h"
#include "merkle/edge.h"
#include "merkle/verify.h"

namespace cairn::ledger {
namespace {

constexpr int kRounds = 60;
constexpr int kSteps = 400;

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : random_(seed) {}

  void Run() {
    Restart();
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE(testing::Message() << "step " << step);
      Step();
      CheckAcknowledged();
    }
  }

 private:
  // A commit on its way, with what was submitted in it.
  struct OnItsWay {
    Prepared prepared;
    std::vector<std::vector<Submission>> batches;
    bool written = false;
  };

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  void Step() {
    switch (Below(10)) {
      case 0:
      case 1:
      case 2:
        return SubmitSome();
      case 3:
      case 4:
        return Write();
      case 5:
      case 6:
        return Publish();
      case 7:
        return Ingest();
      case 8:
        return OneIn(4) ? Restart() : Read();
      default:
        return TurnClock();
    }
  }

  entry::Statement RandomStatement() {
    entry::Statement statement = MakeStatement(Below(60), OneIn(3) ? "other" : "acme");
    if (OneIn(3)) statement.policy_status = entry::PolicyStatus::kFail;
    if (OneIn(3)) statement.supersedes = LeafIndex(Below(40));
    return statement;
  }

  void SubmitSome() {
    // Depth 2: one prepared and one being written.
    if (std::count_if(way_.begin(), way_.end(), [](const auto& c) { return !c.written; }) >= 2) {
      return;
    }
    OnItsWay commit;
    commit.batches.resize(1 + Below(3));
    for (auto& batch : commit.batches) {
      for (uint64_t n = 1 + Below(OneIn(20) ? 300 : 4); n > 0; --n) {
        // The larger batches are of new statements, so that tiles fill up.
        batch.push_back(n > 4 ? Submit(MakeStatement(1000 + next_new_++))
                              : Submit(RandomStatement()));
      }
    }
    absl::StatusOr<Prepared> prepared = path_->Prepare(commit.batches);
    if (absl::IsFailedPrecondition(prepared.status())) return;  // The wall clock ran ahead.
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    commit.prepared = *std::move(prepared);
    way_.push_back(std::move(commit));
  }

  void Write() {
    const auto next =
        std::find_if(way_.begin(), way_.end(), [](const auto& c) { return !c.written; });
    if (next == way_.end()) return;
    if (next->prepared.tree.has_value() && OneIn(12)) {
      store_.FailWrite(static_cast<Failure>(Below(3)));
      EXPECT_FALSE(path_->Write(next->prepared).ok());
      return Restart();
    }
    const absl::Status written = path_->Write(next->prepared);
    ASSERT_TRUE(written.ok()) << written;
    next->written = true;
  }

  void Publish() {
    if (way_.empty() || !way_.front().written) return;
    OnItsWay commit = std::move(way_.front());
    way_.pop_front();
    std::vector<Answer> answers = std::move(commit.prepared.answers);
    if (commit.prepared.tree.has_value() && OneIn(12)) {
      store_.FailRecord();
      EXPECT_FALSE(path_->Publish(std::move(commit.prepared)).ok());
      return Restart();
    }
    const auto view = path_->Publish(std::move(commit.prepared));
    ASSERT_TRUE(view.ok()) << view.status();
    SeeCheckpoint(**view);
    if (OneIn(12)) return Restart();  // Signed, and nobody was told.
    for (size_t b = 0; b < answers.size(); ++b) {
      for (size_t i = 0; i < answers[b].items.size(); ++i) {
        Acknowledge(**view, commit.batches[b][i], answers[b].items[i]);
      }
    }
  }

  void Ingest() {
    if (OneIn(12)) store_.FailIngest();  // The next time that there is something to ingest.
    if (!path_->Ingest().ok()) Restart();
  }

  void TurnClock() {
    if (OneIn(3)) {
      clock_.wall_ms += Below(40'000);
    } else if (OneIn(2)) {
      clock_.wall_ms -= Below(40'000);
    } else {
      clock_.Advance(Below(10'000));
    }
  }

  // Kills the process, or the machine, wherever it stands, and opens the log again.
  void Restart() {
    way_.clear();
    path_.reset();
    store_.Crash(/*power_failed=*/OneIn(3));
    auto path = CommitPath::Open(&store_, &clock_, 1 + Below(60));
    ASSERT_TRUE(path.ok()) << path.status();
    path_ = *std::move(path);
    SeeCheckpoint(*path_->Newest());
  }

  // Every checkpoint ever signed is of one growing list of leaves.
  void SeeCheckpoint(const View& view) {
    const note::Checkpoint checkpoint = OpenCheckpoint(view.checkpoint);
    const uint64_t size = checkpoint.size.value();
    ASSERT_GE(size, leaves_.size()) << "a smaller tree was signed";
    EXPECT_GE(view.state.last_accepted_at_ms, last_accepted_at_ms_) << "time went back";
    last_accepted_at_ms_ = view.state.last_accepted_at_ms;
    const auto entries = store_.ReadEntries(LeafIndex(0), LeafIndex(size));
    ASSERT_TRUE(entries.ok()) << "a tree was signed that is not stored: " << entries.status();
    for (uint64_t i = 0; i < size; ++i) {
      const Hash leaf = merkle::HashLeaf((*entries)[i]);
      if (i >= leaves_.size()) {
        leaves_.push_back(leaf);
        model_.Append({&leaf, 1});
      }
      ASSERT_EQ(leaves_[i], leaf) << "leaf " << i << " was signed twice, differently";
    }
    EXPECT_EQ(checkpoint.root, model_.root());
    checkpoints_[size] = checkpoint.root;
  }

  // All but time and signature.
  static std::string Identity(const Submission& submission) {
    entry::Entry entry{.body = submission.body};
    if (auto* statement = std::get_if<entry::SignedStatement>(&entry.body)) {
      statement->signature = std::monostate();
    }
    return entry::Encode(entry).value();
  }

  void Acknowledge(const View& view, const Submission& submission, const ItemResult& item) {
    if (!item.status.ok()) return;
    ASSERT_TRUE(view.size().contains(item.index)) << "an answer beyond the signed tree";
    const auto [known, fresh] = acknowledged_.emplace(Identity(submission), item.index);
    EXPECT_EQ(known->second, item.index) << "one statement, two entries";
    EXPECT_TRUE(fresh || item.duplicate);
    const auto entries = store_.ReadEntries(item.index, LeafIndex(item.index.value() + 1));
    ASSERT_TRUE(entries.ok()) << entries.status();
    const absl::StatusOr<entry::Entry> decoded = entry::Decode(entries->front());
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->body, submission.body);
    bytes_.emplace(item.index, entries->front());
  }

  void CheckAcknowledged() {
    if (bytes_.empty()) return;
    const auto entries =
        store_.ReadEntries(LeafIndex(0), LeafIndex(bytes_.rbegin()->first.value() + 1));
    ASSERT_TRUE(entries.ok()) << "acknowledged entries are gone: " << entries.status();
    for (const auto& [index, bytes] : bytes_) {
      ASSERT_EQ((*entries)[index.value()], bytes) << "entry " << index.value() << " changed";
    }
  }

  // Proofs to any checkpoint ever handed out verify under it.
  void Read() {
    const std::shared_ptr<const View> view = path_->Newest();
    if (view->size().value() == 0) return;
    const auto old = std::next(checkpoints_.begin(), Below(checkpoints_.size()));
    if (old->first == 0) return;
    const TreeSize old_size(old->first);
    const Reader reader(&store_, &path_->index());
    const auto consistency = reader.ConsistencyProof(*view, old_size, view->size());
    ASSERT_TRUE(consistency.ok()) << consistency.status();
    EXPECT_TRUE(merkle::VerifyConsistency(old_size, view->size(), old->second, view->state.root,
                                          *consistency)
                    .ok());
    const LeafIndex index(Below(old->first));
    const auto proven = reader.Prove(*view, index, old_size);
    ASSERT_TRUE(proven.ok()) << proven.status();
    EXPECT_TRUE(
        merkle::VerifyInclusion(index, old_size, leaves_[index.value()], proven->proof, old->second)
            .ok());
  }

  std::mt19937_64 random_;
  MemoryStore store_{TestIdentity()};
  ManualClock clock_;
  std::unique_ptr<CommitPath> path_;
  std::deque<OnItsWay> way_;
  uint64_t next_new_ = 0;

  // What was ever signed: leaves, their tree, and the checkpoints by size.
  std::vector<Hash> leaves_;
  merkle::Edge model_;
  std::map<uint64_t, Hash> checkpoints_;
  uint64_t last_accepted_at_ms_ = 0;
  // What was ever acknowledged.
  std::map<std::string, LeafIndex> acknowledged_;
  std::map<LeafIndex, std::string> bytes_;
};

TEST(Simulation, KeepsItsWordThroughFailuresAndCrashes) {
  uint64_t first = 1;
  uint64_t rounds = kRounds;
  const char* const long_run = std::getenv("CAIRN_LONG");
  if (long_run != nullptr && std::string(long_run) == "1") rounds *= 20;
  if (const char* const seed = std::getenv("CAIRN_SEED")) {
    first = std::stoull(seed);
    rounds = 1;
  }
  for (uint64_t seed = first; seed < first + rounds; ++seed) {
    SCOPED_TRACE(testing::Message() << "replay with CAIRN_SEED=" << seed);
    Simulation(seed).Run();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace cairn::ledger
