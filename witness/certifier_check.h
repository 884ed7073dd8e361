// Whether a log's statements were made by certifiers that could make them then.
//
// Source: merkle/entry/certifiers.h for the rules of a name's life. A statement under a name needs
//   the name declared at a smaller index and not retired; what is signed, the key in force; what is
//   not, a certifier from which the log demands no signature. `anonymous` does not sign.
//   A rotation that carries a signature by the key before it needs that to hold; one without is by
//   the operator's word, which is said and convicts nobody.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_CERTIFIER_CHECK_H_
#define CAIRN_WITNESS_CERTIFIER_CHECK_H_

#include <string>
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

// A change that a certifier entry made.
struct KeyChange {
  LeafIndex index;
  std::string name = {};
  // What changed and by whose word, as a sentence.
  std::string text = {};
  // There was a key, another has taken its place, and the old one did not sign that.
  bool by_operators_word = false;
};

class CertifierCheck {
 public:
  // Of the log with this origin.
  explicit CertifierCheck(absl::string_view origin) : registry_(origin) {}

  // A change that was taken before; kDataLoss when it does not follow the ones before.
  absl::Status Restore(LeafIndex index, const entry::CertifierEntry& change);

  // Successive entries: what is wrong with them, and which changes were taken.
  void Take(const CheckedEntries& entries, std::vector<Finding>& findings,
            std::vector<std::pair<LeafIndex, entry::CertifierEntry>>& changes);

  // All that were taken, in order.
  const std::vector<KeyChange>& key_changes() const { return key_changes_; }

 private:
  absl::Status Apply(LeafIndex index, const entry::CertifierEntry& change);
  void CheckUse(const Use& use, LeafIndex index, std::vector<Finding>& findings) const;

  entry::CertifierRegistry registry_;
  std::vector<KeyChange> key_changes_;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_CERTIFIER_CHECK_H_
