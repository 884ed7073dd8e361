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
  // What stands, or may stand, on a certificate hash.
  struct Candidates {
    IndexTag tag;
    std::vector<LeafIndex> indexes;  // rising; grows with the draft
  };

  LeafIndex first;
  uint64_t accepted_at_ms = 0;
  absl::flat_hash_map<Hash, Candidates> by_hash;
  // Candidates that were read: each is read once a commit, however many statements meet it.
  absl::flat_hash_map<LeafIndex, entry::Statement> read;
  // The rows of this draft.
  std::vector<NewRow> rows;

  std::vector<Hash> leaf_hashes;
  std::vector<Submission*> by_leaf;
  std::vector<LeafIndex> certifier_entries;
  // Set once the draft holds a certifier entry.
  std::shared_ptr<entry::CertifierRegistry> certifiers;

  void Reserve(size_t items) {
    by_hash.reserve(items);
    rows.reserve(items);
    leaf_hashes.reserve(items);
    by_leaf.reserve(items);
  }
  LeafIndex next() const { return LeafIndex(first.value() + by_leaf.size()); }
};

Sequencer::Sequencer(Store* store, const AcceptClock* clock, HashIndex* index,
                     const Recovered& start)
    : store_(store),
      clock_(clock),
      index_(index),
      edge_(start.edge),
      durable_edge_(start.edge),
      last_accepted_at_ms_(start.state.last_accepted_at_ms),
      certifiers_(start.certifiers) {}

void Sequencer::ForgetDurable(TreeSize durable) {
  while (!in_flight_.empty() && in_flight_.front().edge.size() <= durable) {
    durable_edge_ = std::move(in_flight_.front().edge);
    in_flight_.pop_front();
  }
}

absl::StatusOr<Sequencer::Draft> Sequencer::Begin(absl::Span<const Batch> batches) {
  const absl::StatusOr<uint64_t> now_ms = clock_->Now(last_accepted_at_ms_);
  if (!now_ms.ok()) return now_ms.status();
  Draft draft;
  draft.first = LeafIndex(edge_.size().value());
  draft.accepted_at_ms = *now_ms;
  std::vector<Hash> hashes;
  std::vector<IndexTag> tags;
  size_t items = 0;
  for (const Batch& batch : batches) items += batch.items.size();
  draft.Reserve(items);
  hashes.reserve(items);
  tags.reserve(items);
  for (const Batch& batch : batches) {
    for (const Submission& item : batch.items) {
      const auto* statement = std::get_if<entry::SignedStatement>(&item.body);
      if (statement == nullptr) continue;
      const Hash& hash = statement->statement.certificate_hash;
      const auto [at, fresh] = draft.by_hash.try_emplace(hash);
      if (!fresh) continue;
      at->second.tag = index_->TagOf(hash);
      hashes.push_back(hash);
      tags.push_back(at->second.tag);
    }
  }
  std::vector<std::vector<LeafIndex>> standing(tags.size());
  if (absl::Status found = index_->Find(tags, absl::MakeSpan(standing)); !found.ok()) return found;
  for (size_t i = 0; i < hashes.size(); ++i) {
    draft.by_hash[hashes[i]].indexes = std::move(standing[i]);
  }
  return draft;
}

absl::StatusOr<entry::Statement> Sequencer::Look(LeafIndex index, const Draft& draft) const {
  const Submission* held = nullptr;
  const auto take = [&](LeafIndex first, const std::vector<Submission*>& by_leaf) {
    if (index < first || index.value() - first.value() >= by_leaf.size()) return;
    held = by_leaf[index.value() - first.value()];
  };
  take(draft.first, draft.by_leaf);
  for (const InFlight& commit : in_flight_) take(commit.first, commit.by_leaf);
  if (held != nullptr) return std::get<entry::SignedStatement>(held->body).statement;
  if (!durable_edge_.size().contains(index)) {
    return absl::DataLossError(
        absl::StrCat("the index names entry ", index.value(), ", which is not stored"));
  }
  const auto encoded =
      ReadCheckedEntries(store_, durable_edge_, index, LeafIndex(index.value() + 1));
  if (!encoded.ok()) return encoded.status();
  absl::StatusOr<entry::Entry> stored = entry::Decode(encoded->front());
  auto* body = stored.ok() ? std::get_if<entry::SignedStatement>(&stored->body) : nullptr;
  if (body == nullptr) {
    return absl::DataLossError(
        absl::StrCat("entry ", index.value(), " is indexed as a statement and is none"));
  }
  return std::move(body->statement);
}

