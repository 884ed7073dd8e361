#include "witness/certifier_check.h"

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cairn::witness {
namespace {

Finding Wrong(LeafIndex index, absl::string_view why) {
  return {FindingKind::kCertifier, index, std::string(why)};
}

std::string KeyText(const std::optional<PublicKey>& key) {
  return key.has_value() ? absl::StrCat("key ", absl::Base64Escape(key->view())) : "no key";
}

KeyChange Described(LeafIndex index, const entry::CertifierEntry& change,
                    const std::optional<PublicKey>& before) {
  KeyChange said{.index = index, .name = change.name};
  switch (change.action) {
    case entry::CertifierAction::kDeclare:
      said.text = absl::StrCat("the log declares `", change.name, "` with ", KeyText(change.key),
                               ", by the operator's word");
      return said;
    case entry::CertifierAction::kRetire:
      said.text = absl::StrCat("the log retires `", change.name, "`");
      return said;
    case entry::CertifierAction::kRotate:
      break;
  }
  if (change.key == before) {
    said.text = absl::StrCat("the log changes what it demands of `", change.name, "`; ",
                             KeyText(change.key), " as before");
    return said;
  }
  said.by_operators_word = !change.by_old_key.has_value();
  said.text = absl::StrCat(
      "the log rotates `", change.name, "` from ", KeyText(before), " to ", KeyText(change.key),
      said.by_operators_word ? ", by the operator's word: the old key did not sign it"
                             : ", signed by the old key");
  return said;
}

}  // namespace

absl::Status CertifierCheck::Restore(LeafIndex index, const entry::CertifierEntry& change) {
  const absl::Status applied = Apply(index, change);
  if (applied.ok()) return applied;
  return absl::DataLossError(
      absl::StrCat("the state of the audit is damaged: ", applied.message()));
}

absl::Status CertifierCheck::Apply(LeafIndex index, const entry::CertifierEntry& change) {
  const absl::StatusOr<entry::Certifier> before = registry_.Current(change.name);
  const std::optional<PublicKey> key = before.ok() ? before->key : std::nullopt;
  const absl::Status applied = registry_.Apply(index, change);
  if (applied.ok()) key_changes_.push_back(Described(index, change, key));
  return applied;
}

void CertifierCheck::Take(const CheckedEntries& entries, std::vector<Finding>& findings,
                          std::vector<std::pair<LeafIndex, entry::CertifierEntry>>& changes) {
  for (const Segment& segment : entries.segments) {
    for (const auto& [use, index] : segment.uses) CheckUse(use, index, findings);
    if (!segment.change.has_value()) continue;
    const auto& [index, change] = *segment.change;
    if (const absl::Status applied = Apply(index, change); applied.ok()) {
      changes.push_back(*segment.change);
    } else {
      findings.push_back(Wrong(index, applied.message()));
      if (absl::IsPermissionDenied(applied)) findings.back().kind = FindingKind::kSignature;
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
