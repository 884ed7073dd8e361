#include "ledger/rocksdb/testing/faulty_disk.h"

#include <functional>
#include <string_view>
#include <utility>

namespace cairn::ledger::testing {
namespace {

using Io = rocksdb::IOOptions;
using Debug = rocksdb::IODebugContext;
using Status = rocksdb::IOStatus;

std::string NameOf(Change change) {
  switch (change) {
    case Change::kCreate:
      return "create";
    case Change::kAppend:
      return "write";
    case Change::kSync:
      return "sync";
    case Change::kClose:
      return "close";
    case Change::kLink:
      return "link";
    case Change::kRename:
      return "rename";
    case Change::kRemove:
      return "remove";
  }
  return "";
}

std::string LastPart(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string KindOf(const std::string& path) {
  const std::string name = LastPart(path);
  if (name.ends_with(".log")) return "WAL";
  if (name.ends_with(".sst")) {
    return path.find("/staging/") != std::string::npos ? "staged table" : "table";
  }
  if (name.starts_with("OPTIONS")) return "OPTIONS";
  // CURRENT is written under this name, then renamed.
  if (name.ends_with(".dbtmp") || name == "CURRENT") return "CURRENT";
  return name.substr(0, name.find('-'));
}

std::string DirectoryKind(const std::string& path) { return LastPart(path) + "/"; }

Status ErrorOf(Fault fault) {
  switch (fault) {
    case Fault::kError:
    case Fault::kErrorThoughDone:
      return Status::IOError("Input/output error, as told");
    case Fault::kEndBefore:
    case Fault::kEndAfter:
      return Status::IOError("the process has ended");
    case Fault::kDiskFull: {
      // As RocksDB's own file system reports ENOSPC.
      Status full = Status::NoSpace("No space left on device, as told");
      full.SetRetryable(true);
      return full;
    }
    case Fault::kReadOnly:
      return Status::IOError("Read-only file system, as told");
  }
  return Status::IOError();
}

// One change with what is in its way; `half` is what a full disk still does of it.
Status Try(
    FaultyDisk& disk, const Step& step, const std::function<Status()>& change,
    const std::function<void()>& half = [] {}) {
  const std::optional<Fault> fault = disk.Meet(step);
  if (!fault) return change();
  if (*fault == Fault::kErrorThoughDone || *fault == Fault::kEndAfter) {
    if (const Status changed = change(); !changed.ok()) return changed;
  }
  if (*fault == Fault::kDiskFull) half();
  return ErrorOf(*fault);
}

class WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(FaultyDisk& disk, std::string kind, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), kind_(std::move(kind)) {}

  Status Append(const rocksdb::Slice& data, const Io& io, Debug* debug) override {
    return Try(
        disk_, {Change::kAppend, kind_}, [&] { return target()->Append(data, io, debug); },
        [&] {
          const rocksdb::Slice half(data.data(), data.size() / 2);
          target()->Append(half, io, debug).PermitUncheckedError();
        });
  }
  Status Append(const rocksdb::Slice& data, const Io& io, const rocksdb::DataVerificationInfo&,
                Debug* debug) override {
    return Append(data, io, debug);
  }
  Status Sync(const Io& io, Debug* debug) override {
    return Try(disk_, {Change::kSync, kind_}, [&] { return target()->Sync(io, debug); });
  }
  Status Fsync(const Io& io, Debug* debug) override { return Sync(io, debug); }
  Status Close(const Io& io, Debug* debug) override {
    return Try(disk_, {Change::kClose, kind_}, [&] { return target()->Close(io, debug); });
  }

 private:
  FaultyDisk& disk_;
  const std::string kind_;
};

class RandomRwFile final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  RandomRwFile(FaultyDisk& disk, std::string kind, std::unique_ptr<rocksdb::FSRandomRWFile> file)
      : FSRandomRWFileOwnerWrapper(std::move(file)), disk_(disk), kind_(std::move(kind)) {}

  Status Write(uint64_t offset, const rocksdb::Slice& data, const Io& io, Debug* debug) override {
    return Try(
        disk_, {Change::kAppend, kind_}, [&] { return target()->Write(offset, data, io, debug); },
        [&] {
          const rocksdb::Slice half(data.data(), data.size() / 2);
          target()->Write(offset, half, io, debug).PermitUncheckedError();
        });
  }
  Status Sync(const Io& io, Debug* debug) override {
    return Try(disk_, {Change::kSync, kind_}, [&] { return target()->Sync(io, debug); });
  }
  Status Fsync(const Io& io, Debug* debug) override { return Sync(io, debug); }
  Status Close(const Io& io, Debug* debug) override {
    return Try(disk_, {Change::kClose, kind_}, [&] { return target()->Close(io, debug); });
  }

 private:
  FaultyDisk& disk_;
  const std::string kind_;
};

class OpenDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  OpenDirectory(FaultyDisk& disk, std::string kind, std::unique_ptr<rocksdb::FSDirectory> directory)
      : FSDirectoryWrapper(std::move(directory)), disk_(disk), kind_(std::move(kind)) {}

  Status Fsync(const Io& io, Debug* debug) override {
    return Try(disk_, {Change::kSync, kind_}, [&] { return FSDirectoryWrapper::Fsync(io, debug); });
  }
  Status FsyncWithDirOptions(const Io& io, Debug* debug, const rocksdb::DirFsyncOptions&) override {
    return Fsync(io, debug);
  }

