// One signed tree, frozen: what an answer or a read speaks of. Immutable and shared.

#ifndef CAIRN_LEDGER_VIEW_H_
#define CAIRN_LEDGER_VIEW_H_

#include <memory>
#include <string>
#include <vector>

#include "ledger/store.h"
#include "merkle/edge.h"
#include "merkle/entry/certifiers.h"

namespace cairn::ledger {

// What the commit that led to a view added, kept so that its answers need no read.
struct RecentCommit {
  LeafIndex first;
  std::vector<std::string> entries;
  merkle::Extension extension;
};

struct View {
  TreeState state;
  // The integrated checkpoint of `state`, signed by the log: note bytes.
  std::string checkpoint;
  merkle::Edge edge;
  // Certifiers as of this tree.
  std::shared_ptr<const entry::CertifierRegistry> certifiers;
  // Null in a log that has not committed since it was opened.
  std::shared_ptr<const RecentCommit> recent;

  TreeSize size() const { return state.size; }
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_VIEW_H_
