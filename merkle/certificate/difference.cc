#include "merkle/certificate/difference.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/path.h"

namespace cairn::certificate {
namespace {

using Names = std::vector<absl::string_view>;

struct AspectSource {
  absl::string_view name;
  std::vector<Names> members;
  // Of a single member, the name of its hash in the same object.
  absl::string_view hash = "";
};

const std::vector<AspectSource>& Sources() {
  static const auto& sources = *new std::vector<AspectSource>{
      {"input", {{"snapshot", "input"}, {"snapshot", "code"}, {"snapshot", "vars"}}, "inputHash"},
      {"prompt", {{"snapshot", "prompt"}}},
      {"parameters", {{"snapshot", "parameters"}, {"snapshot", "seed"}}},
      {"model",
       {{"snapshot", "provider"},
        {"snapshot", "model"},
        {"snapshot", "modelVersion"},
        {"step", "nodeName"}}},
      {"runtime",
       {{"snapshot", "sdkVersion"},
        {"snapshot", "executionSurface"},
        {"snapshot", "protocolVersion"},
        {"schema"},
        {"meta", "attestation", "receipt", "nodeRuntimeHash"}}},
      {"context", {{"context"}, {"contextSummary"}, {"step", "signals"}, {"step", "metadata"}}},
      {"policy", {{"policyEvaluation"}}},
      {"output", {{"snapshot", "output"}, {"step", "stateHash"}}, "outputHash"},
  };
  return sources;
}

const Json* At(const Json& record, const Names& names) {
  const Json* value = &record;
  for (const absl::string_view name : names) {
    value = value == nullptr ? nullptr : Member(*value, name);
  }
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string Short(const Json& value) {
  const std::string text = Utf8(CanonicalJson(value));
  constexpr size_t kMaxShown = 60;
  if (text.size() <= kMaxShown) return text;
  // Not within a character.
  size_t end = kMaxShown;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), "... (", text.size(), " bytes)");
}

void AddChange(std::string change, Aspect& aspect) {
  aspect.comparison = Comparison::kChanged;
  if (aspect.changes.size() < kMaxChanges) {
    aspect.changes.push_back(std::move(change));
  } else {
    ++aspect.more_changes;
  }
}

std::string PathOf(const Names& names) {
  std::string path;
  for (const absl::string_view name : names) path = ChildPath(path, name);
  return path;
}

// One of an aspect's members; `comparison` is what it comes to.
Comparison CompareMember(const Json* first, const Json* second, const std::string& path,
                         Aspect& aspect) {
  if (first == nullptr && second == nullptr) return Comparison::kNotRecorded;
  if (second == nullptr) return Comparison::kOnlyInFirst;
  if (first == nullptr) return Comparison::kOnlyInSecond;
  // Nobody can tell what they stand for.
  if (IsRedacted(*first) || IsRedacted(*second)) return Comparison::kCannotCompare;
  if (*first == *second) return Comparison::kEqual;
  CompareValues(*first, *second, path, aspect);
  return Comparison::kChanged;
}

// Of a value that is not recorded, or redacted, in one of them: by the hashes that they state.
// Beside a commitment the hash may be of the commitment, and tells nothing.
Comparison CompareHashes(const AspectSource& source, const Json& first, const Json& second,
                         Comparison by_values, Aspect& aspect) {
  if (source.hash.empty() || by_values == Comparison::kEqual || by_values == Comparison::kChanged) {
    return by_values;
  }
  for (const Json* record : {&first, &second}) {
    for (const Names& names : source.members) {
      const Json* value = At(*record, names);
      if (value != nullptr && Member(*value, "commitment") != nullptr) return by_values;
    }
  }
  const Json* one = At(first, {"snapshot", source.hash});
  const Json* other = At(second, {"snapshot", source.hash});
  if (one == nullptr || other == nullptr) return by_values;
  if (*one == *other) {
    aspect.changes = {"by their hashes"};
    aspect.more_changes = 0;
    return Comparison::kEqual;
  }
  AddChange(absl::StrCat("snapshot.", source.hash, ": ", Short(*one), " -> ", Short(*other)),
            aspect);
  return Comparison::kChanged;
}

// What several members come to.
Comparison Together(Comparison a, Comparison b) {
  if (a == Comparison::kNotRecorded) return b;
  if (b == Comparison::kNotRecorded || a == b) return a;
  if (a == Comparison::kCannotCompare || b == Comparison::kCannotCompare) {
    return a == Comparison::kChanged || b == Comparison::kChanged ? Comparison::kChanged
                                                                  : Comparison::kCannotCompare;
  }
  return Comparison::kChanged;
}

Aspect CompareAspect(const AspectSource& source, const Json& first, const Json& second) {
  Aspect aspect{.name = std::string(source.name)};
  Comparison all = Comparison::kNotRecorded;
  for (const Names& names : source.members) {
    const Json* one = At(first, names);
    const Json* other = At(second, names);
    const Comparison comparison = CompareMember(one, other, PathOf(names), aspect);
    if (source.members.size() > 1 && (one == nullptr) != (other == nullptr)) {
      AddChange(one == nullptr
                    ? absl::StrCat(PathOf(names), ": only in the second: ", Short(*other))
                    : absl::StrCat(PathOf(names), ": only in the first: ", Short(*one)),
                aspect);
    }
    all = Together(all, comparison);
  }
  aspect.comparison = CompareHashes(source, first, second, all, aspect);
  return aspect;
}

bool IsSame(const Aspect& aspect) {
  return aspect.comparison == Comparison::kEqual || aspect.comparison == Comparison::kNotRecorded;
}

// Recursion is bounded by kMaxDepth.
void CompareObjects(const Json& first, const Json& second, const std::string& path,
                    Aspect& aspect) {
  for (const auto& member : first.items()) {
    const std::string child = ChildPath(path, member.key());
    const Json* other = Member(second, member.key());
    if (other == nullptr) {
      AddChange(absl::StrCat(child, ": only in the first: ", Short(member.value())), aspect);
    } else if (member.value() != *other) {
      CompareValues(member.value(), *other, child, aspect);
    }
  }
  for (const auto& member : second.items()) {
    if (Member(first, member.key()) != nullptr) continue;
    AddChange(absl::StrCat(ChildPath(path, member.key()),
                           ": only in the second: ", Short(member.value())),
              aspect);
  }
}

}  // namespace

