// Publication under a witness policy.
//
// Each publish interval the newest checkpoint goes to all witnesses, with the log's signatures
// only. What meets the quorum is published: written down, then shown. Without a quorum nothing is
// (fail-closed), unless the operator chose otherwise.
//
// The guards against a second history (docs/operations.md):
//   at start   no append is taken until so many witnesses have freshly cosigned exactly the tree
//              that the directory holds, that the silent rest is no quorum: else those might have
//              cosigned a longer one that this directory has forgotten.
//   running    a witness that shows a larger or another tree under this log's own signature, or
//   that
//              refuses a proof which this log has verified, ends all signing as soon as it answers,
//              also where the checkpoint that it was asked for is published already.
// While appends are refused for what witnesses say of the time, they are asked again now and then:
// it may be their clocks that were wrong.
// A witness that merely says that it knows a larger tree is reported, counts as silent, and is
// asked for that tree again, with its back-off, for as long as it says so.
//
// Errors of Open: kDataLoss when what was published contradicts the tree; what the files say.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_WITNESSED_H_
#define CAIRN_LEDGER_SERVER_WITNESSED_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/log.h"
#include "ledger/server/metrics.h"
#include "ledger/server/publication.h"
#include "ledger/server/publish_settings.h"
#include "merkle/note/key.h"
#include "witness/gatherer.h"

namespace cairn::server {

struct Witnessing {
  // Holds the newest published note.
  std::string published_file;
  note::VerifierKey log_key;
  // For each witness of the policy.
  std::vector<witness::WitnessSource> sources;
  // Called once, when the guard at start holds and before any append is taken.
  std::function<absl::Status()> before_appends;
  // POSIX seconds.
  std::function<uint64_t()> now_s;
  // Hears the time of each cosignature, on the witness's thread.
  std::function<void(size_t witness, uint64_t at_s)> heard_time;
  // Whether any clock outside and the one here are apart.
  std::function<bool()> clock_is_apart;
  // Borrowed; knows the witnesses by name.
  Metrics& metrics;
};

// Borrows the log, of which it uses Halt() for the guards.
absl::StatusOr<std::unique_ptr<Publication>> PublishWitnessed(const PublishSettings& settings,
                                                              Witnessing witnessing,
                                                              ledger::Log& log);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_WITNESSED_H_
