#include "ledger/server/outside_clocks.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cairn::server {
namespace {

constexpr uint64_t kForgottenAfterMs = 24 * 3'600'000;
// Of a count in milliseconds: what somebody outside says could overflow it.
constexpr uint64_t kMaxSeconds = uint64_t{1} << 50;

uint64_t ToMs(uint64_t seconds) { return std::min(seconds, kMaxSeconds) * 1000; }

bool IsFresh(uint64_t heard_ms, uint64_t now_ms) { return now_ms - heard_ms < kForgottenAfterMs; }

}  // namespace

OutsideClocks::Offset OutsideClocks::OffsetOf(uint64_t earliest_ms, uint64_t latest_ms,
                                              uint64_t asked_ms, uint64_t now_ms) {
  return {.least_ms = static_cast<int64_t>(earliest_ms) - static_cast<int64_t>(now_ms),
          .most_ms = static_cast<int64_t>(latest_ms) - static_cast<int64_t>(asked_ms),
          .heard_ms = now_ms};
}

int64_t OutsideClocks::AheadMs(const Offset& offset, uint64_t at_ms, uint64_t steady_ms) {
  const auto at = static_cast<int64_t>(at_ms);
  const int64_t least = offset.least_ms + static_cast<int64_t>(steady_ms);
  const int64_t most = offset.most_ms + static_cast<int64_t>(steady_ms);
  if (at > most) return at - most;
  if (at < least) return at - least;
  return 0;
}

bool OutsideClocks::IsOn(Side side, int64_t ahead_ms) {
  switch (side) {
    case Side::kAhead:
      return ahead_ms > kMaxApartMs;
    case Side::kBehind:
      return ahead_ms < -kMaxApartMs;
    case Side::kNear:
      return ahead_ms <= kMaxApartMs && ahead_ms >= -kMaxApartMs;
  }
  return false;
}

void OutsideClocks::HearWitness(size_t witness, uint64_t at_s, uint64_t asked_ms) {
  const uint64_t now_ms = clock_.SteadyMs();
  const std::lock_guard lock(mutex_);
  // Its second had not ended.
  witnesses_[witness] = OffsetOf(ToMs(at_s), ToMs(at_s) + 1000, asked_ms, now_ms);
}

void OutsideClocks::HearAuthority(const std::string& anchor, const std::string& operated_by,
                                  uint64_t earliest_s, uint64_t latest_s, uint64_t asked_ms) {
  const uint64_t now_ms = clock_.SteadyMs();
  const std::lock_guard lock(mutex_);
  authorities_[anchor] = {
      .operated_by = absl::AsciiStrToLower(operated_by),
      .offset = OffsetOf(ToMs(earliest_s), ToMs(latest_s) + 1000, asked_ms, now_ms)};
}

std::vector<std::string> OutsideClocks::Convincing(Side side, uint64_t at_ms,
                                                   uint64_t steady_ms) const {
  std::vector<std::string> names;
  note::WitnessSet apart(witnesses_.size());
  for (size_t i = 0; i < witnesses_.size(); ++i) {
    if (!witnesses_[i].has_value() || !IsFresh(witnesses_[i]->heard_ms, steady_ms)) continue;
    apart[i] = IsOn(side, AheadMs(*witnesses_[i], at_ms, steady_ms));
    if (apart[i]) names.push_back(policy_->witnesses()[i].name);
  }
  // A policy that needs nobody is met by nobody.
  if (!names.empty() && !policy_->needs_none() && policy_->IsQuorum(apart)) return names;
  names.clear();
  std::set<std::string> heard, far;
  for (const auto& [anchor, authority] : authorities_) {
    if (!IsFresh(authority.offset.heard_ms, steady_ms)) continue;
    heard.insert(authority.operated_by);
    if (!IsOn(side, AheadMs(authority.offset, at_ms, steady_ms))) continue;
    far.insert(authority.operated_by);
    names.push_back(anchor);
  }
  // As many as it takes that one alone does not decide.
  if (far.size() < 2 || 2 * far.size() <= heard.size()) names.clear();
  return names;
}

absl::StatusOr<bool> OutsideClocks::Check(uint64_t at_ms) const {
  // Wall first: held up in between, it looks behind by a little, and never ahead.
  const uint64_t wall_ms = clock_.WallMs();
  const uint64_t steady_ms = clock_.SteadyMs();
  const std::lock_guard lock(mutex_);
  const auto say = [&](Side side, uint64_t time_ms) {
    return absl::StrJoin(Convincing(side, time_ms, steady_ms), ", ");
  };
  // The clock itself also where a newer entry's time would be given: that one stands still.
  if (const std::string who = say(Side::kBehind, wall_ms); !who.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the wall clock is more than a minute behind what ", who,
                     " say, so no entry is given a time; set the clock right"));
  }
  if (const std::string who = say(Side::kAhead, wall_ms); !who.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the wall clock is more than a minute ahead of what ", who,
                     " say, so no entry is given a time; set the clock right"));
  }
  if (const std::string who = say(Side::kAhead, at_ms); !who.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the newest entry's time is more than a minute ahead of what ", who,
        " say that it is, so no entry is given a time until that has come; the wall clock here "
        "was ahead when that entry was taken"));
  }
  return !say(Side::kNear, wall_ms).empty();
}

std::vector<OutsideClocks::Skew> OutsideClocks::Skews() const {
  const uint64_t wall_ms = clock_.WallMs();
  const uint64_t steady_ms = clock_.SteadyMs();
  std::vector<Skew> skews;
  const std::lock_guard lock(mutex_);
  const auto add = [&](absl::string_view kind, absl::string_view name, const Offset& offset) {
    if (!IsFresh(offset.heard_ms, steady_ms)) return;
    skews.push_back(
        {.source = absl::StrCat(kind, ":", name), .ahead_ms = AheadMs(offset, wall_ms, steady_ms)});
  };
  for (size_t i = 0; i < witnesses_.size(); ++i) {
    if (witnesses_[i].has_value()) add("witness", policy_->witnesses()[i].name, *witnesses_[i]);
  }
  for (const auto& [anchor, authority] : authorities_) add("anchor", anchor, authority.offset);
  return skews;
}

std::string OutsideClocks::Describe(const std::vector<Skew>& skews) {
  std::string text;
  for (const Skew& skew : skews) {
    if (!skew.is_apart()) continue;
    absl::StrAppend(&text, text.empty() ? "the clock here is " : ", ",
                    (skew.ahead_ms < 0 ? -skew.ahead_ms : skew.ahead_ms) / 1000, " s ",
                    skew.ahead_ms < 0 ? "behind " : "ahead of ", skew.source);
  }
  return text;
}

}  // namespace cairn::server
