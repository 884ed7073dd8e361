#include "ledger/check/check.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/check/advice.h"
#include "ledger/check/index_check.h"
#include "ledger/check/parallel.h"
#include "ledger/check/tree_check.h"
#include "merkle/entry/certifiers.h"
#include "merkle/note/key.h"

namespace cairn::ledger {
namespace {

// `read`, or nullopt and a finding where it is damaged.
template <typename T>
absl::StatusOr<std::optional<T>> OrFinding(absl::StatusOr<T> read, Part part, Findings& findings) {
  if (read.ok()) return std::optional<T>(*std::move(read));
  if (!absl::IsDataLoss(read.status())) return read.status();
  findings.Add(part, LeafIndex(0), std::string(read.status().message()));
  return std::optional<T>();
}

class Check {
 public:
  Check(CheckSource& source, const CheckOptions& options, CheckProgress* progress)
      : source_(source), options_(options), progress_(progress) {}

  absl::StatusOr<CheckReport> Run() {
    CheckIdentity();
    absl::StatusOr<bool> known = ReadState();
    if (!known.ok()) return known.status();
    absl::Status checked = *known ? CheckContents() : absl::OkStatus();
    if (!checked.ok()) return checked;
    report_.findings = findings_.Kept();
    report_.finding_count = findings_.count();
    report_.advice = AdviceFor(findings_, entries_lead_to_state_);
    return std::move(report_);
  }

 private:
  void CheckIdentity() {
    const LogIdentity& identity = source_.identity();
    const absl::StatusOr<note::VerifierKey> key = note::VerifierKey::Parse(identity.vkey);
    if (!key.ok()) {
      findings_.Add(Part::kState, LeafIndex(0),
                    absl::StrCat("the identity's key is malformed: ", key.status().message()));
    } else if (key->name() != identity.origin) {
      findings_.Add(Part::kState, LeafIndex(0),
                    absl::StrCat("the identity's key is named ", key->name(), ", not ",
                                 identity.origin, " as the log"));
    }
  }

  // False: there is no state that anything could be compared with.
  absl::StatusOr<bool> ReadState() {
    const auto state = OrFinding(source_.ReadState(), Part::kState, findings_);
    if (!state.ok()) return state.status();
    const auto end = OrFinding(source_.EntriesEnd(), Part::kEntries, findings_);
    if (!end.ok()) return end.status();
    const auto record = OrFinding(source_.ReadSigned(), Part::kSigned, findings_);
    if (!record.ok()) return record.status();
    if (!state->has_value()) {
      report_.unchecked.push_back("everything else: the tree's size is not known");
      return false;
    }
    report_.state = **state;
    if (record->has_value()) {
      signed_ = (*record)->states;
      if (!(*record)->damage.empty()) {
        findings_.Add(Part::kSigned, LeafIndex(0), (*record)->damage);
      }
    }
    // What lies beyond the smaller of both is reported, and not looked for.
    plan_.size = (*state)->size;
    if (end->has_value() && (*end)->value() < plan_.size.value()) {
      findings_.Add(Part::kEntries, **end,
                    absl::StrCat("the entries end at ", (*end)->value(), ", but the tree has ",
                                 plan_.size.value()));
      plan_.size = TreeSize((*end)->value());
    }
    for (const TreeState& was : signed_) {
      if (was.size <= report_.state.size) continue;
      findings_.Add(
          Part::kSigned, LeafIndex(report_.state.size.value()),
          absl::StrCat("a tree of ", was.size.value(), " entries was signed, but only ",
                       report_.state.size.value(), " are here: the log has lost its end"));
    }
    return true;
  }

  absl::Status CheckContents() {
    if (options_.index) {
      const auto watermark = OrFinding(source_.IndexWatermark(), Part::kIndex, findings_);
      if (!watermark.ok()) return watermark.status();
      plan_.watermark = *watermark;
    }
    if (plan_.watermark.has_value()) {
      report_.index_watermark = *plan_.watermark;
      if (plan_.watermark->value() > report_.state.size.value()) {
        findings_.Add(Part::kIndex, LeafIndex(0),
                      absl::StrCat("the index says that it reaches to ", plan_.watermark->value(),
                                   ", beyond the tree"));
      }
      plan_.watermark = std::min(*plan_.watermark, LeafIndex(plan_.size.value()));
    }
    std::vector<TreeSize> stops = {plan_.size};
    for (const TreeState& was : signed_) stops.push_back(was.size);
    std::sort(stops.begin(), stops.end());
    plan_.source = &source_;
    plan_.stops = stops;
    plan_.findings = &findings_;
    plan_.progress = progress_;
    IndexCheck index(plan_, std::max(1u, options_.threads));
    if (absl::Status read = ReadEverything(index); !read.ok()) return read;
    whole_ = std::all_of(chunks_.begin(), chunks_.end(),
                         [](const CheckedChunk& chunk) { return chunk.whole; });
    for (const CheckedChunk& chunk : chunks_) {
      for (const auto& [kind, count] : chunk.unknown_kinds) report_.unknown_kinds[kind] += count;
    }
    CheckTimes();
    absl::Status checked = CheckTree();
    if (checked.ok()) checked = CheckNothingBeyond(source_, report_.state.size, findings_);
    if (checked.ok()) checked = CheckCertifiers();
    if (!checked.ok() || !plan_.watermark.has_value()) return checked;
    if (whole_) {
      checked = index.Compare();
      report_.index_rows = index.rows();
    } else {
      report_.unchecked.push_back("the index: not all entries can be read");
    }
    return checked;
  }

