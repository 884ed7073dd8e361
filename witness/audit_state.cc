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

constexpr absl::string_view kHeader1 = "cairn.v1/audit\n";
constexpr absl::string_view kHeader2 = "cairn.v2/audit\n";

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("the state of the audit is damaged (", what,
                   "); begin anew with an empty directory, and keep this one to look at"));
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

// Of a line in `count` fields, the last of which is base64: its decoding, in place.
absl::StatusOr<std::vector<std::string>> Fields(absl::string_view line, size_t count) {
  std::vector<std::string> parts = absl::StrSplit(line, ' ');
  if (parts.size() != count) return Damaged("a line of too few or too many fields");
  absl::StatusOr<std::string> text = note::ParseBase64(parts.back());
  if (!text.ok()) return Damaged("a text");
  parts.back() = *std::move(text);
  return parts;
}

// "<kind> <index or -> <text>", after the number where there is one.
absl::StatusOr<Finding> TakeFinding(const std::vector<std::string>& parts, size_t from) {
  const std::optional<FindingKind> kind = ParseFindingKind(parts[from]);
  const absl::StatusOr<uint64_t> index = note::ParseDecimal(parts[from + 1]);
  if (!kind.has_value() || (!index.ok() && parts[from + 1] != "-")) return Damaged("a finding");
  return Finding{.kind = *kind,
                 .index = index.ok() ? std::optional(LeafIndex(*index)) : std::nullopt,
                 .text = parts[from + 2]};
}

absl::Status TakeNumbered(absl::string_view line, AuditState& state) {
  const absl::StatusOr<std::vector<std::string>> parts = Fields(line, 4);
  if (!parts.ok()) return parts.status();
  absl::StatusOr<Finding> finding = TakeFinding(*parts, 1);
  if (!finding.ok()) return finding.status();
  if (absl::Status taken = TakeNumber((*parts)[0], finding->number); !taken.ok()) return taken;
  const absl::Status restored = state.findings.Restore(*std::move(finding));
  return restored.ok() ? restored : Damaged(restored.message());
}

// Of version 1: kinds that spoke of what could not be read, or that each run finds anew, go.
absl::Status TakeFindingOfVersion1(absl::string_view line, AuditState& state) {
  const absl::StatusOr<std::vector<std::string>> parts = Fields(line, 3);
  if (!parts.ok()) return parts.status();
  if ((*parts)[0] == "checkpoint" || (*parts)[0] == "tree") return absl::OkStatus();
  absl::StatusOr<Finding> finding = TakeFinding(*parts, 0);
  if (!finding.ok()) return finding.status();
  if (!IsLasting(*finding)) return absl::OkStatus();
  finding->number = state.findings.next_number();
  state.findings.RestoreTold(finding->number + 1);
  const absl::Status restored = state.findings.Restore(*std::move(finding));
  return restored.ok() ? restored : Damaged(restored.message());
}

absl::Status TakeAcknowledgement(absl::string_view line, AuditState& state) {
  absl::StatusOr<std::vector<std::string>> parts = Fields(line, 3);
  if (!parts.ok()) return parts.status();
  uint64_t number = 0;
  Acknowledgement acknowledgement{.reason = (*parts)[2]};
  if (absl::Status taken = TakeNumber((*parts)[0], number); !taken.ok()) return taken;
  if (absl::Status taken = TakeNumber((*parts)[1], acknowledgement.at_ms); !taken.ok()) {
    return taken;
  }
  const absl::Status restored =
      state.findings.RestoreAcknowledgement(number, std::move(acknowledgement));
  return restored.ok() ? restored : Damaged(restored.message());
}

absl::Status TakeKind(absl::string_view line, AuditState& state) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, ' ');
  uint64_t kind = 0;
  if (absl::Status taken = TakeNumber(parts.first, kind); !taken.ok()) return taken;
  if (kind > 255) return Damaged("a kind of entries");
  return TakeNumber(parts.second, state.unknown_kinds[static_cast<uint8_t>(kind)]);
}

absl::Status TakeAlike(absl::string_view line, AuditState& state) {
  const std::pair<std::string, absl::string_view> parts = absl::StrSplit(line, ' ');
  uint64_t index = 0;
  if (absl::Status taken = TakeNumber(parts.second, index); !taken.ok()) return taken;
  state.alike.emplace(parts.first, LeafIndex(index));
  return absl::OkStatus();
}

