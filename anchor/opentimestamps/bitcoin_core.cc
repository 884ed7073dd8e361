#include "anchor/opentimestamps/bitcoin_core.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/opentimestamps/header_answer.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"
#include "nlohmann/json.hpp"

namespace cairn::anchor {
namespace {

using evidence::BlockHeader;
using nlohmann::json;

// A header is 160 digits; the rest is for what nodes put around it.
constexpr size_t kMaxAnswerBytes = 4096;
constexpr char kId[] = "cairn";

// Of Bitcoin Core's own error codes.
constexpr int64_t kInvalidParameter = -8;  // "Block height out of range"

class BitcoinCore final : public evidence::BlockHeaders {
 public:
  BitcoinCore(BitcoinCoreOptions options, HttpExchange http)
      : options_(std::move(options)), http_(std::move(http)) {}

  absl::StatusOr<BlockHeader> At(uint64_t height) override {
    if (height > kMaxHeight) return absl::NotFoundError("no block is that high");
    const absl::StatusOr<json> named = Call("getblockhash", {height});
    if (!named.ok()) return named.status();
    if (!named->is_string()) return Malformed("a block hash that is no text");
    const auto& text = named->get_ref<const std::string&>();
    const absl::StatusOr<Hash> hash = evidence::ParseBlockHash(text);
    if (!hash.ok()) return Malformed("a block hash that is none");
    const absl::StatusOr<json> answer = Call("getblockheader", {text, false});
    if (!answer.ok()) return answer.status();
    if (!answer->is_string()) return Malformed("a block header that is no text");
    const absl::StatusOr<BlockHeader> header =
        ReadHeaderAnswer(answer->get_ref<const std::string&>(), *hash);
    if (!header.ok()) return Malformed(header.status().message());
    return header;
  }

  absl::StatusOr<uint64_t> TipHeight() override {
    const absl::StatusOr<json> count = Call("getblockcount", json::array());
    if (!count.ok()) return count.status();
    if (!count->is_number_unsigned() || count->get<uint64_t>() > kMaxHeight) {
      return Malformed("a height that is none");
    }
    return count->get<uint64_t>();
  }

 private:
  absl::Status Malformed(absl::string_view why) const {
    return absl::InvalidArgumentError(absl::StrCat(options_.url, ": ", why));
  }

  // The result of the call.
  absl::StatusOr<json> Call(const char* method, json params) const {
    HttpRequest request{.post = true, .url = options_.url};
    request.body =
        json({{"jsonrpc", "1.0"}, {"id", kId}, {"method", method}, {"params", std::move(params)}})
            .dump();
    request.headers = {{"Content-Type", "application/json"}};
    if (!options_.credentials.empty()) {
      request.headers.emplace_back(
          "Authorization", absl::StrCat("Basic ", note::FormatBase64(options_.credentials)));
    }
    request.deadline = options_.deadline;
    request.max_body_bytes = kMaxAnswerBytes;
    const absl::StatusOr<HttpAnswer> answer = http_(request);
    if (!answer.ok()) return answer.status();
    if (answer->status == 401 || answer->status == 403) {
      return absl::PermissionDeniedError(
          absl::StrCat(options_.url, " does not let us in (", answer->status, ")"));
    }
    if (answer->body.size() > kMaxAnswerBytes) return Malformed("an answer that is too long");
    const json parsed = json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object()) {
      // A proxy before it, or a server that has other worries: errors of the node itself are JSON.
      if (answer->status == 200) return Malformed("an answer that is no JSON object");
      return absl::UnavailableError(absl::StrCat(options_.url, " answers ", answer->status));
    }
    if (parsed.value("id", json()) != kId) return Malformed("the answer to another question");
    const json error = parsed.value("error", json());
    if (!error.is_null()) return Refusal(method, error);
    if (answer->status != 200 || !parsed.contains("result")) {
      return Malformed("an answer without result or error");
    }
    return parsed["result"];
  }

  absl::Status Refusal(absl::string_view method, const json& error) const {
    int64_t code = 0;
    if (error.is_object()) {
      const auto found = error.find("code");
      if (found != error.end() && found->is_number_integer()) code = found->get<int64_t>();
    }
    const std::string message =
        absl::StrCat(options_.url, " answers ", method, " with error ", code);
    if (code == kInvalidParameter && method == "getblockhash") return absl::NotFoundError(message);
    // Warming up, or the block went away since we were told its hash.
    return absl::UnavailableError(message);
  }

  const BitcoinCoreOptions options_;
  const HttpExchange http_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<evidence::BlockHeaders>> OpenBitcoinCore(BitcoinCoreOptions options,
                                                                        HttpExchange http) {
  if (!absl::StartsWith(options.url, "http://") && !absl::StartsWith(options.url, "https://")) {
    return absl::InvalidArgumentError("Bitcoin Core: its URL begins with http:// or https://");
  }
  // Messages repeat the URL.
  if (absl::StrContains(options.url, '@')) {
    return absl::InvalidArgumentError("Bitcoin Core: credentials have no place in its URL");
  }
  const bool one_line =
      std::none_of(options.credentials.begin(), options.credentials.end(),
                   [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
  if (!options.credentials.empty() && (!one_line || !absl::StrContains(options.credentials, ':'))) {
    return absl::InvalidArgumentError("Bitcoin Core: credentials are one line, user:password");
  }
  return std::make_unique<BitcoinCore>(std::move(options), std::move(http));
}

}  // namespace cairn::anchor
