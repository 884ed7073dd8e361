// A verification envelope: one of the attestations that attestations.h collects.

#ifndef CAIRN_MERKLE_CERTIFICATE_ENVELOPE_H_
#define CAIRN_MERKLE_CERTIFICATE_ENVELOPE_H_

#include <optional>

#include "merkle/certificate/attestations.h"
#include "merkle/certificate/judgement.h"

namespace cairn::certificate {

// The one in a container: `verificationEnvelope`, with its signature beside it.
std::optional<Attestation> JudgeEnvelope(const Container& container, const Attested& attested);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_ENVELOPE_H_
