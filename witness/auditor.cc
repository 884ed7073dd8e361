#include "witness/auditor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/extension.h"
#include "merkle/note/note.h"
#include "witness/in_order.h"
#include "witness/repeat_check.h"

namespace cairn::witness {
namespace {

// Bundles that one thread reads at a time, and parts after which the state is saved.
constexpr uint64_t kPartBundles = 64;
constexpr uint64_t kPartEntries = kPartBundles * merkle::kTileWidth;
constexpr uint64_t kPartsToSave = 64;

// How far the clocks of a log and a witness may differ, and how long a checkpoint may be under way
// before it is cosigned: entries accepted meanwhile are older than the cosignature and yet not in
// its tree.
constexpr uint64_t kClockSkewS = 60;
constexpr uint64_t kPublishDelayS = 3600;

// Ends a run whose finding says why. Never leaves this file.
absl::Status EndOfRun() { return absl::AbortedError("the run ends with a finding"); }

// What is the log's own doing, rather than the network's.
bool IsFault(const absl::Status& why) {
  return absl::IsNotFound(why) || absl::IsDataLoss(why) || absl::IsResourceExhausted(why);
}

}  // namespace

Auditor::Auditor(LogSource& source, const note::Policy& policy, AuditStore& store,
                 AuditOptions options)
    : source_(source),
      policy_(policy),
      store_(store),
      options_(std::move(options)),
      tiles_(source) {}

absl::StatusOr<AuditReport> Auditor::Run(const std::vector<OtherView>& others) {
  state_ = AuditState();
  report_ = AuditReport();
  not_before_ms_.reset();
  rounds_.reset();
  if (options_.rounds != nullptr) {
    rounds_.emplace(*options_.rounds, policy_, cancelled_,
                    [this](Finding finding, std::optional<note::Misbehaviour> proof) {
                      state_.Add(std::move(finding));
                      if (proof.has_value()) report_.misbehaviours.push_back(*std::move(proof));
                    });
  }
  entries_done_.store(0);
  entries_to_do_.store(0);
  if (absl::Status loaded = Load(); !loaded.ok()) return loaded;
  report_.before = state_.audited.size;
  report_.earlier_findings = state_.finding_count;

  absl::Status status = Steps(others);
  // Whatever ended the run: the next one goes on there, and a log that was once caught does not
  // look sound again.
  const absl::Status saved = Save();
  if (absl::IsAborted(status)) status = absl::OkStatus();
  if (!status.ok()) return status;
  if (!saved.ok()) return saved;
  report_.audited = state_.audited.size;
  report_.findings = state_.findings;
  report_.finding_count = state_.finding_count;
  return std::move(report_);
}

absl::Status Auditor::Steps(const std::vector<OtherView>& others) {
  if (rounds_.has_value()) {
    if (absl::Status begun = rounds_->Begin(); !begun.ok()) return begun;
  }
  if (absl::Status read = ReadNewest(); !read.ok()) return read;
  if (!state_.newest_note.empty()) {
    absl::Status compared = CompareWith("the checkpoint seen before", state_.newest_note, true);
    if (!compared.ok()) return compared;
  }
  // Only now: the log's origin, for which rotations are signed, is that of the checkpoint.
  if (absl::Status restored = RestoreCertifiers(); !restored.ok()) return restored;
  for (const OtherView& other : others) {
    absl::Status compared = CompareWith(other.name, other.note, false);
    if (!compared.ok()) return compared;
  }
  if (absl::Status opened = OpenEdge(); !opened.ok()) return opened;
  state_.newest_note = newest_.note;
  if (rounds_.has_value()) {
    if (absl::Status checked = CheckRounds(); !checked.ok()) return checked;
  }
  if (absl::Status read = ReadEntries(); !read.ok()) return read;
  if (absl::Status finished = FinishTree(); !finished.ok()) return finished;
  return FinishRepeats();
}

absl::Status Auditor::Load() {
  const absl::StatusOr<std::optional<std::string>> text = store_.ReadState();
  if (!text.ok()) return text.status();
  if (!text->has_value()) return absl::OkStatus();
  absl::StatusOr<AuditState> state = ParseAuditState(**text);
  if (!state.ok()) return state.status();
  state_ = *std::move(state);
  return absl::OkStatus();
}

absl::Status Auditor::RestoreCertifiers() {
  certifiers_ = CertifierCheck(newest_.checkpoint.origin);
  for (const auto& [index, change] : state_.certifiers) {
    if (absl::Status restored = certifiers_.Restore(index, change); !restored.ok()) return restored;
  }
  return absl::OkStatus();
}

absl::Status Auditor::Save() { return store_.WriteState(FormatAuditState(state_)); }

absl::Status Auditor::ReadNewest() {
  absl::StatusOr<std::string> note = source_.Read("checkpoint", note::kMaxNoteBytes);
  if (!note.ok()) {
    return IsFault(note.status())
               ? EndWith(FindingKind::kCheckpoint, std::string(note.status().message()))
               : note.status();
  }
  absl::StatusOr<View> view = ReadView(*std::move(note));
  if (!view.ok()) return EndWith(FindingKind::kCheckpoint, std::string(view.status().message()));
  newest_ = *std::move(view);
  absl::StatusOr<note::PolicyVerdict> verdict = note::JudgeCheckpoint(newest_.note, policy_);
  if (!verdict.ok()) {
    return EndWith(FindingKind::kCheckpoint, std::string(verdict.status().message()));
  }
  if (!verdict->quorum) {
    Add(FindingKind::kQuorum, std::nullopt,
        absl::StrCat("the checkpoint of size ", verdict->checkpoint.size.value(),
                     " lacks the cosignatures that the policy demands"));
  }
  report_.newest = *std::move(verdict);
  return absl::OkStatus();
}

absl::Status Auditor::CompareWith(const std::string& name, const std::string& note,
                                  bool was_newest) {
  const absl::StatusOr<View> other = ReadView(note);
  if (!other.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", other.status().message()));
  }
  const note::Checkpoint& seen = other->checkpoint;
  if (seen.origin != newest_.checkpoint.origin) {
    return absl::FailedPreconditionError(absl::StrCat(name, " is of log `", seen.origin,
                                                      "`, not of `", newest_.checkpoint.origin,
                                                      "`; give each log a state of its own"));
  }
  const absl::StatusOr<note::PolicyVerdict> verdict = note::JudgeCheckpoint(note, policy_);
  if (!verdict.ok() && !was_newest) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", verdict.status().message()));
  }
  const absl::StatusOr<Comparison> compared = Compare(*other, newest_, tiles_);
  if (!compared.ok()) {
    return IsFault(compared.status())
               ? EndWith(FindingKind::kTree, std::string(compared.status().message()))
               : compared.status();
  }
  const std::string sizes =
      absl::StrCat(name, " has ", seen.size.value(), " entries, the log shows ",
                   newest_.checkpoint.size.value());
  switch (compared->relation) {
    case Relation::kContinues:
      break;
    case Relation::kBehind:
      if (was_newest) return EndWith(FindingKind::kRegression, sizes);
      report_.remarks.push_back(
          absl::StrCat(sizes, ": they can be compared once it shows as many"));
      break;
    case Relation::kUnprovable:
      return EndWith(FindingKind::kTree, "the log's tiles do not lead to the root that it signed");
    case Relation::kSplit:
      report_.misbehaviours.push_back(*compared->misbehaviour);
      return EndWith(FindingKind::kSplitView,
                     absl::StrCat(sizes, ": neither tree continues the other"));
  }
  if (was_newest && verdict.ok() && state_.audited.size == seen.size) {
    for (const std::optional<uint64_t>& at_s : verdict->cosigned_at_s) {
      if (!at_s.has_value() || *at_s < kPublishDelayS) continue;
      not_before_ms_ = std::max(not_before_ms_.value_or(0), (*at_s - kPublishDelayS) * 1000);
    }
  }
  return absl::OkStatus();
}

