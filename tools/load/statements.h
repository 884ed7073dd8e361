// The statements of a run: fresh, and made again from their number whenever they are needed, so
// that nothing of what was sent has to be kept.
//
// Threads: any.

#ifndef CAIRN_TOOLS_LOAD_STATEMENTS_H_
#define CAIRN_TOOLS_LOAD_STATEMENTS_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "proto/log.pb.h"

namespace cairn::load {

// A well mixed word of any other.
uint64_t Mix(uint64_t word);

// kInvalidArgument when no trace and task make an entry of that length, its signature not counted.
absl::Status CheckEntryBytes(uint32_t entry_bytes, absl::string_view certifier);

class Statements {
 public:
  // With another seed, all hashes are others. Requires CheckEntryBytes.
  Statements(uint64_t seed, uint32_t entry_bytes, std::string certifier);

  // Statement `number`. What `out` holds is overwritten, its memory used again.
  void Fill(uint64_t number, v1::Statement& out) const;
  // The same as a value.
  entry::Statement Make(uint64_t number) const;
  std::array<uint8_t, 32> HashOf(uint64_t number) const;

 private:
  std::array<uint64_t, 4> seeds_;
  std::string certifier_;
  size_t trace_bytes_;
  size_t task_bytes_;
};

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_STATEMENTS_H_
