#include "ledger/rocksdb/signed_file.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ledger/rocksdb/codec.h"
#include "ledger/rocksdb/status.h"
#include "merkle/hash.h"

namespace cairn::ledger {
namespace {

constexpr absl::string_view kMagic = "cairnsig";
constexpr size_t kSlotSpacing = 4096;
constexpr size_t kBodyBytes = 8 + 8 + 8 + 32 + 8;
constexpr size_t kSlotBytes = kBodyBytes + Hash::kSize;

uint64_t OffsetOf(uint64_t sequence) { return sequence % 2 * kSlotSpacing; }

absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status NothingValid(const std::string& path) {
  return absl::DataLossError(absl::StrCat(
      path, " is damaged: what this log last signed is not known; restore it from a backup"));
}

}  // namespace

std::string SignedFile::Format(const Slot& slot) {
  std::string out =
      absl::StrCat(kMagic, codec::FormatU64(slot.sequence), codec::FormatTreeState(slot.state));
  absl::StrAppend(&out, merkle::Sha256(out).view());
  return out;
}

std::optional<SignedFile::Slot> SignedFile::Parse(absl::string_view bytes) {
  if (bytes.size() != kSlotBytes) return std::nullopt;
  const absl::string_view body = bytes.substr(0, kBodyBytes);
  if (merkle::Sha256(body).view() != bytes.substr(kBodyBytes)) return std::nullopt;
  if (body.substr(0, kMagic.size()) != kMagic) return std::nullopt;
  const auto sequence = codec::ParseU64(body.substr(8, 8));
  const auto state = codec::ParseTreeState(body.substr(16));
  if (!sequence.ok() || !state.ok()) return std::nullopt;
  return Slot{*sequence, *state};
}

absl::Status SignedFile::Create(rocksdb::FileSystem& file_system, const std::string& path) {
  std::string contents = Format(Slot{0, TreeState{TreeSize(0), merkle::EmptyRoot(), 0}});
  contents.resize(2 * kSlotSpacing);
  const rocksdb::IOOptions io;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status =
      file_system.NewWritableFile(path, rocksdb::FileOptions(), &file, nullptr);
  if (status.ok()) status = file->Append(contents, io, nullptr);
  if (status.ok()) status = file->Fsync(io, nullptr);
  if (status.ok()) status = file->Close(io, nullptr);
  return FromRocksDb(status, absl::StrCat("creating ", path));
}

absl::StatusOr<SignedRecord> SignedFile::Read(rocksdb::FileSystem& file_system,
                                              const std::string& path) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  rocksdb::IOStatus status =
      file_system.NewRandomAccessFile(path, rocksdb::FileOptions(), &file, nullptr);
  std::vector<Slot> slots;
  SignedRecord record;
  for (const uint64_t which : {0, 1}) {
    std::string buffer(kSlotBytes, '\0');
    rocksdb::Slice read;
    if (status.ok()) {
      status = file->Read(OffsetOf(which), kSlotBytes, rocksdb::IOOptions(), &read, buffer.data(),
                          nullptr);
    }
    if (!status.ok()) return FromRocksDb(status, absl::StrCat("reading ", path));
    if (const std::optional<Slot> slot = Parse(ToView(read))) {
      slots.push_back(*slot);
    } else if (ToView(read) != std::string(kSlotBytes, '\0')) {
      record.damage = absl::StrCat("slot ", which, " of ", path, " is damaged");
    }
  }
  if (slots.empty()) return NothingValid(path);
  std::sort(slots.begin(), slots.end(),
            [](const Slot& a, const Slot& b) { return a.sequence > b.sequence; });
  for (const Slot& slot : slots) {
    if (slot.sequence != 0) record.states.push_back(slot.state);
  }
  return record;
}

absl::StatusOr<std::unique_ptr<SignedFile>> SignedFile::Open(rocksdb::FileSystem& file_system,
                                                             const std::string& path) {
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  rocksdb::IOStatus status =
      file_system.NewRandomRWFile(path, rocksdb::FileOptions(), &file, nullptr);
  std::optional<Slot> newest;
  for (const uint64_t which : {0, 1}) {
    std::string buffer(kSlotBytes, '\0');
    rocksdb::Slice read;
    if (status.ok()) {
      status = file->Read(OffsetOf(which), kSlotBytes, rocksdb::IOOptions(), &read, buffer.data(),
                          nullptr);
    }
    if (!status.ok()) return FromRocksDb(status, absl::StrCat("opening ", path));
    const std::optional<Slot> slot = Parse(ToView(read));
    if (slot && (!newest || slot->sequence > newest->sequence)) newest = slot;
  }
  if (!newest) return NothingValid(path);
  return std::unique_ptr<SignedFile>(new SignedFile(std::move(file), *newest));
}

SignedFile::~SignedFile() {
  // Nothing is lost when this fails: the record is a lower bound either way.
  file_->Fsync(rocksdb::IOOptions(), nullptr).PermitUncheckedError();
  file_->Close(rocksdb::IOOptions(), nullptr).PermitUncheckedError();
}

absl::Status SignedFile::Record(const TreeState& state) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Slot next{newest_.sequence + 1, state};
  const absl::Status status = FromRocksDb(
      file_->Write(OffsetOf(next.sequence), Format(next), rocksdb::IOOptions(), nullptr),
      "recording what is about to be signed");
  if (status.ok()) newest_ = next;
  return status;
}

std::optional<TreeState> SignedFile::last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (newest_.sequence == 0) return std::nullopt;
  return newest_.state;
}

}  // namespace cairn::ledger