  absl::Status ReadEverything(IndexCheck& index) {
    const uint64_t chunks = (plan_.size.value() + kChunkEntries - 1) / kChunkEntries;
    const uint64_t parts = plan_.watermark.has_value() ? CheckSource::kIndexParts : 0;
    chunks_.resize(chunks);
    progress_->all_entries = plan_.size.value();
    // Nearly all entries are statements, with a row each.
    progress_->all_index_rows = plan_.watermark.value_or(LeafIndex(0)).value();
    return RunTasks(
        std::max(1u, options_.threads), chunks + parts, [&](uint32_t thread, uint64_t task) {
          if (task >= chunks) return index.ReadPart(thread, task - chunks);
          absl::StatusOr<CheckedChunk> checked = CheckChunk(plan_, task, index.Expected(thread));
          if (!checked.ok()) return checked.status();
          chunks_[task] = *std::move(checked);
          return absl::OkStatus();
        });
  }

  // Across the chunks, and of the state.
  void CheckTimes() {
    if (!whole_ || chunks_.empty()) return;
    uint64_t last_ms = 0;
    for (size_t i = 0; i < chunks_.size(); ++i) {
      if (chunks_[i].first_ms < last_ms) {
        findings_.Add(
            Part::kEntries, LeafIndex(i * kChunkEntries),
            absl::StrCat("entry ", i * kChunkEntries, " was accepted at ", chunks_[i].first_ms,
                         " ms by its own word, before an entry in front of it (", last_ms, " ms)"));
      }
      last_ms = std::max(last_ms, chunks_[i].last_ms);
    }
    if (plan_.size == report_.state.size && report_.state.last_accepted_at_ms != last_ms) {
      findings_.Add(Part::kState, LeafIndex(plan_.size.value()),
                    absl::StrCat("the state's last time is ", report_.state.last_accepted_at_ms,
                                 " ms, that of the entries ", last_ms, " ms"));
    }
  }

  absl::Status CheckTree() {
    if (!whole_) {
      report_.unchecked.push_back(
          "roots, and tiles of level 2 and above: not all entries can be read");
      return absl::OkStatus();
    }
    absl::Status upper = CheckUpperTiles(source_, plan_.size, chunks_, findings_);
    if (!upper.ok()) return upper;
    if (plan_.size == report_.state.size) {
      const absl::StatusOr<Hash> root = RootOfEntries(plan_.size, chunks_);
      if (!root.ok()) return root.status();
      entries_lead_to_state_ = *root == report_.state.root;
      if (!entries_lead_to_state_) {
        findings_.Add(
            Part::kState, LeafIndex(plan_.size.value()),
            absl::StrCat("the state's root at size ", plan_.size.value(), " is ",
                         report_.state.root.Hex(), ", but the entries lead to ", root->Hex()));
      }
    }
    for (const TreeState& was : signed_) {
      if (was.size > plan_.size) continue;
      const absl::StatusOr<Hash> root = RootOfEntries(was.size, chunks_);
      if (!root.ok()) return root.status();
      if (*root == was.root) continue;
      findings_.Add(Part::kSigned, LeafIndex(was.size.value()),
                    absl::StrCat("at size ", was.size.value(), " the root ", was.root.Hex(),
                                 " was signed, but the entries lead to ", root->Hex()));
    }
    return absl::OkStatus();
  }

  absl::Status CheckCertifiers() {
    const auto listed = OrFinding(source_.CertifierEntries(), Part::kCertifiers, findings_);
    if (!listed.ok()) return listed.status();
    std::vector<LeafIndex> found;
    entry::CertifierRegistry registry(source_.identity().origin);
    for (const CheckedChunk& chunk : chunks_) {
      for (const auto& [index, change] : chunk.certifiers) {
        found.push_back(index);
        if (absl::Status applied = registry.Apply(index, change); !applied.ok()) {
          findings_.Add(Part::kCertifiers, index,
                        absl::StrCat("entry ", index.value(),
                                     " must not follow those before it: ", applied.message()));
        }
      }
    }
    if (!listed->has_value()) return absl::OkStatus();
    for (const LeafIndex index : found) {
      if (std::binary_search((*listed)->begin(), (*listed)->end(), index)) continue;
      findings_.Add(
          Part::kCertifiers, index,
          absl::StrCat("entry ", index.value(), " changes a certifier and is not in their list"));
    }
    for (const LeafIndex index : **listed) {
      if (!whole_ || std::binary_search(found.begin(), found.end(), index)) continue;
      findings_.Add(Part::kCertifiers, index,
                    absl::StrCat("entry ", index.value(),
                                 " is listed as one that changes a certifier, and is none"));
    }
    return absl::OkStatus();
  }

  CheckSource& source_;
  const CheckOptions options_;
  CheckProgress* const progress_;
  Findings findings_;
  CheckReport report_;
  std::vector<TreeState> signed_;
  ChunkPlan plan_;
  std::vector<CheckedChunk> chunks_;
  bool whole_ = false;
  bool entries_lead_to_state_ = false;
};

}  // namespace

absl::StatusOr<CheckReport> CheckLog(CheckSource& source, const CheckOptions& options,
                                     CheckProgress* progress) {
  return Check(source, options, progress).Run();
}

}  // namespace cairn::ledger
