#include "anchor/evidence/rfc3161_signer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ess.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/der.h"

namespace cairn::rfc3161 {
namespace {

constexpr uint64_t kMicrosPerSecond = 1'000'000;

using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;
// Owns the stack and not what lies on it.
using Stack =
    std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;

absl::Status False(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the token: ", why));
}

// Those beside the token and those in it, in the order in which OpenSSL looks for the signer's.
std::vector<X509*> Pool(const Token& token, absl::Span<const Certificate* const> beside) {
  std::vector<X509*> pool;
  for (const Certificate* certificate : beside) pool.push_back(certificate->get());
  const STACK_OF(X509)* carried = token.signed_data->d.sign->cert;
  for (int i = 0; i < sk_X509_num(carried); ++i) pool.push_back(sk_X509_value(carried, i));
  return pool;
}

X509* FindSigner(const PKCS7_SIGNER_INFO& signer, const std::vector<X509*>& pool) {
  for (X509* certificate : pool) {
    if (X509_NAME_cmp(X509_get_issuer_name(certificate), signer.issuer_and_serial->issuer) == 0 &&
        ASN1_INTEGER_cmp(X509_get0_serialNumber(certificate), signer.issuer_and_serial->serial) ==
            0) {
      return certificate;
    }
  }
  return nullptr;
}

bool SignatureHolds(PKCS7& signed_data, PKCS7_SIGNER_INFO& signer, X509& certificate) {
  // Digests the content as it is read; PKCS7_signatureVerify takes the result out of it.
  const Bio content(PKCS7_dataInit(&signed_data, nullptr));
  if (content == nullptr) return false;
  char passed[4096];
  while (BIO_read(content.get(), passed, sizeof passed) > 0) {
  }
  return PKCS7_signatureVerify(content.get(), &signed_data, &signer, &certificate) == 1;
}

// The attribute with nothing but the first of its certificate ids: SEQUENCE { SEQUENCE { id } }.
std::optional<std::string> WithFirstIdAlone(PKCS7_SIGNER_INFO& signer, int nid) {
  const ASN1_TYPE* value = PKCS7_get_signed_attribute(&signer, nid);
  if (value == nullptr || value->type != V_ASN1_SEQUENCE) return std::nullopt;
  absl::string_view rest(
      reinterpret_cast<const char*>(ASN1_STRING_get0_data(value->value.sequence)),
      static_cast<size_t>(ASN1_STRING_length(value->value.sequence)));
  for (int levels = 0; levels < 2; ++levels) {
    const absl::StatusOr<der::Element> element = der::TakeElement(&rest);
    if (!element.ok() || element->tag != der::kSequence) return std::nullopt;
    rest = element->content;
  }
  const absl::StatusOr<der::Element> id = der::TakeElement(&rest);
  if (!id.ok()) return std::nullopt;
  return der::Wrap(der::kSequence, der::Wrap(der::kSequence, id->whole));
}

// OpenSSL judges the ids that it is handed: of either attribute, where there are both.
absl::Status CheckSigningCertificate(PKCS7_SIGNER_INFO& signer, X509& certificate) {
  const bool has_old = PKCS7_get_signed_attribute(&signer, NID_id_smime_aa_signingCertificate);
  const bool has_new = PKCS7_get_signed_attribute(&signer, NID_id_smime_aa_signingCertificateV2);
  if (!has_old && !has_new) return False("it does not say which certificate signs it");
  const auto old_id = WithFirstIdAlone(signer, NID_id_smime_aa_signingCertificate);
  const auto new_id = WithFirstIdAlone(signer, NID_id_smime_aa_signingCertificateV2);
  const auto read = [](auto* reader, const std::optional<std::string>& der) {
    const auto* at = der ? reinterpret_cast<const unsigned char*>(der->data()) : nullptr;
    return der ? reader(nullptr, &at, static_cast<long>(der->size()))  // NOLINT(google-runtime-int)
               : nullptr;
  };
  const std::unique_ptr<ESS_SIGNING_CERT, Freer<ESS_SIGNING_CERT_free>> old_attribute(
      read(d2i_ESS_SIGNING_CERT, old_id));
  const std::unique_ptr<ESS_SIGNING_CERT_V2, Freer<ESS_SIGNING_CERT_V2_free>> new_attribute(
      read(d2i_ESS_SIGNING_CERT_V2, new_id));
  const bool readable = (!has_old || old_attribute) && (!has_new || new_attribute);
  const Stack chain(sk_X509_new_null());
  if (chain == nullptr || sk_X509_push(chain.get(), &certificate) == 0) {
    return absl::ResourceExhaustedError("no memory");
  }
  const bool names_it = readable && OSSL_ESS_check_signing_certs(old_attribute.get(),
                                                                 new_attribute.get(), chain.get(),
                                                                 /*require_signing_cert=*/1) == 1;
  return names_it ? absl::OkStatus()
                  : False("it names another certificate as the one that signs it");
}

// From the signer upwards.
std::vector<Certificate> ChainOf(X509& signer, const std::vector<X509*>& pool) {
  std::vector<Certificate> chain;
  chain.push_back(Share(&signer));
  while (chain.size() < static_cast<size_t>(kMaxDepth) + 2 && !IsSelfIssued(*chain.back())) {
    X509* above = nullptr;
    for (X509* candidate : pool) {
      if (HasIssued(*candidate, *chain.back())) {
        above = candidate;
        break;
      }
    }
    if (above == nullptr) break;
    chain.push_back(Share(above));
  }
  return chain;
}

// The chain's last certificate is taken for what it would have to be: trusted. Of such a one
// OpenSSL does not ask that it is marked as a CA, and of an intermediate one it does.
absl::Status CheckChain(const std::vector<Certificate>& chain, uint64_t at_s) {
  for (size_t i = 1; i < chain.size(); ++i) {
    if (!IsSelfIssued(*chain[i]) && X509_check_ca(chain[i].get()) != 1) {
      return False(absl::StrCat("the certificate of ",
                                NameText(X509_get_subject_name(chain[i].get())), ": ",
                                X509_verify_cert_error_string(X509_V_ERR_INVALID_CA)));
    }
  }
  const Store store(X509_STORE_new());
  const StoreContext context(X509_STORE_CTX_new());
  const Stack below(sk_X509_new_null());
  bool made = store != nullptr && context != nullptr && below != nullptr &&
              X509_STORE_add_cert(store.get(), chain.back().get()) == 1;
  for (const Certificate& certificate : chain) {
    made = made && sk_X509_push(below.get(), certificate.get()) > 0;
  }
  if (!made ||
      X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), below.get()) != 1) {
    return absl::ResourceExhaustedError("no memory");
  }
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(at_s));
  X509_VERIFY_PARAM_set_auth_level(parameters, kAuthLevel);
  X509_VERIFY_PARAM_set_depth(parameters, kMaxDepth);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_TIMESTAMP_SIGN);
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  const X509* at = X509_STORE_CTX_get_current_cert(context.get());
  return False(
      absl::StrCat("the certificate of ",
                   NameText(X509_get_subject_name(at == nullptr ? chain.front().get() : at)), ": ",
                   X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))));
}

