// The rounds in which a log handed a checkpoint to outside systems, for an audit: asked of the log
// over gRPC, the receipts judged by the verifier's own trust anchors.
//
// Threads: one at a time. Lifetime: borrows all it is given.

#ifndef CAIRN_TOOLS_CAIRN_ANCHORED_ROUNDS_H_
#define CAIRN_TOOLS_CAIRN_ANCHORED_ROUNDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/evidence/anchors.h"
#include "tools/cairn/log_client.h"
#include "witness/round_source.h"

namespace cairn::cli {

// Times that no anchor covers, by the log's own report.
inline constexpr size_t kMaxGaps = 100;

class AnchoredRounds final : public witness::RoundSource {
 public:
  AnchoredRounds(LogClient& log, const evidence::AnchorTrust& trust) : log_(log), trust_(trust) {}

  absl::StatusOr<uint64_t> Last() override;
  absl::StatusOr<witness::AnchoredRound> Read(uint64_t number) override;

  // Receipts of the rounds that were read, in order: verified here; accepted, which takes the
  // receipt's word or more time; false.
  struct Receipts {
    uint64_t verified = 0;
    uint64_t accepted = 0;
    uint64_t failed = 0;
  };
  const Receipts& receipts() const { return receipts_; }

  // Asks for the gaps, a line each: the first kMaxGaps, and how many there are.
  absl::Status ReadGaps(std::vector<std::string>& gaps, uint64_t& count);

 private:
  void Judge(const v1::AnchorReceipt& receipt, const Hash& digest, witness::AnchoredRound& round);

  LogClient& log_;
  const evidence::AnchorTrust trust_;
  Receipts receipts_;
  // Up to this round: once each.
  uint64_t judged_ = 0;
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_ANCHORED_ROUNDS_H_