absl::Status Auditor::CheckRounds() {
  if (state_.rounds.receipts < state_.audited.size) {
    report_.remarks.push_back(absl::StrCat(
        "entries from ", state_.rounds.receipts.value(), " to ", state_.audited.size.value(),
        " were audited without the anchors: receipts among them are not held against rounds; a new "
        "state would"));
  }
  if (absl::Status run = rounds_->Run(newest_, tiles_, state_.rounds); !run.ok()) return run;
  report_.rounds = rounds_->last();
  if (rounds_->unwitnessed() > 0) {
    report_.remarks.push_back(absl::StrCat(rounds_->unwitnessed(),
                                           " anchored rounds lack the cosignatures that the policy "
                                           "demands now"));
  }
  if (!rounds_->ahead().has_value()) return absl::OkStatus();
  std::string text = absl::StrCat("anchored round ", *rounds_->ahead(), " is over more than the ",
                                  newest_.checkpoint.size.value(), " entries that are shown");
  if (options_.of_a_copy) {
    report_.remarks.push_back(std::move(text));
  } else {
    Add(FindingKind::kRegression, std::nullopt, std::move(text));
  }
  return absl::OkStatus();
}

absl::Status Auditor::OpenEdge() {
  absl::StatusOr<merkle::Edge> edge = merkle::Edge::FromTiles(state_.audited.size, tiles_);
  if (!edge.ok()) {
    return IsFault(edge.status())
               ? EndWith(FindingKind::kTree, std::string(edge.status().message()))
               : edge.status();
  }
  if (edge->root() != state_.audited.root) {
    return EndWith(FindingKind::kTree,
                   absl::StrCat("the tiles of the first ", state_.audited.size.value(),
                                " entries are not those that were checked before"));
  }
  edge_ = *std::move(edge);
  return absl::OkStatus();
}

