// A thread of the run, and what it brings home.
//
// Each worker has a completion queue of its own and a share of the connections; workers share the
// RunState alone. One worker is enough for some 300,000 streamed entries or 40,000 calls a second;
// it takes less of the cores that the server needs than gRPC's own callback threads.

#ifndef CAIRN_TOOLS_LOAD_WORKER_H_
#define CAIRN_TOOLS_LOAD_WORKER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "grpcpp/client_context.h"
#include "tools/load/histogram.h"
#include "tools/load/options.h"
#include "tools/load/pace.h"
#include "tools/load/run_state.h"
#include "tools/load/sample.h"
#include "tools/load/signer.h"
#include "tools/load/statements.h"

namespace cairn::load {

struct Acknowledged {
  uint64_t number = 0;
  uint64_t index = 0;
};

// An answer that is kept to be verified after the run. Without proofs, `entry` and `proof` are
// empty.
struct KeptAnswer {
  Acknowledged entry_id;
  bool has_proof = false;
  std::string entry;
  std::string proof;
  std::string checkpoint;
};

// For mode kProof: an entry of the log.
struct KnownEntry {
  uint64_t index = 0;
  std::string hash;
};

// What the workers of a run have in common; outlives them.
struct Common {
  const Options& options;
  RunState& state;
  const Statements& statements;
  const Signer* signer;  // Null: statements are not signed.
  const std::vector<KnownEntry>& known;
};

struct Harvest {
  explicit Harvest(uint64_t seed)
      : acknowledged(kAcknowledged, Mix(seed)), answers(kAnswers, Mix(seed + 1)) {}

  static constexpr size_t kAcknowledged = 65'536;
  static constexpr size_t kAnswers = 512;

  Histogram latency;
  Sample<Acknowledged> acknowledged;
  Sample<KeptAnswer> answers;
  uint64_t behind = 0;
};

// Runs worker `number` until the run ends and all of its calls are answered or given up.
void RunUnary(const Common& common, uint32_t number, Harvest& harvest);
void RunStream(const Common& common, uint32_t number, Harvest& harvest);
void RunProof(const Common& common, uint32_t number, Harvest& harvest);

// What all calls carry.
void Prepare(grpc::ClientContext& context, const Options& options);
// The requests a second of a worker: statements, or batches of them.
Pace PaceOf(const Common& common, uint32_t number, uint32_t entries_a_request);
// The share of `all` (calls in flight, streams, connections) that worker `number` has.
uint32_t ShareOf(const Options& options, uint32_t all, uint32_t number);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_WORKER_H_
