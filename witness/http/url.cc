#include "witness/http/url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cairn::http {
namespace {

constexpr absl::string_view kScheme = "://";

// Behind the scheme, if there is one.
size_t AuthorityAt(absl::string_view url) {
  const size_t scheme = url.find(kScheme);
  return scheme == url.npos ? 0 : scheme + kScheme.size();
}

// Decimal parts, of which an address has four: 127.example.org is a name.
bool IsLoopbackAddress(absl::string_view host) {
  const std::vector<absl::string_view> parts = absl::StrSplit(host, '.');
  return parts.size() == 4 && parts[0] == "127" &&
         std::all_of(parts.begin(), parts.end(), [](absl::string_view part) {
           return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
             return absl::ascii_isdigit(static_cast<unsigned char>(c));
           });
         });
}

}  // namespace

absl::Status CheckUrl(absl::string_view url) {
  if (!absl::StartsWithIgnoreCase(url, "http://") && !absl::StartsWithIgnoreCase(url, "https://")) {
    return absl::InvalidArgumentError("begins with neither http:// nor https://");
  }
  const absl::string_view rest = url.substr(AuthorityAt(url));
  const size_t end = std::min(rest.find_first_of("/?#\\"), rest.size());
  const absl::string_view authority = rest.substr(0, end);
  // A password with a slash in it ends the authority too early; what stands there is no port.
  const size_t colon = authority.rfind(':');
  const absl::string_view port =
      colon == authority.npos ? absl::string_view() : authority.substr(colon + 1);
  const bool odd =
      !absl::StrContains(authority, ']') && !std::all_of(port.begin(), port.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      });
  if (absl::StrContains(authority, '@') || (odd && absl::StrContains(rest, '@'))) {
    return absl::InvalidArgumentError(
        "has a user name or password in it, which has no place there");
  }
  if (authority.empty() || authority.front() == ':') {
    return absl::InvalidArgumentError("names no host");
  }
  return absl::OkStatus();
}

std::string MaskUrl(absl::string_view url) {
  const size_t begin = AuthorityAt(url);
  const absl::string_view scheme = url.substr(0, begin);
  absl::string_view rest = url.substr(begin);
  const size_t at = rest.rfind('@');
  const bool user = at != rest.npos;
  if (user) rest.remove_prefix(at + 1);
  const size_t query = rest.find('?');
  return absl::StrCat(scheme, user ? "***@" : "", rest.substr(0, query),
                      query == rest.npos ? "" : "?***");
}

bool IsLoopbackUrl(absl::string_view url) {
  absl::string_view rest = url.substr(AuthorityAt(url));
  rest = rest.substr(0, rest.find_first_of("/?#\\"));
  if (const size_t at = rest.rfind('@'); at != rest.npos) rest.remove_prefix(at + 1);
  if (absl::StartsWith(rest, "[")) return absl::StartsWith(rest, "[::1]");
  rest = rest.substr(0, rest.find(':'));
  return absl::EqualsIgnoreCase(rest, "localhost") || IsLoopbackAddress(rest);
}

}  // namespace cairn::http
