// Measures the store where it will be used: on a real disk, at a size beyond the caches.
//
//   store_benchmark DIR [MILLIONS = 10] [ENTRY_BYTES = 200] [raw]
//
// DIR must not exist and is removed at the end. Prints, one a line, or the first alone:
//   raw      RocksDB with one Put an entry, the same bytes, 1,024 entries a synced batch
//   runs     the store's Write() with tiles, without an index
//   indexed  the same with its index: look-up of every tag before, tables of 450k rows after;
//            the process is then killed
//   reopen   Open() after the kill; disk and look-ups once compaction is idle
// CPU is that of the whole process less that of making entries and hashes, of look-ups that of
// their thread; fsync is of 8 KiB appends, measured beside each row.

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/rocksdb/codec.h"
#include "ledger/rocksdb/families.h"
#include "ledger/rocksdb/store.h"
#include "ledger/rocksdb/testing/store_access.h"
#include "ledger/rocksdb/testing/tree_writer.h"
#include "merkle/tile.h"

namespace cairn::ledger {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kBatch = 1024;
// As the log has them: half of its recent rows.
constexpr size_t kRowsPerTable = 450'000;

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

template <typename T>
T Get(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
    std::exit(1);
  }
  return *std::move(value);
}
void Check(const absl::Status& status) {
  if (!status.ok()) Get(absl::StatusOr<int>(status));
}

// Cheap deterministic random words.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

std::vector<std::string> Entries(uint64_t first, size_t bytes) {
  std::vector<std::string> entries(kBatch);
  for (uint64_t i = 0; i < kBatch; ++i) {
    std::string& entry = entries[i];
    entry.resize(bytes);
    for (size_t at = 0; at + 8 <= bytes; at += 8) {
      const uint64_t word = Mix((first + i) * 64 + at / 8);
      std::memcpy(entry.data() + at, &word, 8);
    }
  }
  return entries;
}

IndexTag TagOf(uint64_t index) {
  IndexTag tag;
  const uint64_t words[2] = {Mix(~index), Mix(~index ^ 1u << 31)};
  std::memcpy(tag.data(), words, sizeof words);
  return tag;
}

std::string Percentiles(std::vector<double>& seconds) {
  std::sort(seconds.begin(), seconds.end());
  char text[64];
  std::snprintf(text, sizeof text, "%.2f/%.2f/%.1f ms", seconds[seconds.size() / 2] * 1e3,
                seconds[seconds.size() * 99 / 100] * 1e3, seconds.back() * 1e3);
  return text;
}

std::string FsyncPercentiles(const std::string& directory) {
  const std::string path = directory + "/fsync";
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  const std::string block(8192, 'x');
  std::vector<double> seconds;
  for (int i = 0; i < 400; ++i) {
    const double begin = Seconds(CLOCK_MONOTONIC);
    if (write(file, block.data(), block.size()) != ssize_t(block.size()) || fdatasync(file) != 0) {
      std::perror(path.c_str());
      std::exit(1);
    }
    seconds.push_back(Seconds(CLOCK_MONOTONIC) - begin);
  }
  close(file);
  fs::remove(path);
  return Percentiles(seconds);
}

uint64_t DiskBytes(const std::string& directory) {
  uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

// Anonymous resident memory of this process.
long AnonymousKiB() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long value = 0;
    if (word == "RssAnon:" && status >> value) return value;
  }
  return 0;
}

// Time of the commits, and CPU of all but the making of entries.
class Meter {
 public:
  void Making(const std::function<void()>& work) {
    const double begin = Seconds(CLOCK_THREAD_CPUTIME_ID);
    work();
    making_cpu_ += Seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
  }
  void Storing(const std::function<void()>& work) {
    const double begin = Seconds(CLOCK_MONOTONIC);
    work();
    const double took = Seconds(CLOCK_MONOTONIC) - begin;
    storing_ += took;
    calls_.push_back(took);
  }
  void Print(const char* row, uint64_t entries, const std::string& directory) {
    const double cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu_ - making_cpu_;
    peak_ = std::max(peak_, AnonymousKiB());
    std::printf("%-8s %8.0f entries/s  %.2f us CPU/entry  commit p50/p99/max %s  anon %ld MiB", row,
                entries / storing_, cpu / entries * 1e6, Percentiles(calls_).c_str(), peak_ >> 10);
    std::printf("  fsync p50/p99/max %s\n", FsyncPercentiles(directory).c_str());
    std::fflush(stdout);
  }
  void NoteMemory() { peak_ = std::max(peak_, AnonymousKiB()); }