absl::Status TakeKnown(absl::string_view line, AuditState& state) {
  const absl::StatusOr<Hash> known = note::ParseBase64Hash(line);
  if (!known.ok()) return Damaged("what was known");
  state.known = *known;
  return absl::OkStatus();
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

// What both versions have.
absl::Status TakeSetting(absl::string_view line, AuditState& state) {
  if (absl::ConsumePrefix(&line, "certifier ")) return TakeCertifier(line, state);
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

// What its version alone has, then the rest.
absl::Status TakeLine(absl::string_view line, AuditState& state) {
  if (state.is_of_version_1) {
    if (absl::ConsumePrefix(&line, "finding ")) return TakeFindingOfVersion1(line, state);
    if (absl::ConsumePrefix(&line, "findings ")) {
      uint64_t count = 0;
      return TakeNumber(line, count);
    }
    return TakeSetting(line, state);
  }
  if (absl::ConsumePrefix(&line, "finding ")) return TakeNumbered(line, state);
  if (absl::ConsumePrefix(&line, "acknowledged ")) return TakeAcknowledgement(line, state);
  if (absl::ConsumePrefix(&line, "told ")) {
    uint64_t number = 0;
    const absl::Status taken = TakeNumber(line, number);
    state.findings.RestoreTold(number);
    return taken;
  }
  if (absl::ConsumePrefix(&line, "kind ")) return TakeKind(line, state);
  if (absl::ConsumePrefix(&line, "alike ")) return TakeAlike(line, state);
  if (absl::ConsumePrefix(&line, "known ")) return TakeKnown(line, state);
  if (absl::ConsumePrefix(&line, "watched ")) return TakeNumber(line, state.watched_bytes);
  if (absl::ConsumePrefix(&line, "log ")) {
    state.log = std::string(line);
    return absl::OkStatus();
  }
  const bool is_next = absl::ConsumePrefix(&line, "next ");
  if (is_next || absl::ConsumePrefix(&line, "findings ")) {
    uint64_t number = 0;
    const absl::Status taken = TakeNumber(line, number);
    state.findings.RestoreCounts(is_next ? number : 0,
                                 is_next ? state.findings.unlisted_lasting() : number);
    return taken;
  }
  return TakeSetting(line, state);
}

absl::Status TakeScope(absl::string_view line, AuditState& state) {
  if (line == "of audit") return absl::OkStatus();
  if (!absl::ConsumePrefix(&line, "of monitor ") ||
      !entry::ValidateText("the certifier", line, /*allow_empty=*/false).ok()) {
    return Damaged("what it is of");
  }
  state.watch = std::string(line);
  return absl::OkStatus();
}

}  // namespace

namespace {

std::string FormatFindings(const Findings& findings) {
  std::string text = absl::StrCat("told ", findings.told(), "\n");
  for (const Finding& finding : findings.kept()) {
    const std::string index =
        finding.index.has_value() ? absl::StrCat(finding.index->value()) : std::string("-");
    absl::StrAppend(&text, "finding ", finding.number, " ", FindingKindName(finding.kind), " ",
                    index, " ", note::FormatBase64(finding.text), "\n");
    if (!finding.acknowledged.has_value()) continue;
    absl::StrAppend(&text, "acknowledged ", finding.number, " ", finding.acknowledged->at_ms, " ",
                    note::FormatBase64(finding.acknowledged->reason), "\n");
  }
  absl::StrAppend(&text, "next ", findings.next_number(), "\nfindings ",
                  findings.unlisted_lasting(), "\n");
  return text;
}

std::string FormatRounds(const RoundsSeen& rounds) {
  std::string text;
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
  return text;
}

std::string FormatMonitor(const AuditState& state) {
  std::string text;
  for (const auto& [name, index] : state.alike) {
    absl::StrAppend(&text, "alike ", name, " ", index.value(), "\n");
  }
  if (!state.watch.empty()) absl::StrAppend(&text, "watched ", state.watched_bytes, "\n");
  if (state.known.has_value()) {
    absl::StrAppend(&text, "known ", note::FormatBase64(state.known->view()), "\n");
  }
  return text;
}

}  // namespace

std::string FormatAuditState(const AuditState& state) {
  std::string text = absl::StrCat(
      kHeader2, "of ", state.watch.empty() ? "audit" : absl::StrCat("monitor ", state.watch), "\n");
  if (!state.log.empty()) absl::StrAppend(&text, "log ", state.log, "\n");
  absl::StrAppend(&text, "size ", state.audited.size.value(), "\nroot ",
                  note::FormatBase64(state.audited.root.view()), "\nlast_ms ",
                  std::min(state.last_ms, kMaxTreeSize), "\ncompared ", state.compared.value(),
                  "\n");
  for (const auto& [index, certifier] : state.certifiers) {
    const absl::StatusOr<std::string> bytes = entry::Encode({.body = certifier});
    assert(bytes.ok() && "what was decoded has an encoding");
    absl::StrAppend(&text, "certifier ", index.value(), " ", note::FormatBase64(*bytes), "\n");
  }
  for (const auto& [kind, count] : state.unknown_kinds) {
    absl::StrAppend(&text, "kind ", kind, " ", count, "\n");
  }
  absl::StrAppend(&text, FormatFindings(state.findings), FormatRounds(state.rounds),
                  FormatMonitor(state), "\n", state.newest_note);
  return text;
}

absl::StatusOr<AuditState> ParseAuditState(absl::string_view text) {
  AuditState state;
  state.is_of_version_1 = absl::ConsumePrefix(&text, kHeader1);
  if (!state.is_of_version_1) {
    if (!absl::ConsumePrefix(&text, kHeader2)) return Damaged("its first line");
    const absl::StatusOr<absl::string_view> line = note::TakeLine(text);
    if (!line.ok()) return Damaged(line.status().message());
    if (absl::Status taken = TakeScope(*line, state); !taken.ok()) return taken;
  }
  while (true) {
    const absl::StatusOr<absl::string_view> line = note::TakeLine(text);
    if (!line.ok()) return Damaged(line.status().message());
    if (line->empty()) break;
    if (absl::Status taken = TakeLine(*line, state); !taken.ok()) return taken;
  }
  state.newest_note = std::string(text);
  return state;
}

}  // namespace cairn::witness
