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

json AttestationPart() {
  return {{"attestationId", "a-1"},
          {"attestedAt", "2026-01-02T03:04:06.000Z"},
          {"kid", "k1"},
          {"nodeRuntimeHash", HashText(Hash{})},
          {"protocolVersion", "1.2.0"}};
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

json GovernedStep() {
  json record = {
      {"bundleType", "cer.governed.execution.step.v1"},
      {"version", "1"},
      {"schema", {{"bundle", "b"}, {"step", "s"}}},
      {"bundleId", "a1b2c3d4-e5f6-4789-a012-3456789abcde"},
      {"threadId", "t"},
      {"step", {{"stepId", "00000001-0000-4000-8000-000000000001"}, {"stateHash", "00"}}},
      {"protectedSet",
       {{"protectedSetId", "nexart.governed.execution.step.v1.protected-set.v1"},
        {"stabilitySchemeId", "jcs-v1"},
        {"protectedFields", {"bundleType", "version", "schema", "bundleId", "threadId", "step"}}}}};
  record["certificateHash"] = HashText(CanonicalHash(record));
  return record;
}

json Step(int index, const std::string& before) {
  json record = GoodRecord();
  record["snapshot"]["executionId"] = absl::StrCat("e-", index);
  if (!before.empty()) record["snapshot"]["prevStepHash"] = before;
  Seal(record);
  return record;
}

void SealProject(json& project) {
  json covered = project;
  for (const char* name : {"integrity", "embeddedBundles", "finalOutputSummary"}) {
    covered.erase(name);
  }
  project["integrity"]["projectHash"] = HashText(CanonicalHash(covered));
}

json Project() {
  json project = {{"bundleType", "cer.project.bundle.v1"},
                  {"version", "0.1"},
                  {"protocolVersion", "1.2.0"},
                  {"totalSteps", 3.0},
                  {"stepRegistry", json::array()},
                  {"embeddedBundles", json::object()},
                  {"finalOutputSummary", "all well"},
                  {"integrity", {{"algorithm", "sha256-canonical-json"}}}};
  std::string before;
  for (int i = 0; i < 3; ++i) {
    const json step = Step(i, before);
    before = step["certificateHash"];
    const std::string id = absl::StrCat("s", i);
    project["stepRegistry"].push_back({{"stepId", id},
                                       {"sequence", static_cast<double>(i)},
                                       {"executionId", step["snapshot"]["executionId"]},
                                       {"certificateHash", before}});
    project["embeddedBundles"][id] = step;
  }
  SealProject(project);
  return project;
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

json EnvelopeOver(const json& record, const std::vector<std::string>& names, bool named) {
  json bundle = json::object();
  for (const std::string& name : names) {
    if (record.contains(name)) bundle[name] = record[name];
  }
  json envelope = {{"attestation", AttestationPart()},
                   {"envelopeType", "nexart.verification.envelope.v2"}};
  if (named) envelope["signedFields"] = {{"bundle", names}};
  return {
      {"verificationEnvelope", envelope},
      {"verificationEnvelopeSignature",
       NodeSignature(CanonicalJson(json{{"attestation", AttestationPart()}, {"bundle", bundle}}))}};
}

std::string NodeSignature(absl::string_view message) {
  return absl::WebSafeBase64Escape(TestKey().Sign(message).view());
}

json NodeKey(const json& more) {
  json key = {{"kid", "k1"}, {"publicKey", absl::BytesToHexString(TestKey().public_key().view())}};
  key.update(more);
  return key;
}

json NodeKeysFile(const std::vector<json>& keys) { return {{"nodeId", "node"}, {"keys", keys}}; }

NodeKeys GoodNodeKeys(const json& more) {
  return NodeKeys::Parse(NodeKeysFile({NodeKey(more)}).dump()).value();
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
