// cairn-witness while it runs.

#ifndef CAIRN_WITNESS_SERVER_DAEMON_H_
#define CAIRN_WITNESS_SERVER_DAEMON_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "witness/http/address.h"

namespace cairn::server {

struct WitnessSettings {
  std::string data_dir;
  std::string key_file;
  // Where it is written down that the key is used; empty: beside it.
  std::string key_state_file;
  std::string http_address;
  // A tlog-policy file; its log lines name the logs served.
  std::string policy_file;
  // Where to write the bound address; empty: nowhere.
  std::string address_file;
  // URLs of logs to audit, and how long to wait between two audits of one.
  std::vector<std::string> follow;
  std::chrono::seconds follow_interval{60};
  bool accept_new_state_for_used_key = false;
};

class WitnessDaemon {
 public:
  // Serves when it returns. Errors: kInvalidArgument for what the operator wrote wrong; else why it
  // could not start.
  static absl::StatusOr<std::unique_ptr<WitnessDaemon>> Start(const WitnessSettings& settings);
  virtual ~WitnessDaemon() = default;

  // With the port that was bound.
  virtual const http::Address& address() const = 0;

  // Reads the policy again. An unusable one changes nothing, and is reported.
  virtual void Reload() = 0;

  // Answers what it took. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_DAEMON_H_
