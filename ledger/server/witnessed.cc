#include "ledger/server/witnessed.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/verify.h"
#include "witness/server/files.h"
#include "witness/server/logger.h"

namespace cairn::server {
namespace {

using Clock = std::chrono::steady_clock;
using witness::Round;

constexpr size_t kMaxWaiting = 10'000;
// A cosignature is fresh when it is no older than this, as the witness's clock and ours may differ.
constexpr uint64_t kFreshSeconds = 300;
constexpr std::chrono::seconds kAskForTheTime(30);

class WitnessedPublication final : public Publication {
 public:
  WitnessedPublication(const PublishSettings& settings, Witnessing witnessing, ledger::Log& log)
      : settings_(settings),
        witnessing_(std::move(witnessing)),
        log_(log),
        reported_(settings.policy.witnesses().size()),
        gatherer_(
            witnessing_.sources,
            [&log](TreeSize from, TreeSize to) {
              return log.ConsistencyProof(*log.Newest(), from, to);
            },
            settings.gatherer,
            [this](size_t witness, const witness::Target& target,
                   const absl::StatusOr<witness::Cosigned>& cosigned) {
              Hear(witness, target, cosigned);
            }) {}
  ~WitnessedPublication() override { Stop(); }

  // What was published before, which the tree must continue.
  absl::Status Load() {
    const absl::StatusOr<std::string> read =
        ReadWholeFile(witnessing_.published_file, note::kMaxNoteBytes);
    if (absl::IsNotFound(read.status())) return absl::OkStatus();
    if (!read.ok()) return read.status();
    const auto checkpoint = note::VerifyCheckpoint(*read, witnessing_.log_key);
    if (!checkpoint.ok()) {
      return absl::DataLossError(
          absl::StrCat(witnessing_.published_file,
                       " is no checkpoint of this log: ", checkpoint.status().message()));
    }
    if (absl::Status continues = CheckContinues(*checkpoint); !continues.ok()) {
      return absl::DataLossError(absl::StrCat(
          "the tree in the directory does not continue what this log has published (",
          witnessing_.published_file, ", size ", checkpoint->size.value(),
          "): ", continues.message(),
          "; it is an older copy or a damaged one. Restore the newest backup that does"));
    }
    newest_ = std::make_shared<const Published>(Published{checkpoint->size, *read});
    return absl::OkStatus();
  }

  void Begin() {
    integrations_ = log_.Subscribe([this](const std::shared_ptr<const ledger::View>& view) {
      const std::lock_guard lock(mutex_);
      integrated_ = {view->size(), Clock::now()};
    });
    last_published_ = Clock::now();
    thread_ = std::thread([this] { Run(); });
  }

  Newest newest() const override {
    const std::lock_guard lock(mutex_);
    return newest_;
  }

  absl::Status CanAppend() const override {
    const std::lock_guard lock(mutex_);
    // Never the advice that goes with a block: a log that has stopped is not helped by it.
    return given_up_.ok() ? blocked_ : given_up_;
  }

  absl::Status CanWait() const override { return absl::OkStatus(); }

  absl::StatusOr<WaitId> Wait(TreeSize size, Done done) override {
    Newest ready;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return absl::UnavailableError("the server is stopping; ask again later");
      if (newest_ == nullptr || newest_->size < size) {
        if (!given_up_.ok()) return given_up_;
        if (waits_.size() >= kMaxWaiting) {
          return absl::ResourceExhaustedError(absl::StrCat(
              kMaxWaiting, " appends wait for their cosignatures; ask for INTEGRATED, or later"));
        }
        const WaitId id = ++last_wait_;
        waits_[id] = {size, std::move(done)};
        return id;
      }
      ready = newest_;
    }
    done(ready);
    return WaitId{0};
  }

  void Forget(WaitId id) override {
    const std::lock_guard lock(mutex_);
    waits_.erase(id);
  }

