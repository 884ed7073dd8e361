// Certifiers' keys as a verifier holds them: each name's keys with the leaf indexes at which they
// were in force.
//
// A certifier's owner knows when a key was replaced, and who else had it since. So a key that is
// held binds only statements in its range; a valid signature at another index is no statement of
// that owner's.
// Shape: half-open [from, to) of leaf indexes of one origin; no `to`: for ever.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_CERTIFIER_KEYS_H_
#define CAIRN_ANCHOR_EVIDENCE_CERTIFIER_KEYS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/signature/ed25519.h"
#include "merkle/types.h"

namespace cairn::evidence {

struct IndexRange {
  LeafIndex from{0};
  std::optional<LeafIndex> to = std::nullopt;

  bool Contains(LeafIndex index) const { return index >= from && (!to || index < *to); }
  // Whether it holds at every index, so that no index has to be believed.
  bool unbounded() const { return from == LeafIndex(0) && !to; }

  friend bool operator==(const IndexRange&, const IndexRange&) = default;
};

// "FROM..TO", each a decimal number or empty. kInvalidArgument also for a range that is empty.
absl::StatusOr<IndexRange> ParseIndexRange(absl::string_view text);
std::string FormatIndexRange(const IndexRange& range);

struct CertifierKey {
  PublicKey key;
  IndexRange range = {};

  friend bool operator==(const CertifierKey&, const CertifierKey&) = default;
};

// By the certifier's name. No two ranges of one name have an index in common.
using CertifierKeys = std::map<std::string, std::vector<CertifierKey>>;

// kInvalidArgument where the name has a key already in some part of the range.
absl::Status AddCertifierKey(const std::string& name, const CertifierKey& key, CertifierKeys& keys);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_CERTIFIER_KEYS_H_
