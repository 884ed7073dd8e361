#include "witness/cosigner.h"

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "merkle/naive_tree.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/key.h"
#include "merkle/note/note.h"
#include "merkle/note/policy.h"
#include "witness/add_checkpoint.h"
#include "witness/testing/memory_store.h"

namespace cairn::witness {
namespace {

constexpr uint64_t kNow = 1'700'000'000;

note::CheckpointSigner NewLog(const std::string& origin) {
  std::vector<note::SignerKey> keys;
  keys.push_back(*note::GenerateSignerKey(origin));
  return *note::CheckpointSigner::Create(std::move(keys));
}

class CosignerTest : public ::testing::Test {
 protected:
  CosignerTest() {
    key_text_ =
        note::GenerateSignerKey("witness.example/w", note::KeyType::kCosignature)->FormatSecret();
    Restart();
  }
  void Restart(size_t max_waiting = 4096) {
    cosigner_.reset();
    CosignerOptions options{.max_waiting = max_waiting,
                            .now_s = [] { return kNow; },
                            .on_fatal = [this](const absl::Status& why) { fatal_ = why; }};
    auto cosigner = Cosigner::Open(*note::SignerKey::Parse(key_text_), &store_, PolicyOf({&log_}),
                                   std::move(options));
    ASSERT_TRUE(cosigner.ok()) << cosigner.status();
    cosigner_ = *std::move(cosigner);
  }
  static std::shared_ptr<const note::Policy> PolicyOf(
      const std::vector<const note::CheckpointSigner*>& logs) {
    std::string text;
    for (const note::CheckpointSigner* log : logs) {
      absl::StrAppend(&text, "log ", log->verifier_keys().front().Format(), "\n");
    }
    return std::make_shared<const note::Policy>(*note::Policy::Parse(text + "quorum none\n"));
  }

