#include "ledger/server/clock_watch.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "witness/server/logger.h"

namespace cairn::server {
namespace {

constexpr int64_t kWellWithinMs = OutsideClocks::kMaxApartMs - 5'000;

}  // namespace

void ClockWatch::Look(const std::vector<OutsideClocks::Skew>& skews) {
  std::set<std::string> still;
  for (const OutsideClocks::Skew& skew : skews) {
    const bool was = apart_.contains(skew.source);
    if (skew.is_apart() || (was && std::abs(skew.ahead_ms) > kWellWithinMs)) {
      still.insert(skew.source);
      if (was) continue;
      LogWarning("the clock here and one outside are more than a minute apart",
                 {{"source", skew.source}, {"ahead_s", absl::StrCat(skew.ahead_ms / 1000)}});
    } else if (was) {
      LogInfo("the clock here and one outside agree again", {{"source", skew.source}});
    }
  }
  apart_ = std::move(still);
}

}  // namespace cairn::server
