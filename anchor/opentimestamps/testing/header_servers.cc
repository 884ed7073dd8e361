#include "anchor/opentimestamps/testing/header_servers.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anchor/evidence/bitcoin.h"
#include "merkle/note/text.h"
#include "nlohmann/json.hpp"

namespace cairn::anchor::testing {
namespace {

using evidence::testing::BitcoinChain;
using nlohmann::json;

std::string HashAt(BitcoinChain* chain, uint64_t height) {
  const auto header = chain->At(height);
  return header.ok() ? evidence::FormatBlockHash(header->hash) : "";
}

// Of the block with this hash, in hex; empty when there is none.
std::string HeaderOf(BitcoinChain* chain, absl::string_view hash) {
  for (uint64_t height = BitcoinChain::kFirst; height <= chain->tip(); ++height) {
    if (HashAt(chain, height) == hash) return note::FormatHex(chain->Raw(height));
  }
  return "";
}

HttpAnswer Rpc(const json& id, const json& result, const json& error) {
  return {.status = error.is_null() ? 200U : 500U,
          .content_type = "application/json",
          .body = json({{"result", result}, {"error", error}, {"id", id}}).dump() + "\n"};
}

json Error(int code, const char* message) { return {{"code", code}, {"message", message}}; }

}  // namespace

HttpAnswer AnswerAsNode(BitcoinChain* chain, absl::string_view body) {
  const json call = json::parse(body);
  const json& id = call["id"];
  const std::string method = call["method"];
  if (method == "getblockcount") return Rpc(id, chain->tip(), nullptr);
  std::string found;
  if (method == "getblockhash") {
    found = HashAt(chain, call["params"][0].get<uint64_t>());
    if (found.empty()) return Rpc(id, nullptr, Error(-8, "Block height out of range"));
  } else if (method == "getblockheader" && call["params"][1] == false) {
    found = HeaderOf(chain, call["params"][0].get<std::string>());
    if (found.empty()) return Rpc(id, nullptr, Error(-5, "Block not found"));
  } else {
    return Rpc(id, nullptr, Error(-32601, "Method not found"));
  }
  return Rpc(id, found, nullptr);
}

HttpAnswer AnswerAsExplorer(BitcoinChain* chain, absl::string_view path) {
  std::string found;
  uint64_t height = 0;
  if (path == "/blocks/tip/height") {
    found = absl::StrCat(chain->tip());
  } else if (absl::ConsumePrefix(&path, "/block-height/") && absl::SimpleAtoi(path, &height)) {
    found = HashAt(chain, height);
  } else if (absl::ConsumePrefix(&path, "/block/") && absl::ConsumeSuffix(&path, "/header")) {
    found = HeaderOf(chain, path);
  }
  if (found.empty())
    return {.status = 404, .content_type = "text/plain", .body = "Block not found"};
  return {.status = 200, .content_type = "text/plain", .body = found};
}

}  // namespace cairn::anchor::testing
