// The verdict on a record in the form of AIEF's verifier contract.
//
// Source: AIEF SPEC v0.2.5, sections 9 (report, reason codes) and 13 (conformance levels).
// Shape: two-valued. What cannot be checked passes where nobody asked for it, and fails with
//   verificationMaterialUnavailable where somebody did. A record of a hash alone fails.
// A level is what can be checked of it here; the rest only the organisation can show. It is never a
//   certification.
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_AIEF_H_
#define CAIRN_MERKLE_CERTIFICATE_AIEF_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/certificate/judge.h"

namespace cairn::certificate {

struct AiefOptions {
  bool require_attestation = false;
  // Log evidence about the record was verified offline.
  bool evidence_verified = false;
};

struct AiefReport {
  bool pass = false;
  std::string reason;  // One of the contract's; empty where it passes.
  bool schema_supported = false;
  bool integrity_valid = false;
  bool protected_set_valid = false;
  bool chain_valid = false;
  // Of the finding that decided, where there is one.
  std::string field;
  std::string expected;
  std::string observed;
  std::vector<std::string> notes;
  // The highest of which all that can be checked here is met; 0: none.
  int level = 0;
  // What is missing for the next, "control: what".
  std::vector<std::string> missing;
  // Of the levels up to the next, what only the organisation can show.
  std::vector<std::string> not_checkable;
};

// Of what JudgeRecord made of a file.
AiefReport JudgeAief(const absl::StatusOr<JudgedRecord>& record, const AiefOptions& options);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_AIEF_H_
