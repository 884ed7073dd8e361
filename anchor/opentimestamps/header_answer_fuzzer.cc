// Whatever a node or an explorer answers: no header comes of it but that of the chain.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/http.h"
#include "anchor/opentimestamps/bitcoin_core.h"
#include "anchor/opentimestamps/esplora.h"

namespace cairn::anchor {
namespace {

void CheckSource(evidence::BlockHeaders* headers) {
  const absl::StatusOr<evidence::BlockHeader> header = headers->At(1);
  // One answer cannot be both a block's hash and its header.
  if (header.ok()) std::abort();
  const absl::StatusOr<uint64_t> tip = headers->TipHeight();
  if (tip.ok() && *tip > 0x7fffffff) std::abort();
}

void Check(absl::string_view input) {
  if (input.empty()) return;
  const bool error = (input[0] & 1) != 0;
  const HttpExchange http = [&](const HttpRequest&) -> absl::StatusOr<HttpAnswer> {
    return HttpAnswer{.status = error ? 500U : 200U, .body = std::string(input.substr(1))};
  };
  CheckSource(OpenBitcoinCore({}, http)->get());
  CheckSource(OpenEsplora({.url = "https://explorer.example"}, http)->get());
}

}  // namespace
}  // namespace cairn::anchor

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cairn::anchor::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
