// A proof file has one spelling, and only the leaf's own place under a signed root verifies.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/note/note_testing.h"
#include "merkle/note/tlog_proof.h"
#include "merkle/proof_bytes.h"
#include "merkle/types.h"

namespace cairn::note {
namespace {

int Check(absl::string_view input) {
  static const VerifierKey key = TestKey("fuzz.example/log", 'f').verifier_key();
  static const Hash leaf = merkle::HashLeaf("b");
  absl::StatusOr<TlogProof> proof = ParseTlogProof(input);
  if (!proof.ok()) return 0;
  if (*FormatTlogProof(*proof) != input) std::abort();
  absl::StatusOr<Checkpoint> checkpoint = VerifyTlogProof(*proof, leaf, key);
  // All that was ever signed with this key: the tree of the leaves "a" and "b".
  if (checkpoint.ok() && (checkpoint->size != TreeSize(2) || proof->index != LeafIndex(1) ||
                          proof->proof != merkle::Proof{merkle::HashLeaf("a")})) {
    std::abort();
  }
  return 0;
}

}  // namespace
}  // namespace cairn::note

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::note::Check({reinterpret_cast<const char*>(data), size});
}
