#include "anchor/opentimestamps/opentimestamps.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/opentimestamps/calendar_url.h"
#include "anchor/public_text.h"

namespace cairn::anchor {
namespace {

namespace ots = evidence::ots;
using evidence::BitcoinState;
using evidence::BitcoinVerdict;

constexpr char kRequestVersion = 1;
constexpr size_t kNonceBytes = 16;
constexpr absl::string_view kHeightField = "{height}";

// With these, a receipt stays within what a file may have: 8 answers and 16 upgrades of 10,000
// bytes.
constexpr size_t kMaxCalendars = 8;
constexpr size_t kMaxAsked = 16;
// As many as are judged; see JudgeBitcoin.
constexpr size_t kMaxBitcoinAttestations = 64;

absl::Status CheckRequest(absl::string_view request) {
  if (request.size() == 1 + kNonceBytes && request[0] == kRequestVersion) return absl::OkStatus();
  return absl::InvalidArgumentError("OpenTimestamps: not a request of ours");
}

// What leads from the digest to the message that calendars see.
std::vector<ots::Op> Blinding(absl::string_view request) {
  return {{.code = ots::OpCode::kAppend, .argument = std::string(request.substr(1))},
          {.code = ots::OpCode::kSha256}};
}

// Worth asking again with the same request.
bool Passes(const absl::Status& status) {
  return !absl::IsInvalidArgument(status) && !absl::IsFailedPrecondition(status);
}

std::string Messages(const std::vector<absl::Status>& failures) {
  return absl::StrJoin(failures, "; ", [](std::string* out, const absl::Status& failure) {
    absl::StrAppend(out, failure.message());
  });
}

// For strangers.
std::string Kinds(const std::vector<absl::Status>& failures) {
  std::string kinds;
  for (const absl::Status& failure : failures) absl::StrAppend(&kinds, "; ", PublicText(failure));
  return kinds;
}

// What the operator wants to read of a success: not of calendars that wait, which is usual.
absl::Status TroubleOf(const std::vector<absl::Status>& failures) {
  for (const absl::Status& failure : failures) {
    if (absl::IsNotFound(failure)) continue;
    return absl::Status(failure.code(), absl::StrCat("OpenTimestamps: ", Messages(failures)));
  }
  return absl::OkStatus();
}

// One error for the failures of several calendars.
absl::Status Failed(const std::vector<absl::Status>& failures, absl::string_view what) {
  const bool passes = std::any_of(failures.begin(), failures.end(), Passes);
  const std::string reasons = Messages(failures);
  return WithPublicText(
      absl::Status(
          passes || failures.empty() ? absl::StatusCode::kUnavailable : failures.front().code(),
          absl::StrCat("OpenTimestamps: ", what, reasons.empty() ? "" : ": ", reasons)),
      absl::StrCat(what, Kinds(failures)));
}

absl::StatusOr<ots::File> ReadReceipt(absl::string_view receipt, const Hash& digest) {
  absl::StatusOr<ots::File> file = ots::Parse(receipt);
  if (!file.ok()) {
    return absl::DataLossError(absl::StrCat("stored receipt: ", file.status().message()));
  }
  if (file->digest_op != ots::OpCode::kSha256 || file->digest != digest.view()) {
    return absl::DataLossError("stored receipt: OpenTimestamps proof of another digest");
  }
  return file;
}

// Leaves `file` as it was where that would grow beyond what can be written or judged.
absl::Status MergeInto(const ots::PendingAttestation& pending, const ots::Timestamp& answer,
                       ots::File* file) {
  ots::File grown = *file;
  const absl::Status merged = ots::MergeAt(pending.message, answer, grown.digest, &grown.timestamp);
  if (!merged.ok()) return merged;
  if (!ots::Format(grown).ok() ||
      ots::BitcoinAttestations(grown.timestamp, grown.digest).size() > kMaxBitcoinAttestations) {
    return absl::InvalidArgumentError(
        absl::StrCat(pending.uri, ": its answer does not fit the receipt"));
  }
  *file = std::move(grown);
  return absl::OkStatus();
}

// Takes out the claims that another, true one replaces.
void RemoveContradicted(const BitcoinVerdict& verdict, ots::File* file) {
  const auto contradicted = [&verdict](const ots::Attestation& attestation,
                                       std::optional<absl::string_view> over) {
    if (attestation.kind() != ots::AttestationKind::kBitcoin || !over) return false;
    return std::any_of(verdict.contradicted.begin(), verdict.contradicted.end(),
                       [&](const ots::BitcoinAttestation& one) {
                         return one.height == attestation.height() && one.root.view() == *over;
                       });
  };
  ots::Remove(contradicted, file->digest, &file->timestamp);
}

}  // namespace

struct OpenTimestamps::Asked {
  bool merged = false;
  std::vector<absl::Status> said;  // What each calendar answered, or why it was not asked.
};

RandomBytes SystemRandom() {
  return [](size_t count) {
    std::string bytes(count, '\0');
    const int done =
        RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count));
    assert(done == 1 && "no randomness");
    (void)done;
    return bytes;
  };
}