absl::StatusOr<std::vector<Certificate>> Check(const Token& token,
                                               absl::Span<const Certificate* const> beside) {
  // ParseToken has seen that there is exactly one.
  PKCS7_SIGNER_INFO& signer =
      *sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(token.signed_data), 0);
  const std::vector<X509*> pool = Pool(token, beside);
  X509* const certificate = FindSigner(signer, pool);
  if (certificate == nullptr) return absl::NotFoundError("the signer's certificate");
  if (!SignatureHolds(*token.signed_data, signer, *certificate)) {
    return False("signature failure: it was not made with the key of the certificate it names");
  }
  if (absl::Status names = CheckSigningCertificate(signer, *certificate); !names.ok()) return names;
  std::vector<Certificate> chain = ChainOf(*certificate, pool);
  if (absl::Status good = CheckChain(chain, token.gen_time_us / kMicrosPerSecond); !good.ok()) {
    return good;
  }
  if (absl::Status alone = CheckPurpose(*certificate); !alone.ok()) return alone;
  return chain;
}

}  // namespace

absl::StatusOr<std::vector<Certificate>> CheckSignature(
    const Token& token, absl::Span<const Certificate* const> beside) {
  absl::StatusOr<std::vector<Certificate>> chain = Check(token, beside);
  ERR_clear_error();
  return chain;
}

absl::Status CheckPurpose(const X509& signer) {
  int critical = 0;
  EXTENDED_KEY_USAGE* usage = static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(&signer, NID_ext_key_usage, &critical, nullptr));
  const bool alone = usage != nullptr && critical == 1 && sk_ASN1_OBJECT_num(usage) == 1 &&
                     OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, 0)) == NID_time_stamp;
  sk_ASN1_OBJECT_pop_free(usage, ASN1_OBJECT_free);
  return alone ? absl::OkStatus()
               : False("its certificate is not one for time-stamping alone, marked critical");
}

bool HasIssued(X509& issuer, X509& subject) {
  EVP_PKEY* const key = X509_get0_pubkey(&issuer);
  const bool issued = key != nullptr && X509_check_issued(&issuer, &subject) == X509_V_OK &&
                      X509_verify(&subject, key) == 1;
  ERR_clear_error();
  return issued;
}

}  // namespace cairn::rfc3161
