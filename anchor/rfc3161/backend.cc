#include "anchor/rfc3161/backend.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/rfc3161_token.h"

namespace cairn::anchor {
namespace {

using rfc3161::Receipt;
using rfc3161::Revocation;
using rfc3161::Timestamp;

constexpr size_t kMaxCrlBytes = size_t{128} << 10;
// What HTTP has for a request that is wrong in itself. Others, 404 and 403 too, can come and go
// with the authority's or a proxy's configuration.
constexpr unsigned kForGood[] = {400, 405, 406, 410, 411, 413, 414, 415, 422};

bool IsWebUrl(absl::string_view url) {
  return absl::StartsWith(url, "https://") || absl::StartsWith(url, "http://");
}

absl::Status CheckOptions(const Rfc3161Options& options) {
  if (options.name.empty()) return absl::InvalidArgumentError("it has no name");
  if (!IsWebUrl(options.url)) {
    return absl::InvalidArgumentError(absl::StrCat("no http or https URL: ", options.url));
  }
  if (options.crl_urls.size() > rfc3161::kMaxSideItems) {
    return absl::InvalidArgumentError("too many URLs of revocation lists");
  }
  for (const std::string& url : options.crl_urls) {
    if (!IsWebUrl(url)) {
      return absl::InvalidArgumentError(absl::StrCat("no http or https URL: ", url));
    }
  }
  const std::string rest =
      absl::StrReplaceAll(options.link_template, {{"{serial}", ""}, {"{digest}", ""}});
  if (absl::StrContains(rest, "{") || absl::StrContains(rest, "}")) {
    return absl::InvalidArgumentError("the link's template knows {serial} and {digest} only");
  }
  return absl::OkStatus();
}

absl::Status HttpStatus(unsigned status) {
  if (status == 200 || status == 201) return absl::OkStatus();
  const std::string message = absl::StrCat("HTTP status ", status);
  if (status == 429) return absl::ResourceExhaustedError(message);
  const bool for_good =
      std::find(std::begin(kForGood), std::end(kForGood), status) != std::end(kForGood);
  return for_good ? absl::FailedPreconditionError(message) : absl::UnavailableError(message);
}

std::string TimeText(uint64_t time_s) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(static_cast<int64_t>(time_s)),
                          absl::UTCTimeZone());
}

Progress Proven(const Timestamp& timestamp, std::string receipt) {
  return {.state = ReceiptState::kFinal,
          .receipt = std::move(receipt),
          .existed_by_s = timestamp.existed_by_s,
          .detail =
              absl::StrCat(TimeText(timestamp.gen_time_s), " by ", timestamp.authority, ", serial ",
                           timestamp.serial, ", policy ", timestamp.policy,
                           timestamp.revocation != Revocation::kNotChecked ? ", not revoked" : "")};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Rfc3161Backend>> Rfc3161Backend::Create(Rfc3161Options options,
                                                                       HttpExchange exchange,
                                                                       Clock now_s) {
  absl::Status status = CheckOptions(options);
  absl::StatusOr<std::unique_ptr<rfc3161::Verifier>> verifier =
      status.ok() ? rfc3161::Verifier::Create(options.trust) : status;
  if (!verifier.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("time-stamp authority ", options.name, ": ", verifier.status().message()));
  }
  return std::unique_ptr<Rfc3161Backend>(new Rfc3161Backend(
      std::move(options), std::move(exchange), std::move(now_s), *std::move(verifier)));
}

Rfc3161Backend::Rfc3161Backend(Rfc3161Options options, HttpExchange exchange, Clock now_s,
                               std::unique_ptr<rfc3161::Verifier> verifier)
    : options_(std::move(options)),
      exchange_(std::move(exchange)),
      now_s_(std::move(now_s)),
      verifier_(std::move(verifier)) {}

absl::StatusOr<std::string> Rfc3161Backend::Prepare(const Hash& digest) {
  return rfc3161::MakeRequest(digest);
}

