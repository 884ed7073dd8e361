#include "anchor/evidence/verify.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/carried.h"
#include "anchor/evidence/entry_layers.h"
#include "anchor/evidence/headline.h"
#include "anchor/evidence/renewal.h"
#include "anchor/evidence/time_text.h"
#include "anchor/evidence/witnesses.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/verify.h"

namespace cairn::evidence {
namespace {

constexpr char kAnchorBound[] = "anchor bound";
constexpr char kWitnessBound[] = "witness bound";

std::string SecondsText(uint64_t at_s) {
  return TimeText(std::min(at_s, UINT64_MAX / 1000) * 1000);
}

size_t AuthoritiesNeeded(const VerifyOptions& options) {
  return std::max<size_t>(options.require.verified, 1);
}

// Whether a line under the note names this key.
bool NamesKey(const note::Note& note, const note::VerifierKey& key) {
  return std::any_of(note.signatures.begin(), note.signatures.end(), [&key](const auto& line) {
    return line.key_name == key.name() && line.key_id == key.id();
  });
}

Layer CheckpointLayer(const Evidence& evidence, const note::Note& note,
                      const note::Checkpoint& checkpoint, const VerifyOptions& options,
                      NoteVerifier& notes) {
  Layer layer{.name = "checkpoint", .required = true};
  if (!options.log_key) {
    layer.detail = "no log key given; the checkpoint's signature was not checked";
    layer.Judge(State::kNotProven, "no_log_key");
    return layer;
  }
  const note::VerifierKey& key = *options.log_key;
  if (checkpoint.origin != key.name()) {
    layer.detail = absl::StrCat("origin: the checkpoint is of log `", checkpoint.origin,
                                "`, the key given is of `", key.name(), "`");
    layer.Judge(State::kFalse, "other_origin");
    return layer;
  }
  if (const absl::Status by_log = notes.SignedBy(evidence.proof.checkpoint, key); !by_log.ok()) {
    layer.detail = std::string(by_log.message());
    layer.Judge(State::kFalse, NamesKey(note, key) ? "signature_wrong" : "not_signed");
    return layer;
  }
  layer.detail =
      absl::StrCat("signed by `", key.name(), "` (key ", key.id().Hex(), ")",
                   options.policy == nullptr ? ": the log's promise alone: not witnessed" : "");
  layer.Judge(State::kProven, "signed");
  return layer;
}

// A key that was given up: what it signed counts as far as authorities show that it did so before.
void HoldToNotAfter(uint64_t not_after_s, std::optional<uint64_t> anchor_bound_s,
                    Layer& checkpoint) {
  if (checkpoint.state != State::kProven) return;
  if (anchor_bound_s.has_value() && *anchor_bound_s <= not_after_s) return;
  checkpoint.Judge(State::kNotProven, "key_given_up");
  absl::StrAppend(&checkpoint.detail, "; but the key counts only until ", SecondsText(not_after_s),
                  ", and no anchor bound proves that the checkpoint existed by then");
}

Layer InclusionLayer(const Evidence& evidence, const note::Checkpoint& checkpoint,
                     const Layer& checkpoint_layer) {
  Layer layer{.name = "inclusion", .required = true};
  const absl::Status included = merkle::VerifyInclusion(evidence.proof.index, checkpoint.size,
                                                        merkle::HashLeaf(evidence.entry),
                                                        evidence.proof.proof, checkpoint.root);
  if (!included.ok()) {
    layer.detail = std::string(included.message());
    layer.Judge(State::kFalse, "path_wrong");
    return layer;
  }
  layer.detail = absl::StrCat("leaf ", evidence.proof.index.value(), " of ",
                              checkpoint.size.value(), " under root ", checkpoint.root.Hex());
  if (checkpoint_layer.state == State::kProven) {
    layer.Judge(State::kProven, "included");
  } else {
    absl::StrAppend(&layer.detail, ", as far as the checkpoint can be believed");
    layer.Judge(State::kNotProven, "checkpoint_not_proven");
  }
  return layer;
}

Layer AnchorsLayer(const std::vector<JudgedReceipt>& receipts, const Vouched& vouched,
                   const VerifyOptions& options) {
  Layer layer{.name = "anchors", .required = options.require.verified > 0};
  const size_t needed = AuthoritiesNeeded(options);
  layer.detail = absl::StrCat(
      vouched.size(), vouched.size() == 1 ? " authority vouches" : " authorities vouch",
      vouched.empty() ? "" : " (",
      absl::StrJoin(vouched, ", ",
                    [](std::string* out, const auto& one) { absl::StrAppend(out, one.first); }),
      vouched.empty() ? "" : ")", ", ", needed, " needed; ", receipts.size(),
      receipts.size() == 1 ? " receipt" : " receipts");
  if (vouched.size() >= needed) {
    layer.Judge(State::kProven, "enough");
  } else {
    layer.Judge(State::kNotProven, "too_few");
  }
  return layer;
}

// A bound, and why there is none.
struct Bound {
  std::optional<uint64_t> at_s;
  absl::string_view code = "";
  std::string why = {};
};

Bound AnchorBoundOf(const Vouched& vouched, const VerifyOptions& options) {
  const size_t needed = AuthoritiesNeeded(options);
  Bound bound{.at_s = AnchorBound(vouched, needed)};
  if (bound.at_s) return bound;
  bound.code = "too_few";
  bound.why =
      absl::StrCat("none: ", needed, needed == 1 ? " authority" : " authorities", " needed, ",
                   vouched.size(), vouched.size() == 1 ? " vouches" : " vouch");
  return bound;
}

Bound WitnessBoundOf(const JudgedWitnesses& witnesses) {
  Bound bound{.at_s = witnesses.existed_by_s};
  if (bound.at_s) return bound;
  if (witnesses.untimed) {
    bound.code = "untimed";
    bound.why = "none: the quorum needs cosignatures that claim no time";
  } else {
    bound.code = "not_witnessed";
    bound.why = "none: the checkpoint is not witnessed";
  }
  return bound;
}

// Takes the time away from a bound that proves none.
Layer BoundLayer(absl::string_view name, uint64_t accepted_at_ms, bool included, Bound& bound) {
  Layer layer{.name = std::string(name)};
  // What proves a time of the checkpoint proves none of an entry that is not in its tree.
  if (!included) {
    bound.at_s.reset();
    layer.detail = "none: the entry is not in the tree";
    layer.Judge(State::kNotProven, "not_included");
    return layer;
  }
  if (!bound.at_s) {
    layer.detail = bound.why;
    layer.Judge(State::kNotProven, bound.code);
    return layer;
  }
  const uint64_t bound_ms = std::min(*bound.at_s, UINT64_MAX / 1000) * 1000;
  if (bound_ms < accepted_at_ms && accepted_at_ms - bound_ms > kMaxClockErrorS * 1000) {
    layer.detail = absl::StrCat("contradicted: somebody's clock is wrong: existed by ",
                                TimeText(bound_ms), ", says this bound, and was accepted at ",
                                TimeText(accepted_at_ms), ", says the operator");
    layer.Judge(State::kNotProven, "contradicted");
    bound.at_s.reset();
    return layer;
  }
  layer.detail = absl::StrCat("existed by ", TimeText(bound_ms));
  layer.Judge(State::kProven, "bound");
  return layer;
}

std::string VouchedText(const Vouched& vouched) {
  std::vector<std::string> each;
  for (const auto& [name, at_s] : vouched) {
    each.push_back(absl::StrCat(
        name, " ", SecondsText(at_s),
        name == kBitcoinAuthority ? " (the block's time and two hours, by convention)" : ""));
  }
  return absl::StrJoin(each, ", ");
}

// The earlier of the bounds that prove a time.
std::optional<uint64_t> EarliestBound(const Report& report) {
  if (!report.anchor_bound_s) return report.witness_bound_s;
  if (!report.witness_bound_s) return report.anchor_bound_s;
  return std::min(*report.anchor_bound_s, *report.witness_bound_s);
}

// All that Verify works on.
struct Subject {
  const Evidence& evidence;
  const VerifyOptions& options;
  const StatementEntry& entry;
  const note::Note& note;
  const note::Checkpoint& checkpoint;
};

JudgedWitnesses WitnessesOf(const Subject& subject, NoteVerifier& notes) {
  const VerifyOptions& options = subject.options;
  absl::StatusOr<note::Cosignatures> cosignatures = note::Cosignatures{};
  if (options.policy != nullptr) {
    cosignatures =
        notes.Cosignatures(subject.evidence.proof.checkpoint, *options.policy, options.log_key);
  }
  JudgedWitnesses judged =
      JudgeWitnesses(options.policy.get(), cosignatures, options.anchors.now_s);
  judged.layer.required =
      options.require.witnessed || (options.policy != nullptr && !options.policy->needs_none());
  return judged;
}

void JudgeLayers(const Subject& subject, Report& report) {
  const VerifyOptions& options = subject.options;
  NoteVerifier of_this_call;
  NoteVerifier& notes = options.notes != nullptr ? *options.notes : of_this_call;
  const JudgedReceipts judged = JudgeReceipts(subject.evidence, {.anchors = options.anchors,
                                                                 .log_key = options.log_key,
                                                                 .policy = options.policy.get(),
                                                                 .notes = notes});
  const std::vector<JudgedReceipt>& receipts = judged.receipts;
  report.vouched = CountAuthorities(judged.vouching);
  for (const JudgedReceipt& receipt : judged.vouching) {
    report.own_crls_used.insert(receipt.own_crls_used.begin(), receipt.own_crls_used.end());
  }
  const JudgedWitnesses witnesses = WitnessesOf(subject, notes);
  Layer checkpoint =
      CheckpointLayer(subject.evidence, subject.note, subject.checkpoint, options, notes);
  // First of the path alone, since a bound says nothing of an entry that is not below the root.
  const bool path_leads =
      InclusionLayer(subject.evidence, subject.checkpoint, checkpoint).state != State::kFalse;
  Bound by_anchors = AnchorBoundOf(report.vouched, options);
  Bound by_witnesses = WitnessBoundOf(witnesses);
  Layer anchor_bound =
      BoundLayer(kAnchorBound, subject.entry.accepted_at_ms, path_leads, by_anchors);
  if (anchor_bound.state == State::kProven) {
    absl::StrAppend(&anchor_bound.detail, ": ", VouchedText(report.vouched));
  }
  const Layer witness_bound =
      BoundLayer(kWitnessBound, subject.entry.accepted_at_ms, path_leads, by_witnesses);
  if (options.log_key_not_after_s.has_value()) {
    HoldToNotAfter(*options.log_key_not_after_s, by_anchors.at_s, checkpoint);
  }
  const Layer inclusion = InclusionLayer(subject.evidence, subject.checkpoint, checkpoint);
  const Place place{
      .origin = subject.checkpoint.origin,
      .index = subject.evidence.proof.index,
      .witnessed = inclusion.state == State::kProven && witnesses.layer.state == State::kProven};
  const entry::Statement& statement = subject.entry.signed_statement.statement;
  report.anchor_bound_s = by_anchors.at_s;
  report.witness_bound_s = by_witnesses.at_s;
  const Hash& logged = statement.certificate_hash;
  report.layers = {CertificateLayer(subject.entry, OpenedHash(subject.evidence, logged), options)};
  if (options.about_certificate) {
    const bool dated =
        inclusion.state == State::kProven && report.layers.front().state == State::kProven;
    const std::vector<Layer> about =
        options.about_certificate(dated ? EarliestBound(report) : std::nullopt);
    report.layers.insert(report.layers.end(), about.begin(), about.end());
  }
  report.layers.push_back(StatementLayer(place, subject.entry, options));
  report.layers.push_back(inclusion);
  report.layers.push_back(checkpoint);
  if (options.policy != nullptr || options.require.witnessed) {
    report.layers.push_back(witnesses.layer);
  }
  for (const JudgedReceipt& receipt : receipts) report.layers.push_back(receipt.layer);
  if (!receipts.empty() || options.require.verified > 0) {
    report.layers.push_back(AnchorsLayer(receipts, report.vouched, options));
  }
  for (auto [field, id] : {std::pair("trace", &statement.trace), {"task", &statement.task}}) {
    if (subject.entry.unknown_kind) break;
    if (std::optional<Layer> opening = OpeningLayer(field, *id, subject.evidence.openings)) {
      report.layers.push_back(*std::move(opening));
    }
  }
  report.layers.insert(report.layers.end(), judged.layers.begin(), judged.layers.end());
  if (subject.evidence.run) {
    report.layers.push_back(JudgeRun(subject.evidence, options.log_key, notes));
  }
  if (!subject.evidence.commitments.empty()) {
    report.layers.push_back(JudgeCommitments(subject.evidence, logged));
  }
  report.layers.push_back(anchor_bound);
  report.layers.push_back(witness_bound);
  report.headline = Headline(report, witnesses, AuthoritiesNeeded(options));
}

}  // namespace

const Layer* Report::Find(absl::string_view name) const {
  for (const Layer& layer : layers) {
    if (layer.name == name) return &layer;
  }
  return nullptr;
}

absl::StatusOr<Report> Verify(const Evidence& evidence, const VerifyOptions& options) {
  const absl::StatusOr<StatementEntry> entry = DecodeSubject(evidence.entry);
  if (!entry.ok()) return entry.status();
  const absl::StatusOr<note::Note> note = note::ParseNote(evidence.proof.checkpoint);
  if (!note.ok()) return note.status();
  const absl::StatusOr<note::Checkpoint> checkpoint = note::ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.status();
  Report report{.claim = {.origin = checkpoint->origin,
                          .index = evidence.proof.index,
                          .tree_size = checkpoint->size,
                          .root = checkpoint->root,
                          .accepted_at_ms = entry->accepted_at_ms,
                          .statement = entry->signed_statement.statement,
                          .unknown_kind = entry->unknown_kind},
                .layers = {}};
  JudgeLayers({evidence, options, *entry, *note, *checkpoint}, report);
  for (const Layer& layer : report.layers) {
    if (layer.state == State::kFalse || (layer.required && layer.state != State::kProven)) {
      report.reasons.push_back(absl::StrCat(layer.name, ": ", layer.detail));
    }
  }
  return report;
}

}  // namespace cairn::evidence
