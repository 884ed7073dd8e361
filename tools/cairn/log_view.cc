#include "tools/cairn/log_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/note/note.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"

namespace cairn::cli {
namespace {

absl::StatusOr<note::Checkpoint> Read(const std::string& bytes,
                                      const std::optional<note::VerifierKey>& log_key) {
  if (log_key) return note::VerifyCheckpoint(bytes, *log_key);
  const absl::StatusOr<note::Note> note = note::ParseNote(bytes);
  if (!note.ok()) return note.status();
  return note::ParseCheckpoint(note->text);
}

}  // namespace

absl::StatusOr<CheckpointAnswer> FetchCheckpoint(LogClient& client,
                                                 const std::optional<note::VerifierKey>& log_key) {
  const absl::StatusOr<v1::GetCheckpointResponse> answer = client.GetCheckpoint({});
  if (!answer.ok()) return answer.status();
  absl::StatusOr<note::Checkpoint> checkpoint = Read(answer->checkpoint(), log_key);
  if (!checkpoint.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the log's checkpoint is refused: ", checkpoint.status().message()));
  }
  return CheckpointAnswer{.note = answer->checkpoint(), .checkpoint = *std::move(checkpoint)};
}

std::optional<note::VerifierKey> LogKeyOption(const std::string& vkey) {
  if (vkey.empty()) return std::nullopt;
  absl::StatusOr<note::VerifierKey> key = ParseLogKey(vkey);
  if (!key.ok()) Misused(std::string(key.status().message()));
  return *std::move(key);
}

}  // namespace cairn::cli
