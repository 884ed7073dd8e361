// Clients that append to a log until it dies under them, and write down what they were told.

#ifndef CAIRN_TESTS_CRASH_LOAD_H_
#define CAIRN_TESTS_CRASH_LOAD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proto/log_service.grpc.pb.h"
#include "tests/crash/journal.h"

namespace cairn::testing {

// A statement on a certificate hash that no other call with another (seed, number) gives.
v1::Statement UniqueStatement(uint64_t seed, uint64_t number);

class Load {
 public:
  // Starts two unary clients and one stream of batches of 32, all against `address`. A call that
  // fails before ExpectDeath() ends the test. `seed` must differ between loads on one log.
  Load(const std::string& address, uint64_t seed, Journal* journal);
  // Lets the clients finish the call they are in, and waits for them.
  ~Load();

  // Blocks until `count` entries were acknowledged to this load.
  void AwaitAcknowledged(uint64_t count) const;

  // From here on calls may fail; each client ends with its first that does.
  void ExpectDeath() { dying_ = true; }

 private:
  void RunUnary(uint64_t seed);
  void RunStream(uint64_t seed);
  // Counts acknowledged entries, and wakes who waits for them.
  void Acknowledge(uint64_t count);
  void EndWith(const grpc::Status& status) const;

  std::unique_ptr<v1::Log::Stub> stub_;
  Journal* const journal_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> dying_ = false;
  std::atomic<uint64_t> acknowledged_ = 0;
  std::vector<std::thread> clients_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_CRASH_LOAD_H_
