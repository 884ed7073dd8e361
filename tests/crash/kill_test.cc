// kill -9 at random moments under load. After each restart: every acknowledged index has the same
// bytes, every checkpoint ever handed out is linked to the newest, the next append continues.

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "tests/crash/journal.h"
#include "tests/crash/load.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

int Kills() { return std::getenv("CAIRN_LONG") != nullptr ? 200 : 20; }

std::unique_ptr<v1::Log::Stub> Connect(const Cairnd& cairnd) {
  return v1::Log::NewStub(
      grpc::CreateChannel(cairnd.address(), grpc::InsecureChannelCredentials()));
}

// The first append of a new life takes the next index.
void ExpectNextAppendContinues(v1::Log::Stub& stub, uint64_t seed, Journal& journal) {
  grpc::ClientContext context;
  v1::AppendRequest request;
  *request.mutable_statement() = UniqueStatement(seed, 0);
  v1::AppendResponse response;
  const grpc::Status status = stub.Append(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.index(), journal.checked_size().value());
  journal.RecordEntry(LeafIndex(response.index()), response.entry());
  journal.RecordCheckpoint(response.checkpoint());
}

TEST(KilledCairnd, KeepsEveryAcknowledgedEntryAndEveryCheckpoint) {
  FreshDirectory directory;
  Journal journal(note::VerifierKey::Parse(kTestVkey).value());
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int life = 0; life < Kills(); ++life) {
    Cairnd cairnd(CairndArgs(directory.path()));
    if (!cairnd.running()) {
      cairnd.Wait();
      FAIL() << "life " << life << ": " << cairnd.output();
    }
    std::unique_ptr<v1::Log::Stub> stub = Connect(cairnd);
    const absl::Status kept = journal.Check(*stub);
    ASSERT_TRUE(kept.ok()) << "life " << life << ": " << kept;
    ExpectNextAppendContinues(*stub, 1'000'000 + life, journal);

    const size_t before = journal.entries();
    Load load(cairnd.address(), life, &journal);
    // A moment in the middle of some commit: after a random number of answers. Where in its commit
    // path the process is then, is chance.
    load.AwaitAcknowledged(std::uniform_int_distribution<uint64_t>(1, 3'000)(random));
    load.ExpectDeath();
    cairnd.Signal(SIGKILL);
    EXPECT_EQ(cairnd.Wait(), 128 + SIGKILL) << cairnd.output();
    EXPECT_GT(journal.entries(), before);
  }
  Cairnd cairnd(CairndArgs(directory.path()));
  ASSERT_TRUE(cairnd.running());
  const absl::Status kept = journal.Check(*Connect(cairnd));
  EXPECT_TRUE(kept.ok()) << kept;
  EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
  std::printf("%d kills, %zu entries acknowledged, %zu checkpoints, tree of %llu\n", Kills(),
              journal.entries(), journal.checkpoints(),
              static_cast<unsigned long long>(journal.checked_size().value()));
}

}  // namespace
}  // namespace cairn::testing
