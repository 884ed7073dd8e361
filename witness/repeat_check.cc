#include "witness/repeat_check.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "merkle/entry/statement_view.h"
#include "merkle/hash.h"
#include "merkle/proof.h"
#include "merkle/tile.h"
#include "merkle/tile_source.h"
#include "merkle/verify.h"
#include "witness/repeats.h"

namespace cairn::witness {
namespace {

// Fingerprints looked into in one run; no sound log comes near.
constexpr size_t kMaxRepeated = 10'000;

struct Placed {
  LeafIndex index;
  std::string bytes;
};

// Reads single entries, with the last bundle at hand. They were read before, but what is said
// against a log has to be shown now.
class EntryReader {
 public:
  EntryReader(LogTiles& tiles, const Tree& tree) : tiles_(tiles), tree_(tree) {}

  absl::StatusOr<std::string> Read(LeafIndex index) {
    const uint64_t number = index.value() / merkle::kTileWidth;
    if (number_ != number) {
      const uint32_t width = merkle::TileWidthAt({.level = 0, .index = number}, tree_.size);
      number_.reset();
      const absl::Status read = tiles_.ReadBundle({number, width}, &bundle_);
      if (!read.ok()) return read;
      number_ = number;
    }
    std::string bytes(bundle_.entries[index.value() % merkle::kTileWidth]);
    merkle::TileNodeSource nodes(tiles_, tree_.size);
    const absl::StatusOr<merkle::Proof> proof = merkle::InclusionProof(index, tree_.size, nodes);
    if (!proof.ok()) return proof.status();
    const absl::Status included =
        merkle::VerifyInclusion(index, tree_.size, merkle::HashLeaf(bytes), *proof, tree_.root);
    if (!included.ok()) {
      return absl::DataLossError(absl::StrCat("entry ", index.value(), ": ", included.message()));
    }
    return bytes;
  }

 private:
  LogTiles& tiles_;
  const Tree tree_;
  std::optional<uint64_t> number_;
  LogTiles::Bundle bundle_;
};

// Looks at a statement beside the newest earlier one on its subject.
void Judge(const Placed& earlier, const Placed& later, std::vector<Finding>& findings) {
  const auto a = entry::ViewStatement(earlier.bytes);
  const auto b = entry::ViewStatement(later.bytes);
  if (a->statement == b->statement) {
    findings.push_back({FindingKind::kRepeat, later.index,
                        absl::StrCat("the statement of index ", earlier.index.value(), " again")});
  } else if (b->supersedes != earlier.index) {
    findings.push_back(
        {FindingKind::kRepeat, later.index,
         absl::StrCat("states otherwise than index ", earlier.index.value(),
                      " on the same certifier, hash and trace, and does not supersede it")});
  }
}

absl::Status CheckRepeated(const Repeated& indexes, TreeSize from, EntryReader& reader,
                           std::vector<Finding>& findings) {
  // One a subject: mostly there is only one with this fingerprint.
  std::vector<Placed> newest;
  for (const LeafIndex index : indexes) {
    absl::StatusOr<std::string> bytes = reader.Read(index);
    if (!bytes.ok()) return bytes.status();
    Placed here{index, *std::move(bytes)};
    const auto view = entry::ViewStatement(here.bytes);
    if (!view.has_value()) {
      return absl::DataLossError(
          absl::StrCat("entry ", index.value(), " is another than it was when it was read before"));
    }
    bool known = false;
    for (Placed& before : newest) {
      if (!SameSubject(*entry::ViewStatement(before.bytes), *view)) continue;
      if (index.value() >= from.value()) Judge(before, here, findings);
      before = here;
      known = true;
      break;
    }
    if (!known) newest.push_back(std::move(here));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRepeats(AuditStore& store, LogTiles& tiles, TreeSize from, const Tree& tree,
                          std::vector<Finding>& findings) {
  const absl::StatusOr<std::vector<Repeated>> repeats =
      FindRepeats(store, LeafIndex(from.value()), LeafIndex(tree.size.value()), kMaxRepeated);
  if (!repeats.ok()) return repeats.status();
  EntryReader reader(tiles, tree);
  for (const Repeated& indexes : *repeats) {
    const absl::Status checked = CheckRepeated(indexes, from, reader, findings);
    if (!checked.ok()) return checked;
  }
  return absl::OkStatus();
}

absl::Status CheckSuperseding(AuditStore& store, const CheckedEntries& entries,
                              std::vector<Finding>& findings) {
  for (const auto& [index, superseded] : entries.superseding) {
    bool there = false;
    if (superseded < index) {
      uint64_t numbers[2] = {};
      for (const auto& [at, number] : {std::pair(superseded, &numbers[0]), {index, &numbers[1]}}) {
        const absl::Status got = store.GetFingerprints(at, absl::MakeSpan(number, 1));
        if (!got.ok()) return got;
      }
      there = numbers[0] == numbers[1];
    }
    if (!there) {
      findings.push_back({FindingKind::kRepeat, index,
                          absl::StrCat("supersedes index ", superseded.value(),
                                       ", where nothing stands on the same certifier, hash and "
                                       "trace")});
    }
  }
  return absl::OkStatus();
}

}  // namespace cairn::witness
