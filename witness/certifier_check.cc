#include "witness/certifier_check.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace cairn::witness {
namespace {

Finding Wrong(LeafIndex index, absl::string_view why) {
  return {FindingKind::kCertifier, index, std::string(why)};
}

}  // namespace

absl::Status CertifierCheck::Restore(LeafIndex index, const entry::CertifierEntry& change) {
  const absl::Status applied = registry_.Apply(index, change);
  if (applied.ok()) return applied;
  return absl::DataLossError(
      absl::StrCat("the state of the audit is damaged: ", applied.message()));
}

void CertifierCheck::Take(const CheckedEntries& entries, std::vector<Finding>& findings,
                          std::vector<std::pair<LeafIndex, entry::CertifierEntry>>& changes) {
  for (const Segment& segment : entries.segments) {
    for (const auto& [use, index] : segment.uses) CheckUse(use, index, findings);
    if (!segment.change.has_value()) continue;
    const auto& [index, change] = *segment.change;
    if (const absl::Status applied = registry_.Apply(index, change); applied.ok()) {
      changes.push_back(*segment.change);
    } else {
      findings.push_back(Wrong(index, applied.message()));
    }
  }
}

void CertifierCheck::CheckUse(const Use& use, LeafIndex index,
                              std::vector<Finding>& findings) const {
  const auto& [name, key] = use;
  if (name == entry::kAnonymous) {
    if (!key.empty()) findings.push_back(Wrong(index, "`anonymous` has signed a statement"));
    return;
  }
  const absl::StatusOr<entry::Certifier> certifier = registry_.Current(name);
  if (!certifier.ok()) {
    findings.push_back(
        Wrong(index, absl::StrCat("a statement by `", name, "`, which was not declared by then")));
  } else if (certifier->retired) {
    findings.push_back(
        Wrong(index, absl::StrCat("a statement by `", name, "`, which was retired at index ",
                                  certifier->since.value())));
  } else if (!key.empty() && (!certifier->key.has_value() || certifier->key->view() != key)) {
    findings.push_back(Wrong(index, absl::StrCat("a statement by `", name,
                                                 "` is signed with a key that is not its own "
                                                 "at that index")));
  } else if (key.empty() && certifier->demand == entry::CertifierDemand::kSigned) {
    findings.push_back(Wrong(index, absl::StrCat("an unsigned statement by `", name,
                                                 "`, of whom the log demands signatures")));
  }
}

}  // namespace cairn::witness
