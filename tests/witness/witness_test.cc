// cairn-witness as a process: what it serves, what it remembers, what it refuses.

#include <signal.h>

#include <filesystem>
#include <memory>
#include <random>
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
#include "tests/testing/cairnd.h"
#include "witness/add_checkpoint.h"
#include "witness/cosign_client.h"
#include "witness/http/client.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kBinary[] = "witness/server/cairn-witness";
constexpr char kOrigin[] = "log.example/one";

note::CheckpointSigner NewLog(const std::string& origin) {
  std::vector<note::SignerKey> keys;
  keys.push_back(*note::GenerateSignerKey(origin));
  return *note::CheckpointSigner::Create(std::move(keys));
}

class WitnessTest : public ::testing::Test {
 protected:
  WitnessTest() {
    note::SignerKey key =
        *note::GenerateSignerKey("witness.example/w", note::KeyType::kCosignature);
    WriteFile(Path("key"), key.FormatSecret() + "\n");
    key_ = std::make_unique<note::VerifierKey>(key.verifier_key());
    WritePolicy({&log_});
  }
  fs::path Path(const std::string& name) const { return directory_.path() / name; }
  void WritePolicy(const std::vector<const note::CheckpointSigner*>& logs) {
    std::string text;
    for (const note::CheckpointSigner* log : logs) {
      absl::StrAppend(&text, "log ", log->verifier_keys()[0].Format(), "\n");
    }
    WriteFile(Path("policy"), text + "quorum none\n");
  }
  std::vector<std::string> Args(const std::string& data = "data") const {
    return {"--data_dir", Path(data).string(),     "--key_file",     Path("key").string(),
            "--policy",   Path("policy").string(), "--http_address", "127.0.0.1:0"};
  }
  std::unique_ptr<Cairnd> Start() {
    auto witness = std::make_unique<Cairnd>(Args(), kBinary);
    EXPECT_TRUE(witness->running());
    url_ = "http://" + witness->address();
    return witness;
  }
  // Why it does not start.
  std::string Refusal(const std::vector<std::string>& args, int code) {
    Cairnd witness(args, kBinary);
    EXPECT_EQ(witness.Wait(), code) << witness.output();
    return witness.output();
  }

  std::string NoteAt(const note::CheckpointSigner& log, uint64_t size) {
    return *log.Sign({.origin = log.origin(),
                      .size = TreeSize(size),
                      .root = size == 0 ? merkle::EmptyRoot() : tree_.Mth(0, size),
                      .extensions = {}});
  }
  http::Answer Add(const note::CheckpointSigner& log, uint64_t from, uint64_t to) {
    const merkle::Proof proof =
        from == 0 || from == to ? merkle::Proof() : tree_.Consistency(from, to);
    const auto answer =
        client_->Post(url_ + "/add-checkpoint",
                      witness::FormatAddCheckpoint(TreeSize(from), proof, NoteAt(log, to)));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(http::Answer());
  }
  static std::string LatestPath(const std::string& origin) {
    return absl::StrCat("/", merkle::Sha256(origin).Hex(), "/checkpoint");
  }

  const FreshDirectory directory_;
  const note::CheckpointSigner log_ = NewLog(kOrigin);
  merkle::NaiveTree tree_{3000};
  std::unique_ptr<note::VerifierKey> key_;
  std::string url_;
  const std::unique_ptr<http::Client> client_ = http::Client::Make({});
};

