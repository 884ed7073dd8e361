#include "ledger/sequencer.h"

#include <cassert>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "ledger/stored_tree.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"

namespace cairn::ledger {

// A commit in the making. Nothing of the sequencer changes before Finish.
struct Sequencer::Draft {
  LeafIndex first;
  uint64_t accepted_at_ms = 0;
  // By position in the batches, all counted through: tag, and what stood under it before.
  std::vector<IndexTag> tags;
  std::vector<std::vector<LeafIndex>> standing;
  // The rows of this draft.
  std::vector<IndexRow> rows;
  absl::flat_hash_map<Hash, std::vector<LeafIndex>> fresh;

  std::vector<std::string> entries;
  std::vector<Hash> leaf_hashes;
  std::vector<const Submission*> by_leaf;
  std::vector<LeafIndex> certifier_entries;
  // Set once the draft holds a certifier entry.
  std::shared_ptr<entry::CertifierRegistry> certifiers;

  LeafIndex next() const { return LeafIndex(first.value() + entries.size()); }
};

Sequencer::Sequencer(Store* store, const AcceptClock* clock, HashIndex* index,
                     const Recovered& start)
    : store_(store),
      clock_(clock),
      index_(index),
      edge_(start.edge),
      last_accepted_at_ms_(start.state.last_accepted_at_ms),
      certifiers_(start.certifiers) {}

void Sequencer::ForgetDurable(TreeSize durable) {
  while (!in_flight_.empty() &&
         in_flight_.front().first.value() + in_flight_.front().by_leaf.size() <= durable.value()) {
    in_flight_.pop_front();
  }
}

absl::StatusOr<Sequencer::Draft> Sequencer::Begin(absl::Span<const Batch> batches) {
  const absl::StatusOr<uint64_t> now_ms = clock_->Now(last_accepted_at_ms_);
  if (!now_ms.ok()) return now_ms.status();
  Draft draft;
  draft.first = LeafIndex(edge_.size().value());
  draft.accepted_at_ms = *now_ms;
  for (const Batch& batch : batches) {
    for (const Submission& item : batch.items) {
      const auto* statement = std::get_if<entry::SignedStatement>(&item.body);
      // Other kinds are not looked up; their place keeps positions and tags in step.
      draft.tags.push_back(
          statement != nullptr ? index_->TagOf(statement->statement.certificate_hash) : IndexTag{});
    }
  }
  draft.standing.resize(draft.tags.size());
  absl::Status found = index_->Find(draft.tags, absl::MakeSpan(draft.standing));
  if (!found.ok()) return found;
  return draft;
}

absl::Status Sequencer::Compare(LeafIndex index, const Submission& submission,
                                const entry::Statement& statement, const Draft& draft,
                                Standing& standing) {
  const entry::Statement* other = nullptr;
  Hash identity;
  absl::StatusOr<entry::Entry> stored;
  const auto take = [&](LeafIndex first, const std::vector<const Submission*>& by_leaf) {
    if (index < first || index.value() - first.value() >= by_leaf.size()) return;
    const Submission& held = *by_leaf[index.value() - first.value()];
    other = &std::get<entry::SignedStatement>(held.body).statement;
    identity = held.identity;
  };
  take(draft.first, draft.by_leaf);
  for (const InFlight& commit : in_flight_) take(commit.first, commit.by_leaf);
  if (other == nullptr) {
    const auto encoded = ReadEntriesOfTree(store_, index, LeafIndex(index.value() + 1));
    if (!encoded.ok()) return encoded.status();
    stored = entry::Decode(encoded->front());
    const auto* body = stored.ok() ? std::get_if<entry::SignedStatement>(&stored->body) : nullptr;
    if (body == nullptr) {
      return absl::DataLossError(
          absl::StrCat("entry ", index.value(), " is indexed as a statement and is none"));
    }
    other = &body->statement;
    identity = entry::StatementIdentity(*other);
  }
  // Also what only shares the tag by chance ends here.
  if (!AboutTheSame(*other, statement)) return absl::OkStatus();
  standing.latest = index;
  if (!standing.same.has_value() && identity == submission.identity) standing.same = index;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ItemResult>> Sequencer::Deduplicate(
    const Submission& submission, const entry::SignedStatement& statement, size_t position,
    const Draft& draft) {
  Standing standing;
  for (const LeafIndex index : draft.standing[position]) {
    absl::Status compared = Compare(index, submission, statement.statement, draft, standing);
    if (!compared.ok()) return compared;
  }
  const auto fresh = draft.fresh.find(statement.statement.certificate_hash);
  if (fresh != draft.fresh.end()) {
    for (const LeafIndex index : fresh->second) {
      absl::Status compared = Compare(index, submission, statement.statement, draft, standing);
      if (!compared.ok()) return compared;
    }
  }
  return Judge(submission, statement.statement, standing);
}

ItemResult Sequencer::Append(const Submission& submission, size_t position, Draft& draft) {
  const LeafIndex index = draft.next();
  if (const auto* statement = std::get_if<entry::SignedStatement>(&submission.body)) {
    draft.rows.push_back({draft.tags[position], index});
    draft.fresh[statement->statement.certificate_hash].push_back(index);
  }
  draft.entries.push_back(entry::AssembleEntry(draft.accepted_at_ms, submission.encoded_body));
  draft.leaf_hashes.push_back(merkle::HashLeaf(draft.entries.back()));
  draft.by_leaf.push_back(&submission);
  return {.status = absl::OkStatus(), .index = index};
}

absl::StatusOr<ItemResult> Sequencer::Place(const Submission& submission, size_t position,
                                            Draft& draft) {
  if (const auto* statement = std::get_if<entry::SignedStatement>(&submission.body)) {
    absl::StatusOr<std::optional<ItemResult>> known =
        Deduplicate(submission, *statement, position, draft);
    if (!known.ok()) return known.status();
    if (known->has_value()) return **std::move(known);
  } else if (const auto* change = std::get_if<entry::CertifierEntry>(&submission.body)) {
    auto changed = std::make_shared<entry::CertifierRegistry>(
        draft.certifiers != nullptr ? *draft.certifiers : *certifiers_);
    absl::Status applied = changed->Apply(draft.next(), *change);
    if (!applied.ok()) return ItemResult{.status = std::move(applied), .index = LeafIndex()};
    draft.certifiers = std::move(changed);
    draft.certifier_entries.push_back(draft.next());
  }
  return Append(submission, position, draft);
}

NewTree Sequencer::Finish(Draft draft) {
  if (draft.certifiers != nullptr) certifiers_ = std::move(draft.certifiers);
  last_accepted_at_ms_ = draft.accepted_at_ms;
  merkle::Extension extension = edge_.Append(draft.leaf_hashes);
  // From here on these are found, long before they are durable. No answer speaks of them before
  // that, since answers leave in the order of the commits.
  index_->Add(draft.rows, edge_.size());
  Commit commit{
      .first = draft.first,
      .entries = std::move(draft.entries),
      .tiles = extension.full_tiles(),
      .certifiers = std::move(draft.certifier_entries),
      .state = {
          .size = edge_.size(), .root = edge_.root(), .last_accepted_at_ms = last_accepted_at_ms_}};
  return {.commit = std::move(commit),
          .extension = std::move(extension),
          .edge = edge_,
          .certifiers = certifiers_};
}

absl::StatusOr<Prepared> Sequencer::Prepare(std::vector<Batch>& batches, TreeSize durable) {
  ForgetDurable(durable);
  absl::StatusOr<Draft> draft = Begin(batches);
  if (!draft.ok()) return draft.status();
  std::vector<std::vector<ItemResult>> results;
  size_t position = 0;
  for (const Batch& batch : batches) {
    std::vector<ItemResult>& items = results.emplace_back();
    items.reserve(batch.items.size());
    for (const Submission& item : batch.items) {
      absl::StatusOr<ItemResult> result = Place(item, position++, *draft);
      if (!result.ok()) return result.status();
      items.push_back(*std::move(result));
    }
  }
  Prepared prepared;
  for (size_t i = 0; i < batches.size(); ++i) {
    prepared.answers.push_back(
        {.done = std::move(batches[i].done), .items = std::move(results[i])});
  }
  if (draft->entries.empty()) return prepared;
  // Moving the vector of batches leaves the submissions where they are.
  in_flight_.push_back(
      {.first = draft->first, .batches = std::move(batches), .by_leaf = std::move(draft->by_leaf)});
  prepared.tree = Finish(*std::move(draft));
  return prepared;
}

}  // namespace cairn::ledger
