// A log over a MemoryStore, for tests of the whole log.

#ifndef CAIRN_LEDGER_TESTING_LOG_FIXTURE_H_
#define CAIRN_LEDGER_TESTING_LOG_FIXTURE_H_

#include <atomic>
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "ledger/log.h"
#include "ledger/testing/fixtures.h"
#include "ledger/testing/memory_store.h"

namespace cairn::ledger {

class LogFixture : public testing::Test {
 protected:
  LogFixture() {
    options_.on_fatal = [this](const absl::Status&) { ++fatal_calls_; };
  }

  void Open() {
    log_.reset();
    absl::StatusOr<std::unique_ptr<Log>> log = Log::Open(options_, &store_, &clock_, &TestSigner());
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  MemoryStore store_{TestIdentity()};
  ManualClock clock_;
  LogOptions options_;
  std::atomic<int> fatal_calls_ = 0;
  std::unique_ptr<Log> log_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_TESTING_LOG_FIXTURE_H_
