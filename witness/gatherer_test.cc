#include "witness/gatherer.h"

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/key.h"
#include "merkle/note/note.h"
#include "witness/cosign_client.h"

namespace cairn::witness {
namespace {

// A witness that cosigns whatever it is asked for, unless it is told to fail or to wait.
class Fake {
 public:
  explicit Fake(const std::string& name)
      : key_(*note::GenerateSignerKey(name, note::KeyType::kCosignature)) {}

  WitnessSource Source() {
    return {key_.verifier_key(), [this](const std::string& body) { return Answer(body); },
            [] { return absl::UnavailableError("shows nothing"); }};
  }
  void FailWith(unsigned status, const std::string& body = "no") {
    const std::lock_guard lock(mutex_);
    status_ = status;
    failure_ = body;
  }
  // Until the promise is kept.
  std::shared_ptr<std::promise<void>> Hold() {
    auto promise = std::make_shared<std::promise<void>>();
    const std::lock_guard lock(mutex_);
    held_ = promise->get_future().share();
    return promise;
  }
  int asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  absl::StatusOr<WitnessAnswer> Answer(const std::string& body) {
    unsigned status = 0;
    std::string failure;
    std::shared_future<void> held;
    {
      const std::lock_guard lock(mutex_);
      ++asked_;
      status = status_;
      failure = failure_;
      held = held_;
    }
    if (held.valid()) held.wait();
    if (status != 200) return WitnessAnswer{status, failure};
    const std::string note = body.substr(body.find("\n\n") + 2);
    const auto signature = note::Cosign(key_, 1, note::ParseNote(note)->text);
    return WitnessAnswer{
        200, *note::FormatSignatureLine({key_.name(), key_.verifier_key().id(), *signature})};
  }

  const note::SignerKey key_;
  std::mutex mutex_;
  unsigned status_ = 200;
  std::string failure_;
  std::shared_future<void> held_;
  int asked_ = 0;
};

Target At(uint64_t size) {
  return {.size = TreeSize(size), .note = absl::StrCat("text ", size, "\n\n— log AAAAAEFB\n")};
}

class GathererTest : public ::testing::Test {
 protected:
  void Begin() {
    gatherer_ = std::make_unique<Gatherer>(
        std::vector<WitnessSource>{a_.Source(), b_.Source(), c_.Source()},
        [](TreeSize, TreeSize) { return absl::StatusOr<merkle::Proof>(merkle::Proof()); }, options_,
        [this](size_t witness, const Target& target, const auto& cosigned) {
          const std::lock_guard lock(heard_mutex_);
          heard_.push_back({witness, target.size.value(), cosigned.ok()});
        });
  }
  static bool Two(const note::WitnessSet& set) { return set[0] + set[1] + set[2] >= 2; }
  static bool Never(const note::WitnessSet&) { return false; }

  // Far beyond what a test takes; those about a time shorten theirs.
  GathererOptions options_{.straggler_wait = std::chrono::seconds(60),
                           .round_deadline = std::chrono::seconds(60),
                           .first_pause = std::chrono::seconds(60)};
  struct HeardAnswer {
    size_t witness;
    uint64_t size;
    bool cosigned;
    bool operator==(const HeardAnswer&) const = default;
  };
  std::vector<HeardAnswer> heard() {
    const std::lock_guard lock(heard_mutex_);
    return heard_;
  }

