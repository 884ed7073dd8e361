#include "anchor/opentimestamps/esplora.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anchor/opentimestamps/header_answer.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"

namespace cairn::anchor {
namespace {

using evidence::BlockHeader;

constexpr size_t kMaxAnswerBytes = 1024;

class Esplora final : public evidence::BlockHeaders {
 public:
  Esplora(EsploraOptions options, HttpExchange http)
      : options_(std::move(options)), http_(std::move(http)) {}

  absl::StatusOr<BlockHeader> At(uint64_t height) override {
    if (height > kMaxHeight) return absl::NotFoundError("no block is that high");
    const absl::StatusOr<std::string> named = Get(absl::StrCat("/block-height/", height));
    if (!named.ok()) return named.status();
    const absl::StatusOr<Hash> hash = evidence::ParseBlockHash(*named);
    if (!hash.ok()) return Malformed("a block hash that is none");
    const absl::StatusOr<std::string> answer = Get(absl::StrCat("/block/", *named, "/header"));
    // It went away since we were told its hash.
    if (absl::IsNotFound(answer.status())) return absl::UnavailableError(answer.status().message());
    if (!answer.ok()) return answer.status();
    const absl::StatusOr<BlockHeader> header = ReadHeaderAnswer(*answer, *hash);
    if (!header.ok()) return Malformed(header.status().message());
    return header;
  }

  absl::StatusOr<uint64_t> TipHeight() override {
    const absl::StatusOr<std::string> answer = Get("/blocks/tip/height");
    if (!answer.ok()) return answer.status();
    const absl::StatusOr<uint64_t> height = note::ParseDecimal(*answer);
    if (!height.ok() || *height > kMaxHeight) return Malformed("a height that is none");
    return height;
  }

 private:
  absl::Status Malformed(absl::string_view why) const {
    return absl::InvalidArgumentError(absl::StrCat(options_.url, ": ", why));
  }

  // The text, without an end of line.
  absl::StatusOr<std::string> Get(const std::string& path) const {
    const HttpRequest request{.url = options_.url + path,
                              .headers = {{"Accept", "text/plain"}},
                              .deadline = options_.deadline,
                              .max_body_bytes = kMaxAnswerBytes};
    const absl::StatusOr<HttpAnswer> answer = http_(request);
    if (!answer.ok()) return answer.status();
    if (answer->status == 404) return absl::NotFoundError(absl::StrCat(request.url, ": 404"));
    if (answer->status == 401 || answer->status == 403) {
      return absl::PermissionDeniedError(absl::StrCat(request.url, ": ", answer->status));
    }
    if (answer->status != 200) {
      return absl::UnavailableError(absl::StrCat(request.url, ": ", answer->status));
    }
    if (answer->body.size() > kMaxAnswerBytes) return Malformed("an answer that is too long");
    absl::string_view text = answer->body;
    absl::ConsumeSuffix(&text, "\n");
    return std::string(text);
  }

  const EsploraOptions options_;
  const HttpExchange http_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<evidence::BlockHeaders>> OpenEsplora(EsploraOptions options,
                                                                    HttpExchange http) {
  if (!absl::StartsWith(options.url, "http://") && !absl::StartsWith(options.url, "https://")) {
    return absl::InvalidArgumentError("explorer: its URL begins with http:// or https://");
  }
  // Messages repeat the URL.
  if (absl::StrContains(options.url, '@')) {
    return absl::InvalidArgumentError("explorer: a user name or password has no place in its URL");
  }
  if (absl::EndsWith(options.url, "/")) {
    return absl::InvalidArgumentError("explorer: its URL ends without a slash");
  }
  return std::make_unique<Esplora>(std::move(options), std::move(http));
}

}  // namespace cairn::anchor
