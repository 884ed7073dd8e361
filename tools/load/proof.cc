// Mode kProof.

#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/load/calls.h"
#include "tools/load/known.h"
#include "tools/load/worker.h"

namespace cairn::load {
namespace {

using ProveCalls = Calls<v1::ProveRequest, v1::ProveResponse>;

// The entry asked for, among the statements on one hash.
const v1::ProvenEntry* Find(const v1::ProveResponse& response, uint64_t index) {
  for (const v1::ProvenEntry& entry : response.entries()) {
    if (entry.index() == index) return &entry;
  }
  return nullptr;
}

void Judge(const Common& common, Harvest& harvest, const ProveCalls::Call& call,
           Clock::time_point now) {
  RunState& state = common.state;
  if (!call.status.ok()) {
    if (call.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      return state.CountRefused(now, 1);
    }
    return state.CountError(now, call.status);
  }
  const KnownEntry& known = common.known[call.number];
  const v1::ProvenEntry* const entry = Find(call.response, known.index);
  if (entry == nullptr) {
    return state.CountFalse(now, absl::StrCat("by its hash the log does not find the entry at ",
                                              known.index, " that it showed before"));
  }
  state.Count(now, {.fresh = 1, .duplicates = 0});
  if (state.Measured(call.meant)) harvest.latency.Record(now - call.meant);
  if (KeptAnswer* const place = harvest.answers.Offer()) {
    *place = {.entry_id = {.number = call.number, .index = known.index},
              .has_proof = true,
              .entry = entry->entry(),
              .proof = entry->proof(),
              .checkpoint = call.response.checkpoint()};
  }
}

}  // namespace

void RunProof(const Common& common, uint32_t number, Harvest& harvest) {
  ProveCalls calls(common, number, ShareOf(common.options, common.options.in_flight, number),
                   &v1::Log::Stub::AsyncProve);
  Pace pace = PaceOf(common, number, 1);
  uint64_t random = Mix(common.options.seed ^ number);
  calls.Run(
      pace,
      [&](ProveCalls::Call& call) {
        if (common.state.TakeBudget(1) == 0) return false;
        call.number = Mix(random++) % common.known.size();
        call.request.set_certificate_hash(common.known[call.number].hash);
        return true;
      },
      [&](ProveCalls::Call& call, Clock::time_point now) { Judge(common, harvest, call, now); });
  harvest.behind = pace.Behind(common.state.window_end());
}

}  // namespace cairn::load
