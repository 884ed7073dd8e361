// What the ceiling is: a server of the log's API that does nothing. The same listener, handlers of
// the same kind on the same threads, requests parsed and answers serialized; but every answer is
// there already. Its load generator must not check what it gets: `cairn bench --unchecked`.
//
//   empty_server [TREE_SIZE = 10000000] [ENTRY_BYTES = 180]
//
// Prints `listening on HOST:PORT` and ends with a signal. Answers have the size that a log of
// TREE_SIZE entries gives them. Append and AppendStream take all as new, at index 0; a Prove by
// index shows an entry whose hash says the index, and a Prove by that hash finds it again. Every
// entry is verified, by one receipt.

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/server/listener.h"
#include "ledger/server/request.h"
#include "merkle/entry/entry.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/verify.h"
#include "proto/anchors_service.grpc.pb.h"
#include "proto/log_service.grpc.pb.h"

namespace cairn::server {
namespace {

using Bytes = grpc::ByteBuffer;
using Grpc = v1::Log;
using RawService = Grpc::WithRawCallbackMethod_Append<Grpc::WithRawCallbackMethod_AppendStream<
    Grpc::WithRawCallbackMethod_Prove<Grpc::WithRawCallbackMethod_GetCheckpoint<Grpc::Service>>>>;

constexpr char kOrigin[] = "log.example.org/empty";
// Of an entry: version, kind, time (docs/formats.md).
constexpr size_t kHashOffset = 10;

struct Canned {
  std::string entry;
  std::string proof;
  std::string checkpoint;
};

std::string SomeEntry(size_t bytes) {
  entry::SignedStatement body;
  body.statement.certifier = entry::kAnonymous;
  const size_t bare = entry::Encode({.body = body})->size();
  const size_t ids = std::min(bytes < bare ? 0 : bytes - bare, 2 * entry::kMaxTextBytes);
  body.statement.trace.assign(ids / 2, 't');
  body.statement.task.assign(ids - ids / 2, 't');
  return *entry::Encode({.body = body});
}

Canned MakeCanned(TreeSize size, size_t entry_bytes) {
  std::vector<note::SignerKey> keys;
  keys.push_back(*note::GenerateSignerKey(kOrigin));
  const note::CheckpointSigner signer = *note::CheckpointSigner::Create(std::move(keys));
  const note::Checkpoint checkpoint{.origin = kOrigin, .size = size, .root = {}, .extensions = {}};
  return {.entry = SomeEntry(entry_bytes),
          .proof = std::string(merkle::InclusionProofLength(LeafIndex(0), size) * Hash::kSize, 'h'),
          .checkpoint = *signer.Sign(checkpoint)};
}

// Answers each batch before it reads the next.
class Stream final : public grpc::ServerBidiReactor<Bytes, Bytes> {
 public:
  explicit Stream(const Canned& canned) : canned_(canned) { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    const auto request = ParseMessage<v1::AppendStreamRequest>(request_);
    if (!ok || !request.ok()) return Finish(grpc::Status::OK);
    v1::AppendStreamResponse answer;
    answer.set_id(request->id());
    answer.set_count(static_cast<uint32_t>(request->statements_size()));
    answer.set_checkpoint(canned_.checkpoint);
    answer_ = SerializeMessage(answer);
    StartWrite(&answer_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    request_.Clear();
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  const Canned& canned_;
  Bytes request_;
  Bytes answer_;
};

class EmptyService final : public RawService {
 public:
  explicit EmptyService(Canned canned) : canned_(std::move(canned)) {}

  grpc::ServerUnaryReactor* Append(grpc::CallbackServerContext* call, const Bytes* request,
                                   Bytes* response) override {
    v1::AppendResponse answer;
    const bool good = ParseMessage<v1::AppendRequest>(*request).ok();
    answer.set_entry(canned_.entry);
    answer.set_proof(canned_.proof);
    answer.set_checkpoint(canned_.checkpoint);
    return Answer(call, good, SerializeMessage(answer), response);
  }

  grpc::ServerBidiReactor<Bytes, Bytes>* AppendStream(grpc::CallbackServerContext*) override {
    return new Stream(canned_);
  }

  grpc::ServerUnaryReactor* Prove(grpc::CallbackServerContext* call, const Bytes* request,
                                  Bytes* response) override {
    const auto asked = ParseMessage<v1::ProveRequest>(*request);
    v1::ProveResponse answer;
    v1::ProvenEntry& entry = *answer.add_entries();
    entry.set_entry(canned_.entry);
    if (asked.ok()) SetIndex(*asked, entry);
    entry.set_proof(canned_.proof);
    answer.set_checkpoint(canned_.checkpoint);
    return Answer(call, asked.ok(), SerializeMessage(answer), response);
  }

  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* call, const Bytes*,
                                          Bytes* response) override {
    v1::GetCheckpointResponse answer;
    answer.set_checkpoint(canned_.checkpoint);
    return Answer(call, true, SerializeMessage(answer), response);
  }

 private:
  // The hash of entry i begins with i.
  static void SetIndex(const v1::ProveRequest& asked, v1::ProvenEntry& entry) {
    uint64_t index = asked.index();
    if (asked.certificate_hash().size() == Hash::kSize) {
      std::memcpy(&index, asked.certificate_hash().data(), sizeof index);
    }
    entry.set_index(index);
    std::memcpy(entry.mutable_entry()->data() + kHashOffset, &index, sizeof index);
  }

  static grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* call, bool good,
                                          const Bytes& bytes, Bytes* response) {
    *response = bytes;  // Shares them.
    grpc::ServerUnaryReactor* const reactor = call->DefaultReactor();
    reactor->Finish(good ? grpc::Status::OK
                         : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "not a request"));
    return reactor;
  }

