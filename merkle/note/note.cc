#include "merkle/note/note.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/text.h"
#include "merkle/signature/ed25519.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kLineStart = "\xE2\x80\x94 ";  // U+2014, space.

absl::Status Malformed(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::Status CheckSignature(const NoteSignature& signature) {
  if (absl::Status status = CheckKeyName(signature.key_name); !status.ok()) return status;
  if (signature.signature.empty()) return Malformed("a signature line has no signature");
  return absl::OkStatus();
}

absl::Status CheckSignatureCount(size_t count) {
  if (count == 0) return Malformed("a note needs a signature");
  if (count > kMaxNoteSignatures) {
    return Malformed(absl::StrCat("a note may have ", kMaxNoteSignatures, " signatures"));
  }
  return absl::OkStatus();
}

absl::Status CheckNoteSize(size_t size) {
  if (size <= kMaxNoteBytes) return absl::OkStatus();
  return Malformed(absl::StrCat("a note may have ", kMaxNoteBytes, " bytes, got ", size));
}

// The time that was signed, 0 where the type has none.
absl::StatusOr<uint64_t> VerifyLine(const VerifierKey& key, absl::string_view text,
                                    const NoteSignature& line) {
  if (key.type() == KeyType::kCosignature) return VerifyCosignature(key, text, line.signature);
  absl::StatusOr<Signature> signature = Signature::FromBytes(line.signature);
  if (!signature.ok()) return signature.status();
  if (absl::Status status = Verify(key.public_key(), text, *signature); !status.ok()) return status;
  return 0;
}

bool IsBy(const NoteSignature& line, const VerifierKey& key) {
  return line.key_id == key.id() && line.key_name == key.name();
}

absl::Status CheckKeysDiffer(absl::Span<const VerifierKey> keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t j = i + 1; j < keys.size(); ++j) {
      if (keys[i].id() == keys[j].id() && keys[i].name() == keys[j].name()) {
        return Malformed(absl::StrCat("two keys are ", keys[i].name(), "+", keys[i].id().Hex(),
                                      "; give each key once"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckNoteText(absl::string_view text) {
  if (text.empty() || text.back() != '\n') {
    return Malformed("a note's text does not end with a newline");
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') {
      return Malformed("a note's text may not have control characters other than newlines");
    }
  }
  if (!IsValidUtf8(text)) return Malformed("a note's text is not valid UTF-8");
  return absl::OkStatus();
}

absl::StatusOr<NoteSignature> ParseSignatureLine(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, kLineStart)) {
    return Malformed("a signature line does not begin with U+2014 and a space");
  }
  if (!absl::ConsumeSuffix(&line, "\n")) {
    return Malformed("a signature line does not end with a newline");
  }
  const size_t space = line.find(' ');
  if (space == absl::string_view::npos) {
    return Malformed("a signature line has no space between key name and signature");
  }
  absl::StatusOr<std::string> blob = ParseBase64(line.substr(space + 1));
  if (!blob.ok()) return Malformed(absl::StrCat("a signature is ", blob.status().message()));
  const absl::string_view bytes = *blob;
  absl::StatusOr<KeyId> key_id = KeyId::FromBytes(bytes.substr(0, KeyId::kSize));
  if (!key_id.ok()) return key_id.status();
  NoteSignature signature{std::string(line.substr(0, space)), *key_id,
                          std::string(bytes.substr(KeyId::kSize))};
  if (absl::Status status = CheckSignature(signature); !status.ok()) return status;
  return signature;
}

absl::StatusOr<std::string> FormatSignatureLine(const NoteSignature& signature) {
  if (absl::Status status = CheckSignature(signature); !status.ok()) return status;
  return absl::StrCat(kLineStart, signature.key_name, " ",
                      FormatBase64(absl::StrCat(signature.key_id.view(), signature.signature)),
                      "\n");
}

absl::StatusOr<Note> ParseNote(absl::string_view bytes) {
  if (absl::Status status = CheckNoteSize(bytes.size()); !status.ok()) return status;
  const size_t blank = bytes.rfind("\n\n");
  if (blank == absl::string_view::npos) {
    return Malformed("a note has no blank line between text and signatures");
  }
  Note note{std::string(bytes.substr(0, blank + 1)), {}};
  if (absl::Status status = CheckNoteText(note.text); !status.ok()) return status;
  absl::string_view lines = bytes.substr(blank + 2);
  while (!lines.empty() && note.signatures.size() <= kMaxNoteSignatures) {
    // Without a newline this takes all that is left, which the line's parser refuses.
    const absl::string_view line = lines.substr(0, lines.find('\n') + 1);
    absl::StatusOr<NoteSignature> signature = ParseSignatureLine(line.empty() ? lines : line);
    if (!signature.ok()) return signature.status();
    note.signatures.push_back(*std::move(signature));
    lines.remove_prefix(line.size());
  }
  if (absl::Status status = CheckSignatureCount(note.signatures.size()); !status.ok()) {
    return status;
  }
  return note;
}

absl::StatusOr<std::string> FormatNote(const Note& note) {
  if (absl::Status status = CheckNoteText(note.text); !status.ok()) return status;
  if (absl::Status status = CheckSignatureCount(note.signatures.size()); !status.ok()) {
    return status;
  }
  std::string bytes = absl::StrCat(note.text, "\n");
  for (const NoteSignature& signature : note.signatures) {
    absl::StatusOr<std::string> line = FormatSignatureLine(signature);
    if (!line.ok()) return line.status();
    absl::StrAppend(&bytes, *line);
  }
  if (absl::Status status = CheckNoteSize(bytes.size()); !status.ok()) return status;
  return bytes;
}

absl::StatusOr<std::vector<VerifiedSignature>> OpenNote(const Note& note,
                                                        absl::Span<const VerifierKey> keys) {
  if (absl::Status status = CheckKeysDiffer(keys); !status.ok()) return status;
  std::vector<VerifiedSignature> verified;
  for (size_t i = 0; i < note.signatures.size(); ++i) {
    for (size_t k = 0; k < keys.size(); ++k) {
      if (!IsBy(note.signatures[i], keys[k])) continue;
      absl::StatusOr<uint64_t> cosigned_at_s = VerifyLine(keys[k], note.text, note.signatures[i]);
      if (!cosigned_at_s.ok()) {
        return absl::PermissionDeniedError(absl::StrCat("signature by ", keys[k].name(), "+",
                                                        keys[k].id().Hex(), ": ",
                                                        cosigned_at_s.status().message()));
      }
      verified.push_back({k, i, *cosigned_at_s});
    }
  }
  if (verified.empty()) {
    return absl::PermissionDeniedError("no signature is by a key that is trusted here");
  }
  return verified;
}

}  // namespace cairn::note
