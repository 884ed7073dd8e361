#include "tools/cairn/trust.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

// Headers of all blocks there are, and more.
constexpr size_t kMaxHeadersBytes = size_t{1} << 30;
constexpr size_t kMaxRootsBytes = size_t{4} << 20;

std::optional<note::VerifierKey> LogOf(const evidence::Evidence& evidence,
                                       const note::Policy& policy, evidence::NoteVerifier& notes) {
  std::optional<note::VerifierKey> key;
  const std::string& note = evidence.proof.checkpoint;
  for (const size_t log : policy.LogsOf(note.substr(0, note.find('\n')))) {
    key = policy.logs()[log].key;
    if (notes.SignedBy(note, *key).ok()) break;
  }
  return key;
}

}  // namespace

void AddTrustOptions(Subcommand command, TrustOptions* options) {
  command.Add(Spellings("log_key"), options->log_key,
              "The log's vkey; by default that of the policy");
  command.Add("--policy", options->policy,
              "Trust policy (C2SP tlog-policy): its witnesses must have cosigned");
  AddAnchorTrustOptions(command, options);
}

void AddAnchorTrustOptions(Subcommand command, TrustOptions* options) {
  command.Add(Spellings("tsa_roots"), options->tsa_roots,
              "PEM file of the time-stamp authorities' roots that you trust");
  command.Add("--headers", options->headers,
              "File of Bitcoin block headers from a source that you trust; see "
              "docs/formats.md");
}

absl::StatusOr<std::unique_ptr<Trust>> Trust::Read(const TrustOptions& options) {
  if (options.log_key.empty() && options.policy.empty()) {
    Misused("give --log_key VKEY, or --policy FILE with the log in it");
  }
  auto trust = std::unique_ptr<Trust>(new Trust);
  if (!options.log_key.empty()) {
    const absl::StatusOr<note::VerifierKey> log_key = ParseLogKey(options.log_key);
    if (!log_key.ok()) Misused(std::string(log_key.status().message()));
    trust->log_key_ = *log_key;
  }
  if (!options.policy.empty()) {
    absl::StatusOr<note::Policy> policy = ReadPolicy(options.policy);
    if (!policy.ok()) return policy.status();
    trust->policy_ = std::make_shared<const note::Policy>(*std::move(policy));
  }
  if (const absl::Status read = trust->ReadAnchors(options); !read.ok()) return read;
  return trust;
}

absl::Status Trust::ReadAnchors(const TrustOptions& options) {
  if (!options.tsa_roots.empty()) {
    const absl::StatusOr<std::string> pem = ReadFile(options.tsa_roots, kMaxRootsBytes);
    if (!pem.ok()) return pem.status();
    absl::StatusOr<std::unique_ptr<rfc3161::Verifier>> roots =
        rfc3161::Verifier::Create({.certificates_pem = *pem});
    if (!roots.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(options.tsa_roots, ": ", roots.status().message()));
    }
    time_stamp_roots_ = *std::move(roots);
    time_stamps_ = std::make_unique<rfc3161::CachingVerifier>(time_stamp_roots_.get());
  }
  if (!options.headers.empty()) {
    const absl::StatusOr<std::string> text = ReadFile(options.headers, kMaxHeadersBytes);
    if (!text.ok()) return text.status();
    absl::StatusOr<std::unique_ptr<evidence::BitcoinHeadersFile>> headers =
        evidence::BitcoinHeadersFile::Parse(*text);
    if (!headers.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(options.headers, ": ", headers.status().message()));
    }
    headers_ = *std::move(headers);
  }
  return absl::OkStatus();
}

evidence::VerifyOptions Trust::For(const evidence::Evidence& evidence) const {
  evidence::VerifyOptions options;
  options.log_key = log_key_;
  if (!options.log_key && policy_ != nullptr) options.log_key = LogOf(evidence, *policy_, *notes_);
  options.policy = policy_;
  options.anchors = anchors();
  options.notes = notes_.get();
  return options;
}

evidence::AnchorTrust Trust::anchors() const {
  return {.time_stamps = time_stamps_.get(), .headers = headers_.get()};
}

std::unique_ptr<Trust> Trust::ForAnotherThread() const {
  auto trust = std::unique_ptr<Trust>(new Trust);
  trust->log_key_ = log_key_;
  trust->policy_ = policy_;
  trust->time_stamp_roots_ = time_stamp_roots_;
  // Headers in memory: looking one up changes nothing.
  trust->headers_ = headers_;
  if (time_stamp_roots_ != nullptr) {
    trust->time_stamps_ = std::make_unique<rfc3161::CachingVerifier>(time_stamp_roots_.get());
  }
  return trust;
}

}  // namespace cairn::cli
