// Whatever is given as a response, nothing verifies but what the example authority has signed, and
// what cannot be proven without its root is never proven without it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/testing/rfc3161_example.h"
#include "merkle/hash.h"

namespace rfc3161 = cairn::rfc3161;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<rfc3161::Verifier> trusting =
      *rfc3161::Verifier::Create({.certificates_pem = rfc3161::testing::kRootPem});
  static const std::unique_ptr<rfc3161::Verifier> knowing_none = *rfc3161::Verifier::Create({});
  static const cairn::Hash digest = cairn::merkle::Sha256(rfc3161::testing::kStamped);
  const rfc3161::Receipt receipt{.response =
                                     std::string(reinterpret_cast<const char*>(data), size)};
  if (knowing_none->Verify(receipt, digest).ok()) std::abort();
  if (trusting->Verify(receipt, cairn::merkle::Sha256("another")).ok()) std::abort();
  const auto timestamp = trusting->Verify(receipt, digest);
  static rfc3161::CertificateCache certificates;
  const auto cached = trusting->Verify(receipt, digest, {}, &certificates);
  if (cached.status().code() != timestamp.status().code()) std::abort();
  if (!timestamp.ok()) return 0;
  if (timestamp->gen_time_s != rfc3161::testing::kStampedAtS ||
      timestamp->existed_by_s != rfc3161::testing::kStampedAtS + 1 ||
      timestamp->policy != rfc3161::testing::kPolicy ||
      timestamp->authority != rfc3161::testing::kAuthority ||
      std::find(std::begin(rfc3161::testing::kSerials), std::end(rfc3161::testing::kSerials),
                timestamp->serial) == std::end(rfc3161::testing::kSerials)) {
    std::abort();
  }
  return 0;
}
