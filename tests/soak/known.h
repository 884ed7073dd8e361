// What a log has told the clients of a soak: a sample that does not grow with the log.
//
// Errors of the checks: kDataLoss for what was acknowledged and is not found, or for checkpoints
//   that disagree; else those of the log.
// Threads: any.

#ifndef CAIRN_TESTS_SOAK_KNOWN_H_
#define CAIRN_TESTS_SOAK_KNOWN_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/types.h"
#include "proto/log_service.grpc.pb.h"

namespace cairn::testing {

// An acknowledged UniqueStatement.
struct KnownEntry {
  uint64_t seed = 0;
  uint64_t number = 0;
  uint64_t index = 0;
};

class Known {
 public:
  explicit Known(note::VerifierKey log_key) : log_key_(std::move(log_key)) {}

  void AddEntry(const KnownEntry& entry);
  // kDataLoss when it is not the log's, or disagrees with another.
  absl::Status AddCheckpoint(absl::string_view checkpoint);

  std::optional<KnownEntry> Random();
  TreeSize size() const;

  // Finds `count` of the entries, the newest among them, by their hashes.
  absl::Status FindEntries(v1::Log::StubInterface& stub, size_t count);
  // That the newest tree continues those of the checkpoints since the last call.
  absl::Status LinkCheckpoints(v1::Log::StubInterface& stub);

 private:
  static constexpr size_t kSample = 50'000;
  static constexpr size_t kNewest = 512;
  static constexpr size_t kLinks = 500;

  std::vector<KnownEntry> Chosen(size_t count);

  const note::VerifierKey log_key_;
  mutable std::mutex mutex_;
  std::mt19937_64 random_{std::random_device{}()};
  std::vector<KnownEntry> sample_;
  uint64_t seen_ = 0;
  std::vector<KnownEntry> newest_;  // a ring
  std::map<uint64_t, Hash> roots_;  // by size, since the last link and that one
};

// That one statement stands on the entry's hash, at its index, with a proof that holds. The
// checkpoint goes to `known`.
absl::Status FindEntry(v1::Log::StubInterface& stub, const KnownEntry& entry, Known* known);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SOAK_KNOWN_H_
