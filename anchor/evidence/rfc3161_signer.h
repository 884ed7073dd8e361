// What can be said of a token's signature without anybody's roots: whether it holds under the
// certificate that it names, and whether that certificate may sign time stamps at all.
//
// Anybody can make a certificate and sign with it, so what is found good here proves nothing. But
// what does not hold here holds under no roots, and whoever has none learns that it is false.
// Source: RFC 5652 section 5.6, RFC 5816 for ESSCertID, RFC 3161 section 2.3 for the purpose.
// Errors:
//   kInvalidArgument: false, whatever roots are given.
//   kNotFound: the certificate that signed is not at hand.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_RFC3161_SIGNER_H_
#define CAIRN_ANCHOR_EVIDENCE_RFC3161_SIGNER_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "anchor/evidence/rfc3161_token.h"
#include "anchor/evidence/x509.h"

namespace cairn::rfc3161 {

// As strong as 112 bits: no SHA-1 and no RSA below 2,048 bits in a chain. It does not look at
// roots.
inline constexpr int kAuthLevel = 2;
inline constexpr int kMaxDepth = 8;

// The signer's certificate and, upwards, those of `beside` and of the token's own that have signed
// the one before, as far as they go: a chain to nowhere in particular. Checked:
//   the signature over the signed attributes, and the digest of the TSTInfo among them;
//   the first ESSCertID of each signing-certificate attribute there is, which must be the signer's
//   (those after it are of certificates that may not be at hand);
//   the signer's purpose; and of all in the chain, as of genTime, what OpenSSL checks of one:
//   validity, CA bits, path lengths, key strength, critical extensions.
absl::StatusOr<std::vector<Certificate>> CheckSignature(
    const Token& token, absl::Span<const Certificate* const> beside);

// For time-stamping alone, and marked critical. OpenSSL looks for the purpose among those that it
// knows and would pass over another beside it.
absl::Status CheckPurpose(const X509& signer);

// That `issuer` says it has issued `subject`, and its key has signed it.
bool HasIssued(X509& issuer, X509& subject);

}  // namespace cairn::rfc3161

#endif  // CAIRN_ANCHOR_EVIDENCE_RFC3161_SIGNER_H_
