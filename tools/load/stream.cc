// Mode kStream.

#include <memory>
#include <vector>

#include "tools/load/batch.h"
#include "tools/load/events.h"
#include "tools/load/lane.h"
#include "tools/load/worker.h"

namespace cairn::load {
namespace {

class StreamWorker {
 public:
  StreamWorker(const Common& common, uint32_t number, Harvest& harvest)
      : common_(common), number_(number), batches_(common, number, harvest) {
    const auto& channels = common.options.channels;
    const uint32_t streams = ShareOf(common.options, common.options.streams, number);
    for (uint32_t i = 0; i < streams; ++i) {
      const size_t channel = (number + size_t{i} * common.options.threads) % channels.size();
      stubs_.push_back(v1::Log::NewStub(channels[channel]));
      lanes_.push_back(std::make_unique<Lane>(common, *stubs_.back(), batches_, queue_));
    }
  }

  void Run(Pace& pace) {
    while (!Finished()) {
      const Clock::time_point now = Clock::now();
      const bool more = common_.state.MaySend(pace, now);
      const bool may_send = more && SendDue(pace, now);
      if (!may_send) CloseWhereDone(more);
      if (common_.state.given_up()) {
        for (const auto& lane : lanes_) lane->Cancel();
      }
      const bool waits_for_time = may_send && AnyReady();
      const auto event = AwaitEvent(queue_, waits_for_time ? pace.due() : Clock::time_point::max());
      if (!event) continue;
      const Lane::Tag& tag = *static_cast<Lane::Tag*>(event->tag);
      tag.lane->On(tag.step, event->ok, Clock::now());
    }
    Drain(queue_);
  }

 private:
  // One batch on each stream that can take one, from the one after the last on, so that none
  // starves. False when nothing is left to send.
  bool SendDue(Pace& pace, Clock::time_point now) {
    for (size_t tried = 0; tried < lanes_.size(); ++tried) {
      Lane& lane = *lanes_[turn_++ % lanes_.size()];
      if (!lane.ready()) continue;
      if (pace.due() > now) return true;
      if (!lane.Send(pace, now)) return false;
    }
    return true;
  }

  // Where entries may still be refused and have to be sent again, streams stay open for them.
  void CloseWhereDone(bool more) {
    bool idle = true;
    for (const auto& lane : lanes_) idle = idle && lane->idle();
    if (more && !idle) return;
    for (const auto& lane : lanes_) lane->Close();
  }

  bool AnyReady() const {
    for (const auto& lane : lanes_) {
      if (lane->ready()) return true;
    }
    return false;
  }

  bool Finished() const {
    for (const auto& lane : lanes_) {
      if (!lane->finished()) return false;
    }
    return true;
  }

  const Common& common_;
  const uint32_t number_;
  Batches batches_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<v1::Log::Stub>> stubs_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  size_t turn_ = 0;
};

}  // namespace

void RunStream(const Common& common, uint32_t number, Harvest& harvest) {
  Pace pace = PaceOf(common, number, common.options.batch);
  StreamWorker(common, number, harvest).Run(pace);
  harvest.behind = pace.Behind(common.state.window_end()) * common.options.batch;
}

}  // namespace cairn::load
