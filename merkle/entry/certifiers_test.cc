#include "merkle/entry/certifiers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "merkle/entry/rotation.h"
#include "merkle/entry/samples.h"

namespace cairn::entry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const PublicKey& KeyA() {
  static const PublicKey key = SampleKey(0).public_key();
  return key;
}

const PublicKey& KeyB() {
  static const PublicKey key = SampleKey(1).public_key();
  return key;
}

CertifierEntry Declare(const std::string& name, const PublicKey& key) {
  return {CertifierAction::kDeclare, CertifierDemand::kSigned, name, key};
}

CertifierEntry Rotate(const std::string& name, const PublicKey& key) {
  return {CertifierAction::kRotate, CertifierDemand::kSigned, name, key};
}

CertifierEntry Retire(const std::string& name) {
  return {CertifierAction::kRetire, CertifierDemand::kNothing, name, std::nullopt};
}

void ExpectError(const absl::Status& status, absl::StatusCode code, const std::string& reason) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

TEST(CertifierRegistry, GivesTheKeyInForceAtEachIndex) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry.Apply(LeafIndex(10), Declare("acme", KeyA())).ok());
  ASSERT_TRUE(registry.Apply(LeafIndex(20), Rotate("acme", KeyB())).ok());
  ASSERT_TRUE(registry.Apply(LeafIndex(30), Retire("acme")).ok());
  ExpectError(registry.KeyAt("acme", LeafIndex(9)).status(), absl::StatusCode::kNotFound,
              "not declared before index 10");
  EXPECT_EQ(registry.KeyAt("acme", LeafIndex(10)).value(), KeyA());
  EXPECT_EQ(registry.KeyAt("acme", LeafIndex(19)).value(), KeyA());
  EXPECT_EQ(registry.KeyAt("acme", LeafIndex(20)).value(), KeyB());
  EXPECT_EQ(registry.KeyAt("acme", LeafIndex(29)).value(), KeyB());
  ExpectError(registry.KeyAt("acme", LeafIndex(30)).status(), absl::StatusCode::kPermissionDenied,
              "retired at index 30");
  EXPECT_TRUE(registry.At("acme", LeafIndex(30)).value().retired);
  EXPECT_FALSE(registry.At("acme", LeafIndex(29)).value().retired);
}

CertifierEntry SignedRotation(const PrivateKey& old_key, const PublicKey& new_key) {
  return SignRotation(kOrigin, "acme", old_key, new_key, CertifierDemand::kSigned).value();
}

TEST(CertifierRegistry, KeepsByWhoseWordEachKeyCame) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry.Apply(LeafIndex(0), Declare("acme", KeyA())).ok());
  ASSERT_TRUE(registry.Apply(LeafIndex(1), SignedRotation(SampleKey(0), KeyB())).ok());
  ASSERT_TRUE(registry.Apply(LeafIndex(2), Rotate("acme", KeyA())).ok());
  CertifierEntry demand = Rotate("acme", KeyA());
  demand.demand = CertifierDemand::kChannel;
  ASSERT_TRUE(registry.Apply(LeafIndex(3), demand).ok());
  EXPECT_EQ(registry.At("acme", LeafIndex(0))->word, KeyWord::kDeclared);
  EXPECT_EQ(registry.At("acme", LeafIndex(1))->word, KeyWord::kSignedByOldKey);
  EXPECT_EQ(registry.At("acme", LeafIndex(2))->word, KeyWord::kOperator);
  // The key is as before, and so is the word for it.
  EXPECT_EQ(registry.At("acme", LeafIndex(3))->word, KeyWord::kOperator);
}

TEST(CertifierRegistry, AChangeOfDemandAloneLeavesTheWordForTheKey) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry.Apply(LeafIndex(0), Declare("acme", KeyA())).ok());
  CertifierEntry demand = Rotate("acme", KeyA());
  demand.demand = CertifierDemand::kChannel;
  ASSERT_TRUE(registry.Apply(LeafIndex(1), demand).ok());
  EXPECT_EQ(registry.Current("acme")->word, KeyWord::kDeclared);
}

