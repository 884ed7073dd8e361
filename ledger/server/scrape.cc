#include "ledger/server/scrape.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/server/process_stats.h"
#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"
#include "witness/server/version.h"

namespace cairn::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// Metrics that are not counted as they happen but asked for.
class Page {
 public:
  explicit Page(std::vector<MetricFamily> counted) : families_(std::move(counted)) {}

  void Gauge(const char* name, const char* help, double value) {
    Begin(name, help, MetricType::Gauge);
    Add({}, value);
  }
  void Gauge(const char* name, const char* help, uint64_t value) {
    Gauge(name, help, static_cast<double>(value));
  }
  void Counter(const char* name, const char* help, double value) {
    Begin(name, help, MetricType::Counter);
    Add({}, value);
  }
  // One series a label: Add() follows.
  void Begin(const char* name, const char* help, MetricType type) {
    families_.push_back({.name = name, .help = help, .type = type, .metric = {}});
  }
  void Add(std::vector<ClientMetric::Label> labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        value;
    families_.back().metric.push_back(std::move(metric));
  }

  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void AddLog(ledger::Log& log, Page& page) {
  const ledger::LogStats stats = log.stats();
  page.Gauge("cairn_queue_entries", "Entries that wait to be sequenced.", stats.queued_entries);
  page.Gauge("cairn_queue_bytes", "Their bytes.", stats.queued_bytes);
  page.Begin("cairn_log_refused_entries_total",
             "Entries that the log took none of, by what there was too little of.",
             MetricType::Counter);
  page.Add({{"reason", "queue"}}, static_cast<double>(stats.refused_by_queue));
  page.Add({{"reason", "disk"}}, static_cast<double>(stats.refused_by_disk));
  page.Add({{"reason", "clock"}}, static_cast<double>(stats.refused_by_clock));
  page.Counter("cairn_log_withdrawn_entries_total",
               "Entries whose caller was gone before they were sequenced.",
               static_cast<double>(stats.withdrawn));
  page.Gauge("cairn_index_recent_rows", "Index rows in memory, not moved to disk yet.",
             stats.recent_rows);
  page.Gauge("cairn_appends_taken", "1 while appends can be taken; /readyz says why not.",
             log.healthy().ok() ? 1.0 : 0.0);
  page.Gauge("cairn_halted", "1 once nothing is signed any more: damage or failure.",
             stats.halted.ok() ? 0.0 : 1.0);
  const auto view = log.Newest();
  page.Gauge("cairn_tree_size", "Entries under the newest checkpoint.", view->size().value());
  page.Gauge("cairn_last_accepted_timestamp_seconds", "Time of the newest entry; 0: none yet.",
             static_cast<double>(view->state.last_accepted_at_ms) / 1000.0);
}

void AddStore(const ScrapeSources& sources, Page& page) {
  const ledger::StoreStats stats = sources.store.stats();
  page.Gauge("cairn_block_cache_bytes", "Blocks, filters and block indexes in the cache.",
             stats.block_cache_bytes);
  page.Gauge("cairn_block_cache_max_bytes", "What the cache may hold.",
             stats.block_cache_max_bytes);
  page.Gauge("cairn_memtable_bytes", "Committed, synced, not in table files yet.",
             stats.memtable_bytes);
  page.Gauge("cairn_table_bytes", "Size of all table files.", stats.table_bytes);
  page.Gauge("cairn_pending_compaction_bytes", "What compaction has yet to rewrite.",
             stats.pending_compaction_bytes);
  page.Gauge("cairn_writes_stopped", "1 while RocksDB holds commits back.",
             stats.writes_stopped ? 1.0 : 0.0);
  page.Gauge("cairn_writes_delayed", "1 while RocksDB slows commits down.",
             stats.writes_delayed ? 1.0 : 0.0);
  if (const auto free = sources.store.FreeSpaceBytes(); free.ok()) {
    page.Gauge("cairn_free_bytes", "Free where the log lies.", *free);
  }
  page.Gauge("cairn_free_reserve_bytes", "Appends are refused below this.",
             sources.free_space_reserve_bytes);
}

// Certifiers that the operator declared, and `anonymous`.
void AddCertifiers(const Limiter& limiter, Page& page) {
  const auto totals = limiter.totals();
  std::vector<std::string> names;
  for (const auto& [name, total] : totals) names.push_back(name);
  std::sort(names.begin(), names.end());
  page.Begin("cairn_certifier_entries_total", "New entries by certifier.", MetricType::Counter);
  for (const std::string& name : names) {
    page.Add({{"certifier", name}}, static_cast<double>(totals.at(name).added));
  }
  page.Begin("cairn_certifier_limited_total", "Statements refused because of a certifier's limit.",
             MetricType::Counter);
  for (const std::string& name : names) {
    page.Add({{"certifier", name}}, static_cast<double>(totals.at(name).refused));
  }
}

void AddServer(const ScrapeSources& sources, Page& page) {
  const Context& context = sources.context;
  page.Gauge("cairn_ready", "1 while /readyz answers 200.", sources.ready() ? 1.0 : 0.0);
  page.Gauge("cairn_streams_open", "AppendStream, ListEntries and Watch calls.",
             context.streams.open());
  page.Gauge("cairn_reads_waiting", "Reads of the disk that wait for a worker.",
             context.workers.waiting());
  page.Gauge("cairn_http_connections", "Open HTTP connections, this one included.",
             sources.http_connections());
  page.Begin("cairn_build_info", "Always 1; says the version.", MetricType::Gauge);
  page.Add({{"version", kVersion}}, 1.0);
}

void AddAnchors(anchor::Anchorer& anchorer, Page& page) {
  const std::optional<anchor::RoundHead> round = anchorer.book().newest_round();
  page.Gauge("cairn_anchor_round", "The newest round; 0: none yet.",
             round.has_value() ? round->number : uint64_t{0});
  page.Gauge("cairn_anchor_round_tree_size", "Entries that the newest round covers.",
             round.has_value() ? round->size.value() : uint64_t{0});
  page.Gauge("cairn_anchor_round_timestamp_seconds", "When it was frozen; 0: none yet.",
             round.has_value() ? static_cast<double>(round->frozen_at_ms) / 1000.0 : 0.0);
  page.Gauge("cairn_anchoring", "1 while rounds are made; the log lines say why not.",
             anchorer.health().ok() ? 1.0 : 0.0);
  const std::vector<anchor::AnchorStatus> anchors = anchorer.GetStatus();
  page.Begin("cairn_anchor_up", "1 when its last answer was good.", MetricType::Gauge);
  for (const anchor::AnchorStatus& anchor : anchors) {
    page.Add({{"anchor", anchor.name}}, anchor.failing_since_ms == 0 ? 1.0 : 0.0);
  }
  page.Begin("cairn_anchor_waiting", "Receipts that it has not accepted.", MetricType::Gauge);
  for (const anchor::AnchorStatus& anchor : anchors) {
    page.Add({{"anchor", anchor.name}}, static_cast<double>(anchor.waiting));
  }
  page.Begin("cairn_anchor_requests_today", "Requests sent since midnight UTC.", MetricType::Gauge);
  for (const anchor::AnchorStatus& anchor : anchors) {
    page.Add({{"anchor", anchor.name}}, static_cast<double>(anchor.requests_today));
  }
}

void AddClocks(const OutsideClocks& clocks, Page& page) {
  page.Begin("cairn_clock_skew_seconds",
             "By how much the clock here is ahead of one outside; negative: behind.",
             MetricType::Gauge);
  for (const OutsideClocks::Skew& skew : clocks.Skews()) {
    page.Add({{"source", skew.source}}, static_cast<double>(skew.ahead_ms) / 1000.0);
  }
}

// Names as Prometheus's own client libraries have them.
void AddProcess(Page& page) {
  const ProcessStats stats = ReadProcessStats();
  page.Counter("process_cpu_seconds_total", "CPU time, user and system.", stats.cpu_seconds);
  page.Gauge("process_start_time_seconds", "When the process started, Unix time.",
             stats.start_unix_seconds);
  page.Gauge("process_virtual_memory_bytes", "Virtual memory.", stats.virtual_bytes);
  page.Gauge("process_resident_memory_bytes", "Resident memory.", stats.resident_bytes);
  page.Gauge("cairn_anonymous_memory_bytes", "Resident memory that no file backs.",
             stats.anonymous_bytes);
  page.Gauge("process_open_fds", "Open file descriptors.", stats.open_files);
  page.Gauge("process_max_fds", "File descriptors it may have.", stats.max_open_files);
  page.Gauge("cairn_threads", "Threads.", stats.threads);
}

}  // namespace

std::string Scrape(const ScrapeSources& sources) {
  Page page(sources.context.metrics.Collect());
  AddLog(sources.context.log, page);
  AddStore(sources, page);
  AddCertifiers(sources.context.limiter, page);
  AddServer(sources, page);
  if (sources.anchorer != nullptr) AddAnchors(*sources.anchorer, page);
  AddClocks(sources.clocks, page);
  AddProcess(page);
  return page.Text();
}

}  // namespace cairn::server
