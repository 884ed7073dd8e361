// How much each certifier may submit.
//
// Shape: a bucket that fills at entries_per_second up to one second's worth, and a count since
//   midnight UTC (anchor/quota_day.h: a clock that is set back gives no second quota). A submission
//   passes while the bucket is not empty, whatever its size, and what it takes too much is owed: so
//   the average holds, and a batch larger than a second's worth is not refused for ever. A
//   submission that would exceed the day is refused. Both live in memory. Checked before an append
//   and charged after it, for new entries alone: whoever repeats a certifier's public signed
//   statements takes nothing from it. So what is in flight at once all passes; in the bucket it is
//   owed, in the day it is too much.
// Errors: kResourceExhausted with RetryInfo.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_LIMITS_H_
#define CAIRN_LEDGER_SERVER_LIMITS_H_

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "anchor/quota_day.h"
#include "ledger/clock.h"

namespace cairn::server {

// 0: no limit.
struct Limits {
  uint32_t entries_per_second = 0;
  uint64_t entries_per_day = 0;
};

class Limiter {
 public:
  // `by_certifier` for those with limits of their own. The clock outlives this.
  Limiter(absl::flat_hash_map<std::string, Limits> by_certifier, Limits others,
          const ledger::Clock* clock)
      : by_certifier_(std::move(by_certifier)), others_(others), clock_(*clock) {}

  // Entries by certifier.
  using Counts = absl::flat_hash_map<std::string, uint64_t>;

  // Whether every certifier may add its number of entries now.
  absl::Status Check(const Counts& entries);
  // What was added.
  void Charge(const Counts& entries);

  // By certifier, since the start: entries that were added, and such as Check() refused.
  struct Totals {
    uint64_t added = 0;
    uint64_t refused = 0;
  };
  absl::flat_hash_map<std::string, Totals> totals() const;

 private:
  struct Account {
    double bucket = 0;  // Negative: owed.
    uint64_t filled_at_ms = 0;
    anchor::QuotaDay day;
    uint64_t today = 0;
    Totals totals;
  };

  const Limits& LimitsOf(absl::string_view certifier) const;
  Account& Refresh(const std::string& certifier, const Limits& limits);
  absl::Status CheckOne(const std::string& certifier, uint64_t count, const Account& account) const;

  const absl::flat_hash_map<std::string, Limits> by_certifier_;
  const Limits others_;
  const ledger::Clock& clock_;
  mutable std::mutex mutex_;
  // Certifiers that were admitted; never more than were declared.
  absl::flat_hash_map<std::string, Account> accounts_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_LIMITS_H_
