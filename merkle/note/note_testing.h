// What the tests of this package share.

#ifndef CAIRN_MERKLE_NOTE_NOTE_TESTING_H_
#define CAIRN_MERKLE_NOTE_NOTE_TESTING_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "merkle/note/key.h"

namespace cairn::note {

// The key of this name whose seed is 32 times `seed`.
SignerKey TestKey(absl::string_view name, char seed, KeyType type = KeyType::kEd25519);

// Fails the test unless `status` has this code and a message that contains `reason`.
void ExpectError(const absl::Status& status, absl::StatusCode code, absl::string_view reason);
void ExpectMalformed(const absl::Status& status, absl::string_view reason);

// `bytes` with, at each place: each bit flipped, the byte removed, a byte inserted, all that
// follows cut; and with something appended. None equals `bytes`.
std::vector<std::string> Mutants(absl::string_view bytes);

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_NOTE_TESTING_H_
