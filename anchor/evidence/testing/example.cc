#include "anchor/evidence/testing/example.h"

#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "anchor/evidence/opentimestamps.h"
#include "merkle/entry/blind.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/statement.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note.h"
#include "merkle/note/text.h"
#include "merkle/signature/ed25519.h"

namespace cairn::evidence::testing {
namespace {

constexpr char kTraceValue[] = "order 4711";

Hash BlindKey() { return merkle::Sha256("blind key"); }

PrivateKey FixedKey(absl::string_view seed) {
  return *PrivateKey::FromSeed(merkle::Sha256(seed).view());
}

entry::Statement MakeStatement(Leaf leaf) {
  return {.certificate_hash = merkle::Sha256(CertificateText(leaf)),
          .policy_status = entry::PolicyStatus::kPass,
          .supersedes = std::nullopt,
          .certifier = kCertifier,
          .trace = leaf == kSigned ? entry::Blind(BlindKey(), "trace", kTraceValue) : "trace-1",
          .task = "task:7"};
}

std::string Encode(uint64_t accepted_at_ms, entry::Body body) {
  return *entry::Encode({.accepted_at_ms = accepted_at_ms, .body = std::move(body)});
}

// RFC 6962 section 2.1, as it is written.
Hash Root(absl::Span<const Hash> leaves) {
  if (leaves.size() == 1) return leaves[0];
  const size_t split = std::bit_floor(leaves.size() - 1);
  return merkle::HashNode(Root(leaves.subspan(0, split)), Root(leaves.subspan(split)));
}

std::vector<Hash> Path(size_t index, absl::Span<const Hash> leaves) {
  if (leaves.size() == 1) return {};
  const size_t split = std::bit_floor(leaves.size() - 1);
  const bool left = index < split;
  std::vector<Hash> path =
      left ? Path(index, leaves.subspan(0, split)) : Path(index - split, leaves.subspan(split));
  path.push_back(Root(left ? leaves.subspan(split) : leaves.subspan(0, split)));
  return path;
}

constexpr int kFullDepth = 26;
constexpr uint64_t kFullIndex = 50'000'000;

std::vector<note::SignerKey> Witnesses() {
  std::vector<note::SignerKey> witnesses;
  for (const absl::string_view name : {"w1.example", "w2.example", "w3.example"}) {
    witnesses.push_back(*note::MakeSignerKey(name, note::KeyType::kCosignature, FixedKey(name)));
  }
  return witnesses;
}

note::CheckpointSigner SignerWith(const note::SignerKey& log_key) {
  std::vector<note::SignerKey> keys;
  keys.push_back(*note::SignerKey::Parse(log_key.FormatSecret()));
  return *note::CheckpointSigner::Create(std::move(keys));
}

// Of an issuer that has no certificate anywhere, in force in January 2026.
constexpr char kRevocationList[] =
    "MIGMMEAwBQYDK2VwMBkxFzAVBgNVBAMMDkV4YW1wbGUgaXNzdWVyFw0yNjAxMDEwMDAwMDBaFw0yNjAyMDEwMDAwMDBa"
    "MAUGAytlcANBAOSRaH0m91wU0hfx3SthY8VVfwLjv27g4UYwusFaUy3cHZLoHtu/SUpEF46Y3kkOmRjln+DOPmdyB7iQ"
    "RjI86Q4=";

// A calendar's promise for a note, as an `.ots` file.
std::string PendingFor(absl::string_view note) {
  ots::File file{.digest = std::string(merkle::Sha256(note).view())};
  file.timestamp.attestations = {*ots::Attestation::Pending("https://calendar.example")};
  return *ots::Format(file);
}

}  // namespace

note::SignerKey LogKey() {
  std::string seed;
  for (char byte = 0; byte < 32; ++byte) seed.push_back(byte);
  return *note::MakeSignerKey(kOrigin, note::KeyType::kEd25519, *PrivateKey::FromSeed(seed));
}

note::SignerKey CertifierKey() { return OtherKey(kCertifier); }

note::SignerKey OtherKey(absl::string_view name) {
  return *note::MakeSignerKey(name, note::KeyType::kEd25519, FixedKey(name));
}

std::string CertificateText(Leaf leaf) { return absl::StrCat("certificate ", leaf); }

std::vector<std::string> Entries() {
  const PrivateKey certifier = FixedKey(kCertifier);
  std::vector<entry::SignedStatement> batch = *entry::SignBatch(
      kOrigin, {MakeStatement(kBatched), MakeStatement(static_cast<Leaf>(4))}, certifier);
  constexpr uint64_t kTime = 1'770'000'000'000;
  return {
      Encode(kTime, entry::CertifierEntry{.action = entry::CertifierAction::kDeclare,
                                          .demand = entry::CertifierDemand::kSigned,
                                          .name = kCertifier,
                                          .key = certifier.public_key()}),
      Encode(kTime + 1, entry::SignedStatement{MakeStatement(kUnsigned), {}}),
      Encode(kTime + 2, *entry::SignStatement(kOrigin, MakeStatement(kSigned), certifier)),
      Encode(kTime + 3, batch[0]),
      Encode(kTime + 3, batch[1]),
  };
}

note::TlogProof MakeProof(const std::vector<std::string>& entries, uint64_t index,
                          const note::SignerKey& log_key) {
  std::vector<Hash> leaves;
  for (const std::string& entry : entries) leaves.push_back(merkle::HashLeaf(entry));
  const note::CheckpointSigner signer = SignerWith(log_key);
  return {.extra = std::nullopt,
          .index = LeafIndex(index),
          .proof = Path(index, leaves),
          .checkpoint = *signer.Sign({.origin = signer.origin(),
                                      .size = TreeSize(leaves.size()),
                                      .root = Root(leaves),
                                      .extensions = {}})};
}

std::string ReceiptEntry(absl::string_view receipt, uint64_t tree_size, absl::string_view backend) {
  return Encode(1'770'000'000'500, entry::ReceiptEntry{.receipt_hash = merkle::Sha256(receipt),
                                                       .tree_size = TreeSize(tree_size),
                                                       .backend = std::string(backend)});
}

Evidence MakeEvidence(Leaf leaf, const note::SignerKey& log_key) {
  std::vector<std::string> entries = Entries();
  Evidence evidence{.kind = CertificateKind::kFile,
                    .entry = entries[leaf],
                    .proof = MakeProof(entries, leaf, log_key),
                    .openings = {}};
  if (leaf == kSigned) {
    evidence.openings = {{.field = "trace", .key = BlindKey(), .value = kTraceValue}};
  }
  return evidence;
}

Evidence MakeVersion2Evidence() {
  Evidence evidence = MakeEvidence(kSigned);
  evidence.receipts = {{"btc", "opentimestamps", PendingFor(evidence.proof.checkpoint)}};
  const std::string record = "{\"run\":\"closed\"}";
  entry::Statement closing = MakeStatement(kSigned);
  closing.certificate_hash = merkle::Sha256(record);
  std::vector<std::string> entries = Entries();
  entries.push_back(ReceiptEntry(evidence.receipts[0].receipt, entries.size(), "opentimestamps"));
  entries.push_back(Encode(1'770'000'000'600, entry::SignedStatement{closing, {}}));
  Renewal renewal{.receipt = merkle::Sha256(evidence.receipts[0].receipt),
                  .entry = entries[5],
                  .proof = MakeProof(entries, 5),
                  .receipts = {}};
  renewal.receipts = {{"btc", "opentimestamps", PendingFor(renewal.proof.checkpoint)}};
  evidence.renewals = {renewal};
  evidence.revocation = {*note::ParseBase64(kRevocationList)};
  evidence.run = {.record = record, .entry = entries[6], .proof = MakeProof(entries, 6)};
  evidence.commitments = {{.path = "/input/prompt",
                           .salt = merkle::Sha256("salt 1"),
                           .value = "What is the capital of France?"},
                          {.path = "/output", .salt = merkle::Sha256("salt 2"), .value = "Paris"}};
  return evidence;
}

Evidence MakeFullEvidence(uint64_t cosigned_at_s) {
  Evidence evidence = MakeEvidence(kSigned);
  evidence.proof.index = LeafIndex(kFullIndex);
  evidence.proof.proof.clear();
  Hash root = merkle::HashLeaf(evidence.entry);
  for (int level = 0; level < kFullDepth; ++level) {
    const Hash sibling = merkle::Sha256(absl::StrCat("sibling at level ", level));
    const bool right = (kFullIndex >> level & 1) != 0;
    root = right ? merkle::HashNode(sibling, root) : merkle::HashNode(root, sibling);
    evidence.proof.proof.push_back(sibling);
  }
  note::Note note =
      *note::ParseNote(*SignerWith(LogKey()).Sign({.origin = kOrigin,
                                                   .size = TreeSize(uint64_t{1} << kFullDepth),
                                                   .root = root,
                                                   .extensions = {}}));
  for (const note::SignerKey& witness : Witnesses()) {
    note.signatures.push_back({.key_name = witness.name(),
                               .key_id = witness.verifier_key().id(),
                               .signature = *note::Cosign(witness, cosigned_at_s, note.text)});
  }
  evidence.proof.checkpoint = *note::FormatNote(note);
  return evidence;
}

std::shared_ptr<const note::Policy> FullPolicy() {
  std::string text, names;
  for (const note::SignerKey& witness : Witnesses()) {
    absl::StrAppend(&text, "witness ", witness.name(), " ", witness.verifier_key().Format(), "\n");
    absl::StrAppend(&names, " ", witness.name());
  }
  absl::StrAppend(&text, "group all 2", names, "\nquorum all\n");
  return std::make_shared<const note::Policy>(*note::Policy::Parse(text));
}

}  // namespace cairn::evidence::testing
