// Every block of a file that is accepted has a proof of work and follows its neighbour.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "absl/strings/string_view.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/evidence/bitcoin_headers_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cairn::evidence::BitcoinHeadersFile;
  using cairn::evidence::BlockHeader;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  // A bare header, too: any 80 bytes are one.
  if (cairn::evidence::ParseBlockHeader(text).ok() != (size == BlockHeader::kBytes)) std::abort();
  const auto file = BitcoinHeadersFile::Parse(text);
  if (!file.ok()) return 0;
  const absl::StatusOr<uint64_t> tip = (*file)->TipHeight();
  if (!tip.ok()) return 0;
  std::optional<BlockHeader> above;
  // As many as fit the input; the file may leave out blocks.
  for (uint64_t i = 0; i <= size / BlockHeader::kBytes && i <= *tip; ++i) {
    const absl::StatusOr<BlockHeader> header = (*file)->At(*tip - i);
    if (i == 0 && !header.ok()) std::abort();
    if (!header.ok()) break;
    if (!cairn::evidence::CheckProofOfWork(*header).ok()) std::abort();
    if (above && above->previous != header->hash) std::abort();
    above = *header;
  }
  return 0;
}
