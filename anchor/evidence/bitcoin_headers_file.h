// Block headers from a file that the verifier chose, for judging Bitcoin attestations offline.
//
// Shape: text, one block a line: height, a blank, the 80 bytes of its header as 160 lower-case hex
//   digits; heights rise, and may leave out blocks. Empty lines and lines that begin with # count
//   for nothing. At most 4,000,000 blocks. The last block is taken for the tip: its height decides
//   how deep the others are.
// Checked: each header's proof of work and, where two heights follow one another, that the second
//   header names the first. Not that the headers are of the main chain: whoever chose the file
//   answers for that.
// Errors: kInvalidArgument, with the number of the line; of At(), kNotFound.
// Threads: any, nothing changes after Parse. Memory: about 120 bytes a block; the text is not
// needed any more.

#ifndef CAIRN_ANCHOR_EVIDENCE_BITCOIN_HEADERS_FILE_H_
#define CAIRN_ANCHOR_EVIDENCE_BITCOIN_HEADERS_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/bitcoin.h"

namespace cairn::evidence {

class BitcoinHeadersFile final : public BlockHeaders {
 public:
  static absl::StatusOr<std::unique_ptr<BitcoinHeadersFile>> Parse(absl::string_view text);

  absl::StatusOr<BlockHeader> At(uint64_t height) override;
  absl::StatusOr<uint64_t> TipHeight() override;

 private:
  struct Block {
    uint64_t height;
    BlockHeader header;
  };

  explicit BitcoinHeadersFile(std::vector<Block> blocks) : blocks_(std::move(blocks)) {}

  std::vector<Block> blocks_;  // By height.
};

// A line of such a file, with its end. Requires 80 bytes.
std::string FormatHeaderLine(uint64_t height, absl::string_view header);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_BITCOIN_HEADERS_FILE_H_
