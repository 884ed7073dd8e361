// A cairnd on a machine whose disk fills and whose clock jumps.

#include "tests/testing/machine.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "merkle/entry/entry.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/exposition.h"
#include "tests/testing/http.h"

namespace cairn::testing {
namespace {

using grpc::StatusCode;

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kReserve = int64_t{256} << 20;  // The default.

class MachineTest : public ::testing::Test {
 protected:
  MachineTest() : machine_(directory_.path()) {}

  void Start() {
    cairnd_.emplace(machine_.Args(CairndArgs(directory_.path(), {"--http_address", "127.0.0.1:0"})),
                    Machine::kRunner);
    if (!cairnd_->running()) cairnd_->Wait();
    ASSERT_TRUE(cairnd_->running()) << cairnd_->output();
    client_.emplace(cairnd_->address());
  }
  double Metric(const std::string& sample) const {
    return ParseExposition(HttpGet(cairnd_->http_address(), "/metrics").body)[sample];
  }
  std::string Ready() const { return HttpGet(cairnd_->http_address(), "/readyz").body; }
  // The statement's fate, on its own and in a batch, which must be one.
  grpc::Status Append(const std::string& text) {
    const grpc::Status alone = client_->Append(StatementOn(text));
    v1::AppendStreamRequest batch;
    *batch.add_statements() = StatementOn(text + "/batch");
    v1::AppendStreamResponse answer;
    EXPECT_TRUE(client_->AppendBatch(batch, &answer).ok());
    EXPECT_EQ(answer.error().code(), static_cast<int>(alone.error_code()));
    return alone;
  }
  void ExpectReads(uint64_t size) {
    EXPECT_EQ(client_->Newest().size, TreeSize(size));
    v1::ProveRequest prove;
    prove.set_certificate_hash(std::string(HashOf("first").view()));
    EXPECT_TRUE(client_->Prove(prove).ok());
    EXPECT_EQ(AcceptedAt().size(), size);
  }
  // Of all entries.
  std::vector<uint64_t> AcceptedAt() {
    std::vector<std::string> entries;
    EXPECT_TRUE(client_->List(0, client_->Newest().size.value(), &entries).ok());
    std::vector<uint64_t> times;
    for (const std::string& bytes : entries) {
      const auto entry = entry::Decode(bytes);
      EXPECT_TRUE(entry.ok()) << entry.status();
      times.push_back(entry->accepted_at_ms);
    }
    return times;
  }

  FreshDirectory directory_;
  Machine machine_;
  std::optional<Cairnd> cairnd_;
  std::optional<Client> client_;
};

TEST_F(MachineTest, ADiskThatFillsRefusesAppendsBeforeTheyAreSequencedAndTakesThemOnceThereIsRoom) {
  Start();
  ASSERT_TRUE(Append("first").ok());
  machine_->free_bytes = kReserve - (1 << 20);
  const grpc::Status refused = Append("second");
  EXPECT_EQ(refused.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(absl::StrContains(refused.error_message(), "free some space"))
      << refused.error_message();
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(Details(refused)).has_value());
  ExpectReads(2);
  EXPECT_EQ(Metric("cairn_log_refused_entries_total{reason=\"disk\"}"), 2);
  EXPECT_EQ(Metric("cairn_appends_taken"), 0);
  EXPECT_EQ(Metric("cairn_ready"), 1);
  EXPECT_LT(Metric("cairn_free_bytes"), kReserve);
  EXPECT_TRUE(absl::StrContains(Ready(), "appends are refused: the log's disk")) << Ready();

  machine_->free_bytes = kReserve + (1 << 20);
  ASSERT_TRUE(Append("second").ok());
  ExpectReads(4);
  EXPECT_EQ(Ready(), "ready\n");
  EXPECT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
}

TEST_F(MachineTest, LinesSayWhenAppendsAreRefusedAndTakenAgainAndThatACommitWasSlow) {
  Start();
  ASSERT_TRUE(Append("first").ok());
  // Each lasts until it was looked at, which happens once a second.
  machine_->free_bytes = 1 << 20;
  EXPECT_TRUE(cairnd_->AwaitOutput(
      "level=warning msg=\"appends are refused, reads go on\" reason=\"the log's disk"));
  machine_->free_bytes = 0;
  EXPECT_TRUE(cairnd_->AwaitOutput("level=info msg=\"appends are taken again\" seconds="));
  machine_->sync_delay_us = 250'000;
  ASSERT_TRUE(Append("slow").ok());
  // However slow: the disk itself may add to it.
  EXPECT_TRUE(cairnd_->AwaitOutput("level=warning msg=\"a commit was slow\" took_ms="));
  EXPECT_EQ(cairnd_->Stop(), 0);
  const std::string& lines = cairnd_->output();
  for (const char* line :
       {"msg=starting version=", "msg=\"the log is open\" size=0 ",
        "msg=serving address=127.0.0.1:", "msg=stopping signal=15", "msg=stopped"}) {
    EXPECT_TRUE(absl::StrContains(lines, line)) << line << " in\n" << lines;
  }
  EXPECT_EQ(lines.find("a commit was slow"), lines.rfind("a commit was slow"))
      << "one in ten seconds at the most";
}

TEST_F(MachineTest, TimesNeverDecreaseWhateverTheClockDoes) {
  Start();
  ASSERT_TRUE(Append("first").ok());
  for (const int64_t offset : {-3600 * 1000L, 20'000L, -1L, 50'000L, -86400 * 1000L, 0L}) {
    machine_->wall_offset_ms = offset;
    ASSERT_TRUE(Append(std::to_string(offset)).ok()) << offset;
  }
  const std::vector<uint64_t> times = AcceptedAt();
  ASSERT_EQ(times.size(), 14U);
  for (size_t i = 1; i < times.size(); ++i) EXPECT_LE(times[i - 1], times[i]) << i;
  // The clock's word, where it is not behind: the largest jump was to 50 s.
  EXPECT_GE(times.back() - times.front(), 50'000U - 1000U);
  EXPECT_LT(times.back() - times.front(), static_cast<uint64_t>(2 * kMinuteMs));
  // Also not over a restart with a clock that is behind.
  EXPECT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
  machine_->wall_offset_ms = -10 * kMinuteMs;
  Start();
  ASSERT_TRUE(Append("after").ok());
  EXPECT_EQ(AcceptedAt().back(), times.back());
}

TEST_F(MachineTest, AClockThatRunsAheadStopsAppendsUntilItIsRightAgain) {
  Start();
  ASSERT_TRUE(Append("first").ok());
  const uint64_t before = AcceptedAt().back();
  machine_->wall_offset_ms = 10 * kMinuteMs;
  const grpc::Status refused = Append("second");
  EXPECT_EQ(refused.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(absl::StrContains(refused.error_message(), "wall clock ran ahead"))
      << refused.error_message();
  ExpectReads(2);
  EXPECT_EQ(Metric("cairn_log_refused_entries_total{reason=\"clock\"}"), 2);
  EXPECT_EQ(Metric("cairn_appends_taken"), 0);
  EXPECT_TRUE(absl::StrContains(Ready(), "wall clock")) << Ready();

  machine_->wall_offset_ms = 0;
  ASSERT_TRUE(Append("second").ok());
  ExpectReads(4);
  EXPECT_LT(AcceptedAt().back(), before + kMinuteMs);
  EXPECT_EQ(Metric("cairn_appends_taken"), 1);
  EXPECT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
}

}  // namespace
}  // namespace cairn::testing
