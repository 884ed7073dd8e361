#include "ledger/rocksdb/testing/simulated_disk.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cairn::ledger::testing {

// A file or a directory.
struct SimulatedDisk::Node {
  bool is_directory = false;
  // A file: what a process reads, what power failure leaves, and from where they differ.
  std::string data;
  std::string durable;
  size_t dirty_from = 0;
  // A directory: likewise.
  std::map<std::string, NodePtr> entries;
  std::map<std::string, NodePtr> durable_entries;
};

namespace {

using Io = rocksdb::IOOptions;
using Debug = rocksdb::IODebugContext;
using Status = rocksdb::IOStatus;
using Node = SimulatedDisk::Node;

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  SequentialFile(const SimulatedDisk& disk, std::shared_ptr<Node> node)
      : disk_(disk), node_(std::move(node)) {}
  Status Read(size_t size, const Io&, rocksdb::Slice* out, char* scratch, Debug*) override {
    const size_t read = disk_.Read(*node_, at_, size, scratch);
    at_ += read;
    *out = rocksdb::Slice(scratch, read);
    return Status::OK();
  }
  Status Skip(uint64_t size) override {
    at_ += size;
    return Status::OK();
  }

 private:
  const SimulatedDisk& disk_;
  std::shared_ptr<Node> node_;
  uint64_t at_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccessFile(const SimulatedDisk& disk, std::shared_ptr<Node> node)
      : disk_(disk), node_(std::move(node)) {}
  Status Read(uint64_t offset, size_t size, const Io&, rocksdb::Slice* out, char* scratch,
              Debug*) const override {
    *out = rocksdb::Slice(scratch, disk_.Read(*node_, offset, size, scratch));
    return Status::OK();
  }

 private:
  const SimulatedDisk& disk_;
  std::shared_ptr<Node> node_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  WritableFile(SimulatedDisk& disk, std::shared_ptr<Node> node)
      : disk_(disk), node_(std::move(node)) {}
  using FSWritableFile::Append;
  Status Append(const rocksdb::Slice& data, const Io&, Debug*) override {
    return disk_.Write(*node_, disk_.SizeOf(*node_), data);
  }
  Status Truncate(uint64_t size, const Io&, Debug*) override { return disk_.Cut(*node_, size); }
  Status Close(const Io&, Debug*) override { return Status::OK(); }
  Status Flush(const Io&, Debug*) override { return Status::OK(); }
  Status Sync(const Io&, Debug*) override { return disk_.Sync(*node_); }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize(const Io&, Debug*) override { return disk_.SizeOf(*node_); }

 private:
  SimulatedDisk& disk_;
  std::shared_ptr<Node> node_;
};

class RandomRwFile final : public rocksdb::FSRandomRWFile {
 public:
  RandomRwFile(SimulatedDisk& disk, std::shared_ptr<Node> node)
      : disk_(disk), node_(std::move(node)) {}
  Status Write(uint64_t offset, const rocksdb::Slice& data, const Io&, Debug*) override {
    return disk_.Write(*node_, offset, data);
  }
  Status Read(uint64_t offset, size_t size, const Io&, rocksdb::Slice* out, char* scratch,
              Debug*) const override {
    *out = rocksdb::Slice(scratch, disk_.Read(*node_, offset, size, scratch));
    return Status::OK();
  }
  Status Flush(const Io&, Debug*) override { return Status::OK(); }
  Status Sync(const Io&, Debug*) override { return disk_.Sync(*node_); }
  Status Close(const Io&, Debug*) override { return Status::OK(); }

 private:
  SimulatedDisk& disk_;
  std::shared_ptr<Node> node_;
};

class OpenDirectory final : public rocksdb::FSDirectory {
 public:
  OpenDirectory(SimulatedDisk& disk, std::shared_ptr<Node> node)
      : disk_(disk), node_(std::move(node)) {}
  Status Fsync(const Io&, Debug*) override { return disk_.Sync(*node_); }

 private:
  SimulatedDisk& disk_;
  std::shared_ptr<Node> node_;
};

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::string path) : path(std::move(path)) {}
  const std::string path;
};

class NullLogger final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
  size_t GetLogFileSize() const override { return 0; }
};

}  // namespace

SimulatedDisk::SimulatedDisk() : root_(std::make_shared<Node>()) { root_->is_directory = true; }
SimulatedDisk::~SimulatedDisk() = default;

void SimulatedDisk::CutPowerAfter(uint64_t changes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  cut_at_ = changes_ + changes;
}

bool SimulatedDisk::power_is_off() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return changes_ >= cut_at_;
}

uint64_t SimulatedDisk::changes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return changes_;
}

void SimulatedDisk::Restart(bool torn, std::mt19937_64& random) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Settle(*root_, torn, random);
  }
  RestartProcess();
}

void SimulatedDisk::RestartProcess() {
  const std::lock_guard<std::mutex> lock(mutex_);
  locked_.clear();
  changes_ = 0;
  cut_at_ = UINT64_MAX;
}

