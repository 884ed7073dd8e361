#include "witness/server/audit_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "witness/server/files.h"

namespace cairn::server {
namespace {

class FileAuditStoreTest : public ::testing::Test {
 protected:
  FileAuditStoreTest() { std::filesystem::remove_all(directory_); }

  const std::string directory_ = ::testing::TempDir() + "/audit/state";
};

TEST_F(FileAuditStoreTest, KeepsStateAndNumbersFromOneProcessToTheNext) {
  const std::vector<uint64_t> numbers = {5, 6, 7, 8};
  {
    const auto store = *FileAuditStore::Open(directory_);
    EXPECT_EQ(*store->ReadState(), std::nullopt);
    ASSERT_TRUE(store->PutFingerprints(LeafIndex(0), numbers).ok());
    ASSERT_TRUE(store->PutFingerprints(LeafIndex(3), numbers).ok());
    ASSERT_TRUE(store->WriteState("one").ok());
    ASSERT_TRUE(store->WriteState("two").ok());
  }
  const auto store = *FileAuditStore::Open(directory_);
  EXPECT_EQ(*store->ReadState(), "two");
  std::vector<uint64_t> read(7);
  ASSERT_TRUE(store->GetFingerprints(LeafIndex(0), absl::MakeSpan(read)).ok());
  EXPECT_EQ(read, (std::vector<uint64_t>{5, 6, 7, 5, 6, 7, 8}));
  EXPECT_TRUE(absl::IsInternal(store->GetFingerprints(LeafIndex(1), absl::MakeSpan(read))));
}

TEST_F(FileAuditStoreTest, IsForOneAuditAtATime) {
  const auto store = *FileAuditStore::Open(directory_);
  EXPECT_TRUE(absl::IsUnavailable(FileAuditStore::Open(directory_).status()));
}

TEST(DirectoryLogSource, ReadsWhatIsThereAndNoMoreThanAsked) {
  const std::string directory = ::testing::TempDir() + "/mirror";
  std::filesystem::create_directories(directory + "/tile/0");
  ASSERT_TRUE(ReplaceFile(directory + "/tile/0/000", std::string(32, 'x')).ok());
  DirectoryLogSource source(directory);
  EXPECT_EQ(*source.Read("tile/0/000", 32), std::string(32, 'x'));
  EXPECT_TRUE(absl::IsResourceExhausted(source.Read("tile/0/000", 31).status()));
  EXPECT_TRUE(absl::IsNotFound(source.Read("tile/0/001", 32).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(source.Read("tile", 32).status()));
}

}  // namespace
}  // namespace cairn::server
