// Verifies evidence offline, layer by layer, against what the verifier itself brings: the log's
// key, certifiers' keys, authorities, the certificate. docs/formats.md, "Verdicts", is the same as
// tables, for whoever builds a verifier of their own.
//
// Layers are judged one by one and never traded for each other; layer.h says what their states
// mean. Evidence is verified when no layer is false and every layer that was asked for is proven:
// inclusion and the checkpoint always; the witnesses when a policy with a quorum was given; the
// statement's signature when its certifier's key was given; the certificate when one was given;
// openings where there are any; and what Required says.
//
// What verified means: a log with this key signed a tree that holds this entry and, with a policy,
// its witnesses saw that the tree continues what they had seen before. Not that the certificate is
// true; and without a policy not that the log shows everyone the same tree.
// Times: two bounds, never mixed. The anchor bound is what authorities vouch for, the witness bound
// what the witnesses' clocks say. One that is earlier than the operator's own claim by more than
// kMaxClockErrorS shows that somebody's clock is wrong, and not whose: it then proves nothing.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_VERIFY_H_
#define CAIRN_ANCHOR_EVIDENCE_VERIFY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/certifier_keys.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/layer.h"
#include "anchor/evidence/note_verifier.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"
#include "merkle/types.h"

namespace cairn::evidence {

// A bound may be so much earlier than the time that the operator claims: clocks differ.
inline constexpr uint64_t kMaxClockErrorS = 300;

// What must be proven for evidence to be verified, beside inclusion, and beyond what the keys and
// the policy given ask for.
struct Required {
  bool witnessed = false;  // The policy's quorum; a policy that needs nobody does not do.
  // So many of the verifier's authorities vouch. 0: none needs to.
  size_t verified = 0;
  bool certifier = false;  // Signed with a key that the verifier holds.
  bool record = false;     // About the certificate at hand.
};

// Where the certificate's hash comes from.
enum class HashSource {
  kCertificate,  // Computed from the certificate at hand.
  kHashAlone,    // Stated by a record at hand that holds nothing it could be computed from.
  kGiven,        // Given as such: there is no certificate.
};

struct VerifyOptions {
  // Without it the checkpoint cannot be proven, and so the evidence not verified; the rest is still
  // looked at.
  std::optional<note::VerifierKey> log_key;
  // Keys of other certifiers than the entry's are not used.
  CertifierKeys certifier_keys;
  // Whose witnesses must have cosigned the checkpoint. Null: nobody must. Its logs are not looked
  // at; see log_key.
  std::shared_ptr<const note::Policy> policy = nullptr;
  // The hash of the certificate at hand, or why it has none: kFailedPrecondition where it cannot be
  // checked here, another code where it contradicts itself. Absent when there is no certificate.
  // See merkle/certificate/judge.h.
  std::optional<absl::StatusOr<Hash>> certificate_hash;
  HashSource hash_source = HashSource::kCertificate;
  // What that hash was made from, to be said.
  std::optional<CertificateKind> certificate_kind;
  // What that hash covers otherwise than the certificate has it, to be said; empty: nothing.
  std::string certificate_caveat = {};
  // What else was found of the certificate, as layers that follow the certificate's own: asked for
  // with the earliest time by which the entry is proven to have existed, where any is.
  std::function<std::vector<Layer>(std::optional<uint64_t> proved_by_s)> about_certificate = {};
  // Its `now_s` is the clock that cosignatures are held to as well.
  AnchorTrust anchors = {};
  Required require = {};
  // The log's key is not trusted any more for what it signed later (POSIX seconds): then the anchor
  // bound has to prove that the checkpoint existed by then.
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
  // The entry is of this kind, newer than this program: there is no statement.
  std::optional<uint8_t> unknown_kind = std::nullopt;
};

struct Report {
  Claim claim;
  // In this order: certificate, and what is about it (`attestation NAME`); statement, inclusion,
  // checkpoint; witnesses where the verifier has a policy or demands them; `anchor NAME` for each
  // receipt, and then, or where they are demanded, anchors; trace and task where they are blinded;
  // `renewal N`, revocation, run and commitments where the evidence has them; anchor bound; witness
  // bound.
  std::vector<Layer> layers;
  // The facts side by side, in one line.
  std::string headline = {};
  // Those of the verifier's authorities that vouch, each with the time that it does for.
  Vouched vouched = {};
  // The checkpoint, and all below it, existed by then, in POSIX seconds.
  std::optional<uint64_t> anchor_bound_s = std::nullopt;
  std::optional<uint64_t> witness_bound_s = std::nullopt;
  // Places of the verifier's own revocation lists that an issuer of some chain signed.
  std::set<size_t> own_crls_used = {};
  // Why it is not verified, one "layer: reason" each; empty exactly when it is.
  std::vector<std::string> reasons = {};

  bool verified() const { return reasons.empty(); }
  // nullptr: there is none of this name.
  const Layer* Find(absl::string_view name) const;
};

// kInvalidArgument when the evidence contains neither a statement nor an entry of a reserved kind,
// or no readable checkpoint, which Parse does not let through.
absl::StatusOr<Report> Verify(const Evidence& evidence, const VerifyOptions& options);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_VERIFY_H_
