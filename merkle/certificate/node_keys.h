// The public keys with which an attesting node signs, from the file that it publishes at
// /.well-known/nexart-node.json.
//
// Shape: {"nodeId", "keys" (or "publicKeys"): [{"kid" (or "id"), key, ...}, ...]}, members that are
// not
//   named here ignored. A key comes in any of these, and in all of them alike where there are
//   several:
//     "publicKey", "publicKeySpkiB64"  base64 of its SubjectPublicKeyInfo (44 bytes),
//                                      base64 of its 32 bytes, or their 64 hex digits
//     "publicKeyJwk"                   {"kty": "OKP", "crv": "Ed25519", "x": base64}
//   "status": "revoked" or "revoked": true revokes it, whatever the time. "validTo", RFC 3339 or
//   null, ends it. "validFrom" and "notBefore" are not limits: in what is published they are when
//   the node's process started.
// The file says nothing about whose node it is: that is for whoever hands it over to know.

#ifndef CAIRN_MERKLE_CERTIFICATE_NODE_KEYS_H_
#define CAIRN_MERKLE_CERTIFICATE_NODE_KEYS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/signature/ed25519.h"

namespace cairn::certificate {

struct NodeKey {
  // Absent for a key of another algorithm than Ed25519.
  std::optional<PublicKey> key;
  bool revoked = false;
  // POSIX seconds.
  std::optional<int64_t> valid_from_s = std::nullopt;
  std::optional<int64_t> valid_to_s = std::nullopt;
};

class NodeKeys {
 public:
  // kInvalidArgument, naming the field, for a file without a key or one that contradicts itself;
  // also for keys that CheckPublicKey refuses.
  static absl::StatusOr<NodeKeys> Parse(const std::string& json);

  const std::string& node_id() const { return node_id_; }

  // Null where there is no such key.
  const NodeKey* Find(absl::string_view kid) const;

 private:
  NodeKeys(std::string node_id, std::map<std::string, NodeKey> keys)
      : node_id_(std::move(node_id)), keys_(std::move(keys)) {}

  std::string node_id_;
  std::map<std::string, NodeKey> keys_;
};

// POSIX seconds of a time as RFC 3339 writes it, rounded down. kInvalidArgument for another text.
absl::StatusOr<int64_t> ParseTimeS(absl::string_view text);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_NODE_KEYS_H_
