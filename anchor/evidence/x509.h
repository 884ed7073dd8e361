// Certificates and revocation lists, as OpenSSL holds them.
//
// Errors: kInvalidArgument for what is malformed.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_X509_H_
#define CAIRN_ANCHOR_EVIDENCE_X509_H_

#include <openssl/x509.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/hash.h"

namespace cairn::rfc3161 {

// Frees what OpenSSL has made.
template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* made) const {
    Free(made);
  }
};

using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Crl = std::unique_ptr<X509_CRL, Freer<X509_CRL_free>>;

Certificate Share(X509* certificate);

// All certificates of a PEM file, at most 64; text between them is passed over. An empty text has
// none; one that is not empty and has none, or a broken one, is malformed.
absl::StatusOr<std::vector<Certificate>> ParsePemCertificates(absl::string_view pem);

// DER, to the exact end.
absl::StatusOr<Certificate> ParseCertificate(absl::string_view der);
absl::StatusOr<Crl> ParseCrl(absl::string_view der);

// Certificates that were parsed before, at most kMax: nearly all tokens of an authority carry the
// same, and OpenSSL 3.0 takes longer to decode a certificate's key than to verify with it.
// Threads: one at a time.
class CertificateCache {
 public:
  static constexpr size_t kMax = 256;

  // As ParseCertificate.
  absl::StatusOr<Certificate> Parse(absl::string_view der);

 private:
  std::map<Hash, Certificate> parsed_;  // By SHA-256 of the bytes.
};

std::string CertificateDer(const X509& certificate);

// SHA-256 of the SubjectPublicKeyInfo in DER: what to know a key by, under whatever names and in
// however many certificates it stands.
Hash KeyHash(const X509& certificate);

// RFC 2253, ASCII, cut to a line's length.
std::string NameText(const X509_NAME* name);

// Issued in its own name. Says nothing of its signature.
bool IsSelfIssued(const X509& certificate);

enum class Revocation {
  kNotChecked,  // Some certificate of the chain has no CRL that was in force.
  kNotRevoked,  // Every one but the root has, and stands in none.
};

// Whether a certificate of `chain` (the signer first, the root last) stands in one of `crls`, for
// something that was signed at `signed_at_s`.
//
// RFC 3161 section 4: the signer's past signatures stay good only if the entry gives a reason which
// says that the key was not lost (unspecified, affiliation changed, superseded, out of operation)
// and a later time; any other entry, one without a reason too, takes them all back.
// A CRL is in force at that time unless its next update was before it. One that is partial,
// indirect or has a critical extension that is not known here says nothing of who is not in it.
// Errors: kPermissionDenied for a revoked one. kInvalidArgument for a CRL that nobody in the chain
//   has signed: to pass over it would let whoever alters a byte of it take it out.
absl::StatusOr<Revocation> CheckRevocation(absl::Span<const Certificate> chain,
                                           absl::Span<const Crl> crls, uint64_t signed_at_s);

}  // namespace cairn::rfc3161

#endif  // CAIRN_ANCHOR_EVIDENCE_X509_H_
