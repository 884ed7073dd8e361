#include "merkle/certificate/envelope.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/node_signature.h"
#include "merkle/certificate/path.h"

namespace cairn::certificate {
namespace {

constexpr char kVersion2[] = "nexart.verification.envelope.v2";
constexpr const char* kAttestationMembers[] = {"attestationId", "attestedAt", "kid",
                                               "nodeRuntimeHash", "protocolVersion"};

// An envelope with what stands beside it.
struct Envelope {
  const Json& envelope;
  const Container& container;
  std::string path;
  const Attested& attested;
};

Json AttestationPart(const Json& envelope) {
  Json part = Json::object();
  const Json* attestation = ObjectMember(envelope, "attestation");
  if (attestation == nullptr) return part;
  for (const char* name : kAttestationMembers) {
    if (const Json* value = Member(*attestation, name)) part[name] = *value;
  }
  return part;
}

Json Projection(const Json& record, const std::set<std::string>& names) {
  Json part = Json::object();
  for (const std::string& name : names) {
    if (const Json* value = Member(record, name)) part[name] = *value;
  }
  return part;
}

// The record's optional members that a projection leaves out, each to be said.
std::vector<Finding> LeftOut(const Attested& attested, const std::set<std::string>& names,
                             const std::string& path) {
  std::vector<Finding> notices;
  for (const absl::string_view name : attested.kind->covered_if_present) {
    if (Member(attested.record, name) == nullptr || names.count(std::string(name)) > 0) continue;
    notices.push_back({.field = path,
                       .code = "ENVELOPE_LEAVES_OPEN",
                       .reason = absl::StrCat("does not cover the record's ", name)});
  }
  return notices;
}

// The names that the envelope itself says are signed. They are not signed themselves: so they count
// only where they have all that the record's hash must cover.
std::optional<std::set<std::string>> NamedFields(const Json& envelope, const Kind& kind) {
  const Json* fields = ObjectMember(envelope, "signedFields");
  const Json* list = fields == nullptr ? nullptr : Member(*fields, "bundle");
  if (list == nullptr || !list->is_array()) return std::nullopt;
  std::set<std::string> names;
  for (const Json& field : *list) {
    const auto* name = field.get_ptr<const std::string*>();
    if (name == nullptr) return std::nullopt;
    names.insert(*name);
  }
  for (const absl::string_view needed : kind.covered) {
    if (names.count(std::string(needed)) == 0) return std::nullopt;
  }
  return names;
}

// The record as it stood before the envelope was put into it.
Json WithoutEnvelope(const Envelope& found) {
  Json record = found.attested.record;
  if (found.path != ChildPath(ChildPath(found.attested.path, "meta"), "verificationEnvelope")) {
    return record;
  }
  Json& meta = record["meta"];
  for (const char* name : {"verificationEnvelope", "verificationEnvelopeType",
                           "verificationEnvelopeSignature", "verificationEnvelopeVerification"}) {
    meta.erase(name);
  }
  if (meta.empty()) record.erase("meta");
  return record;
}

// What an envelope of version 2 may be signed over, in the order of the readings.
std::vector<SignedMessage> Messages(const Envelope& found) {
  const Attested& attested = found.attested;
  const Json attestation = AttestationPart(found.envelope);
  std::vector<SignedMessage> messages;
  const auto add = [&](absl::string_view reading, const std::set<std::string>& names) {
    const Json signed_part = {{"attestation", attestation},
                              {"bundle", Projection(attested.record, names)}};
    messages.push_back({.reading = std::string(reading),
                        .message = CanonicalJson(signed_part),
                        .notices = LeftOut(attested, names, found.path)});
  };
  if (const auto named = NamedFields(found.envelope, *attested.kind)) add("E1", *named);
  std::set<std::string> all;
  for (const absl::string_view name : attested.kind->covered) all.emplace(name);
  for (const absl::string_view name : attested.kind->covered_if_present) all.emplace(name);
  std::set<std::string> without_policy = all;
  without_policy.erase("policyEvaluation");
  add("E2", without_policy);
  add("E3", all);
  const Json legacy = {{"attestation", attestation},
                       {"bundle", WithoutEnvelope(found)},
                       {"envelopeType", kVersion2}};
  messages.push_back({.reading = "E4", .message = CanonicalJson(legacy)});
  return messages;
}

bool IsReseal(const Attested& attested) {
  if (attested.judgement.kind == "signed-redacted-reseal") return true;
  const Json* meta = ObjectMember(attested.record, "meta");
  const Json* attestation = meta == nullptr ? nullptr : ObjectMember(*meta, "attestation");
  const std::string* mode = attestation == nullptr ? nullptr : TextMember(*attestation, "mode");
  return mode != nullptr && *mode == "redacted_reseal";
}

// Of version 2: signed over members of the record.
void JudgeOverRecord(const Envelope& found, const Signature& signature, Attestation& out) {
  if (found.attested.kind == nullptr || found.attested.kind->covered.empty()) {
    return out.Conclude(
        AttestationState::kClaimed, "SHAPE_UNKNOWN",
        "not checked: no document says what an envelope of this kind is signed over");
  }
  const Json* part = ObjectMember(found.envelope, "attestation");
  const Json* protocol = part == nullptr ? nullptr : Member(*part, "protocolVersion");
  if (protocol != nullptr && !protocol->is_null() && !found.attested.judgement.protocol.empty() &&
      *protocol != found.attested.judgement.protocol) {
    return out.Conclude(AttestationState::kFalse, "PROTOCOL_MISMATCH",
                        absl::StrCat("it is for protocol ", Shown(*protocol),
                                     ", and the record is of ", found.attested.judgement.protocol));
  }
  JudgeNodeSignature(signature, Messages(found), found.attested.options, out);
  out.covered = {ChildPath(found.path, "attestation")};
  if (out.code == "NODE_SIGNATURE_INVALID" && IsReseal(found.attested) &&
      found.attested.judgement.answer == Answer::kHolds) {
    out.Conclude(AttestationState::kClaimed, "REDACTED",
                 "not checked: it was signed over the record before it was redacted");
  }
}

// Of version 1: signed over the envelope itself, which names the record by its hash.
void JudgeOverItself(const Envelope& found, const Signature& signature, Attestation& out) {
  const Json* hash = Member(found.envelope, "certificateHash");
  const std::optional<Hash>& computed = found.attested.judgement.hash;
  if (hash == nullptr || !computed.has_value()) {
    return out.Conclude(AttestationState::kClaimed, "SHAPE_UNKNOWN",
                        "not checked: it does not name the record that it is about");
  }
  if (*hash != HashText(*computed)) {
    return out.Conclude(AttestationState::kFalse, "RECEIPT_BUNDLE_HASH_MISMATCH",
                        absl::StrCat("it is over ", Shown(*hash), ", and the record's hash is ",
                                     HashText(*computed)));
  }
  JudgeNodeSignature(signature, {{.reading = "", .message = CanonicalJson(found.envelope)}},
                     found.attested.options, out);
  out.covered = {found.path};
}

}  // namespace

std::optional<Attestation> JudgeEnvelope(const Container& container, const Attested& attested) {
  const Json* object = ObjectMember(*container.object, "verificationEnvelope");
  if (object == nullptr) return std::nullopt;
  const Envelope found{*object, container, ChildPath(container.path, "verificationEnvelope"),
                       attested};
  Attestation out{.name = "envelope", .path = found.path, .code = "", .detail = ""};
  const Json* part = ObjectMember(*object, "attestation");
  const auto stated = [&](const char* name) {
    const std::string* text = part == nullptr ? nullptr : TextMember(*part, name);
    if (text == nullptr) text = TextMember(*object, name);
    return text == nullptr ? std::string() : Utf8(*text);
  };
  out.kid = stated("kid");
  out.node_id = stated("nodeId");
  out.attested_at = stated("attestedAt");
  out.attestation_id = stated("attestationId");
  const Json* text = Member(*container.object, "verificationEnvelopeSignature");
  if (text == nullptr || text->is_null()) {
    out.Conclude(AttestationState::kFalse, "NODE_SIGNATURE_MISSING", "it is not signed");
    return out;
  }
  const auto* signature_text = text->get_ptr<const std::string*>();
  const absl::StatusOr<Signature> signature = signature_text == nullptr
                                                  ? absl::InvalidArgumentError("is not a text")
                                                  : ParseNodeSignature(*signature_text);
  if (!signature.ok()) {
    out.Conclude(AttestationState::kFalse, "NODE_SIGNATURE_INVALID",
                 absl::StrCat("its signature ", signature.status().message()));
    return out;
  }
  const Json* type = Member(*object, "envelopeType");
  if (type == nullptr) type = Member(*container.object, "verificationEnvelopeType");
  if (type != nullptr && *type == kVersion2) {
    JudgeOverRecord(found, *signature, out);
  } else {
    JudgeOverItself(found, *signature, out);
  }
  out.covered.push_back(ChildPath(container.path, "verificationEnvelopeSignature"));
  return out;
}

}  // namespace cairn::certificate
