// `cairn backup` over and over while the real cairnd takes appends, is killed and started again:
// every copy is sound, is a prefix of the log by a proof that the log serves, and holds all that
// was acknowledged before it was begun. A copy serves; one that is older than the record of what
// was signed does not start.

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "merkle/note/checkpoint.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"
#include "tests/cli/cairn.h"
#include "tests/crash/journal.h"
#include "tests/crash/load.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

int Kills() { return std::getenv("CAIRN_LONG") != nullptr ? 100 : 6; }

std::unique_ptr<v1::Log::Stub> Connect(const Cairnd& cairnd) {
  return v1::Log::NewStub(
      grpc::CreateChannel(cairnd.address(), grpc::InsecureChannelCredentials()));
}

struct Copy {
  TreeSize size;
  Hash root;
};

// That the log serves a proof from the copy's tree to its newest checkpoint.
void ExpectPrefix(v1::Log::Stub& stub, const Copy& copy) {
  grpc::ClientContext context;
  v1::GetConsistencyRequest request;
  request.set_old_size(copy.size.value());
  v1::GetConsistencyResponse response;
  const grpc::Status asked = stub.GetConsistency(&context, request, &response);
  ASSERT_TRUE(asked.ok()) << asked.error_message();
  const auto newest =
      note::VerifyCheckpoint(response.checkpoint(), note::VerifierKey::Parse(kTestVkey).value());
  ASSERT_TRUE(newest.ok()) << newest.status();
  const auto proof = merkle::ParseProof(response.proof());
  ASSERT_TRUE(proof.ok()) << proof.status();
  const absl::Status linked =
      merkle::VerifyConsistency(copy.size, newest->size, copy.root, newest->root, *proof);
  EXPECT_TRUE(linked.ok()) << "copy of " << copy.size.value() << ": " << linked;
}

class BackedUpCairnd : public ::testing::Test {
 protected:
  // Takes copies one after the other until told to end; leaves the last one there.
  void BackUp() {
    while (!done_) {
      fs::remove_all(out_);
      const size_t acknowledged = journal_.entries();
      const CairnResult result = RunCairn(
          {"backup", (directory_.path() / "data").string(), "--out", out_.string(), "--json"});
      ASSERT_EQ(result.code, 0) << result.out << result.err;
      const nlohmann::json report = result.documents().at(0);
      EXPECT_TRUE(report.at("sound").get<bool>());
      const Copy copy{TreeSize(report.at("tree_size").get<uint64_t>()),
                      HashFromHex(report.at("root").get<std::string>())};
      EXPECT_GE(copy.size.value(), acknowledged);
      EXPECT_THAT(report.at("restore").get<std::string>(),
                  HasSubstr(absl::StrCat("more than ", copy.size.value(), " entries")));
      copies_.push_back(copy);
    }
  }

  static Hash HashFromHex(const std::string& hex) {
    return Hash::FromBytes(absl::HexStringToBytes(hex)).value();
  }

  FreshDirectory directory_;
  const fs::path out_ = directory_.path() / "copy";
  Journal journal_{note::VerifierKey::Parse(kTestVkey).value()};
  std::atomic<bool> done_ = false;
  std::vector<Copy> copies_;
};

TEST_F(BackedUpCairnd, HasSoundCopiesThroughoutKillsAndRestarts) {
  std::thread backups;
  for (int life = 0; life < Kills(); ++life) {
    Cairnd cairnd(CairndArgs(directory_.path()));
    ASSERT_TRUE(cairnd.running());
    if (!backups.joinable()) backups = std::thread([this] { BackUp(); });
    Load load(cairnd.address(), life, &journal_);
    load.AwaitAcknowledged(2'000);
    load.ExpectDeath();
    cairnd.Signal(SIGKILL);
    EXPECT_EQ(cairnd.Wait(), 128 + SIGKILL);
    const CairnResult checked = RunCairn({"fsck", (directory_.path() / "data").string()});
    EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  }
  done_ = true;
  backups.join();
  Cairnd cairnd(CairndArgs(directory_.path()));
  ASSERT_TRUE(cairnd.running());
  const auto stub = Connect(cairnd);
  ASSERT_GE(copies_.size(), 2u);
  for (const Copy& copy : copies_) ExpectPrefix(*stub, copy);
  const absl::Status kept = journal_.Check(*stub);
  EXPECT_TRUE(kept.ok()) << kept;
  EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
  std::printf("%zu copies over %d kills, the last of %llu entries\n", copies_.size(), Kills(),
              static_cast<unsigned long long>(copies_.back().size.value()));
  const CairnResult checked = RunCairn({"fsck", (directory_.path() / "data").string()});
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
}

TEST_F(BackedUpCairnd, ServesFromACopyAndNotFromOneThatIsTooOld) {
  FreshDirectory restored;
  uint64_t copied = 0;
  {
    Cairnd cairnd(CairndArgs(directory_.path()));
    ASSERT_TRUE(cairnd.running());
    {
      Load load(cairnd.address(), 1, &journal_);
      load.AwaitAcknowledged(500);
    }
    // It runs: its directory itself is not checked.
    const CairnResult refused = RunCairn({"fsck", (directory_.path() / "data").string()});
    EXPECT_EQ(refused.code, 3);
    EXPECT_THAT(refused.err, HasSubstr("stop it, or take a copy"));
    const CairnResult taken = RunCairn(
        {"backup", (directory_.path() / "data").string(), "--out", out_.string(), "--json"});
    ASSERT_EQ(taken.code, 0) << taken.err;
    copied = taken.documents().at(0).at("tree_size").get<uint64_t>();
    EXPECT_EQ(
        RunCairn({"backup", (directory_.path() / "data").string(), "--out", out_.string()}).code,
        3);
    // Another log of the same key must not be: the key's own record goes with the copy.
    fs::copy(directory_.path() / "log.key", restored.path() / "log.key");
    fs::copy(directory_.path() / "log.key.used", restored.path() / "log.key.used");
    fs::copy(out_, restored.path() / "data", fs::copy_options::recursive);
    Load load(cairnd.address(), 2, &journal_);
    load.AwaitAcknowledged(10);
  }
  {
    Cairnd cairnd(CairndArgs(restored.path()));
    ASSERT_TRUE(cairnd.running());
    grpc::ClientContext context;
    v1::AppendRequest request;
    *request.mutable_statement() = UniqueStatement(7, 0);
    v1::AppendResponse response;
    const grpc::Status appended = Connect(cairnd)->Append(&context, request, &response);
    ASSERT_TRUE(appended.ok()) << appended.error_message();
    EXPECT_EQ(response.index(), copied);
    EXPECT_EQ(cairnd.Stop(), 0);
  }
  fs::remove_all(directory_.path() / "data/db");
  fs::copy(out_ / "db", directory_.path() / "data/db", fs::copy_options::recursive);
  Cairnd cairnd(CairndArgs(directory_.path()));
  EXPECT_FALSE(cairnd.running());
  EXPECT_NE(cairnd.Wait(), 0);
  EXPECT_THAT(cairnd.output(), HasSubstr("has lost its end"));
  const CairnResult checked = RunCairn({"fsck", (directory_.path() / "data").string()});
  EXPECT_EQ(checked.code, 1) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("the log has lost its end"));
}

}  // namespace
}  // namespace cairn::testing
