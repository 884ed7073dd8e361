// Published responses of other authorities.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/rfc3161.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "tests/testing/vectors.h"

namespace cairn::rfc3161 {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string file;
  std::string data;  // What was stamped; a file's name where it begins with '/'.
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string reason = {};
  // For what verifies.
  uint64_t gen_time_s = 0;
  std::string serial = {};
};

// OpenSSL comes to the imprint only after signature and chain, so those of another hash say that
// these are good.
const Case kCases[] = {
    {.file = "sigstage/response-sha256.tsr",
     .data = "hello",
     .gen_time_s = 1'746'791'935,
     .serial = "784b4c5e57aaa63b570f15cba4df95251668ae9e"},
    {.file = "sigstage/response-invalid-signature.tsr",
     .data = "hello",
     .code = absl::StatusCode::kInvalidArgument,
     .reason = "signature failure"},
    // Its certificate stands in the chain's file.
    {.file = "sigstage/response-no-embedded-cert.tsr",
     .data = "hello",
     .gen_time_s = 1'750'234'382,
     .serial = "64b3984296e790704ac275d89f3f7315c39597f4"},
    {.file = "sigstage/response-sha384.tsr",
     .data = "hello",
     .code = absl::StatusCode::kInvalidArgument,
     .reason = "not SHA-256 but 2.16.840.1.101.3.4.2.2"},
    {.file = "sigstage/response-sha512.tsr",
     .data = "hello",
     .code = absl::StatusCode::kInvalidArgument,
     .reason = "not SHA-256 but 2.16.840.1.101.3.4.2.3"},
    // Expired today; the token is of its certificate's time.
    {.file = "sigstore.mock/response-expired.tsr",
     .data = "/sigstore.mock/payload",
     .gen_time_s = 1'675'209'600,
     .serial = "-21524111"},
    {.file = "test_tsa/response.tsr",
     .data = "hello",
     .code = absl::StatusCode::kInvalidArgument,
     .reason = "not SHA-256 but"},
    {.file = "test_tsa/response-injected-certs.tsr",
     .data = "hello",
     .code = absl::StatusCode::kInvalidArgument,
     .reason = "not SHA-256 but"},
    // By an authority of the same name under another root; that its hash is another is found first.
    {.file = "test_tsa/other_response.tsr",
     .data = "hello",
     .code = absl::StatusCode::kInvalidArgument,
     .reason = "not SHA-256 but"},
    {.file = "identrust/issue-104.tsr",
     .data = "hello",
     .code = absl::StatusCode::kInvalidArgument,
     .reason = "not SHA-256 but"},
};

// One of the files is DER, whatever its name.
std::string ToPem(const std::string& certificates) {
  if (absl::StrContains(certificates, "-----BEGIN")) return certificates;
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  const std::string base64 = absl::Base64Escape(certificates);
  for (size_t at = 0; at < base64.size(); at += 64) {
    absl::StrAppend(&pem, base64.substr(at, 64), "\n");
  }
  return pem + "-----END CERTIFICATE-----\n";
}

class Rfc3161Vectors : public ::testing::Test {
 protected:
  Rfc3161Vectors() {
    if (const auto vectors = testing::VectorsDir()) {
      directory_ = *vectors / "rfc3161" / "rfc3161-client";
    }
  }
  std::unique_ptr<Verifier> Trusting(const std::string& file) const {
    auto verifier =
        Verifier::Create({.certificates_pem = ToPem(testing::ReadFile(*directory_ / file))});
    EXPECT_TRUE(verifier.ok()) << verifier.status();
    return *std::move(verifier);
  }
  Hash Digest(const Case& c) const {
    return merkle::Sha256(c.data[0] == '/' ? testing::ReadFile(*directory_ / c.data.substr(1))
                                           : c.data);
  }

  std::optional<fs::path> directory_;
};

TEST_F(Rfc3161Vectors, AreJudgedAsExpected) {
  if (!directory_) return;
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.file);
    const fs::path file = *directory_ / c.file;
    const auto verifier = Trusting(fs::path(c.file).parent_path() / "ts_chain.pem");
    const auto stamp = verifier->Verify({.response = testing::ReadFile(file)}, Digest(c));
    EXPECT_EQ(stamp.status().code(), c.code) << stamp.status();
    EXPECT_TRUE(absl::StrContains(stamp.status().message(), c.reason)) << stamp.status();
    if (!stamp.ok()) continue;
    EXPECT_EQ(stamp->gen_time_s, c.gen_time_s);
    EXPECT_EQ(stamp->existed_by_s, c.gen_time_s + 1);
    EXPECT_EQ(stamp->serial, c.serial);
    EXPECT_EQ(stamp->policy, "1.3.6.1.4.1.57264.2");
  }
}

TEST_F(Rfc3161Vectors, HaveNoCaseThatIsNotJudged) {
  if (!directory_) return;
  size_t found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(*directory_)) {
    if (entry.path().extension() == ".tsr") ++found;
  }
  EXPECT_EQ(found, std::size(kCases));
}

TEST_F(Rfc3161Vectors, ProveNothingUnderTheRootsOfOthers) {
  if (!directory_) return;
  for (const Case& c : kCases) {
    const std::string own = fs::path(c.file).parent_path();
    for (const char* other : {"identrust", "sigstage", "sigstore.mock", "test_tsa"}) {
      if (own == other) continue;
      SCOPED_TRACE(absl::StrCat(c.file, " under ", other));
      const auto stamp =
          Trusting(absl::StrCat(other, "/ts_chain.pem"))
              ->Verify({.response = testing::ReadFile(*directory_ / c.file)}, Digest(c));
      // What is false under its own root can be so here already.
      EXPECT_TRUE(absl::IsFailedPrecondition(stamp.status()) || stamp.status().code() == c.code)
          << stamp.status();
      EXPECT_FALSE(stamp.ok());
    }
  }
}

TEST_F(Rfc3161Vectors, NoChangedBitMakesAnotherClaim) {
  if (!directory_) return;
  for (const Case& c : kCases) {
    if (c.code != absl::StatusCode::kOk) continue;
    SCOPED_TRACE(c.file);
    const auto verifier = Trusting(fs::path(c.file).parent_path() / "ts_chain.pem");
    const std::string response = testing::ReadFile(*directory_ / c.file);
    const auto genuine = verifier->Verify({.response = response}, Digest(c));
    ASSERT_TRUE(genuine.ok()) << genuine.status();
    for (size_t i = 0; i < response.size(); ++i) {
      std::string changed = response;
      changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
      const auto stamp = verifier->Verify({.response = changed}, Digest(c));
      if (!stamp.ok()) continue;
      EXPECT_EQ(stamp->existed_by_s, genuine->existed_by_s) << i;
      EXPECT_EQ(stamp->serial, genuine->serial) << i;
      EXPECT_EQ(stamp->policy, genuine->policy) << i;
      EXPECT_EQ(stamp->authority, genuine->authority) << i;
    }
  }
}

}  // namespace
}  // namespace cairn::rfc3161
