#include "witness/audit_state.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"

namespace cairn::witness {
namespace {

constexpr absl::string_view kHeader = "cairn.v1/audit\n";

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("the state of the audit is damaged (", what,
                   "); begin anew with an empty directory, and keep this one to look at"));
}

std::optional<FindingKind> ParseKind(absl::string_view name) {
  for (int kind = 0; kind <= static_cast<int>(FindingKind::kUnknown); ++kind) {
    if (FindingKindName(static_cast<FindingKind>(kind)) == name) {
      return static_cast<FindingKind>(kind);
    }
  }
  return std::nullopt;
}

absl::Status TakeCertifier(absl::string_view line, AuditState& state) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, ' ');
  const absl::StatusOr<uint64_t> index = note::ParseDecimal(parts.first);
  const absl::StatusOr<std::string> bytes = note::ParseBase64(parts.second);
  if (!index.ok() || !bytes.ok()) return Damaged("a certifier");
  const absl::StatusOr<entry::Entry> entry = entry::Decode(*bytes);
  if (!entry.ok() || !std::holds_alternative<entry::CertifierEntry>(entry->body)) {
    return Damaged("a certifier entry");
  }
  state.certifiers.emplace_back(LeafIndex(*index), std::get<entry::CertifierEntry>(entry->body));
  return absl::OkStatus();
}

absl::Status TakeFinding(absl::string_view line, AuditState& state) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
  if (parts.size() != 3) return Damaged("a finding");
  const std::optional<FindingKind> kind = ParseKind(parts[0]);
  const absl::StatusOr<uint64_t> index = note::ParseDecimal(parts[1]);
  const absl::StatusOr<std::string> text = note::ParseBase64(parts[2]);
  if (!kind.has_value() || (!index.ok() && parts[1] != "-") || !text.ok()) {
    return Damaged("a finding");
  }
  state.findings.push_back(
      {*kind, index.ok() ? std::optional(LeafIndex(*index)) : std::nullopt, *text});
  return absl::OkStatus();
}

absl::Status TakeNumber(absl::string_view line, uint64_t& number) {
  const absl::StatusOr<uint64_t> parsed = note::ParseDecimal(line);
  if (!parsed.ok()) return Damaged("a number");
  number = *parsed;
  return absl::OkStatus();
}

absl::Status TakeSize(absl::string_view line, TreeSize& size) {
  uint64_t number = 0;
  const absl::Status taken = TakeNumber(line, number);
  size = TreeSize(number);
  return taken;
}

absl::Status TakeRounds(absl::string_view line, RoundsSeen& rounds) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
  if (parts.size() != 3) return Damaged("the rounds");
  const absl::StatusOr<Hash> digest = note::ParseBase64Hash(parts[2]);
  if (!digest.ok()) return Damaged("the newest round");
  rounds.last_digest = *digest;
  if (absl::Status taken = TakeNumber(parts[0], rounds.next); !taken.ok()) return taken;
  return TakeNumber(parts[1], rounds.last);
}

absl::Status TakeSetting(absl::string_view line, AuditState& state) {
  if (absl::ConsumePrefix(&line, "certifier ")) return TakeCertifier(line, state);
  if (absl::ConsumePrefix(&line, "finding ")) return TakeFinding(line, state);
  if (absl::ConsumePrefix(&line, "findings ")) return TakeNumber(line, state.finding_count);
  if (absl::ConsumePrefix(&line, "last_ms ")) return TakeNumber(line, state.last_ms);
  if (absl::ConsumePrefix(&line, "size ")) return TakeSize(line, state.audited.size);
  if (absl::ConsumePrefix(&line, "compared ")) return TakeSize(line, state.compared);
  if (absl::ConsumePrefix(&line, "rounds ")) return TakeRounds(line, state.rounds);
  if (absl::ConsumePrefix(&line, "receipts ")) return TakeSize(line, state.rounds.receipts);
  if (absl::ConsumePrefix(&line, "round_note ")) {
    absl::StatusOr<std::string> note = note::ParseBase64(line);
    if (!note.ok()) return Damaged("the note of a round");
    state.rounds.note = *std::move(note);
    return absl::OkStatus();
  }
  if (absl::ConsumePrefix(&line, "root ")) {
    const absl::StatusOr<Hash> root = note::ParseBase64Hash(line);
    if (!root.ok()) return Damaged("the root");
    state.audited.root = *root;
    return absl::OkStatus();
  }
  return Damaged("a line of no known kind");
}

}  // namespace

void AuditState::Add(Finding finding) {
  const auto is_same = [&](const Finding& known) {
    return known.kind == finding.kind && known.index == finding.index && known.text == finding.text;
  };
  if (std::any_of(findings.begin(), findings.end(), is_same)) return;
  ++finding_count;
  if (findings.size() < kMaxFindings) findings.push_back(std::move(finding));
}

std::string FormatAuditState(const AuditState& state) {
  std::string text = absl::StrCat(kHeader, "size ", state.audited.size.value(), "\nroot ",
                                  note::FormatBase64(state.audited.root.view()), "\nlast_ms ",
                                  std::min(state.last_ms, kMaxTreeSize), "\ncompared ",
                                  state.compared.value(), "\n");
  for (const auto& [index, certifier] : state.certifiers) {
    const absl::StatusOr<std::string> bytes = entry::Encode({.body = certifier});
    assert(bytes.ok() && "what was decoded has an encoding");
    absl::StrAppend(&text, "certifier ", index.value(), " ", note::FormatBase64(*bytes), "\n");
  }
  for (const Finding& finding : state.findings) {
    const std::string index =
        finding.index.has_value() ? absl::StrCat(finding.index->value()) : std::string("-");
    absl::StrAppend(&text, "finding ", FindingKindName(finding.kind), " ", index, " ",
                    note::FormatBase64(finding.text), "\n");
  }
  absl::StrAppend(&text, "findings ", state.finding_count, "\n");
  const RoundsSeen& rounds = state.rounds;
  if (rounds.last > 0) {
    absl::StrAppend(&text, "rounds ", rounds.next, " ", rounds.last, " ",
                    note::FormatBase64(rounds.last_digest.view()), "\n");
  }
  if (!rounds.note.empty()) {
    absl::StrAppend(&text, "round_note ", note::FormatBase64(rounds.note), "\n");
  }
  if (rounds.receipts.value() > 0) {
    absl::StrAppend(&text, "receipts ", rounds.receipts.value(), "\n");
  }
  absl::StrAppend(&text, "\n", state.newest_note);
  return text;
}

absl::StatusOr<AuditState> ParseAuditState(absl::string_view text) {
  AuditState state;
  if (!absl::ConsumePrefix(&text, kHeader)) return Damaged("its first line");
  while (true) {
    const absl::StatusOr<absl::string_view> line = note::TakeLine(text);
    if (!line.ok()) return Damaged(line.status().message());
    if (line->empty()) break;
    if (absl::Status taken = TakeSetting(*line, state); !taken.ok()) return taken;
  }
  state.newest_note = std::string(text);
  return state;
}

}  // namespace cairn::witness
