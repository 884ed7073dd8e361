#include "witness/rocksdb/store.h"

#include <sys/random.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "witness/rocksdb/database/database.h"

namespace cairn::witness {
namespace {

using database::Batch;
using database::FromRocksDb;
using database::ToSlice;
using database::ToView;

constexpr char kFormatKey[] = "format";
constexpr char kVkeyKey[] = "vkey";
constexpr char kIdKey[] = "id";
constexpr absl::string_view kLogPrefix = "log/";
constexpr char kFormat[] = "1";
// Size, root, time.
constexpr size_t kFixedBytes = 8 + Hash::kSize + 8;

std::string LogKey(const Hash& origin_hash) { return absl::StrCat(kLogPrefix, origin_hash.view()); }

void AppendU64(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

uint64_t TakeU64(absl::string_view& bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(8);
  return value;
}

}  // namespace

std::string FormatKeptLog(const KeptLog& log) {
  std::string out;
  out.reserve(kFixedBytes + log.note.size());
  AppendU64(out, log.tree.size.value());
  absl::StrAppend(&out, log.tree.root.view());
  AppendU64(out, log.cosigned_at_s);
  absl::StrAppend(&out, log.note);
  return out;
}

absl::StatusOr<KeptLog> ParseKeptLog(absl::string_view bytes) {
  if (bytes.size() <= kFixedBytes) {
    return absl::DataLossError(absl::StrCat("a witness's row of ", bytes.size(), " bytes"));
  }
  KeptLog log;
  log.tree.size = TreeSize(TakeU64(bytes));
  log.tree.root = *Hash::FromBytes(bytes.substr(0, Hash::kSize));
  bytes.remove_prefix(Hash::kSize);
  log.cosigned_at_s = TakeU64(bytes);
  log.note = std::string(bytes);
  return log;
}

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(const OpenOptions& options) {
  auto db = database::Open(options.path, options.create, "the witness's");
  if (!db.ok()) return db.status();
  std::unique_ptr<RocksDbStore> store(new RocksDbStore(*std::move(db)));
  if (absl::Status known = store->Identify(options); !known.ok()) return known;
  return store;
}

absl::Status RocksDbStore::Begin(const std::string& vkey) {
  if (getrandom(id_.data(), id_.size(), 0) != static_cast<ssize_t>(id_.size())) {
    return absl::InternalError("the system gave no random bytes");
  }
  Batch batch;
  batch.Put(kFormatKey, kFormat);
  batch.Put(kVkeyKey, vkey);
  batch.Put(kIdKey, {reinterpret_cast<const char*>(id_.data()), id_.size()});
  return FromRocksDb(batch.WriteTo(*db_), "making the witness's database");
}

absl::Status RocksDbStore::Identify(const OpenOptions& options) {
  std::string format, vkey, id;
  const rocksdb::Status read = db_->Get({}, kFormatKey, &format);
  if (read.IsNotFound()) {
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
    rows->SeekToFirst();
    if (!rows->status().ok()) return FromRocksDb(rows->status(), "reading the witness's database");
    // Dead while it was made; nothing was ever signed.
    if (!rows->Valid()) return Begin(options.vkey);
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, " holds a database that is no witness's"));
  }
  if (!read.ok()) return FromRocksDb(read, "reading the witness's format");
  if (format != kFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, " has format ", format, "; this build reads ", kFormat));
  }
  rocksdb::Status status = db_->Get({}, kVkeyKey, &vkey);
  if (status.ok()) status = db_->Get({}, kIdKey, &id);
  if (!status.ok() || id.size() != id_.size()) {
    return absl::DataLossError(absl::StrCat(options.path, " does not say whose it is"));
  }
  if (vkey != options.vkey) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, " is of witness ", vkey, ", not of ", options.vkey,
                     "; a witness that changes its key begins in a directory of its own"));
  }
  std::copy(id.begin(), id.end(), id_.begin());
  return absl::OkStatus();
}

absl::Status RocksDbStore::Write(absl::Span<const std::pair<Hash, KeptLog>> logs) {
  Batch batch;
  for (const auto& [origin_hash, log] : logs) batch.Put(LogKey(origin_hash), FormatKeptLog(log));
  return FromRocksDb(batch.WriteTo(*db_), "storing checkpoints");
}

absl::StatusOr<std::optional<KeptLog>> RocksDbStore::Read(const Hash& origin_hash) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db_->Get({}, db_->DefaultColumnFamily(), LogKey(origin_hash), &value);
  if (status.IsNotFound()) return std::optional<KeptLog>();
  if (!status.ok()) return FromRocksDb(status, "reading a checkpoint");
  absl::StatusOr<KeptLog> log = ParseKeptLog(ToView(value));
  if (!log.ok()) return log.status();
  return std::optional<KeptLog>(*std::move(log));
}

absl::Status RocksDbStore::ReadAll(
    const std::function<absl::Status(const Hash& origin_hash, const KeptLog& log)>& each) {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  for (rows->Seek(ToSlice(kLogPrefix)); rows->Valid(); rows->Next()) {
    absl::string_view key = ToView(rows->key());
    if (!absl::ConsumePrefix(&key, kLogPrefix)) break;
    const absl::StatusOr<Hash> origin_hash = Hash::FromBytes(key);
    if (!origin_hash.ok()) return absl::DataLossError("a witness's row has no SHA-256 as its key");
    const absl::StatusOr<KeptLog> log = ParseKeptLog(ToView(rows->value()));
    if (!log.ok()) return log.status();
    if (absl::Status taken = each(*origin_hash, *log); !taken.ok()) return taken;
  }
  return FromRocksDb(rows->status(), "reading all checkpoints");
}

}  // namespace cairn::witness
