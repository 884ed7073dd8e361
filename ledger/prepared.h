// What moves along the commit path: batches taken in, the commit made of them, their answers.

#ifndef CAIRN_LEDGER_PREPARED_H_
#define CAIRN_LEDGER_PREPARED_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "ledger/append_result.h"
#include "ledger/store.h"
#include "ledger/submission.h"
#include "merkle/edge.h"
#include "merkle/entry/certifiers.h"
#include "merkle/extension.h"

namespace cairn::ledger {

// As Log::Append was given it.
struct Batch {
  std::vector<Submission> items;
  AppendCallback done;
  // What the items weigh against the limits in bytes: as encoded entries.
  size_t bytes = 0;
};

// The tree after a commit, and the commit that leads to it.
struct NewTree {
  Commit commit;
  merkle::Extension extension;
  merkle::Edge edge;
  std::shared_ptr<const entry::CertifierRegistry> certifiers;
};

// The result of one batch; it is given out once all that it speaks of is durable and signed.
struct Answer {
  AppendCallback done;
  std::vector<ItemResult> items;
};

struct Prepared {
  // nullopt: nothing new was in the batches.
  std::optional<NewTree> tree;
  std::vector<Answer> answers;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_PREPARED_H_
