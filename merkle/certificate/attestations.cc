#include "merkle/certificate/attestations.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/envelope.h"
#include "merkle/certificate/path.h"
#include "merkle/certificate/receipt.h"

namespace cairn::certificate {
namespace {

void AddObject(const Json& parent, const std::string& path, absl::string_view name,
               std::vector<Container>& out) {
  if (const Json* object = ObjectMember(parent, name)) {
    out.push_back({object, ChildPath(path, name)});
  }
}

// A token of a time stamp authority beside the record, outside every hash.
std::optional<Attestation> FindTimeStamp(const Container& container) {
  const Json* object = ObjectMember(*container.object, "timestamp");
  const Json* token = object == nullptr ? nullptr : Member(*object, "token");
  if (token == nullptr || token->is_null()) return std::nullopt;
  return Attestation{
      .name = "time stamp",
      .path = ChildPath(container.path, "timestamp"),
      .state = AttestationState::kClaimed,
      .code = "NOT_CHECKED",
      .detail =
          "not checked: time stamps beside a record are for its own verifier; the log's "
          "anchors are checked by cairn verify"};
}

// Two that speak of one signing say the same of it.
void NoticeDisagreements(std::vector<Attestation>& attestations) {
  const Attestation* receipt = nullptr;
  for (const Attestation& one : attestations) {
    if (receipt == nullptr && one.name == "receipt") receipt = &one;
  }
  if (receipt == nullptr) return;
  for (Attestation& one : attestations) {
    if (one.name != "envelope") continue;
    for (const auto& [name, in_receipt, in_envelope] :
         {std::tuple("attestationId", &receipt->attestation_id, &one.attestation_id),
          std::tuple("attestedAt", &receipt->attested_at, &one.attested_at),
          std::tuple("kid", &receipt->kid, &one.kid)}) {
      if (in_receipt->empty() || in_envelope->empty() || *in_receipt == *in_envelope) continue;
      one.notices.push_back({.field = one.path,
                             .code = "ATTESTATIONS_DISAGREE",
                             .reason = absl::StrCat("has another ", name, " than the receipt")});
    }
  }
}

// "receipt", "receipt 2", ...
void Number(std::vector<Attestation>& attestations) {
  std::map<std::string, int> counts;
  for (Attestation& one : attestations) {
    const int count = ++counts[one.name];
    if (count > 1) absl::StrAppend(&one.name, " ", count);
  }
}

}  // namespace

std::vector<Container> ContainersIn(const Json& record, const std::string& path) {
  std::vector<Container> containers = {{&record, path}};
  AddObject(record, path, "attestation", containers);
  if (const Json* meta = ObjectMember(record, "meta")) {
    const std::string meta_path = ChildPath(path, "meta");
    AddObject(*meta, meta_path, "attestation", containers);
    containers.push_back({meta, meta_path});
  }
  return containers;
}

std::vector<Attestation> JudgeAttestations(const std::vector<Container>& containers,
                                           const Attested& attested) {
  const std::string flat_path = ChildPath(ChildPath(attested.path, "meta"), "attestation");
  std::vector<Attestation> judged;
  std::set<std::string> seen;
  // The same receipt under the same signatures is one, wherever it stands.
  const auto is_new = [&seen](const Json& what, const Container& beside) {
    Json key = Json::array();
    key.push_back(what);
    for (const char* name : {"receiptSignature", "signatureB64Url", "signature", "kid",
                             "attestorKeyId", "verificationEnvelopeSignature"}) {
      const Json* value = Member(*beside.object, name);
      key.push_back(value == nullptr ? Json() : *value);
    }
    return seen.insert(CanonicalJson(key)).second;
  };
  // A receipt elsewhere is what a summary in meta.attestation is about: so that comes last.
  for (const bool flat : {false, true}) {
    for (const Container& container : containers) {
      if (flat && (!judged.empty() || container.path != flat_path)) continue;
      for (const FoundReceipt& found : FindReceipts(container, flat)) {
        if (!is_new(found.receipt, found.beside)) continue;
        for (Attestation& one : JudgeReceipt(found, attested)) judged.push_back(std::move(one));
      }
    }
  }
  for (const Container& container : containers) {
    const Json* envelope = ObjectMember(*container.object, "verificationEnvelope");
    if (envelope == nullptr || !is_new(*envelope, container)) continue;
    judged.push_back(*JudgeEnvelope(container, attested));
  }
  for (const Container& container : containers) {
    if (std::optional<Attestation> stamp = FindTimeStamp(container)) {
      judged.push_back(*std::move(stamp));
    }
  }
  for (Attestation& one : judged) {
    if (one.state != AttestationState::kProven) one.covered.clear();
  }
  NoticeDisagreements(judged);
  Number(judged);
  return judged;
}

}  // namespace cairn::certificate
