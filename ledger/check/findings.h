// What a check found wrong.
//
// Shape: bounded, since a log can be wrong in every entry: the kMaxKept findings that come first,
//   and the number of all.
// Threads: any.

#ifndef CAIRN_LEDGER_CHECK_FINDINGS_H_
#define CAIRN_LEDGER_CHECK_FINDINGS_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/types.h"

namespace cairn::ledger {

// In the order in which findings are told: what others follow from comes first.
enum class Part { kEntries, kTiles, kUpperTiles, kState, kSigned, kCertifiers, kIndex };

// "entries", "tiles" (of all levels), "state", "signed", "certifiers", "index".
absl::string_view PartName(Part part);

struct Finding {
  Part part = Part::kEntries;
  // The first leaf that it concerns.
  LeafIndex index;
  // Which key, what is wrong with it.
  std::string what;

  friend bool operator<(const Finding& a, const Finding& b) {
    return a.part != b.part ? a.part < b.part : a.index < b.index;
  }
};

class Findings {
 public:
  static constexpr size_t kMaxKept = 20;

  void Add(Part part, LeafIndex index, std::string what);

  // By (part, index).
  std::vector<Finding> Kept() const;
  uint64_t count() const;
  bool Any(Part part) const;

 private:
  mutable std::mutex mutex_;
  std::vector<Finding> kept_;
  uint64_t count_ = 0;
  uint32_t parts_ = 0;  // a bit each
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_FINDINGS_H_
