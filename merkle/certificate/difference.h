// In what two records differ, aspect by aspect: execution drift is what is left when all that went
// in is the same.
//
// Shape: aspects, persistent: input, prompt, parameters, model, runtime, context, policy, output.
// Ids
//   and times (executionId, stepId, createdAt, ...) differ between any two executions, and are of
//   no aspect.
// Requires: records that hold. Of others the aspects are compared all the same, and prove nothing.
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_DIFFERENCE_H_
#define CAIRN_MERKLE_CERTIFICATE_DIFFERENCE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/certificate/json.h"

namespace cairn::certificate {

enum class Comparison {
  kEqual,
  kChanged,
  kOnlyInFirst,
  kOnlyInSecond,
  kNotRecorded,    // In either.
  kCannotCompare,  // Redacted in one or both, and no hashes that could tell.
};

// "equal", "changed", "only_in_first", ... Persistent.
absl::string_view ComparisonName(Comparison comparison);

struct Aspect {
  std::string name;
  Comparison comparison = Comparison::kNotRecorded;
  // How it changed, "PATH: old -> new" each, the first kMaxChanges; or by what it was compared.
  std::vector<std::string> changes = {};
  size_t more_changes = 0;
};
inline constexpr size_t kMaxChanges = 5;

struct Difference {
  std::vector<Aspect> aspects;
  // All that went in is recorded, or its hash is, and the same; and another output came out.
  bool execution_drift = false;

  bool any() const;
};

// Records of one kind or of two: what both have is compared.
Difference Compare(const Json& first, const Json& second);

// The paths in which two values differ, as in Aspect::changes.
void CompareValues(const Json& first, const Json& second, const std::string& path, Aspect& aspect);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_DIFFERENCE_H_
