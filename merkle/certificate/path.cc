#include "merkle/certificate/path.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"

namespace cairn::certificate {
namespace {

// Whether a name can stand in a path as it is.
bool IsPlain(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '$';
  });
}

}  // namespace

std::string ChildPath(absl::string_view parent, absl::string_view name) {
  const std::string shown = Shortened(name);
  if (IsPlain(shown)) return absl::StrCat(parent, parent.empty() ? "" : ".", shown);
  return absl::StrCat(parent, "[", CanonicalJson(shown), "]");
}

bool IsWithin(absl::string_view path, absl::string_view outer) {
  if (outer.empty()) return true;
  if (!absl::StartsWith(path, outer)) return false;
  return path.size() == outer.size() || path[outer.size()] == '.' || path[outer.size()] == '[';
}

}  // namespace cairn::certificate
