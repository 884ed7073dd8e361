// What an audit has to say that is no finding: entries that are newer than it, rotations by the
// operator's word, names that look alike, clocks.
//
// Threads: pure.

#ifndef CAIRN_WITNESS_AUDIT_REMARKS_H_
#define CAIRN_WITNESS_AUDIT_REMARKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "witness/audit_state.h"
#include "witness/certifier_check.h"

namespace cairn::witness {

// A sentence each. The changes of `state.watch` are findings, and not among them. `now_s` 0: there
// is no clock.
std::vector<std::string> RemarksOn(const AuditState& state, absl::Span<const KeyChange> changes,
                                   uint64_t now_s);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_AUDIT_REMARKS_H_