absl::StatusOr<std::unique_ptr<OpenTimestamps>> OpenTimestamps::Open(
    OpenTimestampsOptions options, HttpExchange http,
    std::unique_ptr<evidence::BlockHeaders> headers, RandomBytes random) {
  if (options.calendars.empty() || options.calendars.size() > kMaxCalendars) {
    return absl::InvalidArgumentError(
        absl::StrCat("OpenTimestamps: 1 to ", kMaxCalendars, " calendars are possible"));
  }
  std::set<std::string> distinct;
  for (std::string& calendar : options.calendars) {
    const absl::StatusOr<CalendarUrl> url = ParseCalendarUrl(calendar);
    if (!url.ok()) {
      // Not named where it may hold a password.
      return absl::StrContains(calendar, '@')
                 ? url.status()
                 : absl::InvalidArgumentError(absl::StrCat(url.status().message(), ": ", calendar));
    }
    calendar = url->Format();
    distinct.insert(calendar);
  }
  if (distinct.size() != options.calendars.size()) {
    return absl::InvalidArgumentError("OpenTimestamps: a calendar is named twice");
  }
  if (options.required == 0 || options.required > options.calendars.size()) {
    return absl::InvalidArgumentError(absl::StrCat("OpenTimestamps: ", options.required, " of ",
                                                   options.calendars.size(),
                                                   " calendars cannot be required"));
  }
  if (options.min_depth == 0) {
    return absl::InvalidArgumentError("OpenTimestamps: a block is at least one deep");
  }
  if (!options.link.empty() && !absl::StrContains(options.link, kHeightField)) {
    return absl::InvalidArgumentError("OpenTimestamps: the link has no {height}");
  }
  std::vector<std::string> patterns = options.upgrade_from;
  patterns.insert(patterns.end(), options.calendars.begin(), options.calendars.end());
  absl::StatusOr<AllowedCalendars> allowed = AllowedCalendars::Parse(patterns);
  if (!allowed.ok()) return allowed.status();
  Calendars calendars(std::move(http), *std::move(allowed), options.deadline);
  return std::unique_ptr<OpenTimestamps>(new OpenTimestamps(
      std::move(options), std::move(calendars), std::move(headers), std::move(random)));
}

absl::StatusOr<std::string> OpenTimestamps::Prepare(const Hash&) {
  const std::string nonce = random_(kNonceBytes);
  assert(nonce.size() == kNonceBytes && "not as many random bytes as asked for");
  return absl::StrCat(absl::string_view(&kRequestVersion, 1), nonce);
}

