// What comes with a record, beside its hash: a node's receipts, verification envelopes, time
// stamps.
//
// Source: docs/certificates.md, "Attestations", which has the shapes and where each may stand.
// Shape: a receipt states the record's hash and is signed over its own canonical JSON, all members
// of
//   it, known or not; a verification envelope is signed over members of the record itself. A valid
//   one says that the key's owner signed these members; not that the record is true.
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_ATTESTATIONS_H_
#define CAIRN_MERKLE_CERTIFICATE_ATTESTATIONS_H_

#include <string>
#include <vector>

#include "merkle/certificate/json.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/judgement.h"
#include "merkle/certificate/kinds.h"

namespace cairn::certificate {

// An object in which attestations may stand, with its path from the file's top.
struct Container {
  const Json* object;
  std::string path;
};

// What they are held to.
struct Attested {
  const Json& record;
  std::string path;            // Of the record.
  const Kind* kind;            // Null where it is not known.
  const Judgement& judgement;  // Of the record alone: its hash and protocol.
  const JudgeOptions& options;
};

// Where they may stand within the record, in the order in which they are looked for.
std::vector<Container> ContainersIn(const Json& record, const std::string& path);

// Those in `containers`; the same one in two places counts once, at the first.
std::vector<Attestation> JudgeAttestations(const std::vector<Container>& containers,
                                           const Attested& attested);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_ATTESTATIONS_H_