void SimulatedDisk::Settle(Node& node, bool torn, std::mt19937_64& random) {
  if (node.is_directory) {
    node.entries = node.durable_entries;
    for (const auto& [name, child] : node.entries) Settle(*child, torn, random);
    return;
  }
  // A tail that was appended and not synced may be there in part.
  if (torn && node.data.size() > node.durable.size() && node.dirty_from >= node.durable.size()) {
    const size_t kept = random() % (node.data.size() - node.durable.size() + 1);
    node.durable.append(node.data, node.durable.size(), kept);
  }
  node.data = node.durable;
  node.dirty_from = node.data.size();
}

Status SimulatedDisk::Change() {
  if (changes_ >= cut_at_) return Status::IOError("the power is off");
  ++changes_;
  return changes_ >= cut_at_ ? Status::IOError("the power fails") : Status::OK();
}

SimulatedDisk::NodePtr SimulatedDisk::Parent(const std::string& path, std::string* name) const {
  NodePtr at = root_;
  std::string part;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) {
      if (!part.empty()) {
        const auto child = at->entries.find(part);
        if (child == at->entries.end() || !child->second->is_directory) return nullptr;
        at = child->second;
      }
      part = path.substr(begin, end - begin);
    }
    begin = end + 1;
  }
  *name = part;
  return at;
}

SimulatedDisk::NodePtr SimulatedDisk::Find(const std::string& path) const {
  std::string name;
  const NodePtr parent = Parent(path, &name);
  if (!parent || name.empty()) return parent;
  const auto found = parent->entries.find(name);
  return found == parent->entries.end() ? nullptr : found->second;
}

Status SimulatedDisk::Open(const std::string& path, NodePtr* out) const {
  *out = Find(path);
  return *out ? Status::OK() : Status::PathNotFound("no such file", path);
}

Status SimulatedDisk::Make(const std::string& path, bool directory) {
  std::string name;
  const NodePtr parent = Parent(path, &name);
  if (!parent) return Status::PathNotFound("no such directory", path);
  const Status changed = Change();
  if (!changed.ok()) return changed;
  const auto node = std::make_shared<Node>();
  node->is_directory = directory;
  parent->entries[name] = node;
  return Status::OK();
}

size_t SimulatedDisk::Read(const Node& node, uint64_t offset, size_t size, char* out) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (offset >= node.data.size()) return 0;
  const size_t read = std::min<size_t>(size, node.data.size() - offset);
  std::copy_n(node.data.data() + offset, read, out);
  return read;
}

uint64_t SimulatedDisk::SizeOf(const Node& node) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return node.data.size();
}

void SimulatedDisk::WriteNow(Node& node, uint64_t offset, const rocksdb::Slice& data) {
  if (node.data.size() < offset + data.size()) node.data.resize(offset + data.size());
  std::memcpy(node.data.data() + offset, data.data(), data.size());
  node.dirty_from = std::min<size_t>(node.dirty_from, offset);
}

Status SimulatedDisk::Write(Node& node, uint64_t offset, const rocksdb::Slice& data) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Status changed = Change();
  if (changed.ok()) WriteNow(node, offset, data);
  return changed;
}

Status SimulatedDisk::Cut(Node& node, uint64_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Status changed = Change();
  if (!changed.ok()) return changed;
  node.data.resize(size);
  node.dirty_from = std::min<size_t>(node.dirty_from, size);
  return Status::OK();
}

Status SimulatedDisk::Sync(Node& node) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Status changed = Change();
  if (!changed.ok()) return changed;
  if (node.is_directory) {
    node.durable_entries = node.entries;
  } else {
    node.durable.resize(std::min(node.dirty_from, node.durable.size()));
    node.durable.append(node.data, node.durable.size(), std::string::npos);
    node.dirty_from = node.data.size();
  }
  return Status::OK();
}

Status SimulatedDisk::NewSequentialFile(const std::string& path, const FileOptions&,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* out, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NodePtr node;
  const Status opened = Open(path, &node);
  if (opened.ok()) *out = std::make_unique<SequentialFile>(*this, node);
  return opened;
}

Status SimulatedDisk::NewRandomAccessFile(const std::string& path, const FileOptions&,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* out,
                                          Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NodePtr node;
  const Status opened = Open(path, &node);
  if (opened.ok()) *out = std::make_unique<RandomAccessFile>(*this, node);
  return opened;
}

Status SimulatedDisk::NewWritableFile(const std::string& path, const FileOptions&,
                                      std::unique_ptr<rocksdb::FSWritableFile>* out, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Status made = Make(path, /*directory=*/false);
  if (made.ok()) *out = std::make_unique<WritableFile>(*this, Find(path));
  return made;
}

Status SimulatedDisk::ReopenWritableFile(const std::string& path, const FileOptions&,
                                         std::unique_ptr<rocksdb::FSWritableFile>* out, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NodePtr node;
  const Status opened = Open(path, &node);
  if (opened.ok()) *out = std::make_unique<WritableFile>(*this, node);
  return opened;
}

