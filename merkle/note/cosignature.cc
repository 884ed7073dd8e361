#include "merkle/note/cosignature.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "merkle/signature/ed25519.h"

namespace cairn::note {
namespace {

constexpr size_t kTimeBytes = 8;
constexpr uint64_t kMaxTime = (uint64_t{1} << 63) - 1;

absl::Status CheckKeyType(KeyType type) {
  if (type == KeyType::kCosignature) return absl::OkStatus();
  return absl::InvalidArgumentError("cosignatures need a key of type 0x04");
}

}  // namespace

std::string CosignatureMessage(uint64_t cosigned_at_s, absl::string_view text) {
  return absl::StrCat("cosignature/v1\ntime ", cosigned_at_s, "\n", text);
}

absl::StatusOr<std::string> Cosign(const SignerKey& key, uint64_t cosigned_at_s,
                                   absl::string_view text) {
  if (absl::Status status = CheckKeyType(key.type()); !status.ok()) return status;
  if (cosigned_at_s > kMaxTime) {
    return absl::InvalidArgumentError("a cosignature's time is above 2^63 - 1 seconds");
  }
  std::string signature;
  for (size_t i = 0; i < kTimeBytes; ++i) {
    signature.push_back(static_cast<char>(cosigned_at_s >> (8 * (kTimeBytes - 1 - i))));
  }
  absl::StrAppend(&signature, key.Sign(CosignatureMessage(cosigned_at_s, text)).view());
  return signature;
}

absl::StatusOr<uint64_t> VerifyCosignature(const VerifierKey& key, absl::string_view text,
                                           absl::string_view signature) {
  if (absl::Status status = CheckKeyType(key.type()); !status.ok()) return status;
  if (signature.size() != kTimeBytes + Signature::kSize) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a cosignature is ", kTimeBytes + Signature::kSize, " bytes, got ", signature.size()));
  }
  uint64_t cosigned_at_s = 0;
  for (const char byte : signature.substr(0, kTimeBytes)) {
    cosigned_at_s = cosigned_at_s << 8 | static_cast<uint8_t>(byte);
  }
  if (cosigned_at_s > kMaxTime) {
    return absl::InvalidArgumentError("a cosignature's time is above 2^63 - 1 seconds");
  }
  absl::StatusOr<Signature> ed25519 = Signature::FromBytes(signature.substr(kTimeBytes));
  if (!ed25519.ok()) return ed25519.status();
  absl::Status status = Verify(key.public_key(), CosignatureMessage(cosigned_at_s, text), *ed25519);
  if (!status.ok()) return status;
  return cosigned_at_s;
}

}  // namespace cairn::note
