#include "ledger/server/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anchor/waits.h"
#include "ledger/log.h"
#include "ledger/rocksdb/store.h"
#include "ledger/server/anchor_service.h"
#include "ledger/server/anchoring.h"
#include "ledger/server/clock_watch.h"
#include "ledger/server/context.h"
#include "ledger/server/declare.h"
#include "ledger/server/keys.h"
#include "ledger/server/listener.h"
#include "ledger/server/measured_store.h"
#include "ledger/server/metrics.h"
#include "ledger/server/monitor.h"
#include "ledger/server/outside_clocks.h"
#include "ledger/server/preflight.h"
#include "ledger/server/service.h"
#include "ledger/server/system_clock.h"
#include "ledger/server/tiles.h"
#include "ledger/server/watchdog.h"
#include "ledger/server/witnessed.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/checkpoint_signer.h"
#include "witness/http/client.h"
#include "witness/http/server.h"
#include "witness/latest_path.h"
#include "witness/server/files.h"
#include "witness/server/key_file.h"
#include "witness/server/logger.h"
#include "witness/server/version.h"

namespace cairn::server {
namespace {

constexpr int kWorkerThreads = 2;
constexpr size_t kMaxWaitingReads = 1'024;
constexpr size_t kMaxStreams = 1'024;

// The store under the guard against a second history: a log that does not exist is created only
// with keys that have never signed, or at the operator's word.
absl::StatusOr<std::unique_ptr<ledger::RocksDbStore>> OpenStore(const Settings& settings,
                                                                const std::string& vkey) {
  const absl::StatusOr<bool> used = AnyKeyUsed(settings.keys);
  if (!used.ok()) return used.status();
  ledger::OpenOptions options;
  options.path = settings.data_dir;
  options.origin = settings.origin;
  options.vkey = vkey;
  options.create = !*used || settings.accept_new_log_for_used_key;
  absl::StatusOr<std::unique_ptr<ledger::RocksDbStore>> store = ledger::RocksDbStore::Open(options);
  if (!options.create && absl::IsNotFound(store.status())) {
    return SecondHistory(settings.data_dir, settings.keys.front());
  }
  return store;
}

std::string Milliseconds(Metrics::Clock::duration time) {
  return absl::StrCat(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

void LogSettings(const Settings& settings) {
  LogInfo("starting",
          {{"version", kVersion},
           {"data_dir", settings.data_dir},
           {"certifiers", absl::StrCat(settings.certifiers.size())},
           {"free_space_reserve_bytes", absl::StrCat(settings.free_space_reserve_bytes)},
           {"max_queued_entries", absl::StrCat(settings.max_queued_entries)}});
  if (!settings.publish.has_value() && !settings.anchoring.has_value()) return;
  for (const std::string& proxy : http::EnvironmentProxies()) {
    LogInfo("the environment names a proxy", {{"proxy", proxy}});
  }
}

// What is not as it should be and does not keep the log from running.
void WarnOf(const Settings& given, const Settings& settings) {
  if (given.free_space_reserve_bytes != settings.free_space_reserve_bytes) {
    LogWarning("free_space_reserve_mib is less than a start after a crash may need; it is raised",
               {{"free_space_reserve_mib", absl::StrCat(given.free_space_reserve_bytes >> 20)},
                {"raised_to_mib", absl::StrCat(settings.free_space_reserve_bytes >> 20)}});
  }
  if (const std::string wide = SayWhoMayUse(settings.data_dir); !wide.empty()) {
    LogWarning("others may use data_dir", {{"reason", wide}});
  }
}

// A log that refuses appends for want of space must be able to start again in what it left.
Settings WithLeastReserve(Settings settings) {
  settings.free_space_reserve_bytes =
      std::max(settings.free_space_reserve_bytes, ledger::kRecoveryBytes);
  return settings;
}

// Written whatever becomes of the process; nothing that waits for an answer gets one.
void DieOf(const absl::Status& why) {
  LogError("the log has stopped itself; restart cairnd, which recovers",
           {{"reason", std::string(why.message())}});
  _exit(1);
}

// What the policy's submission prefix leads to.
std::string UrlUnder(absl::string_view prefix, absl::string_view path) {
  absl::ConsumeSuffix(&prefix, "/");
  absl::ConsumePrefix(&path, "/");
  return absl::StrCat(prefix, "/", path);
}

absl::StatusOr<witness::WitnessAnswer> Exchange(http::Client& client, Metrics& metrics,
                                                const note::PolicyWitness& witness,
                                                const std::string& body) {
  if (!witness.url.has_value()) {
    return absl::InvalidArgumentError("the witness policy gives no URL for this witness");
  }
  const auto begun = Metrics::Clock::now();
  absl::StatusOr<http::Answer> answer = client.Post(UrlUnder(*witness.url, "add-checkpoint"), body);
  metrics.WitnessAnswered(witness.name, Metrics::Clock::now() - begun);
  if (!answer.ok()) return answer.status();
  return witness::WitnessAnswer{answer->status, std::move(answer->body)};
}

// What it shows of the log whose key that is.
absl::StatusOr<note::Checkpoint> FetchLatest(http::Client& client,
                                             const std::optional<std::string>& url,
                                             const note::VerifierKey& log_key) {
  const std::string path = witness::FormatLatestPath(merkle::Sha256(log_key.name()));
  const absl::StatusOr<http::Answer> answer = client.Get(UrlUnder(url.value_or(""), path));
  if (!answer.ok()) return answer.status();
  if (answer->status != 200) {
    return absl::NotFoundError(absl::StrCat("GET ", path, " answers ", answer->status));
  }
  return note::VerifyCheckpoint(answer->body, log_key);
}

class RunningDaemon final : public Daemon {
 public:
  explicit RunningDaemon(note::CheckpointSigner signer) : signer_(std::move(signer)) {}
  ~RunningDaemon() override { Stop(); }

  // Takes the port; nothing is answered before the log is open.
  absl::Status ListenHttp(const Settings& settings) {
    if (!settings.http_address.has_value()) return absl::OkStatus();
    absl::StatusOr<std::unique_ptr<http::Server>> http =
        http::Server::Listen(*settings.http_address, http::Limits(),
                             [this](const http::Request& request, http::Respond respond) {
                               routes_.Handle(request, std::move(respond));
                             });
    if (!http.ok()) return http.status();
    http_ = *std::move(http);
    return absl::OkStatus();
  }

  absl::Status OpenLog(const Settings& settings) {
    const auto begun = Metrics::Clock::now();
    absl::StatusOr<std::unique_ptr<ledger::RocksDbStore>> store =
        OpenStore(settings, signer_.verifier_keys().front().Format());
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    const absl::StatusOr<ledger::TreeState> state = store_->ReadState();
    if (!state.ok()) return state.status();
    // After the directory, whose own lock says better what is wrong where it is the same one.
    absl::StatusOr<HeldKeys> held = HeldKeys::Take(settings.keys);
    if (!held.ok()) return held.status();
    held_keys_ = *std::move(held);
    // An empty log has told nobody anything, so binding a used key to it can be accepted.
    const bool accept = settings.accept_new_log_for_used_key && state->size == TreeSize(0);
    if (absl::Status bound = held_keys_->Bind(store_->identity().log_id, accept); !bound.ok()) {
      return bound;
    }
    const absl::StatusOr<LeafIndex> indexed = store_->IndexWatermark();
    if (!indexed.ok()) return indexed.status();
    const auto opened = Metrics::Clock::now();
    ledger::LogOptions options;
    options.free_space_reserve_bytes = settings.free_space_reserve_bytes;
    options.max_queued_entries = settings.max_queued_entries;
    options.on_fatal = DieOf;
    std::optional<note::Policy> policy;
    if (settings.publish.has_value()) policy = settings.publish->policy;
    outside_clocks_.emplace(clock_, std::move(policy));
    options.check_time = [this](uint64_t at_ms) { return outside_clocks_->Check(at_ms); };
    absl::StatusOr<std::unique_ptr<ledger::Log>> log =
        ledger::Log::Open(options, &measured_store_.emplace(*store_, *metrics_), &clock_, &signer_);
    if (!log.ok()) return log.status();
    log_ = *std::move(log);
    readiness_.emplace(*log_);
    LogInfo("the log is open",
            {{"size", absl::StrCat(state->size.value())},
             {"entries_indexed_again", absl::StrCat(state->size.value() - indexed->value())},
             {"open_ms", Milliseconds(opened - begun)},
             {"recover_ms", Milliseconds(Metrics::Clock::now() - opened)}});
    return PlanCertifiers(*log_->Newest()->certifiers, settings.certifiers).status();
  }

  absl::Status Publish(const Settings& settings) {
    if (!settings.publish.has_value()) {
      publication_ = PublishAll(*log_, [this] {
        if (declared_.load()) return absl::OkStatus();
        return absl::UnavailableError(
            "the log is starting: it takes appends once its certifiers are declared; try again");
      });
      return absl::OkStatus();
    }
    const auto& witnesses = settings.publish->policy.witnesses();
    Witnessing witnessing{
        .published_file = settings.data_dir + "/published",
        .log_key = signer_.verifier_keys().front(),
        .sources = {},
        .before_appends =
            [this, certifiers = settings.certifiers] {
              // Entries are for ever: not before the start has come to its end.
              if (!started_future_.get()) return absl::CancelledError("the start has failed");
              return DeclareCertifiers(*log_, certifiers);
            },
        .now_s = [this] { return clock_.WallMs() / 1000; },
        .heard_time = nullptr,
        .clock_is_apart =
            [this] { return !OutsideClocks::Describe(outside_clocks_->Skews()).empty(); },
        .metrics = *metrics_,
    };
    // Of each witness's thread: when it was asked last.
    const auto asked_ms = std::make_shared<std::vector<uint64_t>>(witnesses.size());
    witnessing.heard_time = [this, asked_ms](size_t i, uint64_t at_s) {
      outside_clocks_->HearWitness(i, at_s, (*asked_ms)[i]);
    };
    for (const note::PolicyWitness& witness : witnesses) {
      metrics_->AddWitness(witness.name);
      const size_t i = witnessing.sources.size();
      http::Client* const client =
          witness_clients_.emplace_back(http::Client::Make(http::ClientLimits())).get();
      witnessing.sources.push_back({witness.key,
                                    [this, client, witness, asked_ms, i](const std::string& body) {
                                      (*asked_ms)[i] = outside_clocks_->Now();
                                      return Exchange(*client, *metrics_, witness, body);
                                    },
                                    [client, url = witness.url, key = witnessing.log_key] {
                                      return FetchLatest(*client, url, key);
                                    }});
    }
    absl::StatusOr<std::unique_ptr<Publication>> publication =
        PublishWitnessed(*settings.publish, std::move(witnessing), *log_);
    if (!publication.ok()) return publication.status();
    publication_ = *std::move(publication);
    return absl::OkStatus();
  }

  absl::Status Anchor(const Settings& settings) {
    if (!settings.anchoring.has_value()) return absl::OkStatus();
    const bool quorum = settings.publish.has_value() && !settings.publish->without_quorum &&
                        !settings.publish->policy.needs_none();
    absl::StatusOr<std::unique_ptr<Anchoring>> anchoring = Anchoring::Open(
        *settings.anchoring, settings.data_dir + "/anchors",
        {.log = *log_, .publication = *publication_, .clocks = *outside_clocks_, .quorum = quorum});
    if (!anchoring.ok()) return anchoring.status();
    anchoring_ = *std::move(anchoring);
    anchor_waits_ = std::make_unique<anchor::Waits>(anchoring_->anchorer().book());
    return absl::OkStatus();
  }

  // Nobody waits for anchors that cannot come any more.
  void LookAtAnchors(const absl::Status& halted) {
    if (anchor_waits_ == nullptr) return;
    const absl::Status why = halted.ok() ? anchoring_->anchorer().health() : halted;
    if (why.ok()) return;
    anchor_waits_->GiveUp(absl::Status(
        why.code(), absl::StrCat("the entry is in the log, and what it waits for does not come: ",
                                 why.message())));
  }

  absl::Status Serve(const Settings& settings) {
    absl::flat_hash_map<std::string, Limits> limits;
    for (const CertifierSettings& certifier : settings.certifiers) {
      if (certifier.limits.has_value()) limits[certifier.name] = *certifier.limits;
    }
    callers_ = std::make_unique<CallerDirectory>(settings.certifiers);
    admission_ = std::make_unique<Admission>(settings.origin, settings.address.loopback);
    limiter_ = std::make_unique<Limiter>(std::move(limits), settings.default_limits, &clock_);
    workers_ = std::make_unique<Workers>(kWorkerThreads, kMaxWaitingReads);
    if (absl::Status published = Publish(settings); !published.ok()) return published;
    if (absl::Status anchored = Anchor(settings); !anchored.ok()) return anchored;
    context_.reset(new Context{*log_, *callers_, *admission_, *limiter_, *workers_, streams_,
                               alarm_, *metrics_, *publication_, anchor_waits_.get()});
    service_ = MakeLogService(*context_);
    anchor_service_ =
        MakeAnchorService(*context_, anchoring_ == nullptr ? nullptr : &anchoring_->anchorer());
    AddHttpRoutes(settings);
    absl::StatusOr<Listener> listener = Listen(settings, {service_.get(), anchor_service_.get()});
    if (!listener.ok()) return listener.status();
    listener_ = *std::move(listener);
    alarm_.OnDamage([server = listener_.server.get()](const absl::Status& damage) {
      SetServing(*server, false);
      LogError("stored data are damaged: nothing is signed any more, sound reads go on",
               {{"reason", std::string(damage.message())}});
    });
    if (!settings.publish.has_value()) {
      absl::Status declared = DeclareCertifiers(*log_, settings.certifiers);
      if (!declared.ok()) return declared;
      declared_.store(true);
    }
    SetServing(*listener_.server, true);
    if (http_ != nullptr) http_->Serve();
    watchdog_.emplace(*log_, [this](const absl::Status& halted) {
      LookAtAnchors(halted);
      clock_watch_.Look(outside_clocks_->Skews());
    });
    started_.set_value(true);
    has_started_ = true;
    return absl::OkStatus();
  }

  void Report(const Settings& settings) const {
    LogInfo("serving", {{"address", listener_.address.Format()},
                        {"origin", settings.origin},
                        {"vkey", signer_.verifier_keys().front().Format()},
                        {"http_address", http_ ? http_->address().Format() : "none"},
                        {"size", absl::StrCat(log_->Newest()->size().value())},
                        {"tls", settings.tls.has_value() ? "yes" : "no"}});
    if (settings.publish.has_value()) return;
    LogWarning(
        "no witness policy: nothing outside guards this log; its checkpoints are its own promise");
  }

  const http::Address& address() const override { return listener_.address; }
  std::optional<http::Address> http_address() const override {
    if (http_ == nullptr) return std::nullopt;
    return http_->address();
  }

  void Stop() override {
    // Or it would tell that a log that stops takes no appends.
    watchdog_.reset();
    if (readiness_.has_value()) readiness_->Drain();
    if (listener_.server != nullptr) SetServing(*listener_.server, false);
    streams_.Drain();
    for (const auto& client : witness_clients_) client->Cancel();
    // Its receipts are entries of the log, which is still there.
    if (anchoring_ != nullptr) anchoring_->Stop();
    // What waits to be anchored or cosigned is answered.
    if (anchor_waits_ != nullptr) {
      anchor_waits_->GiveUp(absl::UnavailableError(
          "the server stops before the entry was anchored; it is in the log: ask again"));
    }
    // Or a round of a start that has failed would wait for its end.
    if (!std::exchange(has_started_, true)) started_.set_value(false);
    if (publication_ != nullptr) publication_->Stop();
    // Before the server: then all that the log owes is with gRPC, and nothing comes back to the
    // server when it is gone. An append that comes now is told UNAVAILABLE.
    if (log_ != nullptr) log_->Stop();
    // Some of those answers read the disk first.
    if (workers_ != nullptr) workers_->Stop();
    if (listener_.server != nullptr) {
      streams_.AwaitNone(kStreamsEnd);
      // A client that is idle may never answer the request to hang up.
      listener_.server->Shutdown(std::chrono::system_clock::now() + kHangUp);
      listener_.server->Wait();
    }
    // Before what it reports on.
    if (http_ != nullptr) http_->Stop();
    listener_.server.reset();
    service_.reset();
    anchor_service_.reset();
    anchor_waits_.reset();
    anchoring_.reset();
    publication_.reset();
    log_.reset();
    store_.reset();
  }

 private:
  void AddHttpRoutes(const Settings& settings) {
    if (http_ == nullptr) return;
    AddMonitor({.context = *context_,
                .store = *store_,
                .free_space_reserve_bytes = settings.free_space_reserve_bytes,
                .http_connections = [this] { return http_->connections(); },
                .ready = [this] { return readiness_->Check().ok(); },
                .anchorer = anchoring_ == nullptr ? nullptr : &anchoring_->anchorer(),
                .clocks = *outside_clocks_},
               *readiness_, routes_);
    AddTiles(*context_, routes_);
    if (!settings.http_address->loopback) {
      LogWarning("http_address can be reached from other machines: metrics go there in plain text",
                 {{"http_address", http_->address().Format()}});
    }
  }

  // In the order of what uses what: the last is destroyed first.
  const SystemClock clock_;
  const note::CheckpointSigner signer_;
  std::optional<HeldKeys> held_keys_;
  const std::unique_ptr<Metrics> metrics_ = Metrics::Make();
  std::unique_ptr<ledger::RocksDbStore> store_;
  std::optional<MeasuredStore> measured_store_;
  std::optional<OutsideClocks> outside_clocks_;
  std::unique_ptr<ledger::Log> log_;
  std::optional<Readiness> readiness_;
  std::unique_ptr<CallerDirectory> callers_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<Limiter> limiter_;
  std::unique_ptr<Workers> workers_;
  std::vector<std::unique_ptr<http::Client>> witness_clients_;
  // Without a witness policy: the certifiers are declared.
  std::atomic<bool> declared_{false};
  // Whether the start came to its end; kept once.
  std::promise<bool> started_;
  const std::shared_future<bool> started_future_{started_.get_future()};
  bool has_started_ = false;
  std::unique_ptr<Publication> publication_;
  Streams streams_{kMaxStreams};
  Alarm alarm_;
  std::unique_ptr<Anchoring> anchoring_;
  std::unique_ptr<anchor::Waits> anchor_waits_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Service> anchor_service_;
  Listener listener_;
  http::Routes routes_;
  std::unique_ptr<http::Server> http_;
  ClockWatch clock_watch_;  // Of the watchdog.
  std::optional<Watchdog> watchdog_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const Settings& given) {
  const Settings settings = WithLeastReserve(given);
  absl::StatusOr<note::CheckpointSigner> signer = LoadSigner(settings.keys, settings.origin);
  if (!signer.ok()) return signer.status();
  LogSettings(settings);
  WarnOf(given, settings);
  const Preflight preflight = CheckBeforeStart(settings, *signer, SystemClock().WallMs() / 1000);
  if (!preflight.errors.empty()) return preflight.errors.front();
  for (const std::string& warning : preflight.warnings) {
    LogWarning("the configuration needs a look", {{"reason", warning}});
  }
  auto daemon = std::make_unique<RunningDaemon>(*std::move(signer));
  if (absl::Status bound = daemon->ListenHttp(settings); !bound.ok()) return bound;
  if (absl::Status opened = daemon->OpenLog(settings); !opened.ok()) return opened;
  if (absl::Status serving = daemon->Serve(settings); !serving.ok()) return serving;
  daemon->Report(settings);
  return daemon;
}

}  // namespace cairn::server
