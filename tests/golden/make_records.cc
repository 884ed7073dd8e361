// Makes records of every kind and version that this release reads, the keys of the node that
// attests them, and what is found of each. Run when a kind is added; then the diff shows that
// nothing else has changed.
//
//   bazel run //tests/golden:make_records -- $PWD/tests/golden/records

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/record_testing.h"
#include "merkle/hash.h"
#include "tests/golden/found_of_records.h"

namespace cairn::certificate {
namespace {

// By name, the file's text.
using Records = std::map<std::string, std::string>;

Json Sealed(const Json& snapshot, const Json& more = Json::object()) {
  Json record = GoodRecord();
  record.update(more);
  record["snapshot"].update(snapshot);
  Seal(record);
  return record;
}

// The certificate hash over just those members.
void SealOver(const std::vector<std::string>& names, Json& record) {
  Json covered = Json::object();
  for (const std::string& name : names) covered[name] = record[name];
  record["certificateHash"] = HashText(CanonicalHash(covered));
}

Json Without(Json record, const std::vector<std::string>& names) {
  for (const std::string& name : names) record["snapshot"].erase(name);
  SealOver({"bundleType", "version", "createdAt", "snapshot"}, record);
  return record;
}

const Json& Context() {
  static const Json context = {{"signals", Json::array({{{"type", "approval"}, {"step", 0.0}}})}};
  return context;
}

void AddExecutions(Records& records) {
  const auto add = [&records](const std::string& name, const Json& record) {
    records[absl::StrCat("execution-", name)] = Text(record);
  };
  add("1.2.0", GoodRecord());
  add("1.3.0", Sealed({{"protocolVersion", "1.3.0"}}));
  add("1.3.1", Sealed({{"protocolVersion", "1.3.1"}}));
  add("1.4.0", Sealed({{"protocolVersion", "1.4.0"}}));
  add("no-protocol", Without(GoodRecord(), {"protocolVersion"}));
  add("edited", [] {
    Json record = GoodRecord();
    record["snapshot"]["prompt"] = "Be long.";
    return record;
  }());
  add("another-output", [] {
    Json record = GoodRecord();
    record["snapshot"]["output"] = "another";
    SealOver({"bundleType", "version", "createdAt", "snapshot"}, record);
    return record;
  }());
  const Json signals = {{"context", Context()}, {"contextSummary", {{"count", 1.0}}}};
  add("signals", Sealed(Json::object(), signals));
  Json five = GoodRecord();
  five.update(signals);
  SealOver({"bundleType", "version", "createdAt", "snapshot", "context"}, five);
  add("signals-of-five-members", five);
  Json added = GoodRecord();
  added.update(signals);
  add("signals-added", added);
  const Json policy = {{"policyEvaluation", {{"outcome", "ALLOW"}}}};
  add("policy", Sealed(Json::object(), policy));
  Json policy_added = GoodRecord();
  policy_added.update(policy);
  add("policy-added", policy_added);
  add("hashes-alone", Without(GoodRecord(), {"input", "output", "prompt", "parameters"}));
  add("nulls", Sealed({{"prompt", nullptr},
                       {"parameters", {{"temperature", nullptr}, {"maxTokens", nullptr}}}}));
  const Json commitment = {{"_redacted", true},
                           {"scheme", "hmac-sha256-v1"},
                           {"commitment", HashText(merkle::Sha256("commitment"))}};
  Json committed = Sealed({{"protocolVersion", "1.3.1"}});
  committed["snapshot"]["input"] = commitment;
  committed["snapshot"]["output"] = {{"_redacted", true},
                                     {"commitment", "hmac-sha256:00"},
                                     {"commitmentScheme", "hmac-sha256-v1"},
                                     {"mode", "confidential"}};
  add("commitments", Without(committed, {"inputHash", "outputHash"}));
  Json reseal = Without(GoodRecord(), {"input", "inputHash", "prompt"});
  reseal["meta"]["attestation"]["mode"] = "redacted_reseal";
  reseal["provenance"] = {{"originalCertificateHash", GoodRecord()["certificateHash"]},
                          {"reason", "privacy"}};
  add("reseal", reseal);
  Json signed_reseal = reseal;
  signed_reseal["bundleType"] = "signed-redacted-reseal";
  SealOver({"bundleType", "version", "createdAt", "snapshot"}, signed_reseal);
  add("signed-reseal", signed_reseal);
  // A value of half a pair is none that Text could write: the text is edited, and its hash with it.
  const std::string half = absl::StrReplaceAll(Text(GoodRecord()), {{"Be brief.", "\\ud83d"}});
  Json value = ParseText(half).value().value;
  const std::string stated = value["certificateHash"];
  SealOver({"bundleType", "version", "createdAt", "snapshot"}, value);
  records["execution-half-a-surrogate-pair"] =
      absl::StrReplaceAll(half, {{stated, value["certificateHash"].get<std::string>()}});
  add("rounded", Sealed({{"large", 9007199254740992.0}}));
  std::string& rounded = records["execution-rounded"];
  rounded = absl::StrReplaceAll(rounded, {{"9007199254740992.0", "9007199254740993"}});
}

void AddOtherKinds(Records& records) {
  records["hash-only"] = Text({{"bundleType", "hash-only-timestamp"},
                               {"version", "0.1"},
                               {"snapshot", nullptr},
                               {"certificateHash", HashText(merkle::Sha256("x"))}});
  records["governed-step"] = Text(GovernedStep());
  records["project"] = Text(Project());
  Json all = Project();
  for (const char* name : {"integrity", "embeddedBundles"}) all.erase(name);
  Json project = Project();
  project["integrity"]["projectHash"] = HashText(CanonicalHash(all));
  records["project-with-summary"] = Text(project);
  project = Project();
  all = project;
  all.erase("integrity");
  project["integrity"]["projectHash"] = HashText(CanonicalHash(all));
  records["project-with-steps"] = Text(project);
  project = Project();
  project["embeddedBundles"]["s1"]["snapshot"]["prompt"] = "another";
  records["project-edited-step"] = Text(project);
  project = Project();
  project["embeddedBundles"].erase("s2");
  records["project-missing-step"] = Text(project);
  Json render = {{"bundleType", "cer.codemode.render.v1"},
                 {"version", "0.1"},
                 {"createdAt", "2026-01-02T03:04:05.678Z"},
                 {"snapshot", {{"code", "c"}, {"seed", "s"}, {"vars", {1.0, 2.0}}}}};
  const std::string input = HashText(CanonicalHash(render["snapshot"]));
  SealOver({"bundleType", "version", "createdAt", "snapshot"}, render);
  render["inputHash"] = input;
  render["outputHash"] = HashText(Hash{});
  records["render"] = Text(render);
  records["unknown-kind"] = Text({{"bundleType", "cer.ai.execution.v2"}, {"version", "0.1"}});
}

void AddWrappersAndAttestations(Records& records) {
  const Json record = GoodRecord();
  const Json nested = NestedAttestation(record);
  const auto by = [&record](const char* kid) {
    Json attestation = NestedAttestation(record, {{"kid", kid}});
    attestation["kid"] = kid;
    return attestation;
  };
  const auto with_meta = [&record](const Json& attestation) {
    Json out = record;
    out["meta"]["attestation"] = attestation;
    return out;
  };
  Json package = {{"cer", record}};
  package.update(nested);
  records["package"] = Text(package);
  Json answer = {{"bundle", record}, {"certificateHash", record["certificateHash"]}};
  answer.update(nested);
  records["answer"] = Text(answer);
  answer.erase("bundle");
  records["answer-without-record"] = Text(answer);
  records["stored-proof"] = Text({{"proof", {{"proofJson", record}, {"meta", nested}}}});
  records["two-records"] = Text({{"cer", record}, {"bundle", record}});
  Json edited_inside = package;
  edited_inside["cer"]["snapshot"]["prompt"] = "another";
  records["package-edited"] = Text(edited_inside);

  records["receipt-nested"] = Text(with_meta(nested));
  records["receipt-flat"] = Text(with_meta(FlatAttestation(record)));
  Json top = record;
  top.update(nested);
  records["receipt-top"] = Text(top);
  records["receipt-payload"] = Text(with_meta(
      {{"receipt",
        {{"payload", nested["receipt"]}, {"kid", "k1"}, {"signature", nested["signature"]}}}}));
  const Json v1 = {{"receiptVersion", "attestation.receipt.v1"},
                   {"certificateHash", record["certificateHash"]},
                   {"attestationId", "a-1"},
                   {"attestedAt", "2026-01-02T03:04:06.000Z"},
                   {"attestorKeyId", "k1"},
                   {"nodeId", "node"},
                   {"nodeRuntimeHash", HashText(Hash{})},
                   {"protocolVersion", "1.2.0"},
                   {"timestampType", "node-issued"}};
  const std::string signature = NodeSignature(CanonicalJson(v1));
  records["receipt-v1"] = Text(with_meta({{"receipt", v1}, {"receiptSignature", signature}}));
  std::string bytes;
  absl::WebSafeBase64Unescape(signature, &bytes);
  records["receipt-v1-hex"] =
      Text(with_meta({{"receipt", v1}, {"signatureB64Url", absl::BytesToHexString(bytes)}}));
  records["receipt-v1-base64"] =
      Text(with_meta({{"receipt", v1}, {"signature", absl::Base64Escape(bytes)}}));
  records["receipt-of-another"] =
      Text(with_meta(NestedAttestation(Sealed({{"prompt", "another"}}))));
  records["receipt-revoked-key"] = Text(with_meta(by("revoked")));
  records["receipt-ended-key"] = Text(with_meta(by("ended")));
  records["receipt-unknown-key"] = Text(with_meta(by("unknown")));
  records["receipt-unknown-shape"] =
      Text(with_meta({{"receipt", {{"alg", "EdDSA"}, {"kid", "k1"}, {"sig", "AAAA"}}}}));
  const std::vector<std::string> core = {"bundleType", "version", "createdAt", "snapshot"};
  for (const bool named : {true, false}) {
    Json enveloped = record;
    enveloped["meta"] = EnvelopeOver(record, core, named);
    records[named ? "envelope-v2" : "envelope-v2-unnamed"] = Text(enveloped);
    enveloped["meta"]["verificationEnvelope"]["attestation"]["attestedAt"] = "2020-01-01T00:00:00Z";
    records[named ? "envelope-v2-edited" : "envelope-v2-unnamed-edited"] = Text(enveloped);
  }
  const Json envelope = {{"certificateHash", record["certificateHash"]}, {"kid", "k1"}};
  Json enveloped = record;
  enveloped["meta"] = {{"verificationEnvelope", envelope},
                       {"verificationEnvelopeSignature", NodeSignature(CanonicalJson(envelope))}};
  records["envelope-v1"] = Text(enveloped);
}

bool Write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (out.flush()) return true;
  std::perror(file.c_str());
  return false;
}

}  // namespace
}  // namespace cairn::certificate

int main(int argc, char** argv) {
  using namespace cairn::certificate;
  using namespace cairn::testing;
  if (argc != 2) {
    std::fputs("usage: make_records DIRECTORY\n", stderr);
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  std::filesystem::create_directories(directory);
  Records records;
  AddExecutions(records);
  AddOtherKinds(records);
  AddWrappersAndAttestations(records);
  bool written =
      Write(directory / "node.keys",
            Text(NodeKeysFile({NodeKey(), NodeKey({{"kid", "revoked"}, {"revoked", true}}),
                               NodeKey({{"kid", "ended"}, {"validTo", "2026-03-01T00:00:00Z"}})})));
  for (const auto& [name, text] : records) {
    written = Write(directory / (name + ".json"), text) && written;
  }
  written = Write(directory / kJudgements, FoundOfRecords(directory)) && written;
  return written ? 0 : 3;
}
