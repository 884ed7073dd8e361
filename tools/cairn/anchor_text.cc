#include "tools/cairn/anchor_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "anchor/evidence/time_text.h"
#include "tools/cairn/command.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;

// A log may say any number.
uint64_t Milliseconds(uint64_t seconds) { return std::min(seconds, UINT64_MAX / 1000) * 1000; }

std::string Digest(const std::string& bytes) {
  return absl::StrCat("sha256:", absl::BytesToHexString(bytes));
}

std::string Confirmations(uint64_t confirmations) {
  return confirmations == 0 ? "" : absl::StrCat(" (", confirmations, " confirmations)");
}

std::string StatePart(const v1::AnchorEvent& event) {
  std::string text;
  if (event.from() != v1::RECEIPT_STATE_UNSPECIFIED && event.from() != event.to()) {
    absl::StrAppend(&text, ReceiptStateName(event.from()), " -> ");
  }
  absl::StrAppend(&text, ReceiptStateName(event.to()), Confirmations(event.confirmations()));
  if (event.has_existed_by_s()) {
    absl::StrAppend(&text, ", existed by ", evidence::TimeText(Milliseconds(event.existed_by_s())));
  }
  return text;
}

// What happened, without when.
std::string Happening(const v1::AnchorEvent& event) {
  const std::string anchor = Printable(event.anchor());
  if (event.kind() == "round_frozen") {
    return absl::StrCat("round ", event.number(), " frozen at tree size ", event.tree_size());
  }
  if (event.kind() == "receipt_moved" || event.kind() == "receipt_changed") {
    return absl::StrCat("round ", event.number(), "  ", anchor, ": ", StatePart(event));
  }
  if (event.kind() == "gap_opened" || event.kind() == "gap_closed") {
    return absl::StrCat("gap ", event.number(),
                        event.kind() == "gap_opened" ? " begins" : " has ended",
                        anchor.empty() ? "" : absl::StrCat(", ", anchor));
  }
  if (event.kind() == "rule_changed") return absl::StrCat("rule ", event.number(), " in force");
  return absl::StrCat(Printable(event.kind()), " ", event.number(), anchor.empty() ? "" : " ",
                      anchor);
}

Json ReceiptJson(const v1::AnchorReceipt& receipt) {
  Json json;
  json["anchor"] = receipt.anchor();
  json["kind"] = receipt.kind();
  json["state"] = ReceiptStateName(receipt.state());
  json["confirmations"] = receipt.confirmations();
  if (receipt.has_existed_by_s()) json["existed_by_ms"] = Milliseconds(receipt.existed_by_s());
  json["was_final"] = receipt.was_final();
  if (!receipt.link().empty()) json["link"] = receipt.link();
  if (!receipt.detail().empty()) json["detail"] = receipt.detail();
  return json;
}

}  // namespace

std::string ProofStateName(v1::ProofState state) {
  switch (state) {
    case v1::PROOF_STATE_PENDING:
      return "pending";
    case v1::PROOF_STATE_ANCHORED:
      return "anchored";
    case v1::PROOF_STATE_VERIFIED:
      return "verified";
    default:
      return "unknown";
  }
}

std::string ReceiptStateName(v1::ReceiptState state) {
  switch (state) {
    case v1::RECEIPT_STATE_PREPARED:
      return "prepared";
    case v1::RECEIPT_STATE_SUBMITTED:
      return "submitted";
    case v1::RECEIPT_STATE_ACCEPTED:
      return "accepted";
    case v1::RECEIPT_STATE_CONFIRMED:
      return "confirmed";
    case v1::RECEIPT_STATE_FINAL:
      return "final";
    case v1::RECEIPT_STATE_FAILED:
      return "failed";
    case v1::RECEIPT_STATE_REORGANISED:
      return "reorganised";
    default:
      return "unknown";
  }
}

