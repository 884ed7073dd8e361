#include "tools/cairn/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cairn::cli {
namespace {

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

bool IsPort(absl::string_view text) {
  uint32_t port = 0;
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(text, &port) && port >= 1 && port <= 65535;
}

bool IsIpv6(absl::string_view text) {
  // The zone after % names an interface of this machine.
  const std::string address(text.substr(0, text.find('%')));
  in6_addr ignored;
  return inet_pton(AF_INET6, address.c_str(), &ignored) == 1;
}

bool IsHostName(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
  });
}

bool HasBlank(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20; });
}

// `text` is between the scheme and the path of a URL.
absl::Status IsAUrl(absl::string_view text, size_t scheme_end) {
  const absl::string_view scheme = text.substr(0, scheme_end);
  absl::string_view rest = text.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const size_t user = rest.rfind('@');
  if (user != absl::string_view::npos) rest.remove_prefix(user + 1);
  const bool tls = scheme == "https" || scheme == "grpcs";
  const absl::string_view with_tls = tls ? " --tls" : "";
  const absl::string_view port =
      scheme == "http" || scheme == "https" ? " (the port is that of gRPC)" : "";
  if (CheckHostPort(std::string(rest)).ok()) {
    return Invalid(absl::StrCat("HOST:PORT, not a URL; write ", rest, with_tls, port));
  }
  return Invalid(absl::StrCat("HOST:PORT, not a URL; write ", rest.empty() ? "HOST" : rest, ":PORT",
                              with_tls, ", where PORT is that of gRPC"));
}

// What has more than one colon and no brackets.
absl::Status ManyColons(absl::string_view text) {
  const size_t last = text.rfind(':');
  const absl::string_view host = text.substr(0, last), port = text.substr(last + 1);
  if (IsIpv6(host) && IsPort(port)) {
    return Invalid(absl::StrCat("an IPv6 address stands in brackets; write [", host, "]:", port));
  }
  if (IsIpv6(text)) {
    return Invalid(absl::StrCat("an IPv6 address stands in brackets, and needs a port; write [",
                                text, "]:PORT"));
  }
  return Invalid(absl::StrCat("`", text, "` is not HOST:PORT; there is a colon too many"));
}

// Without a prefix of gRPC's.
absl::StatusOr<HostPort> ParsePlain(absl::string_view text) {
  const size_t slash = text.find('/');
  if (slash != absl::string_view::npos) {
    const absl::string_view before = text.substr(0, slash);
    return Invalid(CheckHostPort(std::string(before)).ok()
                       ? absl::StrCat("HOST:PORT has no path; write ", before)
                       : std::string("HOST:PORT has no path"));
  }
  if (absl::StrContains(text, '@')) {
    return Invalid("HOST:PORT has no user name; a token goes into a file, see --token_file");
  }
  if (absl::StrContains(text, ',')) return Invalid("one HOST:PORT, not several");
  absl::string_view host, rest;
  if (absl::StartsWith(text, "[")) {
    const size_t end = text.find(']');
    if (end == absl::string_view::npos || !IsIpv6(text.substr(1, end - 1))) {
      return Invalid("in the brackets of [HOST]:PORT stands an IPv6 address");
    }
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    if (std::count(text.begin(), text.end(), ':') > 1) return ManyColons(text);
    host = text.substr(0, text.find(':'));
    rest = text.substr(host.size());
    if (!IsHostName(host)) {
      return Invalid(host.empty() ? absl::StrCat("the host is missing; write 127.0.0.1", rest,
                                                 " for this machine")
                                  : absl::StrCat("`", host, "` is no host name or address"));
    }
  }
  if (rest.empty()) {
    return Invalid(absl::StrCat("the port is missing; write ", text, ":PORT (the one that cairnd ",
                                "printed as `listening on`)"));
  }
  if (rest[0] != ':' || !IsPort(rest.substr(1))) {
    return Invalid(
        absl::StrCat("`", absl::StripPrefix(rest, ":"), "` is no port: a number from 1 to 65535"));
  }
  return HostPort{.host = std::string(host), .port = std::string(rest.substr(1)), .unix_path = {}};
}

}  // namespace

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text) {
  if (text.empty()) return Invalid("is empty: give HOST:PORT of the log, such as 127.0.0.1:7717");
  if (HasBlank(text)) {
    const absl::string_view bare = absl::StripAsciiWhitespace(text);
    return Invalid(!HasBlank(bare) && ParseHostPort(bare).ok()
                       ? absl::StrCat("HOST:PORT has no blanks; write ", bare)
                       : std::string("HOST:PORT has no blanks"));
  }
  if (absl::ConsumePrefix(&text, "unix:")) {
    // unix:///path is gRPC's other way to write unix:/path.
    if (absl::StartsWith(text, "///")) text.remove_prefix(2);
    if (text.empty()) return Invalid("unix: needs the path of a socket");
    return HostPort{.host = {}, .port = {}, .unix_path = std::string(text)};
  }
  if (absl::ConsumePrefix(&text, "dns:///")) return ParsePlain(text);
  const size_t scheme = text.find("://");
  if (scheme != absl::string_view::npos) return IsAUrl(text, scheme);
  for (const absl::string_view prefix : {"dns:", "ipv4:", "ipv6:"}) {
    // A host may be called dns.
    if (absl::StartsWith(text, prefix) && !IsPort(text.substr(prefix.size()))) {
      return ParsePlain(text.substr(prefix.size()));
    }
  }
  return ParsePlain(text);
}

absl::Status CheckHostPort(const std::string& text) { return ParseHostPort(text).status(); }

bool IsLoopback(const HostPort& address) {
  if (!address.unix_path.empty() || address.host == "localhost" || address.host == "::1") {
    return true;
  }
  in_addr v4;
  if (inet_pton(AF_INET, address.host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  return false;
}

absl::Status CheckUrlOrPath(const std::string& text) {
  if (text.empty()) return Invalid("is empty: give a URL, such as https://log.example.org");
  const size_t scheme = text.find("://");
  if (scheme == std::string::npos) {
    std::error_code ignored;
    if (std::filesystem::exists(text, ignored)) return absl::OkStatus();
    const absl::StatusOr<HostPort> address = ParseHostPort(text);
    if (!address.ok() || !address->unix_path.empty()) return absl::OkStatus();
    return Invalid(absl::StrCat("a URL, not HOST:PORT; write http://", text,
                                " or https://, with the port of HTTP, not that of gRPC"));
  }
  const absl::string_view name = absl::string_view(text).substr(0, scheme);
  if (name != "http" && name != "https") {
    return Invalid(absl::StrCat("`", name, "://` is not read here; give http:// or https://"));
  }
  if (HasBlank(text)) return Invalid("a URL has no blanks");
  absl::string_view authority = absl::string_view(text).substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (absl::StrContains(authority, '@')) {
    return Invalid("holds a user name or password, which does not belong into a URL");
  }
  if (authority.empty()) return Invalid("the URL has no host");
  return absl::OkStatus();
}

}  // namespace cairn::cli
