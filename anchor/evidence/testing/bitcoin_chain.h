// A Bitcoin chain for tests: real headers, with targets that two tries meet, and reorganisations.

#ifndef CAIRN_ANCHOR_EVIDENCE_TESTING_BITCOIN_CHAIN_H_
#define CAIRN_ANCHOR_EVIDENCE_TESTING_BITCOIN_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/bitcoin.h"
#include "merkle/hash.h"

namespace cairn::evidence::testing {

class BitcoinChain final : public BlockHeaders {
 public:
  // The height of its first block.
  static constexpr uint64_t kFirst = 800'000;

  // Of one block.
  BitcoinChain();

  // Puts a block with this Merkle root on top and returns its height.
  uint64_t Mine(const Hash& merkle_root);
  // Puts `count` blocks on top that hold nothing of ours.
  void Mine(size_t count);
  // Takes the newest `depth` blocks away and puts one more than that in their place, none of which
  // holds anything of ours: a reorganisation goes where there is more work.
  void Reorganise(size_t depth);
  // Takes the newest `count` blocks away: a source that lags behind.
  void Forget(size_t count);

  // The 80 bytes; requires a height that there is.
  const std::string& Raw(uint64_t height) const { return raw_.at(height - kFirst); }
  uint64_t tip() const { return kFirst + raw_.size() - 1; }
  // As a headers file, from `begin` to the tip.
  std::string File(uint64_t begin = kFirst) const;

  // What At and TipHeight return while it is not OK.
  void Fail(absl::Status status) { failure_ = std::move(status); }

  absl::StatusOr<BlockHeader> At(uint64_t height) override;
  absl::StatusOr<uint64_t> TipHeight() override;

 private:
  std::vector<std::string> raw_;
  uint64_t salt_ = 0;  // Makes blocks that hold nothing of ours differ.
  absl::Status failure_;
};

// 80 bytes that have a proof of work, by an easy target.
std::string MineHeader(const Hash& previous, const Hash& merkle_root, uint32_t time_s);

}  // namespace cairn::evidence::testing

#endif  // CAIRN_ANCHOR_EVIDENCE_TESTING_BITCOIN_CHAIN_H_
