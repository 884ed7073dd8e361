#include "anchor/evidence/x509.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/der.h"

namespace cairn::rfc3161 {
namespace {

constexpr size_t kMaxPemCertificates = 64;
constexpr size_t kMaxNameBytes = 256;

using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;

// Reads with one of OpenSSL's d2i functions; what it leaves over is malformed.
template <typename Handle, typename Read>
absl::StatusOr<Handle> ParseDer(Read read, absl::string_view der, absl::string_view what) {
  if (absl::Status status = der::CheckForm(der); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": ", status.message()));
  }
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  Handle made(read(nullptr, &at, static_cast<long>(der.size())));  // NOLINT(google-runtime-int)
  ERR_clear_error();
  if (made == nullptr || at != end) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": malformed"));
  }
  return made;
}

bool KeepsPastSignatures(int reason) {
  return reason == CRL_REASON_UNSPECIFIED || reason == CRL_REASON_AFFILIATION_CHANGED ||
         reason == CRL_REASON_SUPERSEDED || reason == CRL_REASON_CESSATION_OF_OPERATION;
}

bool IsRevoked(X509_REVOKED& entry, uint64_t signed_at_s) {
  int critical = 0;
  const std::unique_ptr<ASN1_ENUMERATED, Freer<ASN1_ENUMERATED_free>> reason(
      static_cast<ASN1_ENUMERATED*>(
          X509_REVOKED_get_ext_d2i(&entry, NID_crl_reason, &critical, nullptr)));
  if (reason == nullptr ||
      !KeepsPastSignatures(static_cast<int>(ASN1_ENUMERATED_get(reason.get())))) {
    return true;
  }
  const int order = ASN1_TIME_cmp_time_t(X509_REVOKED_get0_revocationDate(&entry),
                                         static_cast<time_t>(signed_at_s));
  return order != 1;  // Not later than the signature, or not readable.
}

// Which certificates a CRL lists, if it can be read here at all.
struct Scope {
  bool readable = true;       // Its entries are about certificates of its own issuer.
  bool complete_ca = true;    // CA certificates that are not in it are not revoked.
  bool complete_user = true;  // Likewise of others.
};

Scope ScopeOf(X509_CRL& crl) {
  Scope scope;
  for (int i = 0; i < X509_CRL_get_ext_count(&crl); ++i) {
    X509_EXTENSION* extension = X509_CRL_get_ext(&crl, i);
    const bool point =
        OBJ_obj2nid(X509_EXTENSION_get_object(extension)) == NID_issuing_distribution_point;
    if (X509_EXTENSION_get_critical(extension) != 0 && !point) {
      scope.complete_ca = scope.complete_user = false;
    }
  }
  int critical = 0;
  const std::unique_ptr<ISSUING_DIST_POINT, Freer<ISSUING_DIST_POINT_free>> point(
      static_cast<ISSUING_DIST_POINT*>(
          X509_CRL_get_ext_d2i(&crl, NID_issuing_distribution_point, &critical, nullptr)));
  if (point == nullptr) {
    if (critical != -1) scope.readable = false;  // It is there and broken, or there twice.
    return scope;
  }
  if (point->indirectCRL != 0) scope.readable = false;
  if (point->onlyattr != 0 || point->onlysomereasons != nullptr) {
    scope.complete_ca = scope.complete_user = false;
  }
  if (point->onlyuser != 0) scope.complete_ca = false;
  if (point->onlyCA != 0) scope.complete_user = false;
  return scope;
}

bool IsSignedBy(X509_CRL& crl, X509& issuer) {
  if (X509_NAME_cmp(X509_CRL_get_issuer(&crl), X509_get_subject_name(&issuer)) != 0) return false;
  // All bits where the certificate does not restrict what its key is for.
  if ((X509_get_key_usage(&issuer) & KU_CRL_SIGN) == 0) return false;
  EVP_PKEY* key = X509_get0_pubkey(&issuer);
  const bool good = key != nullptr && X509_CRL_verify(&crl, key) == 1;
  ERR_clear_error();
  return good;
}

