// Where an auditor reads a log: its resources as C2SP tlog-tiles names them. Declared here;
// witness/http reads a URL, witness/server a local directory.
//
// Errors: kNotFound, kResourceExhausted for a resource beyond `max_bytes`, kCancelled, kUnavailable
//   and kDeadlineExceeded when it cannot be had now; messages name the resource.
// Threads: any.

#ifndef CAIRN_WITNESS_LOG_SOURCE_H_
#define CAIRN_WITNESS_LOG_SOURCE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace cairn::witness {

class LogSource {
 public:
  virtual ~LogSource() = default;

  // "checkpoint", "tile/0/000", "tile/entries/x001/234.p/5": none of it is believed.
  virtual absl::StatusOr<std::string> Read(const std::string& path, size_t max_bytes) = 0;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_LOG_SOURCE_H_
