#include "witness/cosign_client.h"

#include <cassert>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note.h"
#include "merkle/note/text.h"
#include "merkle/verify.h"
#include "witness/add_checkpoint.h"

namespace cairn::witness {
namespace {

// The size unknown, one that was just superseded, and the right one.
constexpr int kTries = 3;
// What is quoted of a witness's words.
constexpr size_t kQuotedBytes = 200;

std::string Quoted(absl::string_view body) {
  std::string out;
  for (const char c : body.substr(0, kQuotedBytes)) {
    out.push_back(c >= ' ' && c <= '~' ? c : ' ');
  }
  return std::string(absl::StripAsciiWhitespace(out));
}

// The size in a 409's body: nothing else may stand there.
absl::StatusOr<TreeSize> SizeIn(absl::string_view body) {
  absl::ConsumeSuffix(&body, "\n");
  const absl::StatusOr<uint64_t> size = note::ParseDecimal(body);
  if (size.ok()) return TreeSize(*size);
  return absl::InvalidArgumentError("the witness answers 409 and does not say which size it knows");
}

// A 409 to a request from the checkpoint's own size to that size, and no other size is named: by
// tlog-witness v1.0.0, and in its implementations in the field, the roots differ.
bool SaysThatRootsDiffer(TreeSize asked_with, const Target& target, absl::string_view body) {
  if (asked_with == TreeSize(0) || asked_with != target.size) return false;
  const absl::StatusOr<TreeSize> named = SizeIn(body);
  return named.ok() ? *named == asked_with : absl::StripAsciiWhitespace(body).empty();
}

absl::Status Refusal(const WitnessAnswer& answer) {
  const std::string said = Quoted(answer.body);
  const std::string message =
      absl::StrCat("the witness answers ", answer.status, said.empty() ? "" : ": ", said);
  switch (answer.status) {
    case 403:
      return absl::PermissionDeniedError(message);
    case 404:
      return absl::NotFoundError(message);
    case 422:
      return absl::FailedPreconditionError(message);
    case 429:
      return absl::ResourceExhaustedError(message);
    default:
      return answer.status >= 500 ? absl::UnavailableError(message)
                                  : absl::InvalidArgumentError(message);
  }
}

}  // namespace

CosignClient::CosignClient(note::VerifierKey key, Exchange exchange, Latest latest, Prover prover)
    : key_(std::move(key)),
      exchange_(std::move(exchange)),
      latest_(std::move(latest)),
      prover_(std::move(prover)) {}

absl::StatusOr<Cosigned> CosignClient::Ask(const Target& target) {
  assert(known_size_ <= target.size && "targets only grow");
  for (int tries = 0; tries < kTries; ++tries) {
    merkle::Proof proof;
    if (known_size_ > TreeSize(0) && known_size_ < target.size) {
      absl::StatusOr<merkle::Proof> made = prover_(known_size_, target.size);
      if (!made.ok()) return made.status();
      proof = *std::move(made);
    }
    const absl::StatusOr<WitnessAnswer> answer =
        exchange_(FormatAddCheckpoint(known_size_, proof, target.note));
    if (!answer.ok()) return answer.status();
    if (answer->status == 200) {
      absl::StatusOr<Cosigned> taken = Take(target, answer->body);
      if (taken.ok()) known_size_ = target.size;
      return taken;
    }
    if (answer->status == 422 && known_size_ == TreeSize(0)) {
      // No proof was sent that it could refuse: not the two histories that a 422 shows elsewhere.
      return absl::InvalidArgumentError(
          absl::StrCat("the witness refuses a first checkpoint: ", Quoted(answer->body)));
    }
    if (answer->status != 409) return Refusal(*answer);
    if (SaysThatRootsDiffer(known_size_, target, answer->body)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the witness answers 409: it knows another tree of ", target.size.value(), " entries"));
    }
    const absl::StatusOr<TreeSize> size = SizeIn(answer->body);
    if (!size.ok()) return size.status();
    if (*size == known_size_) {
      return absl::InvalidArgumentError(
          "the witness answers 409 with the size that it was asked with");
    }
    if (*size > target.size) return FollowUp(target, *size);
    known_size_ = *size;
  }
  return absl::UnavailableError("the witness names another size each time");
}

absl::Status CosignClient::FollowUp(const Target& target, TreeSize claimed) const {
  const std::string claim =
      absl::StrCat("the witness says that it knows a tree of ", claimed.value(),
                   " entries; ours has ", target.size.value());
  const absl::StatusOr<note::Checkpoint> shown = latest_();
  if (!shown.ok()) {
    return absl::AbortedError(
        absl::StrCat(claim, ", and it shows no such tree: ", shown.status().message()));
  }
  if (shown->size > target.size) {
    return absl::FailedPreconditionError(absl::StrCat("it shows a tree of ", shown->size.value(),
                                                      " entries that this log's key has signed, "
                                                      "and this directory holds ",
                                                      target.size.value()));
  }
  if (absl::Status ours = CheckOurs(target, *shown); !ours.ok()) return ours;
  return absl::AbortedError(
      absl::StrCat(claim, ", and it shows one of ", shown->size.value(), ", which ours continues"));
}

// What it shows is at most as large as ours, and perhaps not its beginning.
absl::Status CosignClient::CheckOurs(const Target& target, const note::Checkpoint& shown) const {
  const absl::StatusOr<note::Note> note = note::ParseNote(target.note);
  if (!note.ok()) return note.status();
  const absl::StatusOr<note::Checkpoint> ours = note::ParseCheckpoint(note->text);
  if (!ours.ok()) return ours.status();
  if (shown.size == TreeSize(0)) return absl::OkStatus();
  merkle::Proof proof;
  if (shown.size < ours->size) {
    absl::StatusOr<merkle::Proof> made = prover_(shown.size, ours->size);
    if (!made.ok()) return made.status();
    proof = *std::move(made);
  }
  const absl::Status continues =
      merkle::VerifyConsistency(shown.size, ours->size, shown.root, ours->root, proof);
  if (continues.ok()) return continues;
  return absl::FailedPreconditionError(
      absl::StrCat("it shows another tree of ", shown.size.value(),
                   " entries that this log's key has signed; this directory's tree of ",
                   ours->size.value(), " does not continue it"));
}

absl::StatusOr<Cosigned> CosignClient::Take(const Target& target, absl::string_view body) const {
  const absl::StatusOr<note::Note> note = note::ParseNote(target.note);
  if (!note.ok()) return note.status();
  // Lines by others, and of other kinds, are none of ours.
  for (absl::string_view line : absl::StrSplit(body, '\n', absl::SkipEmpty())) {
    const absl::StatusOr<note::NoteSignature> signature =
        note::ParseSignatureLine(absl::StrCat(line, "\n"));
    if (!signature.ok() || signature->key_name != key_.name() || signature->key_id != key_.id()) {
      continue;
    }
    const absl::StatusOr<uint64_t> at_s =
        note::VerifyCosignature(key_, note->text, signature->signature);
    if (!at_s.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the witness's cosignature does not verify: ", at_s.status().message()));
    }
    if (*at_s == 0) {
      return absl::InvalidArgumentError("the witness's cosignature claims no time");
    }
    return Cosigned{.line = absl::StrCat(line, "\n"), .at_s = *at_s};
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the witness answers 200 without a cosignature by ", key_.name(), ": ", Quoted(body)));
}

}  // namespace cairn::witness
