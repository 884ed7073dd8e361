#include "tools/cairn/anchored_rounds.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/time_text.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "tools/cairn/anchor_view.h"

namespace cairn::cli {
namespace {

// Of a receipt that the log gives up, another may follow; what it has given stays in the round.
bool IsSettled(const v1::AnchorReceipt& receipt) {
  return receipt.state() == v1::RECEIPT_STATE_FINAL;
}

std::string GapText(const v1::AnchorEvent& event, const std::string& until) {
  return absl::StrCat(event.anchor().empty() ? "all anchors" : event.anchor(), " from ",
                      evidence::TimeText(event.at_ms()), until, ": ", event.detail());
}

}  // namespace

absl::StatusOr<uint64_t> AnchoredRounds::Last() {
  v1::ListAnchorRoundsRequest request;
  request.set_max_rounds(1);
  const absl::StatusOr<v1::ListAnchorRoundsResponse> answer = log_.ListAnchorRounds(request);
  if (!answer.ok()) return answer.status();
  return answer->last_round();
}

absl::StatusOr<witness::AnchoredRound> AnchoredRounds::Read(uint64_t number) {
  v1::GetAnchorRoundRequest request;
  request.set_number(number);
  const absl::StatusOr<v1::GetAnchorRoundResponse> answer = log_.GetAnchorRound(request);
  if (!answer.ok()) return answer.status();
  const v1::AnchorRound& head = answer->round();
  const Hash digest = merkle::Sha256(answer->checkpoint());
  absl::StatusOr<merkle::Proof> proof = merkle::ParseProof(answer->consistency_proof());
  if (!proof.ok()) return absl::DataLossError(proof.status().message());
  if (head.number() != number) {
    return absl::DataLossError(absl::StrCat("the log answers round ", head.number()));
  }
  witness::AnchoredRound round{.note = answer->checkpoint(), .consistency = *std::move(proof)};
  if (head.digest() != digest.view()) {
    round.faults.push_back("its digest is not that of its checkpoint");
  }
  round.settled = true;
  for (const v1::AnchorReceipt& receipt : head.receipts()) {
    round.anchors.push_back(receipt.anchor());
    round.settled = round.settled && IsSettled(receipt);
    if (number > judged_ && Stands(receipt)) Judge(receipt, digest, round);
  }
  judged_ = std::max(judged_, number);
  return round;
}

void AnchoredRounds::Judge(const v1::AnchorReceipt& receipt, const Hash& digest,
                           witness::AnchoredRound& round) {
  const evidence::JudgedReceipt judged =
      evidence::JudgeReceipt({receipt.anchor(), receipt.kind(), receipt.receipt()}, digest, trust_);
  if (judged.layer.state == evidence::State::kFalse) {
    ++receipts_.failed;
    round.faults.push_back(
        absl::StrCat("the receipt of `", receipt.anchor(), "`: ", judged.layer.detail));
  } else if (judged.layer.state == evidence::State::kProven) {
    ++receipts_.verified;
  } else if (judged.accepted) {
    ++receipts_.accepted;
  }
}

absl::Status AnchoredRounds::ReadGaps(std::vector<std::string>& gaps, uint64_t& count) {
  // By number, until they close: as many as there are anchors and reasons.
  std::map<uint64_t, v1::AnchorEvent> open;
  count = 0;
  const auto add = [&](const v1::AnchorEvent& opened, const std::string& until) {
    if (++count <= kMaxGaps) gaps.push_back(GapText(opened, until));
  };
  uint64_t after = 0;
  const absl::Status drained = DrainEvents(
      log_, after, [&] { return open.size() <= kMaxGaps; },
      [&](const v1::AnchorEvent& event) {
        if (event.kind() == "gap_opened") open.emplace(event.number(), event);
        const auto opened = open.find(event.number());
        if (event.kind() != "gap_closed" || opened == open.end()) return;
        add(opened->second, absl::StrCat(" to ", evidence::TimeText(event.at_ms())));
        open.erase(opened);
      });
  if (!drained.ok()) return drained;
  for (const auto& [number, event] : open) add(event, " until now");
  return absl::OkStatus();
}

}  // namespace cairn::cli
