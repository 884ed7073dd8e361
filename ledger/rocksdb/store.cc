#include "ledger/rocksdb/store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>
#include <sys/random.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ledger/rocksdb/codec.h"
#include "ledger/rocksdb/directory.h"
#include "ledger/rocksdb/families.h"
#include "ledger/rocksdb/opening.h"
#include "ledger/rocksdb/signed_file.h"
#include "ledger/rocksdb/status.h"
#include "ledger/rocksdb/table_keeper.h"
#include "witness/rocksdb/database/info_log.h"

namespace cairn::ledger {
namespace {

constexpr uint64_t kMostIndexTableBytes = 16u << 20;
constexpr uint64_t kMostAnchorsBytes = 16u << 20;
static_assert(kRecoveryBytes == kMaxWalBytes + kMostIndexTableBytes + kMostAnchorsBytes);

rocksdb::Slice ToSlice(absl::string_view view) { return {view.data(), view.size()}; }
rocksdb::Slice TagSlice(const IndexTag& tag) {
  return {reinterpret_cast<const char*>(tag.data()), tag.size()};
}
absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

template <size_t N>
absl::Status FillRandom(std::array<uint8_t, N>& out) {
  static_assert(N <= 256, "getrandom answers so many bytes whole");
  if (getrandom(out.data(), N, 0) != static_cast<ssize_t>(N)) {
    return absl::UnavailableError("the system has no randomness for a new log");
  }
  return absl::OkStatus();
}

// Makes the database of a new log at `path` and closes it.
absl::Status MakeDatabase(rocksdb::Env* env, const LogIdentity& identity, const std::string& path) {
  rocksdb::DBOptions options = DatabaseOptions(env);
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.error_if_exists = true;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, path, Families(0), &handles, &opened);
  if (!status.ok()) return FromRocksDb(status, "creating the database");
  const std::unique_ptr<rocksdb::DB> db(opened);

