// A small log with fixed keys, and evidence from it: the same bytes on every run.
//
// Five leaves: a certifier's declaration, and statements that are unsigned, signed singly, signed
// in a batch of two.

#ifndef CAIRN_ANCHOR_EVIDENCE_TESTING_EXAMPLE_H_
#define CAIRN_ANCHOR_EVIDENCE_TESTING_EXAMPLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "anchor/evidence/evidence.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"

namespace cairn::evidence::testing {

inline constexpr char kOrigin[] = "log.example/test";
inline constexpr char kCertifier[] = "acme";

// Leaf indexes. Of a fixed type, so that it also takes the index after them.
enum Leaf : int { kDeclaration = 0, kUnsigned = 1, kSigned = 2, kBatched = 3 };

// The key of docs/formats.md: seed 00 01 02 ... 1f.
note::SignerKey LogKey();
// Of `acme`. Every key but the log's has SHA-256 of its name as its seed.
note::SignerKey CertifierKey();
note::SignerKey OtherKey(absl::string_view name);

// SHA-256 of this text is the certificate hash of the statement at `leaf`.
std::string CertificateText(Leaf leaf);

// The entries, in order.
std::vector<std::string> Entries();

// Of entries as they stand, under a checkpoint over all of them.
note::TlogProof MakeProof(const std::vector<std::string>& entries, uint64_t index,
                          const note::SignerKey& log_key = LogKey());

// An entry of kind 3 about these bytes, which an anchor gave for the tree of that size.
std::string ReceiptEntry(absl::string_view receipt, uint64_t tree_size, absl::string_view backend);

// Evidence for the leaf, under a checkpoint by `log_key` with `origin`. The signed statement's
// trace is blinded and opened.
Evidence MakeEvidence(Leaf leaf, const note::SignerKey& log_key = LogKey());

// The signed statement's with everything that only version 2 has: a receipt, which the log has as
// its entry 5; a later checkpoint that covers it, with a receipt; a revocation list that has to do
// with nothing here; the closing record of a run, which is entry 6; two commitments.
Evidence MakeVersion2Evidence();

// The signed statement once more, in a tree of 2^26 entries whose checkpoint three witnesses have
// cosigned: as much as a large log's evidence has, but for receipts.
Evidence MakeFullEvidence(uint64_t cosigned_at_s = 1'770'000'001);
// Wants two of those three.
std::shared_ptr<const note::Policy> FullPolicy();

}  // namespace cairn::evidence::testing

#endif  // CAIRN_ANCHOR_EVIDENCE_TESTING_EXAMPLE_H_
