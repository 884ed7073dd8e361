// What a configuration of certifiers asks the log to declare, rotate and retire.

#ifndef CAIRN_LEDGER_CERTIFIER_CHANGES_H_
#define CAIRN_LEDGER_CERTIFIER_CHANGES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/entry/certifiers.h"
#include "merkle/entry/entry.h"
#include "merkle/signature/ed25519.h"

namespace cairn::ledger {

struct ConfiguredCertifier {
  std::string name;
  // Demand and key do not matter of a retired one.
  entry::CertifierDemand demand = entry::CertifierDemand::kSigned;
  std::optional<PublicKey> key = std::nullopt;
  // By the key before `key`, over it; may stay here once that is in force.
  std::optional<Signature> by_old_key = std::nullopt;
  bool retired = false;
};

// The entries to append, in the order of the configuration; none when the registry agrees already.
// A certifier that is not configured stays as it is in the log: it is retired by saying so.
// kInvalidArgument for a name configured twice, a key or demand that has no entry, a reserved name;
// kFailedPrecondition for a certifier that is to be active but was retired, which is final, for one
// that is to be retired but was never declared, and for a signature by an old key where there is
// none; kPermissionDenied for such a signature that does not hold.
absl::StatusOr<std::vector<entry::CertifierEntry>> CertifierChanges(
    const entry::CertifierRegistry& registry, absl::Span<const ConfiguredCertifier> configured);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CERTIFIER_CHANGES_H_
