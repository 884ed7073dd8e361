#include "witness/http/log_source.h"

#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cairn::http {
namespace {

constexpr int kTries = 3;
constexpr std::chrono::milliseconds kPause{300};

// A bundle of the largest entries, and little more.
constexpr ClientLimits kLimits{.deadline = std::chrono::seconds(60),
                               .max_body_bytes = size_t{17} << 20};

absl::Status StatusOf(const std::string& url, unsigned status) {
  const std::string message = absl::StrCat(url, ": HTTP status ", status);
  // 403 is what some object stores answer of what they do not have.
  if (status == 403 || status == 404 || status == 410) return absl::NotFoundError(message);
  return absl::UnavailableError(message);
}

bool MayPass(const absl::Status& why) {
  return absl::IsUnavailable(why) || absl::IsDeadlineExceeded(why);
}

}  // namespace

HttpLogSource::HttpLogSource(absl::string_view prefix)
    : prefix_(absl::StrCat(absl::StripSuffix(prefix, "/"), "/")) {}

absl::StatusOr<std::string> HttpLogSource::Read(const std::string& path, size_t max_bytes) {
  const std::string url = prefix_ + path;
  absl::StatusOr<std::string> bytes;
  for (int tries = 0; tries < kTries; ++tries) {
    std::this_thread::sleep_for(tries * kPause);
    bytes = ReadOnce(url, max_bytes);
    if (bytes.ok() || !MayPass(bytes.status())) return bytes;
  }
  return bytes;
}

absl::StatusOr<std::string> HttpLogSource::ReadOnce(const std::string& url, size_t max_bytes) {
  const std::shared_ptr<Client> client = Take();
  absl::StatusOr<Answer> answer = client->Get(url);
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(client);
  }
  if (!answer.ok()) return answer.status();
  if (answer->status != 200) return StatusOf(url, answer->status);
  if (answer->body.size() > max_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        url, " has ", answer->body.size(), " bytes where at most ", max_bytes, " belong"));
  }
  return std::move(answer->body);
}

std::shared_ptr<Client> HttpLogSource::Take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) {
    clients_.push_back(Client::Make(kLimits));
    if (cancelled_) clients_.back()->Cancel();
    return clients_.back();
  }
  std::shared_ptr<Client> client = std::move(idle_.back());
  idle_.pop_back();
  return client;
}

void HttpLogSource::Cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  for (const std::shared_ptr<Client>& client : clients_) client->Cancel();
}

}  // namespace cairn::http
