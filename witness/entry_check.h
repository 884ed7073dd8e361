// What an auditor checks of each entry by itself, for many successive ones: so that these checks,
// signatures among them, run side by side for different parts of a log.
//
// Checked here: the one decoding; signatures, under the keys that the entries themselves name;
//   times that fall. What depends on earlier entries is collected for who goes through the parts in
//   order: which certifiers were used with which keys, and certifier entries.
// Cost: two hashes an entry, one signature where there is one (one a batch).
// Threads: an EntryCheck is used by one at a time.

#ifndef CAIRN_WITNESS_ENTRY_CHECK_H_
#define CAIRN_WITNESS_ENTRY_CHECK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/statement.h"
#include "merkle/entry/statement_view.h"
#include "merkle/hash.h"
#include "merkle/types.h"
#include "witness/finding.h"

namespace cairn::witness {

// A certifier's name, and the 32 bytes of the key that signed; empty: none did.
using Use = std::pair<std::string, std::string>;

// Entries between two certifier entries: the certifiers are the same for all of them.
struct Segment {
  // With the first index of each.
  absl::flat_hash_map<Use, LeafIndex> uses;
  // What follows, unless the part ends.
  std::optional<std::pair<LeafIndex, entry::CertifierEntry>> change;
};

// What came out of successive entries.
struct CheckedEntries {
  std::vector<Hash> leaves;
  // Of each entry, so that statements about the same are found; 0 for what is no statement.
  std::vector<uint64_t> fingerprints;
  std::vector<Finding> findings;
  std::vector<Segment> segments = std::vector<Segment>(1);
  // Statements under the name that is watched, as encoded.
  std::vector<std::pair<LeafIndex, std::string>> watched;
  // Of statements that supersede another: their index, and what they supersede.
  std::vector<std::pair<LeafIndex, LeafIndex>> superseding;
  // Entries about receipts of anchors.
  std::vector<std::pair<LeafIndex, entry::ReceiptEntry>> receipts;
  // Entries of each kind that is newer than this program: counted and hashed, not judged.
  std::map<uint8_t, uint64_t> unknown_kinds;
  // Times of the first and last entry that has one.
  std::optional<uint64_t> first_ms;
  uint64_t last_ms = 0;
};

// The same for two statements on the same (certifier, hash, trace), and hardly for others: never 0.
uint64_t FingerprintOf(const entry::StatementView& statement);

// Whether they are on the same (certifier, hash, trace).
bool SameSubject(const entry::StatementView& a, const entry::StatementView& b);

class EntryCheck {
 public:
  // `watch` is empty or a certifier's name.
  EntryCheck(absl::string_view origin, std::string watch)
      : watch_(std::move(watch)), signatures_(origin) {}

  // Adds the entry at `index`, which follows the one before.
  void Take(LeafIndex index, absl::string_view encoded, CheckedEntries& out);

 private:
  void TakeStatement(LeafIndex index, const entry::StatementView& view, absl::string_view encoded,
                     CheckedEntries& out);
  void TakeOther(LeafIndex index, absl::string_view encoded, CheckedEntries& out);
  static void TakeTime(LeafIndex index, uint64_t accepted_at_ms, CheckedEntries& out);

  const std::string watch_;
  // The last one that was added to the last segment: statements by one certifier follow each other.
  Use last_use_;
  entry::StatementVerifier signatures_;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_ENTRY_CHECK_H_
