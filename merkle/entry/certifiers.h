// Who the certifiers of a log are, and were at any index: the fold of its certifier entries.
//
// Rules: a name is declared once and for ever, so that it never stands for another party; only an
//   active one is rotated (to another key or demand) or retired; retiring is final; `anonymous` is
//   never declared. An entry is in force from its own index.
// Errors: kInvalidArgument for an entry that has no encoding, the reserved name, or an index that
//   is not above the last; kAlreadyExists for a name that was declared before, retired or not;
//   kNotFound for a name not declared (by then); kFailedPrecondition for a change of a retired
//   certifier, for a rotation that changes nothing, and for one signed by an old key where there
//   was none; kPermissionDenied for a rotation whose signature is not by the key before it, and
//   where one asks for the key of a certifier that was retired by then.
// Threads: const calls may run side by side; Apply needs the registry to itself.

#ifndef CAIRN_MERKLE_ENTRY_CERTIFIERS_H_
#define CAIRN_MERKLE_ENTRY_CERTIFIERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/signature/ed25519.h"
#include "merkle/types.h"

namespace cairn::entry {

// By whose word a key is a certifier's.
enum class KeyWord {
  kDeclared,        // The operator declared it with the name.
  kSignedByOldKey,  // It was rotated in, and the key before it signed that.
  kOperator,        // It was rotated in, and the operator's word is all there is for it.
};

// "declared by the operator", "rotated, signed by the key before it", "rotated, the operator's
// word".
absl::string_view KeyWordText(KeyWord word);

// A certifier from `since` on, until its next change.
struct Certifier {
  LeafIndex since;
  bool retired = false;
  CertifierDemand demand = CertifierDemand::kNothing;
  std::optional<PublicKey> key;
  // Of `key`; a change of the demand alone leaves it as it was.
  KeyWord word = KeyWord::kDeclared;
};

class CertifierRegistry {
 public:
  // Of the log with this origin, for which rotations are signed.
  explicit CertifierRegistry(absl::string_view origin) : origin_(origin) {}

  // Whether Apply would accept `change` as the next one.
  absl::Status Check(const CertifierEntry& change) const;

  // Takes the certifier entry at `index`; changes nothing on error.
  absl::Status Apply(LeafIndex index, const CertifierEntry& change);

  // As it was for an entry at `index`. kNotFound: not declared by then.
  absl::StatusOr<Certifier> At(absl::string_view name, LeafIndex index) const;

  // As it is after the last change. kNotFound: not declared.
  absl::StatusOr<Certifier> Current(absl::string_view name) const;

  // The key with which `name` signs an entry at `index`. kNotFound also where it has none.
  absl::StatusOr<PublicKey> KeyAt(absl::string_view name, LeafIndex index) const;

  // All names ever declared, sorted.
  std::vector<std::string> Names() const;

 private:
  absl::Status CheckRotation(const CertifierEntry& change, const Certifier& current) const;

  std::string origin_;
  std::optional<LeafIndex> last_;
  // By rising `since`, never empty.
  absl::flat_hash_map<std::string, std::vector<Certifier>> history_;
};

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_CERTIFIERS_H_
