// What clients were told by a log, over all the lives of its process: the ground that every restart
// is held to.
//
// Threads: Record calls from any thread; Check() alone.

#ifndef CAIRN_TESTS_CRASH_JOURNAL_H_
#define CAIRN_TESTS_CRASH_JOURNAL_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/types.h"
#include "proto/log_service.grpc.pb.h"

namespace cairn::testing {

class Journal {
 public:
  explicit Journal(note::VerifierKey log_key) : log_key_(std::move(log_key)) {}

  // An answer: `entry` is acknowledged at `index`, under `checkpoint`. Dies on a checkpoint that
  // the log's key did not sign, and on two that disagree.
  void RecordEntry(LeafIndex index, absl::string_view entry);
  note::Checkpoint RecordCheckpoint(absl::string_view checkpoint);

  size_t entries() const;
  size_t checkpoints() const;

  // Reads the whole log through `stub` and compares: every acknowledged index has the same bytes,
  // every checkpoint ever recorded has the root of that many entries, and a consistency proof
  // served by the log links each of those recorded since the last call to the newest.
  absl::Status Check(v1::Log::StubInterface& stub);

  // Size of the tree as of the last Check().
  TreeSize checked_size() const { return checked_size_; }

 private:
  absl::Status CheckEntries(v1::Log::StubInterface& stub, TreeSize size);
  absl::Status CheckConsistency(v1::Log::StubInterface& stub, TreeSize size, const Hash& root);

  const note::VerifierKey log_key_;
  mutable std::mutex mutex_;
  std::map<uint64_t, std::string> entries_;
  std::map<uint64_t, Hash> roots_;
  std::vector<uint64_t> unlinked_;  // sizes recorded since the last Check()
  TreeSize checked_size_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_CRASH_JOURNAL_H_
