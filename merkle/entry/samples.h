// Entries of every kind and form for the tests of this package, with fixed keys.

#ifndef CAIRN_MERKLE_ENTRY_SAMPLES_H_
#define CAIRN_MERKLE_ENTRY_SAMPLES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/signature/ed25519.h"

namespace cairn::entry {

inline constexpr char kOrigin[] = "log.example/test";
inline constexpr uint64_t kTimeMs = 1'700'000'000'000;

// Of a seed whose bytes are first, first + 1, ... first + 31.
PrivateKey SampleKey(uint8_t first = 0);

// Three statements by `acme`, alike in nothing but their name: pass with trace and task, fail
// likewise, and conditional with neither, superseding index 7.
std::vector<Statement> SampleStatements();

// `count` statements by `acme` on different hashes.
std::vector<Statement> ManyStatements(int count);

// One body of each kind and form: unsigned, single, batch; declared with a key, declared for a
// channel, rotated, retired; receipt; rotated by word of the old key. None of a reserved kind,
// whose content may be cut and extended.
std::vector<Body> SampleBodies();

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_SAMPLES_H_
