#include "tools/cairn/trust.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "anchor/evidence/x509.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

// Headers of all blocks there are, and more.
constexpr size_t kMaxHeadersBytes = size_t{1} << 30;
constexpr size_t kMaxRootsBytes = size_t{4} << 20;
constexpr size_t kMaxCrlBytes = size_t{16} << 20;

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
  command
      .Add(Spellings("authority_not_after"), options->authority_not_after,
           "NAME=TIME: the key of that authority was given up, or may have been lost, at TIME "
           "(2026-01-02T03:04:05Z): what it signed then counts only where a renewal by another "
           "authority proves that it is older. May be repeated")
      .Repeatable();
  command
      .Add("--crl", options->crls,
           "Revocation list of an issuer of the authorities' certificates, PEM or DER, beside "
           "those in the evidence. May be repeated")
      .Repeatable();
  command.AddFlag(Spellings("require_revocation"), options->require_revocation,
                  "A time stamp proves only when every certificate below the root has a revocation "
                  "list made at or after its time");
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
  const absl::StatusOr<std::vector<std::string>> crls = ReadCrls(options.crls);
  if (!crls.ok()) return crls.status();
  std::vector<std::pair<std::string, const rfc3161::Verifier*>> named;
  for (const auto& [name, path] : files) {
    const absl::StatusOr<std::string> pem =
        ReadInput({.role = "authority", .name = name, .path = path}, kMaxRootsBytes);
    if (!pem.ok()) return pem.status();
    absl::StatusOr<std::unique_ptr<rfc3161::Verifier>> roots =
        rfc3161::Verifier::Create({.certificates_pem = *pem,
                                   .crls = *crls,
                                   .require_revocation = options.require_revocation});
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
  ReadNotAfter(options);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Trust::ReadCrls(const std::vector<std::string>& paths) {
  std::vector<std::string> all;
  for (const std::string& path : paths) {
    const absl::StatusOr<std::string> bytes =
        ReadInput({.role = "crl", .path = path}, kMaxCrlBytes);
    if (!bytes.ok()) return bytes.status();
    const absl::StatusOr<std::vector<std::string>> lists = rfc3161::ReadCrls(*bytes);
    if (!lists.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", lists.status().message()));
    }
    all.insert(all.end(), lists->begin(), lists->end());
    crl_files_.insert(crl_files_.end(), lists->size(), path);
  }
  crls_used_ = std::make_shared<std::vector<std::atomic<bool>>>(all.size());
  return all;
}

void Trust::MarkUsed(const std::set<size_t>& crls) const {
  for (const size_t place : crls) (*crls_used_)[place] = true;
}

std::vector<std::string> Trust::UnusedCrls() const {
  std::vector<std::string> unused;
  for (size_t i = 0; i < crl_files_.size(); ++i) {
    if (!(*crls_used_)[i]) unused.push_back(crl_files_[i]);
  }
  unused.erase(std::unique(unused.begin(), unused.end()), unused.end());
  return unused;
}

void Trust::ReadNotAfter(const TrustOptions& options) {
  for (const std::string& text : options.authority_not_after) {
    const size_t split = text.find('=');
    absl::Time time;
    std::string error;
    if (split == std::string::npos ||
        !absl::ParseTime(absl::RFC3339_full, text.substr(split + 1), &time, &error) ||
        time < absl::UnixEpoch()) {
      Misused(absl::StrCat("--authority_not_after: `", text,
                           "` is not NAME=TIME, as in tsa=2026-01-02T03:04:05Z"));
    }
    const auto authority =
        std::find_if(authorities_.begin(), authorities_.end(),
                     [&](const NamedAuthority& one) { return one.name == text.substr(0, split); });
    if (authority == authorities_.end()) {
      Misused(absl::StrCat("--authority_not_after: no --authority is named `",
                           text.substr(0, split), "`"));
    }
    if (authority->not_after_s) {
      Misused(absl::StrCat("--authority_not_after: `", authority->name, "` is given twice"));
    }
    authority->not_after_s = static_cast<uint64_t>(absl::ToUnixSeconds(time));
  }
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
    trust.authorities.push_back(
        {authority.name, authority.time_stamps.get(), authority.not_after_s});
  }
  return trust;
}

std::unique_ptr<Trust> Trust::ForAnotherThread() const {
  auto trust = std::unique_ptr<Trust>(new Trust);
  trust->log_key_ = log_key_;
  trust->policy_ = policy_;
  trust->now_s_ = now_s_;
  trust->inputs_ = inputs_;
  trust->crl_files_ = crl_files_;
  trust->crls_used_ = crls_used_;
  // Headers in memory: looking one up changes nothing.
  trust->headers_ = headers_;
  for (const NamedAuthority& authority : authorities_) {
    trust->authorities_.push_back(
        {authority.name, authority.roots,
         std::make_unique<rfc3161::CachingVerifier>(authority.roots.get()), authority.not_after_s});
  }
  return trust;
}

}  // namespace cairn::cli
