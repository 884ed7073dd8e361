#include "tests/soak/known.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "merkle/note/checkpoint.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"
#include "tests/crash/load.h"

namespace cairn::testing {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

absl::Status FromGrpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace

void Known::AddEntry(const KnownEntry& entry) {
  const std::lock_guard lock(mutex_);
  if (newest_.size() < kNewest) newest_.resize(kNewest, entry);
  newest_[seen_ % kNewest] = entry;
  ++seen_;
  if (sample_.size() < kSample) {
    sample_.push_back(entry);
  } else if (const uint64_t place = random_() % seen_; place < kSample) {
    sample_[place] = entry;
  }
}

absl::Status Known::AddCheckpoint(absl::string_view checkpoint) {
  const absl::StatusOr<note::Checkpoint> parsed = note::VerifyCheckpoint(checkpoint, log_key_);
  if (!parsed.ok()) return absl::DataLossError(parsed.status().message());
  const std::lock_guard lock(mutex_);
  const auto root = roots_.try_emplace(parsed->size.value(), parsed->root).first;
  if (root->second == parsed->root) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("two roots were signed at size ", parsed->size.value()));
}

std::optional<KnownEntry> Known::Random() {
  const std::lock_guard lock(mutex_);
  if (sample_.empty()) return std::nullopt;
  return sample_[random_() % sample_.size()];
}

TreeSize Known::size() const {
  const std::lock_guard lock(mutex_);
  return TreeSize(roots_.empty() ? 0 : roots_.rbegin()->first);
}

std::vector<KnownEntry> Known::Chosen(size_t count) {
  const std::lock_guard lock(mutex_);
  std::vector<KnownEntry> chosen = newest_;
  for (size_t i = chosen.size(); i < count && !sample_.empty(); ++i) {
    chosen.push_back(sample_[random_() % sample_.size()]);
  }
  return chosen;
}

absl::Status Known::FindEntries(v1::Log::StubInterface& stub, size_t count) {
  for (const KnownEntry& entry : Chosen(count)) {
    if (absl::Status found = FindEntry(stub, entry, this); !found.ok()) return found;
  }
  return absl::OkStatus();
}

absl::Status Known::LinkCheckpoints(v1::Log::StubInterface& stub) {
  grpc::ClientContext context;
  v1::GetCheckpointResponse newest;
  const grpc::Status asked = stub.GetCheckpoint(&context, v1::GetCheckpointRequest(), &newest);
  if (!asked.ok()) return FromGrpc(asked);
  if (absl::Status added = AddCheckpoint(newest.checkpoint()); !added.ok()) return added;
  const absl::StatusOr<note::Checkpoint> end =
      note::VerifyCheckpoint(newest.checkpoint(), log_key_);
  if (!end.ok()) return end.status();

  std::map<uint64_t, Hash> roots;
  {
    const std::lock_guard lock(mutex_);
    roots.swap(roots_);
    roots_.emplace(end->size.value(), end->root);
  }
  if (roots.rbegin()->first > end->size.value()) {
    return absl::DataLossError(absl::StrCat("size ", roots.rbegin()->first,
                                            " was signed; the tree has ", end->size.value()));
  }
  const size_t step = roots.size() / kLinks + 1;
  size_t place = roots.size();
  for (const auto& [size, root] : roots) {
    // The last is among them.
    if (--place % step != 0 || size == 0) continue;
    grpc::ClientContext call;
    v1::GetConsistencyRequest request;
    request.set_old_size(size);
    request.set_new_size(end->size.value());
    v1::GetConsistencyResponse response;
    const grpc::Status got = stub.GetConsistency(&call, request, &response);
    if (!got.ok()) return FromGrpc(got);
    const absl::StatusOr<merkle::Proof> proof = merkle::ParseProof(response.proof());
    if (!proof.ok()) return proof.status();
    const absl::Status linked =
        merkle::VerifyConsistency(TreeSize(size), end->size, root, end->root, *proof);
    if (!linked.ok()) return absl::DataLossError(linked.message());
  }
  return absl::OkStatus();
}

absl::Status FindEntry(v1::Log::StubInterface& stub, const KnownEntry& entry, Known* known) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::ProveRequest request;
  request.set_certificate_hash(UniqueStatement(entry.seed, entry.number).certificate_hash());
  v1::ProveResponse response;
  const grpc::Status status = stub.Prove(&context, request, &response);
  if (absl::IsNotFound(FromGrpc(status)) ||
      (status.ok() &&
       (response.entries_size() != 1 || response.entries(0).index() != entry.index))) {
    return absl::DataLossError(
        absl::StrCat("entry ", entry.index, " was acknowledged and is not found by its hash"));
  }
  if (!status.ok()) return FromGrpc(status);
  if (absl::Status added = known->AddCheckpoint(response.checkpoint()); !added.ok()) return added;
  const absl::StatusOr<merkle::Proof> proof = merkle::ParseProof(response.entries(0).proof());
  if (!proof.ok()) return proof.status();
  const absl::StatusOr<note::Checkpoint> checkpoint = note::ParseCheckpoint(
      absl::string_view(response.checkpoint()).substr(0, response.checkpoint().find("\n\n") + 1));
  if (!checkpoint.ok()) return checkpoint.status();
  const absl::Status proven = merkle::VerifyInclusion(LeafIndex(entry.index), checkpoint->size,
                                                      merkle::HashLeaf(response.entries(0).entry()),
                                                      *proof, checkpoint->root);
  return proven.ok() ? proven : absl::DataLossError(proven.message());
}

}  // namespace cairn::testing
