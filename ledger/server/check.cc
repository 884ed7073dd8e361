#include "ledger/server/check.h"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/check/certifiers.h"
#include "ledger/recovery.h"
#include "ledger/rocksdb/read_only_log.h"
#include "ledger/server/declare.h"
#include "ledger/server/keys.h"
#include "ledger/server/preflight.h"
#include "ledger/server/system_clock.h"
#include "merkle/entry/certifiers.h"
#include "merkle/note/text.h"

namespace cairn::server {
namespace {

constexpr int kWouldStart = 0;
constexpr int kWouldNotStart = 2;
constexpr int kCouldNotCheck = 3;

struct Change {
  entry::CertifierEntry entry;
  // Of a rotation: the key before it.
  std::optional<PublicKey> old_key;
};

struct Outcome {
  // Nothing: there is none yet, or it could not be read.
  std::optional<uint64_t> size;
  std::vector<Change> changes;
  std::vector<std::string> warnings;
  // Why it would not start.
  std::vector<std::string> errors;
  // What could not be found out.
  std::vector<std::string> unknown;

  int code() const {
    if (!errors.empty()) return kWouldNotStart;
    return unknown.empty() ? kWouldStart : kCouldNotCheck;
  }
  void Take(const absl::Status& checked) {
    if (!checked.ok()) errors.emplace_back(checked.message());
  }
};

void Plan(const Settings& settings, const entry::CertifierRegistry& registry, Outcome& out) {
  const absl::StatusOr<CertifierPlan> plan = PlanCertifiers(registry, settings.certifiers);
  if (!plan.ok()) return out.Take(plan.status());
  for (const entry::CertifierEntry& change : plan->changes) {
    const absl::StatusOr<entry::Certifier> current = registry.Current(change.name);
    out.changes.push_back(
        {.entry = change, .old_key = current.ok() ? current->key : std::optional<PublicKey>()});
  }
  for (const auto& [name, warning] : plan->warnings) {
    out.warnings.push_back(absl::StrCat("certifier ", name, ": ", warning));
  }
}

void CheckExisting(const Settings& settings, const note::CheckpointSigner& signer,
                   ledger::ReadOnlyLog& log, Outcome& out) {
  const absl::Status ours = ledger::CheckIdentity(log.identity(), signer);
  if (!ours.ok()) return out.Take(ours);
  const absl::StatusOr<ledger::TreeState> state = log.ReadState();
  if (!state.ok()) return out.Take(state.status());
  out.size = state->size.value();
  const bool accept = settings.accept_new_log_for_used_key && state->size == TreeSize(0);
  out.Take(CheckKeys(settings.keys, log.identity().log_id, accept));
  const absl::StatusOr<entry::CertifierRegistry> registry = ledger::ReadCertifiers(log);
  if (!registry.ok()) return out.Take(registry.status());
  Plan(settings, *registry, out);
}

void CheckLog(const Settings& settings, const note::CheckpointSigner& signer, Outcome& out) {
  const absl::StatusOr<std::unique_ptr<ledger::ReadOnlyLog>> log =
      ledger::ReadOnlyLog::Open(settings.data_dir);
  if (log.ok()) return CheckExisting(settings, signer, **log, out);
  if (!absl::IsNotFound(log.status())) {
    out.unknown.push_back(
        absl::StrCat("what would change in the log is not known: ", log.status().message()));
    return;
  }
  const absl::StatusOr<bool> used = AnyKeyUsed(settings.keys);
  out.Take(used.status());
  if (used.ok() && *used && !settings.accept_new_log_for_used_key) {
    out.Take(SecondHistory(settings.data_dir, settings.keys.front()));
  }
  // Where not even the directory is there, the checks before a start have seen to it.
  Plan(settings, entry::CertifierRegistry(settings.origin), out);
}

std::string KeyText(const std::optional<PublicKey>& key) {
  return key.has_value() ? note::FormatBase64(key->view()) : "none";
}

absl::string_view DemandText(entry::CertifierDemand demand) {
  return demand == entry::CertifierDemand::kSigned ? "signed" : "channel";
}

// By whose word a rotation gives another key; empty where it does not.
absl::string_view WordOf(const Change& change) {
  if (change.entry.action != entry::CertifierAction::kRotate) return "";
  if (change.entry.key == change.old_key) return "";
  return change.entry.by_old_key.has_value() ? "the key before it" : "the operator";
}

std::string Text(const Change& change) {
  std::string text =
      absl::StrCat("would ", ActionName(change.entry.action), " certifier ", change.entry.name);
  if (change.entry.action == entry::CertifierAction::kRetire)
    return absl::StrCat(text, ", for ever");
  absl::StrAppend(&text, ": demand ", DemandText(change.entry.demand), ", key ",
                  KeyText(change.entry.key));
  if (change.entry.action == entry::CertifierAction::kDeclare) return text;
  absl::StrAppend(&text, ", before ", KeyText(change.old_key));
  const absl::string_view word = WordOf(change);
  if (!word.empty()) absl::StrAppend(&text, ", by word of ", word);
  return text;
}

nlohmann::ordered_json Json(const Change& change) {
  nlohmann::ordered_json json;
  json["action"] = ActionName(change.entry.action);
  json["name"] = change.entry.name;
  if (change.entry.action == entry::CertifierAction::kRetire) return json;
  json["demand"] = std::string(DemandText(change.entry.demand));
  if (change.entry.key.has_value()) json["key"] = KeyText(change.entry.key);
  if (change.old_key.has_value()) json["old_key"] = KeyText(change.old_key);
  const absl::string_view word = WordOf(change);
  if (!word.empty()) json["by_word_of"] = std::string(word);
  return json;
}

void PrintJson(const Outcome& out) {
  nlohmann::ordered_json json;
  json["would_start"] = out.code() == kWouldStart;
  json["size"] = out.size.has_value() ? nlohmann::ordered_json(*out.size) : nullptr;
  json["changes"] = nlohmann::ordered_json::array();
  for (const Change& change : out.changes) json["changes"].push_back(Json(change));
  json["warnings"] = out.warnings;
  json["errors"] = out.errors;
  json["unknown"] = out.unknown;
  std::cout << json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

void PrintText(const Outcome& out) {
  if (out.size.has_value()) {
    std::cout << "the log has " << *out.size << (*out.size == 1 ? " entry\n" : " entries\n");
  }
  for (const Change& change : out.changes) std::cout << Text(change) << "\n";
  if (out.changes.empty() && out.code() == kWouldStart) std::cout << "no certifier would change\n";
  for (const std::string& warning : out.warnings) std::cout << "warning: " << warning << "\n";
  for (const std::string& unknown : out.unknown) std::cout << "unknown: " << unknown << "\n";
  std::cout.flush();
  for (const std::string& error : out.errors) std::cerr << "cairnd: " << error << std::endl;
  switch (out.code()) {
    case kWouldStart:
      std::cout << "cairnd would start" << std::endl;
      break;
    case kWouldNotStart:
      std::cout << "cairnd would not start" << std::endl;
      break;
    default:
      std::cout << "whether cairnd would start could not be found out" << std::endl;
  }
}

int Say(const Outcome& out, bool json) {
  if (json) {
    PrintJson(out);
  } else {
    PrintText(out);
  }
  return out.code();
}

}  // namespace

int CheckAndSay(const Settings& settings, bool json) {
  Outcome out;
  const absl::StatusOr<note::CheckpointSigner> signer = LoadSigner(settings.keys, settings.origin);
  if (!signer.ok()) {
    out.Take(signer.status());
    return Say(out, json);
  }
  CheckLog(settings, *signer, out);
  const Preflight preflight = CheckBeforeStart(settings, *signer, SystemClock().WallMs() / 1000);
  for (const absl::Status& error : preflight.errors) {
    // A cairnd that has the log has its ports, too.
    if (absl::IsUnavailable(error) && !out.unknown.empty()) {
      out.unknown.emplace_back(error.message());
    } else {
      out.Take(error);
    }
  }
  out.warnings.insert(out.warnings.end(), preflight.warnings.begin(), preflight.warnings.end());
  return Say(out, json);
}

int SayUnreadable(const absl::Status& why, bool json) {
  Outcome out;
  out.Take(why);
  return Say(out, json);
}

}  // namespace cairn::server