  std::shared_ptr<void> Subscribe(std::function<void(const Newest&)> listener) override {
    // The handle ends the subscription: a call takes the listeners' lock.
    const auto list = listeners_;
    const std::lock_guard lock(list->mutex);
    const uint64_t id = ++list->last;
    list->all[id] = std::move(listener);
    return {nullptr, [list, id](void*) {
              const std::lock_guard inner(list->mutex);
              list->all.erase(id);
            }};
  }

  void Stop() override {
    std::map<WaitId, Waiting> waits;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      waits.swap(waits_);
    }
    changed_.notify_all();
    integrations_.reset();
    gatherer_.Stop();
    if (thread_.joinable()) thread_.join();
    for (auto& [id, wait] : waits) {
      wait.done(absl::UnavailableError(
          "the server stops before the entry was cosigned; it is in the log: ask again"));
    }
  }

 private:
  struct Waiting {
    TreeSize size;
    Done done;
  };
  struct Integrated {
    TreeSize size;
    // An empty log counts from its start.
    Clock::time_point at = Clock::now();
  };
  struct ListenerList {
    std::mutex mutex;
    uint64_t last = 0;
    std::map<uint64_t, std::function<void(const Newest&)>> all;
  };

  bool stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  absl::Status CheckContinues(const note::Checkpoint& published) const {
    const auto view = log_.Newest();
    if (published.size > view->size()) {
      return absl::OutOfRangeError(absl::StrCat("it has ", view->size().value(), " entries"));
    }
    if (published.size == TreeSize(0)) return absl::OkStatus();
    const auto proof = log_.ConsistencyProof(*view, published.size, view->size());
    if (!proof.ok()) return proof.status();
    return merkle::VerifyConsistency(published.size, view->size(), published.root, view->state.root,
                                     *proof);
  }

  void Run() {
    Clock::time_point next = Clock::now();
    while (true) {
      {
        std::unique_lock lock(mutex_);
        if (changed_.wait_until(lock, next, [this] { return stopping_; })) return;
      }
      next = Clock::now() + settings_.interval;
      const auto view = log_.Newest();
      const bool news = newest() == nullptr || newest()->size < view->size();
      const absl::Status halted = log_.stats().halted;
      const bool publish = news || !guarded_;
      if (halted.ok() && (publish || AsksForTheTime())) RunRound(*view, publish);
      if (!halted.ok()) GiveUp(halted);
      CheckAge(*view);
    }
  }

  // When the newest tree was integrated; now, if its commit's listeners have not been called yet or
  // it was there at the start.
  Clock::time_point IntegratedAt(TreeSize size) const {
    const std::lock_guard lock(mutex_);
    return integrated_.size == size ? integrated_.at : Clock::now();
  }

  // Whether what witnesses said of the time is to be heard again, though there is nothing new.
  bool AsksForTheTime() const {
    return absl::IsFailedPrecondition(log_.healthy()) &&
           Clock::now() - last_round_ >= kAskForTheTime;
  }

  void RunRound(const ledger::View& view, bool publish) {
    last_round_ = Clock::now();
    const Clock::time_point integrated_at = IntegratedAt(view.size());
    const Round round = gatherer_.Gather(
        {.size = view.size(), .note = view.checkpoint}, [this](const note::WitnessSet& cosigned) {
          return guarded_ ? settings_.policy.IsQuorum(cosigned) : SilentAreHarmless(cosigned);
        });
    // What each said was heard before: also that there is another history.
    if (stopping() || !log_.stats().halted.ok()) return;
    if (!guarded_) {
      if (!CheckGuard(round)) return;
      if (absl::Status ready = witnessing_.before_appends(); !ready.ok()) {
        return Block(std::string(ready.message()));
      }
      guarded_ = true;
      Unblock();
    }
    const bool quorum = settings_.policy.IsQuorum(witness::CosignersOf(round));
    if (publish && (quorum || settings_.without_quorum)) Publish(view, round, integrated_at);
  }

  // Nothing is published any more, so nobody need wait for it.
  void GiveUp(const absl::Status& halted) {
    const absl::Status why =
        absl::DataLossError(absl::StrCat("nothing is signed any more: ", halted.message()));
    std::map<WaitId, Waiting> waits;
    {
      const std::lock_guard lock(mutex_);
      given_up_ = why;
      waits.swap(waits_);
    }
    for (auto& [id, wait] : waits) {
      wait.done(absl::DataLossError(
          absl::StrCat("the entry is in the log, and is not published: ", why.message())));
    }
  }

