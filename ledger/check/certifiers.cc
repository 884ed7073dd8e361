#include "ledger/check/certifiers.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/check/chunk.h"
#include "merkle/entry/entry.h"
#include "merkle/tile.h"

namespace cairn::ledger {
namespace {

// kDataLoss when no run holds it.
absl::StatusOr<std::string> EntryAt(CheckSource& source, LeafIndex index) {
  // No run crosses a multiple of a tile's width, so the one with this entry begins at or after it.
  const LeafIndex begin(index.value() - index.value() % merkle::kTileWidth);
  const auto runs = source.Runs(begin, LeafIndex(index.value() + 1));
  std::optional<std::string> found;
  while (!found.has_value()) {
    const absl::StatusOr<std::optional<StoredRun>> run = runs->Next();
    if (!run.ok()) return run.status();
    if (!run->has_value()) {
      return absl::DataLossError(absl::StrCat("entry ", index.value(), " is missing"));
    }
    const bool whole = ForEachEntry(**run, [&](LeafIndex at, absl::string_view encoded) {
      if (at == index) found = std::string(encoded);
    });
    if (!whole) return absl::DataLossError("a run of entries is malformed");
  }
  return *std::move(found);
}

}  // namespace

absl::StatusOr<entry::CertifierRegistry> ReadCertifiers(CheckSource& source) {
  const absl::StatusOr<std::vector<LeafIndex>> listed = source.CertifierEntries();
  if (!listed.ok()) return listed.status();
  entry::CertifierRegistry registry(source.identity().origin);
  for (const LeafIndex index : *listed) {
    const absl::StatusOr<std::string> encoded = EntryAt(source, index);
    if (!encoded.ok()) return encoded.status();
    const absl::StatusOr<entry::Entry> decoded = entry::Decode(*encoded);
    const auto* change =
        decoded.ok() ? std::get_if<entry::CertifierEntry>(&decoded->body) : nullptr;
    const absl::Status applied =
        change != nullptr ? registry.Apply(index, *change)
                          : absl::DataLossError("it is listed as a certifier entry and is none");
    if (!applied.ok()) {
      return absl::DataLossError(absl::StrCat("entry ", index.value(), ": ", applied.message()));
    }
  }
  return registry;
}

}  // namespace cairn::ledger
