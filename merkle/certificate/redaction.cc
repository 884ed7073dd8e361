#include "merkle/certificate/redaction.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/path.h"
#include "merkle/hmac.h"

namespace cairn::certificate {
namespace {

constexpr char kScheme[] = "hmac-sha256-v1";
constexpr std::pair<const char*, const char*> kHashed[] = {{"input", "inputHash"},
                                                           {"output", "outputHash"}};

// Members that attest the original, wherever they stand.
constexpr const char* kAttesting[] = {"receipt",
                                      "nodeReceipt",
                                      "receiptSignature",
                                      "signature",
                                      "signatureB64Url",
                                      "kid",
                                      "attestorKeyId",
                                      "attestation",
                                      "verificationEnvelope",
                                      "verificationEnvelopeType",
                                      "verificationEnvelopeSignature",
                                      "verificationEnvelopeVerification",
                                      "timestamp"};

// Without them it is no record that anyone reads.
constexpr const char* kRequired[] = {"bundleType",
                                     "version",
                                     "createdAt",
                                     "certificateHash",
                                     "snapshot",
                                     "snapshot.type",
                                     "snapshot.protocolVersion"};

std::string CommitmentText(const CommitmentOpening& opening) {
  return HashText(merkle::HmacSha256(opening.salt, opening.value));
}

std::string Bytes(const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  return text != nullptr ? Utf8(*text) : CanonicalJson(value);
}

Hash ValueHash(const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  return text != nullptr ? RawHash(*text) : CanonicalHash(value);
}

// What a path leads to: the object or list that holds it, and its last step.
struct Target {
  Json* parent;
  PathStep last;

  Json* value() const {
    if (const auto* name = std::get_if<std::string>(&last)) {
      const auto member = parent->find(*name);
      return member == parent->end() ? nullptr : &*member;
    }
    const size_t index = std::get<size_t>(last);
    return index < parent->size() ? &(*parent)[index] : nullptr;
  }
};

absl::StatusOr<Target> Find(Json& record, const std::string& path) {
  const absl::StatusOr<std::vector<PathStep>> steps = ParsePath(path);
  if (!steps.ok()) return steps.status();
  Target target{.parent = &record, .last = steps->front()};
  for (size_t i = 0; i < steps->size(); ++i) {
    target.last = (*steps)[i];
    const bool named = std::holds_alternative<std::string>(target.last);
    if (!(named ? target.parent->is_object() : target.parent->is_array()) ||
        target.value() == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("the record has nothing at `", Shortened(path), "`"));
    }
    if (i + 1 < steps->size()) target.parent = target.value();
  }
  return target;
}

absl::Status MayChange(const std::string& path) {
  for (const char* required : kRequired) {
    if (path != required) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, " cannot be taken out: without it this is no record"));
  }
  if (absl::StartsWith(path, "certificateHash")) {
    return absl::InvalidArgumentError("certificateHash is computed anew in any case");
  }
  return absl::OkStatus();
}

class Redactor {
 public:
  Redactor(const JudgedRecord& record, const Redaction& redaction,
           const std::function<Hash()>& salt)
      : redaction_(redaction), salt_(salt), judgement_(record.judgement) {
    out_.record = record.record();
  }

  absl::StatusOr<Redacted> Run() && {
    if (absl::Status able = CheckKind(); !able.ok()) return able;
    DropAttestations();
    RememberHashes();
    for (const std::string& path : redaction_.commit) {
      if (absl::Status done = Commit(path); !done.ok()) return done;
    }
    for (const std::string& path : redaction_.remove) {
      if (absl::Status done = Change(path, nullptr); !done.ok()) return done;
    }
    for (const auto& [path, value] : redaction_.replace) {
      if (absl::Status done = Change(path, &value); !done.ok()) return done;
    }
    HashAnew();
    if (!redaction_.link_original) Forget(HashText(*judgement_.hash));
    DropHashes(out_.record, "");
    Seal();
    return std::move(out_);
  }

