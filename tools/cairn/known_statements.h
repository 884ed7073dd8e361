// What a certifier knows that it stated: a directory of its own records.
//
// Shape: evidence files (`*.cairn.json`), which say the whole statement; Certified Execution
// Records
//   (`*.json`), which say its hash; and lists (`*.hashes`) of hashes in hex, one a line. Other
//   files are not looked at. No directories below it are.
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

namespace cairn::cli {

class KnownStatements {
 public:
  static absl::StatusOr<KnownStatements> Read(const std::string& directory);

  // Hashes there are.
  size_t size() const { return by_hash_.size(); }

  // What is wrong with a statement that the log has under the certifier's name; nullopt: nothing.
  std::optional<std::string> Judge(const entry::Statement& statement) const;

 private:
  struct Known {
    // Whether any statement on the hash will do: no evidence says which it was.
    bool any = false;
    std::vector<entry::Statement> statements;
  };

  absl::Status Take(const std::string& path);
  absl::Status TakeList(const std::string& path);

  absl::flat_hash_map<Hash, Known> by_hash_;
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_KNOWN_STATEMENTS_H_
