// The one line that says of evidence what is proven, what is not, and what is false.
//
// Shape, facts with "; " between them:
//   headline  = ["FALSE: " layer *(", " layer)] [kind] included witnessed verified certifier record
//   kind      = "an entry of kind K, newer than this program"
//   included  = "included" | "NOT included"
//   witnessed = "witnessed by K of NAME..." [" (weak quorum)"]
//             | "NOT witnessed" [" (K of NAME..., no quorum)"]
//   verified  = "verified by K authority|authorities (NAME, ...)" [", N needed"] | "NOT verified"
//   certifier = "certifier NAME proven" | "certifier not proven" | "certifier FALSE"
//   record    = "record proven" | "record FALSE" | "no record given"
//             | "record not proven", of an entry that is not judged
//   At most kMaxNames names of witnesses; then "and M more".
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_HEADLINE_H_
#define CAIRN_ANCHOR_EVIDENCE_HEADLINE_H_

#include <cstddef>
#include <string>

#include "anchor/evidence/verify.h"
#include "anchor/evidence/witnesses.h"

namespace cairn::evidence {

inline constexpr size_t kMaxNames = 16;

// `needed`: how many authorities have to vouch. Requires the layers that every report has.
std::string Headline(const Report& report, const JudgedWitnesses& witnesses, size_t needed);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_HEADLINE_H_
