// cer.governed.execution.step.v1: one step of a governed run. It names its parents by id; what the
// set of steps says together is for run.h.

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/kind_rules.h"

namespace cairn::certificate {
namespace {

constexpr char kSetId[] = "nexart.governed.execution.step.v1.protected-set.v1";
constexpr char kSchemeId[] = "jcs-v1";

// The set is said to be one that this program knows. Its list of fields leaves out `protectedSet`,
// which the hash covers all the same: so the list says what must be there, and the kind's row what
// is hashed.
bool JudgeProtectedSet(const Json& record, Judgement& judgement) {
  const Json* set = ObjectMember(record, "protectedSet");
  if (set == nullptr) {
    judgement.Contradict("protectedSet", "SCHEMA_ERROR", "must be an object");
    return false;
  }
  for (const auto& [name, known] :
       {std::pair("protectedSetId", kSetId), std::pair("stabilitySchemeId", kSchemeId)}) {
    const Json* stated = Member(*set, name);
    if (stated != nullptr && *stated == known) continue;
    judgement.CannotCheck(
        absl::StrCat("protectedSet.", name), "SCHEMA_VERSION_UNSUPPORTED",
        absl::StrCat(stated == nullptr ? "is missing" : absl::StrCat("is ", Shown(*stated)),
                     "; this program knows ", known));
    return false;
  }
  const Json* fields = Member(*set, "protectedFields");
  if (fields == nullptr || !fields->is_array()) {
    judgement.Contradict("protectedSet.protectedFields", "SCHEMA_ERROR", "must be a list of names");
    return false;
  }
  for (const Json& field : *fields) {
    const auto* name = field.get_ptr<const std::string*>();
    if (name != nullptr && Member(record, *name) != nullptr) continue;
    judgement.Contradict("protectedSet.protectedFields", "PROTECTED_FIELD_MISSING",
                         absl::StrCat("names ", Shown(field), ", which the record has not"));
  }
  return true;
}

}  // namespace

CoveredMembers JudgeGovernedStep(const Kind& kind, const RecordText& text, Judgement& judgement) {
  const Json& record = text.record;
  judgement.protocol = std::string(kind.version);
  if (!HasMembers(record, kind.covered, judgement) || RefuseLoneSurrogates(text, judgement) ||
      !JudgeProtectedSet(record, judgement)) {
    return {};
  }
  judgement.hash = CanonicalHash(record, [&kind](absl::string_view name) {
    for (const absl::string_view one : kind.covered) {
      if (one == name) return true;
    }
    return false;
  });
  CoveredMembers covered = kind.covered;
  covered.push_back("certificateHash");
  const Json* stated = Member(record, "certificateHash");
  if (stated == nullptr) {
    judgement.Contradict("certificateHash", "CERTIFICATE_HASH_MISMATCH", "is missing");
  } else {
    JudgeStatedHash("certificateHash", *stated, *judgement.hash, "CERTIFICATE_HASH_MISMATCH",
                    judgement);
  }
  const Json* step = ObjectMember(record, "step");
  if (step == nullptr) {
    judgement.Contradict("step", "SCHEMA_ERROR", "must be an object");
  } else if (Member(*step, "stateHash") != nullptr) {
    judgement.Unchecked("step.stateHash", "NOT_RECORDED",
                        "cannot be checked: what it is over is not published");
  }
  return covered;
}

}  // namespace cairn::certificate
