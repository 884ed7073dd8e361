// Time-stamp tokens: what to ask an authority for, and whether what it answered proves that a
// digest existed by a time.
//
// Source: RFC 3161 with RFC 5816; the signature and the chain are OpenSSL's (TS_*).
// What is verified, of a response (a token without one is refused):
//   granted; DER to the exact end; exactly one signer; imprint SHA-256 and this digest; the
//   request's nonce, when the request is at hand; the policy, where one is pinned; the signature
//   and the ESSCertID in it, by a certificate for time-stamping alone (critical) that leads to a
//   pinned root with signatures of 112 bits or more; the CRLs that are kept with it, and the
//   verifier's own.
// What does not hold whatever the roots is false without any, too: see rfc3161_signer.h.
// The chain is verified as of genTime, not of today: a token is meant to outlive the certificate
//   that it was made with. So whoever gets hold of the key of an expired certificate can make
//   tokens of any time within its life, and only a CRL that says so speaks against them. Who wants
//   a fresh token, as a log does when it submits, says so by a window, which genTime ± accuracy
//   must meet; then the certificate was valid at the time of the submission. And nothing vouches
//   that CRLs have not been taken out of a receipt: see Revocation.
// Not verifiable here, since OpenSSL's TS_* cannot: Ed25519 and RSA-PSS signatures.
// Threads: pure, but CachingVerifier, which one thread uses at a time.

#ifndef CAIRN_ANCHOR_EVIDENCE_RFC3161_H_
#define CAIRN_ANCHOR_EVIDENCE_RFC3161_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/x509.h"
#include "merkle/hash.h"

namespace cairn::rfc3161 {

// A TimeStampReq in DER for this SHA-256 digest: with the NULL parameter that some authorities
// insist on, a nonce, and certReq, without which the token would not carry its certificate. A
// random nonce has a fixed length, so that the request is always kRequestBytes long: 62 of its 64
// bits are random. Errors: kInternal when there is no randomness or no memory.
inline constexpr size_t kRequestBytes = 69;
absl::StatusOr<std::string> MakeRequest(const Hash& digest);
absl::StatusOr<std::string> MakeRequest(const Hash& digest, uint64_t nonce);

// That these bytes are what MakeRequest makes for this digest. kInvalidArgument.
absl::Status CheckRequest(absl::string_view request, const Hash& digest);

// POSIX seconds, both ends within.
struct Window {
  uint64_t begin_s = 0;
  uint64_t end_s = 0;
};

// What the token must answer. CheckRequest holds for a request.
struct Expectation {
  std::optional<std::string> request = std::nullopt;
  std::optional<Window> window = std::nullopt;
  // See RevocationQuestion.
  std::optional<uint64_t> known_by_s = std::nullopt;
  // DER: lists that came with the evidence, for whichever of its tokens they are. Passed over where
  // nobody in the chain signed them.
  std::vector<std::string> crls = {};
};

// What a token proves.
struct Timestamp {
  uint64_t gen_time_s = 0;  // Rounded down.
  // genTime + accuracy, rounded up: the digest existed by then. An authority that states no
  // accuracy is taken at its word.
  uint64_t existed_by_s = 0;
  std::string serial = {};     // Lower-case hex.
  std::string policy = {};     // Dotted.
  std::string authority = {};  // The subject of its certificate.
  Hash signer_key = {};        // SHA-256 of the SubjectPublicKeyInfo (DER) that it was signed by.
  Revocation revocation = Revocation::kNotChecked;
  // For people, unless kNotRevoked: which certificate lacks a list that says enough, and why.
  std::string revocation_lacking = {};
  // Places in Trust::crls of those that an issuer of its chain signed.
  std::vector<size_t> own_crls_used = {};
  // Likewise in Expectation::crls.
  std::vector<size_t> crls_used = {};
  // DER: those of the chain that the token does not carry, without the root. To be kept with it.
  std::vector<std::string> missing_certificates = {};

  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};

// What to know an authority by.
struct Trust {
  // PEM. The self-issued certificates are the roots; others are not trusted, but help to reach one.
  // Empty: nothing can be proven.
  std::string certificates_pem = {};
  // Dotted; the token's has to be one of them. Empty: any.
  std::vector<std::string> policies = {};
  // DER; the verifier's own, added to those that come with a receipt. One that nobody in a token's
  // chain signed is passed over: it may be meant for other tokens.
  std::vector<std::string> crls = {};
  // A token proves only when its revocation reads kNotRevoked.
  bool require_revocation = false;
};

// What stands between a token and its proof, where Verify answers kFailedPrecondition.
enum class Missing {
  kNothing,  // Of a status that says nothing of it.
  // The certificate that signed it is not at hand: whoever has it can judge the token.
  kCertificate,
  // Its chain ends at an issuer that is neither a root nor a helper of this verifier's: no
  // authority of the verifier's applies.
  kRoot,
  kRevocation,  // A revocation list is required, and none says enough.
};
Missing WhatIsMissing(const absl::Status& status);

class Verifier {
 public:
  // kInvalidArgument for certificates or lists that are malformed, or certificates of which
  // none is self-issued.
  static absl::StatusOr<std::unique_ptr<Verifier>> Create(const Trust& trust);

