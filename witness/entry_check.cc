#include "witness/entry_check.h"

#include <cstring>
#include <variant>

#include "absl/strings/str_cat.h"

namespace cairn::witness {
namespace {

const PublicKey* KeyOf(const entry::StatementSignature& signature) {
  if (const auto* single = std::get_if<entry::SingleSignature>(&signature)) return &single->key;
  if (const auto* batch = std::get_if<entry::BatchSignature>(&signature)) return &batch->key;
  return nullptr;
}

}  // namespace

uint64_t FingerprintOf(const entry::StatementView& statement) {
  // A hash that nobody can steer: many statements with one fingerprint would cost an auditor a look
  // at each. `/` is in neither text.
  const Hash hash = merkle::HashLeaf(
      absl::StrCat(statement.certificate_hash, statement.certifier, "/", statement.trace));
  uint64_t fingerprint = 0;
  std::memcpy(&fingerprint, hash.bytes.data(), sizeof fingerprint);
  return fingerprint == 0 ? 1 : fingerprint;
}

bool SameSubject(const entry::StatementView& a, const entry::StatementView& b) {
  return a.certificate_hash == b.certificate_hash && a.certifier == b.certifier &&
         a.trace == b.trace;
}

void EntryCheck::Take(LeafIndex index, absl::string_view encoded, CheckedEntries& out) {
  out.leaves.push_back(merkle::HashLeaf(encoded));
  const std::optional<entry::StatementView> view = entry::ViewStatement(encoded);
  out.fingerprints.push_back(view.has_value() ? FingerprintOf(*view) : 0);
  if (view.has_value()) {
    TakeStatement(index, *view, encoded, out);
  } else {
    TakeOther(index, encoded, out);
  }
}

void EntryCheck::TakeStatement(LeafIndex index, const entry::StatementView& view,
                               absl::string_view encoded, CheckedEntries& out) {
  TakeTime(index, view.accepted_at_ms, out);
  if (last_use_.first != view.certifier || last_use_.second != view.key) {
    last_use_ = Use(view.certifier, view.key);
    out.segments.back().uses.try_emplace(last_use_, index);
  }
  if (view.supersedes.has_value()) out.superseding.emplace_back(index, *view.supersedes);
  if (!watch_.empty() && view.certifier == watch_) {
    out.watched.emplace_back(index, std::string(encoded));
  }
  if (view.key.empty()) return;
  const absl::StatusOr<entry::Entry> decoded = entry::Decode(encoded);
  const auto& statement = std::get<entry::SignedStatement>(decoded->body);
  const absl::Status holds = signatures_.Verify(statement, *KeyOf(statement.signature));
  if (!holds.ok()) {
    out.findings.push_back(
        {FindingKind::kSignature, index,
         absl::StrCat("statement under certifier `", view.certifier, "`: ", holds.message())});
  }
}

void EntryCheck::TakeOther(LeafIndex index, absl::string_view encoded, CheckedEntries& out) {
  const absl::StatusOr<entry::Entry> decoded = entry::Decode(encoded);
  if (!decoded.ok()) {
    out.findings.push_back({FindingKind::kEntry, index, std::string(decoded.status().message())});
    return;
  }
  TakeTime(index, decoded->accepted_at_ms, out);
  if (const auto* change = std::get_if<entry::CertifierEntry>(&decoded->body)) {
    out.segments.back().change.emplace(index, *change);
    out.segments.emplace_back();
    last_use_ = Use();
  }
  if (const auto* unknown = std::get_if<entry::UnknownEntry>(&decoded->body)) {
    ++out.unknown_kinds[unknown->kind];
  }
  const auto* receipt = std::get_if<entry::ReceiptEntry>(&decoded->body);
  if (receipt == nullptr) return;
  out.receipts.emplace_back(index, *receipt);
  if (receipt->tree_size.value() > index.value()) {
    out.findings.push_back({FindingKind::kEntry, index,
                            absl::StrCat("a receipt over a tree of ", receipt->tree_size.value(),
                                         " entries, which includes itself")});
  }
}

void EntryCheck::TakeTime(LeafIndex index, uint64_t accepted_at_ms, CheckedEntries& out) {
  if (!out.first_ms.has_value()) {
    out.first_ms = accepted_at_ms;
  } else if (accepted_at_ms < out.last_ms) {
    out.findings.push_back({FindingKind::kTime, index,
                            absl::StrCat("accepted at ", accepted_at_ms,
                                         " ms, before an earlier entry (", out.last_ms, " ms)")});
    return;
  }
  out.last_ms = accepted_at_ms;
}

}  // namespace cairn::witness
