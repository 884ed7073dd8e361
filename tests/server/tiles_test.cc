// The tile read path of a cairnd, as a stranger's client walks it.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/bundle.h"
#include "merkle/hash.h"
#include "merkle/naive_tree.h"
#include "merkle/tile.h"
#include "merkle/tile_path.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/http.h"

namespace cairn::testing {
namespace {

constexpr char kImmutable[] = "public, max-age=31536000, immutable";

class TilesTest : public ::testing::Test {
 protected:
  std::vector<std::string> Args() const {
    return CairndArgs(directory_.path(), {"--http_address", "127.0.0.1:0"});
  }
  static void Grow(const Cairnd& cairnd, uint64_t from, uint64_t to) {
    Client client(cairnd.address());
    for (uint64_t begin = from; begin < to; begin += 1000) {
      v1::AppendStreamRequest batch;
      for (uint64_t i = begin; i < std::min(begin + 1000, to); ++i) {
        *batch.add_statements() = StatementOn(absl::StrCat(i));
      }
      v1::AppendStreamResponse answer;
      ASSERT_TRUE(client.AppendBatch(batch, &answer).ok());
    }
  }
  static HttpAnswer Get(const Cairnd& cairnd, const std::string& path) {
    return HttpGet(cairnd.http_address(), path);
  }
  // A tile or bundle that is there.
  static std::string Bytes(const Cairnd& cairnd, const std::string& path) {
    const HttpAnswer answer = Get(cairnd, "/" + path);
    EXPECT_EQ(answer.status, 200) << path << ": " << answer.body;
    EXPECT_EQ(answer.headers.at("Content-Type"), "application/octet-stream") << path;
    EXPECT_EQ(answer.headers.at("Cache-Control"), kImmutable) << path;
    EXPECT_EQ(answer.headers.count("ETag"), 0U) << path;
    return answer.body;
  }

  // Entry bundles, leaf hashes, every tile of every level, the signed root.
  static void ExpectWholeTree(const Cairnd& cairnd) {
    const HttpAnswer signed_tree = Get(cairnd, "/checkpoint");
    ASSERT_EQ(signed_tree.status, 200);
    EXPECT_EQ(signed_tree.headers.at("Content-Type"), "text/plain; charset=utf-8");
    const note::Checkpoint checkpoint = OpenCheckpoint(signed_tree.body);
    const TreeSize size = checkpoint.size;
    std::vector<Hash> leaves;
    for (uint64_t i = 0; leaves.size() < size.value(); ++i) {
      const merkle::BundleSlice bundle{
          .index = i, .width = merkle::TileWidthAt({.level = 0, .index = i}, size)};
      const std::string bytes = Bytes(cairnd, merkle::FormatBundlePath(bundle));
      const auto entries = merkle::ParseBundle(bytes, bundle.width);
      ASSERT_TRUE(entries.ok()) << entries.status();
      for (const absl::string_view entry : *entries) leaves.push_back(merkle::HashLeaf(entry));
    }
    merkle::NaiveTree tree(leaves);
    EXPECT_EQ(tree.Mth(0, size.value()), checkpoint.root);
    uint64_t span = 1;
    for (uint32_t level = 0; span <= size.value(); ++level, span *= merkle::kTileWidth) {
      for (uint64_t i = 0; merkle::TileWidthAt({.level = level, .index = i}, size) > 0; ++i) {
        const merkle::TileSlice tile{
            .id = {.level = level, .index = i},
            .width = merkle::TileWidthAt({.level = level, .index = i}, size)};
        std::vector<Hash> expected;
        for (uint64_t node = i * 256; node < i * 256 + tile.width; ++node) {
          expected.push_back(tree.Mth(node * span, (node + 1) * span));
        }
        const std::string path = merkle::FormatTilePath(tile);
        EXPECT_EQ(Bytes(cairnd, path), merkle::FormatTile(expected)) << path;
      }
    }
  }