absl::StatusOr<Progress> Rfc3161Backend::Submit(const Hash& digest, absl::string_view request) {
  if (absl::Status status = rfc3161::CheckRequest(request, digest); !status.ok()) {
    return Named(status);
  }
  const uint64_t begin_s = now_s_();
  absl::StatusOr<std::string> response = Ask(request);
  if (!response.ok()) return Named(response.status());
  // A clock that was set back meanwhile must not turn the window inside out.
  const uint64_t end_s = std::max(begin_s, now_s_());
  // A refusal and a missing root share a code below; here only a refusal can come up.
  const absl::StatusOr<rfc3161::Token> token = rfc3161::ParseToken(*response);
  if (!token.ok()) return Named(token.status());

  Receipt receipt{.response = *std::move(response)};
  const absl::StatusOr<Timestamp> timestamp = verifier_->Verify(
      receipt, digest,
      {.request = std::string(request),
       .window = rfc3161::Window{.begin_s = begin_s - std::min(begin_s, options_.clock_slack_s),
                                 .end_s = end_s + options_.clock_slack_s}});
  if (absl::IsFailedPrecondition(timestamp.status())) return Unproven(timestamp.status(), receipt);
  if (!timestamp.ok()) return Named(timestamp.status());
  receipt.certificates = timestamp->missing_certificates;
  absl::StatusOr<Progress> progress = CheckCrls(digest, *timestamp, &receipt);
  if (!progress.ok()) return Named(progress.status());
  return progress;
}

absl::StatusOr<Progress> Rfc3161Backend::Poll(const Hash& digest, absl::string_view request,
                                              absl::string_view receipt) {
  if (receipt.empty()) return Submit(digest, request);
  absl::StatusOr<Receipt> stored = rfc3161::ParseReceipt(receipt);
  if (!stored.ok()) return Named(stored.status());
  if (absl::Status status = rfc3161::CheckRequest(request, digest); !status.ok()) {
    return Named(status);
  }
  const absl::StatusOr<Timestamp> timestamp =
      verifier_->Verify(*stored, digest, {.request = std::string(request)});
  if (absl::IsFailedPrecondition(timestamp.status())) return Unproven(timestamp.status(), *stored);
  const auto gone = [&](const absl::Status& why, std::string kept) {
    return Progress{.state = ReceiptState::kReorganised,
                    .receipt = std::move(kept),
                    .detail = std::string(why.message())};
  };
  if (absl::IsPermissionDenied(timestamp.status())) {
    return gone(timestamp.status(), std::string(receipt));
  }
  if (!timestamp.ok()) return Named(timestamp.status());

  // The roots may have been configured only now, with certificates that the token lacks.
  for (const std::string& certificate : timestamp->missing_certificates) {
    auto& kept = stored->certificates;
    if (std::find(kept.begin(), kept.end(), certificate) == kept.end()) kept.push_back(certificate);
  }
  Receipt renewed = *stored;
  absl::StatusOr<Progress> progress = CheckCrls(digest, *timestamp, &renewed);
  if (absl::IsPermissionDenied(progress.status())) {
    absl::StatusOr<std::string> kept = rfc3161::FormatReceipt(renewed);
    return gone(progress.status(), kept.ok() ? *std::move(kept) : std::string(receipt));
  }
  if (!progress.ok()) return Named(progress.status());
  if (timestamp->revocation != Revocation::kNotChecked) {
    // The lists of the time of issue stay, whether or not today's could be had.
    absl::StatusOr<std::string> kept = rfc3161::FormatReceipt(*stored);
    return Proven(*timestamp, kept.ok() ? *std::move(kept) : std::string(receipt));
  }
  return progress;
}

std::string Rfc3161Backend::Link(absl::string_view receipt) const {
  const absl::StatusOr<Receipt> stored = rfc3161::ParseReceipt(receipt);
  if (options_.link_template.empty() || !stored.ok()) return "";
  const absl::StatusOr<rfc3161::Token> token = rfc3161::ParseToken(stored->response);
  if (!token.ok()) return "";
  return absl::StrReplaceAll(
      options_.link_template,
      {{"{serial}", token->serial}, {"{digest}", absl::BytesToHexString(token->imprint)}});
}

absl::Status Rfc3161Backend::Named(const absl::Status& status) const {
  return absl::Status(status.code(),
                      absl::StrCat("time-stamp authority ", options_.name, ": ", status.message()));
}

