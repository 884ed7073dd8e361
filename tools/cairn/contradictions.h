// Whether files of one run contradict each other: one log, one size, two roots, both signed with
// the log's key. Each file alone may be sound; together they show that the log has shown two trees.
//
// That convicts the key, and not a person: keys are stolen.
// Threads: any, side by side.
// Memory: a path and a hash for each tree that was seen, at most kMaxTrees; then no further trees
//   are remembered, which overflowed() says.

#ifndef CAIRN_TOOLS_CAIRN_CONTRADICTIONS_H_
#define CAIRN_TOOLS_CAIRN_CONTRADICTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "anchor/evidence/evidence.h"
#include "anchor/evidence/verify.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"

namespace cairn::cli {

struct Contradiction {
  std::string origin;
  uint64_t tree_size = 0;
  std::string first_file, second_file;
  Hash first_root, second_root;
  // A cairn.v1/misbehaviour file; empty where the first file could not be read again.
  std::string proof = {};
};

class Contradictions {
 public:
  static constexpr size_t kMaxTrees = 1'000'000;
  static constexpr size_t kMaxFound = 100;

  // Counts only where the report says that `log_key` has signed the checkpoint.
  void Add(const std::string& file, const evidence::Evidence& evidence,
           const evidence::Report& report, const std::optional<note::VerifierKey>& log_key);

  // Once nothing is added any more. The first kMaxFound.
  const std::vector<Contradiction>& found() const { return found_; }
  bool overflowed() const { return overflowed_; }

 private:
  struct Tree {
    Hash root;
    std::string file;
    std::optional<note::VerifierKey> log_key;
  };

  std::mutex mutex_;
  std::map<std::pair<std::string, uint64_t>, Tree> trees_;  // By origin and size.
  std::vector<Contradiction> found_;
  bool overflowed_ = false;
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_CONTRADICTIONS_H_