TEST(CertifierRegistry, RefusesARotationThatTheKeyInForceDidNotSign) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry.Apply(LeafIndex(0), Declare("acme", KeyA())).ok());
  ExpectError(registry.Check(SignedRotation(SampleKey(7), KeyB())),
              absl::StatusCode::kPermissionDenied, "not by the key before it");
  // The new key vouching for itself is nobody's word.
  ExpectError(registry.Check(SignedRotation(SampleKey(1), KeyB())),
              absl::StatusCode::kPermissionDenied, "not by the key before it");
  ASSERT_TRUE(registry.Apply(LeafIndex(1), SignedRotation(SampleKey(0), KeyB())).ok());
  // What the first key signed holds no more once it is not in force.
  ExpectError(registry.Check(SignedRotation(SampleKey(0), SampleKey(2).public_key())),
              absl::StatusCode::kPermissionDenied, "not by the key before it");
  EXPECT_EQ(registry.Current("acme")->key, KeyB());
  CertifierRegistry elsewhere("log.example/other");
  ASSERT_TRUE(elsewhere.Apply(LeafIndex(0), Declare("acme", KeyA())).ok());
  ExpectError(elsewhere.Check(SignedRotation(SampleKey(0), KeyB())),
              absl::StatusCode::kPermissionDenied, "not by the key before it");
}

TEST(CertifierRegistry, RefusesASignedRotationWhereThereWasNoKey) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry
                  .Apply(LeafIndex(0), {CertifierAction::kDeclare, CertifierDemand::kChannel,
                                        "acme", std::nullopt})
                  .ok());
  ExpectError(registry.Check(SignedRotation(SampleKey(0), KeyB())),
              absl::StatusCode::kFailedPrecondition, "it had none");
  ASSERT_TRUE(registry.Apply(LeafIndex(1), Rotate("acme", KeyB())).ok());
  EXPECT_EQ(registry.Current("acme")->word, KeyWord::kOperator);
}

TEST(KeyWordText, NamesEach) {
  EXPECT_EQ(KeyWordText(KeyWord::kDeclared), "declared by the operator");
  EXPECT_EQ(KeyWordText(KeyWord::kSignedByOldKey), "rotated, signed by the key before it");
  EXPECT_EQ(KeyWordText(KeyWord::kOperator), "rotated, the operator's word");
  EXPECT_EQ(KeyWordText(static_cast<KeyWord>(9)), "unknown");
}

TEST(CertifierRegistry, CurrentIsTheLastChange) {
  CertifierRegistry registry(kOrigin);
  ExpectError(registry.Current("acme").status(), absl::StatusCode::kNotFound, "`acme`");
  ASSERT_TRUE(registry.Apply(LeafIndex(0), Declare("acme", KeyA())).ok());
  ASSERT_TRUE(registry.Apply(LeafIndex(1), Rotate("acme", KeyB())).ok());
  const Certifier current = registry.Current("acme").value();
  EXPECT_EQ(current.since, LeafIndex(1));
  EXPECT_EQ(current.key, KeyB());
  EXPECT_EQ(current.demand, CertifierDemand::kSigned);
}

TEST(CertifierRegistry, NeverGivesANameToAnotherParty) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry.Apply(LeafIndex(3), Declare("acme", KeyA())).ok());
  ExpectError(registry.Apply(LeafIndex(4), Declare("acme", KeyB())),
              absl::StatusCode::kAlreadyExists, "was declared at index 3; rotate it");
  ASSERT_TRUE(registry.Apply(LeafIndex(5), Retire("acme")).ok());
  ExpectError(registry.Apply(LeafIndex(6), Declare("acme", KeyA())),
              absl::StatusCode::kAlreadyExists, "never used again");
}

