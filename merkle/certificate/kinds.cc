#include "merkle/certificate/kinds.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/kind_rules.h"

namespace cairn::certificate {
namespace {

constexpr char kUnsupported[] = "SCHEMA_VERSION_UNSUPPORTED";

}  // namespace

const std::vector<Kind>& Kinds() {
  static const std::vector<absl::string_view> kExecution = {"bundleType", "version", "createdAt",
                                                            "snapshot"};
  static const std::vector<absl::string_view> kSignals = {"context", "contextSummary",
                                                          "policyEvaluation"};
  static const auto& kinds = *new std::vector<Kind>{
      {"cer.ai.execution.v1", "0.1", kExecution, kSignals, JudgeExecution},
      {"signed-redacted-reseal", "0.1", kExecution, kSignals, JudgeExecution},
      {"cer.codemode.render.v1", "0.1", kExecution, {}, JudgeRender},
      {"hash-only-timestamp", "0.1", {}, {}, JudgeHashOnly},
      {"cer.project.bundle.v1", "0.1", {}, {}, JudgeProject},
      {"cer.governed.execution.step.v1",
       "1",
       {"bundleType", "version", "schema", "bundleId", "threadId", "step", "protectedSet"},
       {},
       JudgeGovernedStep},
  };
  return kinds;
}

const Kind* FindKind(absl::string_view bundle_type) {
  for (const Kind& kind : Kinds()) {
    if (kind.bundle_type == bundle_type) return &kind;
  }
  return nullptr;
}

std::string KindNames() {
  return absl::StrJoin(Kinds(), ", ", [](std::string* out, const Kind& kind) {
    absl::StrAppend(out, kind.bundle_type);
  });
}

std::vector<absl::string_view> JudgeByKind(const RecordText& text, Judgement& judgement) {
  const Json* bundle_type = Member(text.record, "bundleType");
  if (bundle_type == nullptr) {
    judgement.CannotCheck("bundleType", "SCHEMA_ERROR",
                          absl::StrCat("is missing; this program knows ", KindNames()));
    return {};
  }
  const auto* name = bundle_type->get_ptr<const std::string*>();
  if (name != nullptr) judgement.kind = Utf8(*name);
  const Kind* kind = name == nullptr ? nullptr : FindKind(*name);
  if (kind == nullptr) {
    judgement.CannotCheck(
        "bundleType", kUnsupported,
        absl::StrCat("is ", Shown(*bundle_type),
                     ", a kind that this program does not know; it knows ", KindNames()));
    return {};
  }
  const std::string* version = TextMember(text.record, "version");
  // The render node's own rule takes any version that is a text.
  if (version == nullptr || (*version != kind->version && kind->judge != &JudgeRender)) {
    const Json* stated = Member(text.record, "version");
    judgement.CannotCheck(
        "version", kUnsupported,
        absl::StrCat(stated == nullptr ? "is missing" : absl::StrCat("is ", Shown(*stated)),
                     "; this program knows \"", kind->version, "\" of ", kind->bundle_type));
    return {};
  }
  return kind->judge(*kind, text, judgement);
}

bool HasMembers(const Json& record, const std::vector<absl::string_view>& names,
                Judgement& judgement) {
  bool all = true;
  for (const absl::string_view name : names) {
    if (Member(record, name) != nullptr) continue;
    judgement.Contradict(name, "SCHEMA_ERROR", "is missing, and the hash covers it");
    all = false;
  }
  return all;
}

bool RefuseLoneSurrogates(const RecordText& text, Judgement& judgement) {
  if (!text.lone_surrogate) return false;
  judgement.Contradict(
      *text.lone_surrogate, "SCHEMA_ERROR",
      "holds half of a surrogate pair, for which the canonical form of its protocol has no form");
  return true;
}

bool JudgeProtocol(absl::string_view field, const Json* stated, const RecordText& text,
                   Judgement& judgement) {
  if (stated == nullptr || stated->is_null()) {
    judgement.protocol = "1.2.0";
    judgement.Notice(field, "PROTOCOL_ASSUMED",
                     "is not stated; the record was judged by 1.2.0, whose bytes are those of all "
                     "versions that are known");
    return true;
  }
  const auto* version = stated->get_ptr<const std::string*>();
  if (version == nullptr) {
    judgement.Contradict(field, "SCHEMA_ERROR",
                         absl::StrCat("must be a text, not ", Shown(*stated)));
    return false;
  }
  if (*version == "1.2.0") {
    judgement.protocol = *version;
    return true;
  }
  if (*version == "1.3.0" || *version == "1.3.1") {
    judgement.protocol = *version;
    return !RefuseLoneSurrogates(text, judgement);
  }
  judgement.CannotCheck(
      field, kUnsupported,
      absl::StrCat("is ", Shown(*stated),
                   ", which this program does not know; it knows 1.2.0, 1.3.0 and "
                   "1.3.1"));
  return false;
}

}  // namespace cairn::certificate
