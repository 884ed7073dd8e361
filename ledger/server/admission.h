// Whether a statement may be written by who brings it, and in whose name.
//
// A certifier is bound by what the log itself says of it at the newest tree: SIGNED, its statements
// carry a signature by its key; CHANNEL, they come from a caller that showed its credentials, and
// if signed, then by its key. A signature by an earlier key of the certifier, from before a
// rotation, is good for a retry: what is in the log is answered, nothing new is taken. Errors:
// kUnauthenticated when nothing proves who states it; kPermissionDenied when what was shown
//   is another's, unknown, retired or does not verify; kInvalidArgument for fields.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_ADMISSION_H_
#define CAIRN_LEDGER_SERVER_ADMISSION_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/server/caller.h"
#include "ledger/server/request.h"
#include "ledger/submission.h"
#include "merkle/entry/certifiers.h"
#include "merkle/entry/entry.h"
#include "proto/log.pb.h"

namespace cairn::server {

class Admission {
 public:
  // `anonymous_allowed`: the listener is on loopback.
  Admission(std::string origin, bool anonymous_allowed)
      : origin_(std::move(origin)), anonymous_allowed_(anonymous_allowed) {}

  // One statement, with its own signature or none (null).
  absl::StatusOr<ledger::Submission> Admit(const Caller& caller,
                                           const entry::CertifierRegistry& certifiers,
                                           const FieldPath& path, v1::Statement&& statement,
                                           const FieldPath& signature_path,
                                           const v1::Signature* signature) const;

  // A batch under one signature: all of it or nothing, by one certifier.
  absl::StatusOr<std::vector<ledger::Submission>> AdmitBatch(
      const Caller& caller, const entry::CertifierRegistry& certifiers,
      google::protobuf::RepeatedPtrField<v1::Statement>&& statements,
      const v1::Signature& signature) const;

 private:
  absl::StatusOr<entry::Statement> Named(const Caller& caller, const FieldPath& path,
                                         v1::Statement&& statement, bool is_signed) const;
  // Whether `name` may write now; with `key`, what it signs with. The result: must_exist.
  absl::StatusOr<bool> Judge(const Caller& caller, const entry::CertifierRegistry& certifiers,
                             const std::string& name, const std::optional<PublicKey>& key) const;

  const std::string origin_;
  const bool anonymous_allowed_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_ADMISSION_H_
