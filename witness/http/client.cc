#include "witness/http/client.h"

#include <curl/curl.h>
#include <errno.h>

#include <atomic>
#include <cassert>
#include <cstdlib>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "witness/http/url.h"

namespace cairn::http {
namespace {

constexpr long kConnectDeadlineMs = 5'000;
constexpr absl::string_view kKindPayload = "cairn/http_failure";

// Before the first handle, and once, however many threads make one.
void InitializeCurl() {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  assert(initialized == CURLE_OK && "libcurl does not start");
  (void)initialized;
}

struct Receiving {
  std::string body;
  size_t max_bytes;
  bool too_large = false;
  bool header_ended = false;
};

// A count other than that given ends the transfer.
size_t Receive(char* data, size_t one, size_t count, void* user) {
  auto* const receiving = static_cast<Receiving*>(user);
  const size_t bytes = one * count;
  if (bytes > receiving->max_bytes - receiving->body.size()) {
    receiving->too_large = true;
    return 0;
  }
  receiving->body.append(data, bytes);
  return bytes;
}

// One line of the header, or of a chunked body's trailer. libcurl itself takes the end of a
// connection for the end of a header.
size_t ReceiveHeader(char* data, size_t one, size_t count, void* user) {
  auto* const receiving = static_cast<Receiving*>(user);
  const absl::string_view line(data, one * count);
  if (absl::StartsWith(line, "HTTP/")) receiving->header_ended = false;
  if (line == "\r\n" || line == "\n") receiving->header_ended = true;
  return line.size();
}

class CurlClient final : public Client {
 public:
  CurlClient(const ClientLimits& limits, Proxy proxy) : limits_(limits), proxy_(std::move(proxy)) {
    InitializeCurl();
    handle_ = curl_easy_init();
    assert(handle_ != nullptr && "out of memory");
  }
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;
  ~CurlClient() override { curl_easy_cleanup(handle_); }

  void Cancel() override { cancelled_.store(true); }

  absl::StatusOr<Answer> Get(const std::string& url) override {
    return Send({.url = url, .limits = limits_});
  }

  absl::StatusOr<Answer> Post(const std::string& url, absl::string_view body,
                              const std::string& content_type) override {
    return Send({.post = true,
                 .url = url,
                 .body = std::string(body),
                 .headers = {{"Content-Type", content_type}},
                 .limits = limits_});
  }

  absl::StatusOr<Answer> Send(const ClientRequest& request) override {
    if (absl::Status sound = CheckUrl(request.url); !sound.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the URL ", MaskUrl(request.url), " ", sound.message()));
    }
    curl_easy_reset(handle_);
    curl_slist* headers = nullptr;
    for (const auto& [name, value] : request.headers) {
      headers = curl_slist_append(headers, absl::StrCat(name, ": ", value).c_str());
    }
    if (request.post) {
      // What is sent is small, and nobody should wait to be told to go on.
      headers = curl_slist_append(headers, "Expect:");
      curl_easy_setopt(handle_, CURLOPT_POST, 1L);
      curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, request.body.data());
    } else {
      // Servers of tiles may compress without being asked. What is counted is what comes out of it.
      curl_easy_setopt(handle_, CURLOPT_ACCEPT_ENCODING, "gzip, identity");
    }
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers);
    absl::StatusOr<Answer> answer = Perform(request.url, request.limits);
    curl_slist_free_all(headers);
    return answer;
  }

