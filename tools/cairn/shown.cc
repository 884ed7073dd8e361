#include "tools/cairn/shown.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "anchor/evidence/time_text.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/note/note.h"
#include "tools/cairn/command.h"
#include "tools/cairn/record.h"

namespace cairn::cli {
namespace {

using certificate::Answer;
using certificate::Attestation;
using certificate::Fact;
using certificate::Finding;
using certificate::Judgement;
using certificate::Summary;

constexpr size_t kLabelColumns = 15;
constexpr size_t kTextColumns = 84;

// One line of a report, cut where the screen ends.
void AddLine(absl::string_view label, absl::string_view text, std::string& out) {
  // Room for the words that say how much was cut.
  constexpr size_t kCutColumns = kTextColumns - 22;
  const std::string shown =
      Printable(text, text.size() <= kTextColumns ? kTextColumns : kCutColumns);
  absl::StrAppend(&out, label,
                  std::string(label.size() < kLabelColumns ? kLabelColumns - label.size() : 1, ' '),
                  shown, "\n");
}

// Our own words with foreign values in them, whole as far as a few lines go.
void AddWrapped(absl::string_view label, absl::string_view text, std::string& out) {
  constexpr size_t kMaxLines = 3;
  std::string rest = Printable(text, kMaxLines * kTextColumns);
  for (size_t i = 0; !rest.empty(); ++i) {
    size_t end = rest.size();
    if (end > kTextColumns) {
      end = rest.rfind(' ', kTextColumns);
      if (end == std::string::npos || end == 0) end = std::min(rest.find(' '), rest.size());
    }
    AddLine(i == 0 ? label : "", rest.substr(0, end), out);
    rest.erase(0, std::min(end + 1, rest.size()));
  }
}

// The first lines of a text, so many as a screenful has room for.
void AddText(absl::string_view label, const std::string& text, size_t max_lines, std::string& out) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipWhitespace());
  if (lines.empty()) return AddLine(label, "(empty)", out);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i == max_lines) {
      return AddLine("", absl::StrCat("... ", Counted(lines.size() - i, "more line")), out);
    }
    AddLine(i == 0 ? label : "", lines[i], out);
  }
}

// What stands together on one line.
struct Line {
  const char* label;
  std::vector<const char*> names;
  size_t max_lines;
};

const std::vector<Line>& Lines() {
  static const auto& lines = *new std::vector<Line>{
      {"project", {"project_title"}, 1},
      {"step", {"node_name"}, 1},
      {"model", {"provider", "model", "model_version"}, 1},
      {"when, it says", {"at", "created_at"}, 1},
      {"who, it says", {"app", "sdk", "identity"}, 1},
      {"prompt", {"prompt"}, 2},
      {"input", {"input"}, 2},
      {"input", {"input_hash"}, 1},
      {"code", {"code"}, 2},
      {"variables", {"vars", "seed"}, 1},
      {"parameters", {"parameters"}, 1},
      {"output", {"output"}, 2},
      {"output", {"output_hash"}, 1},
      {"error", {"error"}, 1},
      {"outcome", {"final_output", "project_summary"}, 2},
      {"tokens, cost", {"tokens", "cost"}, 1},
      {"took, ms", {"duration_ms"}, 1},
      {"policy", {"policy", "decision_type"}, 1},
      {"context", {"context", "context_summary", "signals", "metadata"}, 1},
      {"run", {"run", "workflow", "conversation"}, 1},
      {"step", {"step_id", "step_index", "execution"}, 1},
      {"step before", {"previous", "parents"}, 1},
      {"stems from", {"stems_from"}, 1},
  };
  return lines;
}

// Beyond the first, a fact has its own label. Of a record that holds, what is open is marked.
std::string LineText(const Summary& summary, const Line& line, Answer answer) {
  std::vector<std::string> texts;
  for (const char* name : line.names) {
    const Fact* fact = summary.Find(name);
    if (fact == nullptr || fact->text.empty()) continue;
    const bool open = answer == Answer::kHolds && !fact->covered;
    texts.push_back(absl::StrCat(texts.empty() ? "" : absl::StrCat(fact->label, " "),
                                 open ? "(no hash covers it) " : "", fact->text));
  }
  return absl::StrJoin(texts, line.max_lines > 1 ? "\n" : " · ");
}

void AddFindings(absl::string_view label, const std::vector<Finding>& findings, std::string& out) {
  constexpr size_t kMaxShown = 4;
  for (size_t i = 0; i < findings.size(); ++i) {
    if (i == kMaxShown) {
      return AddLine("", absl::StrCat("... and ", findings.size() - i, " more"), out);
    }
    AddWrapped(i == 0 ? label : "", findings[i].Text(), out);
  }
}

std::string AttestationText(const Attestation& one) {
  return absl::StrCat(one.name, " ", certificate::AttestationStateText(one.state), ": ",
                      one.detail);
}

void AddJudgementText(const Judgement& judgement, std::string& out) {
  AddLine("the record",
          absl::StrCat(judgement.Text(), judgement.reading.empty()
                                             ? ""
                                             : absl::StrCat(" (reading ", judgement.reading, ")")),
          out);
  AddFindings("because", judgement.contradictions, out);
  if (judgement.hash.has_value()) {
    AddLine("hash", certificate::HashText(*judgement.hash), out);
  }
  for (size_t i = 0; i < judgement.attestations.size(); ++i) {
    AddWrapped(i == 0 ? "attested" : "", AttestationText(judgement.attestations[i]), out);
  }
  AddFindings("not checked", judgement.unchecked, out);
  if (!judgement.uncovered.empty()) {
    AddWrapped("anyone's",
               absl::StrCat("no hash covers ", absl::StrJoin(judgement.uncovered, ", ")), out);
  }
  if (judgement.rounded.count > 0) AddLine("numbers", RoundedText(judgement.rounded), out);
}

