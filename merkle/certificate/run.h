// Whether records are the steps of one run: that each has its place, and none is missing, doubled,
// out of order or of another run, as far as they say so themselves.
//
// Source: docs/certificates.md, "Runs". Codes in capitals are the publisher's where it has them.
// Shape: steps name those before them by hash (snapshot.prevStepHash, parentHashes) or by id
//   (parentStepIds), or a project's registry does.
// What it cannot show: that there were no other steps. A chain does not reveal a missing end, and a
//   parent that is named by id may be another record of that id.
// Cost: near linear in steps and links; no recursion.
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_RUN_H_
#define CAIRN_MERKLE_CERTIFICATE_RUN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "merkle/certificate/judge.h"
#include "merkle/certificate/judgement.h"

namespace cairn::certificate {

// A record as the caller has it. Borrowed.
struct RunInput {
  std::string name;  // A file's, or a step's: findings name it.
  const JudgedRecord* record;
};

struct RunStep {
  std::string name;
  std::string id;     // stepId, else executionId; may be empty.
  std::string label;  // What ran.
  std::string hash;   // As computed; empty where the record does not hold.
  // Places in Run::steps, of those that it names and that are there.
  std::vector<size_t> parents = {};
  std::vector<size_t> children = {};
};

struct Run {
  std::vector<RunStep> steps;
  // The field is the step's name; empty for the run as a whole. None: it is one whole run, as far
  // as its steps say.
  std::vector<Finding> findings;
  // How the steps are linked, for people: by what they name.
  bool by_hash = false;
  bool by_id = false;
};

// `listed`: the order of the inputs is meant; steps must come after those that they name.
Run JudgeRun(const std::vector<RunInput>& inputs, bool listed);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_RUN_H_
