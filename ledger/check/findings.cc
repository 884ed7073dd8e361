#include "ledger/check/findings.h"

#include <algorithm>
#include <utility>

namespace cairn::ledger {

absl::string_view PartName(Part part) {
  switch (part) {
    case Part::kEntries:
      return "entries";
    case Part::kTiles:
    case Part::kUpperTiles:
      return "tiles";
    case Part::kState:
      return "state";
    case Part::kSigned:
      return "signed";
    case Part::kCertifiers:
      return "certifiers";
    case Part::kIndex:
      return "index";
  }
  return "unknown";
}

void Findings::Add(Part part, LeafIndex index, std::string what) {
  Finding finding{part, index, std::move(what)};
  const std::lock_guard lock(mutex_);
  ++count_;
  parts_ |= 1u << static_cast<uint32_t>(part);
  kept_.insert(std::upper_bound(kept_.begin(), kept_.end(), finding), std::move(finding));
  if (kept_.size() > kMaxKept) kept_.pop_back();
}

std::vector<Finding> Findings::Kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

uint64_t Findings::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

bool Findings::Any(Part part) const {
  const std::lock_guard lock(mutex_);
  return (parts_ & 1u << static_cast<uint32_t>(part)) != 0;
}

}  // namespace cairn::ledger
