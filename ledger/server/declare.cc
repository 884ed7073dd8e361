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

absl::string_view ActionName(entry::CertifierAction action) {
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

void WarnOfUnconfigured(const entry::CertifierRegistry& registry,
                        const std::vector<CertifierSettings>& certifiers) {
  for (const std::string& name : registry.Names()) {
    const bool listed =
        std::any_of(certifiers.begin(), certifiers.end(),
                    [&name](const CertifierSettings& certifier) { return certifier.name == name; });
    if (listed || registry.Current(name)->retired) continue;
    LogWarning(
        "a certifier is declared in the log but not in the configuration; it stays declared "
        "until it is listed with `retired: true`",
        {{"certifier", name}});
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

absl::Status DeclareCertifiers(ledger::Log& log, const std::vector<CertifierSettings>& certifiers) {
  const auto view = log.Newest();
  std::vector<ledger::ConfiguredCertifier> configured;
  for (const CertifierSettings& certifier : certifiers) {
    configured.push_back({.name = certifier.name,
                          .demand = certifier.demand,
                          .key = certifier.key,
                          .retired = certifier.retired});
  }
  absl::StatusOr<std::vector<entry::CertifierEntry>> changes =
      ledger::CertifierChanges(*view->certifiers, configured);
  if (!changes.ok()) return changes.status();
  WarnOfUnconfigured(*view->certifiers, certifiers);
  std::vector<ledger::Submission> batch;
  for (size_t i = 0; i < changes->size(); ++i) {
    const entry::CertifierEntry& change = (*changes)[i];
    absl::StatusOr<ledger::Submission> submission = ledger::Submission::Make(change);
    if (!submission.ok()) return submission.status();
    batch.push_back(*std::move(submission));
    if (batch.size() == kPerBatch || i + 1 == changes->size()) {
      if (absl::Status done = AppendAndWait(log, std::exchange(batch, {})); !done.ok()) return done;
    }
  }
  for (const entry::CertifierEntry& change : *changes) {
    LogInfo("certifier",
            {{"action", std::string(ActionName(change.action))}, {"name", change.name}});
  }
  return absl::OkStatus();
}

}  // namespace cairn::server
