#include "witness/http/etag.h"

#include "absl/strings/strip.h"

namespace cairn::http {
namespace {

void SkipBlanks(absl::string_view& text) {
  while (absl::ConsumePrefix(&text, " ") || absl::ConsumePrefix(&text, "\t")) {
  }
}

// Takes a quoted tag off the front; empty: there is none.
absl::string_view TakeTag(absl::string_view& text) {
  absl::ConsumePrefix(&text, "W/");
  if (text.empty() || text.front() != '"') return {};
  // A comma may stand inside, a quote may not.
  const size_t end = text.find('"', 1);
  if (end == absl::string_view::npos) return {};
  const absl::string_view tag = text.substr(0, end + 1);
  text.remove_prefix(tag.size());
  return tag;
}

}  // namespace

bool HasTag(absl::string_view if_none_match, absl::string_view tag) {
  absl::string_view rest = if_none_match;
  SkipBlanks(rest);
  if (absl::ConsumePrefix(&rest, "*")) {
    SkipBlanks(rest);
    return rest.empty();
  }
  bool found = false;
  while (!rest.empty()) {
    const absl::string_view next = TakeTag(rest);
    if (next.empty()) return false;
    found = found || next == tag;
    SkipBlanks(rest);
    if (!rest.empty() && !absl::ConsumePrefix(&rest, ",")) return false;
    SkipBlanks(rest);
  }
  return found;
}

}  // namespace cairn::http
