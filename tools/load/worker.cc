#include "tools/load/worker.h"

#include "absl/strings/str_cat.h"

namespace cairn::load {

void Prepare(grpc::ClientContext& context, const Options& options) {
  if (!options.token.empty()) {
    context.AddMetadata("authorization", absl::StrCat("Bearer ", options.token));
  }
}

Pace PaceOf(const Common& common, uint32_t number, uint32_t entries_a_request) {
  if (!common.options.rate) return Pace();
  // From the beginning of the warm-up on, so that the window begins in full swing.
  const auto warmup = std::chrono::duration<double>(common.options.warmup_s);
  return Pace(common.state.window_begin() - std::chrono::duration_cast<Clock::duration>(warmup),
              *common.options.rate / entries_a_request, number, common.options.threads);
}

uint32_t ShareOf(const Options& options, uint32_t all, uint32_t number) {
  return all / options.threads + (number < all % options.threads ? 1 : 0);
}

}  // namespace cairn::load
