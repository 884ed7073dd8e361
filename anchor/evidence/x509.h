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
#include <optional>
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

// The DER of each CRL of a file: one in DER, or 1 to 64 in PEM.
absl::StatusOr<std::vector<std::string>> ReadCrls(absl::string_view file);

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
  kNotChecked,  // Some certificate of the chain has no list that was in force.
  kInForce,  // Every one but the root has, and stands in none; some lists are older than what was
             // signed: what happened in between, they do not know.
  kNotRevoked,  // Checked: every list was made at or after the time of signing.
};

// CRLs, by where they come from.
struct RevocationLists {
  absl::Span<const Crl>
      carried;                // With what is judged: one that nobody in the chain signed is false.
  absl::Span<const Crl> own;  // The verifier's, for many chains: such a one is passed over.
};

struct RevocationCheck {
  Revocation revocation = Revocation::kNotChecked;
  // For people, unless kNotRevoked: each certificate that lacks a list that says enough, and why.
  std::string lacking = {};
  // Places in `own` of those that an issuer of the chain signed.
  std::vector<size_t> own_used = {};
};

struct RevocationQuestion {
  uint64_t signed_at_us = 0;  // Since 1970.
  // Others prove that what was signed existed by then (POSIX seconds): what a list takes back from
  // a later date on, it does not take from this.
  std::optional<uint64_t> known_by_s = std::nullopt;
  // The chain ends at a root. Otherwise who signed a list cannot always be told.
  bool complete = true;
};

// Whether a certificate of `chain` (the signer first, the root last) stands in one of the lists,
// for something that was signed then.
//
// RFC 3161 section 4: the signer's past signatures stay good only if the entry gives a reason which
// says that the key was not lost (unspecified, affiliation changed, superseded, out of operation)
// and a later time; any other entry, one without a reason too, takes them all back. The date of
// such an entry is its invalidity date, where it has one, or else its revocation date. A list says
// who is not revoked only if it
//   was made (thisUpdate) at or after the time of signing, or else it counts as kInForce does;
//   was in force at that time: its next update, which it must name, is not before it;
//   was made before the certificate expired: issuers leave out what has expired;
//   is complete for such a certificate: no delta, no critical extension that is not known here,
//   none for some reasons, attribute certificates, other kinds of certificates or other
//   distribution points. One that is indirect is not read at all.
// Errors: kPermissionDenied for a revoked one. kInvalidArgument for a carried list that nobody in
//   the chain has signed: to pass over it would let whoever alters a byte of it take it out.
absl::StatusOr<RevocationCheck> CheckRevocation(absl::Span<const Certificate> chain,
                                                const RevocationLists& lists,
                                                const RevocationQuestion& question);

}  // namespace cairn::rfc3161

#endif  // CAIRN_ANCHOR_EVIDENCE_X509_H_
