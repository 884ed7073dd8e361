// The layers about the entry alone: which certificate it is about, who signed it, what its blinded
// ids stand for.
//
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_ENTRY_LAYERS_H_
#define CAIRN_ANCHOR_EVIDENCE_ENTRY_LAYERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/layer.h"
#include "anchor/evidence/verify.h"
#include "merkle/entry/entry.h"
#include "merkle/types.h"

namespace cairn::evidence {

// `certificate`
Layer CertificateLayer(const entry::Statement& statement, const VerifyOptions& options);

// Where the entry stands, as far as that is known.
struct Place {
  std::string origin;
  LeafIndex index;
  // Under a checkpoint that is signed and witnessed. An index that only the operator vouches for
  // binds nobody: there may be another tree, with the same statement at another index.
  bool witnessed = false;
};

// `statement`
Layer StatementLayer(const Place& place, const entry::SignedStatement& signed_statement,
                     const VerifyOptions& options);

// `trace`, `task`; nothing for an id that is neither blinded nor opened.
std::optional<Layer> OpeningLayer(absl::string_view field, const std::string& id,
                                  const std::vector<Opening>& openings);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_ENTRY_LAYERS_H_
