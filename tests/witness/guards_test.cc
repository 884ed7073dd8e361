// The guards against a second history: several processes with one log's key, in every way in which
// that comes about. Whatever they do, what the witnesses let out is one history, and whoever has
// another says so and stops. CAIRN_LONG=1 races more often.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/note/checkpoint.h"
#include "merkle/proof_bytes.h"
#include "merkle/types.h"
#include "merkle/verify.h"
#include "tests/witness/cosigned_log.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kStopped[] = "nothing is signed any more: a witness knows another history";
constexpr char kWhatToDo[] = "stop every other copy, find out which history was published";

// What was cosigned, by whom it was let out.
class Histories {
 public:
  void Add(int owner, const std::string& note) {
    if (!note.empty()) notes_[note] = owner;
  }

  // The owners of what is larger than `common`.
  std::vector<int> OwnersBeyond(TreeSize common) const {
    std::vector<int> owners;
    for (const auto& [note, owner] : notes_) {
      if (OpenCheckpoint(note).size > common) owners.push_back(owner);
    }
    std::sort(owners.begin(), owners.end());
    owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
    return owners;
  }

  // Each smaller one is the beginning of each larger one, as the larger one's owner proves it.
  void ExpectOne(const std::vector<Client*>& owners) const {
    std::vector<std::pair<note::Checkpoint, int>> all;
    for (const auto& [note, owner] : notes_) all.emplace_back(OpenCheckpoint(note), owner);
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.first.size < b.first.size; });
    ASSERT_GE(all.size(), 2U) << "nothing that could contradict";
    // A beginning of a beginning is one: neighbours suffice.
    for (size_t i = 1; i < all.size(); ++i) {
      ExpectContinues(*owners[all[i].second], all[i - 1].first, all[i].first);
    }
  }

 private:
  static void ExpectContinues(Client& owner, const note::Checkpoint& from,
                              const note::Checkpoint& to) {
    if (from.size == TreeSize(0)) return;
    merkle::Proof proof;
    if (from.size < to.size) {
      v1::GetConsistencyRequest request;
      request.set_old_size(from.size.value());
      request.set_new_size(to.size.value());
      v1::GetConsistencyResponse response;
      const grpc::Status got =
          owner.stub().GetConsistency(owner.Context().get(), request, &response);
      ASSERT_TRUE(got.ok()) << got.error_message();
      proof = *merkle::ParseProof(response.proof());
    }
    const absl::Status continues =
        merkle::VerifyConsistency(from.size, to.size, from.root, to.root, proof);
    EXPECT_TRUE(continues.ok()) << from.size.value() << " to " << to.size.value() << ": "
                                << continues;
  }

  std::map<std::string, int> notes_;
};

class GuardsTest : public CosignedLogTest {
 protected:
  // A log of a few entries, all cosigned by all; it has stopped.
  TreeSize MakeLog() {
    Cairnd cairnd(Args());
    EXPECT_TRUE(cairnd.running());
    Client client(cairnd.address());
    v1::AppendResponse answer;
    for (int i = 0; i < 5; ++i) AppendWhenTaken(client, absl::StrCat("common ", i));
    const grpc::Status appended = AppendCosigned(client, "common", &answer);
    EXPECT_TRUE(appended.ok()) << appended.error_message();
    const TreeSize size = client.Newest().size;
    EXPECT_EQ(cairnd.Stop(), 0);
    return size;
  }
  void Copy(const std::string& from, const std::string& to) {
    fs::copy(Path(from), Path(to), fs::copy_options::recursive);
  }
  // For a cairnd on another machine, which has copies of the directory, of the key and of what is
  // written down beside it. On this one the key is locked.
  std::vector<std::string> ElsewhereArgs(const std::string& data) {
    for (const char* end : {"", ".used"}) {
      fs::copy_file(Path("log.key") += end, Path("elsewhere.key") += end,
                    fs::copy_options::overwrite_existing);
    }
    return Args({"--key_file", Path("elsewhere.key").string()}, data);
  }
  static void ExpectStopped(Cairnd& cairnd, Client& client) {
    ASSERT_TRUE(cairnd.AwaitOutput(kStopped));
    ASSERT_TRUE(cairnd.AwaitOutput(kWhatToDo));
    const grpc::Status refused = client.Append(StatementOn("to a log that has stopped"));
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::DATA_LOSS) << refused.error_message();
    EXPECT_NE(refused.error_message().find(kWhatToDo), std::string::npos)
        << refused.error_message();
  }
};

