// The receipt of an attesting node over a record, as it stands in the record's meta.attestation.
//
// Shape, one of the two that are published:
//     {"receipt": {"certificateHash", "timestamp", "nodeId", "kid"}, "signature", "kid"}
//     {"certificateHash", "timestamp", "nodeId", "kid", "signature"}
//   The signature, in base64 of either alphabet, is Ed25519 over the canonical JSON of the receipt;
//   in the flat shape, of the receipt's four members.
// A valid receipt says that the key's owner signed these members; not that the record is true.

#ifndef CAIRN_MERKLE_CERTIFICATE_ATTESTATION_H_
#define CAIRN_MERKLE_CERTIFICATE_ATTESTATION_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/certificate/node_keys.h"

namespace cairn::certificate {

enum class AttestationState {
  kAbsent,
  // Well-formed and over this record's hash; no node keys were given to check the signature.
  kUnchecked,
  kValid,
  // Malformed, over another hash, or not proven by the given keys; `reason` says which.
  kInvalid,
};

struct Attestation {
  AttestationState state = AttestationState::kAbsent;
  // Of kInvalid: the field and what is wrong with it.
  std::string reason;
  // As the receipt has them; empty where it does not.
  std::string node_id;
  std::string kid;
  std::string timestamp;
  // Of kValid: the members beside the receipt that its signature does not cover.
  std::vector<std::string> uncovered;
};

// `attestation` is the member meta.attestation, from ParseStrict. `certificate_hash` is what the
// receipt must be over: "sha256:" and hex digits, as recomputed. `node_keys` may be null.
Attestation CheckAttestation(const nlohmann::json& attestation, absl::string_view certificate_hash,
                             const NodeKeys* node_keys);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_ATTESTATION_H_
