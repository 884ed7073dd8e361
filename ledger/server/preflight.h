// What is checked before a start has any effect: nothing is made, bound, signed or logged here.
//
// Checked: the TLS files (tls_files.h); that witnesses have URLs and no key of the log, and can
//   meet the policy's quorum; that anchors can be made of their settings; that the ports can be
//   had; where there is no log yet, that its certifiers can be declared and its directory made.
// Errors: kUnavailable for a port; kNotFound, kPermissionDenied for files; else kInvalidArgument
// and
//   kFailedPrecondition. Messages say what to do.

#ifndef CAIRN_LEDGER_SERVER_PREFLIGHT_H_
#define CAIRN_LEDGER_SERVER_PREFLIGHT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ledger/server/settings.h"
#include "merkle/note/checkpoint_signer.h"

namespace cairn::server {

struct Preflight {
  // All that keeps the log from being served; none: it can be.
  std::vector<absl::Status> errors;
  // A sentence each.
  std::vector<std::string> warnings;
};

Preflight CheckBeforeStart(const Settings& settings, const note::CheckpointSigner& signer,
                           uint64_t now_s);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_PREFLIGHT_H_
