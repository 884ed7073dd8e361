#include "witness/server/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "merkle/note/key.h"
#include "merkle/note/misbehaviour.h"
#include "merkle/note/policy.h"
#include "witness/cosigner.h"
#include "witness/http/server.h"
#include "witness/rocksdb/store.h"
#include "witness/server/files.h"
#include "witness/server/follower.h"
#include "witness/server/handlers.h"
#include "witness/server/key_file.h"
#include "witness/server/logger.h"
#include "witness/server/misbehaviour_file.h"
#include "witness/server/version.h"
#include "witness/server/workers.h"

namespace cairn::server {
namespace {

constexpr size_t kMaxWaiting = 4'096;
constexpr size_t kMaxConnections = 512;

absl::StatusOr<std::shared_ptr<const note::Policy>> ReadPolicy(const std::string& file) {
  const absl::StatusOr<std::string> text = ReadWholeFile(file, note::kMaxPolicyBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<note::Policy> policy = note::Policy::Parse(*text);
  if (!policy.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", policy.status().message()));
  }
  return std::make_shared<const note::Policy>(*std::move(policy));
}

// A log that this witness signs itself would be its own witness.
absl::Status CheckPolicy(const note::Policy& policy, const note::VerifierKey& own) {
  for (const note::PolicyLog& log : policy.logs()) {
    if (log.key.public_key() != own.public_key()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the policy's log `", log.key.name(),
                     "` has this witness's own key, and would be its own witness: give the witness "
                     "a key of its own"));
  }
  return absl::OkStatus();
}

uint64_t NowSeconds() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

// Written whatever becomes of the process; nothing that waits for an answer gets one.
void DieOf(const absl::Status& why) {
  LogError("the witness has stopped itself; restart cairn-witness, which recovers",
           {{"reason", std::string(why.message())}});
  _exit(1);
}

// The store, under the guard against a witness that forgot: without its state it would cosign trees
// that contradict those it has cosigned.
absl::StatusOr<std::unique_ptr<witness::RocksDbStore>> OpenStore(const WitnessSettings& settings,
                                                                 const KeySettings& key,
                                                                 const std::string& vkey,
                                                                 std::optional<HeldKeys>& held) {
  const absl::StatusOr<bool> used = AnyKeyUsed({key});
  if (!used.ok()) return used.status();
  const bool create = !*used || settings.accept_new_state_for_used_key;
  absl::StatusOr<std::unique_ptr<witness::RocksDbStore>> store =
      witness::RocksDbStore::Open({.path = settings.data_dir, .vkey = vkey, .create = create});
  if (!create && absl::IsNotFound(store.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no witness's state in ", settings.data_dir, ", but key file ",
                     key.file, " has cosigned (says ", key.state_file,
                     "): without that state it may cosign what contradicts it. Point --data_dir at "
                     "the state, or "
                     "make a new key; only if no cosignature ever left this machine, give "
                     "--accept_new_state_for_used_key"));
  }
  if (!store.ok()) return store.status();
  // After the directory, whose own lock says better what is wrong where it is the same one.
  absl::StatusOr<HeldKeys> taken = HeldKeys::Take({key});
  if (!taken.ok()) return taken.status();
  held = *std::move(taken);
  const absl::Status bound = held->Bind((*store)->id(), settings.accept_new_state_for_used_key);
  if (!bound.ok()) return bound;
  return store;
}

class RunningWitness final : public WitnessDaemon {
 public:
  explicit RunningWitness(const WitnessSettings& settings) : settings_(settings) {}
  ~RunningWitness() override { Stop(); }

