#include "ledger/rocksdb/signed_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "merkle/hash.h"

namespace cairn::ledger {
namespace {

using ::testing::HasSubstr;

TreeState StateOf(uint64_t size) {
  return {TreeSize(size), merkle::HashLeaf(std::to_string(size)), 1000 + size};
}

class SignedFileTest : public ::testing::Test {
 protected:
  SignedFileTest() : path_(::testing::TempDir() + "/signed") {
    EXPECT_TRUE(SignedFile::Create(fs_, path_).ok());
  }
  ~SignedFileTest() override { std::remove(path_.c_str()); }

  std::unique_ptr<SignedFile> Open() {
    auto file = SignedFile::Open(fs_, path_);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }
  // Flips a bit of the slot at `offset`.
  void Damage(uint64_t offset) {
    std::FILE* file = std::fopen(path_.c_str(), "r+b");
    ASSERT_NE(file, nullptr);
    ASSERT_EQ(std::fseek(file, offset + 30, SEEK_SET), 0);
    const int byte = std::fgetc(file);
    ASSERT_EQ(std::fseek(file, offset + 30, SEEK_SET), 0);
    std::fputc(byte ^ 1, file);
    std::fclose(file);
  }

  rocksdb::FileSystem& fs_ = *rocksdb::FileSystem::Default();
  const std::string path_;
};

TEST_F(SignedFileTest, HasSignedNothingAtFirst) { EXPECT_EQ(Open()->last(), std::nullopt); }

TEST_F(SignedFileTest, KeepsTheNewestRecordThroughReopening) {
  for (uint64_t size = 0; size < 5; ++size) {
    const auto file = Open();
    ASSERT_TRUE(file->Record(StateOf(size)).ok());
    EXPECT_EQ(file->last(), StateOf(size));
    EXPECT_EQ(Open()->last(), StateOf(size));
  }
}

TEST_F(SignedFileTest, FallsBackToTheOlderRecordWhenTheNewerIsDamaged) {
  {
    const auto file = Open();
    ASSERT_TRUE(file->Record(StateOf(7)).ok());  // Slot 1.
    ASSERT_TRUE(file->Record(StateOf(8)).ok());  // Slot 0.
  }
  Damage(0);
  const auto file = Open();
  EXPECT_EQ(file->last(), StateOf(7));
  // The next record replaces the damaged one, not the one that is left.
  ASSERT_TRUE(file->Record(StateOf(9)).ok());
  Damage(0);
  EXPECT_EQ(Open()->last(), StateOf(7));
}

TEST_F(SignedFileTest, IsDataLossWithoutAValidSlotOrAFile) {
  Damage(0);
  const auto damaged = SignedFile::Open(fs_, path_);
  EXPECT_EQ(damaged.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(damaged.status().message()), HasSubstr("is damaged"));
  std::remove(path_.c_str());
  EXPECT_EQ(SignedFile::Open(fs_, path_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SignedFileTest, IsReadWholeBesideTheWriter) {
  const auto file = Open();
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::thread reader([&] {
    uint64_t newest = 0;
    do {
      const auto last = file->last();
      if (!last) continue;
      if (*last != StateOf(last->size.value()) || last->size.value() < newest) ++wrong;
      newest = last->size.value();
    } while (!done);
  });
  for (uint64_t size = 1; size <= 2000; ++size) {
    EXPECT_TRUE(file->Record(StateOf(size)).ok());
  }
  done = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace cairn::ledger
