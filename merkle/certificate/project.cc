// cer.project.bundle.v1: a registry of steps with their records. The project's hash covers the
// steps' records only through the hashes in the registry, so that each record is judged by its own
// rule.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/kind_rules.h"
#include "merkle/certificate/path.h"

namespace cairn::certificate {
namespace {

constexpr char kHashMismatch[] = "HASH_MISMATCH";
constexpr char kStepMismatch[] = "STEP_MISMATCH";
constexpr char kChainBreak[] = "CHAIN_BREAK";

// What the project's hash leaves out, in the order in which the readings are tried.
struct Reading {
  absl::string_view name;
  std::vector<absl::string_view> left_out;
};

const std::vector<Reading>& Readings() {
  static const auto& readings =
      *new std::vector<Reading>{{"P1", {"integrity", "embeddedBundles", "finalOutputSummary"}},
                                {"P2", {"integrity", "embeddedBundles"}},
                                {"P3", {"integrity"}}};
  return readings;
}

bool LeavesOut(const Reading& reading, absl::string_view name) {
  for (const absl::string_view one : reading.left_out) {
    if (one == name) return true;
  }
  return false;
}

// The members that the project's hash covers, those of the first reading where none holds.
CoveredMembers JudgeProjectHash(const Json& record, Judgement& judgement) {
  const auto covered_by = [&record](const Reading& reading) {
    CoveredMembers covered;
    for (const auto& member : record.items()) {
      if (!LeavesOut(reading, member.key())) covered.emplace_back(member.key());
    }
    return covered;
  };
  const Json* integrity = ObjectMember(record, "integrity");
  const Json* stated = integrity == nullptr ? nullptr : Member(*integrity, "projectHash");
  const Json* algorithm = integrity == nullptr ? nullptr : Member(*integrity, "algorithm");
  if (algorithm != nullptr && *algorithm != "sha256-canonical-json") {
    judgement.CannotCheck(
        "integrity.algorithm", "SCHEMA_VERSION_UNSUPPORTED",
        absl::StrCat("is ", Shown(*algorithm), "; this program knows sha256-canonical-json"));
    return {};
  }
  if (stated == nullptr) {
    judgement.Contradict("integrity.projectHash", kHashMismatch, "is missing");
    return {};
  }
  if (!IsStatedHash("integrity.projectHash", *stated, kHashMismatch, judgement)) return {};
  for (const Reading& reading : Readings()) {
    const Hash hash = CanonicalHash(
        record, [&reading](absl::string_view name) { return !LeavesOut(reading, name); });
    if (!judgement.hash.has_value()) judgement.hash = hash;
    if (*stated != HashText(hash)) continue;
    judgement.hash = hash;
    judgement.reading = std::string(reading.name);
    if (LeavesOut(reading, "finalOutputSummary") &&
        Member(record, "finalOutputSummary") != nullptr) {
      judgement.left_open = {"finalOutputSummary"};
      judgement.Notice("finalOutputSummary", "NOT_COVERED",
                       "is not covered by the project's hash: anyone may have edited it");
    }
    return covered_by(reading);
  }
  AddMismatch("integrity.projectHash", *stated, *judgement.hash, kHashMismatch, "", judgement);
  return covered_by(Readings().front());
}

// That what the registry says of a step is what the step's record says. Where the record says null,
// the registry may say nothing.
void CompareWithRecord(const std::string& field, const Json& entry, const Json& step,
                       Judgement& judgement) {
  const auto compare = [&](absl::string_view name, const Json* in_registry, const Json* in_record) {
    if (in_registry == nullptr || in_record == nullptr || *in_registry == *in_record) return;
    judgement.Notice(
        ChildPath(field, name), "REGISTRY_DIFFERS",
        absl::StrCat("says ", Shown(*in_registry), ", and the step's record ", Shown(*in_record)));
  };
  compare("recordedAt", Member(entry, "recordedAt"), Member(step, "createdAt"));
  const Json* snapshot = ObjectMember(step, "snapshot");
  if (snapshot == nullptr) return;
  compare("executionId", Member(entry, "executionId"), Member(*snapshot, "executionId"));
  const Json* model = ObjectMember(entry, "modelIdentity");
  if (model == nullptr) return;
  for (const absl::string_view name : {"provider", "model", "modelVersion"}) {
    compare(absl::StrCat("modelIdentity.", name), Member(*model, name), Member(*snapshot, name));
  }
}

// A step as its chain has it.
struct Link {
  std::string path;
  std::string hash;
  const Json* before;  // Null where it names none.
  bool given;          // Its record is in the bundle.
};

// One entry of the registry with the record that it names.
class StepJudge {
 public:
  StepJudge(const RecordText& text, Judgement& judgement)
      : text_(text),
        records_(ObjectMember(text.record, "embeddedBundles")),
        judgement_(judgement) {}