  rocksdb::WriteBatch batch;
  const TreeState empty{TreeSize(0), merkle::EmptyRoot(), 0};
  status = batch.Put(ToSlice(codec::kFormatKey), codec::FormatU32(codec::kFormatVersion));
  if (status.ok()) {
    status = batch.Put(ToSlice(codec::kIdentityKey), codec::FormatIdentity(identity));
  }
  if (status.ok()) status = batch.Put(ToSlice(codec::kTreeKey), codec::FormatTreeState(empty));
  rocksdb::WriteOptions write;
  write.sync = true;
  if (status.ok()) status = db->Write(write, &batch);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    const rocksdb::Status destroyed = db->DestroyColumnFamilyHandle(handle);
    if (status.ok()) status = destroyed;
  }
  const rocksdb::Status closed = db->Close();
  if (status.ok()) status = closed;
  return FromRocksDb(status, "creating the database");
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(const OpenOptions& options) {
  // A file system that was given has a log of its own kind.
  auto file_system = std::make_shared<TableKeeper>(
      options.file_system
          ? options.file_system
          : std::make_shared<database::InfoLogKeeper>(rocksdb::FileSystem::Default()));
  if (!options.create) {
    const auto has_log = Directory::HasLog(*file_system, options.path);
    if (!has_log.ok()) return has_log.status();
    if (!*has_log) return absl::NotFoundError(absl::StrCat("there is no log in ", options.path));
  }
  auto directory = Directory::Claim(file_system, options.path);
  if (!directory.ok()) return directory.status();
  const auto has_log = (*directory)->HasLog();
  if (!has_log.ok()) return has_log.status();

  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(file_system);
  if (*has_log) {
    if (absl::Status synced = (*directory)->SyncNames(); !synced.ok()) return synced;
  } else {
    LogIdentity identity;
    identity.origin = options.origin;
    identity.vkey = options.vkey;
    absl::Status status = FillRandom(identity.log_id);
    if (status.ok()) status = FillRandom(identity.index_salt);
    if (status.ok()) {
      status = (*directory)->Create([&](const std::string& path) {
        return MakeDatabase(env.get(), identity, path);
      });
    }
    if (!status.ok()) return status;
  }

  std::unique_ptr<RocksDbStore> store(
      new RocksDbStore(std::move(env), std::move(file_system), *std::move(directory)));
  absl::Status status = store->OpenDatabase(options.block_cache_bytes);
  if (status.ok()) status = store->LoadIdentity();
  if (status.ok()) status = store->CheckIdentity(options);
  if (status.ok()) status = store->CheckEnd();
  if (status.ok()) status = store->directory_->ClearStaging();
  if (!status.ok()) return status;
  return store;
}

RocksDbStore::RocksDbStore(std::unique_ptr<rocksdb::Env> env,
                           std::shared_ptr<rocksdb::FileSystem> file_system,
                           std::unique_ptr<Directory> directory)
    : env_(std::move(env)),
      file_system_(std::move(file_system)),
      directory_(std::move(directory)) {}

RocksDbStore::~RocksDbStore() {
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
  // What was acknowledged is in the WAL already.
  db_->Close().PermitUncheckedError();
}

absl::Status RocksDbStore::OpenDatabase(size_t block_cache_bytes) {
  const std::string path = directory_->DatabasePath();
  const rocksdb::DBOptions options = DatabaseOptions(env_.get());
  if (absl::Status ours = CheckFamilies(options, path); !ours.ok()) return ours;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(options, path, Families(block_cache_bytes), &families_, &opened);
  if (!status.ok()) return FromOpening(status, path);
  db_.reset(opened);
  auto signed_file = SignedFile::Open(*file_system_, directory_->SignedPath());
  if (!signed_file.ok()) return signed_file.status();
  signed_ = *std::move(signed_file);
  return absl::OkStatus();
}

absl::Status RocksDbStore::LoadIdentity() {
  auto identity = ReadIdentity(*db_, directory_->path());
  if (!identity.ok()) return identity.status();
  identity_ = *std::move(identity);
  return absl::OkStatus();
}

absl::Status RocksDbStore::CheckIdentity(const OpenOptions& options) const {
  if (identity_.origin != options.origin) {
    return absl::FailedPreconditionError(absl::StrCat(directory_->path(), " holds the log ",
                                                      identity_.origin, ", not ", options.origin,
                                                      ": name its own directory"));
  }
  if (identity_.vkey != options.vkey) {
    return absl::FailedPreconditionError(
        absl::StrCat(directory_->path(), " belongs to the key ", identity_.vkey, ", not ",
                     options.vkey, ": use the key that the log was created with"));
  }
  return absl::OkStatus();
}

absl::Status RocksDbStore::CheckEnd() {
  const auto state = ReadState();
  if (!state.ok()) return state.status();
  const auto last_signed = LastSigned();
  if (!last_signed.ok()) return last_signed.status();
  if (*last_signed && (*last_signed)->size > state->size) {
    return absl::DataLossError(absl::StrCat(directory_->path(), " has lost its end: the tree has ",
                                            state->size.value(), " entries, but one of ",
                                            (*last_signed)->size.value(),
                                            " was signed; restore it from a newer backup"));
  }

  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, families_[kRuns]));
  it->SeekToLast();
  if (!it->status().ok()) return FromRocksDb(it->status(), "reading the last entries");
  uint64_t end = 0;
  if (it->Valid()) {
    const auto first = codec::ParseRunKey(ToView(it->key()));
    if (!first.ok()) return first.status();
    const auto entries = codec::ParseRun(ToView(it->value()));
    if (!entries.ok()) return entries.status();
    end = first->value() + entries->size();
  }
  if (end != state->size.value()) {
    return absl::DataLossError(absl::StrCat(directory_->path(), ": the entries end at ", end,
                                            ", the tree at ", state->size.value(),
                                            "; restore it from a backup"));
  }
  size_.store(end, std::memory_order_release);
  return absl::OkStatus();
}

