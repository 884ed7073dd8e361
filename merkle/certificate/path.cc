#include "merkle/certificate/path.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
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

absl::StatusOr<std::vector<PathStep>> ParsePath(const std::string& path) {
  std::vector<PathStep> steps;
  size_t at = 0;
  const auto wrong = [&] {
    return absl::InvalidArgumentError(absl::StrCat(
        "`", Shortened(path), "` is no path such as snapshot.input[0][\"a name\"]: byte ", at + 1));
  };
  while (at < path.size()) {
    if (path[at] == '[') {
      const size_t begin = at + 1;
      if (begin < path.size() && path[begin] == '"') {
        // A name as JSON writes it.
        size_t end = begin + 1;
        while (end < path.size() && path[end] != '"') end += path[end] == '\\' ? 2 : 1;
        if (end + 1 >= path.size() || path[end + 1] != ']') return wrong();
        const absl::StatusOr<Json> name = ParseStrict(path.substr(begin, end + 1 - begin));
        if (!name.ok()) return wrong();
        steps.emplace_back(name->get<std::string>());
        at = end + 2;
        continue;
      }
      const size_t end = std::min(path.find(']', begin), path.size());
      size_t index = 0;
      if (end == path.size() || !absl::SimpleAtoi(path.substr(begin, end - begin), &index)) {
        return wrong();
      }
      steps.emplace_back(index);
      at = end + 1;
      continue;
    }
    if (!steps.empty() && path[at++] != '.') return wrong();
    const size_t end = std::min(path.find_first_of(".[", at), path.size());
    if (!IsPlain(path.substr(at, end - at))) return wrong();
    steps.emplace_back(path.substr(at, end - at));
    at = end;
  }
  if (steps.empty()) return wrong();
  return steps;
}

bool IsWithin(absl::string_view path, absl::string_view outer) {
  if (outer.empty()) return true;
  if (!absl::StartsWith(path, outer)) return false;
  return path.size() == outer.size() || path[outer.size()] == '.' || path[outer.size()] == '[';
}

}  // namespace cairn::certificate
