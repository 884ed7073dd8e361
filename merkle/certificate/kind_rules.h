// The rules of each kind, as the table of kinds.h has them. Each in a file of its own name.

#ifndef CAIRN_MERKLE_CERTIFICATE_KIND_RULES_H_
#define CAIRN_MERKLE_CERTIFICATE_KIND_RULES_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/certificate/kinds.h"

namespace cairn::certificate {

using CoveredMembers = std::vector<absl::string_view>;

CoveredMembers JudgeExecution(const Kind& kind, const RecordText& text, Judgement& judgement);
CoveredMembers JudgeRender(const Kind& kind, const RecordText& text, Judgement& judgement);
CoveredMembers JudgeHashOnly(const Kind& kind, const RecordText& text, Judgement& judgement);
CoveredMembers JudgeProject(const Kind& kind, const RecordText& text, Judgement& judgement);
CoveredMembers JudgeGovernedStep(const Kind& kind, const RecordText& text, Judgement& judgement);

// That `record` states the hash of its input or output in the member `hash_name`: of the text
// itself where the value is a text, of its canonical JSON where it is not. `path` is the object's.
void JudgeValueHash(const Json& object, absl::string_view path, absl::string_view name,
                    absl::string_view hash_name, absl::string_view code, Judgement& judgement);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_KIND_RULES_H_
