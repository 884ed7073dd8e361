// An anchors' store with many rounds, made without any outside system.

#ifndef CAIRN_TESTS_ANCHOR_TESTING_STORED_ROUNDS_H_
#define CAIRN_TESTS_ANCHOR_TESTING_STORED_ROUNDS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace cairn::anchor::testing {

// As long as a note with a log's signature and three cosignatures.
std::string ExampleNote(uint64_t number);

// Makes `path` the store of that log with so many rounds, the last over `tree_size` entries, each
// with an event and a final receipt by `tsa`. Requires 1 <= rounds <= tree_size, and no cairnd in
// it.
absl::Status FillWithRounds(const std::string& path, const std::string& origin, uint64_t rounds,
                            uint64_t tree_size);

}  // namespace cairn::anchor::testing

#endif  // CAIRN_TESTS_ANCHOR_TESTING_STORED_ROUNDS_H_
