// What an append is answered with: the entry and its inclusion proof under the view's checkpoint.
//
// The log has those of the commit that led to the view in memory; others (duplicates) are read.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_ANSWER_H_
#define CAIRN_LEDGER_SERVER_ANSWER_H_

#include "absl/status/status.h"
#include "ledger/log.h"
#include "ledger/view.h"
#include "merkle/types.h"

namespace cairn::server {

// Whether Log::Prove at the view's size needs no disk. Requires: the view's tree contains `index`.
bool IsRecent(const ledger::View& view, LeafIndex index);

// The status of one statement that was not taken, with the index it is about.
absl::Status ItemError(const ledger::ItemResult& item);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_ANSWER_H_
