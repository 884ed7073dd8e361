#include "ledger/server/tls_files.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "witness/server/files.h"

namespace cairn::server {
namespace {

// As the listener takes.
constexpr size_t kMaxPemBytes = size_t{1} << 20;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* value) const {
    Free(value);
  }
};
using BioHandle = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

absl::Status Wrong(absl::string_view file, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("tls: ", file, " ", why));
}

// Or OpenSSL would ask a terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

BioHandle Reading(const std::string& text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// At least one.
absl::StatusOr<std::vector<Certificate>> ReadCertificates(const std::string& file) {
  const absl::StatusOr<std::string> pem = ReadWholeFile(file, kMaxPemBytes);
  if (!pem.ok()) return pem.status();
  const BioHandle in = Reading(*pem);
  std::vector<Certificate> out;
  ERR_clear_error();
  while (Certificate next{PEM_read_bio_X509(in.get(), nullptr, NoPassphrase, nullptr)}) {
    out.push_back(std::move(next));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (out.empty()) return Wrong(file, "holds no certificate in PEM");
  if (!at_end) {
    return Wrong(file, absl::StrCat("is damaged after its first ", out.size(), " certificates"));
  }
  return out;
}

std::string TimeText(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "a malformed time";
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                         parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// Empty when it is valid at that time; else what it is instead.
std::string NotValid(const X509& certificate, uint64_t at_s) {
  auto at = static_cast<std::time_t>(at_s);
  const ASN1_TIME* const begin = X509_get0_notBefore(&certificate);
  const ASN1_TIME* const end = X509_get0_notAfter(&certificate);
  const int begins = X509_cmp_time(begin, &at);
  const int ends = X509_cmp_time(end, &at);
  if (begins == 0 || ends == 0) return "has malformed dates";
  if (ends < 0) return absl::StrCat("has expired at ", TimeText(end));
  if (begins > 0) return absl::StrCat("is not valid before ", TimeText(begin));
  return "";
}

absl::Status CheckKey(const TlsSettings& tls, X509& certificate) {
  absl::StatusOr<std::string> pem =
      ReadWholeFile(tls.key_file, kMaxPemBytes, /*private_only=*/true);
  if (!pem.ok()) return pem.status();
  const KeyHandle key(PEM_read_bio_PrivateKey(Reading(*pem).get(), nullptr, NoPassphrase, nullptr));
  OPENSSL_cleanse(pem->data(), pem->size());
  const bool match = key != nullptr && X509_check_private_key(&certificate, key.get()) == 1;
  ERR_clear_error();
  if (key == nullptr) {
    return Wrong(tls.key_file, "holds no private key in PEM that needs no passphrase");
  }
  if (match) return absl::OkStatus();
  return Wrong(tls.key_file,
               absl::StrCat("is not the key of the first certificate in ", tls.certificate_file,
                            "; the server's own certificate comes first, then its chain"));
}

void WarnOfChain(const TlsSettings& tls, const std::vector<Certificate>& chain, uint64_t now_s,
                 std::vector<std::string>& warnings) {
  for (size_t i = 1; i < chain.size(); ++i) {
    const std::string which = absl::StrCat("certificate ", i + 1, " in ", tls.certificate_file);
    if (const std::string why = NotValid(*chain[i], now_s); !why.empty()) {
      warnings.push_back(absl::StrCat(which, " ", why));
    }
    if (X509_check_issued(chain[i].get(), chain[i - 1].get()) != X509_V_OK) {
      warnings.push_back(absl::StrCat(which,
                                      " did not issue the one before it: clients may not "
                                      "find the way to a root"));
    }
  }
  ERR_clear_error();
}

absl::Status CheckClientAuthorities(const std::string& file, uint64_t now_s,
                                    std::vector<std::string>& warnings) {
  const absl::StatusOr<std::vector<Certificate>> authorities = ReadCertificates(file);
  if (!authorities.ok()) return authorities.status();
  size_t valid = 0;
  std::string last;
  for (size_t i = 0; i < authorities->size(); ++i) {
    const std::string why = NotValid(*(*authorities)[i], now_s);
    if (why.empty()) {
      ++valid;
      continue;
    }
    last = why;
    warnings.push_back(absl::StrCat("certificate ", i + 1, " in ", file, " ", why));
  }
  if (valid > 0) return absl::OkStatus();
  return Wrong(file, absl::StrCat("holds no authority that is valid now: the last ", last));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckTlsFiles(const TlsSettings& tls, uint64_t now_s) {
  const absl::StatusOr<std::vector<Certificate>> chain = ReadCertificates(tls.certificate_file);
  if (!chain.ok()) return chain.status();
  X509& own = *chain->front();
  if (absl::Status matches = CheckKey(tls, own); !matches.ok()) return matches;
  if (const std::string why = NotValid(own, now_s); !why.empty()) {
    return Wrong(tls.certificate_file, absl::StrCat(why, ": no client would accept it; renew it"));
  }
  std::vector<std::string> warnings;
  if (!NotValid(own, now_s + kExpiresSoonS).empty()) {
    warnings.push_back(absl::StrCat(tls.certificate_file, " expires soon, at ",
                                    TimeText(X509_get0_notAfter(&own)),
                                    "; replace the files and restart by then"));
  }
  WarnOfChain(tls, *chain, now_s, warnings);
  if (!tls.client_ca_file.empty()) {
    absl::Status usable = CheckClientAuthorities(tls.client_ca_file, now_s, warnings);
    if (!usable.ok()) return usable;
  }
  return warnings;
}

}  // namespace cairn::server