 private:
  FaultyDisk& disk_;
  const std::string kind_;
};

}  // namespace

std::string Step::Name() const { return NameOf(change) + " " + file; }

FaultyDisk::FaultyDisk(std::shared_ptr<SimulatedDisk> disk) : FileSystemWrapper(std::move(disk)) {}

void FaultyDisk::Observe() {
  const std::lock_guard<std::mutex> lock(mutex_);
  steps_.clear();
}

std::map<Step, uint64_t> FaultyDisk::steps() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return steps_;
}

void FaultyDisk::Arm(const Step& step, uint64_t occurrence, Fault fault) {
  const std::lock_guard<std::mutex> lock(mutex_);
  armed_ = step;
  left_ = occurrence;
  fault_ = fault;
}

bool FaultyDisk::fired() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return fired_;
}

void FaultyDisk::Repair() {
  const std::lock_guard<std::mutex> lock(mutex_);
  armed_.reset();
  fired_ = false;
}

std::optional<Fault> FaultyDisk::Meet(const Step& step) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++steps_[step];
  if (fired_) {
    const bool grows = step.change == Change::kCreate || step.change == Change::kAppend ||
                       step.change == Change::kLink || step.change == Change::kRename;
    switch (fault_) {
      case Fault::kError:
      case Fault::kErrorThoughDone:
        return std::nullopt;
      case Fault::kDiskFull:
        return grows ? std::optional(fault_) : std::nullopt;
      case Fault::kEndBefore:
      case Fault::kEndAfter:
        return Fault::kEndBefore;
      case Fault::kReadOnly:
        return fault_;
    }
  }
  if (armed_ != step || --left_ > 0) return std::nullopt;
  fired_ = true;
  return fault_;
}

Status FaultyDisk::NewWritableFile(const std::string& path, const FileOptions& options,
                                   std::unique_ptr<rocksdb::FSWritableFile>* out, Debug* debug) {
  const std::string kind = KindOf(path);
  std::unique_ptr<rocksdb::FSWritableFile> file;
  const Status made = Try(*this, {Change::kCreate, kind},
                          [&] { return target()->NewWritableFile(path, options, &file, debug); });
  if (made.ok()) *out = std::make_unique<WritableFile>(*this, kind, std::move(file));
  return made;
}

Status FaultyDisk::ReopenWritableFile(const std::string& path, const FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* out, Debug* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  const Status opened = target()->ReopenWritableFile(path, options, &file, debug);
  if (opened.ok()) *out = std::make_unique<WritableFile>(*this, KindOf(path), std::move(file));
  return opened;
}

Status FaultyDisk::NewRandomRWFile(const std::string& path, const FileOptions& options,
                                   std::unique_ptr<rocksdb::FSRandomRWFile>* out, Debug* debug) {
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  const Status opened = target()->NewRandomRWFile(path, options, &file, debug);
  if (opened.ok()) *out = std::make_unique<RandomRwFile>(*this, KindOf(path), std::move(file));
  return opened;
}

Status FaultyDisk::NewDirectory(const std::string& path, const Io& io,
                                std::unique_ptr<rocksdb::FSDirectory>* out, Debug* debug) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  const Status opened = target()->NewDirectory(path, io, &directory, debug);
  if (opened.ok()) {
    *out = std::make_unique<OpenDirectory>(*this, DirectoryKind(path), std::move(directory));
  }
  return opened;
}

Status FaultyDisk::DeleteFile(const std::string& path, const Io& io, Debug* debug) {
  return Try(*this, {Change::kRemove, KindOf(path)},
             [&] { return target()->DeleteFile(path, io, debug); });
}

Status FaultyDisk::CreateDir(const std::string& path, const Io& io, Debug* debug) {
  return Try(*this, {Change::kCreate, DirectoryKind(path)},
             [&] { return target()->CreateDir(path, io, debug); });
}

Status FaultyDisk::CreateDirIfMissing(const std::string& path, const Io& io, Debug* debug) {
  if (target()->FileExists(path, io, debug).ok()) return Status::OK();
  return CreateDir(path, io, debug);
}

Status FaultyDisk::DeleteDir(const std::string& path, const Io& io, Debug* debug) {
  return Try(*this, {Change::kRemove, DirectoryKind(path)},
             [&] { return target()->DeleteDir(path, io, debug); });
}

Status FaultyDisk::RenameFile(const std::string& from, const std::string& to, const Io& io,
                              Debug* debug) {
  return Try(*this, {Change::kRename, KindOf(from)},
             [&] { return target()->RenameFile(from, to, io, debug); });
}

Status FaultyDisk::LinkFile(const std::string& from, const std::string& to, const Io& io,
                            Debug* debug) {
  return Try(*this, {Change::kLink, KindOf(from)},
             [&] { return target()->LinkFile(from, to, io, debug); });
}

Status FaultyDisk::LockFile(const std::string& path, const Io& io, rocksdb::FileLock** out,
                            Debug* debug) {
  // Only making the file is a change.
  if (target()->FileExists(path, io, debug).ok()) {
    return target()->LockFile(path, io, out, debug);
  }
  return Try(*this, {Change::kCreate, KindOf(path)},
             [&] { return target()->LockFile(path, io, out, debug); });
}

}  // namespace cairn::ledger::testing
