#include "ledger/certifier_changes.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cairn::ledger {
namespace {

// nullopt: nothing to change.
absl::StatusOr<std::optional<entry::CertifierEntry>> ChangeFor(
    const entry::CertifierRegistry& registry, const ConfiguredCertifier& wanted) {
  const absl::StatusOr<entry::Certifier> current = registry.Current(wanted.name);
  if (wanted.retired) {
    if (!current.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("certifier `", wanted.name,
                       "` is configured as retired but was never declared; remove it or correct "
                       "the name"));
    }
    if (current->retired) return std::nullopt;
    return entry::CertifierEntry{.action = entry::CertifierAction::kRetire,
                                 .demand = entry::CertifierDemand::kNothing,
                                 .name = wanted.name,
                                 .key = std::nullopt};
  }
  if (current.ok() && current->retired) {
    return absl::FailedPreconditionError(
        absl::StrCat("certifier `", wanted.name, "` was retired at index ", current->since.value(),
                     ", which is final; declare another name"));
  }
  if (!current.ok()) {
    if (wanted.by_old_key.has_value()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "certifier `", wanted.name,
          "` has a rotation signature, but was never declared in this log: nothing is rotated; "
          "remove the signature, or correct the name"));
    }
    return entry::CertifierEntry{.action = entry::CertifierAction::kDeclare,
                                 .demand = wanted.demand,
                                 .name = wanted.name,
                                 .key = wanted.key};
  }
  if (current->demand == wanted.demand && current->key == wanted.key) return std::nullopt;
  // Where the key is in force already, its signature has done what it was for.
  return entry::CertifierEntry{
      .action = entry::CertifierAction::kRotate,
      .demand = wanted.demand,
      .name = wanted.name,
      .key = wanted.key,
      .by_old_key = current->key == wanted.key ? std::nullopt : wanted.by_old_key};
}

}  // namespace

absl::StatusOr<std::vector<entry::CertifierEntry>> CertifierChanges(
    const entry::CertifierRegistry& registry, absl::Span<const ConfiguredCertifier> configured) {
  std::vector<entry::CertifierEntry> changes;
  absl::flat_hash_set<std::string> names;
  for (const ConfiguredCertifier& wanted : configured) {
    if (!names.insert(wanted.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("certifier `", wanted.name, "` is configured twice; keep one"));
    }
    absl::StatusOr<std::optional<entry::CertifierEntry>> change = ChangeFor(registry, wanted);
    if (!change.ok()) return change.status();
    if (!change->has_value()) continue;
    if (absl::Status allowed = registry.Check(**change); !allowed.ok()) return allowed;
    changes.push_back(**std::move(change));
  }
  return changes;
}

}  // namespace cairn::ledger
