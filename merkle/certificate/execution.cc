// cer.ai.execution.v1, and the reseals of it: which members the hash covers, and what the hashes of
// input and output are over.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/kind_rules.h"
#include "merkle/certificate/path.h"

namespace cairn::certificate {
namespace {

constexpr char kHashMismatch[] = "CERTIFICATE_HASH_MISMATCH";

struct Reading {
  absl::string_view name;
  CoveredMembers covered;
};

bool Contains(const CoveredMembers& names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Hash HashUnder(const Json& record, const CoveredMembers& covered) {
  return CanonicalHash(record,
                       [&covered](absl::string_view name) { return Contains(covered, name); });
}

// Those of the kind's optional members that are present.
CoveredMembers OptionalMembers(const Kind& kind, const Json& record) {
  CoveredMembers present;
  for (const absl::string_view name : kind.covered_if_present) {
    if (Member(record, name) != nullptr) present.push_back(name);
  }
  return present;
}

// The documented ones in the order in which they are tried, each that differs from those before.
// policyEvaluation is uncovered in none: added to an old record it must not pass.
std::vector<Reading> ReadingsOf(const Kind& kind, const CoveredMembers& optional) {
  CoveredMembers all = kind.covered;
  all.insert(all.end(), optional.begin(), optional.end());
  std::vector<Reading> readings = {{"W7", all}};
  if (optional.empty() || Contains(optional, "policyEvaluation")) return readings;
  CoveredMembers with_context = kind.covered;
  if (Contains(optional, "context")) with_context.push_back("context");
  if (with_context.size() < all.size() && with_context.size() > kind.covered.size()) {
    readings.push_back({"W5", with_context});
  }
  readings.push_back({"B4", kind.covered});
  return readings;
}

// Why the hash may not match, where one more try tells; for people alone.
std::string HintOf(const Kind& kind, const Json& record, const std::string& stated,
                   const CoveredMembers& optional) {
  if (!Contains(optional, "policyEvaluation")) return "";
  CoveredMembers without = kind.covered;
  for (const absl::string_view name : optional) {
    if (name != "policyEvaluation") without.push_back(name);
  }
  for (const CoveredMembers& covered : {without, kind.covered}) {
    if (HashText(HashUnder(record, covered)) == stated) {
      return "; it matches without policyEvaluation, which no document leaves uncovered";
    }
  }
  return "";
}

// The members that the reading which holds covers; those of the newest where none does.
CoveredMembers JudgeHash(const Kind& kind, const Json& record, Judgement& judgement) {
  const CoveredMembers optional = OptionalMembers(kind, record);
  const std::vector<Reading> readings = ReadingsOf(kind, optional);
  const Json* stated = Member(record, "certificateHash");
  if (stated == nullptr) {
    judgement.hash = HashUnder(record, readings[0].covered);
    judgement.Contradict("certificateHash", kHashMismatch, "is missing");
    return readings[0].covered;
  }
  if (!IsStatedHash("certificateHash", *stated, kHashMismatch, judgement)) {
    judgement.hash = HashUnder(record, readings[0].covered);
    return readings[0].covered;
  }
  const auto& text = stated->get_ref<const std::string&>();
  for (const Reading& reading : readings) {
    const Hash hash = HashUnder(record, reading.covered);
    if (!judgement.hash.has_value()) judgement.hash = hash;
    if (HashText(hash) != text) continue;
    judgement.hash = hash;
    if (!optional.empty()) judgement.reading = std::string(reading.name);
    for (const absl::string_view name : optional) {
      if (Contains(reading.covered, name)) continue;
      judgement.left_open.emplace_back(name);
      judgement.Notice(
          name, "CONTEXT_NOT_PROTECTED",
          "is not covered by the certificate hash: anyone may have added or edited it");
    }
    return reading.covered;
  }
  AddMismatch("certificateHash", *stated, *judgement.hash, kHashMismatch,
              HintOf(kind, record, text, optional), judgement);
  return readings[0].covered;
}

void NoticeReseal(const Json& record, Judgement& judgement) {
  const Json* provenance = Member(record, "provenance");
  const std::string* original =
      provenance == nullptr ? nullptr : TextMember(*provenance, "originalCertificateHash");
  if (original == nullptr) return;
  judgement.Notice("provenance.originalCertificateHash", "ORIGINAL_NAMED",
                   absl::StrCat("says that the record stems from ", Shortened(Utf8(*original)),
                                ": a reference, not a proof"));
}

// What must be a text wherever it is there, or null.
void JudgeTexts(const Json& snapshot, Judgement& judgement) {
  for (const char* name : {"executionId", "timestamp", "provider", "model", "modelVersion",
                           "sdkVersion", "appId", "prevStepHash", "workflowId"}) {
    const Json* value = Member(snapshot, name);
    if (value == nullptr || value->is_string() || value->is_null()) continue;
    judgement.Notice(ChildPath("snapshot", name), "UNUSUAL_TYPE",
                     absl::StrCat("is usually a text, and here ", Shown(*value)));
  }
}

// Of a redacted value: that its hash cannot be checked, and why.
void NoteRedacted(absl::string_view field, const Json& value, Judgement& judgement) {
  judgement.Unchecked(field, "REDACTED",
                      Member(value, "commitment") != nullptr
                          ? "is a commitment, which only its opening could check"
                          : "is redacted, so that its hash cannot be checked");
}

}  // namespace

void JudgeValueHash(const Json& object, absl::string_view path, absl::string_view name,
                    absl::string_view hash_name, absl::string_view code, Judgement& judgement) {
  const std::string field = ChildPath(path, name);
  const std::string hash_field = ChildPath(path, hash_name);
  const Json* stated = Member(object, hash_name);
  const Json* value = Member(object, name);
  const bool redacted = value != nullptr && IsRedacted(*value);
  if (stated == nullptr || stated->is_null()) {
    if (redacted) NoteRedacted(field, *value, judgement);
    return;
  }
  if (!IsStatedHash(hash_field, *stated, code, judgement)) return;
  const auto& hash = stated->get_ref<const std::string&>();
  if (value == nullptr || value->is_null()) {
    return judgement.Unchecked(field, "NOT_RECORDED",
                               absl::StrCat("is not recorded, only its hash ", hash));
  }
  const auto* text = value->get_ptr<const std::string*>();
  const Hash computed = text != nullptr ? RawHash(*text) : CanonicalHash(*value);
  if (HashText(computed) == hash) return;
  if (redacted) {
    const Json* kept = Member(*value, "hash");
    if (kept != nullptr && *kept != *stated) {
      return judgement.Contradict(
          ChildPath(field, "hash"), code,
          absl::StrCat("is another hash than ", hash_field, ": ", Shown(*kept), ", not ", hash));
    }
    return NoteRedacted(field, *value, judgement);
  }
  if (text != nullptr && *text == hash) {
    return judgement.Unchecked(field, "REPLACED_BY_HASH", "is replaced by its own hash");
  }
  AddMismatch(hash_field, *stated, computed, code, "", judgement);
}

CoveredMembers JudgeExecution(const Kind& kind, const RecordText& text, Judgement& judgement) {
  const Json& record = text.record;
  CoveredMembers top = kind.covered;
  top.push_back("certificateHash");
  if (!HasMembers(record, kind.covered, judgement)) return top;
  const Json* snapshot = ObjectMember(record, "snapshot");
  if (snapshot == nullptr) {
    judgement.Contradict("snapshot", "SCHEMA_ERROR", "must be an object");
    return top;
  }
  if (const Json* created_at = Member(record, "createdAt"); !created_at->is_string()) {
    judgement.Contradict("createdAt", "SCHEMA_ERROR",
                         absl::StrCat("must be a text, not ", Shown(*created_at)));
  }
  const Json* type = Member(*snapshot, "type");
  if (type != nullptr && *type != "ai.execution.v1") {
    judgement.CannotCheck(
        "snapshot.type", "SCHEMA_VERSION_UNSUPPORTED",
        absl::StrCat("is ", Shown(*type), "; this program knows ai.execution.v1"));
    return {};
  }
  if (!JudgeProtocol("snapshot.protocolVersion", Member(*snapshot, "protocolVersion"), text,
                     judgement)) {
    return {};
  }
  CoveredMembers covered = JudgeHash(kind, record, judgement);
  covered.push_back("certificateHash");
  JudgeTexts(*snapshot, judgement);
  JudgeValueHash(*snapshot, "snapshot", "input", "inputHash", "INPUT_HASH_MISMATCH", judgement);
  JudgeValueHash(*snapshot, "snapshot", "output", "outputHash", "OUTPUT_HASH_MISMATCH", judgement);
  NoticeReseal(record, judgement);
  return covered;
}

}  // namespace cairn::certificate
