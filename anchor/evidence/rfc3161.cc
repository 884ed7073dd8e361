#include "anchor/evidence/rfc3161.h"

#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "anchor/evidence/rfc3161_token.h"

namespace cairn::rfc3161 {
namespace {

constexpr uint64_t kMicrosPerSecond = 1'000'000;
constexpr char kSha256[] = "2.16.840.1.101.3.4.2.1";
// 112 bits: no SHA-1 and no RSA below 2,048 bits in the chain. It does not look at roots.
constexpr int kAuthLevel = 2;
constexpr int kMaxDepth = 8;

using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using Context = std::unique_ptr<TS_VERIFY_CTX, Freer<TS_VERIFY_CTX_free>>;
using Request = std::unique_ptr<TS_REQ, Freer<TS_REQ_free>>;

// What the verification of a chain has come to; OpenSSL's TS_* keep it to themselves.
struct Chain {
  std::vector<Certificate> certificates;  // The signer first; empty unless it leads to a root.
  int error = X509_V_OK;                  // The first.
  std::string at;                         // The subject where that was,
  std::string needs;                      // and its issuer.
};

int ChainIndex() {
  static const int index = X509_STORE_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int Observe(int ok, X509_STORE_CTX* context) {
  auto* chain =
      static_cast<Chain*>(X509_STORE_get_ex_data(X509_STORE_CTX_get0_store(context), ChainIndex()));
  if (ok == 0) {
    if (chain->error != X509_V_OK) return 0;
    chain->error = X509_STORE_CTX_get_error(context);
    if (const X509* at = X509_STORE_CTX_get_current_cert(context); at != nullptr) {
      chain->at = NameText(X509_get_subject_name(at));
      chain->needs = NameText(X509_get_issuer_name(at));
    }
    return 0;
  }
  if (X509_STORE_CTX_get_error_depth(context) == 0) {
    const STACK_OF(X509)* made = X509_STORE_CTX_get0_chain(context);
    chain->certificates.clear();
    for (int i = 0; i < sk_X509_num(made); ++i) {
      chain->certificates.push_back(Share(sk_X509_value(made, i)));
    }
  }
  return 1;
}

bool NeedsRoot(int error) {
  return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
         error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
         error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
         error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
         error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

// Travels with a status as its payload, so that nobody has to read the message.
constexpr char kMissingUrl[] = "cairn/rfc3161/missing";
constexpr char kMissingCertificate[] = "certificate";
constexpr char kMissingRoot[] = "root";

absl::Status Needs(absl::string_view what, absl::string_view message) {
  absl::Status status = absl::FailedPreconditionError(absl::StrCat("needs ", message));
  status.SetPayload(kMissingUrl, absl::Cord(what));
  return status;
}

absl::Status False(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the token: ", why));
}

// A store with these roots alone; never the system's. Borrows `chain`.
Store MakeStore(absl::Span<const Certificate> roots, uint64_t at_s, Chain* chain) {
  Store store(X509_STORE_new());
  if (store == nullptr || X509_STORE_set_ex_data(store.get(), ChainIndex(), chain) != 1) {
    return nullptr;
  }
  X509_STORE_set_verify_cb(store.get(), Observe);
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(at_s));
  X509_VERIFY_PARAM_set_auth_level(parameters, kAuthLevel);
  X509_VERIFY_PARAM_set_depth(parameters, kMaxDepth);
  for (const Certificate& root : roots) {
    if (X509_STORE_add_cert(store.get(), root.get()) != 1) return nullptr;
  }
  return store;
}

// What the token must be, for OpenSSL: made from a request, so that the imprint's algorithm is
// compared and not only its bytes.
Context MakeContext(const Hash& digest, const std::optional<std::string>& request, unsigned flags) {
  absl::StatusOr<std::string> bytes = request ? *request : MakeRequest(digest, 0);
  if (!bytes.ok()) return nullptr;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes->data());
  const Request parsed(
      d2i_TS_REQ(nullptr, &at, static_cast<long>(bytes->size())));  // NOLINT(google-runtime-int)
  if (parsed == nullptr) return nullptr;
  Context context(TS_REQ_to_TS_VERIFY_CTX(parsed.get(), nullptr));
  if (context == nullptr) return nullptr;
  TS_VERIFY_CTX_set_flags(context.get(), static_cast<int>(flags));
  return context;
}

// Hands the context its own share of each.
bool SetCertificates(TS_VERIFY_CTX& context, absl::Span<const Certificate* const> certificates) {
  STACK_OF(X509)* stack = sk_X509_new_null();
  TS_VERIFY_CTX_set_certs(&context, stack);
  if (stack == nullptr) return false;
  for (const Certificate* certificate : certificates) {
    if (X509_add_cert(stack, certificate->get(), X509_ADD_FLAG_UP_REF) != 1) return false;
  }
  return true;
}

// TS_REQ_to_TS_VERIFY_CTX leaves out TS_VFY_SIGNATURE, without which anybody's token passes.
unsigned Flags(bool with_signature, bool with_nonce) {
  return TS_VFY_VERSION | TS_VFY_IMPRINT | (with_nonce ? TS_VFY_NONCE : 0) |
         (with_signature ? TS_VFY_SIGNATURE : 0);
}

// What OpenSSL's last error means here.
absl::Status WhyNot(const Token& token, const Chain& chain) {
  const unsigned long error = ERR_peek_last_error();  // NOLINT(google-runtime-int)
  if (ERR_GET_LIB(error) == ERR_LIB_PKCS7 &&
      ERR_GET_REASON(error) == PKCS7_R_SIGNER_CERTIFICATE_NOT_FOUND) {
    return Needs(kMissingCertificate, "the authority's certificate");
  }
  if (ERR_GET_LIB(error) != ERR_LIB_TS) return False("its signature cannot be verified");
  switch (ERR_GET_REASON(error)) {
    case TS_R_CERTIFICATE_VERIFY_ERROR:
      if (NeedsRoot(chain.error)) {
        return Needs(kMissingRoot, absl::StrCat("a root that leads to ", chain.needs));
      }
      return False(absl::StrCat("the certificate of ", chain.at, ": ",
                                X509_verify_cert_error_string(chain.error)));
    case TS_R_MESSAGE_IMPRINT_MISMATCH:
      return token.imprint_algorithm == kSha256
                 ? False("of another digest")
                 : False(absl::StrCat("its hash is not SHA-256 but ", token.imprint_algorithm));
    case TS_R_NONCE_MISMATCH:
    case TS_R_NONCE_NOT_RETURNED:
      return False("not an answer to this request: another nonce");
    default: {
      const char* reason = ERR_reason_error_string(error);
      return False(reason == nullptr ? "it does not verify" : reason);
    }
  }
}

// TS_RESP_verify_token is not told of the response's status, which ParseToken has looked at.
absl::Status VerifyToken(TS_VERIFY_CTX& context, const Token& token, const Chain& chain) {
  ERR_clear_error();
  const bool good = TS_RESP_verify_token(&context, token.signed_data) == 1;
  absl::Status status = good ? absl::OkStatus() : WhyNot(token, chain);
  ERR_clear_error();
  return status;
}

// OpenSSL looks for the purpose among those that it knows and would pass over another beside it.
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

absl::Status CheckWindow(const Token& token, const Window& window) {
  const uint64_t begin_us = window.begin_s * kMicrosPerSecond;
  const uint64_t end_us = (window.end_s + 1) * kMicrosPerSecond - 1;
  if (token.gen_time_us + token.accuracy_us < begin_us) {
    return False("its time is before that of the request");
  }
  if (token.gen_time_us > end_us + token.accuracy_us) {
    return False("its time is after that of the answer");
  }
  return absl::OkStatus();
}

bool Carries(const PKCS7& signed_data, const X509& certificate) {
  const STACK_OF(X509)* carried = signed_data.d.sign->cert;
  for (int i = 0; i < sk_X509_num(carried); ++i) {
    if (X509_cmp(sk_X509_value(carried, i), &certificate) == 0) return true;
  }
  return false;
}

Timestamp Describe(const Token& token, const Chain& chain) {
  Timestamp timestamp;
  timestamp.gen_time_s = token.gen_time_us / kMicrosPerSecond;
  timestamp.existed_by_s = token.existed_by_s();
  timestamp.serial = token.serial;
  timestamp.policy = token.policy;
  timestamp.authority = NameText(X509_get_subject_name(chain.certificates.front().get()));
  timestamp.signer_key = KeyHash(*chain.certificates.front());
  for (size_t i = 0; i + 1 < chain.certificates.size(); ++i) {
    const X509& certificate = *chain.certificates[i];
    if (!Carries(*token.signed_data, certificate)) {
      timestamp.missing_certificates.push_back(CertificateDer(certificate));
    }
  }
  return timestamp;
}

template <typename Handle, typename Parse>
absl::StatusOr<std::vector<Handle>> ParseAll(const std::vector<std::string>& items,
                                             const Parse& parse) {
  std::vector<Handle> parsed;
  for (const std::string& item : items) {
    absl::StatusOr<Handle> one = parse(item);
    if (!one.ok()) return one.status();
    parsed.push_back(*std::move(one));
  }
  return parsed;
}

}  // namespace

Missing WhatIsMissing(const absl::Status& status) {
  const auto what = status.GetPayload(kMissingUrl);
  if (!what) return Missing::kNothing;
  return *what == kMissingCertificate ? Missing::kCertificate : Missing::kRoot;
}

absl::StatusOr<std::unique_ptr<Verifier>> Verifier::Create(const Trust& trust) {
  absl::StatusOr<std::vector<Certificate>> certificates =
      ParsePemCertificates(trust.certificates_pem);
  if (!certificates.ok()) return certificates.status();
  std::unique_ptr<Verifier> verifier(new Verifier());
  for (Certificate& certificate : *certificates) {
    std::vector<Certificate>& kind =
        IsSelfIssued(*certificate) ? verifier->roots_ : verifier->helpers_;
    kind.push_back(std::move(certificate));
  }
  if (verifier->roots_.empty() && !verifier->helpers_.empty()) {
    return absl::InvalidArgumentError("no certificate among the authority's roots is self-issued");
  }
  verifier->policies_ = trust.policies;
  return verifier;
}

std::vector<Hash> Verifier::root_keys() const {
  std::vector<Hash> keys;
  for (const Certificate& root : roots_) keys.push_back(KeyHash(*root));
  return keys;
}

absl::StatusOr<Timestamp> Verifier::Verify(const Receipt& receipt, const Hash& digest,
                                           const Expectation& expectation,
                                           CertificateCache* certificates) const {
  const absl::StatusOr<Token> token = ParseToken(receipt.response, certificates);
  if (!token.ok()) return token.status();
  const auto beside =
      ParseAll<Certificate>(receipt.certificates, [certificates](absl::string_view der) {
        return certificates != nullptr ? certificates->Parse(der) : ParseCertificate(der);
      });
  if (!beside.ok()) return beside.status();
  const auto crls = ParseAll<Crl>(receipt.crls, ParseCrl);
  if (!crls.ok()) return crls.status();

  std::vector<const Certificate*> untrusted;
  for (const Certificate& certificate : *beside) untrusted.push_back(&certificate);
  for (const Certificate& certificate : helpers_) untrusted.push_back(&certificate);
  Chain chain;
  const bool nonce = expectation.request.has_value();
  const Context context = MakeContext(digest, expectation.request, Flags(true, nonce));
  Store store = MakeStore(roots_, token->gen_time_us / kMicrosPerSecond, &chain);
  if (context == nullptr || store == nullptr || !SetCertificates(*context, untrusted)) {
    ERR_clear_error();
    return absl::InternalError("OpenSSL could not prepare the verification");
  }
  TS_VERIFY_CTX_set_store(context.get(), store.release());
  absl::Status status = VerifyToken(*context, *token, chain);
  if (absl::IsFailedPrecondition(status)) {
    // It stopped before it came to the rest, which may yet be false.
    TS_VERIFY_CTX_set_flags(context.get(), static_cast<int>(Flags(false, nonce)));
    if (absl::Status rest = VerifyToken(*context, *token, chain); !rest.ok()) status = rest;
  }
  if (expectation.window && (status.ok() || absl::IsFailedPrecondition(status))) {
    absl::Status window = CheckWindow(*token, *expectation.window);
    if (!window.ok()) status = window;
  }
  if (!policies_.empty() && (status.ok() || absl::IsFailedPrecondition(status)) &&
      std::find(policies_.begin(), policies_.end(), token->policy) == policies_.end()) {
    status = False(absl::StrCat("made under another policy: ", token->policy));
  }
  if (!status.ok()) return status;
  if (chain.certificates.empty()) return absl::InternalError("OpenSSL made no chain");
  if (status = CheckPurpose(*chain.certificates.front()); !status.ok()) return status;
  const absl::StatusOr<Revocation> revocation =
      CheckRevocation(chain.certificates, *crls, token->gen_time_us / kMicrosPerSecond);
  if (!revocation.ok()) return revocation.status();
  Timestamp timestamp = Describe(*token, chain);
  timestamp.revocation = *revocation;
  return timestamp;
}

const absl::StatusOr<Timestamp>& CachingVerifier::Verify(absl::string_view receipt,
                                                         const Hash& digest) {
  // The digest has a fixed length, so that the two cannot be divided otherwise.
  const Hash key = merkle::Sha256(absl::StrCat(digest.view(), receipt));
  auto found = found_.find(key);
  if (found != found_.end()) return found->second;
  if (found_.size() >= max_remembered_) found_.clear();
  const absl::StatusOr<Receipt> parsed = ParseReceipt(receipt);
  absl::StatusOr<Timestamp> timestamp =
      parsed.ok() ? verifier_.Verify(*parsed, digest, {}, &certificates_) : parsed.status();
  return found_.emplace(key, std::move(timestamp)).first->second;
}

}  // namespace cairn::rfc3161
