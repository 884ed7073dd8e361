// A log at a URL, as C2SP tlog-tiles serves it.
//
// 403, 404 and 410 are kNotFound, every other status than 200 kUnavailable.
// A request that fails for a reason that may pass is made again, twice. Each thread that reads at a
// time has a connection of its own.

#ifndef CAIRN_WITNESS_HTTP_LOG_SOURCE_H_
#define CAIRN_WITNESS_HTTP_LOG_SOURCE_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "witness/http/client.h"
#include "witness/log_source.h"

namespace cairn::http {

class HttpLogSource final : public witness::LogSource {
 public:
  // `prefix`: "https://log.example.org/2026", with or without a slash at its end.
  explicit HttpLogSource(absl::string_view prefix);

  absl::StatusOr<std::string> Read(const std::string& path, size_t max_bytes) override;

  // Ends what is under way soon, and all that comes later, with kCancelled.
  void Cancel();

 private:
  absl::StatusOr<std::string> ReadOnce(const std::string& url, size_t max_bytes);
  std::shared_ptr<Client> Take();

  const std::string prefix_;
  std::mutex mutex_;
  bool cancelled_ = false;
  // All there are, and those that nobody uses.
  std::vector<std::shared_ptr<Client>> clients_;
  std::vector<std::shared_ptr<Client>> idle_;
};

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_LOG_SOURCE_H_
