#include "anchor/evidence/x509.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/der.h"

namespace cairn::rfc3161 {
namespace {

constexpr size_t kMaxPemItems = 64;
constexpr char kPemBegin[] = "-----BEGIN";
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

}  // namespace

Certificate Share(X509* certificate) {
  X509_up_ref(certificate);
  return Certificate(certificate);
}

absl::StatusOr<std::vector<Certificate>> ParsePemCertificates(absl::string_view pem) {
  std::vector<Certificate> certificates;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return absl::ResourceExhaustedError("no memory");
  while (certificates.size() <= kMaxPemItems) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (certificates.size() > kMaxPemItems) {
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

absl::StatusOr<std::vector<std::string>> ReadCrls(absl::string_view file) {
  if (!absl::StrContains(file, kPemBegin)) {
    if (const absl::StatusOr<Crl> crl = ParseCrl(file); !crl.ok()) return crl.status();
    return std::vector<std::string>{std::string(file)};
  }
  std::vector<std::string> all;
  const Bio bio(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  if (bio == nullptr) return absl::ResourceExhaustedError("no memory");
  while (true) {
    const Crl next(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
    if (next == nullptr) break;
    if (all.size() == kMaxPemItems) return absl::InvalidArgumentError("more than 64 CRLs");
    unsigned char* bytes = nullptr;
    const int size = i2d_X509_CRL(next.get(), &bytes);
    if (size <= 0) return absl::ResourceExhaustedError("no memory");
    all.emplace_back(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    OPENSSL_free(bytes);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) return absl::InvalidArgumentError("a CRL in PEM is malformed");
  if (all.empty()) return absl::InvalidArgumentError("no CRL in PEM");
  return all;
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

}  // namespace cairn::rfc3161