TEST(CertifierRegistry, RetiringIsFinal) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry.Apply(LeafIndex(0), Declare("acme", KeyA())).ok());
  ASSERT_TRUE(registry.Apply(LeafIndex(1), Retire("acme")).ok());
  ExpectError(registry.Apply(LeafIndex(2), Rotate("acme", KeyB())),
              absl::StatusCode::kFailedPrecondition, "retired at index 1, which is final");
  ExpectError(registry.Apply(LeafIndex(2), Retire("acme")), absl::StatusCode::kFailedPrecondition,
              "retired at index 1, which is final");
}

TEST(CertifierRegistry, ChangesOnlyWhatIsDeclared) {
  CertifierRegistry registry(kOrigin);
  ExpectError(registry.Apply(LeafIndex(0), Rotate("acme", KeyA())), absl::StatusCode::kNotFound,
              "`acme` is not declared");
  ExpectError(registry.Apply(LeafIndex(0), Retire("acme")), absl::StatusCode::kNotFound,
              "`acme` is not declared");
  ExpectError(registry.KeyAt("acme", LeafIndex(0)).status(), absl::StatusCode::kNotFound,
              "`acme` is not declared");
  EXPECT_THAT(registry.Names(), IsEmpty());
}

TEST(CertifierRegistry, RefusesARotationThatChangesNothing) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry.Apply(LeafIndex(0), Declare("acme", KeyA())).ok());
  ExpectError(registry.Apply(LeafIndex(1), Rotate("acme", KeyA())),
              absl::StatusCode::kFailedPrecondition, "nothing to rotate");
  CertifierEntry channel = Rotate("acme", KeyA());
  channel.demand = CertifierDemand::kChannel;
  EXPECT_TRUE(registry.Apply(LeafIndex(1), channel).ok());
}

TEST(CertifierRegistry, NeverDeclaresAnonymous) {
  CertifierRegistry registry(kOrigin);
  ExpectError(registry.Apply(LeafIndex(0), Declare("anonymous", KeyA())),
              absl::StatusCode::kInvalidArgument, "reserved");
}

TEST(CertifierRegistry, RefusesAnEntryWithoutAnEncoding) {
  CertifierRegistry registry(kOrigin);
  CertifierEntry entry = Declare("acme", KeyA());
  entry.key.reset();
  ExpectError(registry.Check(entry), absl::StatusCode::kInvalidArgument,
              "certifier key is missing");
}

TEST(CertifierRegistry, RefusesIndexesThatDoNotRise) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry.Apply(LeafIndex(5), Declare("acme", KeyA())).ok());
  for (const uint64_t index : {5, 4, 0}) {
    ExpectError(registry.Apply(LeafIndex(index), Declare("other", KeyA())),
                absl::StatusCode::kInvalidArgument, "comes after that at 5");
  }
  EXPECT_THAT(registry.Names(), ElementsAre("acme"));
}

TEST(CertifierRegistry, TellsAChannelCertifierHasNoKey) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry
                  .Apply(LeafIndex(0), {CertifierAction::kDeclare, CertifierDemand::kChannel, "ops",
                                        std::nullopt})
                  .ok());
  ExpectError(registry.KeyAt("ops", LeafIndex(0)).status(), absl::StatusCode::kNotFound,
              "`ops` has no key");
}

TEST(CertifierRegistry, NamesAreSortedAndKeepTheRetired) {
  CertifierRegistry registry(kOrigin);
  ASSERT_TRUE(registry.Apply(LeafIndex(0), Declare("zoe", KeyA())).ok());
  ASSERT_TRUE(registry.Apply(LeafIndex(1), Declare("acme", KeyA())).ok());
  ASSERT_TRUE(registry.Apply(LeafIndex(2), Retire("zoe")).ok());
  EXPECT_THAT(registry.Names(), ElementsAre("acme", "zoe"));
}

}  // namespace
}  // namespace cairn::entry
