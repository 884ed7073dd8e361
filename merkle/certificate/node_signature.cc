#include "merkle/certificate/node_signature.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "merkle/certificate/base64.h"
#include "merkle/certificate/canonical_json.h"

namespace cairn::certificate {
namespace {

std::string TimeText(int64_t at_s) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(at_s), absl::UTCTimeZone());
}

// The key that the attestation names, if it can judge. Null, after saying why not, where it cannot.
const NodeKey* FindKey(const NodeKeys& keys, Attestation& attestation) {
  const std::string of =
      absl::StrCat("the keys given are of node `", Shortened(keys.node_id()), "`");
  if (!attestation.node_id.empty() && attestation.node_id != keys.node_id()) {
    attestation.Conclude(
        AttestationState::kNotProven, "OTHER_NODE",
        absl::StrCat("it is by node `", Shortened(attestation.node_id), "`, and ", of));
    return nullptr;
  }
  if (attestation.kid.empty()) {
    attestation.Conclude(AttestationState::kNotProven, "KEY_NOT_NAMED", "it names no key");
    return nullptr;
  }
  const NodeKey* key = keys.Find(attestation.kid);
  if (key == nullptr) {
    attestation.Conclude(
        AttestationState::kNotProven, "KEY_NOT_FOUND",
        absl::StrCat(of, ", and `", Shortened(attestation.kid), "` is none of them"));
    return nullptr;
  }
  if (!key->key.has_value()) {
    attestation.Conclude(
        AttestationState::kNotProven, "ALGORITHM_UNKNOWN",
        absl::StrCat("its key `", Shortened(attestation.kid),
                     "` is of another algorithm than Ed25519, the one that is checked here"));
    return nullptr;
  }
  return key;
}

// Of a signature that holds: whether the key stood.
void JudgeKey(const NodeKey& key, const JudgeOptions& options, Attestation& attestation) {
  const std::string named = absl::StrCat("key `", Shortened(attestation.kid), "`");
  if (key.revoked) {
    return attestation.Conclude(AttestationState::kFalse, "KEY_REVOKED",
                                absl::StrCat("the node has revoked its ", named));
  }
  const absl::StatusOr<int64_t> signed_s = ParseTimeS(attestation.attested_at);
  if (signed_s.ok() && key.valid_from_s.has_value() && *signed_s < *key.valid_from_s) {
    attestation.notices.push_back(
        {.field = attestation.path,
         .code = "SIGNED_BEFORE_WINDOW",
         .reason = absl::StrCat("was signed before the time that the keys state for ", named)});
  }
  if (key.valid_to_s.has_value()) {
    attestation.key_valid_to_s = key.valid_to_s;
    const std::string ended = absl::StrCat(named, " ended at ", TimeText(*key.valid_to_s));
    if (signed_s.ok() && *signed_s > *key.valid_to_s) {
      return attestation.Conclude(
          AttestationState::kFalse, "SIGNED_AFTER_END",
          absl::StrCat("by its own word it was signed at ", Shortened(attestation.attested_at),
                       ", and its ", ended));
    }
    if (options.now_s > *key.valid_to_s) {
      return attestation.Conclude(
          AttestationState::kNotProven, "KEY_ENDED",
          absl::StrCat("its ", ended,
                       ", and nothing but the attestation itself says that it was "
                       "signed before"));
    }
  }
  attestation.Conclude(
      AttestationState::kProven, "SIGNED",
      absl::StrCat("signed by ",
                   attestation.node_id.empty()
                       ? "a node that it does not name"
                       : absl::StrCat("node `", Shortened(attestation.node_id), "`"),
                   " with its ", named));
}

}  // namespace

absl::StatusOr<Signature> ParseNodeSignature(absl::string_view text) {
  constexpr size_t kHexDigits = 2 * Signature::kSize;
  if (text.size() == kHexDigits && std::all_of(text.begin(), text.end(), absl::ascii_isxdigit)) {
    return Signature::FromBytes(absl::HexStringToBytes(text));
  }
  const absl::StatusOr<std::string> bytes = DecodeBase64(text);
  if (!bytes.ok()) return bytes.status();
  return Signature::FromBytes(*bytes);
}

void JudgeNodeSignature(const Signature& signature, const std::vector<SignedMessage>& messages,
                        const JudgeOptions& options, Attestation& attestation) {
  if (options.node_keys == nullptr) {
    return attestation.Conclude(AttestationState::kClaimed, "NO_KEYS_GIVEN",
                                "not checked: no keys of its node were given");
  }
  const NodeKey* key = FindKey(*options.node_keys, attestation);
  if (key == nullptr) return;
  for (const SignedMessage& message : messages) {
    if (!Verify(*key->key, message.message, signature).ok()) continue;
    JudgeKey(*key, options, attestation);
    attestation.notices.insert(attestation.notices.end(), message.notices.begin(),
                               message.notices.end());
    if (!message.reading.empty()) {
      attestation.notices.push_back(
          {.field = attestation.path,
           .code = "READING",
           .reason = absl::StrCat("is signed as reading ", message.reading, " has it")});
    }
    return;
  }
  attestation.Conclude(
      AttestationState::kFalse, "NODE_SIGNATURE_INVALID",
      absl::StrCat("its signature does not hold, by key `", Shortened(attestation.kid), "`"));
}

}  // namespace cairn::certificate
