// Audits a log again and again while the witness runs, and holds it to what the witness cosigned.
//
// Says in log lines what it finds, and writes a misbehaviour file when the log shows another tree
// than it had cosigned. The state is kept below the witness's directory; see witness/auditor.h.
// Threads: one of its own.

#ifndef CAIRN_WITNESS_SERVER_FOLLOWER_H_
#define CAIRN_WITNESS_SERVER_FOLLOWER_H_

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/note/policy.h"
#include "witness/auditor.h"
#include "witness/cosigner.h"
#include "witness/http/log_source.h"
#include "witness/server/audit_files.h"

namespace cairn::server {

class Follower {
 public:
  // Begins at once. Borrows the cosigner.
  static absl::StatusOr<std::unique_ptr<Follower>> Start(
      const std::string& url, std::chrono::seconds interval, const std::string& data_dir,
      const witness::Cosigner& cosigner, std::shared_ptr<const note::Policy> policy);
  // Stops as Stop() does.
  ~Follower();

  // In force from the next round on.
  void SetPolicy(std::shared_ptr<const note::Policy> policy);

  // Ends the round under way soon, and the thread. Idempotent.
  void Stop();

 private:
  Follower(const std::string& url, std::chrono::seconds interval, const std::string& data_dir,
           const witness::Cosigner& cosigner, std::shared_ptr<const note::Policy> policy,
           std::unique_ptr<FileAuditStore> store);

  void Loop();
  absl::Status Round(const note::Policy& policy);
  // What this witness cosigned of the log that is at the URL now.
  absl::StatusOr<std::vector<witness::OtherView>> Cosigned();
  void Say(const witness::AuditReport& report);

  const std::string url_;
  const std::chrono::seconds interval_;
  const std::string misbehaviour_dir_;
  const witness::Cosigner& cosigner_;
  const std::unique_ptr<FileAuditStore> store_;
  http::HttpLogSource source_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const note::Policy> policy_;
  witness::Auditor* running_ = nullptr;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_FOLLOWER_H_
