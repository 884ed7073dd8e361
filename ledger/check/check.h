// Whether a log that nobody writes is whole: all of it is read, and everything that is stored is
// compared with what the entries themselves lead to.
//
// Checked: what chunk.h says of entries and tiles; tiles and runs beyond the tree; size, root and
//   time of the state; the record of what was last signed; the list of certifier entries and what
//   they do; the index, row by row (rows from its watermark on may be absent).
// Certifier entries must follow each other, also by the signatures that rotations carry.
// Not checked: signatures of statements, and whether a statement is in the log twice.
// Errors: those of the source that say nothing about the log, such as a disk that cannot be read.
// Cost: two hashes an entry, three with the index. Memory beyond the source's own: 200 KiB a
//   thread, 100 bytes for every 65,536 entries, the certifier entries; 100 MiB more once the index
//   is found to differ.

#ifndef CAIRN_LEDGER_CHECK_CHECK_H_
#define CAIRN_LEDGER_CHECK_CHECK_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/check/chunk.h"
#include "ledger/check/findings.h"
#include "ledger/check/source.h"
#include "ledger/store.h"

namespace cairn::ledger {

struct CheckOptions {
  uint32_t threads = 1;
  bool index = true;
};

struct CheckReport {
  // As the log itself says.
  TreeState state;
  uint64_t index_rows = 0;
  LeafIndex index_watermark;
  // The first findings, and how many there are in all: none when the log is sound.
  std::vector<Finding> findings;
  uint64_t finding_count = 0;
  // How many entries of each kind that is newer than this program: counted and hashed, not judged.
  std::map<uint8_t, uint64_t> unknown_kinds;
  // What could not be judged because of a finding.
  std::vector<std::string> unchecked;
  // What the findings mean and what is to be done; empty when the log is sound.
  std::string advice;

  bool sound() const { return finding_count == 0; }
};

// `progress` may be read meanwhile from any thread.
absl::StatusOr<CheckReport> CheckLog(CheckSource& source, const CheckOptions& options,
                                     CheckProgress* progress);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_CHECK_H_
