// Both sources of headers over the network, against a chain that is served in process.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "anchor/http.h"
#include "anchor/opentimestamps/bitcoin_core.h"
#include "anchor/opentimestamps/esplora.h"
#include "anchor/opentimestamps/testing/header_servers.h"
#include "gtest/gtest.h"
#include "merkle/note/text.h"

namespace cairn::anchor {
namespace {

using evidence::testing::BitcoinChain;

constexpr char kNode[] = "http://node.example:8332/";
constexpr char kExplorer[] = "https://explorer.example/api";
constexpr uint64_t kFirst = BitcoinChain::kFirst;

class BlockHeadersTest : public ::testing::Test {
 protected:
  BlockHeadersTest() { chain_.Mine(size_t{5}); }

  HttpExchange Http() {
    return [this](const HttpRequest& request) -> absl::StatusOr<HttpAnswer> {
      requests_.push_back(request);
      if (!failure_.ok()) return failure_;
      HttpAnswer answer =
          request.post ? testing::AnswerAsNode(&chain_, request.body)
                       : testing::AnswerAsExplorer(
                             &chain_, absl::string_view(request.url).substr(sizeof(kExplorer) - 1));
      if (change_) change_(&answer);
      EXPECT_LE(answer.body.size(), request.max_body_bytes);
      return answer;
    };
  }
  std::unique_ptr<evidence::BlockHeaders> Node(const std::string& credentials = "") {
    return *OpenBitcoinCore({.url = kNode, .credentials = credentials}, Http());
  }
  std::unique_ptr<evidence::BlockHeaders> Explorer() {
    return *OpenEsplora({.url = kExplorer}, Http());
  }
  std::vector<std::unique_ptr<evidence::BlockHeaders>> Both() {
    std::vector<std::unique_ptr<evidence::BlockHeaders>> both;
    both.push_back(Node());
    both.push_back(Explorer());
    return both;
  }

  BitcoinChain chain_;
  std::vector<HttpRequest> requests_;
  absl::Status failure_;
  std::function<void(HttpAnswer*)> change_;
};

TEST_F(BlockHeadersTest, AreThoseOfTheChain) {
  for (const auto& headers : Both()) {
    EXPECT_EQ(*headers->TipHeight(), chain_.tip());
    for (uint64_t height = kFirst; height <= chain_.tip(); ++height) {
      const auto header = headers->At(height);
      ASSERT_TRUE(header.ok()) << header.status();
      EXPECT_EQ(header->hash, chain_.At(height)->hash);
      EXPECT_EQ(header->merkle_root, chain_.At(height)->merkle_root);
    }
  }
}

TEST_F(BlockHeadersTest, BeyondTheTipAreNotFound) {
  for (const auto& headers : Both()) {
    for (const uint64_t height : {chain_.tip() + 1, uint64_t{1} << 31, UINT64_MAX}) {
      EXPECT_EQ(headers->At(height).status().code(), absl::StatusCode::kNotFound) << height;
    }
  }
}

TEST_F(BlockHeadersTest, AreAskedForWithCredentials) {
  EXPECT_TRUE(Node("user:password")->TipHeight().ok());
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_TRUE(requests_[0].post);
  EXPECT_EQ(requests_[0].url, kNode);
  const std::pair<std::string, std::string> expected = {"Authorization",
                                                        "Basic dXNlcjpwYXNzd29yZA=="};
  EXPECT_EQ(requests_[0].headers.back(), expected);
  EXPECT_EQ(requests_[0].body,
            R"({"id":"cairn","jsonrpc":"1.0","method":"getblockcount","params":[]})");
  // Without any, none are sent.
  EXPECT_TRUE(Node()->TipHeight().ok());
  EXPECT_EQ(requests_[1].headers.size(), 1U);
}

TEST_F(BlockHeadersTest, OfARefusingServerArePermissionDenied) {
  for (const unsigned status : {401U, 403U}) {
    change_ = [status](HttpAnswer* answer) { *answer = {.status = status}; };
    for (const auto& headers : Both()) {
      EXPECT_EQ(headers->At(kFirst).status().code(), absl::StatusCode::kPermissionDenied);
      EXPECT_EQ(headers->TipHeight().status().code(), absl::StatusCode::kPermissionDenied);
    }
  }
  EXPECT_FALSE(absl::StrContains(Node("user:secret")->TipHeight().status().message(), "secret"));
}

TEST_F(BlockHeadersTest, OfAServerInTroubleAreUnavailable) {
  change_ = [](HttpAnswer* answer) { *answer = {.status = 503, .body = "<html>busy</html>"}; };
  for (const auto& headers : Both()) {
    EXPECT_EQ(headers->At(kFirst).status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(headers->TipHeight().status().code(), absl::StatusCode::kUnavailable);
  }
  change_ = [](HttpAnswer* answer) {
    *answer = {.status = 500,
               .body = R"({"result":null,"error":{"code":-28,"message":"Loading"},"id":"cairn"})"};
  };
  EXPECT_EQ(Node()->At(kFirst).status().code(), absl::StatusCode::kUnavailable);
  failure_ = absl::DeadlineExceededError("slow");
  for (const auto& headers : Both()) {
    EXPECT_EQ(headers->TipHeight().status().code(), absl::StatusCode::kDeadlineExceeded);
  }
}

// The block goes away between the two questions.
TEST_F(BlockHeadersTest, ReorganisedInBetweenAreUnavailable) {
  for (const auto& headers : Both()) {
    change_ = [this](HttpAnswer*) { chain_.Reorganise(2); };
    EXPECT_EQ(headers->At(chain_.tip()).status().code(), absl::StatusCode::kUnavailable);
  }
}

TEST_F(BlockHeadersTest, OfAnotherBlockOrWithoutWorkAreRefused) {
  const std::string right = note::FormatHex(chain_.Raw(kFirst));
  const std::string other = note::FormatHex(chain_.Raw(kFirst + 1));
  for (const auto& headers : Both()) {
    change_ = [&](HttpAnswer* answer) {
      answer->body = absl::StrReplaceAll(answer->body, {{right, other}});
    };
    const absl::Status status = headers->At(kFirst).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(status.message(), "of another block")) << status;
  }
  // A hash and a header that fit one another, but that nobody worked for.
  std::string idle = chain_.Raw(kFirst);
  do {
    ++idle[76];
  } while (evidence::CheckProofOfWork(*evidence::ParseBlockHeader(idle)).ok());
  const std::string hash = evidence::FormatBlockHash(chain_.At(kFirst)->hash);
  const std::string idle_hash = evidence::FormatBlockHash(evidence::ParseBlockHeader(idle)->hash);
  for (const auto& headers : Both()) {
    change_ = [&](HttpAnswer* answer) {
      if (answer->status != 200) answer->status = 200;
      if (absl::StrContains(answer->body, hash)) {
        answer->body = absl::StrReplaceAll(answer->body, {{hash, idle_hash}});
      } else {
        answer->body = requests_.back().post ? absl::StrCat(R"({"result":")", note::FormatHex(idle),
                                                            R"(","error":null,"id":"cairn"})")
                                             : note::FormatHex(idle);
      }
    };
    const absl::Status status = headers->At(kFirst).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(status.message(), "proof of work")) << status;
  }
}

