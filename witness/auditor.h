// The auditor: reads a whole log from outside and checks all that can be checked there.
//
// A run takes the newest checkpoint; proves that it continues the one seen before and every other
// view at hand; reads all entries since, and recomputes every tile and the root from them; and
// checks what entries say: signatures, that certifiers were declared with the keys they use, that
// nothing is stated twice, and times against those of the witnesses. With a source of rounds it
// also audits what was anchored: see round_check.h. What it knows is in the store,
// so that the next run goes on there; also after one that did not end.
// Nothing is held against a log that does not authenticate: a finding is about checkpoints that it
// signed, or entries that are shown to be under a root that it signed. So findings about entries
// wait until the tree that they stand in is proved to be the signed one, and so does the state.
// A state names the log, and what it is of: an audit, or the monitor of one certifier.
// Errors of Run: kFailedPrecondition for a state of another log or of something else, and for a
//   finding that cannot be acknowledged; kNotFound for one that is not there; kPermissionDenied for
//   a checkpoint that the log's key did not sign; kUnavailable, or as the source, where the log
//   could not be read, or what is served does not lead to the signed root: nothing is then said
//   against the log, and nothing of it stored; kCancelled after Cancel(); as the store.
// Cost: two hashes an entry, three for a statement, and a signature where there is one; memory
//   10 MiB a thread, and what repeats.h takes. Of a monitor: what is kept of the certifier is read
//   in each run.
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
#include "witness/freshness.h"
#include "witness/log_source.h"
#include "witness/log_tiles.h"
#include "witness/round_check.h"
#include "witness/round_source.h"
#include "witness/views.h"

namespace cairn::witness {

// That a person has looked at the findings with numbers from `first` to `last`.
struct Acknowledged {
  uint64_t first = 0;
  uint64_t last = 0;
  std::string reason = {};
};

struct AuditOptions {
  size_t threads = 1;
  // A certifier's name whose statements are all shown to `judge`, in order, in every run; empty:
  // nobody's are, and the state is that of an audit.
  std::string watch = {};
  // What is wrong with a statement under that name (kUnknown or kReview, its text), or nullopt.
  std::function<std::optional<Finding>(LeafIndex index, absl::string_view entry)> judge = {};
  // SHA-256 of what `judge` goes by, so that a change of it between runs is said.
  std::optional<Hash> known = std::nullopt;
  // Of the anchors. Borrowed; null: they are not audited.
  RoundSource* rounds = nullptr;
  // The source is a copy of the log, which may be older than the rounds.
  bool of_a_copy = false;
  // The auditor's clock, in seconds; 0: none is at hand.
  uint64_t now_s = 0;
  // As old as the checkpoint may be; 0: as old as it likes.
  uint64_t max_age_s = 0;
  std::vector<Acknowledged> acknowledge = {};
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
  // All that hold: of this run, and lasting ones of those before it. How many, of how many of them
  // an earlier run knew, and how many a person has acknowledged; and those that are kept, by
  // number.
  uint64_t finding_count = 0;
  uint64_t earlier_findings = 0;
  uint64_t acknowledged = 0;
  std::vector<Finding> findings = {};
  // How new the checkpoint is shown to be.
  Freshness freshness = {};
  // Of this run.
  std::vector<note::Misbehaviour> misbehaviours = {};
  // With a source of rounds: how many there are.
  uint64_t rounds = 0;
  // Statements under the watched name.
  uint64_t watched = 0;
  // What is no finding and yet to be known, a sentence each.
  std::vector<std::string> remarks = {};

  // Nothing is wrong that nobody has acknowledged.
  bool sound() const { return finding_count == acknowledged; }
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
  absl::Status Acknowledge();
  absl::Status RestoreCertifiers();
  absl::Status Save();
  absl::Status ReadNewest();
  absl::Status CompareWith(const std::string& name, const std::string& note, bool was_newest);
  absl::Status CheckRounds();
  absl::Status OpenEdge();
  absl::Status ProveSoFar();
  absl::Status ReadEntries();
  absl::StatusOr<Part> ReadPart(uint64_t number) const;
  absl::Status ReadBundle(uint64_t number, EntryCheck& check, Part& part) const;
  absl::Status TakePart(Part part);
  void CheckTimes(const Part& part);
  void TakeNames(const Part& part);
  absl::Status CompareTile(merkle::TileId id, absl::Span<const Hash> computed) const;
  absl::Status FinishTree();
  void FinishTimes();
  absl::Status FinishRepeats();
  absl::Status FinishWatched();
  void FinishRemarks();
  AuditReport Reported();

  void Add(FindingKind kind, std::optional<LeafIndex> index, std::string text);
  void AddAll(std::vector<Finding> findings);
  // Says it against the log, and ends the run: what comes after rests on what is wrong. Requires
  // that no entry was taken yet.
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
  // As it was when all in it was last shown to be under a root that the log signed.
  AuditState proven_;
  AuditReport report_;
  View newest_;
  std::optional<CertifierCheck> certifiers_;
  std::optional<RoundCheck> rounds_;
  merkle::Edge edge_;
  // What entries that witnesses had not seen by then cannot be older than.
  std::optional<uint64_t> not_before_ms_;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_AUDITOR_H_
