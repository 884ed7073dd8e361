// What was found of a record's attestations, as layers of a report on evidence.
//
// Threads: pure.

#ifndef CAIRN_TOOLS_CAIRN_ATTESTATION_LAYERS_H_
#define CAIRN_TOOLS_CAIRN_ATTESTATION_LAYERS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "anchor/evidence/layer.h"
#include "merkle/certificate/judgement.h"

namespace cairn::cli {

// `attestation NAME` for each. `proved_by_s`: by when the record is proven to have existed, where
// that is. `required`: one of them must be proven; where there is none, that is a layer too.
std::vector<evidence::Layer> AttestationLayers(std::vector<certificate::Attestation> attestations,
                                               std::optional<uint64_t> proved_by_s, bool required);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_ATTESTATION_LAYERS_H_
