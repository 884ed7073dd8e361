// The auditor: reads a whole log from outside and checks all that can be checked there.
//
// A run takes the newest checkpoint; proves that it continues the one seen before and every other
// view at hand; reads all entries since, and recomputes every tile and the root from them; and
// checks what entries say: signatures, that certifiers were declared with the keys they use, that
// nothing is stated twice, and times against those of the witnesses. With a source of rounds it
// also audits what was anchored: see round_check.h. What it knows is in the store,
// so that the next run goes on there; also after one that did not end.
// Errors of Run: kFailedPrecondition for a state of another log, kCancelled after Cancel(), as the
//   store, and as the source where the log could not be read: nothing can be said then. All that
//   can be said against the log is a finding.
// Cost: two hashes an entry, three for a statement, and a signature where there is one; memory
//   10 MiB a thread, and what repeats.h takes.
// Threads: Run by one at a time; the rest from any. Lifetime: borrows all it is given.

#ifndef CAIRN_WITNESS_AUDITOR_H_
#define CAIRN_WITNESS_AUDITOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/edge.h"
#include "merkle/hash.h"
#include "merkle/note/misbehaviour.h"
#include "merkle/note/policy.h"
#include "merkle/tile.h"
#include "merkle/types.h"
#include "witness/audit_state.h"
#include "witness/audit_store.h"
#include "witness/certifier_check.h"
#include "witness/entry_check.h"
#include "witness/finding.h"
#include "witness/log_source.h"
#include "witness/log_tiles.h"
#include "witness/round_check.h"
#include "witness/round_source.h"
#include "witness/views.h"

namespace cairn::witness {

struct AuditOptions {
  size_t threads = 1;
  // A certifier's name whose statements are shown to `judge`, in order; empty: nobody's are.
  std::string watch = {};
  // What is wrong with a statement under that name, or nullopt.
  std::function<std::optional<std::string>(LeafIndex index, absl::string_view entry)> judge = {};
  // Of the anchors. Borrowed; null: they are not audited.
  RoundSource* rounds = nullptr;
  // The source is a copy of the log, which may be older than the rounds.
  bool of_a_copy = false;
};

// A checkpoint of the log that came another way: from a witness, from a client.
struct OtherView {
  std::string name;
  std::string note;
};

struct AuditReport {
  // Absent where the log shows none that its key has signed.
  std::optional<note::PolicyVerdict> newest = std::nullopt;
  // Entries that were checked before this run, and are now.
  TreeSize before = {};
  TreeSize audited = {};
  // Of this run and of all before it: how many, and the first kMaxFindings.
  uint64_t finding_count = 0;
  uint64_t earlier_findings = 0;
  std::vector<Finding> findings = {};
  // Of this run.
  std::vector<note::Misbehaviour> misbehaviours = {};
  // With a source of rounds: how many there are.
  uint64_t rounds = 0;
  // What could not be compared, a sentence each.
  std::vector<std::string> remarks = {};

  bool sound() const { return finding_count == 0; }
};

class Auditor {
 public:
  // The policy names the log's keys; its quorum is demanded of checkpoints.
  Auditor(LogSource& source, const note::Policy& policy, AuditStore& store, AuditOptions options);

  absl::StatusOr<AuditReport> Run(const std::vector<OtherView>& others = {});

  // Ends a run soon, at a place from which the next one goes on.
  void Cancel() { cancelled_.store(true); }

  // Entries that this run has read, and has to read in all.
  uint64_t entries_done() const { return entries_done_.load(); }
  uint64_t entries_to_do() const { return entries_to_do_.load(); }

 private:
  // Successive entries, read and checked by themselves.
  struct Part {
    LeafIndex first;
    CheckedEntries entries;
  };

  absl::Status Steps(const std::vector<OtherView>& others);
  absl::Status Load();
  absl::Status Save();
  absl::Status ReadNewest();
  absl::Status RestoreCertifiers();
  absl::Status CompareWith(const std::string& name, const std::string& note, bool was_newest);
  absl::Status CheckRounds();
  absl::Status OpenEdge();
  absl::Status ReadEntries();
  absl::StatusOr<Part> ReadPart(uint64_t number) const;
  absl::Status ReadBundle(uint64_t number, EntryCheck& check, Part& part) const;
  absl::Status TakePart(Part part);
  void CheckTimes(const Part& part);
  void Watch(const Part& part);
  absl::Status CompareTile(merkle::TileId id, absl::Span<const Hash> computed) const;
  absl::Status FinishTree();
  absl::Status FinishRepeats();

  void Add(FindingKind kind, std::optional<LeafIndex> index, std::string text);
  void AddAll(std::vector<Finding> findings);
  // Says it against the log, and ends the run: what comes after rests on what is wrong.
  absl::Status EndWith(FindingKind kind, std::string text);

  LogSource& source_;
  const note::Policy& policy_;
  AuditStore& store_;
  const AuditOptions options_;
  mutable LogTiles tiles_;
  std::atomic<bool> cancelled_{false};
  std::atomic<uint64_t> entries_done_{0};
  std::atomic<uint64_t> entries_to_do_{0};

  // Of one run.
  AuditState state_;
  AuditReport report_;
  View newest_;
  CertifierCheck certifiers_{absl::string_view()};
  std::optional<RoundCheck> rounds_;
  merkle::Edge edge_;
  // What entries that witnesses had not seen by then cannot be older than.
  std::optional<uint64_t> not_before_ms_;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_AUDITOR_H_