 private:
  double begin_cpu_ = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  double making_cpu_ = 0;
  double storing_ = 0;
  long peak_ = 0;
  std::vector<double> calls_;
};

void RunRaw(const std::string& directory, uint64_t entries, size_t bytes) {
  rocksdb::Options options(DatabaseOptions(rocksdb::Env::Default()),
                           Families(96u << 20)[kRuns].options);
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::Open(options, directory + "/raw", &opened).ok()) std::exit(1);
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions write;
  write.sync = true;
  Meter meter;
  for (uint64_t first = 0; first < entries; first += kBatch) {
    std::vector<std::string> batch;
    meter.Making([&] { batch = Entries(first, bytes); });
    meter.Storing([&] {
      rocksdb::WriteBatch writes;
      for (uint64_t i = 0; i < kBatch; ++i) {
        writes.Put(codec::FormatU64(first + i), batch[i]).PermitUncheckedError();
      }
      if (!db->Write(write, &writes).ok()) std::exit(1);
    });
    if (first % (kBatch * 256) == 0) meter.NoteMemory();
  }
  meter.Print("raw", entries, directory);
}

OpenOptions LogOptions(const std::string& directory) {
  OpenOptions options;
  options.path = directory + "/log";
  options.origin = "example.com/benchmark";
  options.vkey = "example.com/benchmark+00000000+AQ==";
  return options;
}

void RunStore(const std::string& directory, uint64_t entries, size_t bytes, bool indexed) {
  const auto store = Get(RocksDbStore::Open(LogOptions(directory)));
  testing::TreeWriter tree;
  std::vector<IndexRow> rows;
  std::vector<std::vector<LeafIndex>> found(kBatch);
  double ingesting = 0, looking_up = 0;
  Meter meter;
  for (uint64_t first = 0; first < entries; first += kBatch) {
    Commit commit;
    std::vector<IndexTag> tags;
    meter.Making([&] {
      commit = tree.Next(Entries(first, bytes));
      for (uint64_t i = 0; i < kBatch; ++i) tags.push_back(TagOf(first + i));
    });
    meter.Storing([&] {
      const double begin = Seconds(CLOCK_MONOTONIC);
      if (indexed) Check(store->FindRows(tags, absl::MakeSpan(found)));
      looking_up += Seconds(CLOCK_MONOTONIC) - begin;
      Check(store->Write(commit));
      if (!indexed) return;
      for (uint64_t i = 0; i < kBatch; ++i) rows.push_back({tags[i], LeafIndex(first + i)});
      if (rows.size() < kRowsPerTable) return;
      const double begin_ingest = Seconds(CLOCK_MONOTONIC);
      std::sort(rows.begin(), rows.end());
      Check(store->IngestIndex(rows, LeafIndex(first + kBatch)));
      rows.clear();
      ingesting += Seconds(CLOCK_MONOTONIC) - begin_ingest;
    });
    if (first % (kBatch * 256) == 0) meter.NoteMemory();
  }
  Check(store->RecordSigned(tree.state()));
  meter.Print(indexed ? "indexed" : "runs", entries, directory);
  if (!indexed) return;
  std::printf(
      "         index, on the committing thread: look-up %.2f us, ingestion %.2f us an entry\n",
      looking_up / entries * 1e6, ingesting / entries * 1e6);
  std::fflush(stdout);
  raise(SIGKILL);
}

void WaitForCompaction(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) {
  for (int quiet = 0; quiet < 5;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    uint64_t pending = 0, running = 0, flushes = 0;
    db.GetIntProperty(family, rocksdb::DB::Properties::kCompactionPending, &pending);
    db.GetIntProperty(family, rocksdb::DB::Properties::kNumRunningCompactions, &running);
    db.GetIntProperty(family, rocksdb::DB::Properties::kNumRunningFlushes, &flushes);
    quiet = pending + running + flushes == 0 ? quiet + 1 : 0;
  }
}

// CPU of one call on this thread, over `count` calls: reads come from the caches or the page cache.
double Micros(int count, const std::function<void(uint64_t)>& call) {
  std::mt19937_64 random(5);
  const double begin = Seconds(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < count; ++i) call(random());
  return (Seconds(CLOCK_THREAD_CPUTIME_ID) - begin) / count * 1e6;
}

