// The public keys with which an attesting node signs its receipts, from the file that it publishes
// at /.well-known/nexart-node.json.
//
// Shape: {"nodeId", "keys": [{"kid", key, "status"?}, ...]}, other members ignored. A key comes in
//   any of these, and in all of them alike where there are several:
//     "publicKey", "publicKeySpkiB64"  base64 of its SubjectPublicKeyInfo (44 bytes),
//                                      base64 of its 32 bytes, or their 64 hex digits
//     "publicKeyJwk"                   {"kty": "OKP", "crv": "Ed25519", "x": base64}
// The file says nothing about whose node it is: that is for whoever hands it over to know.

#ifndef CAIRN_MERKLE_CERTIFICATE_NODE_KEYS_H_
#define CAIRN_MERKLE_CERTIFICATE_NODE_KEYS_H_

#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/signature/ed25519.h"

namespace cairn::certificate {

class NodeKeys {
 public:
  // kInvalidArgument, naming the field, for a file without a key or one that contradicts itself;
  // also for keys that CheckPublicKey refuses.
  static absl::StatusOr<NodeKeys> Parse(absl::string_view json);

  const std::string& node_id() const { return node_id_; }

  // kNotFound when there is no such key, kPermissionDenied when its status is "revoked". A
  // deprecated key still vouches for what it signed.
  absl::StatusOr<PublicKey> Find(absl::string_view kid) const;

 private:
  struct Key {
    PublicKey key;
    bool revoked;
  };

  NodeKeys(std::string node_id, std::map<std::string, Key> keys)
      : node_id_(std::move(node_id)), keys_(std::move(keys)) {}

  std::string node_id_;
  std::map<std::string, Key> keys_;
};

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_NODE_KEYS_H_
