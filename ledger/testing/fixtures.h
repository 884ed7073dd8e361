// What the ledger's tests share: a clock to turn, a log's key, statements to submit.

#ifndef CAIRN_LEDGER_TESTING_FIXTURES_H_
#define CAIRN_LEDGER_TESTING_FIXTURES_H_

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ledger/clock.h"
#include "ledger/log.h"
#include "ledger/store.h"
#include "ledger/submission.h"
#include "merkle/entry/entry.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/checkpoint_signer.h"

namespace cairn::ledger {

inline constexpr char kTestOrigin[] = "test.example/log";

class ManualClock final : public Clock {
 public:
  uint64_t WallMs() const override { return wall_ms; }
  uint64_t SteadyMs() const override { return steady_ms; }
  void Advance(uint64_t ms) {
    wall_ms += ms;
    steady_ms += ms;
  }

  std::atomic<uint64_t> wall_ms = 1'800'000'000'000;
  std::atomic<uint64_t> steady_ms = 5'000;
};

// The key is the same in all tests.
const note::CheckpointSigner& TestSigner();
LogIdentity TestIdentity();

// A checkpoint that TestSigner's key signed; ends the test if it did not.
note::Checkpoint OpenCheckpoint(const std::string& bytes);

// The statement of `certifier` on a hash that follows from `seed`.
entry::Statement MakeStatement(uint64_t seed, absl::string_view certifier = "acme");
Submission Submit(entry::Statement statement, bool must_exist = false);
Submission Submit(entry::CertifierEntry change);
std::vector<Submission> BatchOf(uint64_t first_seed, size_t count);

// Declares `name` by channel, without a key.
entry::CertifierEntry Declare(absl::string_view name);

// Writes these encoded entries into an empty log, whatever they are: also what no log of ours would
// append. Fewer than 256.
absl::Status WriteAsTheyAre(Store* store, std::vector<std::string> entries);

// Appends and waits for the result.
std::future<AppendResult> AppendAsync(Log& log, std::vector<Submission> batch);
AppendResult AppendAndWait(Log& log, std::vector<Submission> batch);
AppendResult AppendAndWait(Log& log, Submission submission);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_TESTING_FIXTURES_H_
