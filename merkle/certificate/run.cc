#include "merkle/certificate/run.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/node_keys.h"

namespace cairn::certificate {
namespace {

bool IsUuid(const std::string& text, bool version_4) {
  constexpr size_t kSize = 36;
  if (text.size() != kSize) return false;
  for (size_t i = 0; i < kSize; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(text[i])) return false;
  }
  if (!version_4) return true;
  const char variant = absl::ascii_tolower(text[19]);
  return text[14] == '4' && (variant == '8' || variant == '9' || variant == 'a' || variant == 'b');
}

// What a step says of its place in a run.
struct Place {
  bool governed = false;
  std::string id;
  std::optional<std::string> before;  // prevStepHash
  std::optional<double> index;        // stepIndex
  std::vector<std::string> parent_ids;
  std::vector<std::string> parent_hashes;
  bool parents_malformed = false;
  std::optional<int64_t> at_s;
  // By name: bundleId, runId, workflowId, conversationId.
  std::vector<std::pair<std::string, std::string>> runs;
};

std::string TextOf(const Json* object, absl::string_view name) {
  const std::string* text = object == nullptr ? nullptr : TextMember(*object, name);
  return text == nullptr ? "" : *text;
}

std::vector<std::string> TextsOf(const Json* object, absl::string_view name, bool& malformed) {
  std::vector<std::string> texts;
  const Json* list = object == nullptr ? nullptr : Member(*object, name);
  if (list == nullptr || list->is_null()) return texts;
  if (!list->is_array()) {
    malformed = true;
    return texts;
  }
  for (const Json& one : *list) {
    const auto* text = one.get_ptr<const std::string*>();
    malformed = malformed || text == nullptr;
    if (text != nullptr) texts.push_back(*text);
  }
  return texts;
}

Place PlaceOf(const JudgedRecord& judged) {
  const Json& record = judged.record();
  Place place;
  place.governed = judged.judgement.kind == "cer.governed.execution.step.v1";
  const Json* part = ObjectMember(record, place.governed ? "step" : "snapshot");
  place.id = TextOf(part, "stepId");
  if (place.id.empty()) place.id = TextOf(part, "executionId");
  if (const std::string before = TextOf(part, "prevStepHash"); !before.empty()) {
    place.before = before;
  }
  const Json* index = part == nullptr ? nullptr : Member(*part, "stepIndex");
  if (index != nullptr && index->is_number()) place.index = index->get<double>();
  place.parent_ids = TextsOf(part, "parentStepIds", place.parents_malformed);
  place.parent_hashes = TextsOf(part, "parentHashes", place.parents_malformed);
  const absl::StatusOr<int64_t> at =
      ParseTimeS(TextOf(part, place.governed ? "timestampUtc" : "timestamp"));
  if (at.ok()) place.at_s = *at;
  if (place.governed) {
    place.runs.emplace_back("bundleId", TextOf(&record, "bundleId"));
  } else {
    for (const char* name : {"runId", "workflowId", "conversationId"}) {
      if (std::string id = TextOf(part, name); !id.empty()) {
        place.runs.emplace_back(name, std::move(id));
      }
    }
  }
  return place;
}

std::string LabelOf(const JudgedRecord& judged) {
  const Json& record = judged.record();
  for (const auto& [part, name] : {std::pair("snapshot", "model"), std::pair("step", "nodeName")}) {
    const std::string text = TextOf(ObjectMember(record, part), name);
    if (!text.empty()) return Utf8(text);
  }
  return judged.judgement.kind;
}

class RunJudge {
 public:
  RunJudge(const std::vector<RunInput>& inputs, bool listed) : listed_(listed) {
    for (const RunInput& input : inputs) {
      Add(input);
      places_.push_back(PlaceOf(*input.record));
      run_.steps.back().id = Utf8(places_.back().id);
    }
  }

  Run Judge() && {
    FindDoubles();
    FindForeign();
    for (size_t i = 0; i < places_.size(); ++i) {
      LinkByHash(i);
      LinkById(i);
    }
    for (size_t i = 0; i < run_.steps.size(); ++i) {
      for (const size_t parent : run_.steps[i].parents) run_.steps[parent].children.push_back(i);
    }
    FindUnlinked();
    FindCycles();
    return std::move(run_);
  }

 private:
  void Note(size_t step, absl::string_view code, std::string reason) {
    run_.findings.push_back(
        {.field = run_.steps[step].name, .code = std::string(code), .reason = std::move(reason)});
  }

