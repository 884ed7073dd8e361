// Finds the record in a file: at its top, or within what it was packed or answered in.
//
// Source: docs/certificates.md, "Wrappers".
// Shape: the top has a bundleType, or exactly one of `cer`, `bundle`, `proofJson`,
// `proof.proofJson`
//   is an object that has one. An answer without a record states a certificateHash beside a
//   receipt.
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_WRAPPER_H_
#define CAIRN_MERKLE_CERTIFICATE_WRAPPER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/certificate/attestations.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/judgement.h"

namespace cairn::certificate {

struct FoundRecord {
  const Json* record;
  // From the file's top; empty where the record is the file.
  std::string path;
  // What is around it, in which attestations may stand.
  std::vector<Container> around;
  // There is no record: `record` is an answer that states a hash.
  bool hash_alone = false;
};

// kInvalidArgument for two records in one wrapper; kNotFound for what is no record by any member.
// The answer points into `document`.
absl::StatusOr<FoundRecord> FindRecord(const Json& document);

// What the wrapper says of the record must be so: adds what is not.
void JudgeWrapper(const FoundRecord& found, Judgement& judgement);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_WRAPPER_H_
