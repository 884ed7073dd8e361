#include "ledger/rocksdb/table_keeper.h"

#include <string_view>
#include <utility>

namespace cairn::ledger {
namespace {

using Io = rocksdb::IOOptions;
using Debug = rocksdb::IODebugContext;
using Status = rocksdb::IOStatus;

class Manifest final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  Manifest(std::unique_ptr<rocksdb::FSWritableFile> file, std::atomic<bool>* failed)
      : FSWritableFileOwnerWrapper(std::move(file)), failed_(failed) {}

  Status Append(const rocksdb::Slice& data, const Io& io, Debug* debug) override {
    return Note(target()->Append(data, io, debug));
  }
  Status Append(const rocksdb::Slice& data, const Io& io,
                const rocksdb::DataVerificationInfo& verification, Debug* debug) override {
    return Note(target()->Append(data, io, verification, debug));
  }
  Status Flush(const Io& io, Debug* debug) override { return Note(target()->Flush(io, debug)); }
  Status Sync(const Io& io, Debug* debug) override { return Note(target()->Sync(io, debug)); }
  Status Fsync(const Io& io, Debug* debug) override { return Note(target()->Fsync(io, debug)); }

 private:
  Status Note(Status status) {
    if (!status.ok()) *failed_ = true;
    return status;
  }

  std::atomic<bool>* const failed_;
};

}  // namespace

Status TableKeeper::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* out, Debug* debug) {
  const Status made = target()->NewWritableFile(path, options, out, debug);
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  if (made.ok() && name.starts_with("MANIFEST-")) {
    *out = std::make_unique<Manifest>(std::move(*out), &keeping_);
  }
  return made;
}

Status TableKeeper::DeleteFile(const std::string& path, const Io& io, Debug* debug) {
  if (keeping_ && path.ends_with(".sst")) return Status::OK();
  return target()->DeleteFile(path, io, debug);
}

}  // namespace cairn::ledger