absl::Status Auditor::ReadEntries() {
  const uint64_t begin = state_.audited.size.value();
  const uint64_t end = newest_.checkpoint.size.value();
  if (begin >= end) return absl::OkStatus();
  entries_to_do_.store(end - begin);
  const uint64_t first_part = begin / kPartEntries;
  const uint64_t parts = (end - 1) / kPartEntries - first_part + 1;
  const absl::Status status = RunInOrder<Part>(
      parts, options_.threads, [&](uint64_t number) { return ReadPart(first_part + number); },
      [&](uint64_t number, Part part) -> absl::Status {
        if (absl::Status taken = TakePart(std::move(part)); !taken.ok()) return taken;
        return number % kPartsToSave == kPartsToSave - 1 ? Save() : absl::OkStatus();
      });
  if (absl::IsAborted(status) || !IsFault(status)) return status;
  return EndWith(FindingKind::kTree, std::string(status.message()));
}

absl::StatusOr<Auditor::Part> Auditor::ReadPart(uint64_t number) const {
  const uint64_t begin = std::max(number * kPartEntries, report_.before.value());
  const uint64_t end = std::min((number + 1) * kPartEntries, newest_.checkpoint.size.value());
  Part part{.first = LeafIndex(begin), .entries = {}};
  EntryCheck check(newest_.checkpoint.origin, options_.watch);
  for (uint64_t bundle = begin / merkle::kTileWidth; bundle * merkle::kTileWidth < end; ++bundle) {
    if (cancelled_.load()) return absl::CancelledError("the audit was cancelled");
    if (absl::Status read = ReadBundle(bundle, check, part); !read.ok()) return read;
  }
  return part;
}

absl::Status Auditor::ReadBundle(uint64_t number, EntryCheck& check, Part& part) const {
  const merkle::TileId id{.level = 0, .index = number};
  const uint32_t width = merkle::TileWidthAt(id, newest_.checkpoint.size);
  LogTiles::Bundle bundle;
  if (absl::Status read = tiles_.ReadBundle({number, width}, &bundle); !read.ok()) return read;
  absl::StatusOr<std::vector<Hash>> tile = tiles_.ReadTile(id, width);
  if (!tile.ok()) return tile.status();
  const uint64_t begin = number * merkle::kTileWidth;
  for (uint64_t i = 0; i < width; ++i) {
    // Entries that an earlier run has checked share this bundle.
    if (begin + i < part.first.value()) continue;
    check.Take(LeafIndex(begin + i), bundle.entries[i], part.entries);
    if (part.entries.leaves.back() != (*tile)[i]) {
      return absl::DataLossError(
          absl::StrCat("entry ", begin + i, " does not hash to what the log's tile says"));
    }
  }
  return absl::OkStatus();
}

absl::Status Auditor::TakePart(Part part) {
  const merkle::Extension extension = edge_.Append(part.entries.leaves);
  for (const merkle::FullTile& tile : extension.full_tiles()) {
    // Those of level 0 were compared entry by entry.
    if (tile.id.level == 0) continue;
    if (absl::Status same = CompareTile(tile.id, tile.hashes); !same.ok()) return same;
  }
  const absl::Status put = store_.PutFingerprints(part.first, part.entries.fingerprints);
  if (!put.ok()) return put;
  std::vector<Finding> findings = std::move(part.entries.findings);
  if (absl::Status checked = CheckSuperseding(store_, part.entries, findings); !checked.ok()) {
    return checked;
  }
  if (rounds_.has_value()) {
    for (const auto& [index, receipt] : part.entries.receipts) {
      if (absl::Status matched = rounds_->Match(index, receipt); !matched.ok()) return matched;
    }
  }
  // What changes the state cannot fail from here on: a state is always that of some size.
  CheckTimes(part);
  certifiers_.Take(part.entries, findings, state_.certifiers);
  std::sort(findings.begin(), findings.end(),
            [](const Finding& a, const Finding& b) { return a.index < b.index; });
  AddAll(std::move(findings));
  Watch(part);
  state_.audited = {edge_.size(), edge_.root()};
  if (rounds_.has_value()) state_.rounds.receipts = state_.audited.size;
  entries_done_.fetch_add(part.entries.leaves.size());
  return absl::OkStatus();
}

