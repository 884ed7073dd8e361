// Block headers from an HTTP API as Esplora has it, the software of many block explorers:
// /block-height/N, /block/HASH/header and /blocks/tip/height below a URL.
//
// Checked of each answer: that the header has a proof of work and is the one whose hash was named
// for that height. That this is the chain is the explorer's word.
// Errors of At and TipHeight: as BlockHeaders; of opening: kInvalidArgument.
// Threads: one at a time.

#ifndef CAIRN_ANCHOR_OPENTIMESTAMPS_ESPLORA_H_
#define CAIRN_ANCHOR_OPENTIMESTAMPS_ESPLORA_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/http.h"

namespace cairn::anchor {

struct EsploraOptions {
  // "https://explorer.example/api", without a slash at its end.
  std::string url = {};
  std::chrono::milliseconds deadline = std::chrono::seconds(10);
};

absl::StatusOr<std::unique_ptr<evidence::BlockHeaders>> OpenEsplora(EsploraOptions options,
                                                                    HttpExchange http);

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_OPENTIMESTAMPS_ESPLORA_H_
