#include "tests/server/client.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "merkle/note/text.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

constexpr int kHungSeconds = 60;

std::shared_ptr<grpc::Channel> PlainChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Each client has a connection of its own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Hash HashOf(const std::string& text) { return merkle::Sha256(text); }

v1::Statement StatementOn(const std::string& text) {
  v1::Statement statement;
  statement.set_certificate_hash(std::string(HashOf(text).view()));
  return statement;
}

entry::Statement ToEntry(const v1::Statement& statement) {
  entry::Statement out;
  out.certificate_hash = *Hash::FromBytes(statement.certificate_hash());
  out.policy_status = static_cast<entry::PolicyStatus>(statement.policy_status());
  if (statement.has_supersedes()) out.supersedes = LeafIndex(statement.supersedes());
  out.certifier = statement.certifier();
  out.trace = statement.trace();
  out.task = statement.task();
  return out;
}

PrivateKey KeyFromByte(char seed_byte) {
  return *PrivateKey::FromSeed(std::string(PrivateKey::kSeedSize, seed_byte));
}

std::string PublicText(const PrivateKey& key) {
  return note::FormatBase64(key.public_key().view());
}

v1::Signature Sign(const PrivateKey& key, const v1::Statement& statement,
                   const std::string& origin) {
  v1::Signature out;
  out.set_key(std::string(key.public_key().view()));
  out.set_signature(
      std::string(key.Sign(entry::StatementMessage(origin, ToEntry(statement))).view()));
  return out;
}

v1::Signature SignBatch(const PrivateKey& key, const std::vector<v1::Statement>& statements,
                        const std::string& origin) {
  std::vector<entry::Statement> entries;
  for (const v1::Statement& statement : statements) entries.push_back(ToEntry(statement));
  const auto all = entry::SignBatch(origin, std::move(entries), key);
  EXPECT_TRUE(all.ok()) << all.status();
  v1::Signature out;
  const auto& batch = std::get<entry::BatchSignature>(all->front().signature);
  out.set_key(std::string(batch.key.view()));
  out.set_signature(std::string(batch.signature.view()));
  return out;
}

note::Checkpoint OpenCheckpoint(const std::string& bytes) {
  const auto checkpoint = note::VerifyCheckpoint(bytes, *note::VerifierKey::Parse(kTestVkey));
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
  return checkpoint.ok() ? *checkpoint : note::Checkpoint();
}

absl::Status CheckInclusion(uint64_t index, const std::string& entry, const std::string& proof,
                            const note::Checkpoint& checkpoint) {
  const auto hashes = merkle::ParseProof(proof);
  if (!hashes.ok()) return hashes.status();
  return merkle::VerifyInclusion(LeafIndex(index), checkpoint.size, merkle::HashLeaf(entry),
                                 *hashes, checkpoint.root);
}

absl::Status CheckAnswer(const v1::AppendResponse& answer) {
  return CheckInclusion(answer.index(), answer.entry(), answer.proof(),
                        OpenCheckpoint(answer.checkpoint()));
}

Client::Client(const std::string& address) : Client(PlainChannel(address), "") {}

Client::Client(const std::string& address, std::string token)
    : Client(PlainChannel(address), std::move(token)) {}

Client::Client(std::shared_ptr<grpc::Channel> channel, std::string token)
    : channel_(std::move(channel)), token_(std::move(token)), stub_(v1::Log::NewStub(channel_)) {}

std::unique_ptr<grpc::ClientContext> Client::Context() const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(kHungSeconds));
  if (!token_.empty()) context->AddMetadata("authorization", "Bearer " + token_);
  return context;
}

grpc::Status Client::Append(const v1::AppendRequest& request, v1::AppendResponse* response) {
  v1::AppendResponse unused;
  return stub_->Append(Context().get(), request, response == nullptr ? &unused : response);
}

grpc::Status Client::Append(const v1::Statement& statement, v1::AppendResponse* response) {
  v1::AppendRequest request;
  *request.mutable_statement() = statement;
  return Append(request, response);
}

grpc::Status Client::AppendSigned(const v1::Statement& statement, const v1::Signature& signature,
                                  v1::AppendResponse* response) {
  v1::AppendRequest request;
  *request.mutable_statement() = statement;
  *request.mutable_signature() = signature;
  return Append(request, response);
}

grpc::Status Client::AppendBatch(const v1::AppendStreamRequest& request,
                                 v1::AppendStreamResponse* response) {
  const auto context = Context();
  const auto stream = stub_->AppendStream(context.get());
  stream->Write(request);
  const bool answered = stream->Read(response);
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  if (!answered && status.ok()) return grpc::Status(grpc::StatusCode::UNKNOWN, "no answer");
  return status;
}

grpc::Status Client::Prove(const v1::ProveRequest& request, v1::ProveResponse* response) {
  v1::ProveResponse unused;
  return stub_->Prove(Context().get(), request, response == nullptr ? &unused : response);
}

grpc::Status Client::List(uint64_t begin, uint64_t end, std::vector<std::string>* entries,
                          std::vector<size_t>* message_bytes) {
  v1::ListEntriesRequest request;
  request.set_begin(begin);
  request.set_end(end);
  const auto context = Context();
  const auto reader = stub_->ListEntries(context.get(), request);
  v1::ListEntriesResponse message;
  while (reader->Read(&message)) {
    EXPECT_EQ(message.first_index(), begin + entries->size());
    if (message_bytes != nullptr) message_bytes->push_back(message.ByteSizeLong());
    for (const std::string& entry : message.entries()) entries->push_back(entry);
  }
  return reader->Finish();
}

note::Checkpoint Client::Newest() {
  v1::GetCheckpointResponse response;
  const grpc::Status status = stub_->GetCheckpoint(Context().get(), {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return OpenCheckpoint(response.checkpoint());
}

grpc::Status Client::SendRaw(const std::string& method, const std::string& bytes) {
  grpc::GenericStub generic(channel_);
  const auto context = Context();
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  generic.UnaryCall(context.get(), "/cairn.v1.Log/" + method, grpc::StubOptions(), &request,
                    &response, [&done](grpc::Status status) { done.set_value(std::move(status)); });
  return done.get_future().get();
}

std::string Client::CallOther(const std::string& method, const std::string& request) {
  grpc::GenericStub generic(channel_);
  grpc::CompletionQueue queue;
  const auto context = Context();
  const auto call = generic.PrepareCall(context.get(), method, &queue);
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const grpc::Slice slice(request);
  call->StartCall(nullptr);
  if (!next()) return "no call";
  call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
  if (!next()) return "not written";
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  if (!next()) return "no answer";
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(response.Dump(&slices).ok());
  std::string out;
  for (const grpc::Slice& part : slices) {
    out.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  EXPECT_TRUE(next());
  EXPECT_TRUE(status.ok()) << status.error_message();
  return out;
}

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

std::string BadField(const google::rpc::Status& status) {
  const auto bad = FindDetail<google::rpc::BadRequest>(status);
  return bad.has_value() ? bad->field_violations(0).field() : "";
}

std::string BadField(const grpc::Status& status) { return BadField(Details(status)); }

std::string ErrorIndex(const google::rpc::Status& status) {
  const auto info = FindDetail<google::rpc::ErrorInfo>(status);
  return info.has_value() ? info->metadata().at("index") : "";
}

}  // namespace cairn::testing
