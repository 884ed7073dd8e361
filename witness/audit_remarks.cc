#include "witness/audit_remarks.h"

#include "absl/strings/str_cat.h"
#include "witness/counted.h"
#include "witness/freshness.h"

namespace cairn::witness {
namespace {

// Rotations that are told one by one.
constexpr uint64_t kMaxRotations = 100;

void AddRotations(const AuditState& state, absl::Span<const KeyChange> changes,
                  std::vector<std::string>& remarks) {
  uint64_t rotations = 0;
  for (const KeyChange& change : changes) {
    if (!change.by_operators_word || change.name == state.watch) continue;
    if (++rotations > kMaxRotations) continue;
    remarks.push_back(absl::StrCat("entry ", change.index.value(), ": ", change.text));
  }
  if (rotations <= kMaxRotations) return;
  remarks.push_back(
      absl::StrCat("and ", Counted(rotations - kMaxRotations, "more rotation", "more rotations"),
                   " by the operator's word"));
}

}  // namespace

std::vector<std::string> RemarksOn(const AuditState& state, absl::Span<const KeyChange> changes,
                                   uint64_t now_s) {
  std::vector<std::string> remarks;
  for (const auto& [kind, count] : state.unknown_kinds) {
    remarks.push_back(absl::StrCat(Counted(count, "entry", "entries"), " of kind ", kind,
                                   ", newer than this program: counted and hashed, not judged"));
  }
  for (const auto& [name, index] : state.alike) {
    remarks.push_back(absl::StrCat("the certifier `", name, "`, first at entry ", index.value(),
                                   ", looks like `", state.watch, "` and is another"));
  }
  AddRotations(state, changes, remarks);
  if (now_s != 0 && state.last_ms / 1000 > now_s + kClockSkewS) {
    remarks.push_back(absl::StrCat("the newest entry is dated ", SecondText(state.last_ms / 1000),
                                   ", ahead of this machine's clock"));
  }
  return remarks;
}

}  // namespace cairn::witness
