#include "ledger/server/preflight.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ledger/server/anchoring.h"
#include "ledger/server/declare.h"
#include "ledger/server/tls_files.h"
#include "merkle/entry/certifiers.h"
#include "merkle/note/policy.h"

namespace cairn::server {
namespace {

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

// 0, or why a listener could not bind it. Only bound, never listening: whoever listens afterwards
// is not in the way of it.
int TryToBind(const addrinfo& address) {
  const int fd = socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol);
  if (fd < 0) return errno;
  // As the listeners do: what is left of ended connections is no obstacle, a listener is.
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int failed = bind(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  close(fd);
  return failed;
}

absl::Status CheckPort(absl::string_view field, const http::Address& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code =
      getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, AddressListDeleter> list(found);
  if (code != 0) {
    return absl::UnavailableError(
        absl::StrCat(field, ": cannot listen on ", address.Format(), ": ", gai_strerror(code)));
  }
  int failed = 0;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    failed = TryToBind(*one);
    if (failed == 0) return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat(field, ": cannot listen on ", address.Format(), ": ",
                   failed == EADDRINUSE ? "the port is taken" : std::strerror(failed)));
}

bool IsHttpUrl(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "https://") && !absl::ConsumePrefix(&url, "http://")) return false;
  return !url.empty() && url.front() != '/' && url.front() != ':';
}

void CheckPolicy(const PublishSettings& publish, const note::CheckpointSigner& signer,
                 Preflight& out) {
  const auto& witnesses = publish.policy.witnesses();
  note::WitnessSet reachable(witnesses.size(), false);
  for (size_t i = 0; i < witnesses.size(); ++i) {
    const note::PolicyWitness& witness = witnesses[i];
    const std::string who = absl::StrCat("witness policy: witness `", witness.name, "` ");
    for (const note::VerifierKey& own : signer.verifier_keys()) {
      if (own.public_key() != witness.key.public_key()) continue;
      out.errors.push_back(absl::InvalidArgumentError(
          absl::StrCat(who, "has the log's own key, and would vouch for itself: take it out")));
    }
    if (!witness.url.has_value()) {
      out.warnings.push_back(absl::StrCat(who, "has no URL, and is never asked"));
      continue;
    }
    // The URL is not repeated: it may carry a password.
    if (!IsHttpUrl(*witness.url)) {
      out.errors.push_back(absl::InvalidArgumentError(
          absl::StrCat(who, "has a URL that does not begin with http:// or https:// and a host")));
    }
    reachable[i] = true;
  }
  if (publish.policy.needs_none() || publish.policy.IsQuorum(reachable)) return;
  out.errors.push_back(absl::InvalidArgumentError(
      "witness policy: the witnesses that have a URL cannot meet its quorum"));
}

// Where nothing is yet, so that a log that could not be is not begun.
void CheckNewLog(const Settings& settings, Preflight& out) {
  std::string path = settings.data_dir;
  // Or the directory itself would count as the one above it.
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  std::error_code error;
  const std::filesystem::path directory = path;
  if (std::filesystem::exists(directory, error)) return;
  const std::filesystem::path parent = std::filesystem::absolute(directory, error).parent_path();
  if (!std::filesystem::is_directory(parent, error)) {
    out.errors.push_back(absl::NotFoundError(absl::StrCat("data_dir: ", settings.data_dir,
                                                          " cannot be made: ", parent.string(),
                                                          " is no directory; make that first")));
  } else if (access(parent.c_str(), W_OK | X_OK) != 0) {
    out.errors.push_back(absl::PermissionDeniedError(
        absl::StrCat("data_dir: ", settings.data_dir, " cannot be made: ", std::strerror(errno))));
  }
  const absl::Status declared =
      PlanCertifiers(entry::CertifierRegistry(settings.origin), settings.certifiers).status();
  if (!declared.ok()) out.errors.push_back(declared);
}

}  // namespace

Preflight CheckBeforeStart(const Settings& settings, const note::CheckpointSigner& signer,
                           uint64_t now_s) {
  Preflight out;
  const auto take = [&out](const absl::Status& checked) {
    if (!checked.ok()) out.errors.push_back(checked);
  };
  if (settings.tls.has_value()) {
    absl::StatusOr<std::vector<std::string>> warnings = CheckTlsFiles(*settings.tls, now_s);
    take(warnings.status());
    if (warnings.ok()) out.warnings = *std::move(warnings);
  }
  if (settings.publish.has_value()) CheckPolicy(*settings.publish, signer, out);
  if (settings.anchoring.has_value()) take(CheckAnchors(*settings.anchoring));
  CheckNewLog(settings, out);
  take(CheckPort("grpc_address", settings.address));
  if (settings.http_address.has_value()) take(CheckPort("http_address", *settings.http_address));
  return out;
}

}  // namespace cairn::server
