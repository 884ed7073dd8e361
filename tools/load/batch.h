// The batches of a worker's streams: filled, and their answers judged.
//
// Threads: the worker's.

#ifndef CAIRN_TOOLS_LOAD_BATCH_H_
#define CAIRN_TOOLS_LOAD_BATCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/log.pb.h"
#include "tools/load/worker.h"

namespace cairn::load {

// What was sent and waits for its answer.
struct Batch {
  struct Item {
    uint64_t number;
    // Where the log has it; none: it is new.
    std::optional<uint64_t> index;
  };

  uint64_t id = 0;
  Clock::time_point meant;
  std::vector<Item> items;
};

class Batches {
 public:
  Batches(const Common& common, uint32_t worker, Harvest& harvest);

  // The next batch, its statements into `batch.items`; null when nothing is left to send. Valid
  // until the next call.
  const v1::AppendStreamRequest* Fill(uint64_t id, Batch& batch);
  // Counts what the answer says, and ends the run where it is false.
  void Judge(const Batch& batch, const v1::AppendStreamResponse& response, Clock::time_point now);

 private:
  void Choose(Batch& batch);
  void Sign(const Batch& batch);
  // Errors are reasons for calling the answer false.
  std::string JudgeItems(const Batch& batch, const v1::AppendStreamResponse& response,
                         Clock::time_point now);
  std::string JudgeException(const Batch::Item& item, const v1::AppendException& exception,
                             Clock::time_point now);
  void Refuse(const Batch& batch, const v1::AppendStreamResponse& response, Clock::time_point now);
  void Keep(const Batch& batch, const v1::AppendStreamResponse& response);

  const Common& common_;
  Harvest& harvest_;
  const uint32_t worker_;
  uint64_t random_;
  uint64_t next_ = 0;
  v1::AppendStreamRequest request_;
  std::vector<uint64_t> numbers_;
};

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_BATCH_H_
