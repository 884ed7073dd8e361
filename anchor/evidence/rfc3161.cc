#include "anchor/evidence/rfc3161.h"

#include <openssl/err.h>
#include <openssl/ts.h>

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "anchor/evidence/rfc3161_signer.h"
#include "anchor/evidence/rfc3161_token.h"

namespace cairn::rfc3161 {
namespace {

constexpr uint64_t kMicrosPerSecond = 1'000'000;
constexpr char kSha256[] = "2.16.840.1.101.3.4.2.1";
using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using Context = std::unique_ptr<TS_VERIFY_CTX, Freer<TS_VERIFY_CTX_free>>;
using Request = std::unique_ptr<TS_REQ, Freer<TS_REQ_free>>;

// What the verification of a chain has come to; OpenSSL's TS_* keep it to themselves.
struct Chain {
  std::vector<Certificate> certificates;  // The signer first; empty unless it leads to a root.
  int error = X509_V_OK;                  // The first.
  std::string at;                         // The subject where that was.
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
constexpr char kMissingRevocation[] = "revocation";

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
        return Needs(kMissingRoot, "a root");
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

Timestamp Describe(const Token& token, const std::vector<Certificate>& chain) {
  Timestamp timestamp;
  timestamp.gen_time_s = token.gen_time_us / kMicrosPerSecond;
  timestamp.existed_by_s = token.existed_by_s();
  timestamp.serial = token.serial;
  timestamp.policy = token.policy;
  timestamp.authority = NameText(X509_get_subject_name(chain.front().get()));
  timestamp.signer_key = KeyHash(*chain.front());
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    const X509& certificate = *chain[i];
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
  if (*what == kMissingRevocation) return Missing::kRevocation;
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
  absl::StatusOr<std::vector<Crl>> crls = ParseAll<Crl>(trust.crls, ParseCrl);
  if (!crls.ok()) return crls.status();
  verifier->crls_ = *std::move(crls);
  verifier->require_revocation_ = trust.require_revocation;
  return verifier;
}

std::vector<Hash> Verifier::root_keys() const {
  std::vector<Hash> keys;
  for (const Certificate& root : roots_) keys.push_back(KeyHash(*root));
  return keys;
}

// What is verified, and what for.
struct Verifier::Subject {
  const Token& token;
  const Hash& digest;
  const Expectation& expectation;
  std::vector<const Certificate*> beside;  // The receipt's, then this verifier's helpers.
};

absl::Status Verifier::VerifyUnder(absl::Span<const Certificate> roots, const Subject& subject,
                                   std::vector<Certificate>* chain, bool* chain_failed) const {
  Chain found;
  const Context context = MakeContext(subject.digest, subject.expectation.request,
                                      Flags(true, subject.expectation.request.has_value()));
  Store store = MakeStore(roots, subject.token.gen_time_us / kMicrosPerSecond, &found);
  if (context == nullptr || store == nullptr || !SetCertificates(*context, subject.beside)) {
    ERR_clear_error();
    return absl::InternalError("OpenSSL could not prepare the verification");
  }
  TS_VERIFY_CTX_set_store(context.get(), store.release());
  const absl::Status status = VerifyToken(*context, subject.token, found);
  *chain_failed = found.error != X509_V_OK;
  if (!status.ok()) return status;
  if (found.certificates.empty()) return absl::InternalError("OpenSSL made no chain");
  *chain = std::move(found.certificates);
  return CheckPurpose(*chain->front());
}

// The signature and the chain. On success `chain` ends at a root; with kMissingRoot it ends where
// the certificates at hand do.
absl::Status Verifier::VerifyChain(const Subject& subject, std::vector<Certificate>* chain) const {
  bool chain_failed = false;
  absl::Status status;
  if (!roots_.empty()) {
    status = VerifyUnder(roots_, subject, chain, &chain_failed);
    if (status.ok() || (absl::IsInvalidArgument(status) && !chain_failed)) return status;
  }
  // OpenSSL looks at the chain first, and what it finds may be that a root is missing, or that one
  // of the same name has not signed this. What is false anyway is looked for apart.
  chain->clear();
  const Context context = MakeContext(subject.digest, subject.expectation.request,
                                      Flags(false, subject.expectation.request.has_value()));
  if (context == nullptr) return absl::InternalError("OpenSSL could not prepare the verification");
  if (absl::Status rest = VerifyToken(*context, subject.token, Chain()); !rest.ok()) return rest;
  absl::StatusOr<std::vector<Certificate>> alone = CheckSignature(subject.token, subject.beside);
  if (absl::IsNotFound(alone.status())) {
    return Needs(kMissingCertificate, "the authority's certificate");
  }
  if (!alone.ok()) return alone.status();
  std::vector<Certificate> applying;
  for (const Certificate& root : roots_) {
    if (std::any_of(alone->begin(), alone->end(), [&](const Certificate& certificate) {
          return HasIssued(*root, *certificate);
        })) {
      applying.push_back(Share(root.get()));
    }
  }
  // The others may be what misled it.
  if (applying.size() == roots_.size() && !applying.empty()) return status;
  if (!applying.empty()) return VerifyUnder(applying, subject, chain, &chain_failed);
  *chain = *std::move(alone);
  return Needs(kMissingRoot, absl::StrCat("a root that leads to ",
                                          NameText(X509_get_issuer_name(chain->back().get()))));
}

absl::StatusOr<Timestamp> Verifier::Verify(const Receipt& receipt, const Hash& digest,
                                           const Expectation& expectation,
                                           CertificateCache* certificates) const {
  const absl::StatusOr<Token> token = ParseToken(receipt.response, certificates);
  // A refusal, too, is never a receipt.
  if (!token.ok()) return absl::InvalidArgumentError(token.status().message());
  const auto beside =
      ParseAll<Certificate>(receipt.certificates, [certificates](absl::string_view der) {
        return certificates != nullptr ? certificates->Parse(der) : ParseCertificate(der);
      });
  if (!beside.ok()) return beside.status();
  const auto crls = ParseAll<Crl>(receipt.crls, ParseCrl);
  if (!crls.ok()) return crls.status();
  auto own = ParseAll<Crl>(expectation.crls, ParseCrl);
  if (!own.ok()) return own.status();
  for (const Crl& crl : crls_) {
    X509_CRL_up_ref(crl.get());
    own->emplace_back(crl.get());
  }

  Subject subject{.token = *token, .digest = digest, .expectation = expectation, .beside = {}};
  for (const Certificate& certificate : *beside) subject.beside.push_back(&certificate);
  for (const Certificate& certificate : helpers_) subject.beside.push_back(&certificate);
  std::vector<Certificate> chain;
  absl::Status status = VerifyChain(subject, &chain);
  if (expectation.window && (status.ok() || absl::IsFailedPrecondition(status))) {
    absl::Status window = CheckWindow(*token, *expectation.window);
    if (!window.ok()) status = window;
  }
  // Whose chain leads elsewhere, this verifier has not asked for a policy.
  if (!policies_.empty() && status.ok() &&
      std::find(policies_.begin(), policies_.end(), token->policy) == policies_.end()) {
    status = False(absl::StrCat("made under another policy: ", token->policy));
  }
  if (!status.ok() && (chain.empty() || !absl::IsFailedPrecondition(status))) return status;
  absl::StatusOr<RevocationCheck> revocation =
      CheckRevocation(chain, {.carried = *crls, .own = *own},
                      {.signed_at_us = token->gen_time_us,
                       .known_by_s = expectation.known_by_s,
                       .complete = status.ok()});
  if (!revocation.ok()) return revocation.status();
  if (!status.ok()) return status;
  if (require_revocation_ && revocation->revocation != Revocation::kNotRevoked) {
    return Needs(kMissingRevocation,
                 absl::StrCat("a revocation list for each certificate: ", revocation->lacking));
  }
  Timestamp timestamp = Describe(*token, chain);
  timestamp.revocation = revocation->revocation;
  timestamp.revocation_lacking = std::move(revocation->lacking);
  for (const size_t place : revocation->own_used) {
    const size_t given = expectation.crls.size();
    if (place < given) {
      timestamp.crls_used.push_back(place);
    } else {
      timestamp.own_crls_used.push_back(place - given);
    }
  }
  return timestamp;
}

const absl::StatusOr<Timestamp>& CachingVerifier::Verify(absl::string_view receipt,
                                                         const Hash& digest,
                                                         const Expectation& expectation) {
  // What comes before the receipt has a fixed length, or ends as no number does, so that it cannot
  // be divided otherwise.
  std::string lists;
  for (const std::string& crl : expectation.crls) {
    absl::StrAppend(&lists, merkle::Sha256(crl).view());
  }
  const std::string known = expectation.known_by_s ? absl::StrCat(*expectation.known_by_s) : "-";
  const Hash key = merkle::Sha256(
      absl::StrCat(digest.view(), merkle::Sha256(lists).view(), known, "/", receipt));
  auto found = found_.find(key);
  if (found != found_.end()) return found->second;
  if (found_.size() >= max_remembered_) found_.clear();
  const absl::StatusOr<Receipt> parsed = ParseReceipt(receipt);
  absl::StatusOr<Timestamp> timestamp =
      parsed.ok() ? verifier_.Verify(*parsed, digest, expectation, &certificates_)
                  : parsed.status();
  return found_.emplace(key, std::move(timestamp)).first->second;
}

}  // namespace cairn::rfc3161
