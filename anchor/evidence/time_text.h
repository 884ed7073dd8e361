// Times for people.

#ifndef CAIRN_ANCHOR_EVIDENCE_TIME_TEXT_H_
#define CAIRN_ANCHOR_EVIDENCE_TIME_TEXT_H_

#include <cstdint>
#include <string>

namespace cairn::evidence {

// RFC 3339 in UTC, with milliseconds; a number of them beyond any clock.
std::string TimeText(uint64_t unix_ms);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_TIME_TEXT_H_