 private:
  absl::Status CheckKind() const {
    if (judgement_.kind != "cer.ai.execution.v1" && judgement_.kind != "signed-redacted-reseal") {
      return absl::FailedPreconditionError(absl::StrCat(
          "nothing can be taken out of a record of kind ", judgement_.kind,
          ": all of what its hash is over must be there. Executions (cer.ai.execution.v1) can be "
          "redacted"));
    }
    if (judgement_.answer != Answer::kHolds) {
      return absl::InvalidArgumentError(
          absl::StrCat("a record that ", judgement_.Text(),
                       " is not sealed again: ", judgement_.record_status().message()));
    }
    return absl::OkStatus();
  }

  void Drop(Json& object, const std::string& path) {
    for (const char* name : kAttesting) {
      if (object.erase(name) > 0) {
        out_.notices.push_back(
            absl::StrCat(ChildPath(path, name), " is dropped: it was made for the original"));
      }
    }
  }

  void DropAttestations() {
    Drop(out_.record, "");
    const auto meta = out_.record.find("meta");
    if (meta != out_.record.end() && meta->is_object()) Drop(*meta, "meta");
  }

  // Of the original: none of them may be left in what is handed on.
  void RememberHashes() {
    const Json& snapshot = out_.record["snapshot"];
    for (const auto& [name, hash_name] : kHashed) {
      if (const std::string* hash = TextMember(snapshot, hash_name)) stated_[name] = *hash;
    }
  }

  void Forget(const std::string& hash_text) { dropped_.insert(hash_text.substr(7)); }

  absl::Status Change(const std::string& path, const Json* replacement) {
    if (absl::Status may = MayChange(path); !may.ok()) return may;
    const absl::StatusOr<Target> target = Find(out_.record, path);
    if (!target.ok()) return target.status();
    if (!absl::StartsWith(path, "snapshot")) {
      out_.notices.push_back(absl::StrCat(path, " stands outside the snapshot"));
    }
    Forget(HashText(ValueHash(*target->value())));
    // A hash that is taken out is forgotten wherever it stands.
    const auto* text = target->value()->get_ptr<const std::string*>();
    if (text != nullptr && ParseHashText(*text).ok()) Forget(*text);
    if (replacement != nullptr) {
      *target->value() = *replacement;
    } else if (const auto* name = std::get_if<std::string>(&target->last)) {
      target->parent->erase(*name);
    } else {
      // The places of what follows stay.
      *target->value() = nullptr;
    }
    return absl::OkStatus();
  }