TEST_F(BlockHeadersTest, OfGarbageAreRefused) {
  const std::string zeros(64, '0');
  for (const std::string& body :
       {std::string(), std::string("null"), std::string("[]"), std::string("7"), std::string("{}"),
        std::string("-1"), std::string("1e3"), std::string(900, '['), std::string("\xff\xfe"),
        zeros.substr(1), absl::StrCat(zeros, "\r\n"),
        std::string(R"({"result":"00","error":null,"id":"cairn"})"),
        std::string(R"({"result":7.5,"error":null,"id":"cairn"})"),
        std::string(R"({"result":-7,"error":null,"id":"cairn"})"),
        std::string(R"({"result":4294967296,"error":null,"id":"cairn"})"),
        std::string(R"({"result":null,"error":null,"id":"cairn"})"),
        std::string(R"({"error":null,"id":"cairn"})"),
        std::string(R"({"result":800000,"error":null,"id":"other"})")}) {
    change_ = [&body](HttpAnswer* answer) { *answer = {.status = 200, .body = body}; };
    for (const auto& headers : Both()) {
      EXPECT_EQ(headers->At(kFirst).status().code(), absl::StatusCode::kInvalidArgument) << body;
      if (body == "7") continue;  // A height, for an explorer.
      EXPECT_EQ(headers->TipHeight().status().code(), absl::StatusCode::kInvalidArgument) << body;
    }
  }
}

TEST(BlockHeadersOptions, ThatMakeNoSenseAreRefused) {
  const auto core = [](const std::string& url, const std::string& credentials) {
    return OpenBitcoinCore({.url = url, .credentials = credentials}, nullptr).status().code();
  };
  EXPECT_EQ(core("node:8332", ""), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(core("http://user:password@node", ""), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(core("http://node", "password"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(core("http://node", "user:password\n"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenEsplora({.url = ""}, nullptr).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenEsplora({.url = "https://explorer.example/"}, nullptr).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn::anchor
