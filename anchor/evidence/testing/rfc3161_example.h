// A time-stamp authority whose keys are gone: it made the tokens in the fuzzers' corpora, and can
// make no other. Whatever verifies under its root says what they say.

#ifndef CAIRN_ANCHOR_EVIDENCE_TESTING_RFC3161_EXAMPLE_H_
#define CAIRN_ANCHOR_EVIDENCE_TESTING_RFC3161_EXAMPLE_H_

#include <cstdint>

namespace cairn::rfc3161::testing {

// Of this, by SHA-256, are the tokens.
inline constexpr char kStamped[] = "a note";
inline constexpr uint64_t kStampedAtS = 1'795'268'281;
inline constexpr const char* kSerials[] = {"01", "02"};
inline constexpr char kAuthority[] = "CN=cairn local test time-stamp authority";
inline constexpr char kPolicy[] = "1.2.3.4.1";

inline constexpr char kRootPem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgzCCASqgAwIBAgIUa9IxBskXKYLHswHqHa67/34vppowCgYIKoZIzj0EAwIw\n"
    "IDEeMBwGA1UEAwwVY2Fpcm4gbG9jYWwgdGVzdCByb290MB4XDTI2MTEyMTEzMzgw\n"
    "MVoXDTM2MTExODEzMzgwMVowIDEeMBwGA1UEAwwVY2Fpcm4gbG9jYWwgdGVzdCBy\n"
    "b290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEI8fLA+WfWmZlXtwF3ngi7sad\n"
    "ZMnlNRD8vpeJBqqvwhxHeMfwcdGL7G6uWQbO0KUxjsEFX7o7gBzxSJQ3boZndKNC\n"
    "MEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFCAX\n"
    "rXD+rzLgWnM1/PQKPeQh6yFJMAoGCCqGSM49BAMCA0cAMEQCIHx/Rw9tVtXT4qld\n"
    "7HRMOTQaX5o1raBUAg00ZwpM+UY2AiBtUI7jcLs3UE3tbdh2Vh8LTNIcYQTjJ5kV\n"
    "auiDPXcfEA==\n"
    "-----END CERTIFICATE-----\n";

}  // namespace cairn::rfc3161::testing

#endif  // CAIRN_ANCHOR_EVIDENCE_TESTING_RFC3161_EXAMPLE_H_
