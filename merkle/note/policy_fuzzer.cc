// Whatever a policy says, all of its witnesses are a quorum or nothing is, and a quorum only grows.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "merkle/note/policy.h"

namespace cairn::note {
namespace {

int Check(absl::string_view input) {
  const absl::StatusOr<Policy> policy = Policy::Parse(input);
  if (!policy.ok()) return 0;
  WitnessSet cosigned(policy->witnesses().size());
  bool before = policy->IsQuorum(cosigned);
  if (before != policy->needs_none()) std::abort();
  for (size_t i = 0; i < cosigned.size(); ++i) {
    cosigned[i] = true;
    const bool now = policy->IsQuorum(cosigned);
    if (before && !now) std::abort();
    before = now;
  }
  if (!before) std::abort();
  for (const PolicyLog& log : policy->logs()) {
    if (policy->LogsOf(log.key.name()).empty()) std::abort();
  }
  (void)policy->HasDisjointQuorums();
  return 0;
}

}  // namespace
}  // namespace cairn::note

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::note::Check({reinterpret_cast<const char*>(data), size});
}
