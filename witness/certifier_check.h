// Whether a log's statements were made by certifiers that could make them then.
//
// Source: merkle/entry/certifiers.h for the rules of a name's life. A statement under a name needs
//   the name declared at a smaller index and not retired; what is signed, the key in force; what is
//   not, a certifier from which the log demands no signature. `anonymous` does not sign.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_CERTIFIER_CHECK_H_
#define CAIRN_WITNESS_CERTIFIER_CHECK_H_

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/certifiers.h"
#include "merkle/entry/entry.h"
#include "merkle/types.h"
#include "witness/entry_check.h"
#include "witness/finding.h"

namespace cairn::witness {

class CertifierCheck {
 public:
  // Of the log with this origin, for which rotations are signed.
  explicit CertifierCheck(absl::string_view origin) : registry_(origin) {}

  // A change that was taken before; kDataLoss when it does not follow the ones before.
  absl::Status Restore(LeafIndex index, const entry::CertifierEntry& change);

  // Successive entries: what is wrong with them, and which changes were taken.
  void Take(const CheckedEntries& entries, std::vector<Finding>& findings,
            std::vector<std::pair<LeafIndex, entry::CertifierEntry>>& changes);

 private:
  void CheckUse(const Use& use, LeafIndex index, std::vector<Finding>& findings) const;

  entry::CertifierRegistry registry_;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_CERTIFIER_CHECK_H_
