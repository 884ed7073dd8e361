#include "anchor/evidence/witnesses.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/time_text.h"

namespace cairn::evidence {
namespace {

std::string SecondsText(uint64_t at_s) {
  return TimeText(std::min(at_s, UINT64_MAX / 1000) * 1000);
}

// What one witness has signed, as far as it counts.
struct Counted {
  bool cosigned = false;
  std::optional<uint64_t> first_s = std::nullopt;  // Of those that claim a time.
  std::optional<uint64_t> too_late_s = std::nullopt;
};

Counted Count(const std::vector<uint64_t>& times_s, std::optional<uint64_t> now_s) {
  Counted counted;
  for (const uint64_t at_s : times_s) {
    if (now_s.has_value() && at_s > *now_s && at_s - *now_s > kClockLeewayS) {
      counted.too_late_s = at_s;
      continue;
    }
    counted.cosigned = true;
    if (at_s != 0 && !counted.first_s.has_value()) counted.first_s = at_s;
  }
  return counted;
}

// When enough witnesses had cosigned. Those that claim no time do not help to show one.
std::optional<uint64_t> QuorumTime(const std::vector<Counted>& counted,
                                   const note::Policy& policy) {
  std::vector<std::pair<uint64_t, size_t>> by_time;
  for (size_t i = 0; i < counted.size(); ++i) {
    if (counted[i].first_s.has_value()) by_time.emplace_back(*counted[i].first_s, i);
  }
  std::sort(by_time.begin(), by_time.end());
  note::WitnessSet cosigned(counted.size(), false);
  for (const auto& [at_s, witness] : by_time) {
    cosigned[witness] = true;
    // Whole seconds, rounded down: it may have been late in that one.
    if (policy.IsQuorum(cosigned)) return at_s + 1;
  }
  return std::nullopt;
}

std::string Describe(const note::Policy& policy, const note::Cosignatures& cosignatures,
                     const std::vector<Counted>& counted) {
  std::vector<std::string> who, not_counted;
  for (size_t i = 0; i < counted.size(); ++i) {
    const std::string name = absl::StrCat("`", policy.witnesses()[i].name, "`");
    if (cosignatures.has_log_key[i]) {
      not_counted.push_back(
          absl::StrCat(name, " has a log's own key and never counts as a witness"));
    } else if (counted[i].cosigned) {
      who.push_back(counted[i].first_s.has_value()
                        ? absl::StrCat(name, " at ", SecondsText(*counted[i].first_s))
                        : absl::StrCat(name, ", who claims no time"));
    }
    if (counted[i].too_late_s.has_value()) {
      not_counted.push_back(absl::StrCat(name, " signed ", SecondsText(*counted[i].too_late_s),
                                         ", which is later than now and counts for nothing"));
    }
  }
  std::string text = who.empty() ? "cosigned by no witness of the policy"
                                 : absl::StrCat("cosigned by ", absl::StrJoin(who, "; "));
  for (const std::string& one : not_counted) absl::StrAppend(&text, "; ", one);
  return text;
}

}  // namespace

JudgedWitnesses JudgeWitnesses(const note::Policy* policy,
                               const absl::StatusOr<note::Cosignatures>& cosignatures,
                               std::optional<uint64_t> now_s) {
  JudgedWitnesses judged{.layer = {.name = "witnesses"}};
  if (policy == nullptr) {
    judged.layer.detail = "no policy given that says whose cosignatures count";
    judged.layer.Judge(State::kNotProven, "no_policy");
    return judged;
  }
  for (const note::PolicyWitness& witness : policy->witnesses()) {
    judged.names.push_back(witness.name);
  }
  judged.weak_quorum = policy->HasDisjointQuorums();
  if (!cosignatures.ok()) {
    judged.layer.detail = std::string(cosignatures.status().message());
    judged.layer.Judge(State::kFalse, "signature_wrong");
    return judged;
  }
  std::vector<Counted> counted;
  note::WitnessSet cosigned;
  for (const std::vector<uint64_t>& times_s : cosignatures->times_s) {
    counted.push_back(Count(times_s, now_s));
    cosigned.push_back(counted.back().cosigned);
    judged.cosigned += counted.back().cosigned ? 1 : 0;
  }
  judged.layer.detail = Describe(*policy, *cosignatures, counted);
  if (policy->needs_none()) {
    absl::StrAppend(&judged.layer.detail, "; the policy asks for none");
    judged.layer.Judge(State::kNotProven, "policy_needs_none");
    return judged;
  }
  judged.quorum = policy->IsQuorum(cosigned);
  if (!judged.quorum) {
    absl::StrAppend(&judged.layer.detail, ": not the policy's quorum");
    judged.layer.Judge(State::kNotProven, "no_quorum");
    return judged;
  }
  absl::StrAppend(
      &judged.layer.detail, ": the policy's quorum",
      judged.weak_quorum ? ", a weak one: two quorums can have no witness in common" : "");
  judged.layer.Judge(State::kProven, "quorum");
  judged.existed_by_s = QuorumTime(counted, *policy);
  judged.untimed = !judged.existed_by_s.has_value();
  return judged;
}

}  // namespace cairn::evidence
