// What a client may cost the HTTP server.

#ifndef CAIRN_WITNESS_HTTP_LIMITS_H_
#define CAIRN_WITNESS_HTTP_LIMITS_H_

#include <chrono>
#include <cstddef>

namespace cairn::http {

struct Limits {
  size_t max_connections = 256;
  size_t max_header_bytes = 8192;
  size_t max_body_bytes = 4096;
  // Between an answer and the next request.
  std::chrono::milliseconds idle_deadline = std::chrono::seconds(75);
  // From the first byte of a request to its last.
  std::chrono::milliseconds request_deadline = std::chrono::seconds(10);
  // For a client to take an answer.
  std::chrono::milliseconds write_deadline = std::chrono::seconds(30);
};

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_LIMITS_H_
