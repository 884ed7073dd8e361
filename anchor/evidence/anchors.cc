#include "anchor/evidence/anchors.h"

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/evidence/time_text.h"

namespace cairn::evidence {
namespace {

// A receipt is looked at also without roots: then nothing of it is proven, but it can be false.
const absl::StatusOr<rfc3161::Timestamp> VerifyTimeStamp(absl::string_view receipt,
                                                         const Hash& digest,
                                                         const AnchorTrust& trust) {
  if (trust.time_stamps != nullptr) return trust.time_stamps->Verify(receipt, digest);
  static const std::unique_ptr<rfc3161::Verifier> nobody = *rfc3161::Verifier::Create({});
  const absl::StatusOr<rfc3161::Receipt> parsed = rfc3161::ParseReceipt(receipt);
  if (!parsed.ok()) return parsed.status();
  return nobody->Verify(*parsed, digest);
}

void JudgeTimeStamp(const AnchorReceipt& receipt, const Hash& digest, const AnchorTrust& trust,
                    JudgedReceipt& judged) {
  const absl::StatusOr<rfc3161::Timestamp> timestamp =
      VerifyTimeStamp(receipt.receipt, digest, trust);
  judged.accepted = timestamp.ok() || absl::IsFailedPrecondition(timestamp.status());
  if (timestamp.ok()) {
    judged.layer.state = State::kProven;
    judged.existed_by_s = timestamp->existed_by_s;
    judged.layer.detail =
        absl::StrCat("existed by ", TimeText(timestamp->existed_by_s * 1000), ", says ",
                     timestamp->authority, " (serial ", timestamp->serial, ")",
                     timestamp->revocation == rfc3161::Revocation::kNotRevoked
                         ? ", whose certificates were not revoked"
                         : "; revocation was not checked");
    return;
  }
  if (!judged.accepted) judged.layer.state = State::kFalse;
  judged.layer.detail = std::string(timestamp.status().message());
}

void JudgeOpenTimestamps(const AnchorReceipt& receipt, const Hash& digest, const AnchorTrust& trust,
                         JudgedReceipt& judged) {
  const absl::StatusOr<BitcoinVerdict> verdict =
      VerifyBitcoin(receipt.receipt, digest, trust.headers, trust.min_depth);
  if (!verdict.ok()) {
    // Of the verifier's own source, unless the receipt cannot be read.
    const bool readable = ots::Parse(receipt.receipt).ok();
    judged.layer.state = readable ? State::kNotProven : State::kFalse;
    judged.accepted = readable;
    judged.layer.detail = std::string(verdict.status().message());
    return;
  }
  judged.layer.detail = verdict->detail;
  switch (verdict->state) {
    case BitcoinState::kProven:
      judged.layer.state = State::kProven;
      judged.existed_by_s = verdict->block->time_s;
      break;
    case BitcoinState::kNotProven:
      break;
    case BitcoinState::kFalse:
      judged.layer.state = State::kFalse;
      return;
  }
  const absl::StatusOr<ots::File> file = ots::Parse(receipt.receipt);
  judged.accepted = file.ok() && !ots::BitcoinAttestations(file->timestamp, file->digest).empty();
}

}  // namespace

JudgedReceipt JudgeReceipt(const AnchorReceipt& receipt, const Hash& digest,
                           const AnchorTrust& trust) {
  JudgedReceipt judged{.layer = {.name = absl::StrCat("anchor ", receipt.anchor), .detail = {}}};
  if (receipt.kind == kRfc3161Kind) {
    JudgeTimeStamp(receipt, digest, trust, judged);
  } else if (receipt.kind == kOpenTimestampsKind) {
    JudgeOpenTimestamps(receipt, digest, trust, judged);
  } else {
    judged.layer.detail = absl::StrCat("receipts of kind `", receipt.kind,
                                       "` are not understood by this version of cairn");
  }
  return judged;
}

}  // namespace cairn::evidence