  absl::Status Begin() {
    const absl::StatusOr<http::Address> address = http::ParseAddress(settings_.http_address);
    if (!address.ok()) return address.status();
    absl::StatusOr<std::shared_ptr<const note::Policy>> policy = ReadPolicy(settings_.policy_file);
    if (!policy.ok()) return policy.status();
    absl::StatusOr<note::SignerKey> key = LoadKey(settings_.key_file, note::KeyType::kCosignature);
    if (!key.ok()) return key.status();
    vkey_ = key->verifier_key().Format();
    if (absl::Status good = CheckPolicy(**policy, key->verifier_key()); !good.ok()) return good;
    // Before anything is made or bound to the key: a witness whose port is taken leaves no trace.
    const http::Limits limits{.max_connections = kMaxConnections,
                              .max_body_bytes = witness::kMaxAddCheckpointBytes};
    auto server = http::Server::Listen(*address, limits,
                                       [this](const http::Request& request, http::Respond respond) {
                                         routes_.Handle(request, std::move(respond));
                                       });
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    const KeySettings key_settings{settings_.key_file, settings_.key_state_file.empty()
                                                           ? settings_.key_file + ".used"
                                                           : settings_.key_state_file};
    auto store = OpenStore(settings_, key_settings, vkey_, held_keys_);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    if (const std::string wide = SayWhoMayUse(settings_.data_dir); !wide.empty()) {
      LogWarning("others may use data_dir", {{"reason", wide}});
    }
    auto cosigner = witness::Cosigner::Open(
        *std::move(key), store_.get(), *policy,
        {.max_waiting = kMaxWaiting,
         .now_s = NowSeconds,
         .on_fatal = DieOf,
         .on_split = [this](absl::string_view origin, const note::Misbehaviour& misbehaviour) {
           SayOfSplit(origin, misbehaviour);
         }});
    if (!cosigner.ok()) return cosigner.status();
    cosigner_ = *std::move(cosigner);
    workers_ = std::make_unique<Workers>(
        static_cast<int>(std::max(2u, std::thread::hardware_concurrency())), kMaxWaiting);
    AddWitness(*cosigner_, *workers_, routes_);
    server_->Serve();
    for (const std::string& url : settings_.follow) {
      auto follower =
          Follower::Start(url, settings_.follow_interval, settings_.data_dir, *cosigner_, *policy);
      if (!follower.ok()) return follower.status();
      followers_.push_back(*std::move(follower));
    }
    LogInfo("serving", {{"version", kVersion},
                        {"http_address", server_->address().Format()},
                        {"vkey", vkey_},
                        {"logs", absl::StrCat((*policy)->logs().size())},
                        {"logs_kept", absl::StrCat(cosigner_->logs_kept())}});
    return absl::OkStatus();
  }

  const http::Address& address() const override { return server_->address(); }

  void Reload() override {
    const absl::StatusOr<std::shared_ptr<const note::Policy>> policy =
        ReadPolicy(settings_.policy_file);
    if (!policy.ok()) {
      return LogError("the policy cannot be used; the one before stays in force",
                      {{"reason", std::string(policy.status().message())}});
    }
    cosigner_->SetPolicy(*policy);
    for (const std::unique_ptr<Follower>& follower : followers_) follower->SetPolicy(*policy);
    LogInfo("the policy was read again", {{"logs", absl::StrCat((*policy)->logs().size())}});
  }

  void Stop() override {
    followers_.clear();
    // In the order in which a request goes, so that each is answered.
    if (workers_ != nullptr) workers_->Stop();
    if (cosigner_ != nullptr) cosigner_->Stop();
    if (server_ != nullptr) server_->Stop();
  }

 private:
  void SayOfSplit(absl::string_view origin, const note::Misbehaviour& misbehaviour) const {
    const absl::StatusOr<std::string> path =
        WriteMisbehaviour(settings_.data_dir + "/misbehaviour", origin, misbehaviour);
    LogError(
        "a log asked for a cosignature over another tree of the size that was cosigned; "
        "publish the file that proves it",
        {{"origin", std::string(origin)},
         {"file", path.ok() ? *path : std::string(path.status().message())}});
  }

  const WitnessSettings settings_;
  std::string vkey_;
  // In the order of what uses what: the last is destroyed first.
  std::optional<HeldKeys> held_keys_;
  std::unique_ptr<witness::RocksDbStore> store_;
  std::unique_ptr<witness::Cosigner> cosigner_;
  std::unique_ptr<Workers> workers_;
  http::Routes routes_;
  std::unique_ptr<http::Server> server_;
  std::vector<std::unique_ptr<Follower>> followers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<WitnessDaemon>> WitnessDaemon::Start(
    const WitnessSettings& settings) {
  auto daemon = std::make_unique<RunningWitness>(settings);
  if (absl::Status begun = daemon->Begin(); !begun.ok()) return begun;
  return daemon;
}

}  // namespace cairn::server
