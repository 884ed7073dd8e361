// Who serves a chain's headers over HTTP: a node as Bitcoin Core answers JSON-RPC, and an explorer
// as Esplora answers.

#ifndef CAIRN_ANCHOR_OPENTIMESTAMPS_TESTING_HEADER_SERVERS_H_
#define CAIRN_ANCHOR_OPENTIMESTAMPS_TESTING_HEADER_SERVERS_H_

#include "absl/strings/string_view.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "anchor/http.h"

namespace cairn::anchor::testing {

HttpAnswer AnswerAsNode(evidence::testing::BitcoinChain* chain, absl::string_view body);
HttpAnswer AnswerAsExplorer(evidence::testing::BitcoinChain* chain, absl::string_view path);

}  // namespace cairn::anchor::testing

#endif  // CAIRN_ANCHOR_OPENTIMESTAMPS_TESTING_HEADER_SERVERS_H_
