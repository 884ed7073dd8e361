#include "merkle/certificate/receipt.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/node_signature.h"
#include "merkle/certificate/path.h"

namespace cairn::certificate {
namespace {

// Under which a signature stands, in the order in which it is looked for.
constexpr const char* kSignatureMembers[] = {"receiptSignature", "signatureB64Url", "signature"};
constexpr const char* kKeyMembers[] = {"kid", "attestorKeyId"};
// What the flat shape's signature is over.
constexpr const char* kFlatMembers[] = {"certificateHash", "timestamp", "nodeId", "kid"};

std::string FirstText(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const std::string* text = TextMember(object, name)) return *text;
  }
  return "";
}

bool HasAny(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (Member(object, name) != nullptr) return true;
  }
  return false;
}

const Json* HashMember(const Json& receipt) {
  const Json* hash = Member(receipt, "certificateHash");
  return hash != nullptr ? hash : Member(receipt, "projectHash");
}

std::vector<std::string> SignatureAndKeyPaths(const Container& beside) {
  std::vector<std::string> paths;
  for (const char* name : kSignatureMembers) paths.push_back(ChildPath(beside.path, name));
  for (const char* name : kKeyMembers) paths.push_back(ChildPath(beside.path, name));
  return paths;
}

// The shapes in which an object is a receipt, or holds one.
FoundReceipt Read(const Json& object, const std::string& path, const Container& beside) {
  FoundReceipt found{.receipt = object, .path = path, .beside = beside, .covered = {}};
  if (const Json* payload = ObjectMember(object, "payload");
      payload != nullptr && HashMember(*payload) != nullptr) {
    found.receipt = *payload;
    found.path = ChildPath(path, "payload");
    found.beside = {&object, path};
  } else if (Member(object, "signature") != nullptr) {
    // Signed by a member of its own: what is signed is the rest.
    found.beside = {&object, path};
    found.receipt.erase("signature");
  }
  found.stub = HashMember(found.receipt) == nullptr;
  found.covered = SignatureAndKeyPaths(found.beside);
  found.covered.push_back(found.path);
  return found;
}

FoundReceipt ReadFlat(const Container& container) {
  FoundReceipt found{
      .receipt = Json::object(), .path = container.path, .beside = container, .covered = {}};
  found.covered = SignatureAndKeyPaths(container);
  for (const char* name : kFlatMembers) {
    const Json* value = Member(*container.object, name);
    if (value == nullptr) continue;
    found.receipt[name] = *value;
    found.covered.push_back(ChildPath(container.path, name));
  }
  return found;
}

// What the receipt states. The key id beside it counts only where the receipt has none.
Attestation Stated(const FoundReceipt& found) {
  Attestation attestation{.name = "receipt", .path = found.path, .code = "", .detail = ""};
  attestation.node_id = Utf8(FirstText(found.receipt, {"nodeId"}));
  attestation.kid = Utf8(FirstText(found.receipt, {"kid", "attestorKeyId"}));
  attestation.attested_at =
      Utf8(FirstText(found.receipt, {"attestedAt", "timestamp", "registeredAt", "signedAt"}));
  attestation.attestation_id = Utf8(FirstText(found.receipt, {"attestationId"}));
  const std::string beside = Utf8(FirstText(*found.beside.object, {"kid", "attestorKeyId"}));
  if (attestation.kid.empty()) {
    attestation.kid = beside;
  } else if (!beside.empty() && beside != attestation.kid) {
    attestation.notices.push_back(
        {.field = found.beside.path,
         .code = "KEY_IDS_DIFFER",
         .reason = absl::StrCat("names key `", Shortened(beside),
                                "` beside the receipt, which is signed as by `",
                                Shortened(attestation.kid), "`")});
  }
  return attestation;
}

