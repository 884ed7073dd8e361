#include "tools/load/statements.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/hash.h"

namespace cairn::load {
namespace {

// docs/formats.md: all of an unsigned statement's entry but the three texts.
constexpr uint32_t kFixedBytes = 55;

// Ids as they are in practice: digits of random words.
void FillId(uint64_t seed, size_t bytes, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out.resize(bytes);
  uint64_t word = 0;
  for (size_t i = 0; i < bytes; ++i, word >>= 4) {
    if (i % 16 == 0) word = Mix(seed + i);
    out[i] = kDigits[word & 15];
  }
}

// A log knows the caller's name when it is not given; the one on loopback is the usual.
size_t NameBytes(absl::string_view certifier) {
  return certifier.empty() ? absl::string_view(entry::kAnonymous).size() : certifier.size();
}

}  // namespace

uint64_t Mix(uint64_t word) {
  word += 0x9e3779b97f4a7c15;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

absl::Status CheckEntryBytes(uint32_t entry_bytes, absl::string_view certifier) {
  const size_t least = kFixedBytes + NameBytes(certifier);
  const size_t most = least + 2 * entry::kMaxTextBytes;
  if (entry_bytes >= least && entry_bytes <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--entry_bytes takes ", least, " to ", most,
                   " with this certifier's name; a signature comes on top"));
}

Statements::Statements(uint64_t seed, uint32_t entry_bytes, std::string certifier)
    : certifier_(std::move(certifier)) {
  const size_t ids = entry_bytes - kFixedBytes - NameBytes(certifier_);
  trace_bytes_ = std::min(ids / 2, entry::kMaxTextBytes);
  task_bytes_ = ids - trace_bytes_;
  for (size_t i = 0; i < seeds_.size(); ++i) seeds_[i] = Mix(seed ^ Mix(i));
}

std::array<uint8_t, 32> Statements::HashOf(uint64_t number) const {
  std::array<uint8_t, 32> hash;
  for (size_t i = 0; i < seeds_.size(); ++i) {
    const uint64_t word = Mix(seeds_[i] + number);
    std::memcpy(hash.data() + 8 * i, &word, 8);
  }
  return hash;
}

void Statements::Fill(uint64_t number, v1::Statement& out) const {
  const std::array<uint8_t, 32> hash = HashOf(number);
  out.set_certificate_hash(hash.data(), hash.size());
  out.set_policy_status(v1::POLICY_STATUS_PASS);
  out.set_certifier(certifier_);
  FillId(Mix(seeds_[0] ^ number), trace_bytes_, *out.mutable_trace());
  FillId(Mix(seeds_[1] ^ number), task_bytes_, *out.mutable_task());
}

entry::Statement Statements::Make(uint64_t number) const {
  entry::Statement out;
  out.certificate_hash.bytes = HashOf(number);
  out.policy_status = entry::PolicyStatus::kPass;
  out.certifier = certifier_;
  FillId(Mix(seeds_[0] ^ number), trace_bytes_, out.trace);
  FillId(Mix(seeds_[1] ^ number), task_bytes_, out.task);
  return out;
}

}  // namespace cairn::load
