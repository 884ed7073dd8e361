#include "witness/rocksdb/store.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"

namespace cairn::witness {
namespace {

using Rows = std::vector<std::pair<Hash, KeptLog>>;

KeptLog Log(uint64_t size) {
  return {.tree = {TreeSize(size), merkle::Sha256(absl::StrCat(size))},
          .cosigned_at_s = 1000 + size,
          .note = absl::StrCat("note ", size)};
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : path_(std::string(std::getenv("TEST_TMPDIR")) + "/witness") {
    std::filesystem::remove_all(path_);
  }
  std::unique_ptr<RocksDbStore> Open() {
    auto store = RocksDbStore::Open({.path = path_, .vkey = "vkey"});
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  static std::map<Hash, KeptLog> All(RocksDbStore& store) {
    std::map<Hash, KeptLog> all;
    const absl::Status read = store.ReadAll([&all](const Hash& hash, const KeptLog& log) {
      all[hash] = log;
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return all;
  }

  const std::string path_;
};

TEST_F(StoreTest, KeepsTheLastOfEachLogAcrossRestarts) {
  const Hash a = merkle::Sha256("a"), b = merkle::Sha256("b");
  RocksDbStore::Id id;
  {
    const auto store = Open();
    id = store->id();
    EXPECT_FALSE(store->Read(a)->has_value());
    ASSERT_TRUE(store->Write(Rows{{a, Log(1)}, {b, Log(7)}, {a, Log(2)}}).ok());
    EXPECT_EQ(**store->Read(a), Log(2));
    ASSERT_TRUE(store->Write(Rows{{b, Log(8)}}).ok());
  }
  const auto store = Open();
  EXPECT_EQ(store->id(), id);
  EXPECT_EQ(All(*store), (std::map<Hash, KeptLog>{{a, Log(2)}, {b, Log(8)}}));
}

TEST_F(StoreTest, BelongsToOneWitnessAndOneProcess) {
  auto store = Open();
  EXPECT_EQ(RocksDbStore::Open({.path = path_, .vkey = "vkey"}).status().code(),
            absl::StatusCode::kUnavailable);
  store.reset();
  const auto other = RocksDbStore::Open({.path = path_, .vkey = "other"});
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(other.status().message().find("vkey"), absl::string_view::npos);
}

TEST_F(StoreTest, IsMadeOnlyWhenThatIsMeant) {
  EXPECT_EQ(RocksDbStore::Open({.path = path_, .vkey = "v", .create = false}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST(KeptLog, ComesBackFromItsRowAndShortRowsAreDamage) {
  const std::string row = FormatKeptLog(Log(5));
  EXPECT_EQ(*ParseKeptLog(row), Log(5));
  for (size_t size = 0; size <= 48; ++size) {
    EXPECT_EQ(ParseKeptLog(row.substr(0, size)).status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace cairn::witness
