// One cell of the fault table: a log in memory comes to a phase of its life, a fault strikes at one
// step of what that does to its files, the log starts again and is held to what it has promised.
//
// After the fault: the start succeeds once the disk is in order; Promises hold; what was refused is
// there whole or not at all, and is taken when it is sent again; the log takes more; `cairn fsck`
// finds nothing; and all that once more after a power failure.

#ifndef CAIRN_TESTS_DURABILITY_TRIAL_H_
#define CAIRN_TESTS_DURABILITY_TRIAL_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "ledger/rocksdb/testing/faulty_disk.h"

namespace cairn::ledger {

enum class Phase {
  kCreate,      // a new log in an empty directory
  kStart,       // a start after a kill, with a WAL to replay
  kStartIndex,  // the same where also much of the index is to be made again
  kCommit,      // one batch
  kCertifier,   // a certifier entry
  kFlush,       // the entries' memtable goes to its table; the next WAL begins
  kIngest,      // enough batches for the index to be moved into the store
  kCompact,     // all tables of each family become one
  kStop,        // an orderly stop
};
inline constexpr Phase kPhases[] = {Phase::kCreate, Phase::kStart,     Phase::kStartIndex,
                                    Phase::kCommit, Phase::kCertifier, Phase::kFlush,
                                    Phase::kIngest, Phase::kCompact,   Phase::kStop};
std::string NameOf(Phase phase);

struct Injection {
  testing::Step step;
  uint64_t occurrence = 1;
  testing::Fault fault = testing::Fault::kError;
  // What was not synced is lost before the next start; of files' unsynced tails a random part when
  // `torn`.
  bool power_fails = false;
  bool torn = false;
  // False: commits are not synced, to show that a trial would notice.
  bool sync = true;
};

// What a phase does to its files, and how often, without a fault. Of removals only those that
// belong to the phase: the rest happens in the background, later.
absl::StatusOr<std::map<testing::Step, uint64_t>> StepsOf(Phase phase);

// What happened, in few words. An error says what was broken; kNotFound that the fault did not
// come.
absl::StatusOr<std::string> Try(Phase phase, const Injection& injection);

}  // namespace cairn::ledger

#endif  // CAIRN_TESTS_DURABILITY_TRIAL_H_
