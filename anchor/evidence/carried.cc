#include "anchor/evidence/carried.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/entry/committed.h"
#include "merkle/hmac.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/types.h"
#include "merkle/verify.h"

namespace cairn::evidence {
namespace {

constexpr char kCommitmentLabel[] = "cairn.v1/commitment\n";

}  // namespace

Hash CommitmentOf(const Commitment& commitment) {
  const auto length = static_cast<uint16_t>(commitment.path.size());
  const std::string message = absl::StrCat(
      kCommitmentLabel, std::string(1, static_cast<char>(length >> 8)),
      std::string(1, static_cast<char>(length & 0xff)), commitment.path, commitment.value);
  return merkle::HmacSha256(commitment.salt, message);
}

Layer JudgeRun(const Evidence& evidence, const std::optional<note::VerifierKey>& log_key,
               NoteVerifier& notes) {
  Layer layer{.name = "run"};
  const auto judge = [&layer](State state, absl::string_view code, std::string detail) {
    layer.Judge(state, code);
    layer.detail = std::move(detail);
    return layer;
  };
  const RunRecord& run = *evidence.run;
  const absl::StatusOr<StatementEntry> own = DecodeStatement(evidence.entry);
  const absl::StatusOr<StatementEntry> closing = DecodeStatement(run.entry);
  const absl::StatusOr<note::Note> note = note::ParseNote(run.proof.checkpoint);
  const absl::StatusOr<note::Checkpoint> checkpoint =
      note.ok() ? note::ParseCheckpoint(note->text) : note.status();
  if (!own.ok() || !closing.ok() || !checkpoint.ok()) {
    return judge(State::kFalse, "run_malformed", "the run's entry or proof cannot be read");
  }
  const entry::Statement& statement = closing->signed_statement.statement;
  if (statement.certificate_hash != merkle::Sha256(run.record)) {
    return judge(State::kFalse, "run_other_record",
                 "the run's entry is about another record than the one that is carried");
  }
  const std::string& trace = own->signed_statement.statement.trace;
  if (trace.empty() || statement.trace != trace) {
    return judge(State::kFalse, "run_other_trace",
                 "the run's entry is of another trace than the statement");
  }
  const absl::Status included =
      merkle::VerifyInclusion(run.proof.index, checkpoint->size, merkle::HashLeaf(run.entry),
                              run.proof.proof, checkpoint->root);
  if (!included.ok()) {
    return judge(State::kFalse, "run_not_included", std::string(included.message()));
  }
  const std::string origin = OriginOf(evidence.proof);
  if (checkpoint->origin != origin) {
    return judge(State::kFalse, "run_other_log",
                 absl::StrCat("the run's entry is in the log `", checkpoint->origin, "`, not in `",
                              origin, "`"));
  }
  const std::string what = absl::StrCat("a record of ", run.record.size(), " bytes by `",
                                        statement.certifier, "`, leaf ", run.proof.index.value());
  if (!log_key || log_key->name() != origin) {
    return judge(State::kNotProven, "run_no_log_key",
                 absl::StrCat(what, "; no key of the log is given"));
  }
  if (const absl::Status by_log = notes.SignedBy(run.proof.checkpoint, *log_key); !by_log.ok()) {
    return judge(State::kFalse, "run_log_signature", std::string(by_log.message()));
  }
  return judge(State::kProven, "run_included",
               absl::StrCat(what, "; that it closes the run was not checked"));
}

std::optional<Hash> OpenedHash(const Evidence& evidence, const Hash& logged) {
  if (evidence.commitments.empty() || !evidence.commitments.front().path.empty()) {
    return std::nullopt;
  }
  const Commitment& opening = evidence.commitments.front();
  absl::string_view hex = opening.value;
  if (!absl::ConsumePrefix(&hex, "sha256:") || hex.size() != 2 * Hash::kSize) return std::nullopt;
  const absl::StatusOr<Hash> hash = Hash::FromBytes(absl::HexStringToBytes(hex));
  if (!hash.ok() || hash->Hex() != hex || entry::CommittedHash(opening.salt, *hash) != logged) {
    return std::nullopt;
  }
  return *hash;
}

Layer JudgeCommitments(const Evidence& evidence, const Hash& logged) {
  Layer layer{.name = "commitments"};
  const bool of_entry = evidence.commitments.front().path.empty();
  const size_t others = evidence.commitments.size() - (of_entry ? 1 : 0);
  if (of_entry) {
    if (const std::optional<Hash> hash = OpenedHash(evidence, logged)) {
      layer.detail = absl::StrCat("the entry commits to sha256:", hash->Hex());
      layer.Judge(State::kProven, "entry_opened");
    } else {
      layer.detail = "the opening does not open the entry's hash";
      layer.Judge(State::kFalse, "opening_wrong");
      return layer;
    }
  } else {
    layer.Judge(State::kClaimed, "commitments_not_checked");
  }
  if (others > 0) {
    absl::StrAppend(
        &layer.detail, layer.detail.empty() ? "" : "; ", others,
        others == 1 ? " opening of a record's member is" : " openings of a record's members are",
        " carried and not checked here");
  }
  return layer;
}

}  // namespace cairn::evidence
