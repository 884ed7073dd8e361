// What cairnd counts and measures: the part that calls and commits report as they happen. The rest
// is asked of its owners when somebody reads (scrape.h).
//
// Names and meaning of every metric: docs/operations.md. Labels have few values, never ones that a
// client chooses.
// Cost: a call or a commit pays for a short lock and two additions, an entry for nothing.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_METRICS_H_
#define CAIRN_LEDGER_SERVER_METRICS_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "merkle/types.h"

namespace prometheus {
struct MetricFamily;
}

namespace cairn::server {

// What a latency is taken of. Streams: see docs/operations.md.
enum class Call {
  kAppend,
  kAppendStream,
  kProve,
  kGetConsistency,
  kGetCheckpoint,
  kWatchCheckpoints,
  kListEntries,
  kGetProofState,
  kListAnchorRounds,
  kGetAnchorRound,
  kWatchAnchors,
  kWatchProofState,
  kGetEvidence,
  kHttpCheckpoint,
  kHttpTile,
  kHttpEntries,
};
inline constexpr size_t kCalls = 16;
inline constexpr size_t kCodes = 17;

// What became of statements.
struct Outcomes {
  uint64_t appended = 0;
  uint64_t duplicate = 0;
  std::array<uint64_t, kCodes> refused = {};

  void Refuse(const absl::Status& why, uint64_t count = 1) {
    refused[static_cast<size_t>(why.code()) % kCodes] += count;
  }
};

class Metrics {
 public:
  using Clock = std::chrono::steady_clock;

  static std::unique_ptr<Metrics> Make();
  virtual ~Metrics() = default;

  // A call (of AppendStream: a batch) that began at `begun` is answered.
  virtual void Answered(Call call, absl::StatusCode code, Clock::time_point begun) = 0;
  virtual void Count(const Outcomes& statements) = 0;

  // One synced write of `entries`; a table moved into the index; a look-up of tags.
  virtual void Committed(size_t entries, size_t bytes, Clock::duration took) = 0;
  virtual void Ingested(size_t rows, Clock::duration took) = 0;
  virtual void LookedUp(size_t tags, Clock::duration took) = 0;

  // A witness of the policy, whose series are there from then on. Before all that is said of it.
  virtual void AddWitness(const std::string& name) = 0;
  // One request to a witness, until its answer was read, or had failed to come.
  virtual void WitnessAnswered(const std::string& name, Clock::duration took) = 0;
  // What asking it for a cosignature over one checkpoint came to.
  virtual void Cosigned(const std::string& name, TreeSize size, uint64_t at_s) = 0;
  virtual void NotCosigned(const std::string& name, absl::StatusCode why) = 0;
  // A checkpoint was published, so long after it was integrated.
  virtual void Published(TreeSize size, Clock::duration took) = 0;

  virtual std::vector<prometheus::MetricFamily> Collect() const = 0;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_METRICS_H_