  bool has_roots() const { return !roots_.empty(); }

  // SHA-256 of each root's SubjectPublicKeyInfo (DER), in the order of the PEM: two authorities
  // that share one are one authority.
  std::vector<Hash> root_keys() const;

  // Errors:
  //   kInvalidArgument: false. Malformed, a refusal, not for this digest, or not signed as it says.
  //   kPermissionDenied: false. A certificate that it rests on is revoked. Without a root that it
  //     leads to, only the lists of issuers that it carries itself can say so.
  //   kFailedPrecondition: not proven. Nothing contradicts it, but something is missing; the
  //   message
  //     begins with "needs ", and WhatIsMissing tells what.
  // `certificates` as in rfc3161_token.h.
  absl::StatusOr<Timestamp> Verify(const Receipt& receipt, const Hash& digest,
                                   const Expectation& expectation = {},
                                   CertificateCache* certificates = nullptr) const;

 private:
  struct Subject;

  Verifier() = default;

  // `chain_failed`: what is wrong is the chain, not the signature or what it is over.
  absl::Status VerifyUnder(absl::Span<const Certificate> roots, const Subject& subject,
                           std::vector<Certificate>* chain, bool* chain_failed) const;
  absl::Status VerifyChain(const Subject& subject, std::vector<Certificate>* chain) const;

  std::vector<Certificate> roots_;
  std::vector<Certificate> helpers_;
  std::vector<std::string> policies_;
  std::vector<Crl> crls_;
  bool require_revocation_ = false;
};

// Remembers what it has found, by SHA-256 of receipt and digest: the evidence of many entries rests
// on one token.
class CachingVerifier {
 public:
  // Borrows `verifier`. At `max_remembered` it forgets all.
  explicit CachingVerifier(const Verifier* verifier, size_t max_remembered = 1024)
      : verifier_(*verifier), max_remembered_(max_remembered) {}

  // Of a receipt in its format (rfc3161_receipt.h). Takes known_by_s and crls of an expectation,
  // and nothing else.
  const absl::StatusOr<Timestamp>& Verify(absl::string_view receipt, const Hash& digest,
                                          const Expectation& expectation = {});

  size_t remembered() const { return found_.size(); }

 private:
  const Verifier& verifier_;
  const size_t max_remembered_;
  CertificateCache certificates_;
  std::map<Hash, absl::StatusOr<Timestamp>> found_;
};

}  // namespace cairn::rfc3161

#endif  // CAIRN_ANCHOR_EVIDENCE_RFC3161_H_
