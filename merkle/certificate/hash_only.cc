// hash-only-timestamp: a hash that a node has seen, and nothing that it could be computed from.

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/kind_rules.h"

namespace cairn::certificate {

CoveredMembers JudgeHashOnly(const Kind&, const RecordText& text, Judgement& judgement) {
  const Json* stated = Member(text.record, "certificateHash");
  if (stated == nullptr) {
    judgement.Contradict("certificateHash", "SCHEMA_ERROR", "is missing");
    return {};
  }
  if (!IsStatedHash("certificateHash", *stated, "SCHEMA_ERROR", judgement)) return {};
  judgement.hash = *ParseHashText(stated->get_ref<const std::string&>());
  judgement.hash_alone = true;
  judgement.CannotCheck("certificateHash", "HASH_ONLY",
                        "stands alone: the record holds nothing that it could be computed from");
  return {"certificateHash"};
}

}  // namespace cairn::certificate
