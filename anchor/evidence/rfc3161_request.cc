// The request's side of rfc3161.h.

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/ts.h>

#include "anchor/evidence/rfc3161.h"

namespace cairn::rfc3161 {
namespace {

using Request = std::unique_ptr<TS_REQ, Freer<TS_REQ_free>>;
using Imprint = std::unique_ptr<TS_MSG_IMPRINT, Freer<TS_MSG_IMPRINT_free>>;
using Algorithm = std::unique_ptr<X509_ALGOR, Freer<X509_ALGOR_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, Freer<ASN1_INTEGER_free>>;

bool Fill(TS_REQ& request, const Hash& digest, uint64_t nonce) {
  const Algorithm algorithm(X509_ALGOR_new());
  const Imprint imprint(TS_MSG_IMPRINT_new());
  const Integer number(ASN1_INTEGER_new());
  // OpenSSL does not take the bytes to be constant, but copies them.
  Hash copy = digest;
  return algorithm != nullptr && imprint != nullptr && number != nullptr &&
         X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
         TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
         TS_MSG_IMPRINT_set_msg(imprint.get(), copy.bytes.data(), Hash::kSize) == 1 &&
         ASN1_INTEGER_set_uint64(number.get(), nonce) == 1 &&
         TS_REQ_set_version(&request, 1) == 1 &&
         TS_REQ_set_msg_imprint(&request, imprint.get()) == 1 &&
         TS_REQ_set_nonce(&request, number.get()) == 1 && TS_REQ_set_cert_req(&request, 1) == 1;
}

}  // namespace

absl::StatusOr<std::string> MakeRequest(const Hash& digest, uint64_t nonce) {
  const Request request(TS_REQ_new());
  unsigned char* bytes = nullptr;
  int size = 0;
  if (request != nullptr && Fill(*request, digest, nonce)) size = i2d_TS_REQ(request.get(), &bytes);
  if (size <= 0) return absl::InternalError("OpenSSL could not make a time-stamp request");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

absl::StatusOr<std::string> MakeRequest(const Hash& digest) {
  uint64_t nonce = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&nonce), sizeof nonce) != 1) {
    return absl::InternalError("OpenSSL has no randomness");
  }
  // The two bits on top are 01, so that DER needs eight bytes, no more and no fewer.
  nonce = (nonce >> 2) | uint64_t{1} << 62;
  return MakeRequest(digest, nonce);
}

absl::Status CheckRequest(absl::string_view request, const Hash& digest) {
  const absl::Status other =
      absl::InvalidArgumentError("the request is not one for this digest as it is made here");
  // Only the nonce is not known: it is cut out, and the request made again.
  const auto* at = reinterpret_cast<const unsigned char*>(request.data());
  if (request.size() > 2 * kRequestBytes) return other;
  const Request parsed(
      d2i_TS_REQ(nullptr, &at, static_cast<long>(request.size())));  // NOLINT(google-runtime-int)
  uint64_t nonce = 0;
  if (parsed == nullptr || TS_REQ_get_nonce(parsed.get()) == nullptr ||
      ASN1_INTEGER_get_uint64(&nonce, TS_REQ_get_nonce(parsed.get())) != 1) {
    ERR_clear_error();
    return other;
  }
  const absl::StatusOr<std::string> again = MakeRequest(digest, nonce);
  if (!again.ok()) return again.status();
  return *again == request ? absl::OkStatus() : other;
}

}  // namespace cairn::rfc3161
