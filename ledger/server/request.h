// Messages from and to the wire, and their fields into domain types.
//
// Errors: kInvalidArgument, with BadRequest naming the field.
// Threads: pure.

#ifndef CAIRN_LEDGER_SERVER_REQUEST_H_
#define CAIRN_LEDGER_SERVER_REQUEST_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/byte_buffer.h"
#include "merkle/entry/entry.h"
#include "proto/log.pb.h"

namespace cairn::server {

// Largest batch and ListEntries message; a request may be a little larger for its framing.
inline constexpr size_t kMaxBatchBytes = size_t{1} << 20;
inline constexpr size_t kMaxRequestBytes = kMaxBatchBytes + (size_t{64} << 10);

// gRPC's own handlers answer a message that does not parse with UNIMPLEMENTED, and end a stream as
// if the client had finished it. So calls come in as bytes and are parsed here.
template <typename Message>
absl::StatusOr<Message> ParseMessage(grpc::ByteBuffer bytes) {
  Message message;
  if (!grpc::SerializationTraits<Message>::Deserialize(&bytes, &message).ok()) {
    return absl::InvalidArgumentError(absl::StrCat("the message is no ",
                                                   Message::descriptor()->full_name(),
                                                   ": cut short, or not protobuf; send it whole"));
  }
  return message;
}

template <typename Message>
grpc::ByteBuffer SerializeMessage(const Message& message) {
  grpc::ByteBuffer bytes;
  bool own = false;
  // Fails for messages above 2 GiB only, which we do not make.
  (void)grpc::SerializationTraits<Message>::Serialize(message, &bytes, &own);
  return bytes;
}

// 32 bytes.
absl::StatusOr<Hash> ParseHash(absl::string_view field, absl::string_view bytes);

// Where a field stands in a request. It becomes text only for an error.
class FieldPath {
 public:
  explicit FieldPath(absl::string_view parent) : parent_(parent) {}
  FieldPath(absl::string_view list, int item) : parent_(list), item_(item) {}

  // "statement.trace", "statements[3].trace".
  std::string operator/(absl::string_view field) const;

 private:
  absl::string_view parent_;
  int item_ = -1;
};

// Takes the texts. The certifier may still be empty; all else is as an entry demands.
absl::StatusOr<entry::Statement> ParseStatement(const FieldPath& path, v1::Statement&& in);

absl::StatusOr<entry::SingleSignature> ParseSignature(const FieldPath& path,
                                                      const v1::Signature& in);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_REQUEST_H_
