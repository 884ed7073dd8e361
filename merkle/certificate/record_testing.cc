#include "merkle/certificate/record_testing.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/hash.h"
#include "merkle/signature/ed25519.h"

namespace cairn::certificate {
namespace {

using nlohmann::json;

std::string HashText(const json& value) {
  return absl::StrCat(
      "sha256:",
      merkle::Sha256(value.is_string() ? value.get<std::string>() : CanonicalJson(value)).Hex());
}

PrivateKey NodeKey() {
  return PrivateKey::FromSeed(std::string(PrivateKey::kSeedSize, 'n')).value();
}

}  // namespace

json GoodRecord() {
  json record = ParseStrict(R"({
    "bundleType": "cer.ai.execution.v1",
    "version": "0.1",
    "createdAt": "2026-01-02T03:04:05.678Z",
    "snapshot": {
      "type": "ai.execution.v1", "protocolVersion": "1.2.0", "executionSurface": "ai",
      "executionId": "e-1", "timestamp": "2026-01-02T03:04:05.000Z",
      "provider": "p", "model": "m", "modelVersion": null, "prompt": "Be brief.",
      "input": "a question", "output": {"answer": 42, "é": [1e21, null]},
      "parameters": {"temperature": 0.5, "maxTokens": 16, "topP": null, "seed": 7},
      "sdkVersion": "0.1.0", "appId": null
    }})")
                    .value();
  Seal(record);
  return record;
}

void Seal(json& record) {
  json& snapshot = record["snapshot"];
  snapshot["inputHash"] = HashText(snapshot["input"]);
  snapshot["outputHash"] = HashText(snapshot["output"]);
  record["certificateHash"] = HashText(json{{"bundleType", record["bundleType"]},
                                            {"createdAt", record["createdAt"]},
                                            {"snapshot", snapshot},
                                            {"version", record["version"]}});
}

json NestedAttestation(const json& record, const json& more) {
  json receipt = {{"certificateHash", record["certificateHash"]},
                  {"timestamp", "2026-01-02T03:04:06.000Z"},
                  {"nodeId", "node"},
                  {"kid", "k1"}};
  receipt.update(more);
  const Signature signature = NodeKey().Sign(CanonicalJson(receipt));
  return {{"receipt", receipt},
          {"signature", absl::WebSafeBase64Escape(signature.view())},
          {"kid", "k1"}};
}

json FlatAttestation(const json& record) {
  const json nested = NestedAttestation(record);
  json flat = nested["receipt"];
  flat["signature"] = nested["signature"];
  return flat;
}

NodeKeys GoodNodeKeys() {
  const json file = {
      {"nodeId", "node"},
      {"keys",
       json::array({{{"kid", "k1"},
                     {"publicKey", absl::BytesToHexString(NodeKey().public_key().view())}}})}};
  return NodeKeys::Parse(file.dump()).value();
}

std::string Text(const json& value) { return value.dump(2); }

}  // namespace cairn::certificate
