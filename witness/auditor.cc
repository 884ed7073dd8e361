#include "witness/auditor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/extension.h"
#include "merkle/note/note.h"
#include "witness/audit_remarks.h"
#include "witness/counted.h"
#include "witness/in_order.h"
#include "witness/repeat_check.h"
#include "witness/watched.h"

namespace cairn::witness {
namespace {

// Bundles that one thread reads at a time, and parts after which the state is saved.
constexpr uint64_t kPartBundles = 64;
constexpr uint64_t kPartEntries = kPartBundles * merkle::kTileWidth;
constexpr uint64_t kPartsToSave = 16;

// How long a checkpoint may be under way before it is cosigned: entries accepted meanwhile are
// older than the cosignature and yet not in its tree.
constexpr uint64_t kPublishDelayS = 3600;

// Ends a run whose finding says why. Never leaves this file.
absl::Status EndOfRun() { return absl::AbortedError("the run ends with a finding"); }

// Of what is served, and in no way authenticates: a broken server, a mirror that lags, a proxy or a
// wrong directory looks the same as a log that lies, so it is not held against the log.
absl::Status DoesNotLead(absl::string_view what) {
  return absl::UnavailableError(
      absl::StrCat("what is served does not lead to the root that the log signed (", what,
                   "): the server, a mirror or a proxy between may be at fault; try again, or read "
                   "the log from another place"));
}

// Why a log could not be audited, where resources of it are missing or damaged.
absl::Status Explained(const absl::Status& why) {
  if (absl::IsDataLoss(why)) return DoesNotLead(why.message());
  if (!absl::IsNotFound(why) && !absl::IsResourceExhausted(why)) return why;
  return absl::UnavailableError(absl::StrCat("the log cannot be read: ", why.message()));
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
  certifiers_.reset();
  not_before_ms_.reset();
  rounds_.reset();
  if (options_.rounds != nullptr) {
    rounds_.emplace(*options_.rounds, policy_, cancelled_,
                    [this](Finding finding, std::optional<note::Misbehaviour> proof) {
                      const bool is_split = finding.kind == FindingKind::kSplitView;
                      state_.findings.Add(std::move(finding));
                      // It stands by itself: also where the log cannot be read any further.
                      if (is_split) proven_ = state_;
                      if (proof.has_value()) report_.misbehaviours.push_back(*std::move(proof));
                    });
  }
  entries_done_.store(0);
  entries_to_do_.store(0);
  if (absl::Status loaded = Load(); !loaded.ok()) return loaded;
  if (absl::Status taken = Acknowledge(); !taken.ok()) return taken;
  proven_ = state_;
  report_.before = state_.audited.size;

  absl::Status status = Steps(others);
  if (status.ok()) state_.findings.Settle();
  const bool has_report = status.ok() || absl::IsAborted(status);
  if (has_report) {
    state_.findings.Tell();
  } else {
    state_ = proven_;
  }
  // Whatever ended the run: the next one goes on there, and a log that was once caught does not
  // look sound again.
  const absl::Status saved = Save();
  if (!has_report) return Explained(status);
  if (!saved.ok()) return saved;
  return Reported();
}

AuditReport Auditor::Reported() {
  const Findings& findings = state_.findings;
  report_.audited = state_.audited.size;
  uint64_t fresh = findings.unlisted_new();
  for (const Finding& finding : findings.kept()) {
    if (!findings.Holds(finding)) continue;
    report_.findings.push_back(finding);
    if (finding.acknowledged.has_value()) ++report_.acknowledged;
    if (finding.is_new) ++fresh;
  }
  report_.finding_count = report_.findings.size() + findings.unlisted();
  report_.earlier_findings = report_.finding_count - fresh;
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
  for (const OtherView& other : others) {
    absl::Status compared = CompareWith(other.name, other.note, false);
    if (!compared.ok()) return compared;
  }
  if (absl::Status restored = RestoreCertifiers(); !restored.ok()) return restored;
  if (absl::Status opened = OpenEdge(); !opened.ok()) return opened;
  state_.newest_note = newest_.note;
  proven_ = state_;
  if (rounds_.has_value()) {
    if (absl::Status checked = CheckRounds(); !checked.ok()) return checked;
    proven_ = state_;
  }
  if (absl::Status read = ReadEntries(); !read.ok()) return read;
  if (absl::Status finished = FinishTree(); !finished.ok()) return finished;
  proven_ = state_;
  FinishTimes();
  if (absl::Status finished = FinishRepeats(); !finished.ok()) return finished;
  proven_ = state_;
  if (absl::Status finished = FinishWatched(); !finished.ok()) return finished;
  for (std::string& remark : RemarksOn(state_, certifiers_->key_changes(), options_.now_s)) {
    report_.remarks.push_back(std::move(remark));
  }
  return absl::OkStatus();
}

absl::Status Auditor::Load() {
  const absl::StatusOr<std::optional<std::string>> text = store_.ReadState();
  if (!text.ok()) return text.status();
  if (!text->has_value()) {
    state_.watch = options_.watch;
    return absl::OkStatus();
  }
  absl::StatusOr<AuditState> state = ParseAuditState(**text);
  if (!state.ok()) return state.status();
  state_ = *std::move(state);
  if (state_.is_of_version_1 && !options_.watch.empty()) {
    return absl::FailedPreconditionError(
        "the state is by an older version, which did not say what it is of; begin anew with an "
        "empty directory");
  }
  if (state_.watch != options_.watch) {
    const auto scope = [](const std::string& watch) {
      return watch.empty() ? std::string("an audit") : absl::StrCat("the monitor of `", watch, "`");
    };
    return absl::FailedPreconditionError(absl::StrCat("the state is of ", scope(state_.watch),
                                                      ", not of ", scope(options_.watch),
                                                      "; give each a state of its own"));
  }
  const auto is_it = [&](const note::PolicyLog& log) { return log.key.Format() == state_.log; };
  if (!state_.log.empty() && std::none_of(policy_.logs().begin(), policy_.logs().end(), is_it)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the state is of the log `", state_.log,
                     "`, which is not one that you name; give each log a state of its own"));
  }
  return absl::OkStatus();
}

absl::Status Auditor::Acknowledge() {
  for (const Acknowledged& one : options_.acknowledge) {
    const absl::Status taken = state_.findings.Acknowledge(
        one.first, one.last, {.at_ms = options_.now_s * 1000, .reason = one.reason});
    if (!taken.ok()) return taken;
  }
  // Also where the log cannot be reached now.
  return options_.acknowledge.empty() ? absl::OkStatus() : Save();
}

absl::Status Auditor::RestoreCertifiers() {
  certifiers_.emplace(newest_.checkpoint.origin);
  for (const auto& [index, change] : state_.certifiers) {
    if (absl::Status restored = certifiers_->Restore(index, change); !restored.ok()) {
      return absl::InternalError(restored.message());
    }
  }
  return absl::OkStatus();
}

absl::Status Auditor::Save() { return store_.WriteState(FormatAuditState(state_)); }

absl::Status Auditor::ReadNewest() {
  absl::StatusOr<std::string> note = source_.Read("checkpoint", note::kMaxNoteBytes);
  if (!note.ok()) return note.status();
  absl::StatusOr<View> view = ReadView(*std::move(note));
  if (!view.ok()) {
    return absl::UnavailableError(
        absl::StrCat("the log cannot be read: what is served as its checkpoint is none (",
                     view.status().message(), "); is this the place of a log?"));
  }
  newest_ = *std::move(view);
  absl::StatusOr<note::PolicyVerdict> verdict = note::JudgeCheckpoint(newest_.note, policy_);
  if (!verdict.ok()) {
    return absl::PermissionDeniedError(absl::StrCat("the checkpoint of `",
                                                    newest_.checkpoint.origin,
                                                    "` says nothing about the log that you "
                                                    "name: ",
                                                    verdict.status().message()));
  }
  state_.log = policy_.logs()[verdict->log].key.Format();
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
  if (!compared.ok()) return compared.status();
  const std::string sizes =
      absl::StrCat(name, " has ", Counted(seen.size.value(), "entry", "entries"),
                   ", the log shows ", newest_.checkpoint.size.value());
  switch (compared->relation) {
    case Relation::kContinues:
      break;
    case Relation::kBehind:
      if (was_newest) {
        return EndWith(FindingKind::kRegression,
                       absl::StrCat(sizes, ": the log went back, or this is an old copy of it"));
      }
      report_.remarks.push_back(
          absl::StrCat(sizes, ": they can be compared once it shows as many"));
      break;
    case Relation::kUnprovable:
      return absl::DataLossError("its tiles lead to another root");
    case Relation::kSplit:
      report_.misbehaviours.push_back(*compared->misbehaviour);
      return EndWith(FindingKind::kSplitView,
                     absl::StrCat(sizes, ": neither tree continues the other"));
  }
  if (was_newest && verdict.ok() && state_.audited.size == seen.size) {
    for (const std::optional<uint64_t>& at_s : verdict->cosigned_at_s) {
      if (!at_s.has_value() || !IsTime(*at_s, options_.now_s) || *at_s < kPublishDelayS) continue;
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
    report_.remarks.push_back(
        absl::StrCat("anchored rounds that lack the cosignatures that the policy demands now: ",
                     rounds_->unwitnessed()));
  }
  if (!rounds_->ahead().has_value()) return absl::OkStatus();
  std::string text = absl::StrCat("anchored round ", *rounds_->ahead(), " is over more than the ",
                                  Counted(newest_.checkpoint.size.value(), "entry", "entries"),
                                  " that the log shows");
  if (options_.of_a_copy) {
    report_.remarks.push_back(std::move(text));
  } else {
    Add(FindingKind::kRegression, std::nullopt, std::move(text));
  }
  return absl::OkStatus();
}

absl::Status Auditor::OpenEdge() {
  absl::StatusOr<merkle::Edge> edge = merkle::Edge::FromTiles(state_.audited.size, tiles_);
  if (!edge.ok()) return edge.status();
  if (edge->root() != state_.audited.root) {
    return absl::DataLossError(absl::StrCat("the tiles of the first ", state_.audited.size.value(),
                                            " entries are not those that were checked before"));
  }
  edge_ = *std::move(edge);
  // A state of version 1 may be of entries that were never shown to be under a signed root.
  return edge_.size().value() == 0 ? absl::OkStatus() : ProveSoFar();
}

// Whether the entries that were taken are the first ones of the tree that the log signed.
absl::Status Auditor::ProveSoFar() {
  const View so_far = {.note = "",
                       .checkpoint = {.origin = newest_.checkpoint.origin,
                                      .size = edge_.size(),
                                      .root = edge_.root(),
                                      .extensions = {}}};
  const absl::StatusOr<Comparison> compared = Compare(so_far, newest_, tiles_);
  if (!compared.ok()) return compared.status();
  if (compared->relation == Relation::kContinues) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the first ", edge_.size().value(), " entries are not those of its tree"));
}

absl::Status Auditor::ReadEntries() {
  const uint64_t begin = state_.audited.size.value();
  const uint64_t end = newest_.checkpoint.size.value();
  if (begin >= end) return absl::OkStatus();
  entries_to_do_.store(end - begin);
  const uint64_t first_part = begin / kPartEntries;
  const uint64_t parts = (end - 1) / kPartEntries - first_part + 1;
  return RunInOrder<Part>(
      parts, options_.threads, [&](uint64_t number) { return ReadPart(first_part + number); },
      [&](uint64_t number, Part part) -> absl::Status {
        if (absl::Status taken = TakePart(std::move(part)); !taken.ok()) return taken;
        if (number % kPartsToSave != kPartsToSave - 1) return absl::OkStatus();
        if (absl::Status proved = ProveSoFar(); !proved.ok()) return proved;
        proven_ = state_;
        return Save();
      });
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
  const absl::Status kept = KeepWatched(store_, part.entries.watched, state_.watched_bytes);
  if (!kept.ok()) return kept;
  // What changes the state cannot fail from here on: a state is always that of some size.
  CheckTimes(part);
  certifiers_->Take(part.entries, findings, state_.certifiers);
  std::sort(findings.begin(), findings.end(),
            [](const Finding& a, const Finding& b) { return a.index < b.index; });
  AddAll(std::move(findings));
  for (const auto& [kind, count] : part.entries.unknown_kinds) state_.unknown_kinds[kind] += count;
  TakeNames(part);
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

void Auditor::TakeNames(const Part& part) {
  if (options_.watch.empty()) return;
  const auto take = [this](const std::string& name, LeafIndex index) {
    if (!LookAlike(name, options_.watch)) return;
    const auto [at, is_new] = state_.alike.emplace(name, index);
    if (!is_new) at->second = std::min(at->second, index);
  };
  for (const Segment& segment : part.entries.segments) {
    for (const auto& [use, index] : segment.uses) take(use.first, index);
    if (segment.change.has_value()) take(segment.change->second.name, segment.change->first);
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
    if (absl::Status same = CompareTile(id, partial); !same.ok()) return same;
  }
  if (edge_.root() == newest_.checkpoint.root) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("its ", edge_.size().value(), " entries lead to root ",
                                          edge_.root().Hex(), "; it signed ",
                                          newest_.checkpoint.root.Hex()));
}

void Auditor::FinishTimes() {
  const uint64_t last_s = state_.last_ms / 1000;
  const note::CosignedAt& cosigned_at_s = report_.newest->cosigned_at_s;
  for (size_t i = 0; i < cosigned_at_s.size(); ++i) {
    const std::optional<uint64_t>& at_s = cosigned_at_s[i];
    if (!at_s.has_value() || !IsTime(*at_s, options_.now_s)) continue;
    if (last_s <= *at_s || last_s - *at_s <= kClockSkewS) continue;
    Add(FindingKind::kTime, std::nullopt,
        absl::StrCat("an entry was accepted at ", state_.last_ms,
                     " ms, says the log; a witness saw the tree with it at ", *at_s, " s (`",
                     policy_.witnesses()[i].name, "`): somebody's clock is wrong"));
    break;
  }
  const bool is_empty = newest_.checkpoint.size.value() == 0;
  report_.freshness =
      FreshnessOf(cosigned_at_s, policy_, is_empty ? std::nullopt : std::optional(state_.last_ms),
                  options_.now_s);
  if (options_.max_age_s == 0 || is_empty) return;
  std::optional<std::string> old = TooOld(report_.freshness, options_.max_age_s, options_.now_s);
  if (old.has_value()) Add(FindingKind::kAge, std::nullopt, *std::move(old));
}

absl::Status Auditor::FinishRepeats() {
  std::vector<Finding> findings;
  const absl::Status checked =
      CheckRepeats(store_, tiles_, state_.compared, {edge_.size(), edge_.root()}, findings);
  if (!checked.ok()) return checked;
  AddAll(std::move(findings));
  state_.compared = edge_.size();
  return absl::OkStatus();
}

absl::Status Auditor::FinishWatched() {
  if (options_.watch.empty()) return absl::OkStatus();
  const auto judge = [this](LeafIndex index, absl::string_view entry) {
    ++report_.watched;
    std::optional<Finding> wrong = options_.judge(index, entry);
    if (!wrong.has_value()) return;
    wrong->index = index;
    state_.findings.Add(*std::move(wrong));
  };
  if (absl::Status read = ForEachWatched(store_, state_.watched_bytes, judge); !read.ok()) {
    return read;
  }
  for (const KeyChange& change : certifiers_->key_changes()) {
    if (change.name == options_.watch) Add(FindingKind::kKeys, change.index, change.text);
  }
  if (state_.known.has_value() && options_.known.has_value() && *state_.known != *options_.known) {
    report_.remarks.push_back(
        "what is known is not what was known in the run before; every statement was judged anew");
  }
  state_.known = options_.known;
  return absl::OkStatus();
}

void Auditor::Add(FindingKind kind, std::optional<LeafIndex> index, std::string text) {
  state_.findings.Add({.kind = kind, .index = index, .text = std::move(text)});
}

void Auditor::AddAll(std::vector<Finding> findings) {
  for (Finding& finding : findings) state_.findings.Add(std::move(finding));
}

absl::Status Auditor::EndWith(FindingKind kind, std::string text) {
  Add(kind, std::nullopt, std::move(text));
  proven_ = state_;
  return EndOfRun();
}

}  // namespace cairn::witness
