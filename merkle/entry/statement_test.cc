#include "merkle/entry/statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "merkle/entry/samples.h"

namespace cairn::entry {
namespace {

using ::testing::HasSubstr;

void ExpectDenied(const absl::Status& status, const std::string& reason) {
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

// Every single change to what a certifier says.
std::vector<Statement> Edited(const Statement& statement) {
  std::vector<Statement> out(7, statement);
  out[0].certificate_hash.bytes[0] ^= 1;
  out[1].policy_status = PolicyStatus::kFail;
  out[2].supersedes = LeafIndex(1);
  out[3].certifier += "x";
  out[4].trace = "";
  out[5].task += ".";
  // The same characters, cut elsewhere.
  out[6].trace = statement.trace + statement.task.substr(0, 1);
  out[6].task = statement.task.substr(1);
  return out;
}

TEST(VerifyStatement, AcceptsASingleSignature) {
  const PrivateKey key = SampleKey();
  for (const Statement& statement : SampleStatements()) {
    const SignedStatement made = SignStatement(kOrigin, statement, key).value();
    EXPECT_EQ(made.statement, statement);
    EXPECT_TRUE(VerifyStatement(kOrigin, made, key.public_key()).ok());
  }
}

TEST(VerifyStatement, AcceptsEveryMemberOfBatchesOfEverySize) {
  const PrivateKey key = SampleKey();
  for (const int size : {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 100, 1023, 1024}) {
    const std::vector<SignedStatement> batch =
        SignBatch(kOrigin, ManyStatements(size), key).value();
    ASSERT_EQ(batch.size(), static_cast<size_t>(size));
    StatementVerifier verifier(kOrigin);
    for (const SignedStatement& member : batch) {
      ASSERT_TRUE(verifier.Verify(member, key.public_key()).ok());
    }
    EXPECT_TRUE(VerifyStatement(kOrigin, batch.back(), key.public_key()).ok());
  }
}

TEST(VerifyStatement, RefusesAnotherOrigin) {
  const PrivateKey key = SampleKey();
  const SignedStatement single = SignStatement(kOrigin, SampleStatements()[0], key).value();
  const SignedStatement batch = SignBatch(kOrigin, SampleStatements(), key).value()[0];
  for (const char* origin : {"log.example/tesu", "log.example/test2", ""}) {
    ExpectDenied(VerifyStatement(origin, single, key.public_key()), "does not hold here");
    ExpectDenied(VerifyStatement(origin, batch, key.public_key()), "does not hold here");
  }
}

TEST(VerifyStatement, RefusesAnyEditOfWhatWasSaid) {
  const PrivateKey key = SampleKey();
  const SignedStatement single = SignStatement(kOrigin, SampleStatements()[0], key).value();
  const SignedStatement batch = SignBatch(kOrigin, SampleStatements(), key).value()[0];
  for (const Statement& edited : Edited(SampleStatements()[0])) {
    ExpectDenied(VerifyStatement(kOrigin, {edited, single.signature}, key.public_key()),
                 "the signature does not hold here");
    ExpectDenied(VerifyStatement(kOrigin, {edited, batch.signature}, key.public_key()),
                 "the batch's signature does not hold here");
  }
}

TEST(VerifyStatement, RefusesAKeyThatIsNotTheCertifiers) {
  const SignedStatement single = SignStatement(kOrigin, SampleStatements()[0], SampleKey()).value();
  const SignedStatement batch = SignBatch(kOrigin, SampleStatements(), SampleKey()).value()[0];
  const PublicKey other = SampleKey(100).public_key();
  ExpectDenied(VerifyStatement(kOrigin, single, other), "a key that is not `acme`'s");
  ExpectDenied(VerifyStatement(kOrigin, batch, other), "a key that is not `acme`'s");
}

TEST(VerifyStatement, RefusesAnUnsignedStatement) {
  ExpectDenied(VerifyStatement(kOrigin, {.statement = SampleStatements()[0], .signature = {}},
                               SampleKey().public_key()),
               "is not signed");
}

TEST(VerifyStatement, RefusesAStatementWithoutAnEncoding) {
  SignedStatement made = SignStatement(kOrigin, SampleStatements()[0], SampleKey()).value();
  made.statement.trace = "with space";
  EXPECT_EQ(VerifyStatement(kOrigin, made, SampleKey().public_key()).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(VerifyStatement, RefusesEveryChangedByteOfASignature) {
  const PrivateKey key = SampleKey();
  const SignedStatement made = SignStatement(kOrigin, SampleStatements()[0], key).value();
  for (size_t at = 0; at < Signature::kSize; ++at) {
    SignedStatement changed = made;
    std::get<SingleSignature>(changed.signature).signature.bytes[at] ^= 1;
    ExpectDenied(VerifyStatement(kOrigin, changed, key.public_key()), "does not hold here");
  }
}

TEST(VerifyStatement, RefusesAnotherPlaceSizeOrPath) {
  const PrivateKey key = SampleKey();
  const std::vector<SignedStatement> batch = SignBatch(kOrigin, ManyStatements(8), key).value();
  SignedStatement changed = batch[5];
  auto& signature = std::get<BatchSignature>(changed.signature);
  signature.index = 4;
  ExpectDenied(VerifyStatement(kOrigin, changed, key.public_key()), "does not hold here");
  // A path does not bind the size of its tree; the signed message must.
  changed = batch[5];
  std::get<BatchSignature>(changed.signature).size = 7;
  ExpectDenied(VerifyStatement(kOrigin, changed, key.public_key()), "does not hold here");
  changed = batch[5];
  std::get<BatchSignature>(changed.signature).path[1].bytes[0] ^= 1;
  ExpectDenied(VerifyStatement(kOrigin, changed, key.public_key()), "does not hold here");
  changed = batch[5];
  std::get<BatchSignature>(changed.signature).path.pop_back();
  EXPECT_EQ(VerifyStatement(kOrigin, changed, key.public_key()).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(VerifyStatement, RefusesASingleSignatureOfferedAsABatchOfOne) {
  const PrivateKey key = SampleKey();
  const SignedStatement single = SignStatement(kOrigin, SampleStatements()[0], key).value();
  BatchSignature batch;
  batch.key = key.public_key();
  batch.signature = std::get<SingleSignature>(single.signature).signature;
  batch.size = 1;
  ExpectDenied(VerifyStatement(kOrigin, {single.statement, batch}, key.public_key()),
               "does not hold here");
}

TEST(StatementVerifier, DoesNotTakeAStrangerForAMemberOfTheLastBatch) {
  const PrivateKey key = SampleKey();
  const std::vector<SignedStatement> batch = SignBatch(kOrigin, ManyStatements(4), key).value();
  StatementVerifier verifier(kOrigin);
  ASSERT_TRUE(verifier.Verify(batch[0], key.public_key()).ok());
  SignedStatement stranger = batch[1];
  stranger.statement.policy_status = PolicyStatus::kPass;
  ExpectDenied(verifier.Verify(stranger, key.public_key()), "does not hold here");
  SignedStatement resized = batch[1];
  std::get<BatchSignature>(resized.signature).size = 3;
  EXPECT_FALSE(verifier.Verify(resized, key.public_key()).ok());
  ExpectDenied(verifier.Verify(batch[1], SampleKey(9).public_key()), "a key that is not");
  EXPECT_TRUE(verifier.Verify(batch[1], key.public_key()).ok());
}

TEST(VerifyBatch, GivesEachStatementThePathThatSigningGave) {
  const PrivateKey key = SampleKey();
  for (const int size : {1, 2, 3, 7, 100, 1024}) {
    const std::vector<SignedStatement> made = SignBatch(kOrigin, ManyStatements(size), key).value();
    const Signature signature = std::get<BatchSignature>(made[0].signature).signature;
    EXPECT_EQ(VerifyBatch(kOrigin, ManyStatements(size), key.public_key(), signature).value(),
              made);
  }
}

TEST(VerifyBatch, RefusesAReorderedShortenedOrForeignBatch) {
  const PrivateKey key = SampleKey();
  const std::vector<SignedStatement> made = SignBatch(kOrigin, ManyStatements(5), key).value();
  const Signature signature = std::get<BatchSignature>(made[0].signature).signature;
  std::vector<Statement> statements = ManyStatements(5);
  std::swap(statements[0], statements[1]);
  ExpectDenied(VerifyBatch(kOrigin, statements, key.public_key(), signature).status(),
               "the batch's signature does not hold here");
  ExpectDenied(VerifyBatch(kOrigin, ManyStatements(4), key.public_key(), signature).status(),
               "the batch's signature does not hold here");
  ExpectDenied(VerifyBatch("other", ManyStatements(5), key.public_key(), signature).status(),
               "the batch's signature does not hold here");
}

TEST(VerifyBatch, RefusesNoneTooManyAndWhatHasNoEncoding) {
  const PrivateKey key = SampleKey();
  for (const int size : {0, 1025}) {
    const std::string reason = "batch size is " + std::to_string(size);
    const absl::Status signing = SignBatch(kOrigin, ManyStatements(size), key).status();
    EXPECT_EQ(signing.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(signing.message()), HasSubstr(reason));
    EXPECT_EQ(VerifyBatch(kOrigin, ManyStatements(size), key.public_key(), {}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  std::vector<Statement> statements = ManyStatements(3);
  statements[2].trace = "/";
  const absl::Status signing = SignBatch(kOrigin, statements, key).status();
  EXPECT_EQ(signing.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(signing.message()), HasSubstr("statement 2 of the batch: trace"));
}

TEST(SignStatement, RefusesWhatHasNoEncoding) {
  Statement statement = SampleStatements()[0];
  statement.certifier = "";
  EXPECT_EQ(SignStatement(kOrigin, statement, SampleKey()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn::entry
