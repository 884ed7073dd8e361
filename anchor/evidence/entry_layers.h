// The layers about the entry alone: which certificate it is about, who signed it, what its blinded
// ids stand for.
//
// Of an entry whose kind is newer than this program they judge nothing.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_ENTRY_LAYERS_H_
#define CAIRN_ANCHOR_EVIDENCE_ENTRY_LAYERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/layer.h"
#include "anchor/evidence/verify.h"
#include "merkle/types.h"

namespace cairn::evidence {

// "an entry of kind 7, newer than this program"
std::string UnknownKindText(uint8_t kind);

// `certificate`. `opened`: the hash that the entry's own commits to, where it was opened; that one
// then is what the certificate must have.
Layer CertificateLayer(const StatementEntry& entry, const std::optional<Hash>& opened,
                       const VerifyOptions& options);

// Where the entry stands, as far as that is known.
struct Place {
  std::string origin;
  LeafIndex index;
  // Under a checkpoint that is signed and witnessed. An index that only the operator vouches for
  // binds nobody: there may be another tree, with the same statement at another index.
  bool witnessed = false;
};

// `statement`
Layer StatementLayer(const Place& place, const StatementEntry& entry, const VerifyOptions& options);

// `trace`, `task`; nothing for an id that is neither blinded nor opened.
std::optional<Layer> OpeningLayer(absl::string_view field, const std::string& id,
                                  const std::vector<Opening>& openings);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_ENTRY_LAYERS_H_