// False, after saying so, where the receipt cannot be this record's whatever its signature is.
bool IsOfRecord(const FoundReceipt& found, const Attested& attested, Attestation& attestation) {
  const Json* hash = HashMember(found.receipt);
  if (!attested.judgement.hash.has_value()) {
    attestation.Conclude(AttestationState::kClaimed, "RECORD_NOT_CHECKED",
                         "not checked: the record's own hash cannot be had here");
    return false;
  }
  if (hash == nullptr || *hash != HashText(*attested.judgement.hash)) {
    attestation.Conclude(
        AttestationState::kFalse, "RECEIPT_BUNDLE_HASH_MISMATCH",
        absl::StrCat(
            hash == nullptr ? "it names no hash" : absl::StrCat("it is over ", Shown(*hash)),
            ", and the record's hash is ", HashText(*attested.judgement.hash)));
    return false;
  }
  for (const Json* object : {&found.receipt, found.beside.object}) {
    const Json* protocol = Member(*object, "protocolVersion");
    if (protocol == nullptr || protocol->is_null() || attested.judgement.protocol.empty() ||
        *protocol == attested.judgement.protocol) {
      continue;
    }
    attestation.Conclude(AttestationState::kFalse, "PROTOCOL_MISMATCH",
                         absl::StrCat("it is for protocol ", Shown(*protocol),
                                      ", and the record is of ", attested.judgement.protocol));
    return false;
  }
  return true;
}

}  // namespace

std::vector<FoundReceipt> FindReceipts(const Container& container, bool flat) {
  std::vector<FoundReceipt> found;
  for (const char* name : {"receipt", "nodeReceipt"}) {
    const Json* receipt = Member(*container.object, name);
    if (receipt == nullptr || receipt->is_null()) continue;
    found.push_back(Read(*receipt, ChildPath(container.path, name), container));
  }
  if (found.empty() && flat && HashMember(*container.object) != nullptr &&
      HasAny(*container.object,
             {"signature", "signatureB64Url", "receiptSignature", "nodeId", "kid"})) {
    found.push_back(ReadFlat(container));
  }
  return found;
}

std::vector<Attestation> JudgeReceipt(const FoundReceipt& found, const Attested& attested) {
  const Attestation stated = Stated(found);
  std::vector<std::pair<std::string, absl::StatusOr<Signature>>> signatures;
  for (const char* name : kSignatureMembers) {
    const Json* member = Member(*found.beside.object, name);
    if (member == nullptr || member->is_null()) continue;
    const auto* text = member->get_ptr<const std::string*>();
    absl::StatusOr<Signature> signature =
        text == nullptr ? absl::InvalidArgumentError("is not a text") : ParseNodeSignature(*text);
    bool known = false;
    for (const auto& [unused, other] : signatures) {
      known = known || (signature.ok() && other.ok() && *signature == *other);
    }
    if (!known) signatures.emplace_back(ChildPath(found.beside.path, name), std::move(signature));
  }
  const bool readable = !signatures.empty() && signatures.front().second.ok();
  if (found.stub && !readable) {
    Attestation attestation = stated;
    attestation.Conclude(AttestationState::kClaimed, "SHAPE_UNKNOWN",
                         "not checked: it names no hash, and no document says what is signed");
    return {attestation};
  }
  if (signatures.empty()) {
    Attestation attestation = stated;
    if (!IsOfRecord(found, attested, attestation)) return {attestation};
    attestation.Conclude(AttestationState::kFalse, "NODE_SIGNATURE_MISSING", "it is not signed");
    return {attestation};
  }
  std::vector<Attestation> judged;
  for (const auto& [path, signature] : signatures) {
    Attestation attestation = stated;
    if (!IsOfRecord(found, attested, attestation)) {
      judged.push_back(std::move(attestation));
      continue;
    }
    if (!signature.ok()) {
      attestation.Conclude(AttestationState::kFalse, "NODE_SIGNATURE_INVALID",
                           absl::StrCat(path, " ", signature.status().message()));
    } else {
      JudgeNodeSignature(*signature, {{.reading = "", .message = CanonicalJson(found.receipt)}},
                         attested.options, attestation);
      attestation.covered = found.covered;
    }
    judged.push_back(std::move(attestation));
  }
  return judged;
}

}  // namespace cairn::certificate
