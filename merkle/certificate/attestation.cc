#include "merkle/certificate/attestation.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/base64.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/signature/ed25519.h"

namespace cairn::certificate {
namespace {

using nlohmann::json;

constexpr const char* kReceiptMembers[] = {"certificateHash", "timestamp", "nodeId", "kid"};

absl::Status Invalid(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("meta.attestation", field, " ", why));
}

absl::StatusOr<std::string> Text(const json& object, const std::string& path, const char* name) {
  const auto member = object.find(name);
  const std::string* text =
      member == object.end() ? nullptr : member->get_ptr<const std::string*>();
  if (text == nullptr || text->empty()) {
    return Invalid(absl::StrCat(path, ".", name), "is not a text, or missing");
  }
  return *text;
}

absl::StatusOr<Signature> ReadSignature(const json& attestation) {
  const absl::StatusOr<std::string> text = Text(attestation, "", "signature");
  if (!text.ok()) return text.status();
  const absl::StatusOr<std::string> bytes = DecodeBase64(*text);
  if (!bytes.ok()) return Invalid(".signature", bytes.status().message());
  const absl::StatusOr<Signature> signature = Signature::FromBytes(*bytes);
  if (!signature.ok()) return Invalid(".signature", signature.status().message());
  return *signature;
}

absl::Status VerifySignature(const json& receipt, const Signature& signature,
                             const Attestation& claims, const NodeKeys& node_keys) {
  if (claims.node_id != node_keys.node_id()) {
    return Invalid("",
                   absl::StrCat("is not proven: it is by node `", Shortened(claims.node_id),
                                "`, the keys given are of `", Shortened(node_keys.node_id()), "`"));
  }
  const absl::StatusOr<PublicKey> key = node_keys.Find(claims.kid);
  if (!key.ok()) return Invalid("", absl::StrCat("is not proven: ", key.status().message()));
  if (absl::Status good = Verify(*key, CanonicalJson(receipt), signature); !good.ok()) {
    return Invalid(".signature", absl::StrCat("does not hold over the receipt: ", good.message()));
  }
  return absl::OkStatus();
}

// Fills `out` as far as the receipt goes, and says what is wrong with it.
absl::Status Check(const json& attestation, absl::string_view certificate_hash,
                   const NodeKeys* node_keys, Attestation& out) {
  if (!attestation.is_object()) return Invalid("", "is not an object");
  const bool nested = attestation.contains("receipt");
  const std::string path = nested ? ".receipt" : "";
  json receipt = json::object();
  if (nested) {
    receipt = attestation["receipt"];
    if (!receipt.is_object()) return Invalid(path, "is not an object");
  }
  for (const char* name : kReceiptMembers) {
    const absl::StatusOr<std::string> text = Text(nested ? receipt : attestation, path, name);
    if (!text.ok()) return text.status();
    receipt[name] = *text;
  }
  out.node_id = receipt["nodeId"];
  out.kid = receipt["kid"];
  out.timestamp = receipt["timestamp"];
  if (receipt["certificateHash"] != std::string(certificate_hash)) {
    return Invalid(absl::StrCat(path, ".certificateHash"),
                   absl::StrCat("is not this record's: its hash is ", certificate_hash));
  }
  if (nested && attestation.contains("kid") && attestation["kid"] != receipt["kid"]) {
    return Invalid(".kid", "is not the receipt's kid");
  }
  const absl::StatusOr<Signature> signature = ReadSignature(attestation);
  if (!signature.ok()) return signature.status();
  if (node_keys == nullptr) {
    out.state = AttestationState::kUnchecked;
    return absl::OkStatus();
  }
  if (absl::Status good = VerifySignature(receipt, *signature, out, *node_keys); !good.ok()) {
    return good;
  }
  out.state = AttestationState::kValid;
  for (const auto& [name, value] : attestation.items()) {
    const bool covered = name == "signature" || name == "kid" ||
                         (nested ? name == "receipt" : receipt.contains(name));
    if (!covered) out.uncovered.push_back(absl::StrCat("meta.attestation.", name));
  }
  return absl::OkStatus();
}

}  // namespace

Attestation CheckAttestation(const json& attestation, absl::string_view certificate_hash,
                             const NodeKeys* node_keys) {
  Attestation out;
  if (absl::Status good = Check(attestation, certificate_hash, node_keys, out); !good.ok()) {
    out.state = AttestationState::kInvalid;
    out.reason = std::string(good.message());
  }
  return out;
}

}  // namespace cairn::certificate
