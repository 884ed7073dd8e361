#include "anchor/evidence/headline.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/entry_layers.h"

namespace cairn::evidence {
namespace {

State StateOf(const Report& report, absl::string_view layer) {
  const Layer* const found = report.Find(layer);
  return found != nullptr ? found->state : State::kNotProven;
}

// "2 of w1 w2 w3"
std::string Names(const JudgedWitnesses& witnesses) {
  const size_t shown = std::min(kMaxNames, witnesses.names.size());
  std::string text =
      absl::StrCat(witnesses.cosigned, " of ",
                   absl::StrJoin(witnesses.names.begin(),
                                 witnesses.names.begin() + static_cast<ptrdiff_t>(shown), " "));
  if (shown < witnesses.names.size()) {
    absl::StrAppend(&text, " and ", witnesses.names.size() - shown, " more");
  }
  return text;
}

std::string Witnessed(const JudgedWitnesses& witnesses) {
  if (witnesses.layer.state == State::kProven) {
    return absl::StrCat("witnessed by ", Names(witnesses),
                        witnesses.weak_quorum ? " (weak quorum)" : "");
  }
  if (witnesses.layer.code != "no_quorum") return "NOT witnessed";
  return absl::StrCat("NOT witnessed (", Names(witnesses), ", no quorum)");
}

std::string VerifiedBy(const Vouched& vouched, size_t needed) {
  if (vouched.empty()) return "NOT verified";
  std::vector<std::string> names;
  for (const auto& [name, existed_by_s] : vouched) names.push_back(name);
  std::string text = absl::StrCat("verified by ", names.size(),
                                  names.size() == 1 ? " authority (" : " authorities (",
                                  absl::StrJoin(names, ", "), ")");
  if (names.size() < needed) absl::StrAppend(&text, ", ", needed, " needed");
  return text;
}

std::string Certifier(const Report& report) {
  switch (StateOf(report, "statement")) {
    case State::kProven:
      return absl::StrCat("certifier ", report.claim.statement.certifier, " proven");
    case State::kFalse:
      return "certifier FALSE";
    case State::kNotProven:
    case State::kClaimed:
      break;
  }
  return "certifier not proven";
}

std::string Record(const Report& report) {
  const Layer* const certificate = report.Find("certificate");
  if (certificate != nullptr && certificate->code == "same_hash") {
    return "of the hash given; no record given";
  }
  switch (StateOf(report, "certificate")) {
    case State::kProven:
      return "record proven";
    case State::kFalse:
      return "record FALSE";
    case State::kNotProven:
    case State::kClaimed:
      break;
  }
  return certificate != nullptr && certificate->required && certificate->code != "not_given"
             ? "record not proven"
             : "no record given";
}

}  // namespace

std::string Headline(const Report& report, const JudgedWitnesses& witnesses, size_t needed) {
  std::vector<std::string> facts, false_layers;
  for (const Layer& layer : report.layers) {
    if (layer.state == State::kFalse) false_layers.push_back(layer.name);
  }
  if (!false_layers.empty()) {
    facts.push_back(absl::StrCat("FALSE: ", absl::StrJoin(false_layers, ", ")));
  }
  if (report.claim.unknown_kind) facts.push_back(UnknownKindText(*report.claim.unknown_kind));
  facts.push_back(StateOf(report, "inclusion") == State::kProven ? "included" : "NOT included");
  facts.push_back(Witnessed(witnesses));
  facts.push_back(VerifiedBy(report.vouched, needed));
  facts.push_back(Certifier(report));
  facts.push_back(Record(report));
  return absl::StrJoin(facts, "; ");
}

}  // namespace cairn::evidence
