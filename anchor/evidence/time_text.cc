#include "anchor/evidence/time_text.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace cairn::evidence {

std::string TimeText(uint64_t unix_ms) {
  // A date that far would only mislead.
  constexpr uint64_t kYear10000Ms = 253'402'300'800'000;
  if (unix_ms >= kYear10000Ms) return absl::StrCat(unix_ms, " ms");
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                          absl::FromUnixMillis(static_cast<int64_t>(unix_ms)), absl::UTCTimeZone());
}

}  // namespace cairn::evidence
