// A statement (or certifier entry) on its way into the log, made on the thread that took it in, so
// that the sequencer has nothing left to encode or validate.

#ifndef CAIRN_LEDGER_SUBMISSION_H_
#define CAIRN_LEDGER_SUBMISSION_H_

#include <string>

#include "absl/status/statusor.h"
#include "merkle/entry/entry.h"

namespace cairn::ledger {

struct Submission {
  entry::Body body;
  // entry::Encode of the body, at a time that is set when it is sequenced.
  std::string encoded;
  // Answer the entry if this very statement is in the log already, else kPermissionDenied. For a
  // retry signed with a key that has since been rotated: known work is answered, new work refused.
  bool must_exist = false;

  // kInvalidArgument, naming the field, when the body has no encoding; also for one of a reserved
  // kind.
  static absl::StatusOr<Submission> Make(entry::Body body);
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_SUBMISSION_H_