absl::Status RocksDbStore::Write(const Commit& commit) {
  const uint64_t first = commit.first.value();
  const uint64_t end = first + commit.entries.size();
  assert(first == size_.load(std::memory_order_relaxed) && "a commit continues the tree");
  assert(end == commit.state.size.value() && end <= codec::kMaxIndexed);

  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  for (uint64_t begin = first; begin < end && status.ok();) {
    const uint64_t cut = std::min(end, (begin / codec::kRunEntries + 1) * codec::kRunEntries);
    const auto run = absl::MakeConstSpan(commit.entries).subspan(begin - first, cut - begin);
    status = batch.Put(families_[kRuns], codec::RunKey(LeafIndex(begin)), codec::FormatRun(run));
    begin = cut;
  }
  for (const merkle::FullTile& tile : commit.tiles) {
    if (!status.ok()) break;
    status = batch.Put(families_[kTiles], codec::TileKey(tile.id), codec::FormatFullTile(tile));
  }
  for (const LeafIndex index : commit.certifiers) {
    if (status.ok()) status = batch.Put(families_[kState], codec::CertifierKey(index), {});
  }
  if (status.ok()) {
    status = batch.Put(families_[kState], ToSlice(codec::kTreeKey),
                       codec::FormatTreeState(commit.state));
  }
  rocksdb::WriteOptions write;
  write.sync = sync_;
  if (status.ok()) status = db_->Write(write, &batch);
  // In this mode a WAL that is not the last one may still lose its last record unnoticed. An entry
  // or a tile that is missing is found when it is read; a certifier entry that is not listed any
  // more would only bring an old key back. These are rare, so that the list can go to its table.
  if (status.ok() && !commit.certifiers.empty()) status = db_->Flush({}, families_[kState]);
  // Dead before this point: the commit is there whole or not at all, and nobody was told. After it:
  // it is there.
  if (status.ok()) size_.store(end, std::memory_order_release);
  return FromRocksDb(status, "committing entries");
}

absl::StatusOr<TreeState> RocksDbStore::ReadState() {
  std::string value;
  const rocksdb::Status status = db_->Get({}, families_[kState], ToSlice(codec::kTreeKey), &value);
  if (!status.ok()) return FromRocksDb(status, "reading the tree state");
  return codec::ParseTreeState(value);
}

absl::StatusOr<std::vector<std::string>> RocksDbStore::ReadEntries(LeafIndex begin, LeafIndex end) {
  const uint64_t size = size_.load(std::memory_order_acquire);
  if (begin > end || end.value() > size) {
    return absl::OutOfRangeError(absl::StrCat("entries [", begin.value(), ", ", end.value(),
                                              ") are not all among the ", size, " stored"));
  }
  std::vector<std::string> out;
  if (begin == end) return out;
  out.reserve(end.value() - begin.value());
  // Most runs begin where the last one was cut, and a look-up costs a third of an iterator.
  const uint64_t cut = begin.value() / codec::kRunEntries * codec::kRunEntries;
  if (end.value() - cut <= codec::kRunEntries) {
    rocksdb::PinnableSlice value;
    const rocksdb::Status got =
        db_->Get({}, families_[kRuns], codec::RunKey(LeafIndex(cut)), &value);
    if (!got.ok() && !got.IsNotFound()) return FromRocksDb(got, "reading entries");
    if (got.ok()) {
      const auto run = codec::ParseRun(ToView(value));
      if (!run.ok()) return run.status();
      if (end.value() - cut <= run->size()) {
        for (uint64_t i = begin.value(); i < end.value(); ++i) out.emplace_back((*run)[i - cut]);
        return out;
      }
    }
  }

  const std::string end_key = codec::RunKey(end);
  const rocksdb::Slice upper_bound = end_key;
  rocksdb::ReadOptions read;
  read.iterate_upper_bound = &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(read, families_[kRuns]));
  uint64_t next = begin.value();
  for (it->SeekForPrev(codec::RunKey(begin)); it->Valid() && next < end.value(); it->Next()) {
    const auto first = codec::ParseRunKey(ToView(it->key()));
    if (!first.ok()) return first.status();
    const auto run = codec::ParseRun(ToView(it->value()));
    if (!run.ok()) return run.status();
    // A hole in the runs, which the check below reports.
    if (first->value() > next || first->value() + run->size() <= next) break;
    for (size_t i = next - first->value(); i < run->size() && next < end.value(); ++i, ++next) {
      out.emplace_back((*run)[i]);
    }
  }
  if (!it->status().ok()) return FromRocksDb(it->status(), "reading entries");
  if (next != end.value()) {
    return absl::DataLossError(absl::StrCat("entry ", next, " of ", size, " is missing"));
  }
  return out;
}

