// Hashes as records state them.

#ifndef CAIRN_MERKLE_CERTIFICATE_HASH_TEXT_H_
#define CAIRN_MERKLE_CERTIFICATE_HASH_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/judgement.h"
#include "merkle/hash.h"

namespace cairn::certificate {

// "sha256:" and 64 lower-case hex digits: the one way in which a hash is stated. Compared as text,
// so that no other spelling counts.
std::string HashText(const Hash& hash);

// kInvalidArgument for any other spelling: "is not ...".
absl::StatusOr<Hash> ParseHashText(absl::string_view text);

// A foreign value as it stands in a message.
std::string Shown(const Json& value);

// That `stated`, the member at `field`, is the text of `computed`; otherwise a contradiction.
void JudgeStatedHash(absl::string_view field, const Json& stated, const Hash& computed,
                     absl::string_view code, Judgement& judgement);

// The contradiction that `stated` at `field` is another hash than `computed`.
void AddMismatch(absl::string_view field, const Json& stated, const Hash& computed,
                 absl::string_view code, absl::string_view hint, Judgement& judgement);

// Whether `stated` is the text of a hash; otherwise a contradiction.
bool IsStatedHash(absl::string_view field, const Json& stated, absl::string_view code,
                  Judgement& judgement);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_HASH_TEXT_H_
