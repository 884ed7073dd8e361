// The findings of an audit from one run to the next: their numbers, and which of them a person has
// acknowledged.
//
// A finding keeps its number for as long as it stands, and a number is never given twice. At most
// kMaxFindings that nobody acknowledged are kept; further ones are only counted.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_FINDINGS_H_
#define CAIRN_WITNESS_FINDINGS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "witness/finding.h"

namespace cairn::witness {

inline constexpr size_t kMaxFindings = 10'000;

class Findings {
 public:
  // What a state has kept, `told` first: findings from that number on were never told. `finding`
  // comes with its number. kInvalidArgument for a number that does not
  // rise, kNotFound for an acknowledgement of none.
  absl::Status Restore(Finding finding);
  absl::Status RestoreAcknowledgement(uint64_t number, Acknowledgement acknowledgement);
  void RestoreTold(uint64_t number) { told_ = number; }
  void RestoreCounts(uint64_t next_number, uint64_t unlisted);

  // One of this run. The same again is not counted again.
  void Add(Finding finding);

  // A run is over that looked at all: what it did not see again and does not last goes, unless it
  // was acknowledged.
  void Settle();

  // A run ends whose report is told: what it says is not new to the next one.
  void Tell() { told_ = next_number_; }

  // All from `first` to `last`. kNotFound where there is none; kFailedPrecondition, and nothing is
  // acknowledged, where two signed trees are among them, which nobody can explain away.
  absl::Status Acknowledge(uint64_t first, uint64_t last, const Acknowledgement& acknowledgement);

  // All that are kept, by number, and whether each holds now: it lasts, or this run has seen it.
  const std::vector<Finding>& kept() const { return kept_; }
  bool Holds(const Finding& finding) const {
    return IsLasting(finding) || seen_.contains(finding.number);
  }
  uint64_t next_number() const { return next_number_; }
  uint64_t told() const { return told_; }
  // Those that hold and are not among `kept`: how many, how many of them last, and how many this
  // run has added.
  uint64_t unlisted() const { return unlisted_ + unlisted_now_; }
  uint64_t unlisted_lasting() const { return unlisted_; }
  uint64_t unlisted_new() const { return unlisted_now_ + unlisted_ - unlisted_before_; }

 private:
  void Index(size_t at);

  std::vector<Finding> kept_;
  // By what a finding says; its place in `kept_`.
  absl::flat_hash_map<std::string, size_t> places_;
  absl::flat_hash_set<uint64_t> seen_;
  size_t unacknowledged_ = 0;
  uint64_t next_number_ = 1;
  uint64_t told_ = 1;
  uint64_t unlisted_ = 0;
  uint64_t unlisted_before_ = 0;
  uint64_t unlisted_now_ = 0;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_FINDINGS_H_