  std::mutex heard_mutex_;
  std::vector<HeardAnswer> heard_;
  Fake a_{"a"}, b_{"b"}, c_{"c"};
  std::unique_ptr<Gatherer> gatherer_;
};

TEST_F(GathererTest, EndsWhenAllHaveAnswered) {
  Begin();
  for (uint64_t size = 1; size < 20; ++size) {
    const Round round = gatherer_->Gather(At(size), Never);
    EXPECT_EQ(CosignersOf(round), (note::WitnessSet{true, true, true}));
    EXPECT_EQ(round[0]->at_s, 1U);
    EXPECT_TRUE(
        note::ParseNote(absl::StrCat(At(size).note, round[0]->line, round[1]->line, round[2]->line))
            .ok());
  }
}

TEST_F(GathererTest, ASlowWitnessDelaysNobodyAndComesBack) {
  options_.straggler_wait = std::chrono::milliseconds(1);
  Begin();
  const auto held = c_.Hold();
  for (uint64_t size = 1; size < 5; ++size) {
    const Round round = gatherer_->Gather(At(size), Two);
    EXPECT_EQ(CosignersOf(round), (note::WitnessSet{true, true, false}));
    EXPECT_EQ(round[2].status().code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_EQ(c_.asked(), 1);
  held->set_value();
  // It may still be busy with the first of them.
  Round round;
  for (uint64_t size = 5; round.empty() || !round[2].ok(); ++size) {
    round = gatherer_->Gather(At(size), Two);
  }
}

TEST_F(GathererTest, TellsWhatIsAnsweredAlsoWhenItsRoundIsOver) {
  options_.straggler_wait = std::chrono::milliseconds(1);
  Begin();
  c_.FailWith(422);
  const auto held = c_.Hold();
  EXPECT_EQ(CosignersOf(gatherer_->Gather(At(3), Two)), (note::WitnessSet{true, true, false}));
  EXPECT_EQ(heard().size(), 2U);
  held->set_value();
  while (heard().size() < 3) std::this_thread::yield();
  EXPECT_EQ(heard()[2], (HeardAnswer{2, 3, false}));
}

TEST_F(GathererTest, WaitsALittleForStragglers) {
  Begin();
  const auto held = c_.Hold();
  auto result = std::async(std::launch::async, [this] { return gatherer_->Gather(At(1), Two); });
  held->set_value();
  EXPECT_EQ(CosignersOf(result.get()), (note::WitnessSet{true, true, true}));
}

TEST_F(GathererTest, ARoundEndsAtItsDeadline) {
  options_.round_deadline = std::chrono::milliseconds(50);
  Begin();
  const auto held_b = b_.Hold();
  const auto held_c = c_.Hold();
  EXPECT_EQ(CosignersOf(gatherer_->Gather(At(1), Two)), (note::WitnessSet{true, false, false}));
  held_b->set_value();
  held_c->set_value();
}

TEST_F(GathererTest, AWitnessThatFailsIsLeftInPeaceForATime) {
  c_.FailWith(403);
  Begin();
  for (uint64_t size = 1; size < 5; ++size) {
    const Round round = gatherer_->Gather(At(size), Never);
    EXPECT_EQ(CosignersOf(round), (note::WitnessSet{true, true, false}));
    EXPECT_EQ(round[2].status().code(), absl::StatusCode::kPermissionDenied);
  }
  EXPECT_EQ(c_.asked(), 1);
}

TEST_F(GathererTest, AWitnessThatRecoversIsAskedAgain) {
  options_.first_pause = options_.longest_pause = std::chrono::milliseconds(1);
  c_.FailWith(503);
  Begin();
  EXPECT_FALSE(gatherer_->Gather(At(1), Never)[2].ok());
  c_.FailWith(200);
  Round round;
  for (uint64_t size = 2; round.empty() || !round[2].ok(); ++size) {
    round = gatherer_->Gather(At(size), Never);
  }
}

TEST_F(GathererTest, AWitnessThatSaysThatItKnowsMoreIsAskedAgainWithoutARound) {
  options_.first_pause = options_.longest_pause = std::chrono::milliseconds(1);
  c_.FailWith(409, "90\n");
  Begin();
  EXPECT_EQ(gatherer_->Gather(At(7), Never)[2].status().code(), absl::StatusCode::kAborted);
  while (c_.asked() < 5) std::this_thread::yield();
  // Until it does not say so any more.
  c_.FailWith(200);
  while (heard().back() != HeardAnswer{2, 7, true}) std::this_thread::yield();
  EXPECT_EQ(a_.asked(), 1);
  EXPECT_EQ(CosignersOf(gatherer_->Gather(At(8), Never)), (note::WitnessSet{true, true, true}));
}

TEST_F(GathererTest, StopEndsARound) {
  Begin();
  const auto held = c_.Hold();
  auto result = std::async(std::launch::async, [this] { return gatherer_->Gather(At(1), Never); });
  while (c_.asked() == 0) std::this_thread::yield();
  auto stopped = std::async(std::launch::async, [this] { gatherer_->Stop(); });
  EXPECT_FALSE(result.get()[2].ok());
  held->set_value();
  stopped.get();
}

}  // namespace
}  // namespace cairn::witness
