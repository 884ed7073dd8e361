// Whatever parses as a receipt is written back byte for byte, and its side data let nothing through
// but what the example authority has signed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/testing/rfc3161_example.h"
#include "merkle/hash.h"

namespace rfc3161 = cairn::rfc3161;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<rfc3161::Verifier> verifier =
      *rfc3161::Verifier::Create({.certificates_pem = rfc3161::testing::kRootPem});
  static const cairn::Hash digest = cairn::merkle::Sha256(rfc3161::testing::kStamped);
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto receipt = rfc3161::ParseReceipt(bytes);
  if (!receipt.ok()) return 0;
  const auto formatted = rfc3161::FormatReceipt(*receipt);
  if (!formatted.ok() || *formatted != bytes) std::abort();
  const auto timestamp = verifier->Verify(*receipt, digest);
  if (timestamp.ok() && (timestamp->existed_by_s != rfc3161::testing::kStampedAtS + 1 ||
                         timestamp->authority != rfc3161::testing::kAuthority)) {
    std::abort();
  }
  return 0;
}