bool WasInForce(const X509_CRL& crl, uint64_t at_s) {
  const ASN1_TIME* next = X509_CRL_get0_nextUpdate(&crl);
  if (next == nullptr) return false;
  const int order = ASN1_TIME_cmp_time_t(next, static_cast<time_t>(at_s));
  return order == 0 || order == 1;
}

// Which of `chain` has issued the CRL; 0 for none, since the signer issues nothing.
size_t IssuerOf(X509_CRL& crl, absl::Span<const Certificate> chain) {
  for (size_t i = 1; i < chain.size(); ++i) {
    if (IsSignedBy(crl, *chain[i])) return i;
  }
  return 0;
}

}  // namespace

Certificate Share(X509* certificate) {
  X509_up_ref(certificate);
  return Certificate(certificate);
}

absl::StatusOr<std::vector<Certificate>> ParsePemCertificates(absl::string_view pem) {
  std::vector<Certificate> certificates;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return absl::ResourceExhaustedError("no memory");
  while (certificates.size() <= kMaxPemCertificates) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (certificates.size() > kMaxPemCertificates) {
    return absl::InvalidArgumentError("more than 64 certificates");
  }
  if (!at_end) return absl::InvalidArgumentError("a certificate in PEM is malformed");
  if (certificates.empty() && !pem.empty()) {
    return absl::InvalidArgumentError("no certificate in PEM");
  }
  return certificates;
}

absl::StatusOr<Certificate> ParseCertificate(absl::string_view der) {
  return ParseDer<Certificate>(d2i_X509, der, "a certificate");
}

absl::StatusOr<Certificate> CertificateCache::Parse(absl::string_view der) {
  const Hash digest = merkle::Sha256(der);
  if (const auto at = parsed_.find(digest); at != parsed_.end()) return Share(at->second.get());
  absl::StatusOr<Certificate> parsed = ParseCertificate(der);
  if (!parsed.ok()) return parsed;
  if (parsed_.size() >= kMax) parsed_.clear();
  parsed_.emplace(digest, Share(parsed->get()));
  return parsed;
}

absl::StatusOr<Crl> ParseCrl(absl::string_view der) {
  return ParseDer<Crl>(d2i_X509_CRL, der, "a CRL");
}

std::string CertificateDer(const X509& certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(&certificate, &bytes);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

Hash KeyHash(const X509& certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &bytes);
  if (size <= 0) return merkle::Sha256("");  // A parsed certificate has one: only without memory.
  const Hash hash = merkle::Sha256(
      absl::string_view(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)));
  OPENSSL_free(bytes);
  return hash;
}

std::string NameText(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return "?";
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);  // NOLINT(google-runtime-int)
  return std::string(absl::string_view(text, static_cast<size_t>(size)).substr(0, kMaxNameBytes));
}

bool IsSelfIssued(const X509& certificate) {
  return X509_NAME_cmp(X509_get_subject_name(&certificate), X509_get_issuer_name(&certificate)) ==
         0;
}

absl::StatusOr<Revocation> CheckRevocation(absl::Span<const Certificate> chain,
                                           absl::Span<const Crl> crls, uint64_t signed_at_s) {
  std::vector<bool> covered(chain.size(), false);
  for (const Crl& crl : crls) {
    const size_t issuer = IssuerOf(*crl, chain);
    if (issuer == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("a CRL by ", NameText(X509_CRL_get_issuer(crl.get())),
                       " is not signed by an issuer in the authority's chain"));
    }
    const Scope scope = ScopeOf(*crl);
    if (!scope.readable) continue;
    X509& subject = *chain[issuer - 1];
    X509_REVOKED* entry = nullptr;
    if (X509_CRL_get0_by_cert(crl.get(), &entry, &subject) != 0 && IsRevoked(*entry, signed_at_s)) {
      return absl::PermissionDeniedError(absl::StrCat(
          "the certificate of ", NameText(X509_get_subject_name(&subject)), " is revoked"));
    }
    const bool complete = X509_check_ca(&subject) != 0 ? scope.complete_ca : scope.complete_user;
    if (complete && WasInForce(*crl, signed_at_s)) covered[issuer - 1] = true;
  }
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    if (!covered[i]) return Revocation::kNotChecked;
  }
  return chain.size() > 1 ? Revocation::kNotRevoked : Revocation::kNotChecked;
}

}  // namespace cairn::rfc3161
