#include "witness/views.h"

#include <utility>

#include "merkle/note/note.h"
#include "merkle/proof.h"
#include "merkle/tile_source.h"
#include "merkle/types.h"
#include "merkle/verify.h"

namespace cairn::witness {

absl::StatusOr<View> ReadView(std::string note) {
  const absl::StatusOr<note::Note> parsed = note::ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<note::Checkpoint> checkpoint = note::ParseCheckpoint(parsed->text);
  if (!checkpoint.ok()) return checkpoint.status();
  return View{std::move(note), *std::move(checkpoint)};
}

absl::StatusOr<Comparison> Compare(const View& other, const View& newest, LogTiles& tiles) {
  const TreeSize size = newest.checkpoint.size;
  const TreeSize other_size = other.checkpoint.size;
  if (other_size > size) return Comparison{Relation::kBehind};
  if (other_size == size) {
    if (other.checkpoint.root == newest.checkpoint.root) return Comparison{Relation::kContinues};
    return Comparison{Relation::kSplit, note::Misbehaviour{other.note, newest.note, {}}};
  }
  // Of the empty tree there is one, which a checkpoint's parser has seen to.
  if (other_size.value() == 0) return Comparison{Relation::kContinues};
  merkle::TileNodeSource nodes(tiles, size);
  absl::StatusOr<merkle::Proof> path = merkle::ConsistencyPath(other_size, size, nodes);
  if (!path.ok()) return path.status();
  const absl::StatusOr<merkle::ConsistencyRoots> roots =
      merkle::RootsFromConsistencyPath(other_size, size, *path);
  if (!roots.ok()) return roots.status();
  if (roots->new_root != newest.checkpoint.root) return Comparison{Relation::kUnprovable};
  if (roots->old_root == other.checkpoint.root) return Comparison{Relation::kContinues};
  return Comparison{Relation::kSplit,
                    note::Misbehaviour{other.note, newest.note, *std::move(path)}};
}

}  // namespace cairn::witness
