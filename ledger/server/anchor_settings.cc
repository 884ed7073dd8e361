#include "ledger/server/anchor_settings.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "anchor/receipt.h"
#include "anchor/rule.h"
#include "witness/http/url.h"
#include "witness/server/files.h"

namespace cairn::server {
namespace {

constexpr size_t kMaxPemBytes = size_t{1} << 20;
constexpr size_t kMaxSecretBytes = 4096;

absl::Status Wrong(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("anchoring.", field, ": ", why));
}

// OK also for what is not given. Never repeats a URL: what is wrong with it may be a password.
absl::Status CheckUrl(absl::string_view field, const std::string& url,
                      absl::string_view instead = "") {
  if (url.empty()) return absl::OkStatus();
  const absl::Status sound = http::CheckUrl(url);
  if (sound.ok()) return sound;
  return Wrong(field, absl::StrCat("the URL ", sound.message(), instead));
}

template <typename Urls>
absl::Status CheckUrls(absl::string_view field, const Urls& urls) {
  for (const std::string& url : urls) {
    if (absl::Status sound = CheckUrl(field, url); !sound.ok()) return sound;
  }
  return absl::OkStatus();
}

// As it is compared: blanks do not tell operators apart.
std::string OperatorName(absl::string_view told) {
  return absl::StrJoin(absl::StrSplit(told, ' ', absl::SkipEmpty()), " ");
}

// The one line of a file that only its owner may read.
absl::StatusOr<std::string> ReadSecret(const std::string& file) {
  absl::StatusOr<std::string> text = ReadWholeFile(file, kMaxSecretBytes, /*private_only=*/true);
  if (!text.ok()) return text.status();
  std::string line(absl::StripSuffix(*text, "\n"));
  const bool printable =
      std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (line.empty() || !printable) {
    return absl::InvalidArgumentError(absl::StrCat(file, " must hold one line of printable text"));
  }
  return line;
}

absl::StatusOr<anchor::Rfc3161Options> ReadRfc3161(const std::string& name,
                                                   const config::Rfc3161& told) {
  absl::Status sound =
      CheckUrl("anchor.rfc3161.url", told.url(), "; credentials go into authorization_file");
  if (sound.ok()) sound = CheckUrls("anchor.rfc3161.crl_url", told.crl_url());
  if (sound.ok()) sound = CheckUrl("anchor.rfc3161.link_template", told.link_template());
  if (!sound.ok()) return sound;
  anchor::Rfc3161Options options;
  options.name = name;
  options.url = told.url();
  options.trust.policies.assign(told.policy().begin(), told.policy().end());
  options.crl_urls.assign(told.crl_url().begin(), told.crl_url().end());
  options.link_template = told.link_template();
  if (!told.roots_file().empty()) {
    absl::StatusOr<std::string> pem = ReadWholeFile(told.roots_file(), kMaxPemBytes);
    if (!pem.ok()) return pem.status();
    options.trust.certificates_pem = *std::move(pem);
  }
  if (!told.authorization_file().empty()) {
    absl::StatusOr<std::string> value = ReadSecret(told.authorization_file());
    if (!value.ok()) return value.status();
    options.headers.emplace_back("Authorization", *std::move(value));
  }
  return options;
}

absl::StatusOr<OpenTimestampsSettings> ReadOpenTimestamps(const config::OpenTimestamps& told) {
  absl::Status sound = CheckUrls("anchor.opentimestamps.calendar", told.calendar());
  if (sound.ok()) sound = CheckUrls("anchor.opentimestamps.upgrade_from", told.upgrade_from());
  if (sound.ok()) {
    sound = CheckUrl("anchor.opentimestamps.bitcoin_core_url", told.bitcoin_core_url(),
                     "; credentials go into bitcoin_core_credentials_file");
  }
  if (sound.ok()) sound = CheckUrl("anchor.opentimestamps.esplora_url", told.esplora_url());
  if (sound.ok()) sound = CheckUrl("anchor.opentimestamps.link_template", told.link_template());
  if (!sound.ok()) return sound;
  OpenTimestampsSettings settings;
  settings.options.link = told.link_template();
  if (told.calendar_size() > 0) {
    settings.options.calendars.assign(told.calendar().begin(), told.calendar().end());
    settings.options.upgrade_from.clear();
  }
  settings.options.upgrade_from.insert(settings.options.upgrade_from.end(),
                                       told.upgrade_from().begin(), told.upgrade_from().end());
  settings.options.required = told.has_calendars_needed()
                                  ? told.calendars_needed()
                                  : std::min<size_t>(2, settings.options.calendars.size());
  if (!told.bitcoin_core_url().empty() && !told.esplora_url().empty()) {
    return Wrong(
        "anchor.opentimestamps",
        "give bitcoin_core_url or esplora_url, not both: one source says what the chain is");
  }
  settings.bitcoin_core.url = told.bitcoin_core_url();
  settings.esplora_url = told.esplora_url();
  if (!told.bitcoin_core_credentials_file().empty()) {
    absl::StatusOr<std::string> credentials = ReadSecret(told.bitcoin_core_credentials_file());
    if (!credentials.ok()) return credentials.status();
    settings.bitcoin_core.credentials = *std::move(credentials);
  }
  return settings;
}

absl::StatusOr<AnchorSettings> ReadAnchor(const config::Anchor& told) {
  if (!anchor::IsAnchorName(told.name())) {
    return Wrong("anchor.name", "must be 1 to 64 of A-Z a-z 0-9 . _ : -");
  }
  AnchorSettings settings{.options = {.name = told.name(), .retired = told.retired()},
                          .system = {}};
  if (told.has_max_requests_a_day()) {
    settings.options.max_requests_a_day = told.max_requests_a_day();
  }
  switch (told.system_case()) {
    case config::Anchor::kRfc3161: {
      absl::StatusOr<anchor::Rfc3161Options> options = ReadRfc3161(told.name(), told.rfc3161());
      if (!options.ok()) return options.status();
      settings.system = *std::move(options);
      return settings;
    }
    case config::Anchor::kOpentimestamps: {
      absl::StatusOr<OpenTimestampsSettings> options = ReadOpenTimestamps(told.opentimestamps());
      if (!options.ok()) return options.status();
      settings.system = *std::move(options);
      return settings;
    }
    case config::Anchor::SYSTEM_NOT_SET:
      break;
  }
  return Wrong("anchor", absl::StrCat("`", told.name(), "` needs rfc3161 or opentimestamps"));
}

absl::StatusOr<http::Proxy> ReadProxy(const config::Anchoring& told) {
  const absl::Status sound =
      CheckUrl("proxy", told.proxy(), "; credentials go into proxy_credentials_file");
  if (!sound.ok()) return sound;
  http::Proxy proxy{.url = told.proxy()};
  if (told.proxy_credentials_file().empty()) return proxy;
  if (proxy.url.empty()) return Wrong("proxy_credentials_file", "is given without a proxy");
  absl::StatusOr<std::string> credentials = ReadSecret(told.proxy_credentials_file());
  if (!credentials.ok()) return credentials.status();
  proxy.credentials = *std::move(credentials);
  return proxy;
}

}  // namespace