  void Add(const RunInput& input) {
    const Judgement& judgement = input.record->judgement;
    run_.steps.push_back(
        {.name = input.name, .id = "", .label = LabelOf(*input.record), .hash = ""});
    const size_t step = run_.steps.size() - 1;
    if (const absl::Status status = judgement.record_status(); !status.ok()) {
      Note(step,
           judgement.answer == Answer::kContradicts ? "RECORD_CONTRADICTS_ITSELF"
                                                    : "RECORD_CANNOT_BE_CHECKED",
           absl::StrCat("holds a record that ", judgement.Text(), ": ", status.message()));
      return;
    }
    run_.steps[step].hash = HashText(*judgement.hash);
  }

  void FindDoubles() {
    for (size_t i = 0; i < run_.steps.size(); ++i) {
      const std::string& hash = run_.steps[i].hash;
      if (!hash.empty()) {
        const auto [first, is_new] = by_hash_.emplace(hash, i);
        if (!is_new) {
          doubled_.insert(i);
          Note(i, "DOUBLED_STEP",
               absl::StrCat("is the same step as ", run_.steps[first->second].name, ", ", hash));
          continue;
        }
      }
      if (places_[i].id.empty()) continue;
      const auto [first, is_new] = by_id_.emplace(places_[i].id, i);
      if (!is_new) {
        Note(i, "STEP_ID_TWICE",
             absl::StrCat("is another record of step `", Shortened(run_.steps[i].id), "` than ",
                          run_.steps[first->second].name));
      }
    }
  }

  // Of each name of a run that steps state, the id that most state is the run's; the first of
  // equals.
  void FindForeign() {
    for (const char* name : {"bundleId", "runId", "workflowId", "conversationId"}) {
      std::map<std::string, size_t> counts;
      std::vector<std::string> ids(places_.size());
      for (size_t i = 0; i < places_.size(); ++i) {
        for (const auto& [run, id] : places_[i].runs) {
          if (run == name) ids[i] = id;
        }
        if (!ids[i].empty()) ++counts[ids[i]];
      }
      if (counts.size() < 2) continue;
      std::string ours;
      for (const std::string& id : ids) {
        if (!id.empty() && (ours.empty() || counts[id] > counts[ours])) ours = id;
      }
      for (size_t i = 0; i < ids.size(); ++i) {
        if (ids[i].empty() || ids[i] == ours) continue;
        foreign_.insert(i);
        Note(i, "FOREIGN_STEP",
             absl::StrCat("is of ", name, " ", Shortened(Utf8(ids[i])), ", and the run is ",
                          Shortened(Utf8(ours))));
      }
    }
  }

  void Link(size_t step, size_t parent) {
    std::vector<size_t>& parents = run_.steps[step].parents;
    if (std::find(parents.begin(), parents.end(), parent) == parents.end()) {
      parents.push_back(parent);
    }
  }

  void JudgeOrder(size_t step, size_t parent, absl::string_view code) {
    if (listed_ && parent > step) {
      Note(step, code,
           absl::StrCat("is listed before ", run_.steps[parent].name, ", which it comes after"));
    }
  }

  void LinkByHash(size_t i) {
    const Place& place = places_[i];
    if (!place.before) return;
    run_.by_hash = true;
    const auto found = by_hash_.find(*place.before);
    if (found == by_hash_.end()) {
      return Note(i, "MISSING_STEP",
                  absl::StrCat("names ", Shortened(Utf8(*place.before)),
                               " as the step before it, which is none of those given"));
    }
    const size_t parent = found->second;
    Link(i, parent);
    JudgeOrder(i, parent, "REORDERED_STEP");
    const std::optional<double>& index = places_[parent].index;
    if (place.index && index && *place.index != *index + 1) {
      Note(i, "REORDERED_STEP",
           absl::StrCat("has stepIndex ", CanonicalJson(*place.index), ", and the step before it ",
                        CanonicalJson(*index)));
    }
  }

  void JudgeIds(size_t i) {
    const Place& place = places_[i];
    if (place.parents_malformed) {
      Note(i, "INVALID_PARENT_IDS", "has parents that are no list of texts");
    }
    if (!place.governed) return;
    if (!IsUuid(place.id, /*version_4=*/true)) {
      Note(i, "INVALID_UUID", "has a stepId that is no UUID of version 4");
    }
    for (const auto& [name, id] : place.runs) {
      if (!IsUuid(id, /*version_4=*/false)) {
        Note(i, "INVALID_UUID", absl::StrCat("has a ", name, " that is no UUID"));
      }
    }
    for (const std::string& id : place.parent_ids) {
      if (IsUuid(id, /*version_4=*/false)) continue;
      Note(i, "INVALID_PARENT_IDS",
           absl::StrCat("names the parent ", Shown(Json(id)), ", which is no UUID"));
    }
  }

