// Where a log's checkpoints are anchored.

#ifndef CAIRN_LEDGER_SERVER_ANCHOR_SETTINGS_H_
#define CAIRN_LEDGER_SERVER_ANCHOR_SETTINGS_H_

#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "anchor/anchorer.h"
#include "anchor/courier.h"
#include "anchor/opentimestamps/bitcoin_core.h"
#include "anchor/opentimestamps/opentimestamps.h"
#include "anchor/rfc3161/backend.h"
#include "proto/config.pb.h"
#include "witness/http/client.h"

namespace cairn::server {

struct OpenTimestampsSettings {
  anchor::OpenTimestampsOptions options = {};
  // At most one of them has a URL.
  anchor::BitcoinCoreOptions bitcoin_core = {.url = ""};
  std::string esplora_url = {};
};

struct AnchorSettings {
  anchor::AnchorOptions options = {};
  std::variant<anchor::Rfc3161Options, OpenTimestampsSettings> system;
};

struct AnchoringSettings {
  anchor::AnchorerOptions options = {};
  std::vector<AnchorSettings> anchors = {};
  http::Proxy proxy = {};
};

// kInvalidArgument, naming the field; otherwise why a file it names could not be read.
absl::StatusOr<AnchoringSettings> ReadAnchoring(const config::Anchoring& told);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_ANCHOR_SETTINGS_H_
