#include "tools/cairn/report_text.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "anchor/evidence/time_text.h"
#include "merkle/note/text.h"
#include "tools/cairn/command.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Text(absl::string_view text) { return std::string(text); }

Json StatementJson(const entry::Statement& statement) {
  Json json;
  json["certificate_hash"] = absl::StrCat("sha256:", statement.certificate_hash.Hex());
  json["certifier"] = statement.certifier;
  json["policy_status"] = Text(entry::PolicyStatusName(statement.policy_status));
  if (!statement.trace.empty()) json["trace"] = statement.trace;
  if (!statement.task.empty()) json["task"] = statement.task;
  if (statement.supersedes) json["supersedes"] = statement.supersedes->value();
  return json;
}

std::string StatementText(const entry::Statement& statement) {
  std::string text =
      absl::StrCat("sha256:", statement.certificate_hash.Hex(), " by ", statement.certifier);
  if (statement.policy_status != entry::PolicyStatus::kUnspecified) {
    absl::StrAppend(&text, ", states: ", entry::PolicyStatusName(statement.policy_status));
  }
  if (!statement.trace.empty()) absl::StrAppend(&text, ", trace ", statement.trace);
  if (!statement.task.empty()) absl::StrAppend(&text, ", task ", statement.task);
  if (statement.supersedes) absl::StrAppend(&text, ", supersedes ", statement.supersedes->value());
  return text;
}

std::string SignatureForm(const entry::StatementSignature& signature) {
  if (std::holds_alternative<entry::SingleSignature>(signature)) return "single";
  return std::holds_alternative<entry::BatchSignature>(signature) ? "batch" : "none";
}

std::string ActionName(entry::CertifierAction action) {
  switch (action) {
    case entry::CertifierAction::kDeclare:
      return "declare";
    case entry::CertifierAction::kRotate:
      return "rotate";
    case entry::CertifierAction::kRetire:
      break;
  }
  return "retire";
}

std::string DemandName(entry::CertifierDemand demand) {
  switch (demand) {
    case entry::CertifierDemand::kSigned:
      return "signed";
    case entry::CertifierDemand::kChannel:
      return "channel";
    case entry::CertifierDemand::kNothing:
      break;
  }
  return "nothing";
}

std::string OrNothing(const std::string& id) {
  return id.empty() ? "nothing stated" : absl::StrCat("`", id, "`");
}

// What was said of the policy, in the words of whoever is proven to have said it.
std::string PolicyText(const entry::Statement& statement, bool proven) {
  if (statement.policy_status == entry::PolicyStatus::kUnspecified) return "nothing stated";
  const absl::string_view status = entry::PolicyStatusName(statement.policy_status);
  return proven ? absl::StrCat("the certifier states: ", status)
                : absl::StrCat("logged under the name `", statement.certifier,
                               "` by the operator: ", status);
}

bool CertifierProven(const evidence::Report& report) {
  const evidence::Layer* const statement = report.Find("statement");
  return statement != nullptr && statement->state == evidence::State::kProven;
}

std::string SupersedesText(const entry::Statement& statement) {
  return statement.supersedes
             ? absl::StrCat("names index ", statement.supersedes->value(), ", not checked")
             : "nothing stated";
}

// What is in the entry, a name and its words each.
std::vector<std::pair<std::string, std::string>> Stated(const evidence::Report& report) {
  const entry::Statement& statement = report.claim.statement;
  const bool proven = CertifierProven(report);
  return {{"certifier", proven ? absl::StrCat("`", statement.certifier, "`, whose signature it has")
                               : absl::StrCat("logged under the name `", statement.certifier,
                                              "` by the operator")},
          {"policy status", PolicyText(statement, proven)},
          {"trace", OrNothing(statement.trace)},
          {"task", OrNothing(statement.task)},
          {"supersedes", SupersedesText(statement)}};
}

constexpr absl::string_view kLaterStatements =
    "offline it cannot be seen whether a later statement supersedes this one, or others were made "
    "on this hash under another trace or certifier; `cairn status` and `cairn prove` list them";

Json StatedJson(const evidence::Report& report) {
  Json json;
  const entry::Statement& statement = report.claim.statement;
  json["certifier"] = statement.certifier;
  json["certifier_proven"] = CertifierProven(report);
  json["policy_status"] = Text(entry::PolicyStatusName(statement.policy_status));
  if (!statement.trace.empty()) json["trace"] = statement.trace;
  if (!statement.task.empty()) json["task"] = statement.task;
  if (statement.supersedes) {
    json["supersedes"] = statement.supersedes->value();
    json["supersedes_checked"] = false;
  }
  Json lines = Json::array();
  for (const auto& [name, words] : Stated(report)) lines.push_back(absl::StrCat(name, ": ", words));
  lines.push_back(Text(kLaterStatements));
  json["lines"] = std::move(lines);
  return json;
}

uint64_t Milliseconds(uint64_t seconds) { return std::min(seconds, UINT64_MAX / 1000) * 1000; }

Json TimesJson(const evidence::Report& report) {
  Json json;
  json["accepted_at_ms"] = report.claim.accepted_at_ms;
  if (report.anchor_bound_s) json["anchor_bound_ms"] = Milliseconds(*report.anchor_bound_s);
  if (report.witness_bound_s) json["witness_bound_ms"] = Milliseconds(*report.witness_bound_s);
  return json;
}

absl::string_view StateText(evidence::State state) {
  return state == evidence::State::kNotProven ? absl::string_view("not proven")
                                              : evidence::StateName(state);
}

}  // namespace

