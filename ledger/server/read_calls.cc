#include "ledger/server/read_calls.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"
#include "merkle/entry/entry.h"
#include "merkle/proof_bytes.h"

namespace cairn::server {
namespace {

constexpr size_t kMaxProvenEntries = 64;

absl::Status Beyond(absl::string_view field, uint64_t asked, TreeSize size) {
  return absl::OutOfRangeError(absl::StrCat(field, ": ", asked,
                                            " is beyond the tree, whose size is ", size.value(),
                                            "; wait for it to grow"));
}

// The size to prove in: the one asked for, or the newest.
absl::StatusOr<TreeSize> ProofSize(const ledger::View& view, const v1::ProveRequest& request) {
  if (!request.has_tree_size()) return view.size();
  if (request.tree_size() == 0) {
    return InvalidField("tree_size", "is 0; nothing is in an empty tree");
  }
  if (request.tree_size() > view.size().value()) {
    return Beyond("tree_size", request.tree_size(), view.size());
  }
  return TreeSize(request.tree_size());
}

void AddEntry(ledger::ProvenEntry entry, v1::ProveResponse& out) {
  v1::ProvenEntry* proven = out.add_entries();
  proven->set_index(entry.index.value());
  proven->set_entry(std::move(entry.entry));
  proven->set_proof(merkle::FormatProof(entry.proof));
}

absl::Status ProveIndex(ledger::Log& log, const ledger::View& view, TreeSize size,
                        const v1::ProveRequest& request, v1::ProveResponse& out) {
  if (!request.certifier().empty()) {
    return InvalidField("certifier", "goes with certificate_hash; leave it out with index");
  }
  if (request.from_index() != 0) {
    return InvalidField("from_index", "goes with certificate_hash; leave it out with index");
  }
  if (!size.contains(LeafIndex(request.index()))) return Beyond("index", request.index(), size);
  absl::StatusOr<ledger::ProvenEntry> proven = log.Prove(view, LeafIndex(request.index()), size);
  if (!proven.ok()) return proven.status();
  AddEntry(*std::move(proven), out);
  return absl::OkStatus();
}

absl::Status ProveHash(ledger::Log& log, const ledger::View& view, TreeSize size,
                       const v1::ProveRequest& request, v1::ProveResponse& out) {
  const absl::StatusOr<Hash> hash = ParseHash("certificate_hash", request.certificate_hash());
  if (!hash.ok()) return hash.status();
  const absl::Status named = entry::ValidateText("certifier", request.certifier(), true);
  if (!named.ok()) return InvalidField("certifier", named.message());
  std::optional<std::string> certifier;
  if (!request.certifier().empty()) certifier = request.certifier();
  absl::StatusOr<ledger::FoundStatements> found =
      log.Find(view, *hash, certifier, size, LeafIndex(request.from_index()), kMaxProvenEntries);
  if (!found.ok()) return found.status();
  for (ledger::ProvenEntry& entry : found->entries) AddEntry(std::move(entry), out);
  if (found->next.has_value()) {
    out.set_next_index(found->next->value());
    return absl::OkStatus();
  }
  if (out.entries_size() > 0) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no statement on this hash",
                                          certifier.has_value() ? " by that certifier" : "",
                                          request.from_index() > 0 ? " from that index on" : "",
                                          " in the tree of size ", size.value()));
}

}  // namespace

absl::Status CheckKind(v1::CheckpointKind kind) {
  if (v1::CheckpointKind_IsValid(kind)) return absl::OkStatus();
  return InvalidField("kind", "is neither INTEGRATED (0) nor PUBLISHED (1)");
}

absl::StatusOr<v1::ProveResponse> Prove(ledger::Log& log, const v1::ProveRequest& request) {
  const auto view = log.Newest();
  const absl::StatusOr<TreeSize> size = ProofSize(*view, request);
  if (!size.ok()) return size.status();
  v1::ProveResponse out;
  absl::Status proven;
  switch (request.target_case()) {
    case v1::ProveRequest::kIndex:
      proven = ProveIndex(log, *view, *size, request, out);
      break;
    case v1::ProveRequest::kCertificateHash:
      proven = ProveHash(log, *view, *size, request, out);
      break;
    case v1::ProveRequest::TARGET_NOT_SET:
      proven = InvalidField("target", "is missing; give certificate_hash or index");
      break;
  }
  if (!proven.ok()) return proven;
  out.set_tree_size(size->value());
  if (!request.has_tree_size()) out.set_checkpoint(view->checkpoint);
  return out;
}

absl::StatusOr<v1::GetConsistencyResponse> GetConsistency(
    ledger::Log& log, const v1::GetConsistencyRequest& request) {
  const auto view = log.Newest();
  const uint64_t old_size = request.old_size();
  const uint64_t new_size = request.has_new_size() ? request.new_size() : view->size().value();
  if (old_size == 0) {
    return InvalidField("old_size", "is 0; every tree continues the empty one, without a proof");
  }
  if (request.has_new_size() && old_size > new_size) {
    return InvalidField("old_size",
                        absl::StrCat(old_size, " is above new_size ", new_size, "; swap them"));
  }
  if (new_size > view->size().value()) return Beyond("new_size", new_size, view->size());
  if (old_size > new_size) return Beyond("old_size", old_size, view->size());
  const absl::StatusOr<merkle::Proof> proof =
      log.ConsistencyProof(*view, TreeSize(old_size), TreeSize(new_size));
  if (!proof.ok()) return proof.status();
  v1::GetConsistencyResponse out;
  out.set_proof(merkle::FormatProof(*proof));
  out.set_new_size(new_size);
  if (!request.has_new_size()) out.set_checkpoint(view->checkpoint);
  return out;
}

absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(ledger::Log& log,
                                                        const Publication& publication,
                                                        const v1::GetCheckpointRequest& request) {
  if (absl::Status known = CheckKind(request.kind()); !known.ok()) return known;
  v1::GetCheckpointResponse out;
  if (request.kind() == v1::CHECKPOINT_KIND_INTEGRATED) {
    out.set_checkpoint(log.Newest()->checkpoint);
    return out;
  }
  const Publication::Newest published = publication.newest();
  if (published == nullptr) {
    return absl::UnavailableError(
        "nothing has been published yet: no checkpoint has met the witness policy; ask again");
  }
  out.set_checkpoint(published->note);
  return out;
}

}  // namespace cairn::server