 private:
  absl::StatusOr<Answer> Perform(const std::string& url, const ClientLimits& limits) {
    Receiving receiving{.body = {}, .max_bytes = limits.max_body_bytes};
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle_, CURLOPT_FOLLOWLOCATION, 0L);
    SetProxy(url);
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS, kConnectDeadlineMs);
    curl_easy_setopt(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.deadline.count()));
    curl_easy_setopt(handle_, CURLOPT_USERAGENT, "cairn");
    curl_easy_setopt(handle_, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle_, CURLOPT_XFERINFOFUNCTION, IsCancelled);
    curl_easy_setopt(handle_, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, Receive);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &receiving);
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, ReceiveHeader);
    curl_easy_setopt(handle_, CURLOPT_HEADERDATA, &receiving);
    const CURLcode result = curl_easy_perform(handle_);
    if (result != CURLE_OK) return Failure(result, MaskUrl(url), receiving);
    if (!receiving.header_ended) {
      return WithKind(absl::StatusCode::kUnavailable, MaskUrl(url),
                      "the answer ends within its header");
    }
    Answer answer;
    answer.body = std::move(receiving.body);
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<unsigned>(status);
    const char* content_type = nullptr;
    curl_easy_getinfo(handle_, CURLINFO_CONTENT_TYPE, &content_type);
    if (content_type != nullptr) answer.content_type = content_type;
    return answer;
  }

  // What libcurl asks now and then; other than 0 ends the transfer.
  static int IsCancelled(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<CurlClient*>(user)->cancelled_.load() ? 1 : 0;
  }

  void SetProxy(const std::string& url) {
    // What a proxy says before the server does is no header of the answer.
    curl_easy_setopt(handle_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (IsLoopbackUrl(url)) {
      // It would look for it on its own machine.
      curl_easy_setopt(handle_, CURLOPT_PROXY, "");
      return;
    }
    if (proxy_.url.empty()) return;
    curl_easy_setopt(handle_, CURLOPT_PROXY, proxy_.url.c_str());
    // The environment's exceptions belong to the environment's proxy.
    curl_easy_setopt(handle_, CURLOPT_NOPROXY, "");
    if (!proxy_.credentials.empty()) {
      curl_easy_setopt(handle_, CURLOPT_PROXYUSERPWD, proxy_.credentials.c_str());
    }
  }

  static absl::Status WithKind(absl::StatusCode code, const std::string& url,
                               absl::string_view kind) {
    absl::Status status(code, absl::StrCat(url, ": ", kind));
    status.SetPayload(kKindPayload, absl::Cord(kind));
    return status;
  }

  absl::Status Failure(CURLcode result, const std::string& url, const Receiving& receiving) const {
    if (receiving.too_large) {
      return WithKind(absl::StatusCode::kResourceExhausted, url,
                      absl::StrCat("answers with more than ", receiving.max_bytes, " bytes"));
    }
    absl::StatusCode code = absl::StatusCode::kUnavailable;
    std::string kind = curl_easy_strerror(result);
    long os_error = 0;
    switch (result) {
      case CURLE_ABORTED_BY_CALLBACK:
        code = absl::StatusCode::kCancelled;
        kind = "cut off";
        break;
      case CURLE_URL_MALFORMAT:
      case CURLE_UNSUPPORTED_PROTOCOL:
        code = absl::StatusCode::kInvalidArgument;
        break;
      case CURLE_OPERATION_TIMEDOUT:
        code = absl::StatusCode::kDeadlineExceeded;
        kind = "does not answer in time";
        break;
      case CURLE_COULDNT_RESOLVE_HOST:
        kind = "its name cannot be resolved";
        break;
      case CURLE_COULDNT_RESOLVE_PROXY:
        kind = "the proxy's name cannot be resolved";
        break;
      case CURLE_COULDNT_CONNECT:
        curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &os_error);
        kind = os_error == ECONNREFUSED ? "refuses the connection" : "cannot be reached";
        break;
      case CURLE_PEER_FAILED_VERIFICATION:
        kind = "its TLS certificate is not one that the system's authorities vouch for";
        break;
      case CURLE_SSL_CONNECT_ERROR:
        kind = "no TLS connection could be made";
        break;
      case CURLE_GOT_NOTHING:
      case CURLE_RECV_ERROR:
      case CURLE_SEND_ERROR:
      case CURLE_PARTIAL_FILE:
        kind = "breaks off";
        break;
      default:
        break;
    }
    return WithKind(code, url, kind);
  }

  const ClientLimits limits_;
  const Proxy proxy_;
  CURL* handle_ = nullptr;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

std::vector<std::string> EnvironmentProxies() {
  std::vector<std::string> proxies;
  // As curl looks: HTTP_PROXY could be a header that a web server handed on.
  for (const char* const name :
       {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') {
      proxies.push_back(absl::StrCat(name, "=", MaskUrl(value)));
    }
  }
  return proxies;
}

std::optional<std::string> FailureKind(const absl::Status& status) {
  const auto kind = status.GetPayload(kKindPayload);
  if (!kind.has_value()) return std::nullopt;
  return std::string(*kind);
}

std::unique_ptr<Client> Client::Make(const ClientLimits& limits, const Proxy& proxy) {
  return std::make_unique<CurlClient>(limits, proxy);
}

}  // namespace cairn::http
