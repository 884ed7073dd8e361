// cer.codemode.render.v1: code, seed and variables of a rendering whose outcome only a rendering
// could check.

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/kind_rules.h"

namespace cairn::certificate {
namespace {

bool IsInput(absl::string_view name) { return name == "code" || name == "seed" || name == "vars"; }

}  // namespace

CoveredMembers JudgeRender(const Kind& kind, const RecordText& text, Judgement& judgement) {
  const Json& record = text.record;
  if (!HasMembers(record, kind.covered, judgement)) return {};
  const Json* snapshot = ObjectMember(record, "snapshot");
  if (snapshot == nullptr) {
    judgement.Contradict("snapshot", "SCHEMA_ERROR", "must be an object");
    return {};
  }
  CoveredMembers covered = kind.covered;
  covered.push_back("certificateHash");
  const Hash hash = CanonicalHash(record, [&kind](absl::string_view name) {
    for (const absl::string_view one : kind.covered) {
      if (one == name) return true;
    }
    return false;
  });
  if (const Json* stated = Member(record, "certificateHash"); stated != nullptr) {
    judgement.hash = hash;
    JudgeStatedHash("certificateHash", *stated, hash, "CERTIFICATE_HASH_MISMATCH", judgement);
  } else {
    judgement.CannotCheck("certificateHash", "NOT_STATED",
                          "is missing, so that nothing vouches for the record's members");
    covered.clear();
  }
  if (const Json* stated = Member(record, "inputHash"); stated != nullptr && !stated->is_null()) {
    JudgeStatedHash("inputHash", *stated, CanonicalHash(*snapshot, IsInput), "INPUT_HASH_MISMATCH",
                    judgement);
  }
  if (const Json* stated = Member(record, "outputHash"); stated != nullptr && !stated->is_null()) {
    if (IsStatedHash("outputHash", *stated, "OUTPUT_HASH_MISMATCH", judgement)) {
      judgement.Unchecked("outputHash", "NOT_RECORDED",
                          "cannot be checked: the rendering would have to be repeated");
    }
  }
  return covered;
}

}  // namespace cairn::certificate
