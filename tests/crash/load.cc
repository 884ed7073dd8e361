#include "tests/crash/load.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "merkle/hash.h"

namespace cairn::testing {
namespace {

constexpr int kClients = 3;
constexpr int kBatch = 32;

}  // namespace

v1::Statement UniqueStatement(uint64_t seed, uint64_t number) {
  v1::Statement statement;
  const Hash hash = merkle::Sha256(absl::StrCat("certificate ", seed, " ", number));
  statement.set_certificate_hash(hash.bytes.data(), hash.bytes.size());
  statement.set_certifier("anonymous");
  statement.set_trace(absl::StrCat("run:", seed));
  return statement;
}

Load::Load(const std::string& address, uint64_t seed, Journal* journal)
    : stub_(v1::Log::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
      journal_(journal) {
  clients_.emplace_back([this, seed] { RunUnary(kClients * seed); });
  clients_.emplace_back([this, seed] { RunUnary(kClients * seed + 1); });
  clients_.emplace_back([this, seed] { RunStream(kClients * seed + 2); });
}

Load::~Load() {
  stopping_ = true;
  for (std::thread& client : clients_) client.join();
}

void Load::AwaitAcknowledged(uint64_t count) const {
  for (uint64_t seen = acknowledged_; seen < count; seen = acknowledged_) acknowledged_.wait(seen);
}

void Load::Acknowledge(uint64_t count) {
  acknowledged_ += count;
  acknowledged_.notify_all();
}

void Load::EndWith(const grpc::Status& status) const {
  if (dying_ || status.ok()) return;
  std::fprintf(stderr, "a call failed before its time: %d %s\n", status.error_code(),
               status.error_message().c_str());
  std::abort();
}

void Load::RunUnary(uint64_t seed) {
  for (uint64_t number = 0; !stopping_; ++number) {
    grpc::ClientContext context;
    v1::AppendRequest request;
    *request.mutable_statement() = UniqueStatement(seed, number);
    v1::AppendResponse response;
    const grpc::Status status = stub_->Append(&context, request, &response);
    if (!status.ok()) return EndWith(status);
    // A fresh statement is never a duplicate, and the log said so if it is one.
    if (response.duplicate()) std::abort();
    journal_->RecordEntry(LeafIndex(response.index()), response.entry());
    journal_->RecordCheckpoint(response.checkpoint());
    Acknowledge(1);
  }
}

void Load::RunStream(uint64_t seed) {
  grpc::ClientContext context;
  auto stream = stub_->AppendStream(&context);
  uint64_t number = 0;
  while (!stopping_) {
    v1::AppendStreamRequest batch;
    batch.set_id(number);
    batch.set_want_entries(true);
    for (int i = 0; i < kBatch; ++i) *batch.add_statements() = UniqueStatement(seed, number++);
    v1::AppendStreamResponse answer;
    if (!stream->Write(batch) || !stream->Read(&answer) || answer.has_error()) break;
    if (answer.id() != batch.id() || answer.count() != kBatch || answer.entries_size() != kBatch) {
      std::abort();
    }
    for (int i = 0; i < kBatch; ++i) {
      journal_->RecordEntry(LeafIndex(answer.first_index() + i), answer.entries(i));
    }
    journal_->RecordCheckpoint(answer.checkpoint());
    Acknowledge(kBatch);
  }
  stream->WritesDone();
  EndWith(stream->Finish());
}

}  // namespace cairn::testing
