#include "merkle/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cairn::merkle {
namespace {

using ::testing::HasSubstr;

TEST(Sha256, EqualsThePublishedExamples) {
  EXPECT_EQ(Sha256("").Hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256("abc").Hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HashLeaf, PutsAZeroByteBeforeTheEntry) {
  EXPECT_EQ(HashLeaf("").Hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(HashLeaf("L123456").Hex(),
            "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
  // Around the length up to which the entry is copied.
  for (const size_t length : {1, 64, 1023, 1024, 1025, 1026, 70000}) {
    const std::string entry(length, 'e');
    EXPECT_EQ(HashLeaf(entry), Sha256(absl::StrCat(absl::string_view("\0", 1), entry))) << length;
  }
}

TEST(HashNode, PutsAOneByteBeforeBothChildren) {
  const Hash left = Sha256("left");
  const Hash right = Sha256("right");
  EXPECT_EQ(HashNode(left, right), Sha256(absl::StrCat("\x01", left.view(), right.view())));
  EXPECT_NE(HashNode(left, right), HashNode(right, left));
}

TEST(EmptyRoot, IsNotTheHashOfAnEmptyLeaf) {
  EXPECT_EQ(EmptyRoot(), Sha256(""));
  EXPECT_NE(EmptyRoot(), HashLeaf(""));
}

TEST(Hash, IsMadeFromExactly32Bytes) {
  const std::string raw =
      absl::HexStringToBytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff");
  const absl::StatusOr<Hash> hash = Hash::FromBytes(raw);
  ASSERT_TRUE(hash.ok()) << hash.status();
  EXPECT_EQ(hash->view(), raw);
  EXPECT_EQ(hash->Hex(), "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff");
  for (const size_t length : {0, 31, 33, 64}) {
    const absl::Status status = Hash::FromBytes(std::string(length, 'x')).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr(absl::StrCat("32 bytes, got ", length)));
  }
}

TEST(Hash, OrdersByItsBytes) {
  Hash low;
  Hash high;
  high.bytes[0] = 0x80;
  low.bytes[31] = 0xff;
  EXPECT_LT(low, high);
}

TEST(Hashing, GivesTheSameOnManyThreadsAtOnce) {
  const Hash expected = HashNode(HashLeaf("a"), HashLeaf("b"));
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int& count : wrong) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) count += HashNode(HashLeaf("a"), HashLeaf("b")) != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

}  // namespace
}  // namespace cairn::merkle
