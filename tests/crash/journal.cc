#include "tests/crash/journal.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/edge.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"

namespace cairn::testing {
namespace {

[[noreturn]] void Die(absl::string_view what) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

absl::Status FromGrpc(absl::string_view call, const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(call, ": ", status.error_message()));
}

}  // namespace

void Journal::RecordEntry(LeafIndex index, absl::string_view entry) {
  std::lock_guard lock(mutex_);
  auto [it, fresh] = entries_.emplace(index.value(), std::string(entry));
  if (!fresh && it->second != entry) {
    Die(absl::StrCat("two entries were acknowledged at index ", index.value()));
  }
}

note::Checkpoint Journal::RecordCheckpoint(absl::string_view checkpoint) {
  absl::StatusOr<note::Checkpoint> parsed = note::VerifyCheckpoint(checkpoint, log_key_);
  if (!parsed.ok()) Die(absl::StrCat("a checkpoint does not verify: ", parsed.status().ToString()));
  std::lock_guard lock(mutex_);
  auto [it, fresh] = roots_.emplace(parsed->size.value(), parsed->root);
  if (fresh) {
    unlinked_.push_back(parsed->size.value());
  } else if (it->second != parsed->root) {
    Die(absl::StrCat("two roots were signed at size ", parsed->size.value()));
  }
  return *std::move(parsed);
}

size_t Journal::entries() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

size_t Journal::checkpoints() const {
  std::lock_guard lock(mutex_);
  return roots_.size();
}

absl::Status Journal::Check(v1::Log::StubInterface& stub) {
  grpc::ClientContext context;
  v1::GetCheckpointResponse newest;
  absl::Status read =
      FromGrpc("GetCheckpoint", stub.GetCheckpoint(&context, v1::GetCheckpointRequest(), &newest));
  if (!read.ok()) return read;
  const note::Checkpoint checkpoint = RecordCheckpoint(newest.checkpoint());

  std::lock_guard lock(mutex_);
  absl::Status entries = CheckEntries(stub, checkpoint.size);
  if (!entries.ok()) return entries;
  checked_size_ = checkpoint.size;
  return CheckConsistency(stub, checkpoint.size, checkpoint.root);
}

absl::Status Journal::CheckEntries(v1::Log::StubInterface& stub, TreeSize size) {
  if (!entries_.empty() && !size.contains(LeafIndex(entries_.rbegin()->first))) {
    return absl::DataLossError(absl::StrCat("index ", entries_.rbegin()->first,
                                            " was acknowledged; the tree has ", size.value()));
  }
  if (!roots_.empty() && roots_.rbegin()->first > size.value()) {
    return absl::DataLossError(
        absl::StrCat("size ", roots_.rbegin()->first, " was signed; the tree has ", size.value()));
  }
  grpc::ClientContext context;
  v1::ListEntriesRequest request;
  request.set_end(size.value());
  std::unique_ptr<grpc::ClientReaderInterface<v1::ListEntriesResponse>> reader =
      stub.ListEntries(&context, request);
  merkle::Edge tree;
  auto acknowledged = entries_.begin();
  auto signed_root = roots_.lower_bound(1);
  v1::ListEntriesResponse page;
  while (reader->Read(&page)) {
    if (page.first_index() != tree.size().value()) return absl::DataLossError("a page is missing");
    for (const std::string& entry : page.entries()) {
      const uint64_t index = tree.size().value();
      if (acknowledged != entries_.end() && acknowledged->first == index) {
        if (acknowledged->second != entry) {
          return absl::DataLossError(absl::StrCat("entry ", index, " has other bytes now"));
        }
        ++acknowledged;
      }
      tree.Append({merkle::HashLeaf(entry)});
      if (signed_root != roots_.end() && signed_root->first == index + 1) {
        if (signed_root->second != tree.root()) {
          return absl::DataLossError(absl::StrCat("size ", index + 1, " has another root now"));
        }
        ++signed_root;
      }
    }
  }
  absl::Status done = FromGrpc("ListEntries", reader->Finish());
  if (!done.ok()) return done;
  if (acknowledged != entries_.end() || signed_root != roots_.end()) {
    return absl::DataLossError(absl::StrCat("only ", tree.size().value(), " entries were listed"));
  }
  return absl::OkStatus();
}

absl::Status Journal::CheckConsistency(v1::Log::StubInterface& stub, TreeSize size,
                                       const Hash& root) {
  for (uint64_t old_size : unlinked_) {
    if (old_size == 0) continue;
    grpc::ClientContext context;
    v1::GetConsistencyRequest request;
    request.set_old_size(old_size);
    request.set_new_size(size.value());
    v1::GetConsistencyResponse response;
    absl::Status asked =
        FromGrpc("GetConsistency", stub.GetConsistency(&context, request, &response));
    if (!asked.ok()) return asked;
    absl::StatusOr<merkle::Proof> proof = merkle::ParseProof(response.proof());
    if (!proof.ok()) return proof.status();
    absl::Status linked =
        merkle::VerifyConsistency(TreeSize(old_size), size, roots_.at(old_size), root, *proof);
    if (!linked.ok()) return linked;
  }
  unlinked_.clear();
  return absl::OkStatus();
}

}  // namespace cairn::testing
