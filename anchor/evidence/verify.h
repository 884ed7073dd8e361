// Verifies evidence offline, layer by layer, against what the verifier itself brings: the log's
// key, certifiers' keys, the certificate.
//
// A layer is *proven* (it follows from the evidence and the verifier's keys), *not proven* (nothing
// contradicts it, something is missing), or *false* (something contradicts it). Evidence is
// verified when no layer is false and every layer that was asked for is proven: inclusion and the
// checkpoint always; the witnesses when a policy was given; the statement's signature when its
// certifier's key was given; the certificate when one was given; openings where there are any;
// anchors as Requirement says.
//
// What verified means: a log with this key signed a tree that holds this entry and, with a policy,
// its witnesses saw that the tree continues what they had seen before. Not that the certificate is
// true; and without a policy not that the log shows everyone the same tree.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_VERIFY_H_
#define CAIRN_ANCHOR_EVIDENCE_VERIFY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/layer.h"
#include "anchor/evidence/note_verifier.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"
#include "merkle/signature/ed25519.h"
#include "merkle/types.h"

namespace cairn::evidence {

// What must be proven for evidence to be verified, beyond what the keys and the policy given ask
// for.
enum class Requirement {
  kIncluded,   // Nothing.
  kWitnessed,  // The policy's quorum; a policy that needs nobody does not do.
  kAnchored,   // So many outside systems accepted the checkpoint, as far as their receipts say.
  kVerified,   // So many are proven, by the verifier's own trust anchors.
};

struct VerifyOptions {
  // Without it the checkpoint cannot be proven, and so the evidence not verified; the rest is still
  // looked at.
  std::optional<note::VerifierKey> log_key;
  // By the certifier's name. Keys of other certifiers than the entry's are not used.
  std::map<std::string, PublicKey> certifier_keys;
  // Whose witnesses must have cosigned the checkpoint. Null: nobody must. Its logs are not looked
  // at; see log_key.
  std::shared_ptr<const note::Policy> policy = nullptr;
  // The hash of the certificate at hand, or why it has none; absent when there is no certificate.
  // See merkle/certificate/certificate.h.
  std::optional<absl::StatusOr<Hash>> certificate_hash;
  // What that hash was made from, to be said.
  std::optional<CertificateKind> certificate_kind;
  AnchorTrust anchors = {};
  Requirement require = Requirement::kIncluded;
  // With kAnchored and kVerified.
  size_t anchors_needed = 1;
  // The log's key is not trusted any more for what it signed later (POSIX seconds): then some
  // anchor has to prove that the checkpoint existed by then.
  std::optional<uint64_t> log_key_not_after_s = std::nullopt;
  // Borrowed; remembers the notes that it has seen from one call to the next. Null: nothing does.
  NoteVerifier* notes = nullptr;
};

// What the evidence claims. To be believed as far as the layers say.
struct Claim {
  std::string origin;
  LeafIndex index;
  TreeSize tree_size;
  Hash root;
  uint64_t accepted_at_ms = 0;
  entry::Statement statement;
};

struct Report {
  Claim claim;
  // In this order: certificate, statement, policy, inclusion, checkpoint; witnesses where the
  // verifier has a policy; `anchor NAME` for each receipt, and then, or where they are required,
  // anchors; trace and task where they are blinded; time.
  std::vector<Layer> layers;
  // The checkpoint, and all below it, existed by then, in POSIX seconds: the earliest time that an
  // anchor or the policy's quorum proves.
  std::optional<uint64_t> existed_by_s = std::nullopt;
  // Why it is not verified, one "layer: reason" each; empty exactly when it is.
  std::vector<std::string> reasons;

  bool verified() const { return reasons.empty(); }
};

// kInvalidArgument when the evidence contains no statement or no readable checkpoint, which Parse
// does not let through.
absl::StatusOr<Report> Verify(const Evidence& evidence, const VerifyOptions& options);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_VERIFY_H_
