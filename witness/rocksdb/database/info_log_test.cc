#include "witness/rocksdb/database/info_log.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <atomic>
#include <cstdarg>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "witness/rocksdb/database/database.h"

namespace cairn::database {
namespace {

namespace fs = std::filesystem;

// A disk on which nothing more can be written to files whose names begin so, or at all.
class FullDisk final : public rocksdb::FileSystemWrapper {
 public:
  explicit FullDisk(std::string full)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), full_(std::move(full)) {}
  const char* Name() const override { return "FullDisk"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* out,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus made = target()->NewWritableFile(path, options, out, debug);
    const std::string name = fs::path(path).filename();
    if (made.ok() && name.starts_with(full_)) {
      *out = std::make_unique<FullFile>(std::move(*out), &refused_);
    }
    return made;
  }

  int refused() const { return refused_; }

 private:
  class FullFile final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    FullFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::atomic<int>* refused)
        : FSWritableFileOwnerWrapper(std::move(file)), refused_(refused) {}
    rocksdb::IOStatus Append(const rocksdb::Slice&, const rocksdb::IOOptions&,
                             rocksdb::IODebugContext*) override {
      return Refuse();
    }
    rocksdb::IOStatus Append(const rocksdb::Slice&, const rocksdb::IOOptions&,
                             const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext*) override {
      return Refuse();
    }

   private:
    rocksdb::IOStatus Refuse() {
      ++*refused_;
      return rocksdb::IOStatus::NoSpace("the disk is full");
    }
    std::atomic<int>* const refused_;
  };

  const std::string full_;
  std::atomic<int> refused_ = 0;
};

class InfoLogTest : public ::testing::Test {
 protected:
  InfoLogTest() : path_(std::string(std::getenv("TEST_TMPDIR")) + "/info_log") {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  rocksdb::Status OpenOn(const std::shared_ptr<rocksdb::FileSystem>& disk) {
    const std::unique_ptr<rocksdb::Env> env =
        rocksdb::NewCompositeEnv(std::make_shared<InfoLogKeeper>(disk));
    rocksdb::Options options;
    options.env = env.get();
    options.create_if_missing = true;
    options.max_log_file_size = 4096;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status opened = rocksdb::DB::Open(options, path_ + "/db", &db);
    delete db;
    return opened;
  }
  std::string ReadLog() const {
    std::ifstream in(path_ + "/db/LOG");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  const std::string path_;
};

TEST_F(InfoLogTest, HasRocksDbsLines) {
  ASSERT_TRUE(OpenOn(rocksdb::FileSystem::Default()).ok());
  const std::string log = ReadLog();
  EXPECT_NE(log.find("RocksDB"), std::string::npos) << log;
  EXPECT_EQ(log.back(), '\n');
}

TEST_F(InfoLogTest, ThatCannotBeWrittenKeepsNothingFromOpening) {
  const auto disk = std::make_shared<FullDisk>("LOG");
  EXPECT_TRUE(OpenOn(disk).ok());
  // RocksDB's own writer aborts at the second.
  EXPECT_GT(disk->refused(), 1);
  EXPECT_EQ(ReadLog(), "");
}

TEST_F(InfoLogTest, OnAFullDiskOpeningSaysSo) {
  ASSERT_TRUE(OpenOn(rocksdb::FileSystem::Default()).ok());
  const rocksdb::Status opened = OpenOn(std::make_shared<FullDisk>(""));
  EXPECT_TRUE(opened.IsNoSpace()) << opened.ToString();
  const absl::Status status = FromRocksDb(opened, "opening it");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("the disk is full"), absl::string_view::npos) << status;
  EXPECT_NE(status.message().find("free some space"), absl::string_view::npos) << status;
}

void Write(rocksdb::Logger& logger, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  logger.Logv(format, arguments);
  va_end(arguments);
}

TEST_F(InfoLogTest, CutsALineThatIsTooLongAndNeedsNoFile) {
  InfoLogKeeper keeper(rocksdb::FileSystem::Default());
  std::shared_ptr<rocksdb::Logger> logger;
  ASSERT_TRUE(keeper.NewLogger(path_ + "/none/LOG", {}, &logger, nullptr).ok());
  Write(*logger, "%s", "said to nobody");
  ASSERT_TRUE(keeper.NewLogger(path_ + "/LOG", {}, &logger, nullptr).ok());
  Write(*logger, "%s", std::string(100'000, 'x').c_str());
  Write(*logger, "%s", "short");
  EXPECT_EQ(logger->GetLogFileSize(), fs::file_size(path_ + "/LOG"));
  std::ifstream in(path_ + "/LOG");
  std::string first, second;
  std::getline(in, first);
  std::getline(in, second);
  EXPECT_LT(first.size(), 5'000u);
  EXPECT_TRUE(second.ends_with(" short")) << second;
}

}  // namespace
}  // namespace cairn::database