Json EntryStateJson(const v1::EntryProofState& entry, const std::string& rule,
                    const std::string& log) {
  Json json;
  json["index"] = entry.index();
  json["state"] = ProofStateName(entry.state());
  json["reported_by"] = log;
  json["rule_version"] = entry.rule_version();
  json["rule"] = rule;
  json["deciding"] = Json::array();
  for (const v1::ReceiptPlace& place : entry.deciding()) {
    json["deciding"].push_back({{"round", place.round()}, {"anchor", place.anchor()}});
  }
  json["was_final"] = entry.was_final();
  if (entry.has_first_round()) json["first_round"] = entry.first_round();
  return json;
}

std::string EntryStateText(const v1::EntryProofState& entry) {
  std::string text = absl::StrCat("entry ", entry.index(), ": the log reports `",
                                  ProofStateName(entry.state()), "`, which is its word");
  if (entry.rule_version() != 0) absl::StrAppend(&text, ", by rule ", entry.rule_version());
  if (entry.was_final()) absl::StrAppend(&text, "; a receipt of it was final and is not any more");
  absl::StrAppend(&text, "\n");
  for (const v1::ReceiptPlace& place : entry.deciding()) {
    absl::StrAppend(&text, "  round ", place.round(), "  ", Printable(place.anchor()), "\n");
  }
  if (entry.deciding().empty() && entry.has_first_round()) {
    absl::StrAppend(&text, "  first in round ", entry.first_round(), "\n");
  }
  return text;
}

Json RoundJson(const v1::AnchorRound& round) {
  Json json;
  json["number"] = round.number();
  json["tree_size"] = round.tree_size();
  json["digest"] = Digest(round.digest());
  json["frozen_at_ms"] = round.frozen_at_ms();
  json["witnessed"] = round.witnessed();
  json["receipts"] = Json::array();
  for (const v1::AnchorReceipt& receipt : round.receipts()) {
    json["receipts"].push_back(ReceiptJson(receipt));
  }
  return json;
}

std::string RoundText(const v1::AnchorRound& round) {
  std::string text = absl::StrCat("round ", round.number(), ": tree size ", round.tree_size(),
                                  ", frozen at ", evidence::TimeText(round.frozen_at_ms()),
                                  round.witnessed() ? ", witnessed" : ", not witnessed", "\n  ",
                                  Digest(round.digest()), "\n");
  for (const v1::AnchorReceipt& receipt : round.receipts()) {
    absl::StrAppendFormat(&text, "  %-11s %s%s", Printable(receipt.anchor()),
                          ReceiptStateName(receipt.state()),
                          Confirmations(receipt.confirmations()));
    if (receipt.has_existed_by_s()) {
      absl::StrAppend(&text, ", existed by ",
                      evidence::TimeText(Milliseconds(receipt.existed_by_s())));
    }
    if (receipt.was_final() && receipt.state() != v1::RECEIPT_STATE_FINAL) {
      absl::StrAppend(&text, ", was final");
    }
    for (const std::string& more : {receipt.detail(), receipt.link()}) {
      if (!more.empty()) absl::StrAppend(&text, "; ", Printable(more));
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

Json EventJson(const v1::AnchorEvent& event) {
  Json json;
  json["sequence"] = event.sequence();
  json["at_ms"] = event.at_ms();
  json["kind"] = event.kind();
  json["number"] = event.number();
  if (!event.anchor().empty()) json["anchor"] = event.anchor();
  if (event.tree_size() != 0) json["tree_size"] = event.tree_size();
  if (event.from() != v1::RECEIPT_STATE_UNSPECIFIED) json["from"] = ReceiptStateName(event.from());
  if (event.to() != v1::RECEIPT_STATE_UNSPECIFIED) {
    json["to"] = ReceiptStateName(event.to());
    json["confirmations"] = event.confirmations();
  }
  if (event.has_existed_by_s()) json["existed_by_ms"] = Milliseconds(event.existed_by_s());
  if (!event.detail().empty()) json["detail"] = event.detail();
  return json;
}

std::string EventText(const v1::AnchorEvent& event) {
  return absl::StrCat(event.sequence(), "  ", evidence::TimeText(event.at_ms()), "  ",
                      Happening(event), event.detail().empty() ? "" : "; ",
                      Printable(event.detail()), "\n");
}

}  // namespace cairn::cli
