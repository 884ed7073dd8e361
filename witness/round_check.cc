#include "witness/round_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/hash.h"
#include "merkle/verify.h"
#include "witness/counted.h"

namespace cairn::witness {
namespace {

// Rounds that are looked through for one that was made since the run began.
constexpr uint64_t kMaxNewRounds = 1024;
// As many names of anchors are told apart.
constexpr size_t kMaxNames = 64;

std::string RoundText(uint64_t number) { return absl::StrCat("anchored round ", number, ": "); }

absl::Status NotOurs(uint64_t number, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("cannot read ", RoundText(number), why,
                                             "; is --log the address of the log that is audited?"));
}

}  // namespace

absl::Status RoundCheck::Begin() {
  const absl::StatusOr<uint64_t> last = source_.Last();
  if (!last.ok()) return last.status();
  last_ = *last;
  return absl::OkStatus();
}

absl::Status RoundCheck::Run(const View& newest, LogTiles& tiles, RoundsSeen& seen) {
  if (last_ < seen.last) {
    say_({FindingKind::kRegression, std::nullopt,
          absl::StrCat("the log shows ", Counted(last_, "anchored round", "anchored rounds"),
                       "; it had ", seen.last)},
         std::nullopt);
    return absl::OkStatus();
  }
  if (!seen.note.empty()) {
    absl::StatusOr<View> before = ReadView(seen.note);
    if (!before.ok()) return before.status();
    before_ = *std::move(before);
    if (before_->checkpoint.size <= newest.checkpoint.size) within_ = before_;
    within_number_ = seen.next - 1;
  }
  first_known_ = seen.next;
  RoundsSeen now = {.last = last_, .last_digest = seen.last_digest, .receipts = seen.receipts};
  bool open = false;
  for (uint64_t number = seen.next; number <= last_; ++number) {
    if (cancelled_.load()) return absl::CancelledError("the audit was cancelled");
    const absl::StatusOr<AnchoredRound> round = source_.Read(number);
    if (!round.ok()) return round.status();
    const bool settled = round->settled && round->faults.empty();
    // The newest is always read again: it has to stay what it was.
    if (!open && (number == last_ || (!settled && last_ - number < kMaxRoundsAgain))) {
      open = true;
      now.next = number;
      now.note = before_.has_value() ? before_->note : "";
    }
    const absl::StatusOr<bool> taken = Take(number, *round, newest, tiles, seen);
    if (!taken.ok()) return taken.status();
    if (!*taken) return absl::OkStatus();
    now.last_digest = merkle::Sha256(round->note);
  }
  if (within_.has_value()) {
    const absl::StatusOr<bool> same = CompareWith(within_number_, *within_, newest, tiles);
    if (!same.ok()) return same.status();
    if (!*same) return absl::OkStatus();
  }
  // What was said of a round that changed is said again as long as it is so.
  if (!changed_) seen = std::move(now);
  return absl::OkStatus();
}

absl::StatusOr<View> RoundCheck::ReadSigned(const std::string& note) {
  absl::StatusOr<View> view = ReadView(note);
  if (!view.ok()) return view.status();
  const absl::StatusOr<note::PolicyVerdict> verdict = note::JudgeCheckpoint(note, policy_);
  if (!verdict.ok()) return verdict.status();
  if (!verdict->quorum) ++unwitnessed_;
  return view;
}

absl::StatusOr<bool> RoundCheck::Take(uint64_t number, const AnchoredRound& round,
                                      const View& newest, LogTiles& tiles, const RoundsSeen& seen) {
  absl::StatusOr<View> view = ReadSigned(round.note);
  // Not signed by this log, it says nothing about it.
  if (!view.ok()) return NotOurs(number, view.status().message());
  const note::Checkpoint& tree = view->checkpoint;
  if (tree.origin != newest.checkpoint.origin) {
    return NotOurs(number, absl::StrCat("a note of log `", tree.origin, "`"));
  }
  for (const std::string& fault : round.faults) Say(number, fault);
  if (number == seen.last && merkle::Sha256(round.note) != seen.last_digest) {
    Say(number, "another note than it had before");
    changed_ = true;
  }
  if (before_.has_value()) {
    const note::Checkpoint& old = before_->checkpoint;
    const absl::Status continues =
        old.size < tree.size
            ? merkle::VerifyConsistency(old.size, tree.size, old.root, tree.root, round.consistency)
            : absl::InvalidArgumentError(absl::StrCat("its tree of ", tree.size.value(),
                                                      " entries has not grown from ",
                                                      old.size.value()));
    if (!continues.ok()) {
      const absl::Status said =
          Contradict(number, *view, std::string(continues.message()), newest, tiles);
      if (!said.ok()) return said;
      return false;
    }
  }
  if (tree.size <= newest.checkpoint.size) {
    within_ = *view;
    within_number_ = number;
  } else if (!ahead_.has_value()) {
    ahead_ = number;
  }
  known_.push_back({tree.size, Names(round.anchors)});
  before_ = *std::move(view);
  return true;
}

