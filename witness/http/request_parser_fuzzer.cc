// A client's bytes become the same request, or none, in whatever pieces they come; and what becomes
// a request keeps to the limits.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "witness/http/request_parser.h"

namespace cairn::http {
namespace {

// Small, so that inputs reach them.
const Limits& SmallLimits() {
  static const Limits* const kLimits = new Limits{.max_header_bytes = 256, .max_body_bytes = 64};
  return *kLimits;
}

bool Same(const std::optional<Request>& a, const std::optional<Request>& b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
  return a->method == b->method && a->path == b->path && a->query == b->query &&
         a->body == b->body && a->if_none_match == b->if_none_match;
}

// As Connection reads: the header, which is checked, then the body.
class Reading {
 public:
  Reading() { SetLimits(SmallLimits(), parser_); }

  void Take(absl::string_view more) {
    pending_.append(more.data(), more.size());
    if (ended_) return;
    if (!parser_.is_header_done()) {
      if (!TakePending() || !parser_.is_header_done()) return;
      if (const auto refusal = CheckHeader(parser_); refusal.has_value()) return Refuse(refusal);
    }
    if (!parser_.is_done() && !TakePending()) return;
    if (!parser_.is_done()) return;
    ended_ = true;
    request_ = TakeRequest(parser_);
  }

  // Nullopt: it was refused, or the bytes ended before it was whole.
  const std::optional<Request>& request() const { return request_; }

 private:
  bool TakePending() {
    const Taken taken = http::Take(pending_, parser_);
    pending_.erase(0, taken.bytes);
    if (taken.error) Refuse(RefusalOf(taken.error));
    return !taken.error;
  }

  // How early bytes that are no request are refused, and as what, may depend on the pieces.
  void Refuse(const std::optional<Refusal>& refusal) {
    ended_ = true;
    if (refusal.has_value() && (refusal->status < 400 || refusal->status > 431)) std::abort();
  }

  RequestParser parser_;
  std::string pending_;
  bool ended_ = false;
  std::optional<Request> request_;
};

void CheckRequest(const Request& request) {
  if (request.path.empty() || request.path.front() != '/') std::abort();
  if (request.path.find('?') != std::string::npos) std::abort();
  if (request.body.size() > SmallLimits().max_body_bytes) std::abort();
  const size_t header = request.path.size() + request.query.size() + request.if_none_match.size();
  // The first line is counted for itself.
  if (header > 2 * SmallLimits().max_header_bytes) std::abort();
  for (const std::string* text : {&request.path, &request.query, &request.if_none_match}) {
    if (absl::string_view(*text).find_first_of(absl::string_view("\r\n\0", 3)) !=
        absl::string_view::npos)
      std::abort();
  }
}

int Check(absl::string_view input) {
  Reading whole;
  whole.Take(input);
  if (whole.request().has_value()) CheckRequest(*whole.request());
  Reading halves;
  halves.Take(input.substr(0, input.size() / 2));
  halves.Take(input.substr(input.size() / 2));
  Reading bytes;
  for (const char byte : input) bytes.Take(absl::string_view(&byte, 1));
  // Beast counts a header against its limit piece by piece: what is too large for some may do for
  // others.
  const bool may_be_too_large = input.size() > SmallLimits().max_header_bytes;
  for (const Reading* other : {&halves, &bytes}) {
    if (may_be_too_large && !(whole.request().has_value() && other->request().has_value())) {
      continue;
    }
    if (!Same(other->request(), whole.request())) std::abort();
  }
  return 0;
}

}  // namespace
}  // namespace cairn::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::http::Check({reinterpret_cast<const char*>(data), size});
}
