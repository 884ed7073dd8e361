#include "ledger/server/caller.h"

#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/auth_context.h"
#include "openssl/bio.h"
#include "openssl/crypto.h"
#include "openssl/pem.h"

namespace cairn::server {
namespace {

constexpr char kScheme[] = "Bearer ";

std::string ToString(const grpc::string_ref& text) { return {text.data(), text.size()}; }

// SHA-256 of the DER bytes in a PEM certificate; nullopt when there is none.
std::optional<Hash> Fingerprint(const grpc::string_ref& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  if (bio == nullptr || PEM_read_bio(bio.get(), &name, &header, &der, &size) != 1) return {};
  const Hash hash = merkle::Sha256(absl::string_view(reinterpret_cast<char*>(der), size));
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(der);
  return hash;
}

bool Equal(const Hash& a, const Hash& b) {
  return CRYPTO_memcmp(a.bytes.data(), b.bytes.data(), Hash::kSize) == 0;
}

// Looks at all of them, found or not.
bool AnyEqual(const std::vector<Hash>& known, const Hash& shown) {
  bool found = false;
  for (const Hash& hash : known) found |= Equal(hash, shown);
  return found;
}

bool HasCertificate(const CertifierSettings& certifier, const Credentials& credentials) {
  if (AnyEqual(certifier.client_certificate_sha256, *credentials.certificate_sha256)) return true;
  return std::any_of(credentials.certificate_san.begin(), credentials.certificate_san.end(),
                     [&certifier](const std::string& san) {
                       return std::find(certifier.client_certificate_san.begin(),
                                        certifier.client_certificate_san.end(),
                                        san) != certifier.client_certificate_san.end();
                     });
}

}  // namespace

Credentials ReadCredentials(const grpc::ServerContextBase& context) {
  Credentials credentials;
  const auto headers = context.client_metadata().equal_range("authorization");
  for (auto it = headers.first; it != headers.second; ++it) {
    credentials.authorization.push_back(ToString(it->second));
  }
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return credentials;
  for (const grpc::string_ref& pem : auth->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME)) {
    credentials.certificate_sha256 = Fingerprint(pem);
  }
  for (const char* property : {GRPC_PEER_DNS_PROPERTY_NAME, GRPC_PEER_URI_PROPERTY_NAME}) {
    for (const grpc::string_ref& san : auth->FindPropertyValues(property)) {
      credentials.certificate_san.push_back(ToString(san));
    }
  }
  return credentials;
}

absl::StatusOr<std::string> CallerDirectory::ByToken(
    const std::vector<std::string>& authorization) const {
  const absl::string_view header = authorization.front();
  const absl::string_view token = header.substr(std::min(header.size(), sizeof kScheme - 1));
  if (authorization.size() != 1 || !absl::StartsWithIgnoreCase(header, kScheme) || token.empty()) {
    return absl::UnauthenticatedError("send one header `authorization: Bearer TOKEN`");
  }
  const Hash shown = merkle::Sha256(token);
  const std::string* found = nullptr;
  for (const CertifierSettings& certifier : certifiers_) {
    if (AnyEqual(certifier.token_sha256, shown)) found = &certifier.name;
  }
  if (found != nullptr) return *found;
  return absl::UnauthenticatedError(
      "the token is not one of this log's certifiers; check the token, or ask the log's operator");
}

absl::StatusOr<Caller> CallerDirectory::Identify(const Credentials& credentials) const {
  Caller caller;
  if (!credentials.authorization.empty()) {
    absl::StatusOr<std::string> name = ByToken(credentials.authorization);
    if (!name.ok()) return name.status();
    caller.certifier = *std::move(name);
  }
  if (!credentials.certificate_sha256.has_value()) return caller;
  for (const CertifierSettings& certifier : certifiers_) {
    if (!HasCertificate(certifier, credentials)) continue;
    if (caller.certifier.has_value() && *caller.certifier != certifier.name) {
      return absl::UnauthenticatedError(
          "the credentials shown belong to two certifiers; show those of one");
    }
    caller.certifier = certifier.name;
  }
  return caller;
}

}  // namespace cairn::server
