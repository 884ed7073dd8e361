// Whatever a calendar answers, to a digest or about an upgrade: the receipt stays one that is
// readable, about our digest, and of a state that nobody could have proven.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "anchor/opentimestamps/opentimestamps.h"
#include "merkle/hash.h"

namespace cairn::anchor {
namespace {

namespace ots = evidence::ots;

constexpr char kCalendar[] = "https://a.calendar.example";

void CheckProgress(const absl::StatusOr<Progress>& progress, const Hash& digest) {
  if (!progress.ok()) return;
  const absl::StatusOr<ots::File> file = ots::Parse(progress->receipt);
  if (!file.ok() || file->digest != digest.view()) std::abort();
  // No block of the chain holds this digest, and its headers are known up to the tip.
  if (progress->state != ReceiptState::kSubmitted && progress->state != ReceiptState::kAccepted) {
    std::abort();
  }
}

void Check(absl::string_view body) {
  const Hash digest = merkle::Sha256("fuzz");
  const std::string request = "\x01" + std::string(16, 'n');
  OpenTimestampsOptions options;
  options.calendars = {kCalendar};
  options.required = 1;
  const auto backend = OpenTimestamps::Open(
      options,
      [&body](const HttpRequest&) -> absl::StatusOr<HttpAnswer> {
        return HttpAnswer{.status = 200, .body = std::string(body)};
      },
      std::make_unique<evidence::testing::BitcoinChain>());
  if (!backend.ok()) std::abort();
  CheckProgress((*backend)->Submit(digest, request), digest);

  ots::File file{.digest = std::string(digest.view())};
  file.timestamp.attestations.push_back(*ots::Attestation::Pending(kCalendar));
  const std::string receipt = *ots::Format(file);
  CheckProgress((*backend)->Poll(digest, request, receipt), digest);
}

}  // namespace
}  // namespace cairn::anchor

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cairn::anchor::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
