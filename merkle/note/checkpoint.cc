#include "merkle/note/checkpoint.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "merkle/note/note.h"
#include "merkle/note/text.h"

namespace cairn::note {
namespace {

absl::Status Malformed(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::Status CheckValues(const Checkpoint& checkpoint) {
  if (checkpoint.origin.empty()) return Malformed("a checkpoint's origin is empty");
  if (checkpoint.size.value() > kMaxTreeSize) {
    return Malformed("a checkpoint's size is above 2^63 - 1");
  }
  if (checkpoint.size == TreeSize(0) && checkpoint.root != merkle::EmptyRoot()) {
    return Malformed("a checkpoint of size 0 must have the root of the empty tree");
  }
  for (const std::string& extension : checkpoint.extensions) {
    if (extension.empty()) return Malformed("a checkpoint's extension line is empty");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text) {
  if (absl::Status status = CheckNoteText(text); !status.ok()) return status;
  text.remove_suffix(1);
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 3) return Malformed("a checkpoint has lines for origin, size and root");
  absl::StatusOr<uint64_t> size = ParseDecimal(lines[1]);
  if (!size.ok()) {
    return Malformed(absl::StrCat("a checkpoint's size: ", size.status().message()));
  }
  absl::StatusOr<Hash> root = ParseBase64Hash(lines[2]);
  if (!root.ok()) {
    return Malformed(absl::StrCat("a checkpoint's root: ", root.status().message()));
  }
  Checkpoint checkpoint{std::string(lines[0]), TreeSize(*size), *root,
                        std::vector<std::string>(lines.begin() + 3, lines.end())};
  if (absl::Status status = CheckValues(checkpoint); !status.ok()) return status;
  return checkpoint;
}

absl::StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint) {
  if (absl::Status status = CheckValues(checkpoint); !status.ok()) return status;
  std::string text = absl::StrCat(checkpoint.origin, "\n", checkpoint.size.value(), "\n",
                                  FormatBase64(checkpoint.root.view()), "\n");
  if (absl::StrContains(checkpoint.origin, '\n')) {
    return Malformed("a checkpoint's origin is one line");
  }
  for (const std::string& extension : checkpoint.extensions) {
    if (absl::StrContains(extension, '\n')) {
      return Malformed("a checkpoint's extension is one line");
    }
    absl::StrAppend(&text, extension, "\n");
  }
  if (absl::Status status = CheckNoteText(text); !status.ok()) return status;
  return text;
}

absl::StatusOr<Checkpoint> VerifyCheckpoint(absl::string_view note_bytes,
                                            const VerifierKey& log_key) {
  absl::StatusOr<Note> note = ParseNote(note_bytes);
  if (!note.ok()) return note.status();
  absl::StatusOr<std::vector<VerifiedSignature>> verified =
      OpenNote(*note, absl::MakeConstSpan(&log_key, 1));
  if (!verified.ok()) return verified.status();
  absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.status();
  if (checkpoint->origin != log_key.name()) {
    return absl::PermissionDeniedError(absl::StrCat(
        "the checkpoint is of the log ", checkpoint->origin, ", the key is of ", log_key.name()));
  }
  return checkpoint;
}

}  // namespace cairn::note
