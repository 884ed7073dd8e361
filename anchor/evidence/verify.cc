#include "anchor/evidence/verify.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/time_text.h"
#include "merkle/entry/blind.h"
#include "merkle/entry/statement.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/note/text.h"
#include "merkle/verify.h"

namespace cairn::evidence {
namespace {

using entry::SignedStatement;
using entry::Statement;

const PublicKey* SigningKey(const SignedStatement& signed_statement) {
  if (const auto* single = std::get_if<entry::SingleSignature>(&signed_statement.signature)) {
    return &single->key;
  }
  if (const auto* batch = std::get_if<entry::BatchSignature>(&signed_statement.signature)) {
    return &batch->key;
  }
  return nullptr;
}

// Which of the two hashes of a record was compared must not be left to guess.
absl::string_view MadeFrom(const VerifyOptions& options) {
  if (!options.certificate_kind) return "";
  return *options.certificate_kind == CertificateKind::kCer ? " (its certificate hash)"
                                                            : " (SHA-256 of its bytes)";
}

Layer CertificateLayer(const Statement& statement, const VerifyOptions& options) {
  Layer layer{
      .name = "certificate", .detail = {}, .required = options.certificate_hash.has_value()};
  const std::string logged = statement.certificate_hash.Hex();
  if (!options.certificate_hash) {
    layer.detail = absl::StrCat("no certificate given; the entry is about sha256:", logged);
  } else if (!options.certificate_hash->ok()) {
    layer.state = State::kFalse;
    layer.detail = std::string(options.certificate_hash->status().message());
  } else if (**options.certificate_hash != statement.certificate_hash) {
    layer.state = State::kFalse;
    layer.detail = absl::StrCat(
        "certificateHash: the certificate given has sha256:", (*options.certificate_hash)->Hex(),
        MadeFrom(options), ", the entry is about sha256:", logged);
  } else {
    layer.state = State::kProven;
    layer.detail = absl::StrCat("the certificate given is the one of the entry, sha256:", logged,
                                MadeFrom(options));
  }
  return layer;
}

Layer StatementLayer(absl::string_view origin, const SignedStatement& signed_statement,
                     const VerifyOptions& options) {
  const std::string& certifier = signed_statement.statement.certifier;
  const auto given = options.certifier_keys.find(certifier);
  const PublicKey* const signing_key = SigningKey(signed_statement);
  Layer layer{.name = "statement", .detail = {}, .required = given != options.certifier_keys.end()};
  const std::string not_theirs = absl::StrCat("logged under the name `", certifier,
                                              "` by the operator; not proved to be theirs");
  if (signing_key == nullptr) {
    layer.detail = absl::StrCat(not_theirs, " (the statement is not signed)");
    return layer;
  }
  // Also without the certifier's key: a signature that does not hold under the key it names is
  // wrong whoever that belongs to.
  const absl::Status holds = entry::VerifyStatement(origin, signed_statement,
                                                    layer.required ? given->second : *signing_key);
  if (!holds.ok()) {
    layer.state = State::kFalse;
    layer.detail = absl::StrCat("signature by `", certifier, "`: ", holds.message());
  } else if (layer.required) {
    layer.state = State::kProven;
    layer.detail = absl::StrCat("signed by `", certifier, "` with the key given");
  } else {
    layer.detail =
        absl::StrCat(not_theirs, " (signed with key ", note::FormatBase64(signing_key->view()),
                     "; give their key to have it proved)");
  }
  return layer;
}

// The policy status is part of what is signed; a signature that fails says nothing about it.
Layer PolicyLayer(const Statement& statement, const Layer& statement_layer) {
  Layer layer{.name = "policy", .detail = {}};
  if (statement_layer.state == State::kProven) layer.state = State::kProven;
  if (statement.policy_status == entry::PolicyStatus::kUnspecified) {
    layer.detail = "the certifier states nothing about its policy";
  } else {
    layer.detail =
        absl::StrCat("the certifier states: ", entry::PolicyStatusName(statement.policy_status));
  }
  return layer;
}

Layer CheckpointLayer(const Evidence& evidence, const note::Checkpoint& checkpoint,
                      const VerifyOptions& options, NoteVerifier& notes) {
  Layer layer{.name = "checkpoint", .detail = {}, .required = true};
  if (!options.log_key) {
    layer.detail = "no log key given; the checkpoint's signature was not checked";
    return layer;
  }
  const note::VerifierKey& key = *options.log_key;
  if (checkpoint.origin != key.name()) {
    layer.state = State::kFalse;
    layer.detail = absl::StrCat("origin: the checkpoint is of log `", checkpoint.origin,
                                "`, the key given is of `", key.name(), "`");
    return layer;
  }
  if (const absl::Status by_log = notes.SignedBy(evidence.proof.checkpoint, key); !by_log.ok()) {
    layer.state = State::kFalse;
    layer.detail = std::string(by_log.message());
    return layer;
  }
  layer.state = State::kProven;
  layer.detail =
      absl::StrCat("signed by `", key.name(), "` (key ", key.id().Hex(), ")",
                   options.policy == nullptr ? ": the log's promise alone: not witnessed" : "");
  return layer;
}

// Null: no policy says who would count.
using Cosigned = std::optional<absl::StatusOr<note::CosignedAt>>;

Layer WitnessesLayer(const Cosigned& cosigned, const VerifyOptions& options) {
  Layer layer{.name = "witnesses", .detail = {}, .required = true};
  if (!cosigned.has_value()) {
    layer.detail = "no policy given that says whose cosignatures count";
    return layer;
  }
  if (!cosigned->ok()) {
    layer.state = State::kFalse;
    layer.detail = std::string(cosigned->status().message());
    return layer;
  }
  const note::Policy& policy = *options.policy;
  const note::CosignedAt& cosigned_at_s = **cosigned;
  std::vector<std::string> who;
  for (size_t i = 0; i < cosigned_at_s.size(); ++i) {
    const std::optional<uint64_t>& at_s = cosigned_at_s[i];
    if (!at_s.has_value()) continue;
    const uint64_t at_ms = std::min(*at_s, UINT64_MAX / 1000) * 1000;
    who.push_back(absl::StrCat("`", policy.witnesses()[i].name, "` at ", TimeText(at_ms)));
  }
  layer.detail = who.empty() ? "cosigned by no witness of the policy"
                             : absl::StrCat("cosigned by ", absl::StrJoin(who, ", "));
  if (policy.needs_none()) {
    absl::StrAppend(&layer.detail, "; the policy asks for none");
    layer.required = options.require == Requirement::kWitnessed;
  } else if (policy.IsQuorum(note::CosignersOf(cosigned_at_s))) {
    absl::StrAppend(&layer.detail, ": the policy's quorum");
    layer.state = State::kProven;
  } else {
    absl::StrAppend(&layer.detail, ": not the policy's quorum");
  }
  return layer;
}

Layer InclusionLayer(const Evidence& evidence, const note::Checkpoint& checkpoint,
                     const Layer& checkpoint_layer) {
  Layer layer{.name = "inclusion", .detail = {}, .required = true};
  const absl::Status included = merkle::VerifyInclusion(evidence.proof.index, checkpoint.size,
                                                        merkle::HashLeaf(evidence.entry),
                                                        evidence.proof.proof, checkpoint.root);
  if (!included.ok()) {
    layer.state = State::kFalse;
    layer.detail = std::string(included.message());
    return layer;
  }
  layer.detail = absl::StrCat("leaf ", evidence.proof.index.value(), " of ",
                              checkpoint.size.value(), " under root ", checkpoint.root.Hex());
  if (checkpoint_layer.state == State::kProven) {
    layer.state = State::kProven;
  } else {
    absl::StrAppend(&layer.detail, ", as far as the checkpoint can be believed");
  }
  return layer;
}

// Nothing for an id that is neither blinded nor opened.
std::optional<Layer> OpeningLayer(absl::string_view field, const std::string& id,
                                  const std::vector<Opening>& openings) {
  Layer layer{.name = std::string(field), .detail = {}};
  for (const Opening& opening : openings) {
    if (opening.field != field) continue;
    layer.required = true;
    const absl::Status opened = entry::VerifyOpening(id, opening.key, field, opening.value);
    layer.state = opened.ok() ? State::kProven : State::kFalse;
    layer.detail = opened.ok() ? absl::StrCat("blinded; opens to `", opening.value, "`")
                               : std::string(opened.message());
    return layer;
  }
  if (!absl::StartsWith(id, entry::kBlindPrefix)) return std::nullopt;
  layer.detail = absl::StrCat("`", id, "` looks blinded; this evidence does not open it");
  return layer;
}

// When enough witnesses had cosigned, by their own clocks; nullopt where the quorum is not met.
std::optional<uint64_t> QuorumTime(const note::CosignedAt& cosigned_at_s,
                                   const note::Policy& policy) {
  if (policy.needs_none()) return std::nullopt;
  std::vector<std::pair<uint64_t, size_t>> by_time;
  for (size_t i = 0; i < cosigned_at_s.size(); ++i) {
    if (cosigned_at_s[i].has_value()) by_time.emplace_back(*cosigned_at_s[i], i);
  }
  std::sort(by_time.begin(), by_time.end());
  note::WitnessSet cosigned(policy.witnesses().size(), false);
  for (const auto& [at_s, witness] : by_time) {
    cosigned[witness] = true;
    // Whole seconds, rounded down: it may have been late in that one.
    if (policy.IsQuorum(cosigned)) return at_s + 1;
  }
  return std::nullopt;
}

struct JudgedReceipts {
  std::vector<Layer> layers;
  size_t accepted = 0;
  size_t proven = 0;
  std::optional<uint64_t> existed_by_s;
};

JudgedReceipts JudgeReceipts(const Evidence& evidence, const AnchorTrust& trust) {
  JudgedReceipts all;
  const Hash digest = merkle::Sha256(evidence.proof.checkpoint);
  for (const AnchorReceipt& receipt : evidence.receipts) {
    JudgedReceipt judged = JudgeReceipt(receipt, digest, trust);
    all.accepted += judged.accepted ? 1 : 0;
    all.proven += judged.layer.state == State::kProven ? 1 : 0;
    if (judged.existed_by_s.has_value()) {
      all.existed_by_s = std::min(all.existed_by_s.value_or(UINT64_MAX), *judged.existed_by_s);
    }
    all.layers.push_back(std::move(judged.layer));
  }
  return all;
}

Layer AnchorsLayer(const JudgedReceipts& receipts, const VerifyOptions& options) {
  Layer layer{.name = "anchors", .detail = {}};
  const bool verified = options.require != Requirement::kAnchored;
  layer.required = options.require >= Requirement::kAnchored;
  const size_t have = verified ? receipts.proven : receipts.accepted;
  if (have >= std::max<size_t>(options.anchors_needed, 1)) layer.state = State::kProven;
  layer.detail = absl::StrCat(receipts.layers.size(),
                              receipts.layers.size() == 1 ? " receipt, " : " receipts, ",
                              receipts.accepted, " accepted, ", receipts.proven, " verified here; ",
                              options.anchors_needed, " needed");
  return layer;
}

// A key that was given up: what it signed counts as far as an anchor shows that it did so before.
void HoldToNotAfter(uint64_t not_after_s, const JudgedReceipts& receipts, Layer& checkpoint) {
  if (checkpoint.state != State::kProven) return;
  if (receipts.existed_by_s.has_value() && *receipts.existed_by_s <= not_after_s) return;
  checkpoint.state = State::kNotProven;
  absl::StrAppend(&checkpoint.detail, "; but the key counts only until ",
                  TimeText(std::min(not_after_s, UINT64_MAX / 1000) * 1000),
                  ", and no anchor proves that the checkpoint existed by then");
}

Layer TimeLayer(uint64_t accepted_at_ms, std::optional<uint64_t> existed_by_s) {
  Layer layer{.name = "time", .detail = {}};
  if (existed_by_s.has_value()) layer.state = State::kProven;
  layer.detail =
      absl::StrCat("accepted at ", TimeText(accepted_at_ms), " is the operator's claim; ",
                   existed_by_s.has_value()
                       ? absl::StrCat("proved: it existed by ",
                                      TimeText(std::min(*existed_by_s, UINT64_MAX / 1000) * 1000))
                       : "earliest time proved: none yet");
  return layer;
}

}  // namespace

absl::StatusOr<Report> Verify(const Evidence& evidence, const VerifyOptions& options) {
  absl::StatusOr<StatementEntry> entry = DecodeStatement(evidence.entry);
  if (!entry.ok()) return entry.status();
  absl::StatusOr<note::Note> note = note::ParseNote(evidence.proof.checkpoint);
  if (!note.ok()) return note.status();
  absl::StatusOr<note::Checkpoint> checkpoint = note::ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.status();

  const Statement& statement = entry->signed_statement.statement;
  Report report{.claim = {.origin = checkpoint->origin,
                          .index = evidence.proof.index,
                          .tree_size = checkpoint->size,
                          .root = checkpoint->root,
                          .accepted_at_ms = entry->accepted_at_ms,
                          .statement = statement},
                .layers = {},
                .reasons = {}};
  const JudgedReceipts receipts = JudgeReceipts(evidence, options.anchors);
  NoteVerifier of_this_call;
  NoteVerifier& notes = options.notes != nullptr ? *options.notes : of_this_call;
  Layer checkpoint_layer = CheckpointLayer(evidence, *checkpoint, options, notes);
  if (options.log_key_not_after_s.has_value()) {
    HoldToNotAfter(*options.log_key_not_after_s, receipts, checkpoint_layer);
  }
  const Layer statement_layer =
      StatementLayer(checkpoint->origin, entry->signed_statement, options);
  const Layer inclusion_layer = InclusionLayer(evidence, *checkpoint, checkpoint_layer);
  report.layers = {CertificateLayer(statement, options), statement_layer,
                   PolicyLayer(statement, statement_layer), inclusion_layer, checkpoint_layer};
  report.existed_by_s = receipts.existed_by_s;
  Cosigned cosigned;
  if (options.policy != nullptr) {
    cosigned = notes.CosignedAt(evidence.proof.checkpoint, *options.policy);
  }
  if (cosigned.has_value() || options.require == Requirement::kWitnessed) {
    report.layers.push_back(WitnessesLayer(cosigned, options));
  }
  if (cosigned.has_value() && cosigned->ok()) {
    if (const std::optional<uint64_t> at_s = QuorumTime(**cosigned, *options.policy)) {
      report.existed_by_s = std::min(report.existed_by_s.value_or(UINT64_MAX), *at_s);
    }
  }
  report.layers.insert(report.layers.end(), receipts.layers.begin(), receipts.layers.end());
  if (!receipts.layers.empty() || options.require >= Requirement::kAnchored) {
    report.layers.push_back(AnchorsLayer(receipts, options));
  }
  for (auto [field, id] : {std::pair("trace", &statement.trace), {"task", &statement.task}}) {
    if (std::optional<Layer> opening = OpeningLayer(field, *id, evidence.openings)) {
      report.layers.push_back(*std::move(opening));
    }
  }
  // What proves a time of the checkpoint proves none of an entry that is not in its tree.
  if (inclusion_layer.state == State::kFalse) report.existed_by_s.reset();
  report.layers.push_back(TimeLayer(entry->accepted_at_ms, report.existed_by_s));
  for (const Layer& layer : report.layers) {
    if (layer.state == State::kFalse || (layer.required && layer.state != State::kProven)) {
      report.reasons.push_back(absl::StrCat(layer.name, ": ", layer.detail));
    }
  }
  return report;
}

}  // namespace cairn::evidence
