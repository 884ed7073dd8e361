// The clients of one life of a cairnd under soak: streamed and single appends, some of them sent
// before; look-ups by hash, reads of ranges, a watcher.
//
// They run from construction until End(), or until the server goes; each on threads of its own.

#ifndef CAIRN_TESTS_SOAK_CLIENTS_H_
#define CAIRN_TESTS_SOAK_CLIENTS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "proto/log_service.grpc.pb.h"
#include "tests/soak/known.h"
#include "tools/load/histogram.h"
#include "tools/load/pace.h"

namespace cairn::testing {

struct ClientOptions {
  std::string address;
  // Differs between the lives of a log.
  uint64_t seed = 0;
  // Entries a second in the stream; none: as many as it takes, and no other client.
  std::optional<double> rate;
};

class Clients {
 public:
  // Borrows `known`.
  Clients(const ClientOptions& options, Known* known);
  ~Clients() { End(); }

  // From here on calls may fail: the server is about to go.
  void ExpectEnd() { ending_ = true; }
  // Waits until all have ended. Idempotent.
  void End();

  uint64_t entries() const { return entries_; }
  uint64_t duplicates() const { return duplicates_; }
  uint64_t reads() const { return reads_; }

  // After End(). Of single appends and of batches, from the time each was due.
  const load::Histogram& single_latency() const { return single_latency_; }
  const load::Histogram& batch_latency() const { return batch_latency_; }
  // Of calls before ExpectEnd(), by code.
  std::map<std::string, uint64_t> errors() const;
  // The first answer that a sound log would not give.
  absl::Status wrong() const;

 private:
  using Batch = std::vector<std::optional<KnownEntry>>;

  void Spawn(const std::function<void(v1::Log::Stub&)>& run);
  // False when the client is to end.
  bool Judge(const absl::Status& status);
  bool Judge(const grpc::Status& status);

  void Stream(v1::Log::Stub& stub);
  absl::Status TakeBatch(const v1::AppendStreamResponse& answer, const Batch& batch,
                         uint64_t first_number);
  void AppendSingly(v1::Log::Stub& stub);
  void LookUp(v1::Log::Stub& stub);
  void List(v1::Log::Stub& stub);
  void Watch(v1::Log::Stub& stub);

  const ClientOptions options_;
  Known* const known_;
  std::atomic<bool> ending_ = false;
  std::atomic<uint64_t> entries_ = 0;
  std::atomic<uint64_t> duplicates_ = 0;
  std::atomic<uint64_t> reads_ = 0;
  load::Histogram single_latency_;
  load::Histogram batch_latency_;
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> errors_;
  absl::Status wrong_;
  std::vector<std::thread> threads_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SOAK_CLIENTS_H_
