#include "anchor/receipt.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace cairn::anchor {
namespace {

using enum ReceiptState;

// The stages that an answer can name, in their order.
constexpr ReceiptState kStages[] = {kSubmitted, kAccepted, kConfirmed, kFinal};

}  // namespace

bool IsAnchorName(absl::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == ':' || c == '-';
  });
}

absl::string_view StateName(ReceiptState state) {
  switch (state) {
    case kPrepared:
      return "prepared";
    case kSubmitted:
      return "submitted";
    case kAccepted:
      return "accepted";
    case kConfirmed:
      return "confirmed";
    case kFinal:
      return "final";
    case kFailed:
      return "failed";
    case kReorganised:
      return "reorganised";
  }
  return "unknown";
}

bool IsAccepted(ReceiptState state) {
  return state == kAccepted || state == kConfirmed || state == kFinal;
}

bool MayMove(ReceiptState from, ReceiptState to) {
  switch (to) {
    case kPrepared:
      return false;
    case kSubmitted:
      return from == kPrepared || from == kFailed || from == kReorganised;
    case kAccepted:
      return from == kSubmitted;
    case kConfirmed:
      return from == kAccepted;
    case kFinal:
      return from == kConfirmed;
    case kFailed:
      return from != kFinal && from != kFailed;
    case kReorganised:
      return from == kSubmitted || IsAccepted(from);
  }
  return false;
}

absl::Status Move(ReceiptState to, ReceiptHead& head) {
  if (!MayMove(head.state, to)) {
    return absl::FailedPreconditionError(absl::StrCat("the receipt of round ", head.round, " by ",
                                                      head.anchor, " is ", StateName(head.state),
                                                      " and cannot become ", StateName(to)));
  }
  if (head.state == kFinal) head.was_final = true;
  head.state = to;
  if (!IsAccepted(to)) {
    head.confirmations = 0;
    head.existed_by_s.reset();
    head.logged_at.reset();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ReceiptState>> ArrowsTo(ReceiptState from, const Progress& progress) {
  const ReceiptState to = progress.state;
  if (to == kPrepared || to == kFailed || StateName(to) == "unknown") {
    return absl::InvalidArgumentError("an answer that names no stage of a request that was sent");
  }
  if (IsAccepted(to) && progress.receipt.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(StateName(to), ", but without a receipt"));
  }
  if (progress.receipt.size() > kMaxReceiptBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a receipt of ", progress.receipt.size(), " bytes"));
  }
  if (to == from) return std::vector<ReceiptState>();
  if (to == kReorganised) return std::vector<ReceiptState>{kReorganised};

  std::vector<ReceiptState> arrows;
  const ReceiptState* stage = std::find(std::begin(kStages), std::end(kStages), from);
  const ReceiptState* goal = std::find(std::begin(kStages), std::end(kStages), to);
  if (stage > goal) {
    if (from != kReorganised) arrows.push_back(kReorganised);
    arrows.push_back(kSubmitted);
    stage = std::begin(kStages);
  }
  while (stage != goal) arrows.push_back(*++stage);
  return arrows;
}

}  // namespace cairn::anchor
