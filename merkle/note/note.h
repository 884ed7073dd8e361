// Signed notes: a text with the signatures of those who stand behind it.
//
// Source: C2SP signed-note v1.0.0.
// Shape: text (ends with '\n') || '\n' || one line a signature:
//   U+2014 SP key name SP base64(key ID [4] || signature) '\n'.
//   Valid UTF-8, no characters below U+0020 but '\n'. Split at the last blank line.
//   At most 1 MiB and 1 to 128 signatures.
// Errors: kInvalidArgument for what is not a note; kPermissionDenied (OpenNote) for a note whose
//   signatures do not satisfy the keys given.
// Threads: pure.

#ifndef CAIRN_MERKLE_NOTE_NOTE_H_
#define CAIRN_MERKLE_NOTE_NOTE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/note/key.h"

namespace cairn::note {

inline constexpr size_t kMaxNoteBytes = size_t{1} << 20;
inline constexpr size_t kMaxNoteSignatures = 128;

// One signature line. Of types that are not known here only the bytes are kept.
struct NoteSignature {
  std::string key_name;
  KeyId key_id;
  std::string signature;  // What follows the key ID; at least one byte.

  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct Note {
  std::string text;
  std::vector<NoteSignature> signatures;

  friend bool operator==(const Note&, const Note&) = default;
};

// FormatNote(ParseNote(bytes)) == bytes for everything that parses.
absl::StatusOr<Note> ParseNote(absl::string_view bytes);
absl::StatusOr<std::string> FormatNote(const Note& note);

// Whether `text` can be the text of a note: UTF-8, no control characters, ends with '\n'.
absl::Status CheckNoteText(absl::string_view text);

// One signature line with its '\n'; also what a witness answers with.
absl::StatusOr<NoteSignature> ParseSignatureLine(absl::string_view line);
absl::StatusOr<std::string> FormatSignatureLine(const NoteSignature& signature);

// A signature line that verified under one of the keys given.
struct VerifiedSignature {
  size_t key_index;        // In `keys`.
  size_t signature_index;  // In `note.signatures`.
  uint64_t cosigned_at_s;  // POSIX seconds for kCosignature; 0 for kEd25519, which tells no time.
};

// Verifies every line whose (name, key ID) is that of a key in `keys`, in the order of the lines.
// Other lines are ignored. kPermissionDenied when such a line does not verify, whatever the others
// say, and when no line is by a key in `keys`. A key may have signed more than once: who counts
// signers counts distinct `key_index`. kInvalidArgument when two keys share name and key ID.
absl::StatusOr<std::vector<VerifiedSignature>> OpenNote(const Note& note,
                                                        absl::Span<const VerifierKey> keys);

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_NOTE_H_