  const Canned canned_;
};

class EmptyAnchors final
    : public v1::Anchors::WithRawCallbackMethod_GetProofState<v1::Anchors::Service> {
 public:
  grpc::ServerUnaryReactor* GetProofState(grpc::CallbackServerContext* call, const Bytes* request,
                                          Bytes* response) override {
    const auto asked = ParseMessage<v1::GetProofStateRequest>(*request);
    v1::GetProofStateResponse answer;
    v1::EntryProofState& entry = *answer.add_entries();
    if (asked.ok()) entry.set_index(asked->index());
    entry.set_state(v1::PROOF_STATE_VERIFIED);
    entry.set_rule_version(1);
    entry.add_deciding()->set_anchor("tsa");
    entry.mutable_deciding(0)->set_round(50'000);
    entry.set_first_round(50'000);
    answer.set_rule("any of tsa (an authority)");
    *response = SerializeMessage(answer);
    grpc::ServerUnaryReactor* const reactor = call->DefaultReactor();
    reactor->Finish(asked.ok() ? grpc::Status::OK
                               : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "not a request"));
    return reactor;
  }
};

int Main(int argc, char** argv) {
  const uint64_t size = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const size_t entry_bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 180;
  if (size == 0 || size > kMaxTreeSize || argc > 3) {
    std::cerr << "usage: empty_server [TREE_SIZE] [ENTRY_BYTES]\n";
    return 2;
  }
  EmptyService service(MakeCanned(TreeSize(size), entry_bytes));
  EmptyAnchors anchors;
  Settings settings;
  settings.address = *http::ParseAddress("127.0.0.1:0");
  const absl::StatusOr<Listener> listener = Listen(settings, {&service, &anchors});
  if (!listener.ok()) {
    std::cerr << "empty_server: " << listener.status().message() << "\n";
    return 3;
  }
  std::cout << "listening on " << listener->address.Format() << std::endl;
  listener->server->Wait();
  return 0;
}

}  // namespace
}  // namespace cairn::server

int main(int argc, char** argv) { return cairn::server::Main(argc, argv); }