TEST_F(WitnessTest, SpeaksTheProtocol) {
  const auto witness = Start();
  const http::Answer first = Add(log_, 0, 7);
  EXPECT_EQ(first.status, 200U);
  const auto note = note::ParseNote(NoteAt(log_, 7) + first.body);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note::OpenNote(*note, {*key_, log_.verifier_keys()[0]})->size(), 2U);

  const http::Answer stale = Add(log_, 0, 9);
  EXPECT_EQ(stale.status, 409U);
  EXPECT_EQ(stale.content_type, "text/x.tlog.size");
  EXPECT_EQ(stale.body, "7\n");
  EXPECT_EQ(Add(NewLog("log.example/other"), 0, 7).status, 404U);
  EXPECT_EQ(Add(NewLog(kOrigin), 7, 9).status, 403U);
  EXPECT_EQ(client_->Post(url_ + "/add-checkpoint", "nonsense")->status, 400U);
  EXPECT_EQ(client_
                ->Post(url_ + "/add-checkpoint",
                       witness::FormatAddCheckpoint(TreeSize(7), {}, NoteAt(log_, 9)))
                ->status,
            422U);
  EXPECT_EQ(client_->Post(url_ + "/add-checkpoint", std::string(70'000, 'a'))->status, 413U);
  EXPECT_EQ(client_->Get(url_ + "/add-checkpoint")->status, 405U);
  EXPECT_EQ(client_->Post(url_ + "/healthz", "")->status, 405U);

  const auto latest = client_->Get(url_ + LatestPath(kOrigin));
  EXPECT_EQ(latest->body, NoteAt(log_, 7) + first.body);
  EXPECT_EQ(client_->Get(url_ + LatestPath("log.example/other"))->status, 404U);
  for (const char* path : {"/", "/x/checkpoint", "/checkpoint", "/AB/checkpoint"}) {
    EXPECT_EQ(client_->Get(url_ + path)->status, 404U) << path;
  }
  EXPECT_EQ(client_->Get(url_ + "/healthz")->status, 200U);
  EXPECT_EQ(witness->Stop(), 0) << witness->output();
}

TEST_F(WitnessTest, ReadsItsPolicyAgainOnHangup) {
  const auto witness = Start();
  const note::CheckpointSigner second = NewLog("log.example/two");
  EXPECT_EQ(Add(second, 0, 7).status, 404U);
  WritePolicy({&log_, &second});
  witness->Signal(SIGHUP);
  ASSERT_TRUE(witness->AwaitOutput("the policy was read again"));
  EXPECT_EQ(Add(second, 0, 7).status, 200U);
  WriteFile(Path("policy"), "nonsense\n");
  witness->Signal(SIGHUP);
  ASSERT_TRUE(witness->AwaitOutput("the policy cannot be used"));
  EXPECT_EQ(Add(second, 7, 8).status, 200U);
  EXPECT_EQ(witness->Stop(), 0);
}

TEST_F(WitnessTest, DoesNotForgetWhenItIsKilledAtAnyMoment) {
  std::mt19937 random(1);
  uint64_t cosigned = 0;
  for (int life = 0; life < 12; ++life) {
    const auto witness = Start();
    std::thread killer([&witness, wait_us = random() % 30'000] {
      std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
      witness->Signal(SIGKILL);
    });
    const auto own = http::Client::Make({});
    witness::CosignClient log(
        *key_,
        [&](const std::string& body) -> absl::StatusOr<witness::WitnessAnswer> {
          const auto answer = own->Post(url_ + "/add-checkpoint", body);
          if (!answer.ok()) return answer.status();
          return witness::WitnessAnswer{answer->status, answer->body};
        },
        [] { return absl::UnavailableError("not asked for"); },
        [&](TreeSize from, TreeSize to) {
          return absl::StatusOr<merkle::Proof>(tree_.Consistency(from.value(), to.value()));
        });
    while (cosigned < 2990) {
      const uint64_t size = cosigned + 1 + random() % 3;
      const auto line = log.Ask({.size = TreeSize(size), .note = NoteAt(log_, size)});
      // What was in flight may have been stored and not answered: the next size is tried in the
      // next life. It never knows less than it answered, nor anything else than what was asked.
      if (!line.ok()) {
        EXPECT_TRUE(absl::IsUnavailable(line.status()) || absl::IsAborted(line.status()))
            << line.status();
        break;
      }
      cosigned = size;
    }
    killer.join();
    witness->Wait();
    const auto again = Start();
    const http::Answer known = Add(log_, 2999, 3000);
    EXPECT_EQ(known.status, 409U);
    const uint64_t size = std::stoull(known.body);
    EXPECT_GE(size, cosigned);
    EXPECT_LE(size, cosigned + 3);
    cosigned = size;
    again->Signal(SIGKILL);
    again->Wait();
  }
  EXPECT_GT(cosigned, 12U);
}

TEST_F(WitnessTest, DoesNotBeginAgainWithAKeyThatHasCosigned) {
  Start()->Stop();
  fs::rename(Path("data"), Path("moved"));
  EXPECT_NE(Refusal(Args(), 3).find("--accept_new_state_for_used_key"), std::string::npos);
  // Another witness's state.
  fs::rename(Path("key.used"), Path("kept"));
  Cairnd other(Args(), kBinary);
  ASSERT_TRUE(other.running());
  EXPECT_EQ(other.Stop(), 0);
  EXPECT_NE(Refusal(Args("moved"), 3).find("a key signs for one only"), std::string::npos);
  // At the operator's word.
  std::vector<std::string> args = Args("moved");
  args.push_back("--accept_new_state_for_used_key");
  Cairnd accepted(args, kBinary);
  EXPECT_TRUE(accepted.running());
}

TEST_F(WitnessTest, ATakenPortLeavesNothingBehind) {
  const auto first = Start();
  fs::rename(Path("key.used"), Path("kept"));
  std::vector<std::string> args = Args("elsewhere");
  args.back() = first->address();
  Refusal(args, 3);
  EXPECT_FALSE(fs::exists(Path("elsewhere")));
  EXPECT_FALSE(fs::exists(Path("key.used")));
}

TEST_F(WitnessTest, IsNotTheWitnessOfALogWithItsOwnKey) {
  const note::VerifierKey same =
      *note::MakeVerifierKey(kOrigin, note::KeyType::kEd25519, key_->public_key());
  WriteFile(Path("policy"), absl::StrCat("log ", same.Format(), "\nquorum none\n"));
  EXPECT_NE(Refusal(Args(), 2).find("would be its own witness"), std::string::npos);
  EXPECT_FALSE(fs::exists(Path("data")));
}

TEST_F(WitnessTest, TwoCannotShareADirectory) {
  const auto witness = Start();
  EXPECT_NE(Refusal(Args(), 3).find("LOCK"), std::string::npos);
}

TEST_F(WitnessTest, ACopyOfItsDirectoryIsRefusedWhileItRuns) {
  Start()->Stop();
  fs::copy(Path("data"), Path("copy"), fs::copy_options::recursive);
  const auto witness = Start();
  EXPECT_NE(Refusal(Args("copy"), 3).find("another process holds " + Path("key").string()),
            std::string::npos);
  witness->Signal(SIGKILL);
  EXPECT_EQ(witness->Wait(), 128 + SIGKILL);
  EXPECT_EQ(Start()->Stop(), 0);
}

TEST_F(WitnessTest, WritesThatItsKeyIsUsedWhereItIsTold) {
  std::vector<std::string> args = Args();
  for (const std::string& arg : {std::string("--key_state_file"), Path("elsewhere").string()}) {
    args.push_back(arg);
  }
  Cairnd witness(args, kBinary);
  EXPECT_TRUE(witness.running());
  EXPECT_EQ(witness.Stop(), 0) << witness.output();
  EXPECT_TRUE(fs::exists(Path("elsewhere")));
  EXPECT_FALSE(fs::exists(Path("key.used")));
}

TEST_F(WitnessTest, WhatItMakesIsItsOwnersAloneWhateverTheUmask) {
  std::vector<std::string> args = {"-c", "umask 000; exec \"$@\"", "sh", kBinary};
  for (const std::string& arg : Args()) args.push_back(arg);
  fs::create_symlink(Path("victim"), Path("address"));
  for (const std::string& arg : {std::string("--address_file"), Path("address").string()}) {
    args.push_back(arg);
  }
  Cairnd witness(args, "/bin/sh");
  ASSERT_TRUE(witness.running());
  EXPECT_EQ(witness.Stop(), 0);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(Path("data"))) {
    EXPECT_EQ(entry.status().permissions() & fs::perms(077), fs::perms::none) << entry.path();
  }
  EXPECT_EQ(fs::status(Path("data")).permissions(), fs::perms(0700));
  EXPECT_FALSE(fs::exists(Path("victim")));
  EXPECT_EQ(fs::status(Path("address")).permissions(), fs::perms(0644));
}

TEST_F(WitnessTest, SaysWhatIsWrongWithItsFlags) {
  std::vector<std::string> args = Args();
  args.pop_back();
  EXPECT_NE(Refusal(args, 2).find("--help"), std::string::npos);
  args = Args();
  args.back() = "nowhere";
  EXPECT_NE(Refusal(args, 2).find("HOST:PORT"), std::string::npos);
  WriteFile(Path("policy"), "quorum x\n");
  EXPECT_NE(Refusal(Args(), 2).find("line 1"), std::string::npos);
  WritePolicy({&log_});
  WriteFile(Path("key"), std::string(kTestPrivateKey) + "\n");
  EXPECT_NE(Refusal(Args(), 2).find("a log's, not for cosignatures"), std::string::npos);
}

}  // namespace
}  // namespace cairn::testing