// Whether the notes of two rounds cannot both be of one log, or only their proof is bad.
absl::Status RoundCheck::Contradict(uint64_t number, const View& next, const std::string& why,
                                    const View& newest, LogTiles& tiles) {
  const View before = *before_;
  if (next.checkpoint.size == before.checkpoint.size &&
      next.checkpoint.root != before.checkpoint.root) {
    say_({FindingKind::kSplitView, std::nullopt,
          absl::StrCat(RoundText(number),
                       "another root than that of the round before, over as "
                       "many entries")},
         note::Misbehaviour{before.note, next.note, {}});
    return absl::OkStatus();
  }
  Say(number, absl::StrCat("it does not continue the round before: ", why));
  for (const auto& [at, view] : {std::pair(number - 1, &before), {number, &next}}) {
    const absl::StatusOr<bool> same = CompareWith(at, *view, newest, tiles);
    if (!same.ok()) return same.status();
  }
  return absl::OkStatus();
}

// Whether it is part of the tree that the log shows, as far as that is large enough.
absl::StatusOr<bool> RoundCheck::CompareWith(uint64_t number, const View& view, const View& newest,
                                             LogTiles& tiles) {
  const absl::StatusOr<Comparison> compared = Compare(view, newest, tiles);
  if (!compared.ok()) return compared.status();
  switch (compared->relation) {
    case Relation::kContinues:
    case Relation::kBehind:
      return true;
    case Relation::kUnprovable:
      return absl::DataLossError("its tiles lead to another root");
    case Relation::kSplit:
      break;
  }
  say_({FindingKind::kSplitView, std::nullopt,
        absl::StrCat(RoundText(number), "its tree of ", view.checkpoint.size.value(),
                     " entries is not what the log's tree of ", newest.checkpoint.size.value(),
                     " begins with")},
       compared->misbehaviour);
  return false;
}

absl::Status RoundCheck::Match(LeafIndex index, const entry::ReceiptEntry& receipt) {
  const absl::StatusOr<std::optional<Known>> found = Find(receipt.tree_size);
  if (!found.ok()) return found.status();
  std::string wrong;
  if (!found->has_value()) {
    wrong = "no anchored round has that tree";
  } else {
    const auto name = std::find(names_.begin(), names_.end(), receipt.backend);
    const bool told_apart = name != names_.end() || names_.size() < kMaxNames;
    const auto bit = static_cast<uint64_t>(name - names_.begin());
    if (told_apart && (name == names_.end() || ((*found)->anchors >> bit & 1) == 0)) {
      wrong = "the round of that tree has no receipt by it";
    }
  }
  if (wrong.empty()) return absl::OkStatus();
  say_({FindingKind::kAnchor, index,
        absl::StrCat("a receipt by `", receipt.backend, "` over a tree of ",
                     receipt.tree_size.value(), " entries: ", wrong)},
       std::nullopt);
  return absl::OkStatus();
}

// Rounds that were made since the run began are read as they are needed, and those of earlier runs
// are searched: their sizes rise.
absl::StatusOr<std::optional<RoundCheck::Known>> RoundCheck::Find(TreeSize size) {
  if (absl::Status read = ReadUpTo(size); !read.ok()) return read;
  const auto by_size = [](const Known& known, TreeSize wanted) { return known.size < wanted; };
  const auto at = std::lower_bound(known_.begin(), known_.end(), size, by_size);
  if (at != known_.end() && at->size == size) return std::optional(*at);
  if (at != known_.begin()) return std::optional<Known>();
  uint64_t begin = 1, end = first_known_;
  while (begin < end) {
    const uint64_t middle = begin + (end - begin) / 2;
    const absl::StatusOr<Known> known = ReadKnown(middle);
    if (!known.ok()) return known.status();
    if (known->size == size) return std::optional(*known);
    (known->size < size ? begin : end) = known->size < size ? middle + 1 : middle;
  }
  return std::optional<Known>();
}

absl::Status RoundCheck::ReadUpTo(TreeSize size) {
  const uint64_t most = last_ + kMaxNewRounds;
  while (known_.empty() || known_.back().size < size) {
    const uint64_t number = first_known_ + known_.size();
    if (number > most) return absl::OkStatus();
    absl::StatusOr<Known> known = ReadKnown(number);
    // There is none with that number: the log knows best how many it has made meanwhile.
    if (absl::IsNotFound(known.status()) && number > last_) return absl::OkStatus();
    if (!known.ok()) return known.status();
    known_.push_back(*known);
  }
  return absl::OkStatus();
}

absl::StatusOr<RoundCheck::Known> RoundCheck::ReadKnown(uint64_t number) {
  if (cancelled_.load()) return absl::CancelledError("the audit was cancelled");
  const absl::StatusOr<AnchoredRound> round = source_.Read(number);
  if (!round.ok()) return round.status();
  const absl::StatusOr<note::PolicyVerdict> verdict = note::JudgeCheckpoint(round->note, policy_);
  if (!verdict.ok()) return absl::DataLossError(verdict.status().message());
  return Known{verdict->checkpoint.size, Names(round->anchors)};
}

uint64_t RoundCheck::Names(const std::vector<std::string>& names) {
  uint64_t bits = 0;
  for (const std::string& name : names) {
    auto at = std::find(names_.begin(), names_.end(), name);
    if (at == names_.end() && names_.size() < kMaxNames) at = names_.insert(at, name);
    if (at != names_.end()) bits |= uint64_t{1} << (at - names_.begin());
  }
  return bits;
}

void RoundCheck::Say(uint64_t number, const std::string& text) {
  say_({FindingKind::kAnchor, std::nullopt, absl::StrCat(RoundText(number), text)}, std::nullopt);
}

}  // namespace cairn::witness
