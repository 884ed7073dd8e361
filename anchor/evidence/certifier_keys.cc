#include "anchor/evidence/certifier_keys.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "merkle/note/text.h"

namespace cairn::evidence {
namespace {

absl::Status Invalid(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the range `", text, "` ", why));
}

bool Overlap(const IndexRange& a, const IndexRange& b) {
  return (!a.to || b.from < *a.to) && (!b.to || a.from < *b.to);
}

}  // namespace

absl::StatusOr<IndexRange> ParseIndexRange(absl::string_view text) {
  constexpr absl::string_view kDots = "..";
  const size_t dots = text.find(kDots);
  if (dots == absl::string_view::npos) {
    return Invalid(text, "is not FROM..TO, two leaf indexes of which either may be left out");
  }
  IndexRange range;
  for (const auto& [part, is_end] :
       {std::pair(text.substr(0, dots), false), {text.substr(dots + kDots.size()), true}}) {
    if (part.empty()) continue;
    const absl::StatusOr<uint64_t> index = note::ParseDecimal(part);
    if (!index.ok()) return Invalid(text, index.status().message());
    if (is_end) {
      range.to = LeafIndex(*index);
    } else {
      range.from = LeafIndex(*index);
    }
  }
  if (range.to && *range.to <= range.from) {
    return Invalid(text, "holds no index: TO is the first index that is not in it");
  }
  return range;
}

std::string FormatIndexRange(const IndexRange& range) {
  return absl::StrCat(range.from.value(), "..", range.to ? absl::StrCat(range.to->value()) : "");
}

absl::Status AddCertifierKey(const std::string& name, const CertifierKey& key,
                             CertifierKeys& keys) {
  std::vector<CertifierKey>& held = keys[name];
  for (const CertifierKey& other : held) {
    if (!Overlap(other.range, key.range)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("`", name, "` has two keys for one index: the ranges ",
                     FormatIndexRange(other.range), " and ", FormatIndexRange(key.range),
                     " overlap; write NAME=KEY@FROM..TO, where TO is the first index after it"));
  }
  held.push_back(key);
  return absl::OkStatus();
}

}  // namespace cairn::evidence