TEST_F(GuardsTest, OfTwoCopiesTheOneThatPublishesSecondStops) {
  const TreeSize common = MakeLog();
  Copy("data", "copy");
  Cairnd one(Args());
  Cairnd other(ElsewhereArgs("copy"));
  ASSERT_TRUE(one.running() && other.running());
  Client client_one(one.address());
  Client client_other(other.address());
  // While they hold the same tree, the witnesses confirm both.
  ASSERT_TRUE(one.AwaitOutput("the witnesses confirm the tree"));
  ASSERT_TRUE(other.AwaitOutput("the witnesses confirm the tree"));
  Histories histories;
  v1::AppendResponse answer;
  ASSERT_TRUE(AppendCosigned(client_one, "one", &answer).ok());
  histories.Add(0, answer.checkpoint());
  // Who waits for its cosignatures is told that there will be none.
  const grpc::Status refused = AppendCosigned(client_other, "other", &answer);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::DATA_LOSS) << refused.error_message();
  ExpectStopped(other, client_other);
  histories.Add(1, Published(client_other));
  EXPECT_EQ(OpenCheckpoint(Published(client_other)).size, common);
  // The first goes on.
  ASSERT_TRUE(AppendCosigned(client_one, "two", &answer).ok());
  histories.Add(0, answer.checkpoint());
  histories.ExpectOne({&client_one, &client_other});
  EXPECT_EQ(histories.OwnersBeyond(common), std::vector<int>{0});
  EXPECT_EQ(other.Stop(), 0);
  // Nor does a restart help it.
  Cairnd again(ElsewhereArgs("copy"));
  ASSERT_TRUE(again.running());
  Client client_again(again.address());
  ExpectStopped(again, client_again);
  EXPECT_EQ(OpenCheckpoint(Published(client_again)).size, common);
  EXPECT_EQ(again.Stop(), 0);
  ASSERT_TRUE(AppendCosigned(client_one, "three", &answer).ok());
  EXPECT_EQ(one.Stop(), 0) << one.output();
  EXPECT_EQ(one.output().find(kStopped), std::string::npos);
}

TEST_F(GuardsTest, AnEmptyDirectoryUnderAUsedKeyIsRefusedByTheLogAndByTheWitnesses) {
  MakeLog();
  Cairnd one(Args());
  Client client_one(one.address());
  AppendWhenTaken(client_one, "one");
  {
    Cairnd refused(Args({}, "empty"));
    EXPECT_EQ(refused.Wait(), 3);
    EXPECT_NE(refused.output().find("--accept_new_log_for_used_key"), std::string::npos)
        << refused.output();
  }
  // A copy of the key that does not know that it was used, as on another machine; then the word
  // that the operator gave in error.
  fs::copy_file(Path("log.key"), Path("copied.key"));
  fs::copy_file(Path("log.key"), Path("accepted.key"));
  fs::copy_file(Path("log.key.used"), Path("accepted.key.used"));
  const std::vector<std::vector<std::string>> ways = {
      {"--key_file", Path("copied.key").string()},
      {"--key_file", Path("accepted.key").string(), "--accept_new_log_for_used_key"}};
  for (size_t i = 0; i < ways.size(); ++i) {
    Cairnd other(Args(ways[i], absl::StrCat("new", i)));
    ASSERT_TRUE(other.running()) << (other.Wait(), other.output());
    Client client_other(other.address());
    ExpectStopped(other, client_other);
    EXPECT_EQ(Published(client_other), "");
    EXPECT_EQ(client_other.Newest().size, TreeSize(0));
    EXPECT_EQ(other.Stop(), 0);
  }
  v1::AppendResponse answer;
  ASSERT_TRUE(AppendCosigned(client_one, "two", &answer).ok());
  EXPECT_EQ(one.Stop(), 0);
}

TEST_F(GuardsTest, OneStaleAndTwoSilentWitnessesOfAnyAreNotEnough) {
  WritePolicy("group g any w0 w1 w2");
  const TreeSize common = MakeLog();
  Copy("data", "snapshot");
  // w0 sleeps through what the others cosign.
  KillWitness(0);
  std::string lost;
  {
    Cairnd cairnd(Args({"--accept_unreachable_witness", "w0"}));
    Client client(cairnd.address());
    AppendWhenTaken(client, "lost");
    v1::AppendResponse answer;
    ASSERT_TRUE(AppendCosigned(client, "lost too", &answer).ok());
    lost = answer.checkpoint();
    ASSERT_EQ(cairnd.Stop(), 0);
  }
  RestartWitness(0);
  KillWitness(1);
  KillWitness(2);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"--accept_unreachable_witness", "w1"}}) {
    Cairnd restored(Args(words, "snapshot"));
    ASSERT_TRUE(restored.AwaitOutput("appends are held back"));
    Client client(restored.address());
    const grpc::Status held = client.Append(StatementOn("another history"));
    EXPECT_EQ(held.error_code(), grpc::StatusCode::UNAVAILABLE);
    // Who is missing, and what may be done about it.
    EXPECT_NE(held.error_message().find(words.empty() ? "from w1, w2," : "from w2,"),
              std::string::npos)
        << held.error_message();
    EXPECT_NE(held.error_message().find("--accept_unreachable_witness NAME"), std::string::npos)
        << held.error_message();
    EXPECT_EQ(client.Newest().size, common);
    EXPECT_EQ(OpenCheckpoint(Published(client)).size, common);
    // One comes back, and shows what the snapshot has forgotten.
    RestartWitness(1);
    ExpectStopped(restored, client);
    EXPECT_EQ(restored.Stop(), 0);
    KillWitness(1);
  }
  // The directory that has it all goes on, and continues what was cosigned last.
  RestartWitness(1);
  RestartWitness(2);
  Cairnd cairnd(Args());
  Client client(cairnd.address());
  AppendWhenTaken(client, "goes on");
  v1::AppendResponse answer;
  ASSERT_TRUE(AppendCosigned(client, "and on", &answer).ok());
  Histories histories;
  histories.Add(0, lost);
  histories.Add(0, answer.checkpoint());
  histories.ExpectOne({&client});
  EXPECT_EQ(cairnd.Stop(), 0);
}

