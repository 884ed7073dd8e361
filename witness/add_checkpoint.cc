#include "witness/add_checkpoint.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"

namespace cairn::witness {
namespace {

constexpr size_t kMaxProofLines = 63;

absl::Status Malformed(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("add-checkpoint: ", why));
}

absl::StatusOr<TreeSize> TakeOldSize(absl::string_view& bytes) {
  absl::StatusOr<absl::string_view> line = note::TakeLine(bytes);
  if (!line.ok()) return Malformed(line.status().message());
  if (!absl::ConsumePrefix(&*line, "old ")) {
    return Malformed("the first line is not `old` and the size that was cosigned last");
  }
  const absl::StatusOr<uint64_t> size = note::ParseDecimal(*line);
  if (!size.ok()) return Malformed(absl::StrCat("the old size: ", size.status().message()));
  return TreeSize(*size);
}

// The hashes up to the empty line.
absl::StatusOr<merkle::Proof> TakeProof(absl::string_view& bytes) {
  merkle::Proof proof;
  while (true) {
    const absl::StatusOr<absl::string_view> line = note::TakeLine(bytes);
    if (!line.ok()) return Malformed(line.status().message());
    if (line->empty()) return proof;
    if (proof.size() == kMaxProofLines) {
      return Malformed(absl::StrCat("a consistency proof has at most ", kMaxProofLines, " hashes"));
    }
    const absl::StatusOr<Hash> hash = note::ParseBase64Hash(*line);
    if (!hash.ok()) {
      return Malformed(
          absl::StrCat("line ", proof.size() + 1, " of the proof: ", hash.status().message()));
    }
    proof.push_back(*hash);
  }
}

// The text of a note: what stands before its last empty line.
absl::string_view TextOf(absl::string_view note_bytes) {
  const size_t end = note_bytes.rfind("\n\n");
  return end == absl::string_view::npos ? absl::string_view() : note_bytes.substr(0, end + 1);
}

absl::Status BadCheckpoint(absl::string_view text, const absl::Status& why) {
  const std::string message = absl::StrCat("add-checkpoint: the checkpoint: ", why.message());
  // That alone is called unprocessable: it is well-formed, and contradicts itself.
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  const bool empty_tree_with_a_root =
      lines.size() > 3 && lines[1] == "0" && note::ParseBase64Hash(lines[2]).ok() &&
      note::ParseBase64Hash(lines[2]).value() != merkle::EmptyRoot();
  return empty_tree_with_a_root ? absl::FailedPreconditionError(message)
                                : absl::InvalidArgumentError(message);
}

}  // namespace

absl::StatusOr<AddCheckpoint> ParseAddCheckpoint(absl::string_view body) {
  if (body.size() > kMaxAddCheckpointBytes) {
    return Malformed(absl::StrCat("the request has ", body.size(), " bytes; at most ",
                                  kMaxAddCheckpointBytes, " are taken"));
  }
  AddCheckpoint request;
  const absl::StatusOr<TreeSize> old_size = TakeOldSize(body);
  if (!old_size.ok()) return old_size.status();
  request.old_size = *old_size;
  absl::StatusOr<merkle::Proof> proof = TakeProof(body);
  if (!proof.ok()) return proof.status();
  request.proof = *std::move(proof);
  const absl::string_view text = TextOf(body);
  absl::StatusOr<note::Checkpoint> checkpoint = note::ParseCheckpoint(text);
  if (!checkpoint.ok()) return BadCheckpoint(text, checkpoint.status());
  absl::StatusOr<note::Note> note = note::ParseNote(body);
  if (!note.ok()) {
    return absl::PermissionDeniedError(
        absl::StrCat("add-checkpoint: the signatures: ", note.status().message()));
  }
  request.note = *std::move(note);
  request.checkpoint = *std::move(checkpoint);
  if (request.old_size > request.checkpoint.size) {
    return Malformed(absl::StrCat("the old size ", request.old_size.value(),
                                  " is above the checkpoint's ", request.checkpoint.size.value()));
  }
  return request;
}

std::string FormatAddCheckpoint(TreeSize old_size, const merkle::Proof& proof,
                                absl::string_view note_bytes) {
  std::string body = absl::StrCat("old ", old_size.value(), "\n");
  for (const Hash& hash : proof) absl::StrAppend(&body, note::FormatBase64(hash.view()), "\n");
  absl::StrAppend(&body, "\n", note_bytes);
  return body;
}

}  // namespace cairn::witness
