#include "ledger/recovery.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/stored_tree.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/statement_view.h"
#include "merkle/proof.h"

namespace cairn::ledger {
namespace {

// Entries read at a time while the index is replayed.
constexpr uint64_t kReplayChunk = 4096;

absl::Status CheckLastSigned(Store* store, const TreeState& state, const merkle::Edge& edge) {
  const absl::StatusOr<std::optional<TreeState>> last = store->LastSigned();
  if (!last.ok()) return last.status();
  if (!last->has_value()) return absl::OkStatus();
  const TreeState& was = **last;
  constexpr char kWhatToDo[] =
      "the directory lost acknowledged entries; restore it from a newer backup, do not go on with "
      "it";
  if (was.size > state.size) {
    return absl::DataLossError(absl::StrCat("the tree ends at size ", state.size.value(),
                                            ", but size ", was.size.value(),
                                            " was signed: ", kWhatToDo));
  }
  StoredTree tree(edge, store);
  const absl::StatusOr<Hash> root = merkle::Root(was.size, tree);
  if (!root.ok()) return root.status();
  if (*root == was.root) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the tree's root at size ", was.size.value(), " is ",
                                          root->Hex(), ", but ", was.root.Hex(),
                                          " was signed: ", kWhatToDo));
}

absl::StatusOr<entry::CertifierRegistry> FoldCertifiers(Store* store, const TreeState& state,
                                                        const merkle::Edge& edge) {
  const absl::StatusOr<std::vector<LeafIndex>> indexes = store->CertifierEntries();
  if (!indexes.ok()) return indexes.status();
  entry::CertifierRegistry registry(store->identity().origin);
  for (const LeafIndex index : *indexes) {
    if (!state.size.contains(index)) {
      return absl::DataLossError(absl::StrCat("a certifier entry is listed at index ",
                                              index.value(), ", beyond the tree"));
    }
    const auto encoded = ReadCheckedEntries(store, edge, index, LeafIndex(index.value() + 1));
    if (!encoded.ok()) return encoded.status();
    const absl::StatusOr<entry::Entry> decoded = entry::Decode(encoded->front());
    const auto* change =
        decoded.ok() ? std::get_if<entry::CertifierEntry>(&decoded->body) : nullptr;
    absl::Status applied =
        change != nullptr ? registry.Apply(index, *change)
                          : absl::DataLossError("it is listed as a certifier entry and is none");
    if (!applied.ok()) {
      return absl::DataLossError(absl::StrCat("entry ", index.value(), ": ", applied.message()));
    }
  }
  return registry;
}

}  // namespace

absl::Status CheckIdentity(const LogIdentity& identity, const note::CheckpointSigner& signer) {
  if (identity.origin != signer.origin()) {
    return absl::FailedPreconditionError(absl::StrCat("the directory holds the log `",
                                                      identity.origin, "`, not `", signer.origin(),
                                                      "`; give the right directory or origin"));
  }
  const std::string vkey = signer.verifier_keys().front().Format();
  if (identity.vkey != vkey) {
    return absl::FailedPreconditionError(absl::StrCat("the directory holds a log with the key ",
                                                      identity.vkey, ", not ", vkey,
                                                      "; give the key file that it was made with"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Recovered> Recover(Store* store, const note::CheckpointSigner& signer) {
  if (absl::Status ours = CheckIdentity(store->identity(), signer); !ours.ok()) return ours;
  const absl::StatusOr<TreeState> state = store->ReadState();
  if (!state.ok()) return state.status();
  StoredTiles tiles(store);
  absl::StatusOr<merkle::Edge> edge = merkle::Edge::FromTiles(state->size, tiles);
  if (!edge.ok()) return edge.status();
  if (edge->root() != state->root) {
    return absl::DataLossError(
        absl::StrCat("entries and tiles at size ", state->size.value(), " lead to the root ",
                     edge->root().Hex(), ", but the state row says ", state->root.Hex(),
                     ": the directory is damaged; restore it from a backup"));
  }
  if (absl::Status kept = CheckLastSigned(store, *state, *edge); !kept.ok()) return kept;
  absl::StatusOr<entry::CertifierRegistry> registry = FoldCertifiers(store, *state, *edge);
  if (!registry.ok()) return registry.status();
  return Recovered{
      .state = *state,
      .edge = *std::move(edge),
      .certifiers = std::make_shared<const entry::CertifierRegistry>(*std::move(registry))};
}

absl::Status ReplayIndex(Store* store, const Recovered& recovered, HashIndex* index) {
  const absl::StatusOr<LeafIndex> watermark = store->IndexWatermark();
  if (!watermark.ok()) return watermark.status();
  const TreeSize size = recovered.state.size;
  if (watermark->value() > size.value()) {
    return absl::DataLossError(absl::StrCat("the index reaches to ", watermark->value(),
                                            ", beyond the tree of size ", size.value()));
  }
  for (uint64_t begin = watermark->value(); begin < size.value();) {
    const uint64_t end = std::min(begin + kReplayChunk, size.value());
    const auto entries =
        ReadCheckedEntries(store, recovered.edge, LeafIndex(begin), LeafIndex(end));
    if (!entries.ok()) return entries.status();
    std::vector<NewRow> rows;
    for (uint64_t i = begin; i < end; ++i) {
      const std::string& encoded = (*entries)[i - begin];
      if (const auto statement = entry::ViewStatement(encoded); statement.has_value()) {
        const absl::StatusOr<Hash> hash = Hash::FromBytes(statement->certificate_hash);
        rows.push_back({index->TagOf(*hash), LeafIndex(i)});
      } else if (const auto other = entry::Decode(encoded); !other.ok()) {
        return absl::DataLossError(absl::StrCat("entry ", i, ": ", other.status().message()));
      }
    }
    index->Add(rows, TreeSize(end));
    if (absl::Status ingested = index->Ingest(size); !ingested.ok()) return ingested;
    begin = end;
  }
  return absl::OkStatus();
}

}  // namespace cairn::ledger
