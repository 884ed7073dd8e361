// A node's signature over something that comes with a record, judged by the node's keys.
//
// Shape: 64 bytes of Ed25519 in base64 of either alphabet, with padding or without, or in 128 hex
//   digits.
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_NODE_SIGNATURE_H_
#define CAIRN_MERKLE_CERTIFICATE_NODE_SIGNATURE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/judgement.h"
#include "merkle/signature/ed25519.h"

namespace cairn::certificate {

// kInvalidArgument for another text.
absl::StatusOr<Signature> ParseNodeSignature(absl::string_view text);

// What a signature may be over, by a documented reading.
struct SignedMessage {
  std::string reading;  // Empty where there is only one.
  std::string message;
  // What a reader should know where this is the one that holds.
  std::vector<Finding> notices = {};
};

// Judges by the first of `messages` over which the signature holds. `attestation` has the node's
// name, the key's and the time as the signed part states them; its state, code and detail are
// filled in, the notices of the message added.
void JudgeNodeSignature(const Signature& signature, const std::vector<SignedMessage>& messages,
                        const JudgeOptions& options, Attestation& attestation);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_NODE_SIGNATURE_H_
