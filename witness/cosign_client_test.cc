#include "witness/cosign_client.h"

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "merkle/naive_tree.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/key.h"
#include "merkle/note/note.h"
#include "merkle/note/policy.h"
#include "witness/add_checkpoint.h"
#include "witness/cosigner.h"
#include "witness/http_status.h"
#include "witness/testing/memory_store.h"

namespace cairn::witness {
namespace {

constexpr uint64_t kNow = 1'700'000'000;
constexpr char kWitness[] = "witness.example/w";

class CosignClientTest : public ::testing::Test {
 protected:
  CosignClientTest() {
    log_ = NewLog("log.example/one");
    key_text_ = note::GenerateSignerKey(kWitness, note::KeyType::kCosignature)->FormatSecret();
    cosigner_ =
        *Cosigner::Open(Key(), &store_,
                        std::make_shared<const note::Policy>(*note::Policy::Parse(absl::StrCat(
                            "log ", log_->verifier_keys()[0].Format(), "\nquorum none\n"))),
                        {.now_s = [] { return kNow; }, .on_fatal = [](const absl::Status&) {}});
    client_ = NewClient();
  }
  static std::unique_ptr<note::CheckpointSigner> NewLog(const std::string& origin) {
    std::vector<note::SignerKey> keys;
    keys.push_back(*note::GenerateSignerKey(origin));
    return std::make_unique<note::CheckpointSigner>(
        *note::CheckpointSigner::Create(std::move(keys)));
  }
  note::SignerKey Key() const { return *note::SignerKey::Parse(key_text_); }
  std::unique_ptr<CosignClient> NewClient() {
    return std::make_unique<CosignClient>(
        Key().verifier_key(), [this](const std::string& body) { return Exchange(body); },
        [this] { return Latest(); },
        [this](TreeSize from, TreeSize to) {
          return absl::StatusOr<merkle::Proof>(tree_.Consistency(from.value(), to.value()));
        });
  }
  // The next of what is prepared, else what a real witness says.
  absl::StatusOr<WitnessAnswer> Exchange(const std::string& body) {
    ++asked_;
    if (!prepared_.empty()) {
      const auto next = std::move(prepared_.front());
      prepared_.pop_front();
      return next;
    }
    std::promise<AddResult> promise;
    cosigner_->Add(body, [&promise](AddResult result) { promise.set_value(std::move(result)); });
    const AddResult result = promise.get_future().get();
    if (result.status.ok()) return WitnessAnswer{200, result.cosignature};
    if (result.known_size)
      return WitnessAnswer{409, absl::StrCat(result.known_size->value(), "\n")};
    return WitnessAnswer{HttpStatusOf(result.status), std::string(result.status.message())};
  }
  absl::StatusOr<note::Checkpoint> Latest() {
    ++fetched_;
    if (!shown_.ok()) return shown_.status();
    return note::VerifyCheckpoint(*shown_, log_->verifier_keys()[0]);
  }
  Target At(uint64_t size) {
    return {.size = TreeSize(size),
            .note = *log_->Sign({.origin = log_->origin(),
                                 .size = TreeSize(size),
                                 .root = tree_.Mth(0, size),
                                 .extensions = {}})};
  }
  void ExpectCosigned(const absl::StatusOr<Cosigned>& cosigned, uint64_t size) {
    ASSERT_TRUE(cosigned.ok()) << cosigned.status();
    EXPECT_EQ(cosigned->at_s, kNow);
    const auto note = note::ParseNote(At(size).note + cosigned->line);
    ASSERT_TRUE(note.ok()) << note.status();
    EXPECT_TRUE(note::OpenNote(*note, {Key().verifier_key()}).ok());
  }
  void ExpectRefused(uint64_t size, absl::StatusCode code, absl::string_view reason) {
    const auto cosigned = client_->Ask(At(size));
    EXPECT_EQ(cosigned.status().code(), code) << cosigned.status();
    EXPECT_NE(cosigned.status().message().find(reason), absl::string_view::npos)
        << cosigned.status();
  }
  void Prepare(unsigned status, const std::string& body) {
    prepared_.emplace_back(WitnessAnswer{status, body});
  }

