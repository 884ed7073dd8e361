// Whatever parses is written back byte for byte, survives being merged and taken apart, and attests
// nothing that cannot be computed. Also read as a bare timestamp, as a calendar sends it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"

namespace cairn::evidence::ots {
namespace {

std::string Written(const Timestamp& timestamp, absl::string_view message) {
  const absl::StatusOr<std::string> bytes = FormatTimestamp(timestamp, message);
  if (!bytes.ok()) std::abort();
  return *bytes;
}

void CheckTree(const Timestamp& timestamp, absl::string_view message, absl::string_view bytes) {
  if (Written(timestamp, message) != bytes) std::abort();
  Timestamp twice = timestamp;
  Merge(timestamp, &twice);
  if (Written(twice, message) != bytes) std::abort();
  const auto nothing = [](const Attestation&, std::optional<absl::string_view>) { return false; };
  Remove(nothing, message, &twice);
  if (Written(twice, message) != bytes) std::abort();
  Visit(timestamp, message, [](const Attestation&, std::optional<absl::string_view> over) {
    if (over && (over->empty() || over->size() > kMaxMessageBytes)) std::abort();
  });
  // One only: each merge multiplies the tree, as a message may occur at many nodes.
  const auto pending = PendingAttestations(timestamp, message);
  if (!pending.empty() && !MergeAt(pending[0].message, timestamp, message, &twice).ok()) {
    std::abort();
  }
  const absl::StatusOr<BitcoinVerdict> verdict =
      JudgeBitcoin(BitcoinAttestations(timestamp, message), nullptr);
  if (verdict.ok() && verdict->state != BitcoinState::kNotProven) std::abort();
}

void Check(absl::string_view bytes) {
  if (const absl::StatusOr<File> file = Parse(bytes); file.ok()) {
    const absl::StatusOr<std::string> written = Format(*file);
    if (!written.ok() || *written != bytes) std::abort();
    const size_t header_bytes = 33 + file->digest.size();
    CheckTree(file->timestamp, file->digest, bytes.substr(header_bytes));
  }
  const std::string message(32, 'm');
  if (const absl::StatusOr<Timestamp> bare = ParseTimestamp(bytes, message); bare.ok()) {
    CheckTree(*bare, message, bytes);
  }
}

}  // namespace
}  // namespace cairn::evidence::ots

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cairn::evidence::ots::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
