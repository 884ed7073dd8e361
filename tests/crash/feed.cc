#include "tests/crash/feed.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"
#include "tests/crash/load.h"

namespace cairn::testing {
namespace {

constexpr int kBatch = 1'024;
constexpr size_t kLookedUp = 20;
// That only a log which hangs reaches.
constexpr auto kPatience = std::chrono::seconds(60);

absl::Status FromGrpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace

void Feed::Connect(const std::string& address) {
  stub_ = v1::Log::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
}

std::unique_ptr<grpc::ClientContext> Feed::Context() const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + kPatience);
  return context;
}

absl::Status Feed::AppendOne(uint64_t number) {
  v1::AppendRequest request;
  *request.mutable_statement() = UniqueStatement(seed_, number);
  v1::AppendResponse response;
  const grpc::Status status = stub_->Append(Context().get(), request, &response);
  if (!status.ok()) return FromGrpc(status);
  if (response.duplicate()) return absl::InternalError("a new statement is called a duplicate");
  journal_->RecordEntry(LeafIndex(response.index()), response.entry());
  journal_->RecordCheckpoint(response.checkpoint());
  index_of_[number] = response.index();
  return absl::OkStatus();
}

absl::Status Feed::AppendSingly(int count) {
  for (int i = 0; i < count; ++i) {
    const uint64_t number = next_++;
    absl::Status appended = AppendOne(number);
    if (appended.ok()) continue;
    refused_ = {number};
    return appended;
  }
  return absl::OkStatus();
}

absl::Status Feed::AppendBatches(int count) {
  const std::unique_ptr<grpc::ClientContext> context = Context();
  const auto stream = stub_->AppendStream(context.get());
  for (int i = 0; i < count; ++i) {
    v1::AppendStreamRequest batch;
    batch.set_want_entries(true);
    refused_.clear();
    for (int item = 0; item < kBatch; ++item) {
      refused_.push_back(next_);
      *batch.add_statements() = UniqueStatement(seed_, next_++);
    }
    v1::AppendStreamResponse answer;
    if (!stream->Write(batch) || !stream->Read(&answer)) return FromGrpc(stream->Finish());
    if (answer.has_error()) {
      return {static_cast<absl::StatusCode>(answer.error().code()), answer.error().message()};
    }
    if (answer.count() != kBatch || answer.entries_size() != kBatch) {
      return absl::InternalError(absl::StrCat("of a batch ", answer.count(), " are new"));
    }
    for (int item = 0; item < kBatch; ++item) {
      const uint64_t index = answer.first_index() + item;
      journal_->RecordEntry(LeafIndex(index), answer.entries(item));
      index_of_[refused_[item]] = index;
    }
    journal_->RecordCheckpoint(answer.checkpoint());
    refused_.clear();
  }
  stream->WritesDone();
  return FromGrpc(stream->Finish());
}

absl::Status Feed::SendAgain() {
  const std::unique_ptr<grpc::ClientContext> context = Context();
  const auto stream = stub_->AppendStream(context.get());
  v1::AppendStreamRequest batch;
  for (const uint64_t number : refused_) {
    *batch.add_statements() = UniqueStatement(seed_, number);
  }
  v1::AppendStreamResponse answer;
  if (!stream->Write(batch) || !stream->Read(&answer)) return FromGrpc(stream->Finish());
  // The commit was there whole or not at all.
  const size_t duplicates = answer.exceptions_size();
  if (answer.has_error() || (answer.count() != refused_.size() && duplicates != refused_.size())) {
    return absl::DataLossError(absl::StrCat("sent again, of ", refused_.size(), " statements ",
                                            answer.count(),
                                            " are new: ", answer.error().message()));
  }
  for (size_t i = 0; i < refused_.size(); ++i) {
    if (duplicates > 0 && !answer.exceptions(static_cast<int>(i)).duplicate()) {
      return absl::InternalError(answer.exceptions(static_cast<int>(i)).error().message());
    }
    index_of_[refused_[i]] =
        duplicates > 0 ? answer.exceptions(static_cast<int>(i)).index() : answer.first_index() + i;
  }
  journal_->RecordCheckpoint(answer.checkpoint());
  refused_.clear();
  stream->WritesDone();
  return FromGrpc(stream->Finish());
}

absl::Status Feed::Confirm() {
  if (!refused_.empty()) {
    if (absl::Status taken = SendAgain(); !taken.ok()) return taken;
  }
  const uint64_t step = std::max<uint64_t>(1, index_of_.size() / kLookedUp);
  uint64_t place = 0;
  for (const auto& [number, index] : index_of_) {
    if (place++ % step != 0) continue;
    if (absl::Status found = ConfirmByHash(number, index); !found.ok()) return found;
  }
  return journal_->Check(*stub_);
}

absl::Status Feed::ConfirmByHash(uint64_t number, uint64_t index) {
  v1::ProveRequest request;
  request.set_certificate_hash(UniqueStatement(seed_, number).certificate_hash());
  v1::ProveResponse response;
  const grpc::Status status = stub_->Prove(Context().get(), request, &response);
  if (!status.ok()) return FromGrpc(status);
  if (response.entries_size() != 1 || response.entries(0).index() != index) {
    return absl::DataLossError(absl::StrCat("entry ", index, " is not found by its hash"));
  }
  const auto checkpoint = journal_->RecordCheckpoint(response.checkpoint());
  const absl::StatusOr<merkle::Proof> proof = merkle::ParseProof(response.entries(0).proof());
  if (!proof.ok()) return proof.status();
  return merkle::VerifyInclusion(LeafIndex(index), checkpoint.size,
                                 merkle::HashLeaf(response.entries(0).entry()), *proof,
                                 checkpoint.root);
}

}  // namespace cairn::testing