  void LinkById(size_t i) {
    const Place& place = places_[i];
    JudgeIds(i);
    std::set<std::string> seen;
    for (size_t k = 0; k < place.parent_ids.size(); ++k) {
      const std::string& id = place.parent_ids[k];
      run_.by_id = true;
      const std::string shown = absl::StrCat("`", Shortened(Utf8(id)), "`");
      if (!seen.insert(id).second) {
        Note(i, "DUPLICATE_PARENT", absl::StrCat("names the parent ", shown, " twice"));
        continue;
      }
      if (id == place.id) {
        Note(i, "SELF_PARENT", "names itself as its parent");
        continue;
      }
      const auto found = by_id_.find(id);
      if (found == by_id_.end()) {
        Note(i, "MISSING_PARENT",
             absl::StrCat("names the parent ", shown, ", which is none of those given"));
        continue;
      }
      Link(i, found->second);
      JudgeParent(i, found->second, k);
    }
  }

  void JudgeParent(size_t i, size_t parent, size_t place_in_list) {
    const Place& place = places_[i];
    JudgeOrder(i, parent, "FUTURE_PARENT");
    if (place.at_s && places_[parent].at_s && *places_[parent].at_s > *place.at_s) {
      Note(i, "TIMESTAMP_INVERSION",
           absl::StrCat("is older than its parent ", run_.steps[parent].name));
    }
    if (place_in_list < place.parent_hashes.size() &&
        place.parent_hashes[place_in_list] != run_.steps[parent].hash) {
      Note(i, "PARENT_HASH_MISMATCH",
           absl::StrCat("names its parent ", run_.steps[parent].name,
                        " by another hash: ", Shortened(Utf8(place.parent_hashes[place_in_list]))));
    }
  }

  // What hangs on nothing has no place.
  void FindUnlinked() {
    if (run_.steps.size() < 2) return;
    for (size_t i = 0; i < run_.steps.size(); ++i) {
      const RunStep& step = run_.steps[i];
      if (doubled_.count(i) > 0 || foreign_.count(i) > 0) continue;
      if (step.parents.empty() && step.children.empty() && !places_[i].before &&
          places_[i].parent_ids.empty()) {
        Note(i, "UNLINKED_STEP", "names no step before it, and none names it");
      }
    }
    JudgeBeginnings();
  }

  // A chain has one beginning, of number 0 where steps are numbered.
  void JudgeBeginnings() {
    if (!run_.by_hash || run_.by_id) return;
    std::optional<size_t> first;
    for (size_t i = 0; i < run_.steps.size(); ++i) {
      const RunStep& step = run_.steps[i];
      if (places_[i].before || step.children.empty()) continue;
      if (places_[i].index && *places_[i].index != 0) {
        Note(i, "MISSING_STEP",
             absl::StrCat("has stepIndex ", CanonicalJson(*places_[i].index),
                          " and names no step before it"));
      }
      if (first) {
        Note(i, "SECOND_BEGINNING",
             absl::StrCat("begins another chain than ", run_.steps[*first].name));
      } else {
        first = i;
      }
    }
  }

  // What is left when steps without parents are taken away, again and again.
  void FindCycles() {
    std::vector<size_t> waits_for(run_.steps.size()), ready;
    for (size_t i = 0; i < run_.steps.size(); ++i) {
      waits_for[i] = run_.steps[i].parents.size();
      if (waits_for[i] == 0) ready.push_back(i);
    }
    while (!ready.empty()) {
      const size_t step = ready.back();
      ready.pop_back();
      for (const size_t child : run_.steps[step].children) {
        if (--waits_for[child] == 0) ready.push_back(child);
      }
    }
    for (size_t i = 0; i < waits_for.size(); ++i) {
      if (waits_for[i] > 0) Note(i, "CAUSAL_CYCLE", "comes after itself");
    }
  }

  const bool listed_;
  Run run_;
  std::vector<Place> places_;
  std::map<std::string, size_t> by_hash_;
  std::map<std::string, size_t> by_id_;
  std::set<size_t> doubled_;
  std::set<size_t> foreign_;
};

}  // namespace

Run JudgeRun(const std::vector<RunInput>& inputs, bool listed) {
  return RunJudge(inputs, listed).Judge();
}

}  // namespace cairn::certificate
