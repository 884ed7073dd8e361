#include "merkle/note/misbehaviour.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/note/text.h"
#include "merkle/types.h"
#include "merkle/verify.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kHeader = "cairn.v1/misbehaviour\n";

// A consistency proof, and the old root before it.
constexpr size_t kMaxPathHashes = merkle::kMaxProofHashes + 1;

absl::Status Malformed(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("misbehaviour file: ", why));
}

// A line of a word and the number of bytes of a note.
absl::StatusOr<size_t> TakeLength(absl::string_view word, absl::string_view& bytes) {
  absl::StatusOr<absl::string_view> line = TakeLine(bytes);
  if (!line.ok()) return Malformed(line.status().message());
  if (!absl::ConsumePrefix(&*line, word) || !absl::ConsumePrefix(&*line, " ")) {
    return Malformed(absl::StrCat("there is no line `", word, "` where it belongs"));
  }
  const absl::StatusOr<uint64_t> length = ParseDecimal(*line);
  if (!length.ok()) return Malformed(length.status().message());
  if (*length > kMaxNoteBytes) {
    return Malformed(absl::StrCat("a note has at most ", kMaxNoteBytes, " bytes"));
  }
  return static_cast<size_t>(*length);
}

absl::StatusOr<merkle::Proof> TakePath(absl::string_view& bytes) {
  merkle::Proof path;
  while (true) {
    const absl::StatusOr<absl::string_view> line = TakeLine(bytes);
    if (!line.ok()) return Malformed(line.status().message());
    if (line->empty()) return path;
    const absl::StatusOr<Hash> hash = ParseBase64Hash(*line);
    if (!hash.ok()) return Malformed(hash.status().message());
    if (path.size() == kMaxPathHashes) {
      return Malformed(absl::StrCat("a path has at most ", kMaxPathHashes, " hashes"));
    }
    path.push_back(*hash);
  }
}

absl::StatusOr<Checkpoint> ReadCheckpoint(absl::string_view which, absl::string_view note_bytes) {
  const absl::StatusOr<Note> note = ParseNote(note_bytes);
  absl::StatusOr<Checkpoint> checkpoint =
      note.ok() ? ParseCheckpoint(note->text) : absl::StatusOr<Checkpoint>(note.status());
  if (checkpoint.ok()) return checkpoint;
  return Malformed(absl::StrCat("the ", which, " note: ", checkpoint.status().message()));
}

absl::Status CheckForm(const Misbehaviour& misbehaviour) {
  if (misbehaviour.path.size() > kMaxPathHashes) return Malformed("the path is too long");
  const absl::StatusOr<Checkpoint> first = ReadCheckpoint("first", misbehaviour.first);
  if (!first.ok()) return first.status();
  return ReadCheckpoint("second", misbehaviour.second).status();
}

// That a key of the log signed; every line by such a key must verify.
absl::StatusOr<Checkpoint> VerifySigned(absl::string_view which, absl::string_view note_bytes,
                                        absl::Span<const VerifierKey> log_keys) {
  absl::StatusOr<Checkpoint> checkpoint = ReadCheckpoint(which, note_bytes);
  if (!checkpoint.ok()) return checkpoint;
  std::vector<VerifierKey> keys;
  for (const VerifierKey& key : log_keys) {
    if (key.name() == checkpoint->origin && key.type() == KeyType::kEd25519) keys.push_back(key);
  }
  if (keys.empty()) {
    return absl::PermissionDeniedError(
        absl::StrCat("no key of a log `", checkpoint->origin, "` is at hand"));
  }
  const auto verified = OpenNote(*ParseNote(note_bytes), keys);
  if (!verified.ok()) {
    return absl::PermissionDeniedError(
        absl::StrCat("the ", which, " note: ", verified.status().message()));
  }
  return checkpoint;
}

}  // namespace

absl::StatusOr<Misbehaviour> ParseMisbehaviour(absl::string_view bytes) {
  if (bytes.size() > kMaxMisbehaviourBytes) return Malformed("too large");
  if (!absl::ConsumePrefix(&bytes, kHeader)) {
    return Malformed("it does not begin with the line cairn.v1/misbehaviour");
  }
  const absl::StatusOr<size_t> first = TakeLength("first", bytes);
  if (!first.ok()) return first.status();
  const absl::StatusOr<size_t> second = TakeLength("second", bytes);
  if (!second.ok()) return second.status();
  absl::StatusOr<merkle::Proof> path = TakePath(bytes);
  if (!path.ok()) return path.status();
  if (bytes.size() != *first + *second) {
    return Malformed("the notes are not as long as the file says");
  }
  Misbehaviour misbehaviour{.first = std::string(bytes.substr(0, *first)),
                            .second = std::string(bytes.substr(*first)),
                            .path = *std::move(path)};
  if (absl::Status good = CheckForm(misbehaviour); !good.ok()) return good;
  return misbehaviour;
}

absl::StatusOr<std::string> FormatMisbehaviour(const Misbehaviour& misbehaviour) {
  if (absl::Status good = CheckForm(misbehaviour); !good.ok()) return good;
  std::string bytes = absl::StrCat(kHeader, "first ", misbehaviour.first.size(), "\nsecond ",
                                   misbehaviour.second.size(), "\n");
  for (const Hash& hash : misbehaviour.path) {
    absl::StrAppend(&bytes, FormatBase64(hash.view()), "\n");
  }
  absl::StrAppend(&bytes, "\n", misbehaviour.first, misbehaviour.second);
  return bytes;
}

absl::StatusOr<SplitView> VerifyMisbehaviour(const Misbehaviour& misbehaviour,
                                             absl::Span<const VerifierKey> log_keys) {
  absl::StatusOr<Checkpoint> first = VerifySigned("first", misbehaviour.first, log_keys);
  if (!first.ok()) return first.status();
  absl::StatusOr<Checkpoint> second = VerifySigned("second", misbehaviour.second, log_keys);
  if (!second.ok()) return second.status();
  if (first->origin != second->origin) {
    return absl::InvalidArgumentError(absl::StrCat("the notes are of two logs: `", first->origin,
                                                   "` and `", second->origin, "`"));
  }
  SplitView view{
      .first = *std::move(first), .second = *std::move(second), .first_root_in_second = {}};
  if (view.first.size == view.second.size) {
    if (!misbehaviour.path.empty()) return Malformed("a path between trees of one size");
    view.first_root_in_second = view.second.root;
  } else {
    const absl::StatusOr<merkle::ConsistencyRoots> roots =
        merkle::RootsFromConsistencyPath(view.first.size, view.second.size, misbehaviour.path);
    if (!roots.ok()) return roots.status();
    if (roots->new_root != view.second.root) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the path does not lead to the second tree's root, but to ", roots->new_root.Hex()));
    }
    view.first_root_in_second = roots->old_root;
  }
  if (view.first_root_in_second == view.first.root) {
    return absl::InvalidArgumentError(
        "the second tree continues the first: this is no misbehaviour");
  }
  return view;
}

}  // namespace cairn::note