absl::Status RocksDbStore::ReadNodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) {
  assert(ids.size() == out.size());
  // Each tile is read once, in key order, whichever of its nodes are asked.
  std::map<merkle::TileId, std::vector<size_t>> wanted;
  for (size_t i = 0; i < ids.size(); ++i) wanted[merkle::PlaceOf(ids[i]).tile].push_back(i);

  const size_t count = wanted.size();
  std::vector<std::string> keys;
  for (const auto& [tile, nodes] : wanted) keys.push_back(codec::TileKey(tile));
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(count);
  std::vector<rocksdb::Status> statuses(count);
  db_->MultiGet({}, families_[kTiles], count, slices.data(), values.data(), statuses.data(),
                /*sorted_input=*/true);

  size_t at = 0;
  for (const auto& [id, nodes] : wanted) {
    if (!statuses[at].ok()) {
      return FromRocksDb(statuses[at],
                         absl::StrCat("reading tile ", id.index, " of level ", id.level));
    }
    const auto tile = codec::ParseFullTile(ToView(values[at]));
    if (!tile.ok()) return tile.status();
    for (const size_t i : nodes) {
      out[i] = merkle::NodeInTile(merkle::PlaceOf(ids[i]), tile->hashes, tile->inner);
    }
    ++at;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Hash>> RocksDbStore::ReadTile(merkle::TileId id) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db_->Get({}, families_[kTiles], codec::TileKey(id), &value);
  if (!status.ok()) {
    return FromRocksDb(status, absl::StrCat("reading tile ", id.index, " of level ", id.level));
  }
  const auto tile = codec::ParseFullTile(ToView(value));
  if (!tile.ok()) return tile.status();
  return std::vector<Hash>(tile->hashes.begin(), tile->hashes.end());
}

absl::StatusOr<std::vector<LeafIndex>> RocksDbStore::CertifierEntries() {
  std::vector<LeafIndex> out;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, families_[kState]));
  for (it->Seek(ToSlice(codec::kCertifierPrefix)); it->Valid(); it->Next()) {
    if (!it->key().starts_with(ToSlice(codec::kCertifierPrefix))) break;
    const auto index = codec::ParseCertifierKey(ToView(it->key()));
    if (!index.ok()) return index.status();
    out.push_back(*index);
  }
  if (!it->status().ok()) return FromRocksDb(it->status(), "reading the certifier entries");
  return out;
}

absl::Status RocksDbStore::FindRows(absl::Span<const IndexTag> tags,
                                    absl::Span<std::vector<LeafIndex>> out) {
  assert(tags.size() == out.size());
  const size_t count = tags.size();
  std::vector<rocksdb::Slice> keys;
  keys.reserve(count);
  for (const IndexTag& tag : tags) keys.push_back(TagSlice(tag));
  std::vector<rocksdb::PinnableSlice> values(count);
  std::vector<rocksdb::Status> statuses(count);
  db_->MultiGet({}, families_[kIndex], count, keys.data(), values.data(), statuses.data());
  for (size_t i = 0; i < count; ++i) {
    out[i].clear();
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return FromRocksDb(statuses[i], "reading the index");
    auto indexes = codec::ParseIndexes(ToView(values[i]));
    if (!indexes.ok()) return indexes.status();
    out[i] = *std::move(indexes);
  }
  return absl::OkStatus();
}