absl::StatusOr<AnchoringSettings> ReadAnchoring(const config::Anchoring& told) {
  AnchoringSettings settings;
  if (told.has_interval_s()) {
    if (told.interval_s() == 0) return Wrong("interval_s", "must be at least 1");
    settings.options.interval_ms = uint64_t{1000} * told.interval_s();
  }
  absl::StatusOr<http::Proxy> proxy = ReadProxy(told);
  if (!proxy.ok()) return proxy.status();
  settings.proxy = *std::move(proxy);
  settings.options.retry_ms = std::min(settings.options.retry_ms, settings.options.interval_ms);
  anchor::Rule& rule = settings.options.rule;
  rule.log_operator = OperatorName(told.log_operator());
  rule.needs_witnesses = told.needs_witnesses();
  rule.needed = told.has_needed() ? told.needed() : 1;
  // One of n anchors is one of their operators: a rule that is stored already stays as it is.
  rule.form = rule.needed > 1 ? anchor::RuleForm::kOperators : anchor::RuleForm::kSome;
  for (const config::Anchor& one : told.anchor()) {
    absl::StatusOr<AnchorSettings> anchor = ReadAnchor(one);
    if (!anchor.ok()) return anchor.status();
    settings.anchors.push_back(*std::move(anchor));
    if (one.retired()) continue;
    rule.anchors.push_back({.name = one.name(), .operated_by = OperatorName(one.operated_by())});
  }
  if (rule.anchors.empty()) {
    return Wrong("anchor", "is missing; give at least one that is not retired");
  }
  if (absl::Status good = anchor::CheckRule(rule); !good.ok()) {
    return Wrong("anchor", good.message());
  }
  return settings;
}

}  // namespace cairn::server
