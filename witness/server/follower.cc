#include "witness/server/follower.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "merkle/hash.h"
#include "merkle/note/note.h"
#include "witness/finding.h"
#include "witness/server/logger.h"
#include "witness/server/misbehaviour_file.h"
#include "witness/views.h"

namespace cairn::server {

absl::StatusOr<std::unique_ptr<Follower>> Follower::Start(
    const std::string& url, std::chrono::seconds interval, const std::string& data_dir,
    const witness::Cosigner& cosigner, std::shared_ptr<const note::Policy> policy) {
  auto store = FileAuditStore::Open(
      absl::StrCat(data_dir, "/follow/", merkle::Sha256(url).Hex().substr(0, 16)));
  if (!store.ok()) return store.status();
  return std::unique_ptr<Follower>(
      new Follower(url, interval, data_dir, cosigner, std::move(policy), *std::move(store)));
}

Follower::Follower(const std::string& url, std::chrono::seconds interval,
                   const std::string& data_dir, const witness::Cosigner& cosigner,
                   std::shared_ptr<const note::Policy> policy,
                   std::unique_ptr<FileAuditStore> store)
    : url_(url),
      interval_(interval),
      misbehaviour_dir_(data_dir + "/misbehaviour"),
      cosigner_(cosigner),
      store_(std::move(store)),
      source_(url),
      policy_(std::move(policy)),
      thread_([this] { Loop(); }) {}

Follower::~Follower() { Stop(); }

void Follower::SetPolicy(std::shared_ptr<const note::Policy> policy) {
  const std::lock_guard lock(mutex_);
  policy_ = std::move(policy);
}

void Follower::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (running_ != nullptr) running_->Cancel();
  }
  source_.Cancel();
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Follower::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const std::shared_ptr<const note::Policy> policy = policy_;
    lock.unlock();
    const absl::Status round = Round(*policy);
    lock.lock();
    if (!round.ok() && !stopping_) {
      LogError("a log that is followed could not be audited; it will be tried again",
               {{"url", url_}, {"reason", std::string(round.message())}});
    }
    changed_.wait_for(lock, interval_, [this] { return stopping_; });
  }
}

absl::Status Follower::Round(const note::Policy& policy) {
  const absl::StatusOr<std::vector<witness::OtherView>> cosigned = Cosigned();
  if (!cosigned.ok()) return cosigned.status();
  witness::AuditOptions options;
  // A log may be quiet for as long as it likes: how old its checkpoint may be is for those to say
  // who audit it by hand.
  options.now_s = static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now()));
  witness::Auditor auditor(source_, policy, *store_, std::move(options));
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return absl::OkStatus();
    running_ = &auditor;
  }
  const absl::StatusOr<witness::AuditReport> report = auditor.Run(*cosigned);
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
  }
  if (!report.ok()) return report.status();
  Say(*report);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<witness::OtherView>> Follower::Cosigned() {
  std::vector<witness::OtherView> views;
  absl::StatusOr<std::string> note = source_.Read("checkpoint", note::kMaxNoteBytes);
  if (!note.ok()) return note.status();
  const absl::StatusOr<witness::View> shown = witness::ReadView(*std::move(note));
  // What is wrong with it the audit will say.
  if (!shown.ok()) return views;
  absl::StatusOr<std::string> kept = cosigner_.Latest(merkle::Sha256(shown->checkpoint.origin));
  if (kept.ok()) {
    views.push_back({"what this witness cosigned", *std::move(kept)});
  } else if (!absl::IsNotFound(kept.status())) {
    return kept.status();
  }
  return views;
}

void Follower::Say(const witness::AuditReport& report) {
  for (const witness::Finding& finding : report.findings) {
    if (!finding.is_new) continue;
    LogError("an audit found something wrong with a log",
             {{"url", url_},
              {"kind", std::string(witness::FindingKindName(finding.kind))},
              {"entry", finding.index.has_value() ? absl::StrCat(finding.index->value()) : "-"},
              {"what", finding.text}});
  }
  for (const note::Misbehaviour& misbehaviour : report.misbehaviours) {
    const absl::StatusOr<std::string> path =
        WriteMisbehaviour(misbehaviour_dir_, report.newest->checkpoint.origin, misbehaviour);
    LogError("a log has shown two trees; publish the file that proves it",
             {{"url", url_}, {"file", path.ok() ? *path : std::string(path.status().message())}});
  }
  if (report.audited > report.before) {
    LogInfo("a log was audited", {{"url", url_},
                                  {"tree_size", absl::StrCat(report.audited.value())},
                                  {"findings", absl::StrCat(report.finding_count)}});
  }
}

}  // namespace cairn::server
