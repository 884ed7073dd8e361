// How new a checkpoint is shown to be.
//
// A checkpoint was the log's at the time T if so many witnesses cosigned it at T or later that the
// policy's quorum is met; where the policy demands none, if one did. Where there are no
// cosignatures, the newest entry's time is all there is: the log's own word. A cosignature of the
// time 0 claims no time, and what is later than now and kClockSkewS counts for nothing.
// Threads: pure.

#ifndef CAIRN_WITNESS_FRESHNESS_H_
#define CAIRN_WITNESS_FRESHNESS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "merkle/note/policy.h"

namespace cairn::witness {

// How far the clocks of a log, a witness and an auditor may differ.
inline constexpr uint64_t kClockSkewS = 60;

// As old as a checkpoint may be, unless something else is asked for.
inline constexpr uint64_t kDefaultMaxAgeS = 86'400;

enum class FreshBy { kNothing, kQuorum, kCosignature, kNewestEntry };

// "nothing", "quorum", "cosignature", "newest_entry". Persistent: scripts depend on them.
std::string FreshByName(FreshBy by);

struct Freshness {
  FreshBy by = FreshBy::kNothing;
  // The checkpoint is not older.
  uint64_t at_s = 0;
};

// Whether a cosignature's time can be believed at all.
bool IsTime(uint64_t cosigned_at_s, uint64_t now_s);

// `last_ms`: the time of the newest entry; nullopt: there is none. `now_s` 0: no clock is at hand,
// and no time is too late.
Freshness FreshnessOf(const note::CosignedAt& cosigned_at_s, const note::Policy& policy,
                      std::optional<uint64_t> last_ms, uint64_t now_s);

// What is wrong with it; nullopt: it is as new as it has to be.
std::optional<std::string> TooOld(const Freshness& freshness, uint64_t max_age_s, uint64_t now_s);

// "2026-11-21T10:00:00Z".
std::string SecondText(uint64_t unix_s);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_FRESHNESS_H_
