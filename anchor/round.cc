#include "anchor/round.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/verify.h"

namespace cairn::anchor {

absl::StatusOr<Round> Freeze(const std::optional<RoundHead>& before, const Published& published,
                             uint64_t now_ms, const Prover& prover) {
  if (published.size == TreeSize(0) || published.note.empty()) {
    return absl::InvalidArgumentError("a note over no entries is not anchored");
  }
  Round round;
  round.head = {.number = before ? before->number + 1 : 1,
                .size = published.size,
                .root = published.root,
                .digest = merkle::Sha256(published.note),
                .frozen_at_ms = now_ms,
                .witnessed = published.witnessed};
  round.note = published.note;
  if (!before) return round;
  if (published.size < before->size) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the published tree of ", published.size.value(), " entries is smaller than that of round ",
        before->number, ", of ", before->size.value()));
  }
  if (published.size == before->size) {
    if (published.root != before->root) {
      return absl::DataLossError(absl::StrCat("two roots of ", published.size.value(),
                                              " entries: the one of round ", before->number,
                                              " and the published one"));
    }
    return absl::FailedPreconditionError(
        absl::StrCat("the tree has not grown since round ", before->number));
  }
  absl::StatusOr<merkle::Proof> proof = prover(before->size, published.size);
  if (!proof.ok()) return proof.status();
  const absl::Status consistent =
      merkle::VerifyConsistency(before->size, published.size, before->root, published.root, *proof);
  if (!consistent.ok()) {
    return absl::DataLossError(absl::StrCat("the published tree does not continue that of round ",
                                            before->number, ": ", consistent.message()));
  }
  round.consistency = *std::move(proof);
  return round;
}

}  // namespace cairn::anchor