  merkle::NaiveTree tree_{100};
  std::unique_ptr<note::CheckpointSigner> log_;
  std::string key_text_;
  MemoryStore store_;
  std::unique_ptr<Cosigner> cosigner_;
  std::deque<absl::StatusOr<WitnessAnswer>> prepared_;
  int asked_ = 0;
  // At its monitoring path.
  absl::StatusOr<std::string> shown_ = absl::UnavailableError("the line is down");
  int fetched_ = 0;
  std::unique_ptr<CosignClient> client_;
};

TEST_F(CosignClientTest, AsksOnceForEachStepAndLearnsTheSizeAfterARestart) {
  ExpectCosigned(client_->Ask(At(3)), 3);
  ExpectCosigned(client_->Ask(At(70)), 70);
  ExpectCosigned(client_->Ask(At(70)), 70);
  EXPECT_EQ(asked_, 3);
  client_ = NewClient();
  ExpectCosigned(client_->Ask(At(100)), 100);
  EXPECT_EQ(asked_, 5);
}

TEST_F(CosignClientTest, GoesOnWhenSomebodyElseAskedMeanwhile) {
  ExpectCosigned(client_->Ask(At(3)), 3);
  ExpectCosigned(NewClient()->Ask(At(5)), 5);
  ExpectCosigned(client_->Ask(At(7)), 7);
}

TEST_F(CosignClientTest, TellsThatTheWitnessKnowsMoreThanWeHave) {
  ExpectCosigned(client_->Ask(At(70)), 70);
  client_ = NewClient();
  ExpectRefused(50, absl::StatusCode::kAborted, "a tree of 70 entries; ours has 50");
}

TEST_F(CosignClientTest, AsksForTheLargerTreeUntilItIsKnownWhoseItIs) {
  ExpectCosigned(client_->Ask(At(70)), 70);
  client_ = NewClient();
  ExpectRefused(50, absl::StatusCode::kAborted, "the line is down");
  ExpectRefused(50, absl::StatusCode::kAborted, "the line is down");
  shown_ = "no note\n";
  ExpectRefused(50, absl::StatusCode::kAborted, "shows no such tree");
  const std::string theirs = At(70).note;
  // By another key, and one that lags.
  shown_ = *NewLog(log_->origin())
                ->Sign({.origin = log_->origin(),
                        .size = TreeSize(70),
                        .root = tree_.Mth(0, 70),
                        .extensions = {}});
  ExpectRefused(50, absl::StatusCode::kAborted, "shows no such tree");
  shown_ = At(20).note;
  ExpectRefused(50, absl::StatusCode::kAborted, "one of 20, which ours continues");
  shown_ = At(50).note;
  ExpectRefused(50, absl::StatusCode::kAborted, "one of 50, which ours continues");
  EXPECT_EQ(fetched_, 6);
  shown_ = theirs;
  ExpectRefused(50, absl::StatusCode::kFailedPrecondition, "a tree of 70 entries that this log's");
}

TEST_F(CosignClientTest, ASmallerTreeThatOursDoesNotContinueIsAnotherHistory) {
  ExpectCosigned(client_->Ask(At(70)), 70);
  const std::string at_20 = At(20).note;
  const std::string at_50 = At(50).note;
  std::vector<Hash> leaves = tree_.leaves();
  leaves[3] = Hash();
  tree_ = merkle::NaiveTree(leaves);
  for (const std::string& shown : {at_20, at_50}) {
    client_ = NewClient();
    shown_ = shown;
    ExpectRefused(50, absl::StatusCode::kFailedPrecondition, "shows another tree of");
  }
}

TEST_F(CosignClientTest, A422ToAFirstCheckpointRefusesNoProof) {
  Prepare(422, "no");
  ExpectRefused(5, absl::StatusCode::kInvalidArgument, "refuses a first checkpoint");
}

TEST_F(CosignClientTest, TellsThatTheWitnessKnowsAnotherTree) {
  ExpectCosigned(client_->Ask(At(70)), 70);
  // Another history with the same key.
  std::vector<Hash> leaves = tree_.leaves();
  leaves[3] = Hash();
  tree_ = merkle::NaiveTree(leaves);
  ExpectRefused(80, absl::StatusCode::kFailedPrecondition, "422");
  ExpectRefused(70, absl::StatusCode::kFailedPrecondition, "422");
}

TEST_F(CosignClientTest, BelievesNothingButAVerifiedCosignatureOnThisNote) {
  const std::string text = note::ParseNote(At(5).note)->text;
  const auto line = [](const note::SignerKey& key, const std::string& signature) {
    return *note::FormatSignatureLine({key.name(), key.verifier_key().id(), signature});
  };
  const std::string good = line(Key(), *note::Cosign(Key(), kNow, text));
  const note::SignerKey other = *note::GenerateSignerKey(kWitness, note::KeyType::kCosignature);
  // What it signed before, or for somebody else.
  Prepare(200, line(Key(), *note::Cosign(Key(), kNow, note::ParseNote(At(4).note)->text)));
  ExpectRefused(5, absl::StatusCode::kInvalidArgument, "does not verify");
  Prepare(200, line(Key(), *note::Cosign(Key(), 0, text)));
  ExpectRefused(5, absl::StatusCode::kInvalidArgument, "claims no time");
  Prepare(200, line(other, *note::Cosign(other, kNow, text)));
  ExpectRefused(5, absl::StatusCode::kInvalidArgument, "without a cosignature by");
  for (const std::string& garbage :
       {std::string(), std::string("\n\n"), std::string("\xff\x00\x01", 3), At(5).note,
        std::string(60'000, '\n'), std::string("— witness.example/w \n")}) {
    Prepare(200, garbage);
    ExpectRefused(5, absl::StatusCode::kInvalidArgument, "without a cosignature by");
  }
  // Lines of others around it do no harm.
  Prepare(200, absl::StrCat("— unknown AAAAAEFB\nnonsense\n", good));
  ExpectCosigned(client_->Ask(At(5)), 5);
}

TEST_F(CosignClientTest, TellsApartWhatWitnessesAnswer) {
  for (const auto& [status, code] : std::vector<std::pair<unsigned, absl::StatusCode>>{
           {400, absl::StatusCode::kInvalidArgument},
           {302, absl::StatusCode::kInvalidArgument},
           {403, absl::StatusCode::kPermissionDenied},
           {404, absl::StatusCode::kNotFound},
           {429, absl::StatusCode::kResourceExhausted},
           {500, absl::StatusCode::kUnavailable},
           {503, absl::StatusCode::kUnavailable}}) {
    Prepare(status, "why\x1b[2J");
    ExpectRefused(5, code, absl::StrCat(status, ": why [2J"));
  }
  // omniwitness gives no reason; others end theirs with a newline.
  Prepare(422, "bad proof\n");
  Prepare(404, "");
  EXPECT_EQ(client_->Ask(At(5)).status().message(),
            "the witness refuses a first checkpoint: bad proof");
  EXPECT_EQ(client_->Ask(At(5)).status().message(), "the witness answers 404");
  prepared_.emplace_back(absl::DeadlineExceededError("late"));
  ExpectRefused(5, absl::StatusCode::kDeadlineExceeded, "late");
}

TEST_F(CosignClientTest, A409WithoutASizeIsNoSize) {
  for (const char* body : {"", "\n", "0x5\n", "05\n", "-1\n", "5 \n", "5\n\n",
                           "99999999999999999999", "the size is 5"}) {
    Prepare(409, body);
    ExpectRefused(5, absl::StatusCode::kInvalidArgument, "does not say which size");
  }
  Prepare(409, "0\n");
  ExpectRefused(5, absl::StatusCode::kInvalidArgument, "the size that it was asked with");
  ExpectCosigned(client_->Ask(At(5)), 5);
}

// omniwitness, and whoever else follows v1.0.0: no size there, as there is none to go on with.
TEST_F(CosignClientTest, A409ToItsOwnSizeTellsOfAnotherTree) {
  for (const char* body : {"", "\n", "5\n"}) {
    client_ = NewClient();
    Prepare(409, "5\n");
    Prepare(409, body);
    ExpectRefused(5, absl::StatusCode::kFailedPrecondition, "another tree of 5 entries");
  }
  client_ = NewClient();
  Prepare(409, "5\n");
  Prepare(409, "conflict");
  ExpectRefused(5, absl::StatusCode::kInvalidArgument, "does not say which size");
  // From a smaller size, and of an empty tree, it is no size and no more.
  client_ = NewClient();
  Prepare(409, "4\n");
  Prepare(409, "");
  ExpectRefused(5, absl::StatusCode::kInvalidArgument, "does not say which size");
  client_ = NewClient();
  Prepare(409, "");
  ExpectRefused(0, absl::StatusCode::kInvalidArgument, "does not say which size");
}

TEST_F(CosignClientTest, IsNotLedAroundForEver) {
  for (const char* body : {"1\n", "2\n", "3\n", "4\n"}) Prepare(409, body);
  ExpectRefused(5, absl::StatusCode::kUnavailable, "another size each time");
  EXPECT_EQ(asked_, 3);
  // Whatever it said, the truth is found again.
  prepared_.clear();
  ExpectCosigned(client_->Ask(At(5)), 5);
  // Nor does a lie about more last.
  Prepare(409, "90\n");
  ExpectRefused(6, absl::StatusCode::kAborted, "90");
  ExpectCosigned(client_->Ask(At(6)), 6);
}

}  // namespace
}  // namespace cairn::witness