absl::StatusOr<Progress> OpenTimestamps::Submit(const Hash& digest, absl::string_view request) {
  if (const absl::Status ours = CheckRequest(request); !ours.ok()) return ours;
  const std::vector<ots::Op> blinding = Blinding(request);
  const Hash message = merkle::Sha256(absl::StrCat(digest.view(), blinding[0].argument));
  ots::File file{.digest = std::string(digest.view())};
  std::set<std::string> answers;
  std::vector<absl::Status> failures;
  for (const std::string& calendar : options_.calendars) {
    absl::StatusOr<ots::Timestamp> answer = calendars_.Submit(calendar, message.view());
    absl::Status taken = answer.status();
    if (taken.ok()) taken = Vet(calendar, *answer, message.view());
    if (absl::IsCancelled(taken)) return taken;
    if (taken.ok()) {
      ots::Timestamp grown = file.timestamp;
      ots::Merge(ots::Under(blinding, *answer), &grown);
      // With the operations before it an answer may be a level too deep.
      const ots::File whole{.digest = file.digest, .timestamp = std::move(grown)};
      taken = ots::Format(whole).status();
      if (taken.ok()) file = whole;
    }
    if (taken.ok()) {
      answers.insert(*ots::FormatTimestamp(*answer, message.view()));
    } else {
      failures.push_back(taken);
    }
  }
  if (answers.size() < options_.required) {
    return Failed(failures, absl::StrCat(answers.size(), " of the ", options_.required,
                                         " calendars that are required took the digest"));
  }
  Progress progress{.state = ReceiptState::kSubmitted, .receipt = *ots::Format(file)};
  progress.detail =
      absl::StrCat(answers.size(), " of ", options_.calendars.size(), " calendars took the digest");
  absl::StrAppend(&progress.detail, Kinds(failures));
  progress.trouble = TroubleOf(failures);
  return progress;
}

absl::StatusOr<Progress> OpenTimestamps::Poll(const Hash& digest, absl::string_view request,
                                              absl::string_view receipt) {
  if (const absl::Status ours = CheckRequest(request); !ours.ok()) return ours;
  absl::StatusOr<ots::File> file = ReadReceipt(receipt, digest);
  if (!file.ok()) return file.status();
  absl::StatusOr<BitcoinVerdict> verdict = Judge(*file);
  if (!verdict.ok()) return verdict.status();
  // A block that holds it is all that calendars could tell us of.
  if (verdict->block) return Report(*file, verdict, Asked());
  const absl::StatusOr<Asked> asked = AskCalendars(&*file);
  if (!asked.ok()) return asked.status();
  if (asked->merged) verdict = Judge(*file);
  if (verdict.ok() && verdict->block && !verdict->contradicted.empty()) {
    RemoveContradicted(*verdict, &*file);
  }
  return Report(*file, verdict, *asked);
}

absl::StatusOr<BitcoinVerdict> OpenTimestamps::Judge(const ots::File& file) const {
  const absl::StatusOr<BitcoinVerdict> verdict = evidence::JudgeBitcoin(
      ots::BitcoinAttestations(file.timestamp, file.digest), headers_.get(), options_.min_depth);
  if (verdict.ok() || absl::IsCancelled(verdict.status())) return verdict;
  // Whatever ails the source says nothing of the receipt.
  return WithPublicText(
      absl::UnavailableError(absl::StrCat("Bitcoin headers: ", verdict.status().message())),
      absl::StrCat("Bitcoin headers: ", PublicText(verdict.status())));
}

