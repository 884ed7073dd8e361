#include "anchor/evidence/testing/bitcoin_chain.h"

#include <cassert>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/bitcoin_headers_file.h"

namespace cairn::evidence::testing {
namespace {

constexpr uint32_t kFirstTime = 1'690'000'000;
constexpr uint32_t kBlockSeconds = 600;
constexpr uint32_t kEasyBits = 0x207fffff;

std::string LittleEndian(uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> 8 * i));
  return bytes;
}

}  // namespace

std::string MineHeader(const Hash& previous, const Hash& merkle_root, uint32_t time_s) {
  for (uint32_t nonce = 0;; ++nonce) {
    std::string bytes =
        absl::StrCat(LittleEndian(0x20000000), previous.view(), merkle_root.view(),
                     LittleEndian(time_s), LittleEndian(kEasyBits), LittleEndian(nonce));
    if (CheckProofOfWork(*ParseBlockHeader(bytes)).ok()) return bytes;
  }
}

BitcoinChain::BitcoinChain() { Mine(size_t{1}); }

uint64_t BitcoinChain::Mine(const Hash& merkle_root) {
  const Hash previous = raw_.empty() ? Hash() : ParseBlockHeader(raw_.back())->hash;
  const auto time_s = static_cast<uint32_t>(kFirstTime + raw_.size() * kBlockSeconds);
  raw_.push_back(MineHeader(previous, merkle_root, time_s));
  return tip();
}

void BitcoinChain::Mine(size_t count) {
  for (size_t i = 0; i < count; ++i) Mine(merkle::Sha256(absl::StrCat("other ", salt_++)));
}

void BitcoinChain::Reorganise(size_t depth) {
  Forget(depth);
  Mine(depth + 1);
}

void BitcoinChain::Forget(size_t count) {
  assert(count < raw_.size() && "the first block stays");
  raw_.resize(raw_.size() - count);
}

std::string BitcoinChain::File(uint64_t begin) const {
  std::string text;
  for (uint64_t height = begin; height <= tip(); ++height) {
    absl::StrAppend(&text, FormatHeaderLine(height, Raw(height)));
  }
  return text;
}

absl::StatusOr<BlockHeader> BitcoinChain::At(uint64_t height) {
  if (!failure_.ok()) return failure_;
  if (height < kFirst || height > tip()) return absl::NotFoundError("no such block");
  return ParseBlockHeader(Raw(height));
}

absl::StatusOr<uint64_t> BitcoinChain::TipHeight() {
  if (!failure_.ok()) return failure_;
  return tip();
}

}  // namespace cairn::evidence::testing
