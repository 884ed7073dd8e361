#include "anchor/public_text.h"

#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cairn::anchor {
namespace {

constexpr absl::string_view kPayload = "cairn/public_text";
constexpr absl::string_view kScheme = "://";

absl::string_view OfCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kDeadlineExceeded:
      return "does not answer in time";
    case absl::StatusCode::kUnavailable:
      return "cannot be reached, or does not answer as it should";
    case absl::StatusCode::kResourceExhausted:
      return "asks to wait, or answers with too much";
    case absl::StatusCode::kInvalidArgument:
      return "the answer is malformed, or to something else";
    case absl::StatusCode::kPermissionDenied:
      return "the answer does not lead to what is trusted here";
    case absl::StatusCode::kNotFound:
      return "does not know the request";
    case absl::StatusCode::kFailedPrecondition:
      return "refuses the request for good";
    case absl::StatusCode::kDataLoss:
      return "what is stored is damaged";
    case absl::StatusCode::kCancelled:
      return "cut off by the end of the server";
    default:
      return "failed";
  }
}

std::optional<absl::StatusCode> CodeNamed(absl::string_view name) {
  for (int code = 1; code <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++code) {
    const auto known = static_cast<absl::StatusCode>(code);
    if (absl::StatusCodeToString(known) == name) return known;
  }
  return std::nullopt;
}

// The three digits behind either of our own ways to say them.
std::string HttpStatusIn(absl::string_view text) {
  for (const absl::string_view words : {"HTTP status ", " answers "}) {
    for (size_t at = text.find(words); at != text.npos; at = text.find(words, at + 1)) {
      const absl::string_view digits = text.substr(at + words.size(), 3);
      const absl::string_view rest = text.substr(at + words.size() + digits.size(), 1);
      const auto digit = [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); };
      if (digits.size() == 3 && digit(digits[0]) && digit(digits[1]) && digit(digits[2]) &&
          (rest.empty() || !digit(rest[0]))) {
        return absl::StrCat("HTTP status ", digits);
      }
    }
  }
  return "";
}

}  // namespace

absl::Status WithPublicText(absl::Status status, absl::string_view text) {
  status.SetPayload(kPayload, absl::Cord(text));
  return status;
}

absl::Status Reworded(const absl::Status& status, absl::string_view message) {
  absl::Status reworded(status.code(), message);
  status.ForEachPayload([&reworded](absl::string_view type, const absl::Cord& payload) {
    reworded.SetPayload(type, payload);
  });
  return reworded;
}

std::string PublicText(const absl::Status& status) {
  const auto said = status.GetPayload(kPayload);
  return said.has_value() ? std::string(*said) : std::string(OfCode(status.code()));
}

std::string CleanStored(absl::string_view text) {
  const size_t colon = text.find(": ");
  if (colon != text.npos) {
    if (const auto code = CodeNamed(text.substr(0, colon)); code.has_value()) {
      const std::string http = HttpStatusIn(text);
      return http.empty() ? std::string(OfCode(*code)) : http;
    }
  }
  if (!absl::StrContains(text, kScheme)) return std::string(text);
  std::vector<std::string> clean;
  for (absl::string_view part : absl::StrSplit(text, "; ")) {
    size_t at = part.find(kScheme);
    if (at == part.npos) {
      clean.emplace_back(part);
      continue;
    }
    while (at > 0 && absl::ascii_isalnum(static_cast<unsigned char>(part[at - 1]))) --at;
    part = absl::StripTrailingAsciiWhitespace(part.substr(0, at));
    absl::ConsumeSuffix(&part, ":");
    if (!part.empty()) clean.emplace_back(part);
  }
  return absl::StrJoin(clean, "; ");
}

}  // namespace cairn::anchor