absl::Status OpenTimestamps::Vet(absl::string_view calendar, const ots::Timestamp& answer,
                                 absl::string_view message) const {
  const std::vector<ots::BitcoinAttestation> blocks = ots::BitcoinAttestations(answer, message);
  if (blocks.size() > kMaxBitcoinAttestations) {
    return absl::InvalidArgumentError(
        absl::StrCat(calendar, ": names ", blocks.size(), " Bitcoin blocks"));
  }
  if (headers_ == nullptr) return absl::OkStatus();
  for (const ots::BitcoinAttestation& block : blocks) {
    const absl::StatusOr<evidence::BlockHeader> header = headers_->At(block.height);
    if (absl::IsCancelled(header.status())) return header.status();
    // Unknown by now: the answer is kept, and judged when there is something to judge it by.
    if (header.ok() && header->merkle_root != block.root) {
      return absl::InvalidArgumentError(absl::StrCat(
          calendar, ": names Bitcoin block ", block.height, ", which has another Merkle root"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<OpenTimestamps::Asked> OpenTimestamps::AskCalendars(ots::File* file) const {
  Asked asked;
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<absl::Status> unanswered;
  bool answered = false;
  for (const ots::PendingAttestation& pending :
       ots::PendingAttestations(file->timestamp, file->digest)) {
    // Without headers, any block has to do. With them none was found to hold the digest: those that
    // calendars have named may be gone, or never come.
    if (pending.upgraded && headers_ == nullptr) continue;
    if (!seen.emplace(pending.uri, pending.message).second) continue;
    if (seen.size() > kMaxAsked) break;
    const absl::StatusOr<ots::Timestamp> answer = calendars_.Upgrade(pending.uri, pending.message);
    absl::Status taken = answer.status();
    if (taken.ok()) taken = Vet(pending.uri, *answer, pending.message);
    if (taken.ok()) taken = MergeInto(pending, *answer, file);
    if (absl::IsCancelled(taken)) return taken;
    asked.merged |= taken.ok();
    if (taken.ok()) continue;
    asked.said.push_back(taken);
    // "Pending", "not found" and "may not be asked" are answers; so is what is malformed, since
    // waiting for that calendar keeps nobody from the others.
    if (absl::IsUnavailable(taken) || absl::IsDeadlineExceeded(taken) ||
        absl::IsResourceExhausted(taken)) {
      unanswered.push_back(taken);
    } else {
      answered = true;
    }
  }
  const bool has_bitcoin = !ots::BitcoinAttestations(file->timestamp, file->digest).empty();
  if (!asked.merged && !answered && !unanswered.empty() && !has_bitcoin) {
    return Failed(unanswered, "no calendar answers");
  }
  return asked;
}

absl::StatusOr<Progress> OpenTimestamps::Report(const ots::File& file,
                                                const absl::StatusOr<BitcoinVerdict>& verdict,
                                                const Asked& asked) const {
  absl::StatusOr<std::string> receipt = ots::Format(file);
  if (!receipt.ok()) return receipt.status();
  Progress progress{.receipt = *std::move(receipt)};
  const bool has_bitcoin = !ots::BitcoinAttestations(file.timestamp, file.digest).empty();
  if (!verdict.ok()) {
    // There is something new to be stored; the next Poll asks the source of headers again.
    progress.state = ReceiptState::kAccepted;
    progress.detail = PublicText(verdict.status());
    progress.trouble = verdict.status();
  } else {
    progress.detail = verdict->detail;
    if (verdict->block) {
      progress.state =
          verdict->state == BitcoinState::kProven ? ReceiptState::kFinal : ReceiptState::kConfirmed;
      progress.confirmations = verdict->block->depth;
      progress.existed_by_s = verdict->block->time_s;
    } else if (!verdict->contradicted.empty()) {
      // Also when another block is still to come: that somebody names one must not hide this.
      progress.state = ReceiptState::kReorganised;
    } else if (has_bitcoin) {
      progress.state = ReceiptState::kAccepted;
    }
  }
  absl::StrAppend(&progress.detail, Kinds(asked.said));
  if (progress.trouble.ok()) progress.trouble = TroubleOf(asked.said);
  return progress;
}

std::string OpenTimestamps::Link(absl::string_view receipt) const {
  const absl::StatusOr<ots::File> file = ots::Parse(receipt);
  if (options_.link.empty() || !file.ok()) return "";
  const auto blocks = ots::BitcoinAttestations(file->timestamp, file->digest);
  if (blocks.empty()) return "";
  return absl::StrReplaceAll(options_.link, {{kHeightField, absl::StrCat(blocks.front().height)}});
}

}  // namespace cairn::anchor
