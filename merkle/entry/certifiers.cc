#include "merkle/entry/certifiers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "merkle/entry/rotation.h"

namespace cairn::entry {
namespace {

absl::Status NotDeclared(absl::string_view name) {
  return absl::NotFoundError(absl::StrCat("certifier `", name, "` is not declared"));
}

// Of the key that `change` gives or leaves; `before` is null for one that is declared.
KeyWord WordFor(const CertifierEntry& change, const Certifier* before) {
  if (before == nullptr) return KeyWord::kDeclared;
  if (change.key == before->key) return before->word;
  return change.by_old_key.has_value() ? KeyWord::kSignedByOldKey : KeyWord::kOperator;
}

}  // namespace

absl::string_view KeyWordText(KeyWord word) {
  switch (word) {
    case KeyWord::kDeclared:
      return "declared by the operator";
    case KeyWord::kSignedByOldKey:
      return "rotated, signed by the key before it";
    case KeyWord::kOperator:
      return "rotated, the operator's word";
  }
  return "unknown";
}

absl::Status CertifierRegistry::Check(const CertifierEntry& change) const {
  if (absl::StatusOr<std::string> encoded = Encode({.body = change}); !encoded.ok()) {
    return encoded.status();
  }
  if (change.name == kAnonymous) {
    return absl::InvalidArgumentError(
        absl::StrCat("certifier name `", kAnonymous, "` is reserved and cannot be declared"));
  }
  const auto found = history_.find(change.name);
  if (change.action == CertifierAction::kDeclare) {
    if (found == history_.end()) return absl::OkStatus();
    return absl::AlreadyExistsError(absl::StrCat(
        "certifier `", change.name, "` was declared at index ", found->second.front().since.value(),
        found->second.back().retired ? " and retired; a name is never used again: take another"
                                     : "; rotate it to change its key or demand"));
  }
  if (found == history_.end()) return NotDeclared(change.name);
  const Certifier& current = found->second.back();
  if (current.retired) {
    return absl::FailedPreconditionError(absl::StrCat("certifier `", change.name,
                                                      "` was retired at index ",
                                                      current.since.value(), ", which is final"));
  }
  if (change.action == CertifierAction::kRotate) return CheckRotation(change, current);
  return absl::OkStatus();
}

absl::Status CertifierRegistry::CheckRotation(const CertifierEntry& change,
                                              const Certifier& current) const {
  if (change.demand == current.demand && change.key == current.key) {
    return absl::FailedPreconditionError(absl::StrCat(
        "certifier `", change.name, "` already has this key and demand: nothing to rotate"));
  }
  if (!change.by_old_key.has_value()) return absl::OkStatus();
  if (!current.key.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the rotation of certifier `", change.name,
                     "` carries a signature by the key before it, but it had none"));
  }
  return VerifyRotation(origin_, change, *current.key);
}

absl::Status CertifierRegistry::Apply(LeafIndex index, const CertifierEntry& change) {
  if (last_.has_value() && index <= *last_) {
    return absl::InvalidArgumentError(absl::StrCat("certifier entry at index ", index.value(),
                                                   " comes after that at ", last_->value(),
                                                   "; apply them in the order of the log"));
  }
  if (absl::Status allowed = Check(change); !allowed.ok()) return allowed;
  std::vector<Certifier>& changes = history_[change.name];
  changes.push_back({.since = index,
                     .retired = change.action == CertifierAction::kRetire,
                     .demand = change.demand,
                     .key = change.key,
                     .word = WordFor(change, changes.empty() ? nullptr : &changes.back())});
  last_ = index;
  return absl::OkStatus();
}

absl::StatusOr<Certifier> CertifierRegistry::At(absl::string_view name, LeafIndex index) const {
  const auto found = history_.find(name);
  if (found == history_.end()) return NotDeclared(name);
  const std::vector<Certifier>& changes = found->second;
  const auto after = std::upper_bound(
      changes.begin(), changes.end(), index,
      [](LeafIndex wanted, const Certifier& change) { return wanted < change.since; });
  if (after == changes.begin()) {
    return absl::NotFoundError(absl::StrCat("certifier `", name, "` was not declared before index ",
                                            changes.front().since.value()));
  }
  return *std::prev(after);
}

absl::StatusOr<Certifier> CertifierRegistry::Current(absl::string_view name) const {
  const auto found = history_.find(name);
  if (found == history_.end()) return NotDeclared(name);
  return found->second.back();
}

absl::StatusOr<PublicKey> CertifierRegistry::KeyAt(absl::string_view name, LeafIndex index) const {
  absl::StatusOr<Certifier> certifier = At(name, index);
  if (!certifier.ok()) return certifier.status();
  if (certifier->retired) {
    return absl::PermissionDeniedError(
        absl::StrCat("certifier `", name, "` was retired at index ", certifier->since.value()));
  }
  if (!certifier->key.has_value()) {
    return absl::NotFoundError(
        absl::StrCat("certifier `", name, "` has no key; its statements come over its channel"));
  }
  return *certifier->key;
}

std::vector<std::string> CertifierRegistry::Names() const {
  std::vector<std::string> names;
  names.reserve(history_.size());
  for (const auto& [name, changes] : history_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cairn::entry