absl::string_view ComparisonName(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return "equal";
    case Comparison::kChanged:
      return "changed";
    case Comparison::kOnlyInFirst:
      return "only_in_first";
    case Comparison::kOnlyInSecond:
      return "only_in_second";
    case Comparison::kNotRecorded:
      return "not_recorded";
    case Comparison::kCannotCompare:
      return "cannot_be_compared";
  }
  return "";
}

bool Difference::any() const {
  return std::any_of(aspects.begin(), aspects.end(),
                     [](const Aspect& aspect) { return !IsSame(aspect); });
}

void CompareValues(const Json& first, const Json& second, const std::string& path, Aspect& aspect) {
  if (first.is_object() && second.is_object()) {
    return CompareObjects(first, second, path, aspect);
  }
  if (first.is_array() && second.is_array() && first.size() == second.size()) {
    for (size_t i = 0; i < first.size(); ++i) {
      if (first[i] == second[i]) continue;
      CompareValues(first[i], second[i], absl::StrCat(path, "[", i, "]"), aspect);
    }
    return;
  }
  AddChange(absl::StrCat(path, ": ", Short(first), " -> ", Short(second)), aspect);
}

Difference Compare(const Json& first, const Json& second) {
  Difference difference;
  bool same_before = true;
  for (const AspectSource& source : Sources()) {
    difference.aspects.push_back(CompareAspect(source, first, second));
    const Aspect& aspect = difference.aspects.back();
    if (aspect.name != "output") same_before = same_before && IsSame(aspect);
  }
  const auto input = std::find_if(difference.aspects.begin(), difference.aspects.end(),
                                  [](const Aspect& aspect) { return aspect.name == "input"; });
  difference.execution_drift = same_before && input->comparison == Comparison::kEqual &&
                               difference.aspects.back().comparison == Comparison::kChanged;
  return difference;
}

}  // namespace cairn::certificate
