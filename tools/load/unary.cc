// Mode kUnary.

#include "absl/strings/str_cat.h"
#include "tools/load/calls.h"
#include "tools/load/numbers.h"
#include "tools/load/worker.h"

namespace cairn::load {
namespace {

using AppendCalls = Calls<v1::AppendRequest, v1::AppendResponse>;

class Appender {
 public:
  Appender(const Common& common, uint32_t worker, Harvest& harvest)
      : common_(common), harvest_(harvest), worker_(worker), random_(Mix(worker)) {}

  bool Fill(AppendCalls::Call& call) {
    const Options& options = common_.options;
    const bool again = !harvest_.acknowledged.items().empty() &&
                       static_cast<double>(Mix(random_++) >> 11) * 0x1p-53 < options.duplicates;
    if (again) {
      const Acknowledged& known = harvest_.acknowledged.Pick();
      call.number = known.number;
      call.index = known.index;
    } else {
      if (common_.state.TakeBudget(1) == 0) return false;
      call.number = NumberOf(worker_, next_++);
      call.index.reset();
    }
    common_.statements.Fill(call.number, *call.request.mutable_statement());
    if (common_.signer != nullptr) {
      common_.signer->SignOne(call.number, *call.request.mutable_signature());
    }
    return true;
  }

  void Answered(const AppendCalls::Call& call, Clock::time_point now) {
    RunState& state = common_.state;
    if (!call.status.ok()) return Failed(call, now);
    const v1::AppendResponse& response = call.response;
    if (response.duplicate() != call.index.has_value()) {
      return state.CountFalse(
          now, absl::StrCat(call.index ? "a statement that is in the log was taken as new, at "
                                       : "a new statement was answered as a duplicate, at ",
                            response.index()));
    }
    if (call.index && *call.index != response.index()) {
      return state.CountFalse(now, absl::StrCat("the entry at ", *call.index,
                                                " was answered as being at ", response.index()));
    }
    state.Count(now, {.fresh = call.index ? 0u : 1u, .duplicates = call.index ? 1u : 0u});
    if (state.Measured(call.meant)) harvest_.latency.Record(now - call.meant);
    const Acknowledged acknowledged{.number = call.number, .index = response.index()};
    if (!call.index) {
      if (Acknowledged* const place = harvest_.acknowledged.Offer()) *place = acknowledged;
    }
    if (KeptAnswer* const place = harvest_.answers.Offer()) {
      *place = {.entry_id = acknowledged,
                .has_proof = true,
                .entry = response.entry(),
                .proof = response.proof(),
                .checkpoint = response.checkpoint()};
    }
  }

 private:
  void Failed(const AppendCalls::Call& call, Clock::time_point now) {
    if (!call.index) common_.state.ReturnBudget(1);
    if (call.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      return common_.state.CountRefused(now, 1);
    }
    common_.state.CountError(now, call.status);
  }

  const Common& common_;
  Harvest& harvest_;
  const uint32_t worker_;
  uint64_t random_;
  uint64_t next_ = 0;
};

}  // namespace

void RunUnary(const Common& common, uint32_t number, Harvest& harvest) {
  AppendCalls calls(common, number, ShareOf(common.options, common.options.in_flight, number),
                    &v1::Log::Stub::AsyncAppend);
  Appender appender(common, number, harvest);
  Pace pace = PaceOf(common, number, 1);
  calls.Run(
      pace, [&](AppendCalls::Call& call) { return appender.Fill(call); },
      [&](AppendCalls::Call& call, Clock::time_point now) { appender.Answered(call, now); });
  harvest.behind = pace.Behind(common.state.window_end());
}

}  // namespace cairn::load
