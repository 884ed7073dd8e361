#include "anchor/evidence/bitcoin_headers_file.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/note/text.h"

namespace cairn::evidence {
namespace {

constexpr size_t kMaxBlocks = 4'000'000;

}  // namespace

absl::StatusOr<std::unique_ptr<BitcoinHeadersFile>> BitcoinHeadersFile::Parse(
    absl::string_view text) {
  std::vector<Block> blocks;
  size_t number = 0;
  const auto malformed = [&number](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("block headers, line ", number, ": ", why));
  };
  while (!text.empty()) {
    ++number;
    const size_t end = text.find('\n');
    if (end == absl::string_view::npos) return malformed("does not end");
    const absl::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty() || absl::StartsWith(line, "#")) continue;
    if (blocks.size() == kMaxBlocks) return malformed("a block too many");
    const size_t blank = line.find(' ');
    if (blank == absl::string_view::npos) return malformed("not a height and a header");
    const absl::StatusOr<uint64_t> height = note::ParseDecimal(line.substr(0, blank));
    if (!height.ok()) return malformed("not a height");
    const absl::StatusOr<std::string> bytes = note::ParseHex(line.substr(blank + 1));
    if (!bytes.ok()) return malformed("not a header in lower-case hex");
    const absl::StatusOr<BlockHeader> header = ParseBlockHeader(*bytes);
    if (!header.ok()) return malformed(header.status().message());
    const absl::Status work = CheckProofOfWork(*header);
    if (!work.ok()) return malformed(work.message());
    if (!blocks.empty() && *height <= blocks.back().height) return malformed("heights do not rise");
    if (!blocks.empty() && *height - 1 == blocks.back().height &&
        header->previous != blocks.back().header.hash) {
      return malformed("does not follow the block before it");
    }
    blocks.push_back({.height = *height, .header = *header});
  }
  return std::unique_ptr<BitcoinHeadersFile>(new BitcoinHeadersFile(std::move(blocks)));
}

absl::StatusOr<BlockHeader> BitcoinHeadersFile::At(uint64_t height) {
  const auto block =
      std::lower_bound(blocks_.begin(), blocks_.end(), height,
                       [](const Block& known, uint64_t wanted) { return known.height < wanted; });
  if (block == blocks_.end() || block->height != height) {
    return absl::NotFoundError(absl::StrCat("block headers: none at height ", height));
  }
  return block->header;
}

absl::StatusOr<uint64_t> BitcoinHeadersFile::TipHeight() {
  if (blocks_.empty()) return absl::NotFoundError("block headers: none");
  return blocks_.back().height;
}

std::string FormatHeaderLine(uint64_t height, absl::string_view header) {
  assert(header.size() == BlockHeader::kBytes && "not a block header");
  return absl::StrCat(height, " ", note::FormatHex(header), "\n");
}

}  // namespace cairn::evidence