  void Judge(size_t position, const Json& entry) {
    const std::string field = absl::StrCat("stepRegistry[", position, "]");
    const std::string* id = TextMember(entry, "stepId");
    const std::string* hash = TextMember(entry, "certificateHash");
    if (id == nullptr || hash == nullptr || !ParseHashText(*hash).ok()) {
      return judgement_.Contradict(field, "SCHEMA_ERROR",
                                   "must have a stepId and a certificateHash of 64 lower-case hex "
                                   "digits behind sha256:");
    }
    if (!seen_.insert(*id).second) {
      return judgement_.Contradict(
          ChildPath(field, "stepId"), "SCHEMA_ERROR",
          absl::StrCat("is ", Shown(Json(*id)), ", as that of an earlier step"));
    }
    NoticePosition(field, position, entry);
    const Json* record = records_ == nullptr ? nullptr : Member(*records_, *id);
    const Json* snapshot = record == nullptr ? nullptr : ObjectMember(*record, "snapshot");
    const Json* before = snapshot == nullptr ? nullptr : Member(*snapshot, "prevStepHash");
    links_.push_back({.path = ChildPath("embeddedBundles", *id),
                      .hash = *hash,
                      .before = before == nullptr || before->is_null() ? nullptr : before,
                      .given = record != nullptr});
    if (record == nullptr) {
      return judgement_.CannotCheck(ChildPath("embeddedBundles", *id), "STEP_NOT_GIVEN",
                                    "is missing: the record of this step is not in the bundle");
    }
    JudgeStep(field, *id, *hash, entry, *record);
  }

  // Where any step names the one before it, each does: that is the one before it in the registry.
  void JudgeChain() {
    const bool chained = std::any_of(links_.begin(), links_.end(),
                                     [](const Link& link) { return link.before != nullptr; });
    if (!chained) return;
    for (size_t i = 0; i < links_.size(); ++i) {
      const Link& link = links_[i];
      const std::string field = absl::StrCat(link.path, ".snapshot.prevStepHash");
      const std::string wanted = i == 0 ? "no step" : links_[i - 1].hash;
      if (!link.given || (link.before == nullptr && i == 0)) continue;
      if (link.before == nullptr) {
        judgement_.Contradict(field, kChainBreak,
                              absl::StrCat("is missing, and before this step comes ", wanted));
      } else if (*link.before != wanted) {
        judgement_.Contradict(
            field, kChainBreak,
            absl::StrCat("is ", Shown(*link.before), ", and before this step comes ", wanted));
      }
    }
  }

  // Records that no entry names are covered by nothing.
  void JudgeRest() {
    if (records_ == nullptr) return;
    for (const auto& member : records_->items()) {
      if (seen_.count(member.key()) > 0) continue;
      judgement_.Contradict(ChildPath("embeddedBundles", member.key()), kStepMismatch,
                            "is a record that the registry does not name");
    }
  }

 private:
  void NoticePosition(const std::string& field, size_t position, const Json& entry) {
    const Json* sequence = Member(entry, "sequence");
    if (sequence == nullptr || *sequence == static_cast<double>(position)) return;
    judgement_.Notice(
        ChildPath(field, "sequence"), "REGISTRY_DIFFERS",
        absl::StrCat("says ", Shown(*sequence), ", and the step stands at ", position));
  }

  void JudgeStep(const std::string& field, const std::string& id, const std::string& hash,
                 const Json& entry, const Json& record) {
    const std::string path = ChildPath("embeddedBundles", id);
    const std::string* type = TextMember(record, "bundleType");
    if (type != nullptr && *type == "cer.project.bundle.v1") {
      return judgement_.CannotCheck(path, "SCHEMA_VERSION_UNSUPPORTED",
                                    "is a project itself, which no document has as a step");
    }
    Judgement step =
        JudgeWhole({.record = record,
                    .path = text_.path.empty() ? path : absl::StrCat(text_.path, ".", path),
                    .lone_surrogate = text_.lone_surrogate,
                    .options = text_.options});
    for (const Finding& finding : step.contradictions) {
      judgement_.Contradict(absl::StrCat(path, ".", finding.field), finding.code, finding.reason);
    }
    if (step.answer == Answer::kCannotCheck) {
      for (const Finding& finding : step.unchecked) {
        judgement_.CannotCheck(absl::StrCat(path, ".", finding.field), finding.code,
                               finding.reason);
      }
    }
    if (step.hash.has_value() && HashText(*step.hash) != hash) {
      judgement_.Contradict(
          ChildPath(field, "certificateHash"), kStepMismatch,
          absl::StrCat("is ", hash, ", and the step's record has ", HashText(*step.hash)));
    }
    CompareWithRecord(field, entry, record, judgement_);
    for (const std::string& name : step.left_open) {
      judgement_.left_open.push_back(ChildPath(path, name));
    }
    judgement_.steps.emplace_back(Utf8(id), std::move(step));
  }

  const RecordText& text_;
  const Json* const records_;
  Judgement& judgement_;
  std::set<std::string> seen_;
  std::vector<Link> links_;
};

}  // namespace

CoveredMembers JudgeProject(const Kind&, const RecordText& text, Judgement& judgement) {
  const Json& record = text.record;
  if (!JudgeProtocol("protocolVersion", Member(record, "protocolVersion"), text, judgement)) {
    return {};
  }
  CoveredMembers covered = JudgeProjectHash(record, judgement);
  const Json* registry = Member(record, "stepRegistry");
  if (registry == nullptr || !registry->is_array()) {
    judgement.Contradict("stepRegistry", "SCHEMA_ERROR", "must be a list of steps");
    return covered;
  }
  StepJudge steps(text, judgement);
  size_t position = 0;
  for (const Json& entry : *registry) steps.Judge(position++, entry);
  steps.JudgeRest();
  steps.JudgeChain();
  const Json* total = Member(record, "totalSteps");
  if (total != nullptr && *total != static_cast<double>(registry->size())) {
    judgement.Contradict(
        "totalSteps", kStepMismatch,
        absl::StrCat("is ", Shown(*total), ", and the registry has ", registry->size()));
  }
  return covered;
}

}  // namespace cairn::certificate
