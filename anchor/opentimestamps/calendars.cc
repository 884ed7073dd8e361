#include "anchor/opentimestamps/calendars.h"

#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/public_text.h"
#include "merkle/note/text.h"

namespace cairn::anchor {
namespace {

namespace ots = evidence::ots;

constexpr size_t kMaxAnswerBytes = 10'000;
constexpr size_t kMaxQuotedBytes = 120;

// What a calendar says, fit for a log line: it could be anything.
std::string Quoted(absl::string_view body) {
  std::string text(absl::StripAsciiWhitespace(body.substr(0, kMaxQuotedBytes)));
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isprint(byte) || c == '"') c = '_';
  }
  return absl::StrCat("\"", text, "\"");
}

// Whether any attestation of the tree is one that is wanted.
template <typename Wanted>
bool Has(const ots::Timestamp& timestamp, absl::string_view message, Wanted wanted) {
  bool found = false;
  ots::Visit(timestamp, message,
             [&found, &wanted](const ots::Attestation& attestation,
                               std::optional<absl::string_view> over) {
               found = found || (over.has_value() && wanted(attestation));
             });
  return found;
}

absl::Status Of(const std::string& calendar, const absl::Status& status) {
  return Reworded(status, absl::StrCat(calendar, ": ", status.message()));
}

}  // namespace

absl::StatusOr<ots::Timestamp> Calendars::Submit(const std::string& calendar,
                                                 absl::string_view message) const {
  const HttpRequest request{.post = true,
                            .url = absl::StrCat(calendar, "/digest"),
                            .body = std::string(message),
                            .headers = {{"Accept", "application/vnd.opentimestamps.v1"},
                                        {"Content-Type", "application/octet-stream"}},
                            .deadline = deadline_,
                            .max_body_bytes = kMaxAnswerBytes};
  absl::StatusOr<ots::Timestamp> answer = Ask(request, calendar, message);
  if (!answer.ok()) return answer;
  const bool of_use = Has(*answer, message, [this](const ots::Attestation& attestation) {
    return attestation.kind() == ots::AttestationKind::kBitcoin ||
           (attestation.kind() == ots::AttestationKind::kPending &&
            allowed_.Find(attestation.uri()).ok());
  });
  if (!of_use) {
    return absl::InvalidArgumentError(
        absl::StrCat(calendar, ": its answer names no calendar that may be asked later"));
  }
  return answer;
}

absl::StatusOr<ots::Timestamp> Calendars::Upgrade(absl::string_view uri,
                                                  absl::string_view message) const {
  const absl::StatusOr<CalendarUrl> url = allowed_.Find(uri);
  if (!url.ok()) {
    return WithPublicText(
        absl::PermissionDeniedError(absl::StrCat(uri, ": ", url.status().message())),
        "a calendar that is not asked");
  }
  // As we read the URI, not as it is spelled: what was allowed is what is asked.
  const std::string calendar = url->Format();
  const HttpRequest request{.url = absl::StrCat(calendar, "/timestamp/", note::FormatHex(message)),
                            .headers = {{"Accept", "application/vnd.opentimestamps.v1"}},
                            .deadline = deadline_,
                            .max_body_bytes = kMaxAnswerBytes};
  absl::StatusOr<ots::Timestamp> answer = Ask(request, calendar, message);
  if (!answer.ok()) return answer;
  const bool of_use = Has(*answer, message, [](const ots::Attestation& attestation) {
    return attestation.kind() != ots::AttestationKind::kPending;
  });
  if (!of_use) {
    return WithPublicText(absl::NotFoundError(absl::StrCat(calendar, ": answers nothing new")),
                          "nothing new yet");
  }
  return answer;
}

absl::StatusOr<ots::Timestamp> Calendars::Ask(const HttpRequest& request,
                                              const std::string& calendar,
                                              absl::string_view message) const {
  const absl::StatusOr<HttpAnswer> answer = http_(request);
  if (!answer.ok()) return answer.status();
  const unsigned status = answer->status;
  if (status != 200) {
    const std::string said = absl::StrCat(calendar, " answers ", status, " ", Quoted(answer->body));
    if (status == 404) return WithPublicText(absl::NotFoundError(said), "nothing new yet");
    // Of the refusals, those that say "too slow" and "too often" pass.
    const bool for_good = status >= 400 && status < 500 && status != 408 && status != 429;
    return WithPublicText(
        for_good ? absl::FailedPreconditionError(said) : absl::UnavailableError(said),
        absl::StrCat("HTTP status ", status));
  }
  if (answer->body.size() > kMaxAnswerBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(calendar, ": answers more than ", kMaxAnswerBytes, " bytes"));
  }
  absl::StatusOr<ots::Timestamp> timestamp = ots::ParseTimestamp(answer->body, message);
  if (!timestamp.ok()) return Of(calendar, timestamp.status());
  return timestamp;
}

}  // namespace cairn::anchor