absl::StatusOr<std::optional<ItemResult>> Sequencer::Deduplicate(const Submission& submission,
                                                                 const entry::Statement& statement,
                                                                 Draft& draft) {
  Standing standing;
  for (const LeafIndex index : draft.by_hash.at(statement.certificate_hash).indexes) {
    auto known = draft.read.find(index);
    if (known == draft.read.end()) {
      absl::StatusOr<entry::Statement> looked = Look(index, draft);
      if (!looked.ok()) return looked.status();
      known = draft.read.emplace(index, *std::move(looked)).first;
    }
    const entry::Statement& other = known->second;
    // What only shares the tag by chance ends here.
    if (other.certificate_hash != statement.certificate_hash) continue;
    if (other.certifier == statement.certifier) ++standing.by_certifier;
    if (!AboutTheSame(other, statement)) continue;
    standing.latest = index;
    if (!standing.same.has_value() && other == statement) standing.same = index;
  }
  return Judge(submission, statement, standing);
}

ItemResult Sequencer::Append(Submission& submission, Draft& draft) {
  const LeafIndex index = draft.next();
  if (const auto* statement = std::get_if<entry::SignedStatement>(&submission.body)) {
    Draft::Candidates& candidates = draft.by_hash.at(statement->statement.certificate_hash);
    draft.rows.push_back({candidates.tag, index, candidates.indexes.empty()});
    candidates.indexes.push_back(index);
  }
  entry::SetAcceptedAt(draft.accepted_at_ms, submission.encoded);
  draft.leaf_hashes.push_back(merkle::HashLeaf(submission.encoded));
  draft.by_leaf.push_back(&submission);
  return {.status = absl::OkStatus(), .index = index};
}

absl::StatusOr<ItemResult> Sequencer::Place(Submission& submission, Draft& draft) {
  if (const auto* statement = std::get_if<entry::SignedStatement>(&submission.body)) {
    absl::StatusOr<std::optional<ItemResult>> known =
        Deduplicate(submission, statement->statement, draft);
    if (!known.ok()) return known.status();
    if (known->has_value()) return **std::move(known);
  } else if (const auto* change = std::get_if<entry::CertifierEntry>(&submission.body)) {
    auto changed = std::make_shared<entry::CertifierRegistry>(
        draft.certifiers != nullptr ? *draft.certifiers : *certifiers_);
    absl::Status applied = changed->Apply(draft.next(), *change);
    if (!applied.ok()) return ItemResult{.status = std::move(applied), .index = LeafIndex()};
    draft.certifiers = std::move(changed);
    draft.certifier_entries.push_back(draft.next());
  } else if (std::holds_alternative<entry::UnknownEntry>(submission.body)) {
    // Nobody here knows what it would say for ever.
    return ItemResult{.status = absl::InvalidArgumentError(
                          "an entry of a kind newer than this program is not appended"),
                      .index = LeafIndex()};
  }
  return Append(submission, draft);
}

NewTree Sequencer::Finish(Draft draft) {
  if (draft.certifiers != nullptr) certifiers_ = std::move(draft.certifiers);
  last_accepted_at_ms_ = draft.accepted_at_ms;
  merkle::Extension extension = edge_.Append(draft.leaf_hashes);
  // From here on these are found, long before they are durable. No answer speaks of them before
  // that, since answers leave in the order of the commits.
  index_->Add(draft.rows, edge_.size());
  std::vector<std::string> entries;
  entries.reserve(draft.by_leaf.size());
  for (Submission* const submission : draft.by_leaf) {
    entries.push_back(std::move(submission->encoded));
  }
  Commit commit{
      .first = draft.first,
      .entries = std::move(entries),
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
  for (Batch& batch : batches) {
    std::vector<ItemResult>& items = results.emplace_back();
    items.reserve(batch.items.size());
    for (Submission& item : batch.items) {
      absl::StatusOr<ItemResult> result = Place(item, *draft);
      if (!result.ok()) return result.status();
      items.push_back(*std::move(result));
    }
  }
  Prepared prepared;
  for (size_t i = 0; i < batches.size(); ++i) {
    prepared.answers.push_back(
        {.done = std::move(batches[i].done), .items = std::move(results[i])});
  }
  if (draft->by_leaf.empty()) return prepared;
  const LeafIndex first = draft->first;
  std::vector<Submission*> by_leaf = draft->by_leaf;
  prepared.tree = Finish(*std::move(draft));
  // Moving the vector of batches leaves the submissions where they are.
  in_flight_.push_back({.first = first,
                        .batches = std::move(batches),
                        .by_leaf = std::move(by_leaf),
                        .edge = edge_});
  return prepared;
}

}  // namespace cairn::ledger
