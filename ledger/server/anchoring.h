// Anchors a log: the anchorer with its store below the log's directory, the backends that the
// configuration names, HTTP to reach them, and the log's published checkpoints.
//
// Errors of Open: kInvalidArgument for settings that make no sense; kDataLoss and others of the
//   store.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_ANCHORING_H_
#define CAIRN_LEDGER_SERVER_ANCHORING_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anchor/anchorer.h"
#include "ledger/log.h"
#include "ledger/server/anchor_settings.h"
#include "ledger/server/outside_clocks.h"
#include "ledger/server/publication.h"

namespace cairn::server {

class Anchoring {
 public:
  // What it needs of the log around it; all borrowed.
  struct Around {
    ledger::Log& log;
    Publication& publication;
    OutsideClocks& clocks;  // Hears what authorities say of the time.
    // Whether published notes have met a witness policy.
    bool quorum = false;
  };

  // Begins at once.
  static absl::StatusOr<std::unique_ptr<Anchoring>> Open(const AnchoringSettings& settings,
                                                         const std::string& directory,
                                                         const Around& around);
  virtual ~Anchoring() = default;

  virtual anchor::Anchorer& anchorer() = 0;

  // Ends within some seconds. Idempotent. To be called before the log stops.
  virtual void Stop() = 0;
};

// Whether Open could make the anchors of these settings. Makes nothing, and asks nobody.
absl::Status CheckAnchors(const AnchoringSettings& settings);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_ANCHORING_H_
