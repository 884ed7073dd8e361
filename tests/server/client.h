// What the server's tests speak to a cairnd with.

#ifndef CAIRN_TESTS_SERVER_CLIENT_H_
#define CAIRN_TESTS_SERVER_CLIENT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grpcpp/channel.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/status.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/statement.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/signature/ed25519.h"
#include "proto/google_rpc.pb.h"
#include "proto/log_service.grpc.pb.h"

namespace cairn::testing {

// SHA-256 of `text`: a certificate hash per name.
Hash HashOf(const std::string& text);

// A statement on HashOf(text), without certifier.
v1::Statement StatementOn(const std::string& text);

// The wire form's meaning, for signing.
entry::Statement ToEntry(const v1::Statement& statement);

PrivateKey KeyFromByte(char seed_byte);
// Base64, as the configuration takes it.
std::string PublicText(const PrivateKey& key);

v1::Signature Sign(const PrivateKey& key, const v1::Statement& statement,
                   const std::string& origin);
v1::Signature SignBatch(const PrivateKey& key, const std::vector<v1::Statement>& statements,
                        const std::string& origin);

// Verifies a checkpoint under the test key. Fails the test, and returns size 0, if it does not
// hold.
note::Checkpoint OpenCheckpoint(const std::string& bytes);

// Verifies that `entry` is at `index` under the checkpoint.
absl::Status CheckInclusion(uint64_t index, const std::string& entry, const std::string& proof,
                            const note::Checkpoint& checkpoint);
absl::Status CheckAnswer(const v1::AppendResponse& answer);

class Client {
 public:
  // Plain text, without a token.
  explicit Client(const std::string& address);
  Client(std::shared_ptr<grpc::Channel> channel, std::string token);
  explicit Client(const std::string& address, std::string token);

  v1::Log::Stub& stub() { return *stub_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // A context with the token and a deadline that only a hung server reaches.
  std::unique_ptr<grpc::ClientContext> Context() const;

  grpc::Status Append(const v1::AppendRequest& request, v1::AppendResponse* response);
  grpc::Status Append(const v1::Statement& statement, v1::AppendResponse* response = nullptr);
  grpc::Status AppendSigned(const v1::Statement& statement, const v1::Signature& signature,
                            v1::AppendResponse* response = nullptr);
  // One batch on a stream of its own; the stream's status where there is no answer.
  grpc::Status AppendBatch(const v1::AppendStreamRequest& request,
                           v1::AppendStreamResponse* response);
  grpc::Status Prove(const v1::ProveRequest& request, v1::ProveResponse* response = nullptr);
  // All entries of [begin, end), and the sizes of the messages they came in.
  grpc::Status List(uint64_t begin, uint64_t end, std::vector<std::string>* entries,
                    std::vector<size_t>* message_bytes = nullptr);
  // The newest checkpoint, verified.
  note::Checkpoint Newest();

  // Bytes that need not be a message, to a unary method of cairn.v1.Log.
  grpc::Status SendRaw(const std::string& method, const std::string& bytes);
  // The answer of a method of another service, whose schema these tests do not carry. Fails the
  // test where there is none.
  std::string CallOther(const std::string& method, const std::string& request);

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::string token_;
  std::unique_ptr<v1::Log::Stub> stub_;
};

// The google.rpc.Status that a call's error carried; empty if none.
google::rpc::Status Details(const grpc::Status& status);
// The first detail of a type.
template <typename Detail>
std::optional<Detail> FindDetail(const google::rpc::Status& status) {
  Detail detail;
  for (const auto& any : status.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}
// The field a BadRequest names, or empty.
std::string BadField(const google::rpc::Status& status);
std::string BadField(const grpc::Status& status);
// metadata["index"] of an ErrorInfo, or empty.
std::string ErrorIndex(const google::rpc::Status& status);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SERVER_CLIENT_H_