  Hash Root(uint64_t size) { return size == 0 ? merkle::EmptyRoot() : tree_.Mth(0, size); }
  std::string NoteAt(uint64_t size) { return NoteAt(log_, size, Root(size)); }
  static std::string NoteAt(const note::CheckpointSigner& log, uint64_t size, const Hash& root) {
    return *log.Sign(
        {.origin = log.origin(), .size = TreeSize(size), .root = root, .extensions = {}});
  }
  std::string Request(uint64_t from, uint64_t to) {
    const merkle::Proof proof =
        from == 0 || from == to ? merkle::Proof() : tree_.Consistency(from, to);
    return FormatAddCheckpoint(TreeSize(from), proof, NoteAt(to));
  }
  std::future<AddResult> Begin(const std::string& body) {
    auto promise = std::make_shared<std::promise<AddResult>>();
    cosigner_->Add(body, [promise](AddResult result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }
  AddResult Add(const std::string& body) { return Begin(body).get(); }
  absl::StatusCode Code(const std::string& body) { return Add(body).status.code(); }
  // That the line is a cosignature on the log's checkpoint of this size, at kNow.
  void ExpectCosigned(const AddResult& result, uint64_t size) {
    ASSERT_TRUE(result.status.ok()) << result.status;
    const auto note = note::ParseNote(NoteAt(size) + result.cosignature);
    ASSERT_TRUE(note.ok()) << note.status();
    const auto verified = note::OpenNote(*note, {cosigner_->key()});
    ASSERT_TRUE(verified.ok()) << verified.status();
    ASSERT_EQ(verified->size(), 1U);
    EXPECT_EQ(verified->front().cosigned_at_s, kNow);
  }

  const note::CheckpointSigner log_ = NewLog("log.example/one");
  merkle::NaiveTree tree_{100};
  MemoryStore store_;
  std::string key_text_;
  absl::Status fatal_;
  std::unique_ptr<Cosigner> cosigner_;
};

TEST_F(CosignerTest, CosignsWhatContinuesWhatItCosignedBefore) {
  ExpectCosigned(Add(Request(0, 3)), 3);
  ExpectCosigned(Add(Request(3, 3)), 3);
  ExpectCosigned(Add(Request(3, 70)), 70);
  Restart();
  ExpectCosigned(Add(Request(70, 100)), 100);
  EXPECT_EQ(cosigner_->logs_kept(), 1U);
  const auto latest = cosigner_->Latest(merkle::Sha256("log.example/one"));
  ASSERT_TRUE(latest.ok());
  const auto note = note::ParseNote(*latest);
  EXPECT_EQ(note->signatures.size(), 2U);
  EXPECT_EQ(note::OpenNote(*note, {cosigner_->key(), log_.verifier_keys()[0]})->size(), 2U);
  EXPECT_EQ(cosigner_->Latest(merkle::Sha256("other")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(CosignerTest, TellsTheSizeItKnowsWhenTheLogIsWrongAboutIt) {
  AddResult result = Add(Request(3, 7));
  EXPECT_EQ(result.status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(result.known_size, TreeSize(0));
  ASSERT_TRUE(Add(Request(0, 7)).status.ok());
  for (const uint64_t old_size : {0, 6, 8}) {
    result = Add(Request(old_size, 9));
    EXPECT_EQ(result.status.code(), absl::StatusCode::kAborted);
    EXPECT_EQ(result.known_size, TreeSize(7));
  }
}

TEST_F(CosignerTest, RefusesWhatDoesNotFollow) {
  ASSERT_TRUE(Add(Request(0, 7)).status.ok());
  // No proof, a wrong one, one too many, another root of the same size.
  EXPECT_EQ(Code(FormatAddCheckpoint(TreeSize(7), {}, NoteAt(9))),
            absl::StatusCode::kFailedPrecondition);
  merkle::Proof proof = tree_.Consistency(7, 9);
  proof.back() = Hash();
  EXPECT_EQ(Code(FormatAddCheckpoint(TreeSize(7), proof, NoteAt(9))),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Code(FormatAddCheckpoint(TreeSize(7), {Hash()}, NoteAt(7))),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Code(FormatAddCheckpoint(TreeSize(7), {}, NoteAt(log_, 7, Hash()))),
            absl::StatusCode::kFailedPrecondition);
  ExpectCosigned(Add(Request(7, 9)), 9);
}

TEST_F(CosignerTest, TakesAnEmptyTreeAndNothingElseOfSizeZero) {
  EXPECT_EQ(Code(FormatAddCheckpoint(TreeSize(0), {Hash()}, NoteAt(3))),
            absl::StatusCode::kFailedPrecondition);
  ExpectCosigned(Add(Request(0, 0)), 0);
  ExpectCosigned(Add(Request(0, 5)), 5);
}

TEST_F(CosignerTest, KnowsItsLogsByTheirKeys) {
  const note::CheckpointSigner stranger = NewLog("log.example/two");
  const note::CheckpointSigner thief = NewLog("log.example/one");
  EXPECT_EQ(Code(FormatAddCheckpoint(TreeSize(0), {}, NoteAt(stranger, 3, Root(3)))),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Code(FormatAddCheckpoint(TreeSize(0), {}, NoteAt(thief, 3, Root(3)))),
            absl::StatusCode::kPermissionDenied);
  std::string bad = NoteAt(3);
  bad[bad.size() - 10] ^= 1;
  EXPECT_NE(Code(FormatAddCheckpoint(TreeSize(0), {}, bad)), absl::StatusCode::kOk);
  EXPECT_EQ(Code("nonsense"), absl::StatusCode::kInvalidArgument);

  cosigner_->SetPolicy(PolicyOf({&stranger}));
  EXPECT_EQ(Code(Request(0, 3)), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Add(FormatAddCheckpoint(TreeSize(0), {}, NoteAt(stranger, 3, Root(3)))).status.ok());
  // What it knows of a log outlives the policy that named it.
  cosigner_->SetPolicy(PolicyOf({&log_, &stranger}));
  ASSERT_TRUE(Add(Request(0, 3)).status.ok());
  cosigner_->SetPolicy(PolicyOf({&stranger}));
  Restart();
  EXPECT_EQ(Code(Request(0, 3)), absl::StatusCode::kAborted);
}

TEST_F(CosignerTest, OfManyRequestsFromOneSizeOneWins) {
  store_.Hold(true);
  std::vector<std::future<AddResult>> results;
  for (uint64_t size = 10; size < 60; ++size) results.push_back(Begin(Request(0, size)));
  store_.Hold(false);
  ExpectCosigned(results[0].get(), 10);
  for (size_t i = 1; i < results.size(); ++i) {
    const AddResult result = results[i].get();
    EXPECT_EQ(result.status.code(), absl::StatusCode::kAborted);
    EXPECT_EQ(result.known_size, TreeSize(10));
  }
}

TEST_F(CosignerTest, SignsNothingBeforeItIsStoredAndStoresWhatWaitsTogether) {
  store_.Hold(true);
  std::future<AddResult> first = Begin(Request(0, 1));
  store_.AwaitWrites(1);
  std::vector<std::future<AddResult>> chain;
  for (uint64_t size = 1; size < 50; ++size) chain.push_back(Begin(Request(size, size + 1)));
  EXPECT_EQ(first.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  store_.Hold(false);
  ExpectCosigned(first.get(), 1);
  for (uint64_t size = 1; size < 50; ++size) ExpectCosigned(chain[size - 1].get(), size + 1);
  EXPECT_EQ(store_.writes(), 2);
  EXPECT_EQ((*store_.Read(merkle::Sha256("log.example/one")))->tree.size, TreeSize(50));
}

TEST_F(CosignerTest, AFailedWriteSignsNothingNowOrLater) {
  ASSERT_TRUE(Add(Request(0, 3)).status.ok());
  store_.Fail();
  EXPECT_EQ(Code(Request(3, 7)), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Code(Request(3, 7)), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Code(Request(7, 9)), absl::StatusCode::kUnavailable);
  cosigner_->Stop();
  EXPECT_EQ(fatal_.code(), absl::StatusCode::kUnavailable);
}

TEST_F(CosignerTest, RefusesMoreThanItCanHoldAndFinishesWhatItHasWhenItStops) {
  Restart(/*max_waiting=*/2);
  store_.Hold(true);
  std::future<AddResult> written = Begin(Request(0, 1));
  store_.AwaitWrites(1);
  std::future<AddResult> second = Begin(Request(1, 2));
  std::future<AddResult> third = Begin(Request(2, 3));
  const AddResult refused = Add(Request(3, 4));
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
  std::thread stop([this] { cosigner_->Stop(); });
  store_.Hold(false);
  stop.join();
  ExpectCosigned(written.get(), 1);
  ExpectCosigned(second.get(), 2);
  ExpectCosigned(third.get(), 3);
  EXPECT_EQ(Code(Request(3, 4)), absl::StatusCode::kUnavailable);
}

TEST_F(CosignerTest, TakesOnlyAKeyForCosignatures) {
  const auto opened = Cosigner::Open(*note::GenerateSignerKey("witness.example/w"), &store_,
                                     PolicyOf({&log_}), CosignerOptions());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn::witness