  // Whether those that are not in `confirmed` could not have met the quorum without the others.
  bool SilentAreHarmless(const note::WitnessSet& confirmed) const {
    if (settings_.policy.needs_none()) return true;
    note::WitnessSet silent(confirmed.size());
    for (size_t i = 0; i < confirmed.size(); ++i) {
      const std::string& name = settings_.policy.witnesses()[i].name;
      silent[i] = !confirmed[i] && settings_.accept_unreachable.count(name) == 0;
    }
    return !settings_.policy.IsQuorum(silent);
  }

  bool CheckGuard(const Round& round) {
    const uint64_t now_s = witnessing_.now_s();
    note::WitnessSet fresh = witness::CosignersOf(round);
    std::vector<std::string> silent;
    std::vector<std::string> ahead;
    for (size_t i = 0; i < round.size(); ++i) {
      fresh[i] = fresh[i] && round[i]->at_s + kFreshSeconds >= now_s;
      const std::string& name = settings_.policy.witnesses()[i].name;
      if (fresh[i] || settings_.accept_unreachable.count(name) > 0) continue;
      silent.push_back(name);
      if (absl::IsAborted(round[i].status())) ahead.push_back(name);
    }
    if (SilentAreHarmless(fresh)) return true;
    Block(absl::StrCat(
        "appends wait until enough witnesses confirm that this directory is the newest: no fresh "
        "cosignature from ",
        absl::StrJoin(silent, ", "), ", who alone could have cosigned a later tree. ",
        ClockAdvice(), AdviceFor(ahead)));
    return false;
  }

  // A cosignature is not fresh by a clock that is ahead of the witness's. No figures: a reason that
  // changes with each round would be a line with each.
  std::string ClockAdvice() const {
    return witnessing_.clock_is_apart()
               ? "But the clock here and one of theirs are more than a minute apart: first set "
                 "the wrong one right. "
               : "";
  }

  // `ahead` say that they know a larger tree, and show none: many witnesses show nothing to
  // anybody.
  static std::string AdviceFor(const std::vector<std::string>& ahead) {
    if (ahead.empty()) {
      return "Bring them back; only if that is impossible and this directory is surely the newest, "
             "restart with --accept_unreachable_witness NAME";
    }
    return absl::StrCat(absl::StrJoin(ahead, ", "),
                        " answered that there is one: this directory is probably an older copy, "
                        "and appends would begin a second history. Find the newest copy and go on "
                        "with that; do not accept as unreachable who answers so");
  }

  // On the witness's thread, as soon as it has answered.
  void Hear(size_t witness, const witness::Target& target,
            const absl::StatusOr<witness::Cosigned>& cosigned) {
    // What was cut off says nothing of a witness.
    if (stopping()) return;
    const std::string& name = settings_.policy.witnesses()[witness].name;
    // Counted first: whoever reads the line finds it in the metrics.
    if (cosigned.ok()) {
      witnessing_.heard_time(witness, cosigned->at_s);
      witnessing_.metrics.Cosigned(name, target.size, cosigned->at_s);
    } else {
      witnessing_.metrics.NotCosigned(name, cosigned.status().code());
    }
    Report(name, cosigned.status(), reported_[witness]);
    if (!absl::IsFailedPrecondition(cosigned.status())) return;
    const absl::Status forked = absl::DataLossError(absl::StrCat(
        "witness ", name, ": ", cosigned.status().message(),
        "; it has cosigned another history under this log's key. This directory is an older copy, "
        "or another process signs with the key: stop every other copy, find out which history was "
        "published, and go on with that one alone. Restore the newest backup if it is not here"));
    const bool first = log_.stats().halted.ok();
    log_.Halt(forked);
    GiveUp(forked);
    if (!first) return;
    LogError("nothing is signed any more: a witness knows another history",
             {{"reason", std::string(forked.message())}});
  }

