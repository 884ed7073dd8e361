#include "ledger/server/anchor_calls.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/event.h"
#include "anchor/public_text.h"
#include "anchor/receipt.h"
#include "anchor/round.h"
#include "anchor/rule.h"
#include "anchor/states.h"
#include "anchor/store.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"
#include "merkle/entry/entry.h"
#include "merkle/proof_bytes.h"

namespace cairn::server {
namespace {

constexpr size_t kMaxStates = 64;
constexpr uint32_t kDefaultRounds = 16;
constexpr uint32_t kMaxRounds = 256;

absl::Status CheckIndex(const ledger::View& view, uint64_t index) {
  if (index < view.size().value()) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat("index ", index, " is not below the tree's size, ", view.size().value()));
}

// Without the bytes.
void FillReceipt(const AnchorsContext& context, const anchor::ReceiptHead& head,
                 const std::string& native, v1::AnchorReceipt& out) {
  out.set_anchor(head.anchor);
  out.set_kind(head.kind);
  out.set_state(static_cast<v1::ReceiptState>(head.state));
  out.set_confirmations(head.confirmations);
  if (head.existed_by_s.has_value()) out.set_existed_by_s(*head.existed_by_s);
  out.set_was_final(head.was_final);
  out.set_detail(anchor::CleanStored(head.last_error.empty() ? head.detail : head.last_error));
  if (!native.empty()) out.set_link(context.anchorer.Link(head.anchor, native));
}

enum class Bytes { kLeaveOut, kToo };

absl::Status FillRound(const AnchorsContext& context, const anchor::RoundHead& head,
                       Bytes of_receipts, v1::AnchorRound& out) {
  out.set_number(head.number);
  out.set_tree_size(head.size.value());
  out.set_digest(std::string(head.digest.view()));
  out.set_frozen_at_ms(head.frozen_at_ms);
  out.set_witnessed(head.witnessed);
  anchor::Store& store = context.anchorer.book().store();
  const absl::StatusOr<std::vector<anchor::ReceiptHead>> receipts =
      store.ReadReceiptsOf(head.number);
  if (!receipts.ok()) return OfAnchorStore(receipts.status());
  for (const anchor::ReceiptHead& receipt : *receipts) {
    const absl::StatusOr<anchor::ReceiptBytes> bytes = store.ReadBytes(head.number, receipt.anchor);
    if (!bytes.ok()) return OfAnchorStore(bytes.status());
    v1::AnchorReceipt& filled = *out.add_receipts();
    FillReceipt(context, receipt, bytes->native, filled);
    if (of_receipts == Bytes::kToo) filled.set_receipt(bytes->native);
  }
  return absl::OkStatus();
}

std::string EventKindName(anchor::EventKind kind) {
  switch (kind) {
    case anchor::EventKind::kRoundFrozen:
      return "round_frozen";
    case anchor::EventKind::kReceiptMoved:
      return "receipt_moved";
    case anchor::EventKind::kReceiptChanged:
      return "receipt_changed";
    case anchor::EventKind::kGapOpened:
      return "gap_opened";
    case anchor::EventKind::kGapClosed:
      return "gap_closed";
    case anchor::EventKind::kRuleChanged:
      break;
  }
  return "rule_changed";
}

absl::Status AddReceipts(const AnchorsContext& context, uint64_t round,
                         v1::GetEvidenceResponse& out) {
  anchor::Store& store = context.anchorer.book().store();
  const absl::StatusOr<std::vector<anchor::ReceiptHead>> receipts = store.ReadReceiptsOf(round);
  if (!receipts.ok()) return OfAnchorStore(receipts.status());
  for (const anchor::ReceiptHead& receipt : *receipts) {
    absl::StatusOr<anchor::ReceiptBytes> bytes = store.ReadBytes(round, receipt.anchor);
    if (!bytes.ok()) return OfAnchorStore(bytes.status());
    if (bytes->native.empty()) continue;
    v1::AnchorReceipt& message = *out.add_receipts();
    FillReceipt(context, receipt, bytes->native, message);
    message.set_receipt(std::move(bytes->native));
  }
  return absl::OkStatus();
}

}  // namespace

std::string RuleText(const anchor::Book& book) {
  const std::optional<anchor::RuleVersion> rule = book.rule();
  return rule.has_value() ? anchor::DescribeRule(rule->rule) : "";
}

absl::Status OfAnchorStore(const absl::Status& why) {
  return absl::InternalError(absl::StrCat("the anchors' store: ", why.message()));
}

absl::StatusOr<std::vector<LeafIndex>> FindByIndex(const ledger::Log& log, uint64_t index) {
  if (absl::Status good = CheckIndex(*log.Newest(), index); !good.ok()) return good;
  return std::vector<LeafIndex>{LeafIndex(index)};
}

absl::StatusOr<std::vector<LeafIndex>> FindByHash(ledger::Log& log, const std::string& hash,
                                                  const std::string& certifier) {
  const absl::StatusOr<Hash> parsed = ParseHash("certificate_hash", hash);
  if (!parsed.ok()) return parsed.status();
  const absl::Status named = entry::ValidateText("certifier", certifier, true);
  if (!named.ok()) return InvalidField("certifier", named.message());
  std::optional<std::string> by;
  if (!certifier.empty()) by = certifier;
  const auto view = log.Newest();
  const absl::StatusOr<ledger::FoundStatements> found =
      log.Find(*view, *parsed, by, view->size(), LeafIndex(0), kMaxStates);
  if (!found.ok()) return found.status();
  std::vector<LeafIndex> indexes;
  for (const ledger::ProvenEntry& entry : found->entries) indexes.push_back(entry.index);
  if (!indexes.empty()) return indexes;
  return absl::NotFoundError(absl::StrCat("no statement on this hash",
                                          by.has_value() ? " by that certifier" : "",
                                          " in the tree of size ", view->size().value()));
}

