// Every statement that a log reports on a certificate hash: of all certifiers and traces, also
// those that another one supersedes.
//
// It is the log's report at one size of its tree. Entries can be proved to be in it; that there are
// no others cannot, and the words say so.
// Errors: as LogClient; kInvalidArgument for an answer that is malformed, not to the question, or
//   has more than kMaxStatements.
// Threads: one at a time.

#ifndef CAIRN_TOOLS_CAIRN_STATEMENT_LIST_H_
#define CAIRN_TOOLS_CAIRN_STATEMENT_LIST_H_

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/types.h"
#include "proto/log.pb.h"
#include "tools/cairn/log_client.h"

namespace cairn::cli {

inline constexpr size_t kMaxStatements = 10'000;

class StatementList {
 public:
  StatementList(const Hash& hash, TreeSize size) : hash_(hash), size_(size) {}

  // Asks for all, page by page. `take` sees each of them first, with the answer that it came in;
  // its error ends it. May be empty.
  using Take = std::function<absl::Status(const v1::ProveResponse&, const v1::ProvenEntry&)>;
  static absl::StatusOr<StatementList> Fetch(LogClient& client, const Hash& hash, const Take& take);

  size_t size() const { return statements_.size(); }

  // By what the statement at `index` is superseded: the one of the same certifier and trace that
  // names it.
  std::optional<LeafIndex> SupersededBy(LeafIndex index) const;

  // A line that says what it is, and one a statement.
  std::string Text() const;
  // tree_size, complete ("not_proved"), statements: each as `cairn entries` has it, and
  // superseded_by.
  nlohmann::ordered_json Json() const;

 private:
  struct Stated {
    LeafIndex index;
    entry::Entry entry;
    const entry::SignedStatement& signed_statement() const {
      return std::get<entry::SignedStatement>(entry.body);
    }
  };

  absl::Status Add(const v1::ProvenEntry& proven);
  std::string LineText(const Stated& stated) const;

  Hash hash_;
  TreeSize size_;
  std::vector<Stated> statements_;
};

// The certificate hash of the statement that a log has at `index`; nullopt where another kind of
// entry stands there.
absl::StatusOr<std::optional<Hash>> FetchHashAt(LogClient& client, LeafIndex index);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_STATEMENT_LIST_H_
