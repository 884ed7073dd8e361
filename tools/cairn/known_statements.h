// What a certifier knows that it stated: a directory of its own records.
//
// Shape: evidence files (`*.cairn.json`), which say the whole statement; Certified Execution
// Records
//   (`*.json`), which say its hash; and lists (`*.hashes`) of hashes in hex, one a line. Other
//   files are not looked at. No directories below it are.
// A statement is known when evidence says all that it says: hash, policy status, supersedes,
// certifier, trace, task. A hash alone shows of no statement that it is the one that was made, so
// that each on such a hash is for a person to look at.
// Errors: kInvalidArgument for a file that is none of these, otherwise as file.h.
// Threads: const calls from any.

#ifndef CAIRN_TOOLS_CAIRN_KNOWN_STATEMENTS_H_
#define CAIRN_TOOLS_CAIRN_KNOWN_STATEMENTS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "witness/finding.h"

namespace cairn::cli {

class KnownStatements {
 public:
  static absl::StatusOr<KnownStatements> Read(const std::string& directory);

  // Hashes there are.
  size_t size() const { return by_hash_.size(); }
  // How many of them no evidence has the statement of.
  size_t hashes_alone() const;
  // SHA-256 of all that is known, whatever files it is in.
  Hash Digest() const;

  // What is wrong with a statement that the log has under the certifier's name, of kind kUnknown or
  // kReview; nullopt: nothing.
  std::optional<witness::Finding> Judge(const entry::Statement& statement) const;

 private:
  struct Known {
    std::vector<entry::Statement> statements;
  };

  absl::Status Take(const std::string& path);
  absl::Status TakeList(const std::string& path);

  absl::flat_hash_map<Hash, Known> by_hash_;
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_KNOWN_STATEMENTS_H_