absl::Status RocksDbStore::IngestIndex(absl::Span<const IndexRow> rows, LeafIndex watermark) {
  assert(watermark.value() <= size_.load(std::memory_order_relaxed));
  const std::string path = absl::StrCat(directory_->StagingPath(), "/", ++ingestions_, ".sst");
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), db_->GetOptions(families_[kIndex]),
                                families_[kIndex]);
  rocksdb::Status status = writer.Open(path);
  // The watermark sorts before every row and rides in the same file: a crash leaves both or none.
  if (status.ok()) {
    status = writer.Put(ToSlice(codec::kWatermarkKey), codec::FormatU64(watermark.value()));
  }
  std::vector<LeafIndex> indexes;
  for (size_t i = 0; i < rows.size() && status.ok(); ++i) {
    indexes.push_back(rows[i].index);
    if (i + 1 < rows.size() && rows[i + 1].tag == rows[i].tag) continue;
    status = writer.Put(TagSlice(rows[i].tag), codec::FormatIndexes(indexes));
    indexes.clear();
  }
  if (status.ok()) status = writer.Finish();
  if (!status.ok()) return FromRocksDb(status, "writing an index file");

  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  ingest.write_global_seqno = false;
  status = db_->IngestExternalFile(families_[kIndex], {path}, ingest);
  // Dead before this point: the file is left in staging or the database has it unnamed; both are
  // removed at start, and the entries from the old watermark are replayed.
  return FromRocksDb(status, "adding an index file");
}

absl::StatusOr<LeafIndex> RocksDbStore::IndexWatermark() {
  std::string value;
  const rocksdb::Status status =
      db_->Get({}, families_[kIndex], ToSlice(codec::kWatermarkKey), &value);
  if (status.IsNotFound()) return LeafIndex(0);
  if (!status.ok()) return FromRocksDb(status, "reading the index watermark");
  const auto watermark = codec::ParseU64(value);
  if (!watermark.ok()) return watermark.status();
  return LeafIndex(*watermark);
}

absl::Status RocksDbStore::RecordSigned(const TreeState& state) { return signed_->Record(state); }

absl::StatusOr<std::optional<TreeState>> RocksDbStore::LastSigned() { return signed_->last(); }

absl::StatusOr<uint64_t> RocksDbStore::FreeSpaceBytes() {
  uint64_t free = 0;
  const rocksdb::IOStatus status =
      file_system_->GetFreeSpace(directory_->path(), rocksdb::IOOptions(), &free, nullptr);
  if (!status.ok()) return FromRocksDb(status, "reading the free space");
  return free;
}

StoreStats RocksDbStore::stats() const {
  using Properties = rocksdb::DB::Properties;
  // All families share the cache.
  const auto shared = [this](const std::string& property) {
    uint64_t value = 0;
    db_->GetIntProperty(families_[kRuns], property, &value);
    return value;
  };
  const auto sum = [this](const std::string& property) {
    uint64_t value = 0;
    db_->GetAggregatedIntProperty(property, &value);
    return value;
  };
  return {.block_cache_bytes = shared(Properties::kBlockCacheUsage),
          .block_cache_max_bytes = shared(Properties::kBlockCacheCapacity),
          .memtable_bytes = sum(Properties::kCurSizeAllMemTables),
          .table_bytes = sum(Properties::kTotalSstFilesSize),
          .pending_compaction_bytes = sum(Properties::kEstimatePendingCompactionBytes),
          .writes_stopped = shared(Properties::kIsWriteStopped) != 0,
          .writes_delayed = shared(Properties::kActualDelayedWriteRate) != 0};
}

}  // namespace cairn::ledger