  void Publish(const ledger::View& view, const Round& round, Clock::time_point integrated_at) {
    std::string note = view.checkpoint;
    for (const auto& cosigned : round) {
      if (cosigned.ok()) note += cosigned->line;
    }
    // Shown to nobody before it would be found again.
    const absl::Status wrote = ReplaceFile(witnessing_.published_file, note);
    if (!wrote.ok()) {
      return LogError("a checkpoint could not be published",
                      {{"reason", std::string(wrote.message())}});
    }
    const auto published =
        std::make_shared<const Published>(Published{view.size(), std::move(note)});
    witnessing_.metrics.Published(view.size(), Clock::now() - integrated_at);
    std::vector<Done> done;
    {
      const std::lock_guard lock(mutex_);
      newest_ = published;
      last_published_ = Clock::now();
      for (auto at = waits_.begin(); at != waits_.end();) {
        if (at->second.size > published->size) {
          ++at;
          continue;
        }
        done.push_back(std::move(at->second.done));
        at = waits_.erase(at);
      }
    }
    {
      const std::lock_guard lock(listeners_->mutex);
      for (const auto& [id, listener] : listeners_->all) listener(published);
    }
    for (const Done& each : done) each(Newest(published));
  }

  // Appends stop while what they add would stay unpublished for too long.
  void CheckAge(const ledger::View& view) {
    if (!guarded_) return;
    const std::lock_guard lock(mutex_);
    const bool all_published = newest_ != nullptr && newest_->size >= view.size();
    if (all_published) last_published_ = Clock::now();
    const auto age = Clock::now() - last_published_;
    blocked_ = age <= settings_.max_unpublished_age
                   ? absl::OkStatus()
                   : absl::UnavailableError(
                         absl::StrCat("no checkpoint met the witness policy for ",
                                      std::chrono::duration_cast<std::chrono::seconds>(age).count(),
                                      " s; appends go on when one does"));
  }

  void Block(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (blocked_.message() != why) LogWarning("appends are held back", {{"reason", why}});
    blocked_ = absl::UnavailableError(why);
  }

  void Unblock() {
    LogInfo("the witnesses confirm the tree; appends are taken");
    const std::lock_guard lock(mutex_);
    blocked_ = absl::OkStatus();
    last_published_ = Clock::now();
  }

  // A line when a witness begins to fail, fails otherwise, or recovers.
  static void Report(const std::string& name, const absl::Status& status,
                     absl::StatusCode& reported) {
    if (status.code() == reported) return;
    reported = status.code();
    if (status.ok()) {
      LogInfo("a witness cosigns", {{"witness", name}});
    } else {
      LogWarning("a witness does not cosign", {{"witness", name},
                                               {"code", absl::StatusCodeToString(status.code())},
                                               {"reason", std::string(status.message())}});
    }
  }

  const PublishSettings settings_;
  const Witnessing witnessing_;
  ledger::Log& log_;
  // Of the publishing thread.
  bool guarded_ = false;
  Clock::time_point last_round_;
  // Each of its witness's thread.
  std::vector<absl::StatusCode> reported_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Newest newest_;
  absl::Status blocked_ = absl::UnavailableError(
      "appends wait until the witnesses confirm that this directory is the newest");
  Clock::time_point last_published_;
  Integrated integrated_;
  WaitId last_wait_ = 0;
  std::map<WaitId, Waiting> waits_;
  bool stopping_ = false;
  absl::Status given_up_;  // Why nothing more is published, or taken.
  const std::shared_ptr<ListenerList> listeners_ = std::make_shared<ListenerList>();

  std::shared_ptr<void> integrations_;
  witness::Gatherer gatherer_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Publication>> PublishWitnessed(const PublishSettings& settings,
                                                              Witnessing witnessing,
                                                              ledger::Log& log) {
  auto publication = std::make_unique<WitnessedPublication>(settings, std::move(witnessing), log);
  if (absl::Status loaded = publication->Load(); !loaded.ok()) return loaded;
  publication->Begin();
  return publication;
}

}  // namespace cairn::server
