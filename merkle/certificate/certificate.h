// Checks Certified Execution Records, bundle type cer.ai.execution.v1 at version 0.1, and finds the
// hash under which a file is logged.
//
// Source: the format as the npm package @nexart/ai-execution 0.1.0 makes and checks it.
// Shape: a record is a JSON object. Its certificateHash is "sha256:" and the lower-case hex SHA-256
//   of the canonical JSON of {bundleType, createdAt, snapshot, version}; nothing else in the file
//   is covered. snapshot.inputHash and .outputHash are likewise hashes of snapshot.input and
//   .output, of the UTF-8 itself where that is a string and of the canonical JSON where it is not.
//   meta.attestation may hold a node's receipt over the certificateHash: see attestation.h.
// Two records that differ only in what is not covered, or in a number beyond what canonical JSON
// holds, have one certificate hash: a report names what is not covered and which numbers are only
// covered as rounded.
// A good record says only that these bytes belong together, not that what it tells is true.
// Threads: all functions may be called from any thread.

#ifndef CAIRN_MERKLE_CERTIFICATE_CERTIFICATE_H_
#define CAIRN_MERKLE_CERTIFICATE_CERTIFICATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/attestation.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/node_keys.h"
#include "merkle/hash.h"

namespace cairn::certificate {

// Something that is wrong with a record.
struct Finding {
  // A path such as snapshot.parameters.seed.
  std::string field;
  std::string reason;
};

struct Report {
  // Recomputed from what it covers.
  Hash certificate_hash;
  std::vector<Finding> findings;
  Attestation attestation;
  // The members that no hash and no checked signature covers, such as meta.tags: anyone may have
  // edited them.
  std::vector<std::string> uncovered;
  // Numbers that the certificate hash covers only as rounded.
  RoundedNumbers rounded;
  // Likewise the node's signature, where that was checked.
  RoundedNumbers rounded_in_receipt;

  // kInvalidArgument, naming every field that is wrong and why, when there are findings or the
  // attestation is invalid.
  absl::Status status() const;
};

// kInvalidArgument when `json` is not a strict JSON object (see canonical_json.h). Whatever else is
// wrong is in the report. `node_keys` may be null.
absl::StatusOr<Report> CheckCertificate(absl::string_view json, const NodeKeys* node_keys);

// A file's hash, and the report where it is a record.
struct FileHash {
  Hash hash;
  std::optional<Report> record;
};

// A record, which is a JSON object with a member bundleType or certificateHash, has its certificate
// hash; any other file, JSON or not, is opaque and has the SHA-256 of its bytes.
// kInvalidArgument, naming the fields, for a record that CheckCertificate does not find good.
// kFailedPrecondition for what is or looks like a record (record_signs.h) and cannot be judged: it
// is not strict JSON, or of another bundle type or version. Its bytes may be meant to be hashed all
// the same, which only the caller knows.
absl::StatusOr<FileHash> HashFileBytes(absl::string_view bytes, const NodeKeys* node_keys);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_CERTIFICATE_H_
