#include "tools/cairn/trust.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

// Headers of all blocks there are, and more.
constexpr size_t kMaxHeadersBytes = size_t{1} << 30;
constexpr size_t kMaxRootsBytes = size_t{4} << 20;

// What --tsa_roots names.
constexpr char kTsaRootsAuthority[] = "tsa";

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
  command
      .Add("--authority", options->authorities,
           "NAME=ROOTS.pem: a time-stamp authority that you trust, under a name of yours, and its "
           "roots. May be repeated; each vouches once, whatever a file calls its receipts")
      .Repeatable();
  command.Add(Spellings("tsa_roots"), options->tsa_roots,
              "ROOTS.pem: the same as --authority tsa=ROOTS.pem");
  command.Add("--headers", options->headers,
              "File of Bitcoin block headers from a source that you trust, which is the authority "
              "`bitcoin`; see docs/formats.md");
}

absl::StatusOr<std::unique_ptr<Trust>> Trust::Read(const TrustOptions& options) {
  if (options.log_key.empty() && options.policy.empty()) {
    Misused("give --log_key VKEY, or --policy FILE with the log in it");
  }
  auto trust = std::unique_ptr<Trust>(new Trust);
  trust->now_s_ = options.now_s.value_or(static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now())));
  if (!options.log_key.empty()) {
    const absl::StatusOr<note::VerifierKey> log_key = ParseLogKey(options.log_key);
    if (!log_key.ok()) Misused(std::string(log_key.status().message()));
    trust->log_key_ = *log_key;
  }
  if (!options.policy.empty()) {
    if (absl::Status read = trust->ReadPolicyFile(options.policy); !read.ok()) return read;
  }
  if (absl::Status read = trust->ReadAuthorities(options); !read.ok()) return read;
  if (!options.headers.empty()) {
    if (absl::Status read = trust->ReadHeaders(options.headers); !read.ok()) return read;
  }
  return trust;
}

absl::StatusOr<std::string> Trust::ReadInput(TrustInput input, size_t max_bytes) {
  absl::StatusOr<std::string> bytes = ReadFile(input.path, max_bytes);
  if (!bytes.ok()) return bytes.status();
  input.sha256 = merkle::Sha256(*bytes);
  inputs_.push_back(std::move(input));
  return bytes;
}

absl::Status Trust::ReadPolicyFile(const std::string& path) {
  const absl::StatusOr<std::string> text =
      ReadInput({.role = "policy", .path = path}, note::kMaxPolicyBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<note::Policy> policy = note::Policy::Parse(*text);
  if (!policy.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", policy.status().message()));
  }
  policy_ = std::make_shared<const note::Policy>(*std::move(policy));
  return absl::OkStatus();
}

absl::Status Trust::ReadAuthorities(const TrustOptions& options) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& text : options.authorities) {
    const size_t split = text.find('=');
    if (split == std::string::npos || split + 1 == text.size()) {
      Misused(absl::StrCat("--authority: `", text, "` is not NAME=ROOTS.pem"));
    }
    files.emplace_back(text.substr(0, split), text.substr(split + 1));
  }
  if (!options.tsa_roots.empty()) files.emplace_back(kTsaRootsAuthority, options.tsa_roots);
  std::vector<std::pair<std::string, const rfc3161::Verifier*>> named;
  for (const auto& [name, path] : files) {
    const absl::StatusOr<std::string> pem =
        ReadInput({.role = "authority", .name = name, .path = path}, kMaxRootsBytes);
    if (!pem.ok()) return pem.status();
    absl::StatusOr<std::unique_ptr<rfc3161::Verifier>> roots =
        rfc3161::Verifier::Create({.certificates_pem = *pem});
    if (roots.ok() && !(*roots)->has_roots()) {
      roots = absl::InvalidArgumentError("holds no certificate");
    }
    if (!roots.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", roots.status().message()));
    }
    authorities_.push_back({.name = name, .roots = *std::move(roots)});
    named.emplace_back(name, authorities_.back().roots.get());
  }
  if (absl::Status good = evidence::CheckAuthorities(named); !good.ok()) {
    Misused(absl::StrCat("--authority: ", good.message()));
  }
  std::sort(authorities_.begin(), authorities_.end(),
            [](const NamedAuthority& a, const NamedAuthority& b) { return a.name < b.name; });
  for (NamedAuthority& authority : authorities_) {
    authority.time_stamps = std::make_unique<rfc3161::CachingVerifier>(authority.roots.get());
  }
  return absl::OkStatus();
}

absl::Status Trust::ReadHeaders(const std::string& path) {
  const absl::StatusOr<std::string> text =
      ReadInput({.role = "headers", .path = path}, kMaxHeadersBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::unique_ptr<evidence::BitcoinHeadersFile>> headers =
      evidence::BitcoinHeadersFile::Parse(*text);
  if (!headers.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", headers.status().message()));
  }
  headers_ = *std::move(headers);
  if (const absl::StatusOr<uint64_t> tip = headers_->TipHeight(); tip.ok()) {
    inputs_.back().tip = *tip;
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
  evidence::AnchorTrust trust{.headers = headers_.get(), .now_s = now_s_};
  for (const NamedAuthority& authority : authorities_) {
    trust.authorities.push_back({authority.name, authority.time_stamps.get()});
  }
  return trust;
}

std::unique_ptr<Trust> Trust::ForAnotherThread() const {
  auto trust = std::unique_ptr<Trust>(new Trust);
  trust->log_key_ = log_key_;
  trust->policy_ = policy_;
  trust->now_s_ = now_s_;
  trust->inputs_ = inputs_;
  // Headers in memory: looking one up changes nothing.
  trust->headers_ = headers_;
  for (const NamedAuthority& authority : authorities_) {
    trust->authorities_.push_back(
        {authority.name, authority.roots,
         std::make_unique<rfc3161::CachingVerifier>(authority.roots.get())});
  }
  return trust;
}

}  // namespace cairn::cli
