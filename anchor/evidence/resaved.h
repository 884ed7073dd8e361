// What an editor, a mailer or a script has done to evidence that still means the same and is no
// longer its bytes: whoever is told may know what to switch off.
//
// Threads: any. Covered by evidence_test.

#ifndef CAIRN_ANCHOR_EVIDENCE_RESAVED_H_
#define CAIRN_ANCHOR_EVIDENCE_RESAVED_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cairn::evidence {

// `bytes` and `formatted` are JSON of the same values, and differ. A clause for each of: a byte
// order mark, carriage returns, what is missing or too much at the end, order of members, layout.
std::string WhatWasResaved(absl::string_view bytes, absl::string_view formatted);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_RESAVED_H_