v1::EntryProofState StateMessage(LeafIndex index, const anchor::EntryState& state,
                                 std::optional<uint64_t> first_round) {
  v1::EntryProofState entry;
  entry.set_index(index.value());
  entry.set_state(static_cast<v1::ProofState>(state.state));
  entry.set_rule_version(state.rule_version);
  entry.set_was_final(state.was_final);
  for (const anchor::ReceiptPlace& place : state.deciding) {
    v1::ReceiptPlace& deciding = *entry.add_deciding();
    deciding.set_round(place.round);
    deciding.set_anchor(place.anchor);
  }
  if (first_round.has_value()) entry.set_first_round(*first_round);
  return entry;
}

v1::AnchorEvent EventMessage(const anchor::Event& event) {
  v1::AnchorEvent out;
  out.set_sequence(event.sequence);
  out.set_at_ms(event.at_ms);
  out.set_kind(EventKindName(event.kind));
  out.set_number(event.number);
  out.set_anchor(event.anchor);
  out.set_tree_size(event.size.value());
  if (event.from.has_value()) out.set_from(static_cast<v1::ReceiptState>(*event.from));
  if (event.to.has_value()) out.set_to(static_cast<v1::ReceiptState>(*event.to));
  out.set_confirmations(event.confirmations);
  if (event.existed_by_s.has_value()) out.set_existed_by_s(*event.existed_by_s);
  out.set_detail(anchor::CleanStored(event.detail));
  return out;
}

absl::StatusOr<v1::GetProofStateResponse> GetProofState(const AnchorsContext& context,
                                                        const v1::GetProofStateRequest& request) {
  const absl::StatusOr<std::vector<LeafIndex>> indexes = FindEntries(context.log, request);
  if (!indexes.ok()) return indexes.status();
  const anchor::Book& book = context.anchorer.book();
  v1::GetProofStateResponse out;
  out.set_rule(RuleText(book));
  for (const LeafIndex index : *indexes) {
    *out.add_entries() = StateMessage(index, book.StateOf(index), book.FirstRoundOver(index));
  }
  return out;
}

absl::StatusOr<v1::ListAnchorRoundsResponse> ListAnchorRounds(
    const AnchorsContext& context, const v1::ListAnchorRoundsRequest& request) {
  anchor::Book& book = context.anchorer.book();
  v1::ListAnchorRoundsResponse out;
  const std::optional<anchor::RoundHead> newest = book.newest_round();
  const uint64_t last = newest.has_value() ? newest->number : 0;
  out.set_last_round(last);
  out.set_rule(RuleText(book));
  if (const std::optional<anchor::RuleVersion> rule = book.rule()) {
    out.set_rule_version(rule->version);
  }
  const uint64_t max =
      std::min(request.max_rounds() == 0 ? kDefaultRounds : request.max_rounds(), kMaxRounds);
  const uint64_t from = request.has_from_round() ? std::max<uint64_t>(request.from_round(), 1)
                        : last > max             ? last - max + 1
                                                 : 1;
  for (uint64_t number = from; number <= last && number - from < max; ++number) {
    const absl::StatusOr<anchor::Round> round = book.store().ReadRound(number);
    if (!round.ok()) return OfAnchorStore(round.status());
    const absl::Status filled =
        FillRound(context, round->head, Bytes::kLeaveOut, *out.add_rounds());
    if (!filled.ok()) return filled;
  }
  return out;
}

absl::StatusOr<v1::GetAnchorRoundResponse> GetAnchorRound(
    const AnchorsContext& context, const v1::GetAnchorRoundRequest& request) {
  const absl::StatusOr<anchor::Round> round =
      context.anchorer.book().store().ReadRound(request.number());
  if (absl::IsNotFound(round.status())) {
    return absl::NotFoundError(absl::StrCat("there is no round ", request.number()));
  }
  if (!round.ok()) return OfAnchorStore(round.status());
  v1::GetAnchorRoundResponse out;
  const absl::Status filled = FillRound(context, round->head, Bytes::kToo, *out.mutable_round());
  if (!filled.ok()) return filled;
  out.set_checkpoint(round->note);
  out.set_consistency_proof(merkle::FormatProof(round->consistency));
  return out;
}

absl::StatusOr<v1::GetEvidenceResponse> GetEvidence(const AnchorsContext& context,
                                                    const v1::GetEvidenceRequest& request) {
  const auto view = context.log.Newest();
  if (absl::Status good = CheckIndex(*view, request.index()); !good.ok()) return good;
  const LeafIndex index(request.index());
  v1::GetEvidenceResponse out;
  out.set_index(index.value());
  TreeSize size = view->size();
  anchor::Book& book = context.anchorer.book();
  if (const std::optional<uint64_t> number = book.BestRoundOver(index)) {
    const absl::StatusOr<anchor::Round> round = book.store().ReadRound(*number);
    if (!round.ok()) return OfAnchorStore(round.status());
    size = round->head.size;
    out.set_checkpoint(round->note);
    out.set_round(*number);
    if (absl::Status added = AddReceipts(context, *number, out); !added.ok()) return added;
  } else {
    out.set_checkpoint(view->checkpoint);
  }
  absl::StatusOr<ledger::ProvenEntry> proven = context.log.Prove(*view, index, size);
  if (!proven.ok()) return proven.status();
  out.set_entry(std::move(proven->entry));
  out.set_proof(merkle::FormatProof(proven->proof));
  return out;
}

}  // namespace cairn::server
