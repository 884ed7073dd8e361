// What the form of evidence demands beyond its JSON: limits, orders, what refers to what.
//
// Errors: kInvalidArgument, naming the member.
// Threads: pure. evidence_test.cc covers it.

#ifndef CAIRN_ANCHOR_EVIDENCE_EVIDENCE_FORM_H_
#define CAIRN_ANCHOR_EVIDENCE_EVIDENCE_FORM_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/evidence.h"

namespace cairn::evidence {

// kInvalidArgument: "MEMBER WHY".
absl::Status Invalid(absl::string_view member, absl::string_view why);

absl::Status CheckForm(const Evidence& evidence);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_EVIDENCE_FORM_H_
