#include "merkle/certificate/record_testing.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/hash.h"
#include "merkle/signature/ed25519.h"

namespace cairn::certificate {
namespace {

using json = Json;

std::string HashOf(const json& value) {
  return HashText(
      merkle::Sha256(value.is_string() ? value.get<std::string>() : CanonicalJson(value)));
}

PrivateKey TestKey() {
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
  snapshot["inputHash"] = HashOf(snapshot["input"]);
  snapshot["outputHash"] = HashOf(snapshot["output"]);
  json covered = record;
  for (const char* name : {"certificateHash", "meta"}) covered.erase(name);
  record["certificateHash"] = HashOf(covered);
}

json NestedAttestation(const json& record, const json& more) {
  json receipt = {{"certificateHash", record["certificateHash"]},
                  {"timestamp", "2026-01-02T03:04:06.000Z"},
                  {"nodeId", "node"},
                  {"kid", "k1"}};
  receipt.update(more);
  return {
      {"receipt", receipt}, {"signature", NodeSignature(CanonicalJson(receipt))}, {"kid", "k1"}};
}

json FlatAttestation(const json& record) {
  const json nested = NestedAttestation(record);
  json flat = nested["receipt"];
  flat["signature"] = nested["signature"];
  return flat;
}

std::string NodeSignature(absl::string_view message) {
  return absl::WebSafeBase64Escape(TestKey().Sign(message).view());
}

NodeKeys GoodNodeKeys(const json& more) {
  json key = {{"kid", "k1"}, {"publicKey", absl::BytesToHexString(TestKey().public_key().view())}};
  key.update(more);
  return NodeKeys::Parse(json{{"nodeId", "node"}, {"keys", json::array({key})}}.dump()).value();
}

Judgement Judged(const json& record, const NodeKeys* keys, int64_t now_s) {
  return JudgeRecord(Text(record), {.node_keys = keys, .now_s = now_s}).value().judgement;
}

std::vector<std::string> Named(const std::vector<Finding>& findings) {
  std::vector<std::string> named;
  for (const Finding& finding : findings) {
    named.push_back(absl::StrCat(finding.field, " ", finding.code));
  }
  return named;
}

std::string Text(const json& value) { return value.dump(2); }

}  // namespace cairn::certificate
