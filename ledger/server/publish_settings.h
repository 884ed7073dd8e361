// How checkpoints are published under a witness policy.

#ifndef CAIRN_LEDGER_SERVER_PUBLISH_SETTINGS_H_
#define CAIRN_LEDGER_SERVER_PUBLISH_SETTINGS_H_

#include <chrono>
#include <set>
#include <string>

#include "merkle/note/policy.h"
#include "witness/gatherer.h"

namespace cairn::server {

struct PublishSettings {
  note::Policy policy;
  // Names of witnesses that may be silent at start.
  std::set<std::string> accept_unreachable = {};
  std::chrono::milliseconds interval = std::chrono::seconds(1);
  // Appends stop when what is unpublished has been so for longer.
  std::chrono::milliseconds max_unpublished_age = std::chrono::hours(1);
  // Publish what has no quorum as well.
  bool without_quorum = false;
  witness::GathererOptions gatherer = {};
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_PUBLISH_SETTINGS_H_
