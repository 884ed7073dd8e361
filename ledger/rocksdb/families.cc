#include "ledger/rocksdb/families.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <climits>
#include <memory>

namespace cairn::ledger {
namespace {

constexpr size_t kMiB = 1u << 20;

// Rows of hashes and signatures do not compress, and rising keys leave compaction nothing to merge:
// files move down the levels as they are.
rocksdb::ColumnFamilyOptions Rising(size_t write_buffer_bytes) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = write_buffer_bytes;
  options.max_write_buffer_number = 3;
  return options;
}

rocksdb::BlockBasedTableOptions Table(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.format_version = 5;
  // A run fills a block, so that there are many: by differences their keys take half the memory.
  table.index_block_restart_interval = 16;
  return table;
}

// Random keys, written by ingested files alone: the memtable stays empty.
rocksdb::ColumnFamilyOptions IndexOptions(rocksdb::BlockBasedTableOptions table) {
  rocksdb::ColumnFamilyOptions options = Rising(kMiB);
  // Every row is new and stays, so that rewriting one gains nothing but fewer files to ask: files
  // of like size are joined, a dozen at a time, and a row is rewritten once for each tenfold growth
  // of the log. Levels would rewrite all of a level for every few tables.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.level0_file_num_compaction_trigger = 12;
  options.compaction_options_universal.size_ratio = 1;
  options.compaction_options_universal.max_size_amplification_percent = UINT_MAX;
  // A table more to ask for some time does no harm; a commit that waits does.
  options.level0_slowdown_writes_trigger = 64;
  options.level0_stop_writes_trigger = 96;
  // Most look-ups find nothing (a new certificate): a filter that errs costs a block that is read
  // in vain.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(16));
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kAll;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.target_file_size_base = 128 * kMiB;
  return options;
}

}  // namespace

rocksdb::DBOptions DatabaseOptions(rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.paranoid_checks = true;
  // The default stops at a damaged record and opens with what came before it. This mode refuses,
  // but for an interrupted write at the very end.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.recycle_log_file_num = 0;
  // A WAL that is gone, or shorter than it was when it was closed, is missed at start.
  options.track_and_verify_wals_in_manifest = true;
  // What is recovered is in synced table files before anything of it is signed. Without this the
  // end of the WAL might be in the page cache alone.
  options.avoid_flush_during_recovery = false;
  // Also of what the rarely written families hold back.
  options.max_total_wal_size = kMaxWalBytes;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  // Spreads writeback, so that the sync of a commit does not wait behind a whole table file.
  options.bytes_per_sync = kMiB;
  options.avoid_unnecessary_blocking_io = true;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 4;
  options.max_log_file_size = 4 * kMiB;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> Families(size_t block_cache_bytes) {
  // Few shards: a filter that is larger than its shard would be read from disk every time.
  const std::shared_ptr<rocksdb::Cache> cache =
      rocksdb::NewLRUCache(block_cache_bytes, /*num_shard_bits=*/1,
                           /*strict_capacity_limit=*/false, /*high_pri_pool_ratio=*/0.7);
  const rocksdb::BlockBasedTableOptions table = Table(cache);
  std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, Rising(kMiB)},
      {"runs", Rising(16 * kMiB)},
      {"tiles", Rising(4 * kMiB)},
      {"index", IndexOptions(table)},
  };
  for (const Family family : {kState, kRuns, kTiles}) {
    families[family].options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  }
  return families;
}

}  // namespace cairn::ledger
