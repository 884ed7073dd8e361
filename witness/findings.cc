#include "witness/findings.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace cairn::witness {
namespace {

std::string KeyOf(const Finding& finding) {
  return absl::StrCat(FindingKindName(finding.kind), " ",
                      finding.index.has_value() ? absl::StrCat(finding.index->value()) : "-", " ",
                      finding.text);
}

bool HasNumber(const Finding& finding, uint64_t number) { return finding.number < number; }

}  // namespace

void Findings::Index(size_t at) {
  places_.emplace(KeyOf(kept_[at]), at);
  if (!kept_[at].acknowledged.has_value()) ++unacknowledged_;
}

absl::Status Findings::Restore(Finding finding) {
  if (finding.number < next_number_) {
    return absl::InvalidArgumentError("the numbers of findings do not rise");
  }
  next_number_ = finding.number + 1;
  finding.is_new = finding.number >= told_;
  kept_.push_back(std::move(finding));
  Index(kept_.size() - 1);
  return absl::OkStatus();
}

absl::Status Findings::RestoreAcknowledgement(uint64_t number, Acknowledgement acknowledgement) {
  const auto at = std::lower_bound(kept_.begin(), kept_.end(), number, HasNumber);
  if (at == kept_.end() || at->number != number) {
    return absl::NotFoundError(absl::StrCat("there is no finding ", number));
  }
  if (!at->acknowledged.has_value()) --unacknowledged_;
  at->acknowledged = std::move(acknowledgement);
  return absl::OkStatus();
}

void Findings::RestoreCounts(uint64_t next_number, uint64_t unlisted) {
  next_number_ = std::max(next_number_, next_number);
  unlisted_ = unlisted;
  unlisted_before_ = unlisted;
}

absl::Status Findings::Acknowledge(uint64_t first, uint64_t last,
                                   const Acknowledgement& acknowledgement) {
  const auto begin = std::lower_bound(kept_.begin(), kept_.end(), first, HasNumber);
  auto end = begin;
  for (; end != kept_.end() && end->number <= last; ++end) {
    if (end->kind != FindingKind::kSplitView) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("finding ", end->number,
                     " cannot be acknowledged: the log signed two trees of which neither "
                     "continues the other, and nothing explains that away"));
  }
  if (begin == end) {
    return absl::NotFoundError(absl::StrCat("there is no finding ", first,
                                            first == last ? "" : absl::StrCat(" to ", last),
                                            " to be acknowledged"));
  }
  for (auto at = begin; at != end; ++at) {
    if (!at->acknowledged.has_value()) --unacknowledged_;
    at->acknowledged = acknowledgement;
  }
  return absl::OkStatus();
}

void Findings::Add(Finding finding) {
  const auto known = places_.find(KeyOf(finding));
  if (known != places_.end()) {
    seen_.insert(kept_[known->second].number);
    return;
  }
  if (unacknowledged_ >= kMaxFindings) {
    ++(IsLasting(finding) ? unlisted_ : unlisted_now_);
    return;
  }
  finding.number = next_number_++;
  finding.is_new = true;
  finding.acknowledged.reset();
  seen_.insert(finding.number);
  kept_.push_back(std::move(finding));
  Index(kept_.size() - 1);
}

void Findings::Settle() {
  const auto goes = [this](const Finding& finding) {
    return !Holds(finding) && !finding.acknowledged.has_value();
  };
  kept_.erase(std::remove_if(kept_.begin(), kept_.end(), goes), kept_.end());
  places_.clear();
  unacknowledged_ = 0;
  for (size_t at = 0; at < kept_.size(); ++at) Index(at);
}

}  // namespace cairn::witness