  FreshDirectory directory_;
};

TEST_F(TilesTest, TheWholeTreeFollowsFromItsBundlesAtEverySizeAndAfterARestart) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  uint64_t size = 0;
  for (const uint64_t next : {0, 1, 2, 255, 256, 257, 700}) {
    Grow(cairnd, size, next);
    size = next;
    ExpectWholeTree(cairnd);
  }
  EXPECT_EQ(cairnd.Stop(), 0);
  Cairnd again(Args());
  ASSERT_TRUE(again.running());
  ExpectWholeTree(again);
  // Two levels of full tiles.
  Grow(again, 700, 66'000);
  ExpectWholeTree(again);
}

TEST_F(TilesTest, PartialOnesOfEveryWidthAreCutAlsoFromFullOnes) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Grow(cairnd, 0, 300);
  const std::string tile = Bytes(cairnd, "tile/0/000");
  const std::string bundle = Bytes(cairnd, "tile/entries/000");
  for (const int width : {1, 2, 100, 255}) {
    EXPECT_EQ(Bytes(cairnd, absl::StrCat("tile/0/000.p/", width)), tile.substr(0, width * 32));
    const std::string part = Bytes(cairnd, absl::StrCat("tile/entries/000.p/", width));
    EXPECT_EQ(part, bundle.substr(0, part.size()));
    EXPECT_TRUE(merkle::ParseBundle(part, width).ok()) << width;
  }
  for (int width = 1; width <= 44; ++width) {
    EXPECT_EQ(Bytes(cairnd, absl::StrCat("tile/0/001.p/", width)).size(), width * 32U);
    EXPECT_TRUE(
        merkle::ParseBundle(Bytes(cairnd, absl::StrCat("tile/entries/001.p/", width)), width).ok());
  }
}

TEST_F(TilesTest, WhatIsNotInTheTreeOrHasAnotherPathIs404AndNotKept) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Grow(cairnd, 0, 300);
  for (const char* path : {
           "/tile/0/001",
           "/tile/0/001.p/45",
           "/tile/0/002.p/1",
           "/tile/1/000",
           "/tile/1/000.p/2",
           "/tile/2/000.p/1",
           "/tile/63/000",
           "/tile/64/000",
           "/tile/entries/001",
           "/tile/entries/001.p/45",
           "/tile/entries/x001/000",
           // Other spellings of what is there.
           "/tile/0/0",
           "/tile/0/x000/000",
           "/tile/00/000",
           "/tile/0/000.p/0",
           "/tile/0/000.p/256",
           "/tile/0/000.p/01",
           "/tile/0/000/",
           "/tile/0/000.p",
           "/tile//0/000",
           "/tile/+0/000",
           "/tile/0/%30%30%30",
           "/tile/0/000?x",
           "/tile/entries/00",
           "/tile/",
           "/tile",
           "/checkpoint/",
           "/tile/data/000",
           "/tile/-1/000",
           "/tile/0/x999/x999/x999/x999/x999/x999/999",
           "/tile/0/../0/000",
       }) {
    const HttpAnswer answer = Get(cairnd, path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.headers.at("Cache-Control"), "no-store") << path;
    EXPECT_NE(answer.body, "") << path;
  }
}

TEST_F(TilesTest, TheCheckpointHasATagByWhichClientsSeeThatItIsTheSame) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Grow(cairnd, 0, 3);
  const HttpAnswer first = Get(cairnd, "/checkpoint");
  EXPECT_EQ(first.headers.at("Cache-Control"), "no-cache");
  const auto ask = [&](const std::string& method, const std::string& tag) {
    HttpSocket socket(cairnd.http_address());
    socket.Send(absl::StrCat(method, " /checkpoint HTTP/1.1\r\nHost: a\r\nIf-None-Match: ", tag,
                             "\r\nConnection: close\r\n\r\n"));
    return ParseHttpAnswer(socket.ReadToEnd());
  };
  const std::string tag = first.headers.at("ETag");
  EXPECT_EQ(ask("GET", tag).status, 304);
  EXPECT_EQ(ask("GET", "\"other\", " + tag).status, 304);
  EXPECT_EQ(ask("GET", "\"other\"").body, first.body);
  const HttpAnswer head = ask("HEAD", "\"other\"");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.headers.at("Content-Length"), absl::StrCat(first.body.size()));
  Grow(cairnd, 3, 4);
  const HttpAnswer second = ask("GET", tag);
  EXPECT_EQ(second.status, 200);
  EXPECT_NE(second.headers.at("ETag"), tag);
  EXPECT_EQ(OpenCheckpoint(second.body).size, TreeSize(4));
}

}  // namespace
}  // namespace cairn::testing