absl::StatusOr<std::string> Rfc3161Backend::Ask(absl::string_view request) {
  HttpRequest post{.post = true,
                   .url = options_.url,
                   .body = std::string(request),
                   .headers = options_.headers,
                   .deadline = options_.deadline,
                   .max_body_bytes = rfc3161::kMaxResponseBytes};
  post.headers.emplace_back("Content-Type", "application/timestamp-query");
  post.headers.emplace_back("Accept", "application/timestamp-reply");
  absl::StatusOr<HttpAnswer> answer = exchange_(post);
  if (!answer.ok()) return answer.status();
  if (absl::Status status = HttpStatus(answer->status); !status.ok()) return status;
  return std::move(answer->body);
}

absl::StatusOr<std::vector<std::string>> Rfc3161Backend::FetchCrls(const Receipt& receipt,
                                                                   const Hash& digest) {
  std::vector<std::string> crls;
  for (const std::string& url : options_.crl_urls) {
    absl::StatusOr<HttpAnswer> answer =
        exchange_({.url = url, .deadline = options_.deadline, .max_body_bytes = kMaxCrlBytes});
    if (!answer.ok()) return answer.status();
    if (answer->status != 200) {
      return absl::UnavailableError(absl::StrCat(url, ": HTTP status ", answer->status));
    }
    const absl::StatusOr<Timestamp> with = verifier_->Verify({.response = receipt.response,
                                                              .certificates = receipt.certificates,
                                                              .crls = {answer->body}},
                                                             digest);
    // One that revokes is what is wanted.
    if (!with.ok() && !absl::IsPermissionDenied(with.status())) {
      return absl::UnavailableError(absl::StrCat(url, ": ", with.status().message()));
    }
    if (std::find(crls.begin(), crls.end(), answer->body) == crls.end()) {
      crls.push_back(std::move(answer->body));
    }
  }
  return crls;
}

absl::StatusOr<Progress> Rfc3161Backend::CheckCrls(const Hash& digest, const Timestamp& timestamp,
                                                   Receipt* receipt) {
  Receipt with = *receipt;
  absl::StatusOr<std::vector<std::string>> crls = FetchCrls(*receipt, digest);
  if (crls.ok() && !crls->empty()) with.crls.swap(*crls);
  absl::StatusOr<Timestamp> checked = verifier_->Verify(with, digest);
  if (absl::IsPermissionDenied(checked.status())) *receipt = with;
  if (!checked.ok()) return checked.status();
  absl::StatusOr<std::string> bytes = rfc3161::FormatReceipt(with);
  const bool covered = options_.crl_urls.empty() || checked->revocation != Revocation::kNotChecked;
  if (bytes.ok() && covered) return Proven(*checked, *std::move(bytes));

  // Valid by all that is known, and kept; what was to be known as well is missing.
  absl::string_view why = "they do not cover its chain";
  if (!crls.ok()) why = crls.status().message();
  if (!bytes.ok()) why = bytes.status().message();
  absl::StatusOr<std::string> without = rfc3161::FormatReceipt(*receipt);
  if (!without.ok()) return without.status();
  return Progress{.state = ReceiptState::kAccepted,
                  .receipt = *std::move(without),
                  .existed_by_s = timestamp.existed_by_s,
                  .detail = absl::StrCat("waits for revocation lists: ", why)};
}

absl::StatusOr<Progress> Rfc3161Backend::Unproven(const absl::Status& why,
                                                  const Receipt& receipt) const {
  if (verifier_->has_roots()) return Named(absl::PermissionDeniedError(why.message()));
  const absl::StatusOr<rfc3161::Token> token = rfc3161::ParseToken(receipt.response);
  if (!token.ok()) return Named(token.status());
  absl::StatusOr<std::string> bytes = rfc3161::FormatReceipt(receipt);
  if (!bytes.ok()) return Named(bytes.status());
  return Progress{.state = ReceiptState::kAccepted,
                  .receipt = *std::move(bytes),
                  .existed_by_s = token->existed_by_s(),
                  .detail = "not checked: no roots are configured"};
}

}  // namespace cairn::anchor
