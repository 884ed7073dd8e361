#include "ledger/server/metrics.h"

#include <atomic>
#include <optional>
#include <string>

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/metric_family.h"
#include "prometheus/registry.h"

namespace cairn::server {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
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
// Of what goes to other machines and back.
const Buckets& NetworkSeconds() {
  static const auto* const kBuckets =
      new Buckets{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30};
  return *kBuckets;
}
const Buckets& CommitEntries() {
  static const auto* const kBuckets = new Buckets{1, 4, 16, 64, 256, 1024, 2048, 4096};
  return *kBuckets;
}

constexpr std::array<const char*, kCalls> kCallNames = {
    "Append",           "AppendStream",     "Prove",        "GetConsistency",
    "GetCheckpoint",    "WatchCheckpoints", "ListEntries",  "GetProofState",
    "ListAnchorRounds", "GetAnchorRound",   "WatchAnchors", "WatchProofState",
    "GetEvidence",      "/checkpoint",      "/tile",        "/tile/entries"};

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
Gauge& OneGauge(Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry).Add({});
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

  void AddWitness(const std::string& name) override {
    if (!witnesses_.has_value()) witnesses_.emplace(registry_);
    witnesses_->up.Add({{"witness", name}});
    witnesses_->size.Add({{"witness", name}});
    witnesses_->at.Add({{"witness", name}});
    witnesses_->seconds.Add({{"witness", name}}, NetworkSeconds());
  }
  void WitnessAnswered(const std::string& name, Clock::duration took) override {
    witnesses_->seconds.Add({{"witness", name}}, NetworkSeconds()).Observe(Seconds(took));
  }
  void Cosigned(const std::string& name, TreeSize size, uint64_t at_s) override {
    witnesses_->up.Add({{"witness", name}}).Set(1);
    witnesses_->size.Add({{"witness", name}}).Set(static_cast<double>(size.value()));
    witnesses_->at.Add({{"witness", name}}).Set(static_cast<double>(at_s));
  }
  void NotCosigned(const std::string& name, absl::StatusCode why) override {
    witnesses_->up.Add({{"witness", name}}).Set(0);
    witnesses_->failures
        .Add({{"witness", name}, {"code", CodeName(static_cast<size_t>(why) % kCodes)}})
        .Increment();
  }
  void Published(TreeSize size, Clock::duration took) override {
    witnesses_->published_size.Set(static_cast<double>(size.value()));
    witnesses_->publish_seconds.Observe(Seconds(took));
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

  // Only of a log that has witnesses.
  struct Witnesses {
    explicit Witnesses(Registry& registry)
        : up(BuildGauge()
                 .Name("cairn_witness_up")
                 .Help("1 while what the witness answered last was a valid cosignature.")
                 .Register(registry)),
          size(BuildGauge()
                   .Name("cairn_witness_cosigned_size")
                   .Help("Size of the tree that the witness cosigned last, since the start.")
                   .Register(registry)),
          at(BuildGauge()
                 .Name("cairn_witness_cosigned_timestamp_seconds")
                 .Help("When it did so, by its own clock; 0: not since the start.")
                 .Register(registry)),
          failures(BuildCounter()
                       .Name("cairn_witness_failures_total")
                       .Help("Checkpoints that the witness was asked to cosign and did not.")
                       .Register(registry)),
          seconds(BuildHistogram()
                      .Name("cairn_witness_request_seconds")
                      .Help("One request to the witness, until its answer is read or has failed.")
                      .Register(registry)),
          published_size(OneGauge(registry, "cairn_published_size",
                                  "Entries under the newest published checkpoint; 0: none since "
                                  "the start.")),
          publish_seconds(OneHistogram(registry, "cairn_publish_seconds",
                                       "From a checkpoint's integration to its publication.",
                                       NetworkSeconds())) {}

    Family<Gauge>& up;
    Family<Gauge>& size;
    Family<Gauge>& at;
    Family<Counter>& failures;
    Family<Histogram>& seconds;
    Gauge& published_size;
    Histogram& publish_seconds;
  };
  std::optional<Witnesses> witnesses_;

  Lazy<Histogram, kCalls * kCodes> latencies_;
  Lazy<Counter, kCodes> refusals_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::Make() { return std::make_unique<PrometheusMetrics>(); }

}  // namespace cairn::server
