// Takes values out of a record and seals what is left: a new record with a hash of its own.
//
// Source: docs/certificates.md, "Reseals".
// Shape: an execution keeps its bundleType; meta.attestation.mode is "redacted_reseal" and
// provenance
//   says when and why. What was signed over the original is dropped with its signatures. Hashes of
//   what was taken out are dropped wherever they stand, and so is the original's own hash unless it
//   is asked for: a hash without salt tells who guesses the value that it was right.
// A committed value is replaced by a commitment that only its opening opens: HMAC-SHA256(salt,
// value),
//   of a text's bytes or of a value's canonical JSON; the salt is 32 random bytes.
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_REDACTION_H_
#define CAIRN_MERKLE_CERTIFICATE_REDACTION_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/judge.h"
#include "merkle/hash.h"

namespace cairn::certificate {

struct Redaction {
  std::vector<std::string> remove;  // Paths.
  std::vector<std::pair<std::string, Json>> replace;
  // snapshot.input, snapshot.output: by commitments, of protocol 1.3.1.
  std::vector<std::string> commit;
  bool link_original = false;
  std::string reason = "redaction";
  std::string resealed_at = {};  // As it is to stand there.
};

// What opens one commitment.
struct CommitmentOpening {
  std::string path;
  Hash salt;
  std::string value;  // What the HMAC is over.
};

struct Redacted {
  Json record;
  std::vector<CommitmentOpening> openings;
  // What a reader should know, a sentence each.
  std::vector<std::string> notices;
};

// `salt` makes 32 random bytes.
// kInvalidArgument for a path that leads nowhere, for what must stay, and for a record that does
// not
//   hold; kFailedPrecondition for a kind of which no part can be taken out.
absl::StatusOr<Redacted> Redact(const JudgedRecord& record, const Redaction& redaction,
                                const std::function<Hash()>& salt);

// OK where the opening opens what stands at its path. kInvalidArgument where it does not, kNotFound
// where no commitment stands there.
absl::Status VerifyCommitment(const Json& record, const CommitmentOpening& opening);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_REDACTION_H_
