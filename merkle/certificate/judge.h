// Reads a Certified Execution Record of any published kind and judges it.
//
// Source: the format as its publisher documents and makes it; kinds.h has the table of kinds, and
//   docs/certificates.md what each kind's hash covers and what was decided where documents
//   disagree.
// Shape: a JSON object. A record states its bundleType; a file may also hold one record in a
// wrapper
//   (wrapper.h): a package, an answer of the publisher's API, a stored proof.
// Two records that differ only in what is not covered, or in a number beyond what canonical JSON
//   holds, have one hash: a judgement names what is not covered and which numbers are rounded.
// A good record says only that these bytes belong together, not that what it tells is true.
// Limits: kMaxRecordBytes, kMaxDepth.
// Threads: all functions may be called from any thread.

#ifndef CAIRN_MERKLE_CERTIFICATE_JUDGE_H_
#define CAIRN_MERKLE_CERTIFICATE_JUDGE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/judgement.h"
#include "merkle/certificate/node_keys.h"

namespace cairn::certificate {

inline constexpr size_t kMaxRecordBytes = size_t{64} << 20;

struct JudgeOptions {
  // Borrowed; null: attestations are not checked.
  const NodeKeys* node_keys = nullptr;
  // POSIX seconds. A key whose time is over counts only for what HoldToTime shows to be older. By
  // default every end is past.
  int64_t now_s = std::numeric_limits<int64_t>::max();
};

struct JudgedRecord {
  Json document;  // The file as a whole.
  Judgement judgement;

  // The record within.
  const Json& record() const;
};

// kInvalidArgument for what is malformed: no strict JSON, too large, too deep, two records in one
//   wrapper.
// kNotFound for JSON that is no record, by any member that it has.
// Whatever else is wrong, or new to this program, is in the judgement.
absl::StatusOr<JudgedRecord> JudgeRecord(const std::string& text, const JudgeOptions& options = {});

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_JUDGE_H_
