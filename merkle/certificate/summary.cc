#include "merkle/certificate/summary.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/path.h"

namespace cairn::certificate {
namespace {

using Names = std::vector<absl::string_view>;

// Where a fact stands: the first of the places that is there and not null.
struct Source {
  absl::string_view name;
  absl::string_view label;
  std::vector<Names> places;
};

// In the order in which they are shown. Members of a kind are absent from records of another.
const std::vector<Source>& Sources() {
  static const auto& sources = *new std::vector<Source>{
      {"provider", "provider", {{"snapshot", "provider"}}},
      {"model", "model", {{"snapshot", "model"}}},
      {"model_version", "model version", {{"snapshot", "modelVersion"}}},
      {"node_name", "step", {{"step", "nodeName"}}},
      {"project_title", "project", {{"projectTitle"}}},
      {"project_goal", "goal", {{"projectGoal"}}},
      {"at", "when", {{"snapshot", "timestamp"}, {"step", "timestampUtc"}, {"startedAt"}}},
      {"created_at", "recorded", {{"createdAt"}, {"completedAt"}}},
      {"duration_ms", "took, ms", {{"snapshot", "durationMs"}, {"step", "durationMs"}}},
      {"app", "app", {{"snapshot", "appId"}, {"snapshot", "metadata", "appId"}, {"appName"}}},
      {"sdk", "made with", {{"snapshot", "sdkVersion"}, {"frameworkName"}}},
      {"identity", "on behalf of", {{"snapshot", "identity"}}},
      {"prompt", "prompt", {{"snapshot", "prompt"}}},
      {"input", "input", {{"snapshot", "input"}}},
      {"code", "code", {{"snapshot", "code"}}},
      {"vars", "variables", {{"snapshot", "vars"}}},
      {"seed", "seed", {{"snapshot", "seed"}}},
      {"parameters", "parameters", {{"snapshot", "parameters"}}},
      {"output", "output", {{"snapshot", "output"}}},
      {"error", "error", {{"snapshot", "error"}}},
      {"final_output", "final output", {{"finalOutputSummary"}}},
      {"project_summary", "summary", {{"projectSummary"}}},
      {"tokens", "tokens", {{"snapshot", "usage"}}},
      {"cost", "cost", {{"snapshot", "cost"}, {"snapshot", "usage", "cost"}}},
      {"policy", "policy", {{"policyEvaluation"}}},
      {"decision_type", "decision", {{"snapshot", "decisionType"}}},
      {"context", "context", {{"context"}}},
      {"context_summary", "context, briefly", {{"contextSummary"}}},
      {"signals", "signals", {{"step", "signals"}}},
      {"metadata", "metadata", {{"snapshot", "metadata"}, {"step", "metadata"}}},
      {"run", "run", {{"snapshot", "runId"}, {"bundleId"}, {"projectBundleId"}}},
      {"workflow", "workflow", {{"snapshot", "workflowId"}, {"threadId"}}},
      {"conversation", "conversation", {{"snapshot", "conversationId"}}},
      {"execution", "execution", {{"snapshot", "executionId"}}},
      {"step_id", "step id", {{"snapshot", "stepId"}, {"step", "stepId"}}},
      {"step_index", "step number", {{"snapshot", "stepIndex"}}},
      {"previous", "step before", {{"snapshot", "prevStepHash"}}},
      {"parents", "parents", {{"snapshot", "parentStepIds"}, {"step", "parentStepIds"}}},
      {"stems_from", "stems from", {{"provenance", "originalCertificateHash"}}},
  };
  return sources;
}

// The values that are shown in its place where the record holds only a hash.
constexpr std::pair<const char*, const char*> kHashed[] = {{"input", "inputHash"},
                                                           {"output", "outputHash"}};

bool IsCovered(const Judgement& judgement, const std::string& path) {
  if (judgement.answer != Answer::kHolds) return false;
  return std::none_of(judgement.uncovered.begin(), judgement.uncovered.end(),
                      [&path](const std::string& one) { return IsWithin(path, one); });
}

// What a chat message says: its text, or the texts of its parts.
std::string MessageText(const Json& content) {
  if (const auto* text = content.get_ptr<const std::string*>()) return Utf8(*text);
  std::vector<std::string> texts;
  for (const Json& part : content) {
    const std::string* text = TextMember(part, "text");
    texts.push_back(text != nullptr ? Utf8(*text) : Utf8(CanonicalJson(part)));
  }
  return absl::StrJoin(texts, " ");
}

// "user: hello"; empty for what is no chat message.
std::string MessageLine(const Json& message) {
  const std::string* role = TextMember(message, "role");
  const Json* content = Member(message, "content");
  if (content == nullptr) content = Member(message, "parts");
  if (role == nullptr || content == nullptr || !(content->is_string() || content->is_array())) {
    return "";
  }
  return absl::StrCat(Utf8(*role), ": ", MessageText(*content));
}

std::string Messages(const Json& list) {
  if (!list.is_array() || list.empty()) return "";
  std::vector<std::string> lines;
  for (const Json& message : list) {
    lines.push_back(MessageLine(message));
    if (lines.back().empty()) return "";
  }
  return absl::StrJoin(lines, "\n");
}

std::string TitleOf(const JudgedRecord& record) {
  const std::string& kind = record.judgement.kind;
  if (kind == "cer.ai.execution.v1") return "AI execution";
  if (kind == "signed-redacted-reseal") return "AI execution, redacted and sealed again";
  if (kind == "cer.codemode.render.v1") return "rendering of code";
  if (kind == "cer.governed.execution.step.v1") return "governed step";
  if (kind == "cer.project.bundle.v1") {
    const size_t steps = record.judgement.steps.size();
    return absl::StrCat("project of ", steps, steps == 1 ? " step" : " steps");
  }
  if (record.judgement.hash_alone) return "a hash, without what it is of";
  return "record of an unknown kind";
}

void AddFact(const Source& source, const JudgedRecord& judged, Summary& summary) {
  for (const Names& place : source.places) {
    const Json* value = &judged.record();
    std::string path = judged.judgement.at;
    for (const absl::string_view name : place) {
      value = value == nullptr ? nullptr : Member(*value, name);
      path = ChildPath(path, name);
    }
    if (value == nullptr || value->is_null()) continue;
    summary.facts.push_back({.name = std::string(source.name),
                             .label = std::string(source.label),
                             .text = ValueText(*value),
                             .path = path,
                             .covered = IsCovered(judged.judgement, path)});
    return;
  }
  for (const auto& [name, hash_name] : kHashed) {
    if (source.name != name) continue;
    const Json* snapshot = ObjectMember(judged.record(), "snapshot");
    const std::string* hash = snapshot == nullptr ? nullptr : TextMember(*snapshot, hash_name);
    if (hash == nullptr) continue;
    const std::string path = ChildPath(ChildPath(judged.judgement.at, "snapshot"), hash_name);
    summary.facts.push_back({.name = absl::StrCat(name, "_hash"),
                             .label = std::string(source.label),
                             .text = absl::StrCat("not recorded, only its hash ", Utf8(*hash)),
                             .path = path,
                             .covered = IsCovered(judged.judgement, path)});
  }
}

void AddSteps(const JudgedRecord& judged, Summary& summary) {
  const Json* records = ObjectMember(judged.record(), "embeddedBundles");
  for (const auto& [id, step] : judged.judgement.steps) {
    const Json* record = records == nullptr ? nullptr : Member(*records, id);
    const Json* snapshot = record == nullptr ? nullptr : ObjectMember(*record, "snapshot");
    const std::string* model = snapshot == nullptr ? nullptr : TextMember(*snapshot, "model");
    summary.steps.push_back({.id = id,
                             .label = model == nullptr ? step.kind : Utf8(*model),
                             .hash = step.hash.has_value() ? HashText(*step.hash) : "",
                             .found = step.Text()});
  }
}

}  // namespace

const Fact* Summary::Find(absl::string_view name) const {
  for (const Fact& fact : facts) {
    if (fact.name == name) return &fact;
  }
  return nullptr;
}

std::string ValueText(const Json& value) {
  if (const auto* text = value.get_ptr<const std::string*>()) return Utf8(*text);
  if (std::string messages = Messages(value); !messages.empty()) return messages;
  const Json* list = Member(value, "messages");
  if (list != nullptr && value.size() == 1) {
    if (std::string messages = Messages(*list); !messages.empty()) return messages;
  }
  if (std::string message = MessageLine(value); !message.empty()) return message;
  return Utf8(CanonicalJson(value));
}

Summary Summarize(const JudgedRecord& record) {
  Summary summary{.title = TitleOf(record), .facts = {}, .steps = {}};
  for (const Source& source : Sources()) AddFact(source, record, summary);
  AddSteps(record, summary);
  return summary;
}

}  // namespace cairn::certificate
