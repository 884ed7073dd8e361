// A witness's store in memory, whose next write can fail, or wait until it is let go.

#ifndef CAIRN_WITNESS_TESTING_MEMORY_STORE_H_
#define CAIRN_WITNESS_TESTING_MEMORY_STORE_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "witness/store.h"

namespace cairn::witness {

class MemoryStore final : public Store {
 public:
  absl::Status Write(absl::Span<const std::pair<Hash, KeptLog>> logs) override {
    std::unique_lock lock(mutex_);
    ++writes_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    if (failing_) return absl::UnavailableError("the disk is gone");
    for (const auto& [hash, log] : logs) logs_[hash] = log;
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<KeptLog>> Read(const Hash& origin_hash) override {
    const std::lock_guard lock(mutex_);
    const auto at = logs_.find(origin_hash);
    return at == logs_.end() ? std::optional<KeptLog>() : at->second;
  }
  absl::Status ReadAll(const std::function<absl::Status(const Hash& origin_hash,
                                                        const KeptLog& log)>& each) override {
    for (const auto& [hash, log] : logs_) {
      if (absl::Status taken = each(hash, log); !taken.ok()) return taken;
    }
    return absl::OkStatus();
  }

  void Hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void Fail() {
    const std::lock_guard lock(mutex_);
    failing_ = true;
  }
  void AwaitWrites(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, count] { return writes_ >= count; });
  }
  int writes() {
    const std::lock_guard lock(mutex_);
    return writes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Hash, KeptLog> logs_;
  bool held_ = false;
  bool failing_ = false;
  int writes_ = 0;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_TESTING_MEMORY_STORE_H_