Json ReportJson(const evidence::Report& report) {
  Json json;
  json["verified"] = report.verified();
  json["headline"] = report.headline;
  json["reasons"] = report.reasons;
  Json claim;
  claim["origin"] = report.claim.origin;
  claim["index"] = report.claim.index.value();
  claim["tree_size"] = report.claim.tree_size.value();
  claim["root"] = report.claim.root.Hex();
  claim["accepted_at_ms"] = report.claim.accepted_at_ms;
  if (report.claim.unknown_kind) {
    claim["unknown_kind"] = *report.claim.unknown_kind;
  } else {
    claim.update(StatementJson(report.claim.statement));
  }
  json["claim"] = std::move(claim);
  json["times"] = TimesJson(report);
  if (!report.claim.unknown_kind) json["stated"] = StatedJson(report);
  json["layers"] = Json::array();
  for (const evidence::Layer& layer : report.layers) {
    Json item;
    item["name"] = layer.name;
    item["state"] = Text(evidence::StateName(layer.state));
    item["code"] = layer.code;
    item["required"] = layer.required;
    item["detail"] = layer.detail;
    json["layers"].push_back(std::move(item));
  }
  return json;
}

std::string ReportText(const evidence::Report& report) {
  std::string text;
  // Anchors have names of up to 64 characters.
  size_t width = sizeof("policy status") - 1;
  for (const evidence::Layer& layer : report.layers) width = std::max(width, layer.name.size());
  const auto line = [&](absl::string_view name, absl::string_view state, absl::string_view words) {
    absl::StrAppendFormat(&text, "  %-*s %-10s  %s\n", static_cast<int>(width), name, state,
                          Printable(words, kMaxShownDetail));
  };
  const std::string accepted_at =
      absl::StrCat(evidence::TimeText(report.claim.accepted_at_ms), ", the operator's claim");
  for (const evidence::Layer& layer : report.layers) {
    // The three times stand one under the other.
    if (layer.name == "anchor bound") line("accepted at", "claimed", accepted_at);
    line(layer.name, StateText(layer.state), layer.detail);
  }
  if (report.claim.unknown_kind) return text;
  absl::StrAppend(&text, "  what was said:\n");
  for (const auto& [name, words] : Stated(report)) line(name, "", words);
  line("others", "", kLaterStatements);
  return text;
}

Json EntryJson(LeafIndex index, const entry::Entry& entry) {
  Json json;
  json["index"] = index.value();
  json["accepted_at_ms"] = entry.accepted_at_ms;
  if (const auto* statement = std::get_if<entry::SignedStatement>(&entry.body)) {
    json["kind"] = "statement";
    json.update(StatementJson(statement->statement));
    json["signature"] = SignatureForm(statement->signature);
  } else if (const auto* certifier = std::get_if<entry::CertifierEntry>(&entry.body)) {
    json["kind"] = "certifier";
    json["action"] = ActionName(certifier->action);
    json["name"] = certifier->name;
    json["demand"] = DemandName(certifier->demand);
    if (certifier->key) json["key"] = note::FormatBase64(certifier->key->view());
    if (certifier->by_old_key) {
      json["signature_by_old_key"] = note::FormatBase64(certifier->by_old_key->view());
    }
  } else if (const auto* receipt = std::get_if<entry::ReceiptEntry>(&entry.body)) {
    json["kind"] = "receipt";
    json["backend"] = receipt->backend;
    json["tree_size"] = receipt->tree_size.value();
    json["receipt_hash"] = receipt->receipt_hash.Hex();
  } else {
    const auto& unknown = std::get<entry::UnknownEntry>(entry.body);
    json["kind"] = "unknown";
    json["kind_number"] = unknown.kind;
    json["content"] = note::FormatBase64(unknown.content);
  }
  return json;
}

std::string EntryText(LeafIndex index, const entry::Entry& entry) {
  std::string text =
      absl::StrCat(index.value(), "  ", evidence::TimeText(entry.accepted_at_ms), "  ");
  if (const auto* statement = std::get_if<entry::SignedStatement>(&entry.body)) {
    absl::StrAppend(&text, "statement  ", StatementText(statement->statement));
    const std::string form = SignatureForm(statement->signature);
    absl::StrAppend(&text, form == "none" ? ", not signed" : absl::StrCat(", signed (", form, ")"));
  } else if (const auto* certifier = std::get_if<entry::CertifierEntry>(&entry.body)) {
    absl::StrAppend(&text, "certifier  ", ActionName(certifier->action), " ", certifier->name);
    if (certifier->demand != entry::CertifierDemand::kNothing) {
      absl::StrAppend(&text, ", demands ", DemandName(certifier->demand));
    }
    if (certifier->key)
      absl::StrAppend(&text, ", key ", note::FormatBase64(certifier->key->view()));
    if (certifier->by_old_key)
      absl::StrAppend(&text, ", with a signature by the key before it (not checked)");
  } else if (const auto* receipt = std::get_if<entry::ReceiptEntry>(&entry.body)) {
    absl::StrAppend(&text, "receipt    ", receipt->backend, " over size ",
                    receipt->tree_size.value(), ", sha256:", receipt->receipt_hash.Hex());
  } else {
    absl::StrAppend(&text, "kind ", std::get<entry::UnknownEntry>(entry.body).kind,
                    ", newer than this program");
  }
  return text;
}

}  // namespace cairn::cli