void AddSteps(const Summary& summary, std::string& out) {
  constexpr size_t kMaxShown = 8;
  for (size_t i = 0; i < summary.steps.size(); ++i) {
    if (i == kMaxShown) {
      return AddLine("", absl::StrCat("... ", Counted(summary.steps.size() - i, "more step")), out);
    }
    const certificate::SummaryStep& step = summary.steps[i];
    AddLine(i == 0 ? "steps" : "",
            absl::StrCat(i + 1, ". ", Printable(step.label, 30), "  ", step.hash.substr(0, 19),
                         "...  ", step.found),
            out);
  }
}

nlohmann::ordered_json FactJson(const Fact& fact) {
  return {{"name", fact.name}, {"text", fact.text}, {"path", fact.path}, {"covered", fact.covered}};
}

std::string SignatureText(const entry::StatementSignature& signature) {
  if (std::holds_alternative<std::monostate>(signature)) {
    return "unsigned: logged under this name by the operator";
  }
  return "signed; not checked here";
}

}  // namespace

std::vector<EvidenceFact> FactsOf(const evidence::Evidence& evidence) {
  std::vector<EvidenceFact> facts;
  const auto add = [&facts](const char* name, const char* label, std::string text) {
    if (!text.empty()) facts.push_back({name, label, std::move(text)});
  };
  add("log", "log", evidence::OriginOf(evidence.proof));
  add("index", "entry",
      absl::StrCat(evidence.proof.index.value(), " of ", evidence::SizeOf(evidence.proof).value()));
  const absl::StatusOr<evidence::StatementEntry> entry = evidence::DecodeSubject(evidence.entry);
  if (entry.ok() && !entry->unknown_kind) {
    const entry::Statement& statement = entry->signed_statement.statement;
    add("accepted_at", "accepted at",
        absl::StrCat(evidence::TimeText(entry->accepted_at_ms), ", the operator says"));
    add("certificate_hash", "about", certificate::HashText(statement.certificate_hash));
    add("certifier", "certifier",
        absl::StrCat(statement.certifier, ", ", SignatureText(entry->signed_statement.signature)));
    if (statement.policy_status != entry::PolicyStatus::kUnspecified) {
      add("policy_status", "policy",
          absl::StrCat("the certifier states: ", entry::PolicyStatusName(statement.policy_status)));
    }
    add("trace", "trace", statement.trace);
    add("task", "task", statement.task);
  }
  std::vector<std::string> receipts;
  for (const evidence::AnchorReceipt& receipt : evidence.receipts) {
    receipts.push_back(absl::StrCat(receipt.anchor, " (", receipt.kind, ")"));
  }
  add("receipts", "receipts", absl::StrJoin(receipts, ", "));
  if (const absl::StatusOr<note::Note> note = note::ParseNote(evidence.proof.checkpoint);
      note.ok()) {
    std::vector<std::string> names;
    for (const auto& line : note->signatures) names.push_back(line.key_name);
    add("signatures", "signed by", absl::StrJoin(names, ", "));
  }
  if (evidence.run) add("run", "run", "the closing record of its run is in the file");
  return facts;
}

std::string ShownText(const Shown& shown) {
  std::string out = absl::StrCat(Printable(shown.file, kMaxShownLine), ": ");
  if (!shown.evidence.empty()) {
    absl::StrAppend(&out, "evidence. Nothing here is verified: cairn verify does that\n");
    for (const EvidenceFact& fact : shown.evidence) AddLine(fact.label, fact.text, out);
    if (!shown.summary.has_value()) return out;
    absl::StrAppend(&out, "the certificate: ");
  }
  const Summary& summary = *shown.summary;
  const Judgement& judgement = *shown.judgement;
  absl::StrAppend(&out, summary.title, ", ", judgement.Text(), "\n");
  if (judgement.answer == Answer::kContradicts)
    AddFindings("because", judgement.contradictions, out);
  for (const Line& line : Lines()) {
    const std::string text = LineText(summary, line, judgement.answer);
    if (!text.empty()) AddText(line.label, text, line.max_lines, out);
  }
  AddSteps(summary, out);
  Judgement rest = judgement;
  rest.contradictions.clear();
  AddJudgementText(rest, out);
  return out;
}

nlohmann::ordered_json ShownJson(const Shown& shown) {
  nlohmann::ordered_json json;
  json["file"] = shown.file;
  if (!shown.evidence.empty()) {
    for (const EvidenceFact& fact : shown.evidence) json["evidence"][fact.name] = fact.text;
  }
  if (shown.summary.has_value()) {
    json["title"] = shown.summary->title;
    json["facts"] = nlohmann::ordered_json::array();
    for (const Fact& fact : shown.summary->facts) json["facts"].push_back(FactJson(fact));
    for (const certificate::SummaryStep& step : shown.summary->steps) {
      json["steps"].push_back(
          {{"id", step.id}, {"label", step.label}, {"hash", step.hash}, {"found", step.found}});
    }
  }
  AddJudgement(shown.judgement, json);
  return json;
}

}  // namespace cairn::cli