void RunReopen(const std::string& directory, uint64_t entries, size_t bytes) {
  const double begin = Seconds(CLOCK_MONOTONIC);
  const auto store = Get(RocksDbStore::Open(LogOptions(directory)));
  std::printf("reopen   %.0f ms", (Seconds(CLOCK_MONOTONIC) - begin) * 1e3);
  rocksdb::DB& db = StoreAccess::Database(*store);
  for (const Family family : {kState, kRuns, kTiles, kIndex}) {
    WaitForCompaction(db, StoreAccess::Handle(*store, family));
  }
  std::printf("  disk %.1f bytes/entry over its own",
              double(DiskBytes(directory + "/log")) / entries - bytes);
  for (const Family family : {kRuns, kTiles, kIndex}) {
    uint64_t table_bytes = 0;
    std::string files;
    db.GetIntProperty(StoreAccess::Handle(*store, family),
                      rocksdb::DB::Properties::kLiveSstFilesSize, &table_bytes);
    for (int level = 0; level < 7; ++level) {
      std::string count;
      db.GetProperty(StoreAccess::Handle(*store, family),
                     rocksdb::DB::Properties::kNumFilesAtLevelPrefix + std::to_string(level),
                     &count);
      files += (level ? "," : "") + count;
    }
    std::printf("  %.1f in files %s", double(table_bytes) / entries, files.c_str());
  }

  constexpr size_t kTags = 256;
  std::vector<IndexTag> tags(kTags);
  std::vector<std::vector<LeafIndex>> found(kTags);
  const auto find = [&](bool present) {
    return [&, present](uint64_t random) {
      for (IndexTag& tag : tags) {
        random = Mix(random);
        tag = TagOf(present ? random % entries : entries + (random >> 8));
      }
      Check(store->FindRows(tags, absl::MakeSpan(found)));
    };
  };
  std::printf(
      "\n         look-up: absent %.2f us, present %.2f us, one absent %.2f us",
      Micros(4000, find(false)) / kTags, Micros(400, find(true)) / kTags,
      Micros(20'000, [&](uint64_t random) {
        Check(store->FindRows({TagOf(entries + (random >> 8))}, absl::MakeSpan(found).first(1)));
      }));
  std::printf("; entry %.1f us", Micros(20'000, [&](uint64_t random) {
                const uint64_t index = random % entries;
                Get(store->ReadEntries(LeafIndex(index), LeafIndex(index + 1)));
              }));
  // The part of a proof that is read from full tiles, of levels 0 and 1.
  const TreeSize size(entries / 65'536 * 65'536);
  std::printf("; proof %.1f us; anon %ld MiB\n",
              Micros(20'000,
                     [&](uint64_t random) {
                       std::vector<merkle::NodeId> ids;
                       const uint64_t index = random % size.value();
                       for (uint32_t level = 0; level < 16; ++level) {
                         ids.push_back({level, (index >> level) ^ 1});
                       }
                       std::vector<Hash> out(ids.size());
                       Check(store->ReadNodes(ids, absl::MakeSpan(out)));
                     }),
              AnonymousKiB() >> 10);
}

// In a process of its own, which may end by the kill that belongs to the measurement.
void InChild(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    work();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) std::exit(1);
}

int Main(int argc, char** argv) {
  const bool only_raw = argc > 4 && std::string(argv[4]) == "raw";
  if (argc < 2 || argc > (only_raw ? 5 : 4) || fs::exists(argv[1])) {
    std::fprintf(stderr, "usage: store_benchmark NEW_DIR [MILLIONS] [ENTRY_BYTES] [raw]\n");
    return 2;
  }
  const std::string directory = argv[1];
  const uint64_t millions = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10;
  const size_t bytes = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 200;
  const uint64_t entries = millions * 1'000'000 / kBatch * kBatch;
  fs::create_directories(directory);
  InChild([&] { RunRaw(directory, entries, bytes); });
  if (!only_raw) {
    fs::remove_all(directory + "/raw");
    InChild([&] { RunStore(directory, entries, bytes, /*indexed=*/false); });
    fs::remove_all(directory + "/log");
    InChild([&] { RunStore(directory, entries, bytes, /*indexed=*/true); });
    InChild([&] { RunReopen(directory, entries, bytes); });
  }
  fs::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace cairn::ledger

int main(int argc, char** argv) { return cairn::ledger::Main(argc, argv); }
