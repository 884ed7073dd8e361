// One signed tree, frozen: what an answer or a read speaks of. Immutable and shared.

#ifndef CAIRN_LEDGER_VIEW_H_
#define CAIRN_LEDGER_VIEW_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/store.h"
#include "merkle/edge.h"
#include "merkle/entry/certifiers.h"
#include "merkle/extension.h"
#include "merkle/proof_bytes.h"
#include "merkle/types.h"

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

// An entry and the inclusion proof that leads from it to the root at some size.
struct ProvenEntry {
  LeafIndex index;
  std::string entry;  // encoded
  merkle::Proof proof;
};

// What a look-up by certificate hash found in a view.
struct FoundStatements {
  std::vector<ProvenEntry> entries;  // rising
  // Where to look on, if that was not all; it may turn out that nothing follows. A look-up reads a
  // bounded number of entries, so this may be set although fewer were found than asked for.
  std::optional<LeafIndex> next = std::nullopt;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_VIEW_H_
