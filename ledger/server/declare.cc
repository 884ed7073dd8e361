#include "ledger/server/declare.h"

#include <algorithm>
#include <future>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/server/logger.h"
#include "ledger/submission.h"
#include "merkle/entry/certifiers.h"
#include "merkle/entry/entry.h"

namespace cairn::server {
namespace {

// nullopt: the log says the same already.
absl::StatusOr<std::optional<entry::CertifierEntry>> Change(
    const entry::CertifierRegistry& registry, const CertifierSettings& wanted) {
  entry::CertifierEntry change{.action = entry::CertifierAction::kDeclare,
                               .demand = wanted.demand,
                               .name = wanted.name,
                               .key = wanted.key};
  const absl::StatusOr<entry::Certifier> current = registry.Current(wanted.name);
  if (!current.ok()) {
    if (wanted.retired) return std::nullopt;
    return change;
  }
  if (current->retired) {
    if (wanted.retired) return std::nullopt;
    return absl::FailedPreconditionError(absl::StrCat(
        "certifier `", wanted.name, "` was retired at index ", current->since.value(),
        ", which is final: say `retired: true`, and give whoever writes now another name"));
  }
  if (wanted.retired) {
    change.action = entry::CertifierAction::kRetire;
    change.demand = entry::CertifierDemand::kNothing;
    change.key.reset();
    return change;
  }
  if (current->demand == wanted.demand && current->key == wanted.key) return std::nullopt;
  change.action = entry::CertifierAction::kRotate;
  return change;
}

// Leaving a certifier out might be a slip, and retiring is final; so it has to be said.
absl::Status CheckNoneMissing(const entry::CertifierRegistry& registry,
                              const std::vector<CertifierSettings>& certifiers) {
  for (const std::string& name : registry.Names()) {
    const bool listed =
        std::any_of(certifiers.begin(), certifiers.end(),
                    [&name](const CertifierSettings& certifier) { return certifier.name == name; });
    if (listed || registry.Current(name)->retired) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("certifier `", name,
                     "` may write to this log but is not in the configuration: put it "
                     "there, with `retired: true` if it is to write no more"));
  }
  return absl::OkStatus();
}

absl::Status AppendAndWait(ledger::Log& log, std::vector<ledger::Submission> batch) {
  std::promise<ledger::AppendResult> promise;
  log.Append(std::move(batch),
             [&promise](ledger::AppendResult result) { promise.set_value(std::move(result)); });
  const ledger::AppendResult result = promise.get_future().get();
  if (!result.status.ok()) return result.status;
  for (const ledger::ItemResult& item : result.items) {
    if (!item.status.ok()) return item.status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DeclareCertifiers(ledger::Log& log, const std::vector<CertifierSettings>& certifiers) {
  const auto view = log.Newest();
  const entry::CertifierRegistry& registry = *view->certifiers;
  if (absl::Status all = CheckNoneMissing(registry, certifiers); !all.ok()) return all;
  std::vector<ledger::Submission> batch;
  for (const CertifierSettings& certifier : certifiers) {
    absl::StatusOr<std::optional<entry::CertifierEntry>> change = Change(registry, certifier);
    if (!change.ok()) return change.status();
    if (!change->has_value()) continue;
    absl::StatusOr<ledger::Submission> submission = ledger::Submission::Make(**change);
    if (!submission.ok()) return submission.status();
    batch.push_back(*std::move(submission));
    LogInfo("certifier changes with this entry", {{"certifier", certifier.name}});
  }
  // Bounded by the configuration file, but one commit takes only so many.
  constexpr size_t kPerBatch = 1024;
  for (size_t begin = 0; begin < batch.size(); begin += kPerBatch) {
    const auto first = batch.begin() + static_cast<ptrdiff_t>(begin);
    const auto last =
        batch.begin() + static_cast<ptrdiff_t>(std::min(batch.size(), begin + kPerBatch));
    if (absl::Status done =
            AppendAndWait(log, {std::make_move_iterator(first), std::make_move_iterator(last)});
        !done.ok()) {
      return done;
    }
  }
  return absl::OkStatus();
}

}  // namespace cairn::server
