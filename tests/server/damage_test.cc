// A cairnd over a log in which one stored entry is damaged.

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "ledger/log.h"
#include "ledger/rocksdb/store.h"
#include "ledger/rocksdb/testing/store_access.h"
#include "ledger/testing/fixtures.h"
#include "merkle/note/checkpoint_signer.h"
#include "rocksdb/db.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/exposition.h"
#include "tests/testing/http.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;

constexpr uint64_t kEntries = 800;
constexpr uint64_t kDamaged = 100;
constexpr char kHealth[] = "/grpc.health.v1.Health/Check";

// A log of kEntries entries of which all but the last are indexed, all of them in tables: so a
// start does not read them.
void MakeLog(const fs::path& path) {
  ledger::ManualClock clock;
  clock.wall_ms = 1'700'000'000'000;  // Before today.
  std::vector<note::SignerKey> keys;
  keys.push_back(*note::SignerKey::Parse(kTestPrivateKey));
  const auto signer = note::CheckpointSigner::Create(std::move(keys));
  ASSERT_TRUE(signer.ok()) << signer.status();
  ledger::OpenOptions options;
  options.path = path.string();
  options.origin = kTestOrigin;
  options.vkey = kTestVkey;
  const auto store = ledger::RocksDbStore::Open(options);
  ASSERT_TRUE(store.ok()) << store.status();
  ledger::LogOptions log_options;
  log_options.max_recent_rows = 300;
  const auto log = ledger::Log::Open(log_options, store->get(), &clock, &*signer);
  ASSERT_TRUE(log.ok()) << log.status();
  for (uint64_t i = 0; i < kEntries; i += 40) {
    const auto result = ledger::AppendAndWait(**log, ledger::BatchOf(i, 40));
    ASSERT_TRUE(result.status.ok()) << result.status;
  }
  (*log)->Stop();
  for (const ledger::Family family : {ledger::kState, ledger::kRuns, ledger::kTiles}) {
    ASSERT_TRUE(ledger::StoreAccess::Database(**store)
                    .Flush({}, ledger::StoreAccess::Handle(**store, family))
                    .ok());
  }
}

// Changes a byte of the entry on `hash`, which is stored as it is, in one place.
void Damage(const fs::path& database, const Hash& hash) {
  int found = 0;
  for (const auto& file : fs::directory_iterator(database)) {
    if (file.path().extension() != ".sst") continue;
    std::ifstream in(file.path(), std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const size_t at = bytes.find(std::string(hash.view()));
    if (at == std::string::npos) continue;
    ++found;
    bytes[at + 5] ^= 0x04;
    WriteFile(file.path(), bytes);
  }
  ASSERT_EQ(found, 1);
}

TEST(DamagedEntry, IsReportedEndsSigningAndLeavesSoundReadsAlone) {
  const FreshDirectory directory;
  ASSERT_NO_FATAL_FAILURE(MakeLog(directory.path() / "data"));
  ASSERT_NO_FATAL_FAILURE(
      Damage(directory.path() / "data" / "db", ledger::MakeStatement(kDamaged).certificate_hash));
  WriteFile(directory.path() / "config",
            "anchoring { log_operator: 'us' anchor { name: 'tsa' operated_by: 'nobody' "
            "rfc3161 { url: 'http://127.0.0.1:1/' } } }");
  Cairnd cairnd(CairndArgs(directory.path(), {"--http_address", "127.0.0.1:0", "--config",
                                              (directory.path() / "config").string()}));
  if (!cairnd.running()) cairnd.Wait();
  ASSERT_TRUE(cairnd.running()) << cairnd.output();
  Client client(cairnd.address());
  // It waits for an anchor that nobody runs.
  v1::AppendRequest waiting;
  *waiting.mutable_statement() = StatementOn("waits");
  waiting.set_wait_for(v1::WAIT_FOR_ANCHORED);
  auto waited = std::async(std::launch::async, [&] { return client.Append(waiting, nullptr); });
  note::Checkpoint checkpoint = client.Newest();
  while (checkpoint.size < TreeSize(kEntries + 1)) checkpoint = client.Newest();
  const auto expect_sound = [&] {
    for (const uint64_t index : {uint64_t{3}, kEntries / 2, kEntries - 1}) {
      v1::ProveRequest request;
      request.set_index(index);
      v1::ProveResponse answer;
      const grpc::Status status = client.Prove(request, &answer);
      ASSERT_TRUE(status.ok()) << index << ": " << status.error_message();
      const v1::ProvenEntry& proven = answer.entries(0);
      EXPECT_TRUE(CheckInclusion(index, proven.entry(), proven.proof(), checkpoint).ok()) << index;
    }
    std::vector<std::string> entries;
    EXPECT_TRUE(client.List(kEntries / 2, kEntries, &entries).ok());
    EXPECT_EQ(entries.size(), kEntries / 2);
  };
  expect_sound();
  EXPECT_EQ(client.CallOther(kHealth, ""), "\x08\x01");
  EXPECT_EQ(HttpGet(cairnd.http_address(), "/readyz").status, 200);

  v1::ProveRequest damaged;
  damaged.set_index(kDamaged);
  EXPECT_EQ(client.Prove(damaged).error_code(), StatusCode::DATA_LOSS);
  damaged.set_certificate_hash(
      std::string(ledger::MakeStatement(kDamaged).certificate_hash.view()));
  EXPECT_EQ(client.Prove(damaged).error_code(), StatusCode::DATA_LOSS);
  std::vector<std::string> entries;
  EXPECT_EQ(client.List(kDamaged, kDamaged + 1, &entries).error_code(), StatusCode::DATA_LOSS);

  EXPECT_EQ(waited.get().error_code(), StatusCode::DATA_LOSS);
  EXPECT_EQ(client.CallOther(kHealth, ""), "\x08\x02");
  const HttpAnswer ready = HttpGet(cairnd.http_address(), "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_NE(ready.body.find("damaged"), std::string::npos) << ready.body;
  EXPECT_EQ(HttpGet(cairnd.http_address(), "/healthz").status, 200);
  const Exposition metrics = ParseExposition(HttpGet(cairnd.http_address(), "/metrics").body);
  EXPECT_EQ(metrics["cairn_halted"], 1);
  EXPECT_EQ(metrics["cairn_ready"], 0);
  EXPECT_EQ(metrics["cairn_appends_taken"], 0);
  const grpc::Status refused = client.Append(StatementOn("new"));
  EXPECT_EQ(refused.error_code(), StatusCode::DATA_LOSS) << refused.error_message();
  v1::AppendStreamRequest batch;
  *batch.add_statements() = StatementOn("new");
  v1::AppendStreamResponse answer;
  ASSERT_TRUE(client.AppendBatch(batch, &answer).ok());
  EXPECT_EQ(answer.error().code(), static_cast<int>(StatusCode::DATA_LOSS));
  EXPECT_EQ(client.Newest().size, TreeSize(kEntries + 1));
  expect_sound();
  EXPECT_EQ(cairnd.Stop(), 0);
  EXPECT_NE(cairnd.output().find("stored data are damaged"), std::string::npos);
}

}  // namespace
}  // namespace cairn::testing
