#include "tools/load/options.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "tools/load/statements.h"

namespace cairn::load {
namespace {

constexpr uint32_t kMaxInFlight = 65'536;
constexpr uint32_t kMaxStreams = 1024;
constexpr uint32_t kMaxThreads = 64;
constexpr uint64_t kMaxPresigned = 20'000'000;

absl::Status Wrong(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::Status CheckNumbers(const Options& options) {
  if (options.in_flight > kMaxInFlight) {
    return Wrong(absl::StrCat("--in_flight is at most ", kMaxInFlight));
  }
  if (options.streams > kMaxStreams) {
    return Wrong(absl::StrCat("--streams is at most ", kMaxStreams));
  }
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return Wrong(absl::StrCat("--threads takes 1 to ", kMaxThreads));
  }
  if (options.batch < 1 || options.batch > entry::kMaxBatchSize) {
    return Wrong(absl::StrCat("--batch takes 1 to ", entry::kMaxBatchSize));
  }
  if (options.rate && !(*options.rate >= 0.01 && *options.rate <= 1e8)) {
    return Wrong("--rate takes 0.01 to 100,000,000 entries a second");
  }
  if (options.seconds && !(*options.seconds > 0 && *options.seconds <= 1e6)) {
    return Wrong("--seconds takes more than 0, and at most 1,000,000");
  }
  if (options.entries && *options.entries == 0) return Wrong("--entries is at least 1");
  if (options.duplicates < 0 || options.duplicates > 0.99) {
    return Wrong("--duplicates is a share, 0 to 0.99: the rest must be new");
  }
  if (options.hashes < 1) return Wrong("--hashes is at least 1");
  if (options.presign > kMaxPresigned) {
    return Wrong(absl::StrCat("--presign is at most ", kMaxPresigned));
  }
  return absl::OkStatus();
}

absl::Status CheckSense(const Options& options) {
  if (options.signing != Signing::kNone && options.signing_key == nullptr) {
    return Wrong("signed statements need --signing_key");
  }
  if (options.signing == Signing::kBatch && options.mode != Mode::kStream) {
    return Wrong("--signatures batch needs --mode stream: a unary call has one statement");
  }
  if (options.presign > 0 && options.signing != Signing::kSingle) {
    return Wrong("--presign needs --signing_key and --signatures single");
  }
  if (options.mode == Mode::kProof && options.duplicates > 0) {
    return Wrong("--duplicates goes with appends; --mode proof sends none");
  }
  if (options.unchecked && options.duplicates > 0) {
    return Wrong("--unchecked takes no --duplicates: only a log knows them");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Complete(Options& options) {
  if (absl::Status good = CheckNumbers(options); !good.ok()) return good;
  if (absl::Status good = CheckSense(options); !good.ok()) return good;
  const bool stream = options.mode == Mode::kStream;
  if (options.in_flight == 0) options.in_flight = stream ? 8 : 256;
  if (options.streams == 0) options.streams = static_cast<uint32_t>(options.channels.size());
  const size_t lanes = stream ? options.streams : options.channels.size();
  options.threads = std::min<uint32_t>(options.threads, static_cast<uint32_t>(lanes));
  if (!options.seconds && !options.entries) options.seconds = 10;
  return CheckEntryBytes(options.entry_bytes, options.certifier);
}

}  // namespace cairn::load