void Auditor::CheckTimes(const Part& part) {
  const CheckedEntries& entries = part.entries;
  if (!entries.first_ms.has_value()) return;
  if (*entries.first_ms < state_.last_ms) {
    Add(FindingKind::kTime, part.first,
        absl::StrCat("accepted at ", *entries.first_ms, " ms, before an earlier entry (",
                     state_.last_ms, " ms)"));
  }
  if (part.first.value() == report_.before.value() && not_before_ms_.has_value() &&
      *entries.first_ms < *not_before_ms_) {
    Add(FindingKind::kTime, part.first,
        absl::StrCat("accepted at ", *entries.first_ms,
                     " ms, says the log; more than an hour later witnesses cosigned its tree, "
                     "without this entry"));
  }
  state_.last_ms = std::max(state_.last_ms, entries.last_ms);
}

void Auditor::Watch(const Part& part) {
  for (const auto& [index, bytes] : part.entries.watched) {
    std::optional<std::string> wrong = options_.judge(index, bytes);
    if (wrong.has_value()) Add(FindingKind::kUnknown, index, *std::move(wrong));
  }
}

absl::Status Auditor::CompareTile(merkle::TileId id, absl::Span<const Hash> computed) const {
  const absl::StatusOr<std::vector<Hash>> shown =
      tiles_.ReadTile(id, static_cast<uint32_t>(computed.size()));
  if (!shown.ok()) return shown.status();
  if (absl::Span<const Hash>(*shown) == computed) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("tile ", id.index, " of level ", id.level,
                                          " is not what the entries below it lead to"));
}

absl::Status Auditor::FinishTree() {
  for (uint32_t level = 1; level < merkle::kTileLevels; ++level) {
    const absl::Span<const Hash> partial = edge_.PartialTile(level);
    if (partial.empty()) continue;
    const merkle::TileId id{level, merkle::FullTileCount(level, edge_.size())};
    const absl::Status same = CompareTile(id, partial);
    if (IsFault(same)) return EndWith(FindingKind::kTree, std::string(same.message()));
    if (!same.ok()) return same;
  }
  if (edge_.root() != newest_.checkpoint.root) {
    return EndWith(FindingKind::kTree,
                   absl::StrCat("the log's ", edge_.size().value(), " entries lead to root ",
                                edge_.root().Hex(), "; it signed ", newest_.checkpoint.root.Hex()));
  }
  const uint64_t last_s = state_.last_ms / 1000;
  for (const std::optional<uint64_t>& at_s : report_.newest->cosigned_at_s) {
    if (!at_s.has_value() || last_s <= *at_s || last_s - *at_s <= kClockSkewS) continue;
    Add(FindingKind::kTime, std::nullopt,
        absl::StrCat("an entry was accepted at ", state_.last_ms,
                     " ms, says the log; a witness saw the tree with it at ", *at_s, " s"));
    break;
  }
  return absl::OkStatus();
}

absl::Status Auditor::FinishRepeats() {
  std::vector<Finding> findings;
  const absl::Status checked =
      CheckRepeats(store_, tiles_, state_.compared, edge_.size(), findings);
  AddAll(std::move(findings));
  if (IsFault(checked)) return EndWith(FindingKind::kTree, std::string(checked.message()));
  if (checked.ok()) state_.compared = edge_.size();
  return checked;
}

void Auditor::Add(FindingKind kind, std::optional<LeafIndex> index, std::string text) {
  state_.Add({kind, index, std::move(text)});
}

void Auditor::AddAll(std::vector<Finding> findings) {
  for (Finding& finding : findings) state_.Add(std::move(finding));
}

absl::Status Auditor::EndWith(FindingKind kind, std::string text) {
  Add(kind, std::nullopt, std::move(text));
  return EndOfRun();
}

}  // namespace cairn::witness
