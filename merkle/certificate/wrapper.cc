#include "merkle/certificate/wrapper.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/path.h"

namespace cairn::certificate {
namespace {

// Members by which an object is a record of some kind, or meant to be one.
bool IsRecord(const Json& object) {
  return Member(object, "bundleType") != nullptr || Member(object, "certificateHash") != nullptr;
}

void AddWithMeta(const Json& object, const std::string& path, std::vector<Container>& out) {
  out.push_back({&object, path});
  if (const Json* meta = ObjectMember(object, "meta")) {
    out.push_back({meta, ChildPath(path, "meta")});
  }
}

std::vector<FoundRecord> Candidates(const Json& document) {
  std::vector<FoundRecord> found;
  for (const char* name : {"cer", "bundle", "proofJson"}) {
    const Json* record = ObjectMember(document, name);
    if (record == nullptr || !IsRecord(*record)) continue;
    found.push_back({.record = record, .path = name, .around = {}});
    AddWithMeta(document, "", found.back().around);
  }
  const Json* proof = ObjectMember(document, "proof");
  const Json* record = proof == nullptr ? nullptr : ObjectMember(*proof, "proofJson");
  if (record != nullptr && IsRecord(*record)) {
    found.push_back({.record = record, .path = "proof.proofJson", .around = {}});
    AddWithMeta(document, "", found.back().around);
    AddWithMeta(*proof, "proof", found.back().around);
  }
  return found;
}

// Whether the members stand here that some kind's hash is over. An answer of the publisher's may
// state the record's kind and hash at its own top, and never these.
bool HasContent(const Json& document) {
  for (const char* name : {"snapshot", "step", "stepRegistry"}) {
    if (Member(document, name) != nullptr) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<FoundRecord> FindRecord(const Json& document) {
  if (!document.is_object()) return absl::NotFoundError("is no record: no JSON object");
  const FoundRecord itself{.record = &document, .path = "", .around = {}};
  if (HasContent(document) && IsRecord(document)) return itself;
  const std::vector<FoundRecord> candidates = Candidates(document);
  if (candidates.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "holds more than one record: ",
        absl::StrJoin(candidates, ", ",
                      [](auto* out, const auto& one) { absl::StrAppend(out, one.path); })));
  }
  if (candidates.size() == 1) return candidates.front();
  if (Member(document, "bundleType") != nullptr) return itself;
  if (Member(document, "certificateHash") == nullptr) {
    return absl::NotFoundError("is no record: it has neither bundleType nor certificateHash");
  }
  FoundRecord alone = itself;
  alone.hash_alone = ObjectMember(document, "receipt") != nullptr;
  return alone;
}

void JudgeWrapper(const FoundRecord& found, Judgement& judgement) {
  for (const Container& around : found.around) {
    const Json* hash = Member(*around.object, "certificateHash");
    if (hash != nullptr && !hash->is_null() && judgement.hash.has_value() &&
        *hash != HashText(*judgement.hash)) {
      judgement.Contradict(ChildPath(around.path, "certificateHash"), "CERTIFICATE_HASH_MISMATCH",
                           absl::StrCat("of the wrapper is ", Shown(*hash),
                                        ", and the record's hash is ", HashText(*judgement.hash)));
    }
    for (const char* name : {"bundleType", "createdAt"}) {
      const Json* claimed = Member(*around.object, name);
      const Json* stated = Member(*found.record, name);
      if (claimed == nullptr || claimed->is_null() || stated == nullptr || *claimed == *stated) {
        continue;
      }
      judgement.Notice(ChildPath(around.path, name), "WRAPPER_DIFFERS",
                       absl::StrCat("of the wrapper is ", Shown(*claimed), ", and the record says ",
                                    Shown(*stated)));
    }
  }
}

}  // namespace cairn::certificate