// Both words at once are the operator's own; what they let out is caught as soon as a witness that
// knows better is back, also when nothing is appended any more.
TEST_F(GuardsTest, WhatTheOperatorsWordLetOutIsCaughtWhenAWitnessIsBack) {
  WritePolicy("group g any w0 w1 w2");
  MakeLog();
  Copy("data", "snapshot");
  KillWitness(0);
  {
    Cairnd cairnd(Args({"--accept_unreachable_witness", "w0"}));
    Client client(cairnd.address());
    AppendWhenTaken(client, "lost");
    v1::AppendResponse answer;
    ASSERT_TRUE(AppendCosigned(client, "lost too", &answer).ok());
    ASSERT_EQ(cairnd.Stop(), 0);
  }
  RestartWitness(0);
  KillWitness(1);
  KillWitness(2);
  Cairnd mistaken(Args({"--accept_unreachable_witness", "w1", "--accept_unreachable_witness", "w2"},
                       "snapshot"));
  Client client(mistaken.address());
  AppendWhenTaken(client, "another history");
  RestartWitness(1);
  grpc::Status status;
  for (int i = 0; i < 10'000 && status.ok(); ++i) {
    status = client.Append(StatementOn(absl::StrCat("more of it ", i)));
  }
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS) << status.error_message();
  ExpectStopped(mistaken, client);
  EXPECT_EQ(mistaken.Stop(), 0);
}

class RacingClonesTest : public GuardsTest, public ::testing::WithParamInterface<int> {};

// Both append and publish at once, so that the witnesses are torn between them.
TEST_P(RacingClonesTest, NeverPublishTwoHistories) {
  const TreeSize common = MakeLog();
  Copy("data", "clone");
  struct Clone {
    std::unique_ptr<Cairnd> cairnd;
    std::unique_ptr<Client> client;
    std::vector<std::string> notes = {};
    grpc::Status last = grpc::Status::OK;
  };
  Clone clones[2];
  for (int i = 0; i < 2; ++i) {
    clones[i].cairnd = std::make_unique<Cairnd>(i == 0 ? Args() : ElsewhereArgs("clone"));
    ASSERT_TRUE(clones[i].cairnd->running());
    clones[i].client = std::make_unique<Client>(clones[i].cairnd->address());
  }
  for (Clone& clone : clones) {
    ASSERT_TRUE(clone.cairnd->AwaitOutput("the witnesses confirm the tree"));
  }
  std::atomic<int> stopped{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([i, &clone = clones[i], &stopped] {
      // Who is left goes on for a while.
      for (int appended = 0, alone = 0; alone < 20 && appended < 5'000; ++appended) {
        if (stopped.load() > 0) ++alone;
        v1::AppendResponse answer;
        clone.last = AppendCosigned(*clone.client, absl::StrCat(i, " ", appended), &answer);
        clone.notes.push_back(Published(*clone.client));
        if (!clone.last.ok()) break;
        clone.notes.push_back(answer.checkpoint());
      }
      if (!clone.last.ok()) ++stopped;
    });
  }
  for (std::thread& thread : threads) thread.join();
  Histories histories;
  for (int i = 0; i < 2; ++i) {
    for (const std::string& note : clones[i].notes) histories.Add(i, note);
    const std::string published = Published(*clones[i].client);
    ExpectQuorum(published, common.value());
    histories.Add(i, published);
  }
  // Where each has got a witness to itself, the one that is published meets the other's witness and
  // stops as well; a history that was published by none may be left. But never two.
  EXPECT_GE(stopped.load(), 1);
  const std::vector<int> publishers = histories.OwnersBeyond(common);
  EXPECT_LE(publishers.size(), 1U);
  if (!publishers.empty()) {
    histories.ExpectOne({clones[0].client.get(), clones[1].client.get()});
  }
  for (int i = 0; i < 2; ++i) {
    SCOPED_TRACE(i);
    const bool publishes = publishers == std::vector<int>{i};
    if (clones[i].last.ok()) {
      EXPECT_TRUE(publishes);
    } else {
      EXPECT_EQ(clones[i].last.error_code(), grpc::StatusCode::DATA_LOSS)
          << clones[i].last.error_message();
      ExpectStopped(*clones[i].cairnd, *clones[i].client);
    }
    EXPECT_EQ(clones[i].cairnd->Stop(), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Race, RacingClonesTest,
                         ::testing::Range(0, std::getenv("CAIRN_LONG") != nullptr ? 12 : 2));

}  // namespace
}  // namespace cairn::testing
