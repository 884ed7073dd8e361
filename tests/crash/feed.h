// A client that appends one call after the other until the log refuses, and then has what it was
// told confirmed.
//
// Threads: one.

#ifndef CAIRN_TESTS_CRASH_FEED_H_
#define CAIRN_TESTS_CRASH_FEED_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/log_service.grpc.pb.h"
#include "tests/crash/journal.h"

namespace cairn::testing {

class Feed {
 public:
  // Statements of `seed`, which no other client of the log has. Borrows the journal.
  Feed(uint64_t seed, Journal* journal) : seed_(seed), journal_(journal) {}

  // To the log at `address` from here on.
  void Connect(const std::string& address);
  // Hangs up, so that a server which stops need not wait for that.
  void Disconnect() { stub_.reset(); }

  // OK when all of them were acknowledged; else how the first that was not ended. kInternal for an
  // answer that is wrong.
  absl::Status AppendSingly(int count);
  // In batches of 1,024 on one stream.
  absl::Status AppendBatches(int count);

  // Sends what was refused again, which must be taken now; looks up some of what was acknowledged
  // by its hash, and verifies the proofs; and has the journal check the whole log.
  absl::Status Confirm();

 private:
  absl::Status AppendOne(uint64_t number);
  absl::Status SendAgain();
  absl::Status ConfirmByHash(uint64_t number, uint64_t index);
  std::unique_ptr<grpc::ClientContext> Context() const;

  const uint64_t seed_;
  Journal* const journal_;
  std::unique_ptr<v1::Log::Stub> stub_;
  uint64_t next_ = 0;
  std::vector<uint64_t> refused_;
  std::map<uint64_t, uint64_t> index_of_;  // Of acknowledged numbers.
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_CRASH_FEED_H_
