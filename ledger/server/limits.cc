#include "ledger/server/limits.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "ledger/server/status.h"

namespace cairn::server {
namespace {

constexpr uint64_t kDayMs = anchor::QuotaDay::kDayMs;

}  // namespace

const Limits& Limiter::LimitsOf(absl::string_view certifier) const {
  const auto own = by_certifier_.find(certifier);
  return own == by_certifier_.end() ? others_ : own->second;
}

Limiter::Account& Limiter::Refresh(const std::string& certifier, const Limits& limits) {
  const uint64_t now = clock_.SteadyMs();
  const uint64_t wall = clock_.WallMs();
  const double full = limits.entries_per_second;
  auto [it, is_new] =
      accounts_.try_emplace(certifier, Account{.bucket = full,
                                               .filled_at_ms = now,
                                               .day = anchor::QuotaDay(wall / kDayMs, now),
                                               .today = 0,
                                               .totals = {}});
  Account& account = it->second;
  if (is_new) return account;
  const double filled = static_cast<double>(now - account.filled_at_ms) / 1000.0 * full;
  account.bucket = std::min(full, account.bucket + filled);
  account.filled_at_ms = now;
  if (account.day.Advance(wall, now)) account.today = 0;
  return account;
}

absl::Status Limiter::CheckOne(const std::string& certifier, uint64_t count,
                               const Account& account) const {
  const Limits& limits = LimitsOf(certifier);
  if (limits.entries_per_second > 0 && account.bucket <= 0) {
    const double wait_ms = (1 - account.bucket) / limits.entries_per_second * 1000.0;
    return WithRetry(absl::ResourceExhaustedError(absl::StrCat(
                         "certifier `", certifier, "` may add ", limits.entries_per_second,
                         " entries a second; send the rest later, or ask the log's operator for "
                         "a higher limit")),
                     static_cast<uint64_t>(std::ceil(wait_ms)));
  }
  if (limits.entries_per_day > 0 && account.today + count > limits.entries_per_day) {
    return WithRetry(
        absl::ResourceExhaustedError(absl::StrCat(
            "certifier `", certifier, "` may add ", limits.entries_per_day,
            " entries a day and has added ", account.today,
            " since midnight UTC; go on tomorrow, or ask the log's operator for a higher limit")),
        kDayMs - clock_.WallMs() % kDayMs);
  }
  return absl::OkStatus();
}

absl::Status Limiter::Check(const Counts& entries) {
  std::lock_guard lock(mutex_);
  for (const auto& [certifier, count] : entries) {
    Account& account = Refresh(certifier, LimitsOf(certifier));
    absl::Status may = CheckOne(certifier, count, account);
    if (may.ok()) continue;
    account.totals.refused += count;
    return may;
  }
  return absl::OkStatus();
}

void Limiter::Charge(const Counts& entries) {
  std::lock_guard lock(mutex_);
  for (const auto& [certifier, count] : entries) {
    Account& account = Refresh(certifier, LimitsOf(certifier));
    account.bucket -= static_cast<double>(count);
    account.today += count;
    account.totals.added += count;
  }
}

absl::flat_hash_map<std::string, Limiter::Totals> Limiter::totals() const {
  std::lock_guard lock(mutex_);
  absl::flat_hash_map<std::string, Totals> totals;
  for (const auto& [certifier, account] : accounts_) totals[certifier] = account.totals;
  return totals;
}

}  // namespace cairn::server