Status SimulatedDisk::NewRandomRWFile(const std::string& path, const FileOptions&,
                                      std::unique_ptr<rocksdb::FSRandomRWFile>* out, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NodePtr node;
  const Status opened = Open(path, &node);
  if (opened.ok()) *out = std::make_unique<RandomRwFile>(*this, node);
  return opened;
}

Status SimulatedDisk::NewDirectory(const std::string& path, const Io&,
                                   std::unique_ptr<rocksdb::FSDirectory>* out, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NodePtr node;
  const Status opened = Open(path, &node);
  if (opened.ok()) *out = std::make_unique<OpenDirectory>(*this, node);
  return opened;
}

Status SimulatedDisk::FileExists(const std::string& path, const Io&, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Find(path) ? Status::OK() : Status::NotFound(path);
}

Status SimulatedDisk::GetChildren(const std::string& path, const Io&, std::vector<std::string>* out,
                                  Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NodePtr node;
  const Status opened = Open(path, &node);
  if (!opened.ok()) return opened;
  out->clear();
  for (const auto& [name, child] : node->entries) out->push_back(name);
  return Status::OK();
}

Status SimulatedDisk::DeleteFile(const std::string& path, const Io&, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string name;
  const NodePtr parent = Parent(path, &name);
  if (!parent || parent->entries.count(name) == 0) {
    return Status::PathNotFound("no such file", path);
  }
  const Status changed = Change();
  if (changed.ok()) parent->entries.erase(name);
  return changed;
}

Status SimulatedDisk::Truncate(const std::string& path, size_t size, const Io&, Debug*) {
  NodePtr node;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Status opened = Open(path, &node);
    if (!opened.ok()) return opened;
  }
  return Cut(*node, size);
}

Status SimulatedDisk::CreateDir(const std::string& path, const Io&, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (Find(path)) return Status::IOError("exists", path);
  return Make(path, /*directory=*/true);
}

Status SimulatedDisk::CreateDirIfMissing(const std::string& path, const Io&, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Find(path) ? Status::OK() : Make(path, /*directory=*/true);
}

Status SimulatedDisk::DeleteDir(const std::string& path, const Io& io, Debug* debug) {
  return DeleteFile(path, io, debug);
}

Status SimulatedDisk::GetFileSize(const std::string& path, const Io&, uint64_t* out, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NodePtr node;
  const Status opened = Open(path, &node);
  if (opened.ok()) *out = node->data.size();
  return opened;
}

Status SimulatedDisk::GetFileModificationTime(const std::string& path, const Io&, uint64_t* out,
                                              Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NodePtr node;
  *out = 0;
  return Open(path, &node);
}

Status SimulatedDisk::RenameFile(const std::string& from, const std::string& to, const Io&,
                                 Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string from_name, to_name;
  const NodePtr source = Parent(from, &from_name);
  const NodePtr target = Parent(to, &to_name);
  if (!source || !target || source->entries.count(from_name) == 0) {
    return Status::PathNotFound("no such file", from);
  }
  const Status changed = Change();
  if (!changed.ok()) return changed;
  const NodePtr node = source->entries[from_name];
  source->entries.erase(from_name);
  target->entries[to_name] = node;
  return Status::OK();
}

Status SimulatedDisk::LinkFile(const std::string& from, const std::string& to, const Io&, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string name;
  const NodePtr node = Find(from);
  const NodePtr target = Parent(to, &name);
  if (!node || !target) return Status::PathNotFound("no such file", from);
  const Status changed = Change();
  if (changed.ok()) target->entries[name] = node;
  return changed;
}

Status SimulatedDisk::LockFile(const std::string& path, const Io&, rocksdb::FileLock** out,
                               Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!Find(path)) {
    const Status made = Make(path, /*directory=*/false);
    if (!made.ok()) return made;
  }
  if (!locked_.insert(path).second) return Status::IOError("locked", path);
  *out = new Lock(path);
  return Status::OK();
}

Status SimulatedDisk::UnlockFile(rocksdb::FileLock* lock, const Io&, Debug*) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const std::unique_ptr<Lock> owned(static_cast<Lock*>(lock));
  locked_.erase(owned->path);
  return Status::OK();
}

Status SimulatedDisk::GetTestDirectory(const Io&, std::string* out, Debug*) {
  *out = std::string(1, '/');
  return Status::OK();
}

Status SimulatedDisk::NewLogger(const std::string&, const Io&,
                                std::shared_ptr<rocksdb::Logger>* out, Debug*) {
  *out = std::make_shared<NullLogger>();
  return Status::OK();
}

Status SimulatedDisk::GetAbsolutePath(const std::string& path, const Io&, std::string* out,
                                      Debug*) {
  *out = path;
  return Status::OK();
}

Status SimulatedDisk::IsDirectory(const std::string& path, const Io&, bool* out, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  NodePtr node;
  const Status opened = Open(path, &node);
  if (opened.ok()) *out = node->is_directory;
  return opened;
}

Status SimulatedDisk::GetFreeSpace(const std::string&, const Io&, uint64_t* out, Debug*) {
  *out = uint64_t{1} << 40;
  return Status::OK();
}

}  // namespace cairn::ledger::testing
