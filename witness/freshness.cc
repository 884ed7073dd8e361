#include "witness/freshness.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace cairn::witness {
namespace {

// The latest time at which, or after which, enough of the policy's witnesses cosigned.
std::optional<uint64_t> QuorumTime(const note::CosignedAt& cosigned_at_s,
                                   const note::Policy& policy, uint64_t now_s) {
  std::vector<uint64_t> times;
  for (const std::optional<uint64_t>& at_s : cosigned_at_s) {
    if (at_s.has_value() && IsTime(*at_s, now_s)) times.push_back(*at_s);
  }
  std::sort(times.rbegin(), times.rend());
  for (const uint64_t time : times) {
    note::WitnessSet by_then(cosigned_at_s.size());
    for (size_t i = 0; i < cosigned_at_s.size(); ++i) {
      by_then[i] = cosigned_at_s[i].has_value() && IsTime(*cosigned_at_s[i], now_s) &&
                   *cosigned_at_s[i] >= time;
    }
    if (policy.IsQuorum(by_then)) return time;
  }
  return std::nullopt;
}

std::string AgeText(uint64_t seconds) {
  constexpr uint64_t kDay = 86'400;
  if (seconds % kDay == 0) return absl::StrCat(seconds / kDay, seconds == kDay ? " day" : " days");
  return absl::FormatDuration(absl::Seconds(seconds));
}

}  // namespace

std::string FreshByName(FreshBy by) {
  switch (by) {
    case FreshBy::kNothing:
      return "nothing";
    case FreshBy::kQuorum:
      return "quorum";
    case FreshBy::kCosignature:
      return "cosignature";
    case FreshBy::kNewestEntry:
      return "newest_entry";
  }
  assert(false && "every source has a name");
  return "";
}

bool IsTime(uint64_t cosigned_at_s, uint64_t now_s) {
  return cosigned_at_s != 0 && (now_s == 0 || cosigned_at_s <= now_s + kClockSkewS);
}

Freshness FreshnessOf(const note::CosignedAt& cosigned_at_s, const note::Policy& policy,
                      std::optional<uint64_t> last_ms, uint64_t now_s) {
  if (const std::optional<uint64_t> at_s = QuorumTime(cosigned_at_s, policy, now_s);
      at_s.has_value()) {
    return {policy.needs_none() ? FreshBy::kCosignature : FreshBy::kQuorum, *at_s};
  }
  if (last_ms.has_value() && IsTime(*last_ms / 1000, now_s)) {
    return {FreshBy::kNewestEntry, *last_ms / 1000};
  }
  return {};
}

std::optional<std::string> TooOld(const Freshness& freshness, uint64_t max_age_s, uint64_t now_s) {
  std::string what;
  switch (freshness.by) {
    case FreshBy::kNothing:
      return "nothing shows how old the checkpoint is: there is no cosignature that the policy "
             "counts, and no entry with a time that has come";
    case FreshBy::kQuorum:
      what = "the policy's witnesses last cosigned the checkpoint at ";
      break;
    case FreshBy::kCosignature:
      what = "a witness last cosigned the checkpoint at ";
      break;
    case FreshBy::kNewestEntry:
      what = "the newest entry was accepted, says the log, at ";
      break;
  }
  if (freshness.at_s >= now_s || now_s - freshness.at_s <= max_age_s) return std::nullopt;
  return absl::StrCat(what, SecondText(freshness.at_s), ", more than ", AgeText(max_age_s),
                      " ago: what is shown may be an old copy, or the log has stopped");
}

std::string SecondText(uint64_t unix_s) {
  return absl::FormatTime(
      "%Y-%m-%dT%H:%M:%SZ",
      absl::FromUnixSeconds(static_cast<int64_t>(std::min(unix_s, uint64_t{253'402'300'799}))),
      absl::UTCTimeZone());
}

}  // namespace cairn::witness
