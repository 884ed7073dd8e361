// What a log says that it has handed to its anchors, as an auditor reads it. Declared here;
// `cairn audit --anchors` asks the log over gRPC.
//
// Errors: kNotFound for a round that the log does not have, kDataLoss for an answer that is
//   malformed. Others: it could not be asked. None is held against the log.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_ROUND_SOURCE_H_
#define CAIRN_WITNESS_ROUND_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/proof_bytes.h"

namespace cairn::witness {

struct AnchoredRound {
  std::string note = {};
  // From the tree of the round before; of the first: empty.
  merkle::Proof consistency = {};
  // The names of those who were to take it.
  std::vector<std::string> anchors = {};
  // What is false of it by itself, such as a receipt that is over another note: a sentence each.
  std::vector<std::string> faults = {};
  // None of its receipts will change any more.
  bool settled = false;
};

class RoundSource {
 public:
  virtual ~RoundSource() = default;

  // The number of the newest, 0 while there is none.
  virtual absl::StatusOr<uint64_t> Last() = 0;
  // From 1.
  virtual absl::StatusOr<AnchoredRound> Read(uint64_t number) = 0;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_ROUND_SOURCE_H_