  absl::Status Commit(const std::string& path) {
    Json& snapshot = out_.record["snapshot"];
    for (const auto& [name, hash_name] : kHashed) {
      if (path != absl::StrCat("snapshot.", name)) continue;
      if (judgement_.protocol != "1.3.1") {
        return absl::FailedPreconditionError(absl::StrCat(
            "commitments are of protocol 1.3.1, and the record is of ", judgement_.protocol));
      }
      const Json* value = Member(snapshot, name);
      if (value == nullptr || value->is_null() || Member(*value, "commitment") != nullptr) {
        return absl::InvalidArgumentError(absl::StrCat(path, " holds no value to commit to"));
      }
      CommitmentOpening opening{.path = path, .salt = salt_(), .value = Bytes(*value)};
      Forget(HashText(ValueHash(*value)));
      snapshot[name] = {
          {"_redacted", true}, {"scheme", kScheme}, {"commitment", CommitmentText(opening)}};
      snapshot.erase(hash_name);
      stated_.erase(name);
      out_.openings.push_back(std::move(opening));
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "--commit takes snapshot.input and snapshot.output, not `", Shortened(path), "`"));
  }

  // Input and output are hashed as they are now.
  void HashAnew() {
    Json& snapshot = out_.record["snapshot"];
    for (const auto& [name, hash_name] : kHashed) {
      const auto stated = stated_.find(name);
      if (stated == stated_.end()) continue;
      const Json* value = Member(snapshot, name);
      if (value == nullptr || value->is_null()) {
        if (Was(name)) {
          Forget(stated->second);
          snapshot.erase(hash_name);
        }
        continue;
      }
      const std::string now = HashText(ValueHash(*value));
      if (now == stated->second || Member(*value, "_redacted") != nullptr) continue;
      Forget(stated->second);
      snapshot[hash_name] = now;
    }
  }

  // Whether the redaction reaches the snapshot's member.
  bool Was(absl::string_view name) const {
    const std::string path = absl::StrCat("snapshot.", name);
    return std::any_of(redaction_.remove.begin(), redaction_.remove.end(),
                       [&path](const std::string& one) { return one == path; });
  }

  bool HoldsDropped(const Json& value) const {
    const auto* text = value.get_ptr<const std::string*>();
    return text != nullptr && std::any_of(dropped_.begin(), dropped_.end(), [&](const auto& hex) {
             return absl::StrContains(*text, hex);
           });
  }

  // Recursion is bounded by kMaxDepth.
  void DropHashes(Json& value, const std::string& path) {
    if (value.is_object()) {
      for (auto member = value.begin(); member != value.end();) {
        const std::string child = ChildPath(path, member.key());
        if (child != "certificateHash" && HoldsDropped(member.value())) {
          out_.notices.push_back(
              absl::StrCat(child, " is dropped: it holds the hash of what is not there any more"));
          member = value.erase(member);
        } else {
          DropHashes(member.value(), child);
          ++member;
        }
      }
    } else if (value.is_array()) {
      for (Json& element : value) {
        if (HoldsDropped(element)) {
          element = nullptr;
        } else {
          DropHashes(element, path);
        }
      }
    }
  }

  void Seal() {
    Json& record = out_.record;
    if (Member(record["snapshot"], "prevStepHash") != nullptr) {
      out_.notices.push_back("snapshot.prevStepHash stays: it is the hash of another record");
    }
    Json& meta = record["meta"];
    if (!meta.is_object()) meta = Json::object();
    meta["attestation"] = {{"mode", "redacted_reseal"}};
    Json provenance = {{"reason", redaction_.reason}, {"resealedAt", redaction_.resealed_at}};
    if (redaction_.link_original) {
      provenance["originalCertificateHash"] = HashText(*judgement_.hash);
      out_.notices.push_back(
          "the original's hash is linked: it has no salt, so who can guess what was taken out can "
          "find out that the guess is right");
    }
    record["provenance"] = std::move(provenance);
    static constexpr absl::string_view kCovered[] = {"bundleType",      "version", "createdAt",
                                                     "snapshot",        "context", "contextSummary",
                                                     "policyEvaluation"};
    record["certificateHash"] = HashText(CanonicalHash(record, [](absl::string_view name) {
      return std::find(std::begin(kCovered), std::end(kCovered), name) != std::end(kCovered);
    }));
  }

  const Redaction& redaction_;
  const std::function<Hash()>& salt_;
  const Judgement& judgement_;
  Redacted out_;
  // By the names of input and output, what the original states of them.
  std::map<std::string, std::string> stated_;
  // In hex.
  std::set<std::string> dropped_;
};

}  // namespace

absl::StatusOr<Redacted> Redact(const JudgedRecord& record, const Redaction& redaction,
                                const std::function<Hash()>& salt) {
  return Redactor(record, redaction, salt).Run();
}

absl::Status VerifyCommitment(const Json& record, const CommitmentOpening& opening) {
  Json copy = record;
  const absl::StatusOr<Target> target = Find(copy, opening.path);
  if (!target.ok()) return absl::NotFoundError(target.status().message());
  const Json& value = *target->value();
  const std::string* commitment = TextMember(value, "commitment");
  const std::string* scheme = TextMember(value, "scheme");
  if (commitment == nullptr || scheme == nullptr || *scheme != kScheme) {
    return absl::NotFoundError(
        absl::StrCat("no commitment of scheme ", kScheme, " stands at ", opening.path));
  }
  if (*commitment != CommitmentText(opening)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the opening does not open the commitment at ", opening.path));
  }
  return absl::OkStatus();
}

}  // namespace cairn::certificate
