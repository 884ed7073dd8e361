// Trees of a log that are known beside a copy of it: from files, witnesses and what is left of the
// directory. A copy may take the log's place only where it has every one of them.
//
// Threads: one.

#ifndef CAIRN_TOOLS_CAIRN_KNOWN_TREES_H_
#define CAIRN_TOOLS_CAIRN_KNOWN_TREES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ledger/check/source.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/types.h"

namespace cairn::cli {

struct KnownTree {
  std::string source;  // For people: a file, a witness's name.
  TreeSize size;
  Hash root;
};

struct Knowledge {
  std::vector<KnownTree> trees = {};
  // What was asked and gave nothing, and why.
  std::vector<std::string> silent = {};
};

// A checkpoint that somebody was shown: a file, or a URL such as a witness's monitoring path. An
// error where there is none of this log: it was named because it is one.
absl::Status AddCheckpoint(const std::string& name, const note::VerifierKey& log,
                           Knowledge* knowledge);

// What each witness of a policy shows of the log. One that shows nothing is silent; only a policy
// that cannot be read is an error.
absl::Status AskWitnesses(const std::string& policy_file, const note::VerifierKey& log,
                          Knowledge* knowledge);

// A note that may be there, such as `published` of a directory: silent where it is none of this
// log's, nothing where there is no file.
void AddNoteFile(const std::string& path, const note::VerifierKey& log, Knowledge* knowledge);

// Which of the trees a log does not have: larger than it is, or with another root at their size. A
// sentence each.
// Cost: reads all entries up to the largest that it has. Errors: the source's.
struct Contradicted {
  std::vector<std::string> larger = {};
  std::vector<std::string> other_root = {};
};
absl::StatusOr<Contradicted> Contradict(ledger::CheckSource& log, TreeSize size,
                                        const std::vector<KnownTree>& trees);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_KNOWN_TREES_H_
