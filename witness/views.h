// Two checkpoints of one log, held against each other.

#ifndef CAIRN_WITNESS_VIEWS_H_
#define CAIRN_WITNESS_VIEWS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/misbehaviour.h"
#include "witness/log_tiles.h"

namespace cairn::witness {

// A signed note and what it says.
struct View {
  std::string note;
  note::Checkpoint checkpoint;
};

// Parses a note. kInvalidArgument. Signatures are not looked at.
absl::StatusOr<View> ReadView(std::string note);

enum class Relation {
  kContinues,   // `newest` is `other` or continues it.
  kSplit,       // Neither continues the other.
  kBehind,      // `newest` is smaller: nothing shows whether `other` continues it.
  kUnprovable,  // The tiles do not lead to the root of `newest`.
};

struct Comparison {
  Relation relation = Relation::kContinues;
  // With kSplit: what shows it, as far as both notes are signed.
  std::optional<note::Misbehaviour> misbehaviour = std::nullopt;
};

// `tiles` are those of `newest`. Errors: as the tiles.
absl::StatusOr<Comparison> Compare(const View& other, const View& newest, LogTiles& tiles);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_VIEWS_H_
