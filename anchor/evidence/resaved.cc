#include "anchor/evidence/resaved.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace cairn::evidence {

std::string WhatWasResaved(absl::string_view bytes, absl::string_view formatted) {
  std::vector<std::string> found;
  if (absl::ConsumePrefix(&bytes, "\xef\xbb\xbf")) {
    found.push_back("it begins with a byte order mark (EF BB BF)");
  }
  std::string text(bytes);
  if (absl::StrContains(bytes, '\r')) {
    found.push_back("its lines end in carriage returns (CRLF)");
    absl::StrReplaceAll({{"\r", ""}}, &text);
  }
  if (text == absl::StripSuffix(formatted, "\n")) {
    found.push_back("the newline at its end is missing");
  } else if (absl::StartsWith(text, formatted) && text.size() > formatted.size()) {
    found.push_back("there is more than one newline, or a blank, at its end");
  } else if (text != formatted) {
    using Json = nlohmann::ordered_json;
    const bool same_order =
        Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false).dump() ==
        Json::parse(formatted.begin(), formatted.end(), nullptr, /*allow_exceptions=*/false).dump();
    found.push_back(same_order ? "its indents, line ends or escapes are others (layout)"
                               : "its members stand in another order");
  }
  return absl::StrJoin(found, "; ");
}

}  // namespace cairn::evidence
