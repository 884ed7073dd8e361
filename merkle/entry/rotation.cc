#include "merkle/entry/rotation.h"

#include "absl/strings/str_cat.h"
#include "merkle/entry/message.h"

namespace cairn::entry {

std::string RotationMessage(absl::string_view origin, absl::string_view name,
                            const PublicKey& old_key, const PublicKey& new_key,
                            CertifierDemand demand) {
  std::string message = "cairn.v1/certifier-rotation\n";
  PutField(origin, message);
  PutField(name, message);
  PutField(old_key.view(), message);
  PutField(new_key.view(), message);
  PutField(BigEndian(static_cast<uint8_t>(demand), 1), message);
  return message;
}

absl::StatusOr<CertifierEntry> SignRotation(absl::string_view origin, absl::string_view name,
                                            const PrivateKey& old_key, const PublicKey& new_key,
                                            CertifierDemand demand) {
  CertifierEntry rotation{.action = CertifierAction::kRotate,
                          .demand = demand,
                          .name = std::string(name),
                          .key = new_key};
  // Before the message is made: a name without an encoding has no place in one.
  if (absl::StatusOr<std::string> encoded = Encode({.body = rotation}); !encoded.ok()) {
    return encoded.status();
  }
  rotation.by_old_key =
      old_key.Sign(RotationMessage(origin, name, old_key.public_key(), new_key, demand));
  return rotation;
}

absl::Status VerifyRotation(absl::string_view origin, const CertifierEntry& rotation,
                            const PublicKey& old_key) {
  if (absl::StatusOr<std::string> encoded = Encode({.body = rotation}); !encoded.ok()) {
    return encoded.status();
  }
  if (!rotation.by_old_key.has_value()) {
    return absl::PermissionDeniedError(absl::StrCat("the rotation of certifier `", rotation.name,
                                                    "` is not signed by the key before it"));
  }
  const absl::Status good = cairn::Verify(
      old_key, RotationMessage(origin, rotation.name, old_key, *rotation.key, rotation.demand),
      *rotation.by_old_key);
  if (good.ok()) return good;
  return absl::PermissionDeniedError(absl::StrCat(
      "the signature on the rotation of certifier `", rotation.name,
      "` is not by the key before it over this log, name, key and demand: ", good.message()));
}

}  // namespace cairn::entry
