// Block headers from a Bitcoin Core node, by its JSON-RPC.
//
// Checked of each answer: that the header has a proof of work and is the one whose hash the node
// named for that height.
// Errors of At and TipHeight: as BlockHeaders; of opening: kInvalidArgument. No message repeats the
//   credentials.
// Threads: one at a time.

#ifndef CAIRN_ANCHOR_OPENTIMESTAMPS_BITCOIN_CORE_H_
#define CAIRN_ANCHOR_OPENTIMESTAMPS_BITCOIN_CORE_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/http.h"

namespace cairn::anchor {

struct BitcoinCoreOptions {
  std::string url = "http://127.0.0.1:8332/";
  // "user:password", as in the node's cookie file; empty: none are sent.
  std::string credentials = {};
  std::chrono::milliseconds deadline = std::chrono::seconds(10);
};

absl::StatusOr<std::unique_ptr<evidence::BlockHeaders>> OpenBitcoinCore(BitcoinCoreOptions options,
                                                                        HttpExchange http);

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_OPENTIMESTAMPS_BITCOIN_CORE_H_
