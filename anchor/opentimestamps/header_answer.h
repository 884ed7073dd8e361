// What the sources of block headers have in common: reading a header that came over the network.

#ifndef CAIRN_ANCHOR_OPENTIMESTAMPS_HEADER_ANSWER_H_
#define CAIRN_ANCHOR_OPENTIMESTAMPS_HEADER_ANSWER_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/bitcoin.h"
#include "merkle/hash.h"

namespace cairn::anchor {

// Beyond any height for centuries; nodes count in 32 bits.
constexpr uint64_t kMaxHeight = 0x7fffffff;

// 160 lower-case hex digits that are the header of the block `hash`, with its proof of work.
// kInvalidArgument for anything else.
absl::StatusOr<evidence::BlockHeader> ReadHeaderAnswer(absl::string_view hex, const Hash& hash);

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_OPENTIMESTAMPS_HEADER_ANSWER_H_
