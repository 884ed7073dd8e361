// Holds a log to what it had anchored: the note of each round is signed by the log, each tree
// continues that of the round before by the proof that is kept with it, and the newest of them is
// part of the tree that the log shows now. So who audits the anchors audits every tree that anybody
// was ever shown a receipt for.
//
// Of what is wrong, two notes that contradict each other come with a proof for others.
// Errors: as the source and the tiles: what cannot be read is not held against the log;
// kUnavailable for
//   a round whose note this log did not sign, kDataLoss for tiles that do not lead to its root.
// Cost: a round trip and a signature a round, and once some tiles. Memory: 16 bytes a round.
// Threads: one at a time. Lifetime: borrows all it is given.

#ifndef CAIRN_WITNESS_ROUND_CHECK_H_
#define CAIRN_WITNESS_ROUND_CHECK_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/entry/entry.h"
#include "merkle/note/misbehaviour.h"
#include "merkle/note/policy.h"
#include "merkle/types.h"
#include "witness/audit_state.h"
#include "witness/finding.h"
#include "witness/log_tiles.h"
#include "witness/round_source.h"
#include "witness/views.h"

namespace cairn::witness {

class RoundCheck {
 public:
  // Takes what is wrong, and a proof of it where there is one.
  using Sayer = std::function<void(Finding, std::optional<note::Misbehaviour>)>;

  RoundCheck(RoundSource& source, const note::Policy& policy, const std::atomic<bool>& cancelled,
             Sayer say)
      : source_(source), policy_(policy), cancelled_(cancelled), say_(std::move(say)) {}

  // Asks how many rounds there are. Before the log's checkpoint is read, so that its tree has them.
  absl::Status Begin();

  // Goes on from `seen`, and moves it on where nothing is wrong. `tiles` are those of `newest`.
  absl::Status Run(const View& newest, LogTiles& tiles, RoundsSeen& seen);

  // Whether the entry about a receipt is about one of a round. After Run.
  absl::Status Match(LeafIndex index, const entry::ReceiptEntry& receipt);

  uint64_t last() const { return last_; }
  // Rounds of this run whose notes lack the quorum of the policy.
  uint64_t unwitnessed() const { return unwitnessed_; }
  // The first round over a larger tree than the log shows.
  std::optional<uint64_t> ahead() const { return ahead_; }

 private:
  struct Known {
    TreeSize size;
    uint64_t anchors = 0;  // A bit for each of names_.
  };

  // False where the round cannot be built upon.
  absl::StatusOr<bool> Take(uint64_t number, const AnchoredRound& round, const View& newest,
                            LogTiles& tiles, const RoundsSeen& seen);
  absl::StatusOr<View> ReadSigned(const std::string& note);
  absl::Status Contradict(uint64_t number, const View& next, const std::string& why,
                          const View& newest, LogTiles& tiles);
  absl::StatusOr<bool> CompareWith(uint64_t number, const View& view, const View& newest,
                                   LogTiles& tiles);
  absl::Status ReadUpTo(TreeSize size);
  absl::StatusOr<std::optional<Known>> Find(TreeSize size);
  absl::StatusOr<Known> ReadKnown(uint64_t number);
  uint64_t Names(const std::vector<std::string>& names);
  void Say(uint64_t number, const std::string& text);

  RoundSource& source_;
  const note::Policy& policy_;
  const std::atomic<bool>& cancelled_;
  const Sayer say_;
  uint64_t last_ = 0;
  uint64_t unwitnessed_ = 0;
  std::optional<uint64_t> ahead_;
  // The newest round of the run before has another note now.
  bool changed_ = false;
  std::optional<View> before_;
  // The newest that is not larger than the tree that the log shows.
  std::optional<View> within_;
  uint64_t within_number_ = 0;
  // Of rounds first_known_, first_known_ + 1, ...
  uint64_t first_known_ = 1;
  std::vector<Known> known_;
  std::vector<std::string> names_;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_ROUND_CHECK_H_
