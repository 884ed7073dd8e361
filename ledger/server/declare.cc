#include "ledger/server/declare.h"

#include <algorithm>
#include <future>
#include <string>
#include <utility>

#include "ledger/certifier_changes.h"
#include "ledger/submission.h"
#include "witness/server/logger.h"

namespace cairn::server {
namespace {

// One commit takes only so many.
constexpr size_t kPerBatch = 1024;

void WarnOfUnconfigured(const entry::CertifierRegistry& registry,
                        const std::vector<CertifierSettings>& certifiers, CertifierPlan& plan) {
  for (const std::string& name : registry.Names()) {
    const bool listed =
        std::any_of(certifiers.begin(), certifiers.end(),
                    [&name](const CertifierSettings& certifier) { return certifier.name == name; });
    if (listed || registry.Current(name)->retired) continue;
    plan.warnings.emplace_back(
        name,
        "a certifier is declared in the log but not in the configuration; it stays declared "
        "until it is listed with `retired: true`");
  }
}

void WarnOfRotations(const entry::CertifierRegistry& registry,
                     const std::vector<CertifierSettings>& certifiers, CertifierPlan& plan) {
  for (const CertifierSettings& certifier : certifiers) {
    const absl::StatusOr<entry::Certifier> current = registry.Current(certifier.name);
    if (!current.ok() || certifier.retired) continue;
    if (current->key == certifier.key) {
      if (!certifier.rotation_signature.has_value() ||
          current->word == entry::KeyWord::kSignedByOldKey) {
        continue;
      }
      plan.warnings.emplace_back(
          certifier.name,
          "a rotation_signature is not used: the key is in force already, and did not come by word "
          "of the key before it");
    } else if (current->key.has_value() && !certifier.rotation_signature.has_value()) {
      plan.warnings.emplace_back(
          certifier.name,
          "a certifier's key is changed by the operator's word alone, and the log says so for "
          "ever; where the old key still exists, let `cairn rotate` sign the new one, and give "
          "that as rotation_signature");
    }
  }
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

absl::StatusOr<CertifierPlan> PlanCertifiers(const entry::CertifierRegistry& registry,
                                             const std::vector<CertifierSettings>& certifiers) {
  std::vector<ledger::ConfiguredCertifier> configured;
  for (const CertifierSettings& certifier : certifiers) {
    configured.push_back({.name = certifier.name,
                          .demand = certifier.demand,
                          .key = certifier.key,
                          .by_old_key = certifier.rotation_signature,
                          .retired = certifier.retired});
  }
  CertifierPlan plan;
  absl::StatusOr<std::vector<entry::CertifierEntry>> changes =
      ledger::CertifierChanges(registry, configured);
  if (!changes.ok()) return changes.status();
  plan.changes = *std::move(changes);
  WarnOfUnconfigured(registry, certifiers, plan);
  WarnOfRotations(registry, certifiers, plan);
  return plan;
}

absl::Status DeclareCertifiers(ledger::Log& log, const std::vector<CertifierSettings>& certifiers) {
  const absl::StatusOr<CertifierPlan> plan = PlanCertifiers(*log.Newest()->certifiers, certifiers);
  if (!plan.ok()) return plan.status();
  for (const auto& [name, warning] : plan->warnings) LogWarning(warning, {{"certifier", name}});
  std::vector<ledger::Submission> batch;
  for (size_t i = 0; i < plan->changes.size(); ++i) {
    absl::StatusOr<ledger::Submission> submission = ledger::Submission::Make(plan->changes[i]);
    if (!submission.ok()) return submission.status();
    batch.push_back(*std::move(submission));
    if (batch.size() == kPerBatch || i + 1 == plan->changes.size()) {
      if (absl::Status done = AppendAndWait(log, std::exchange(batch, {})); !done.ok()) return done;
    }
  }
  for (const entry::CertifierEntry& change : plan->changes) {
    LogInfo("certifier", {{"action", ActionName(change.action)}, {"name", change.name}});
  }
  return absl::OkStatus();
}

std::string ActionName(entry::CertifierAction action) {
  switch (action) {
    case entry::CertifierAction::kDeclare:
      return "declare";
    case entry::CertifierAction::kRotate:
      return "rotate";
    case entry::CertifierAction::kRetire:
      return "retire";
  }
  return "";
}

}  // namespace cairn::server
