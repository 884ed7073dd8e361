#include "merkle/note/tlog_proof.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/note/note.h"
#include "merkle/note/text.h"
#include "merkle/verify.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kHeader = "c2sp.org/tlog-proof@v1\n";

absl::Status Malformed(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::Status CheckCheckpoint(absl::string_view note_bytes) {
  absl::StatusOr<Note> note = ParseNote(note_bytes);
  if (!note.ok()) return note.status();
  return ParseCheckpoint(note->text).status();
}

absl::Status CheckProofLength(size_t length) {
  if (length <= merkle::kMaxProofHashes) return absl::OkStatus();
  return Malformed(absl::StrCat("a proof file may have ", merkle::kMaxProofHashes, " hashes"));
}

absl::Status CheckExtraLength(size_t length) {
  if (length <= kMaxExtraBytes) return absl::OkStatus();
  return Malformed(absl::StrCat("a proof's extra data may have ", kMaxExtraBytes, " bytes"));
}

absl::Status ParseHashLines(absl::string_view& bytes, merkle::Proof& proof) {
  while (true) {
    absl::StatusOr<absl::string_view> line = TakeLine(bytes);
    if (!line.ok()) return line.status();
    if (line->empty()) return absl::OkStatus();
    absl::StatusOr<Hash> hash = ParseBase64Hash(*line);
    if (!hash.ok()) {
      return Malformed(absl::StrCat("a proof's hash: ", hash.status().message()));
    }
    proof.push_back(*hash);
    if (absl::Status status = CheckProofLength(proof.size()); !status.ok()) return status;
  }
}

}  // namespace

absl::StatusOr<TlogProof> ParseTlogProof(absl::string_view bytes) {
  TlogProof proof;
  if (!absl::ConsumePrefix(&bytes, kHeader)) {
    return Malformed("a proof file begins with the line c2sp.org/tlog-proof@v1");
  }
  absl::StatusOr<absl::string_view> line = TakeLine(bytes);
  if (!line.ok()) return line.status();
  if (absl::ConsumePrefix(&*line, "extra ")) {
    absl::StatusOr<std::string> extra = ParseBase64(*line);
    if (!extra.ok()) {
      return Malformed(absl::StrCat("a proof's extra data is ", extra.status().message()));
    }
    if (absl::Status status = CheckExtraLength(extra->size()); !status.ok()) return status;
    proof.extra = *std::move(extra);
    line = TakeLine(bytes);
    if (!line.ok()) return line.status();
  }
  if (!absl::ConsumePrefix(&*line, "index ")) return Malformed("a proof file has no index line");
  absl::StatusOr<uint64_t> index = ParseDecimal(*line);
  if (!index.ok()) return Malformed(absl::StrCat("a proof's index: ", index.status().message()));
  proof.index = LeafIndex(*index);
  if (absl::Status status = ParseHashLines(bytes, proof.proof); !status.ok()) return status;
  if (absl::Status status = CheckCheckpoint(bytes); !status.ok()) return status;
  proof.checkpoint = std::string(bytes);
  return proof;
}

absl::StatusOr<std::string> FormatTlogProof(const TlogProof& proof) {
  if (proof.index.value() > kMaxTreeSize) return Malformed("a proof's index is above 2^63 - 1");
  if (absl::Status status = CheckProofLength(proof.proof.size()); !status.ok()) return status;
  if (absl::Status status = CheckCheckpoint(proof.checkpoint); !status.ok()) return status;
  if (proof.extra) {
    if (absl::Status status = CheckExtraLength(proof.extra->size()); !status.ok()) return status;
  }
  std::string bytes(kHeader);
  if (proof.extra) absl::StrAppend(&bytes, "extra ", FormatBase64(*proof.extra), "\n");
  absl::StrAppend(&bytes, "index ", proof.index.value(), "\n");
  for (const Hash& hash : proof.proof) {
    absl::StrAppend(&bytes, FormatBase64(hash.view()), "\n");
  }
  absl::StrAppend(&bytes, "\n", proof.checkpoint);
  return bytes;
}

absl::StatusOr<Checkpoint> VerifyTlogProof(const TlogProof& proof, const Hash& leaf_hash,
                                           const VerifierKey& log_key) {
  absl::StatusOr<Checkpoint> checkpoint = VerifyCheckpoint(proof.checkpoint, log_key);
  if (!checkpoint.ok()) return checkpoint.status();
  absl::Status status = merkle::VerifyInclusion(proof.index, checkpoint->size, leaf_hash,
                                                proof.proof, checkpoint->root);
  if (!status.ok()) return status;
  return checkpoint;
}

}  // namespace cairn::note
