// What a log does when its clock, or its newest entry's time, is not what its witnesses say.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note.h"
#include "tests/testing/exposition.h"
#include "tests/testing/http.h"
#include "tests/testing/machine.h"
#include "tests/witness/cosigned_log.h"
#include "tests/witness/fake_witness.h"

namespace cairn::testing {
namespace {

constexpr int64_t kMinuteMs = 60'000;

class ClockTest : public CosignedLogTest {
 protected:
  void Start(std::vector<std::string> args) {
    cairnd_ = std::make_unique<Cairnd>(machine_.Args(std::move(args)), Machine::kRunner);
    if (!cairnd_->running()) {
      cairnd_->Wait();
      FAIL() << cairnd_->output();
    }
    client_ = std::make_unique<Client>(cairnd_->address());
  }
  std::string Ready() const { return HttpGet(cairnd_->http_address(), "/readyz").body; }
  double Skew(const std::string& source) const {
    const Exposition metrics = ParseExposition(HttpGet(cairnd_->http_address(), "/metrics").body);
    for (const std::string& error : metrics.errors) ADD_FAILURE() << error;
    return metrics[absl::StrCat("cairn_clock_skew_seconds{source=\"", source, "\"}")];
  }
  // The first answer that is not about witnesses that are still to be asked.
  grpc::Status Append(const std::string& what) const {
    grpc::Status status;
    do {
      status = client_->Append(StatementOn(what));
    } while (status.error_code() == grpc::StatusCode::UNAVAILABLE);
    return status;
  }
  void ExpectRefused(const std::string& what, const std::string& text) const {
    const grpc::Status refused = Append(what);
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_TRUE(absl::StrContains(refused.error_message(), text)) << refused.error_message();
    EXPECT_TRUE(absl::StrContains(Ready(), text)) << Ready();
  }
  // The text stands there so often.
  int CountInOutput(const std::string& text) const {
    int count = 0;
    const std::string& output = cairnd_->output();
    for (size_t at = output.find(text); at != output.npos; at = output.find(text, at + 1)) ++count;
    return count;
  }

  Machine machine_{directory_.path()};
  std::unique_ptr<Cairnd> cairnd_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClockTest, AClockThatTheQuorumCallsWrongStopsAppendsUntilItIsRight) {
  for (const int64_t minutes : {2, -2}) {
    machine_->wall_offset_ms = minutes * kMinuteMs;
    ASSERT_NO_FATAL_FAILURE(Start(Args()));
    ExpectRefused("while it is wrong", minutes > 0
                                           ? "the wall clock is more than a minute ahead of what w"
                                           : "the wall clock is more than a minute behind what w");
    EXPECT_NEAR(Skew("witness:w0"), 60.0 * minutes, 10);
    ASSERT_TRUE(cairnd_->AwaitOutput("\"the clock here and one outside are more than a minute"));
    machine_->wall_offset_ms = 0;
    // Nothing new need be heard.
    const grpc::Status taken = Append(absl::StrCat("right again ", minutes));
    EXPECT_TRUE(taken.ok()) << taken.error_message();
    EXPECT_NEAR(Skew("witness:w0"), 0, 10);
    ASSERT_TRUE(cairnd_->AwaitOutput("\"the clock here and one outside agree again\""));
    EXPECT_EQ(Ready(), "ready\n");
    // And a step of a running log's clock shows at once.
    machine_->wall_offset_ms = -3 * kMinuteMs;
    ExpectRefused("stepped", "behind what w");
    machine_->wall_offset_ms = 0;
    EXPECT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
    // Once for each of the three witnesses and each of the two times, however often it was asked.
    EXPECT_LE(CountInOutput("one outside are more than a minute apart"), 6) << cairnd_->output();
  }
}

TEST_F(ClockTest, ANewestEntryAheadOfEverybodyStopsAppends) {
  machine_->wall_offset_ms = 30 * kMinuteMs;
  // Before it had witnesses.
  ASSERT_NO_FATAL_FAILURE(Start(CairndArgs(
      directory_.path(), {"--data_dir", Path("data").string(), "--http_address", "127.0.0.1:0"})));
  ASSERT_TRUE(Append("ahead").ok());
  ASSERT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
  machine_->wall_offset_ms = 0;
  ASSERT_NO_FATAL_FAILURE(Start(Args()));
  ExpectRefused("after it", "the newest entry's time is more than a minute ahead of what w");
  EXPECT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
}

TEST_F(ClockTest, OneWitnessWithAWrongClockIsReportedAndStopsNothing) {
  const FakeWitness fake([this](const std::string&, const std::string& body) {
    const auto note = note::ParseNote(body.substr(body.find("\n\n") + 2));
    const note::VerifierKey& key = WitnessKey(2).verifier_key();
    const std::string signature = *note::Cosign(WitnessKey(2), 1'700'000'000, note->text);
    return std::optional<std::string>(
        HttpResponse(200, *note::FormatSignatureLine({key.name(), key.id(), signature})));
  });
  KillWitness(2);
  addresses_[2] = fake.address();
  WritePolicy("group g 2 w0 w1 w2");
  ASSERT_NO_FATAL_FAILURE(Start(Args()));
  for (int i = 0; i < 3; ++i) {
    const grpc::Status taken = Append(absl::StrCat(i));
    EXPECT_TRUE(taken.ok()) << taken.error_message();
  }
  ASSERT_TRUE(cairnd_->AwaitOutput("more than a minute apart\" source=witness:w2"));
  EXPECT_TRUE(absl::StartsWith(Ready(), "ready; the clock here is ")) << Ready();
  EXPECT_TRUE(absl::StrContains(Ready(), " s ahead of witness:w2")) << Ready();
  EXPECT_GT(Skew("witness:w2"), 1'000'000);
  EXPECT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
}

}  // namespace
}  // namespace cairn::testing
