#include "tools/load/checks.h"

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"
#include "tools/load/ask.h"

namespace cairn::load {
namespace {

absl::Status False(uint64_t index, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("entry ", index, ": ", why));
}

absl::Status CheckStatement(const Common& common, const Acknowledged& sent,
                            const entry::SignedStatement& logged) {
  if (common.options.mode == Mode::kProof) {
    if (logged.statement.certificate_hash.view() == common.known[sent.number].hash) {
      return absl::OkStatus();
    }
    return False(sent.index, "is on another certificate than was asked for");
  }
  entry::Statement expected = common.statements.Make(sent.number);
  // Without a name the log says who it takes the caller for.
  if (expected.certifier.empty()) expected.certifier = logged.statement.certifier;
  if (logged.statement != expected) return False(sent.index, "is not the statement that was sent");
  const bool is_signed = !std::holds_alternative<std::monostate>(logged.signature);
  if (is_signed != (common.signer != nullptr)) {
    return False(sent.index, is_signed ? "is signed, and was not" : "has lost its signature");
  }
  return absl::OkStatus();
}

absl::Status CheckEntry(const Common& common, const Acknowledged& sent,
                        const std::string& encoded) {
  const absl::StatusOr<entry::Entry> entry = entry::Decode(encoded);
  if (!entry.ok()) return False(sent.index, entry.status().message());
  const auto* const logged = std::get_if<entry::SignedStatement>(&entry->body);
  if (logged == nullptr) return False(sent.index, "is no statement");
  return CheckStatement(common, sent, *logged);
}

}  // namespace

absl::Status CheckAnswer(const Common& common, const KeptAnswer& answer) {
  const uint64_t index = answer.entry_id.index;
  const absl::StatusOr<note::Checkpoint> checkpoint =
      ReadCheckpoint(common.options, answer.checkpoint);
  if (!checkpoint.ok()) {
    return False(index, absl::StrCat("its checkpoint: ", checkpoint.status().message()));
  }
  if (!checkpoint->size.contains(LeafIndex(index))) {
    return False(index,
                 absl::StrCat("is beyond its checkpoint's tree of ", checkpoint->size.value()));
  }
  if (!answer.has_proof) return absl::OkStatus();
  if (absl::Status good = CheckEntry(common, answer.entry_id, answer.entry); !good.ok()) {
    return good;
  }
  const absl::StatusOr<merkle::Proof> proof = merkle::ParseProof(answer.proof);
  if (!proof.ok()) return False(index, proof.status().message());
  const absl::Status included = merkle::VerifyInclusion(
      LeafIndex(index), checkpoint->size, merkle::HashLeaf(answer.entry), *proof, checkpoint->root);
  return included.ok() ? included : False(index, included.message());
}

absl::Status FindAgain(const Common& common, const Acknowledged& acknowledged) {
  v1::ProveRequest request;
  const auto hash = common.statements.HashOf(acknowledged.number);
  request.set_certificate_hash(hash.data(), hash.size());
  const absl::StatusOr<v1::ProveResponse> answer = AskProve(common.options, request);
  if (absl::IsNotFound(answer.status())) {
    return False(acknowledged.index, "was acknowledged, and is not found again");
  }
  if (!answer.ok()) return answer.status();
  if (answer->entries_size() != 1 || answer->entries(0).index() != acknowledged.index) {
    return False(acknowledged.index, "its hash is found elsewhere, or more than once");
  }
  return CheckAnswer(common, {.entry_id = acknowledged,
                              .has_proof = true,
                              .entry = answer->entries(0).entry(),
                              .proof = answer->entries(0).proof(),
                              .checkpoint = answer->checkpoint()});
}

}  // namespace cairn::load
