#include "tools/cairn/statement_list.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/command.h"
#include "tools/cairn/report_text.h"

namespace cairn::cli {

absl::StatusOr<StatementList> StatementList::Fetch(LogClient& client, const Hash& hash,
                                                   const Take& take) {
  StatementList list(hash, TreeSize(0));
  v1::ProveRequest request;
  request.set_certificate_hash(std::string(hash.view()));
  while (true) {
    const absl::StatusOr<v1::ProveResponse> answer = client.Prove(request);
    // Of a hash that nobody stated the log says that it is not found.
    if (absl::IsNotFound(answer.status())) return list;
    if (!answer.ok()) return answer.status();
    // The size of the last page is that at which the log reports all.
    list.size_ = TreeSize(answer->tree_size());
    for (const v1::ProvenEntry& entry : answer->entries()) {
      if (absl::Status taken = take(*answer, entry); !taken.ok()) return taken;
      if (absl::Status added = list.Add(entry); !added.ok()) return added;
    }
    if (!answer->has_next_index()) return list;
    if (answer->next_index() <= request.from_index()) {
      return absl::InvalidArgumentError("the log's answer goes in circles");
    }
    request.set_from_index(answer->next_index());
  }
}

absl::Status StatementList::Add(const v1::ProvenEntry& proven) {
  absl::StatusOr<entry::Entry> entry = entry::Decode(proven.entry());
  if (!entry.ok()) return False(entry.status().message());
  const auto* statement = std::get_if<entry::SignedStatement>(&entry->body);
  if (statement == nullptr || statement->statement.certificate_hash != hash_) {
    return False(absl::StrCat("entry ", proven.index(), " is no statement on this hash"));
  }
  if (statements_.size() >= kMaxStatements) {
    return False(absl::StrCat("more than ", kMaxStatements, " statements on one hash"));
  }
  const LeafIndex index(proven.index());
  if (!statements_.empty() && index <= statements_.back().index) {
    return False("its statements are not in the order of their indexes");
  }
  statements_.push_back({index, *std::move(entry)});
  return absl::OkStatus();
}

std::optional<LeafIndex> StatementList::SupersededBy(LeafIndex index) const {
  const entry::Statement* old = nullptr;
  for (const Stated& stated : statements_) {
    const entry::Statement& statement = stated.signed_statement().statement;
    if (stated.index == index) old = &statement;
    if (old == nullptr || statement.supersedes != index) continue;
    if (statement.certifier == old->certifier && statement.trace == old->trace) return stated.index;
  }
  return std::nullopt;
}

std::string StatementList::LineText(const Stated& stated) const {
  const entry::SignedStatement& signed_statement = stated.signed_statement();
  const entry::Statement& statement = signed_statement.statement;
  const bool is_signed = !std::holds_alternative<std::monostate>(signed_statement.signature);
  std::string text = absl::StrCat("  entry ", stated.index.value(), "  ");
  if (is_signed) {
    absl::StrAppend(&text, statement.certifier, ", signed");
  } else {
    absl::StrAppend(&text, "logged under the name ", statement.certifier, " by the operator");
  }
  absl::StrAppend(&text, ": ",
                  statement.policy_status == entry::PolicyStatus::kUnspecified
                      ? "nothing stated of a policy"
                      : absl::StrCat("states ", entry::PolicyStatusName(statement.policy_status)));
  if (!statement.trace.empty()) absl::StrAppend(&text, ", trace ", statement.trace);
  if (!statement.task.empty()) absl::StrAppend(&text, ", task ", statement.task);
  if (statement.supersedes.has_value()) {
    absl::StrAppend(&text, ", names entry ", statement.supersedes->value(), " as superseded");
  }
  if (const std::optional<LeafIndex> by = SupersededBy(stated.index); by.has_value()) {
    absl::StrAppend(&text, "; SUPERSEDED by entry ", by->value());
  }
  return text + "\n";
}

std::string StatementList::Text() const {
  std::string text = absl::StrCat(
      "statements on sha256:", hash_.Hex(), ", as the log reports at size ", size_.value(),
      " (that there are no others is not proved): ", statements_.size(), "\n");
  for (const Stated& stated : statements_) text += LineText(stated);
  return text;
}

nlohmann::ordered_json StatementList::Json() const {
  nlohmann::ordered_json json = {{"tree_size", size_.value()}, {"complete", "not_proved"}};
  json["statements"] = nlohmann::ordered_json::array();
  for (const Stated& stated : statements_) {
    nlohmann::ordered_json item = EntryJson(stated.index, stated.entry);
    if (const std::optional<LeafIndex> by = SupersededBy(stated.index); by.has_value()) {
      item["superseded_by"] = by->value();
    }
    json["statements"].push_back(std::move(item));
  }
  return json;
}

absl::StatusOr<std::optional<Hash>> FetchHashAt(LogClient& client, LeafIndex index) {
  v1::ProveRequest request;
  request.set_index(index.value());
  const absl::StatusOr<v1::ProveResponse> answer = client.Prove(request);
  if (!answer.ok()) return NoSuchEntry(answer.status());
  if (answer->entries_size() != 1 || answer->entries(0).index() != index.value()) {
    return False("it is about another entry");
  }
  const absl::StatusOr<entry::Entry> entry = entry::Decode(answer->entries(0).entry());
  if (!entry.ok()) return False(entry.status().message());
  const auto* statement = std::get_if<entry::SignedStatement>(&entry->body);
  if (statement == nullptr) return std::optional<Hash>();
  return std::optional(statement->statement.certificate_hash);
}

}  // namespace cairn::cli
