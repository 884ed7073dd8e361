#include "merkle/certificate/judge.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/attestations.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/kind_rules.h"
#include "merkle/certificate/path.h"
#include "merkle/certificate/wrapper.h"

namespace cairn::certificate {
namespace {

// Finds the members that nothing vouches for.
class Uncovered {
 public:
  explicit Uncovered(std::vector<std::string> covered) : covered_(std::move(covered)) {}

  // Looks into an object only where a part of it is covered, and into `meta`, where everybody puts
  // what they like.
  void Look(const Json& value, const std::string& path, bool look_within) {
    if (IsCovered(path)) return;
    const bool part = std::any_of(covered_.begin(), covered_.end(),
                                  [&path](const auto& one) { return IsWithin(one, path); });
    if (!value.is_object() || value.empty() || !(part || look_within)) {
      found_.push_back(path);
      return;
    }
    for (const auto& member : value.items()) {
      Look(member.value(), ChildPath(path, member.key()), false);
    }
  }

  void LookAtMembers(const Json& object, const std::string& path) {
    for (const auto& member : object.items()) {
      Look(member.value(), ChildPath(path, member.key()), member.key() == "meta");
    }
  }

  std::vector<std::string> Take() && { return std::move(found_); }

 private:
  bool IsCovered(const std::string& path) const {
    return std::find(covered_.begin(), covered_.end(), path) != covered_.end();
  }

  const std::vector<std::string> covered_;
  std::vector<std::string> found_;
};

std::vector<std::string> CoveredPaths(const CoveredMembers& members, const std::string& path,
                                      const Judgement& judgement) {
  std::vector<std::string> covered;
  for (const absl::string_view name : members) covered.push_back(ChildPath(path, name));
  if (judgement.kind == "cer.project.bundle.v1") {
    covered.push_back(ChildPath(ChildPath(path, "integrity"), "projectHash"));
    // What a step leaves open, the step's own judgement lists.
    covered.push_back(ChildPath(path, "embeddedBundles"));
  }
  for (const Attestation& attestation : judgement.attestations) {
    covered.insert(covered.end(), attestation.covered.begin(), attestation.covered.end());
  }
  return covered;
}

void AddRounded(const RoundedNumber& number, RoundedNumbers& rounded) {
  if (rounded.count++ < RoundedNumbers::kMaxListed) rounded.first.push_back(number);
}

// Sorts the file's rounded numbers by what covers them.
void SortRounded(const ParsedText& parsed, const std::vector<std::string>& by_hash,
                 Judgement& judgement) {
  const auto is_in = [](const std::string& path, const std::vector<std::string>& covered) {
    return std::any_of(covered.begin(), covered.end(),
                       [&path](const auto& one) { return IsWithin(path, one); });
  };
  std::vector<std::string> by_signature;
  for (const Attestation& attestation : judgement.attestations) {
    by_signature.insert(by_signature.end(), attestation.covered.begin(), attestation.covered.end());
  }
  for (const RoundedNumber& number : parsed.rounded) {
    if (is_in(number.path, by_hash)) {
      AddRounded(number, judgement.rounded);
    } else if (is_in(number.path, by_signature)) {
      AddRounded(number, judgement.rounded_in_attestations);
    }
  }
  if (parsed.more_rounded) {
    judgement.rounded.count = std::max(judgement.rounded.count, kMaxRounded + 1);
  }
}

// An answer that states a hash, and a receipt over it, and no record.
CoveredMembers JudgeAnswer(const RecordText& text, Judgement& judgement) {
  const CoveredMembers covered = JudgeHashOnly({}, text, judgement);
  judgement.Notice("", "NO_RECORD", "the file is an answer without its record");
  return covered;
}

struct Judged {
  Judgement judgement;
  std::vector<std::string> covered_by_hash;
};

Judged Judge(const RecordText& text, const FoundRecord& found) {
  Judged out;
  Judgement& judgement = out.judgement;
  judgement.at = found.path;
  const CoveredMembers covered =
      found.hash_alone ? JudgeAnswer(text, judgement) : JudgeByKind(text, judgement);
  for (const absl::string_view name : covered) {
    out.covered_by_hash.push_back(ChildPath(text.path, name));
  }
  JudgeWrapper(found, judgement);
  std::vector<Container> containers = found.around;
  for (Container& within : ContainersIn(text.record, text.path)) {
    containers.push_back(std::move(within));
  }
  judgement.attestations = JudgeAttestations(containers, {.record = text.record,
                                                          .path = text.path,
                                                          .kind = FindKind(judgement.kind),
                                                          .judgement = judgement,
                                                          .options = text.options});
  Uncovered uncovered(CoveredPaths(covered, text.path, judgement));
  // From the outermost object, so that a wrapper's own members are named too.
  if (found.around.empty()) {
    uncovered.LookAtMembers(text.record, text.path);
  } else {
    uncovered.LookAtMembers(*found.around.front().object, "");
  }
  judgement.uncovered = std::move(uncovered).Take();
  for (const auto& [id, step] : judgement.steps) {
    judgement.uncovered.insert(judgement.uncovered.end(), step.uncovered.begin(),
                               step.uncovered.end());
  }
  return out;
}

}  // namespace

Judgement JudgeWhole(const RecordText& text) {
  return Judge(text, {.record = &text.record, .path = "", .around = {}}).judgement;
}

const Json& JudgedRecord::record() const {
  // FindRecord found it when it was judged.
  return *FindRecord(document)->record;
}

absl::StatusOr<JudgedRecord> JudgeRecord(const std::string& text, const JudgeOptions& options) {
  if (text.size() > kMaxRecordBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("is larger than a record may be (", kMaxRecordBytes, " bytes)"));
  }
  absl::StatusOr<ParsedText> parsed = ParseText(text);
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<FoundRecord> found = FindRecord(parsed->value);
  if (!found.ok()) return found.status();
  Judged judged = Judge({.record = *found->record,
                         .path = found->path,
                         .lone_surrogate = parsed->lone_surrogate,
                         .options = options},
                        *found);
  SortRounded(*parsed, judged.covered_by_hash, judged.judgement);
  return JudgedRecord{.document = std::move(parsed->value),
                      .judgement = std::move(judged.judgement)};
}

}  // namespace cairn::certificate
