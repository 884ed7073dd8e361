#include "witness/rocksdb/database/info_log.h"

#include <sys/time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <utility>

namespace cairn::database {
namespace {

// RocksDB's lines are shorter, but for its dump of options, which has many.
constexpr size_t kMaxLineBytes = 4096;

class InfoLog final : public rocksdb::Logger {
 public:
  // Null: without a file.
  explicit InfoLog(std::unique_ptr<rocksdb::FSWritableFile> file) : file_(std::move(file)) {}
  ~InfoLog() override {
    if (file_ != nullptr) file_->Close(rocksdb::IOOptions(), nullptr).PermitUncheckedError();
  }

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (file_ == nullptr) return;
    std::array<char, kMaxLineBytes> line;
    size_t size = FormatTime(line);
    const int put = std::vsnprintf(line.data() + size, line.size() - size, format, arguments);
    size = std::min(line.size() - 1, size + std::max(0, put));
    if (line[size - 1] != '\n') line[size++] = '\n';
    const std::lock_guard lock(mutex_);
    file_->Append({line.data(), size}, rocksdb::IOOptions(), nullptr).PermitUncheckedError();
    size_ += size;
  }

  // By which RocksDB begins another file in time.
  size_t GetLogFileSize() const override { return size_; }

 private:
  static size_t FormatTime(std::array<char, kMaxLineBytes>& line) {
    timeval now{};
    gettimeofday(&now, nullptr);
    tm parts{};
    localtime_r(&now.tv_sec, &parts);
    const size_t size = std::strftime(line.data(), line.size(), "%Y/%m/%d-%H:%M:%S", &parts);
    return size + std::snprintf(line.data() + size, line.size() - size, ".%06ld ", now.tv_usec);
  }

  const std::unique_ptr<rocksdb::FSWritableFile> file_;
  std::mutex mutex_;  // Lines stay whole.
  std::atomic<size_t> size_ = 0;
};

}  // namespace

rocksdb::IOStatus InfoLogKeeper::NewLogger(const std::string& path, const rocksdb::IOOptions&,
                                           std::shared_ptr<rocksdb::Logger>* out,
                                           rocksdb::IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  if (!target()->NewWritableFile(path, rocksdb::FileOptions(), &file, debug).ok()) file = nullptr;
  *out = std::make_shared<InfoLog>(std::move(file));
  return rocksdb::IOStatus::OK();
}

}  // namespace cairn::database
