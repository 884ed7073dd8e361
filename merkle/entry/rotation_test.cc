#include "merkle/entry/rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "merkle/entry/samples.h"

namespace cairn::entry {
namespace {

using ::testing::HasSubstr;

CertifierEntry Sample() {
  return SignRotation(kOrigin, "acme", SampleKey(0), SampleKey(1).public_key(),
                      CertifierDemand::kSigned)
      .value();
}

void ExpectError(const absl::Status& status, absl::StatusCode code, const std::string& reason) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

TEST(VerifyRotation, AcceptsWhatTheOldKeySigned) {
  EXPECT_TRUE(VerifyRotation(kOrigin, Sample(), SampleKey(0).public_key()).ok());
}

TEST(VerifyRotation, RefusesEveryOtherLogNameKeyDemandAndSignature) {
  const PublicKey old_key = SampleKey(0).public_key();
  const auto expect_denied = [](const absl::Status& status) {
    ExpectError(status, absl::StatusCode::kPermissionDenied, "is not by the key before it");
  };
  expect_denied(VerifyRotation("log.example/other", Sample(), old_key));
  expect_denied(VerifyRotation(kOrigin, Sample(), SampleKey(1).public_key()));
  expect_denied(VerifyRotation(kOrigin, Sample(), SampleKey(2).public_key()));
  CertifierEntry changed = Sample();
  changed.name = "acme2";
  expect_denied(VerifyRotation(kOrigin, changed, old_key));
  changed = Sample();
  changed.key = SampleKey(2).public_key();
  expect_denied(VerifyRotation(kOrigin, changed, old_key));
  changed = Sample();
  changed.demand = CertifierDemand::kChannel;
  expect_denied(VerifyRotation(kOrigin, changed, old_key));
  for (size_t i = 0; i < Signature::kSize; ++i) {
    changed = Sample();
    changed.by_old_key->bytes[i] ^= 1;
    expect_denied(VerifyRotation(kOrigin, changed, old_key));
  }
}

TEST(VerifyRotation, SaysThatThereIsNoSignature) {
  CertifierEntry unsigned_rotation = Sample();
  unsigned_rotation.by_old_key.reset();
  ExpectError(VerifyRotation(kOrigin, unsigned_rotation, SampleKey(0).public_key()),
              absl::StatusCode::kPermissionDenied, "is not signed by the key before it");
}

TEST(VerifyRotation, RefusesWhatHasNoEncoding) {
  CertifierEntry declared = Sample();
  declared.action = CertifierAction::kDeclare;
  ExpectError(VerifyRotation(kOrigin, declared, SampleKey(0).public_key()),
              absl::StatusCode::kInvalidArgument, "must be absent unless a key is rotated");
}

TEST(SignRotation, RefusesWhatHasNoEncoding) {
  const PublicKey key = SampleKey(1).public_key();
  ExpectError(
      SignRotation(kOrigin, "no name", SampleKey(0), key, CertifierDemand::kSigned).status(),
      absl::StatusCode::kInvalidArgument, "certifier name");
  ExpectError(SignRotation(kOrigin, "acme", SampleKey(0), key, CertifierDemand::kNothing).status(),
              absl::StatusCode::kInvalidArgument, "certifier demand");
  ExpectError(
      SignRotation(kOrigin, "acme", SampleKey(0), PublicKey(), CertifierDemand::kSigned).status(),
      absl::StatusCode::kInvalidArgument, "certifier key is refused");
}

}  // namespace
}  // namespace cairn::entry
