#include "ledger/server/metrics.h"

#include <atomic>
#include <string>

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/histogram.h"
#include "prometheus/metric_family.h"
#include "prometheus/registry.h"

namespace cairn::server {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;

using Registry = prometheus::Registry;

using Buckets = Histogram::BucketBoundaries;

const Buckets& CallSeconds() {
  static const auto* const kBuckets =
      new Buckets{.0005, .001, .002, .003, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5};
  return *kBuckets;
}
const Buckets& DiskSeconds() {
  static const auto* const kBuckets =
      new Buckets{.0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 5};
  return *kBuckets;
}
const Buckets& CommitEntries() {
  static const auto* const kBuckets = new Buckets{1, 4, 16, 64, 256, 1024, 2048, 4096};
  return *kBuckets;
}

constexpr std::array<const char*, kCalls> kCallNames = {
    "Append",           "AppendStream", "Prove",       "GetConsistency", "GetCheckpoint",
    "WatchCheckpoints", "ListEntries",  "/checkpoint", "/tile",          "/tile/entries"};

std::string CodeName(size_t code) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

double Seconds(Metrics::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// The series of one label's values, each there from its first use on. Finding one costs a load; the
// family's own look-up would cost more than what is then done with it.
template <typename T, size_t kCount>
class Lazy {
 public:
  template <typename Make>
  T& At(size_t i, Make make) {
    if (T* const known = series_[i].load(std::memory_order_acquire)) return *known;
    T& made = make();  // The same for the same labels, whoever comes first.
    series_[i].store(&made, std::memory_order_release);
    return made;
  }

 private:
  std::array<std::atomic<T*>, kCount> series_ = {};
};

Counter& OneCounter(Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry).Add({});
}
Histogram& OneHistogram(Registry& registry, const char* name, const char* help,
                        const Buckets& buckets) {
  return BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

class PrometheusMetrics final : public Metrics {
 public:
  void Answered(Call call, absl::StatusCode code, Clock::time_point begun) override {
    const auto of_call = static_cast<size_t>(call);
    const size_t of_code = static_cast<size_t>(code) % kCodes;
    latencies_
        .At(of_call * kCodes + of_code,
            [&]() -> Histogram& {
              return call_seconds_.Add(
                  {{"method", kCallNames[of_call]}, {"code", CodeName(of_code)}}, CallSeconds());
            })
        .Observe(Seconds(Clock::now() - begun));
  }

  void Count(const Outcomes& statements) override {
    if (statements.appended > 0) appended_.Increment(static_cast<double>(statements.appended));
    if (statements.duplicate > 0) duplicate_.Increment(static_cast<double>(statements.duplicate));
    for (size_t code = 0; code < kCodes; ++code) {
      const uint64_t count = statements.refused[code];
      if (count == 0) continue;
      refusals_.At(code,
                   [&]() -> Counter& {
                     return refused_.Add({{"code", CodeName(code)}});
                   })
          .Increment(static_cast<double>(count));
    }
  }

  void Committed(size_t entries, size_t bytes, Clock::duration took) override {
    commit_entries_.Observe(static_cast<double>(entries));
    commit_bytes_.Increment(static_cast<double>(bytes));
    commit_seconds_.Observe(Seconds(took));
  }
  void Ingested(size_t rows, Clock::duration took) override {
    ingested_rows_.Increment(static_cast<double>(rows));
    ingest_seconds_.Observe(Seconds(took));
  }
  void LookedUp(size_t tags, Clock::duration took) override {
    lookups_.Increment(static_cast<double>(tags));
    lookup_seconds_.Observe(Seconds(took));
  }

  std::vector<prometheus::MetricFamily> Collect() const override { return registry_.Collect(); }

 private:
  Registry registry_;
  Family<Histogram>& call_seconds_ =
      BuildHistogram()
          .Name("cairn_call_seconds")
          .Help("From reading a call to handing its answer to gRPC; of AppendStream, a batch.")
          .Register(registry_);
  Counter& appended_ = OneCounter(registry_, "cairn_statements_appended_total",
                                  "Statements that became new entries.");
  Counter& duplicate_ = OneCounter(registry_, "cairn_statements_duplicate_total",
                                   "Statements that were in the log already.");
  Family<Counter>& refused_ = BuildCounter()
                                  .Name("cairn_statements_refused_total")
                                  .Help("Statements that were refused, by the code they got.")
                                  .Register(registry_);
  Histogram& commit_entries_ =
      OneHistogram(registry_, "cairn_commit_entries", "Entries a commit.", CommitEntries());
  Counter& commit_bytes_ =
      OneCounter(registry_, "cairn_commit_bytes_total", "Bytes of committed entries.");
  Histogram& commit_seconds_ = OneHistogram(registry_, "cairn_commit_seconds",
                                            "A commit's one write, synced.", DiskSeconds());
  Counter& ingested_rows_ = OneCounter(registry_, "cairn_index_ingested_rows_total",
                                       "Index rows moved from memory to disk.");
  Histogram& ingest_seconds_ = OneHistogram(registry_, "cairn_index_ingest_seconds",
                                            "Moving one table of index rows.", DiskSeconds());
  Counter& lookups_ = OneCounter(registry_, "cairn_index_lookups_total",
                                 "Certificate hashes looked up in the index on disk.");
  Histogram& lookup_seconds_ =
      OneHistogram(registry_, "cairn_index_lookup_seconds",
                   "One look-up on disk, of all hashes of a batch.", DiskSeconds());

  Lazy<Histogram, kCalls * kCodes> latencies_;
  Lazy<Counter, kCodes> refusals_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::Make() { return std::make_unique<PrometheusMetrics>(); }

}  // namespace cairn::server
