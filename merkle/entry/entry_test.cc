#include "merkle/entry/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "merkle/entry/samples.h"
#include "merkle/hash.h"

namespace cairn::entry {
namespace {

using ::testing::HasSubstr;

std::string EncodeSample(const Body& body) {
  return Encode({.accepted_at_ms = kTimeMs, .body = body}).value();
}

void ExpectRefused(const absl::Status& status, const std::string& reason) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

// Accepted bytes must be the only encoding of what they decode to.
void ExpectRefusedOrCanonical(const std::string& bytes) {
  const absl::StatusOr<Entry> decoded = Decode(bytes);
  if (!decoded.ok()) {
    EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_FALSE(decoded.status().message().empty());
    return;
  }
  EXPECT_EQ(Encode(*decoded).value(), bytes);
}

TEST(Entry, EverySampleDecodesToWhatWasEncoded) {
  for (const Body& body : SampleBodies()) {
    const Entry entry{.accepted_at_ms = kTimeMs, .body = body};
    const std::string encoded = Encode(entry).value();
    EXPECT_LE(encoded.size(), kMaxEntryBytes);
    EXPECT_EQ(Decode(encoded).value(), entry);
  }
}

TEST(Entry, EveryTruncationIsRefused) {
  for (const Body& body : SampleBodies()) {
    const std::string encoded = EncodeSample(body);
    for (size_t size = 0; size < encoded.size(); ++size) {
      ExpectRefused(Decode(encoded.substr(0, size)).status(), "is cut off");
    }
  }
}

TEST(Entry, EveryExtensionIsRefused) {
  for (const Body& body : SampleBodies()) {
    const std::string encoded = EncodeSample(body);
    for (int byte = 0; byte < 256; ++byte) {
      ExpectRefused(Decode(encoded + static_cast<char>(byte)).status(),
                    "1 bytes that do not belong");
    }
  }
}

TEST(Entry, EveryChangedByteIsRefusedOrAnotherCanonicalEntry) {
  for (const Body& body : SampleBodies()) {
    const std::string encoded = EncodeSample(body);
    for (size_t at = 0; at < encoded.size(); ++at) {
      for (int flip = 1; flip < 256; ++flip) {
        std::string changed = encoded;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        ExpectRefusedOrCanonical(changed);
      }
    }
  }
}

TEST(Entry, EveryRemovedOrDoubledByteIsRefusedOrAnotherCanonicalEntry) {
  for (const Body& body : SampleBodies()) {
    const std::string encoded = EncodeSample(body);
    for (size_t at = 0; at < encoded.size(); ++at) {
      std::string shorter = encoded;
      shorter.erase(at, 1);
      ExpectRefusedOrCanonical(shorter);
      std::string longer = encoded;
      longer.insert(at, 1, encoded[at]);
      ExpectRefusedOrCanonical(longer);
    }
  }
}

TEST(Entry, SetAcceptedAtEqualsEncodingWithThatTime) {
  for (const Body& body : SampleBodies()) {
    std::string encoded = Encode({.accepted_at_ms = ~kTimeMs, .body = body}).value();
    SetAcceptedAt(kTimeMs, encoded);
    EXPECT_EQ(encoded, EncodeSample(body));
  }
}

TEST(Entry, DecodeNamesAnUnknownVersion) {
  std::string encoded = EncodeSample(SampleBodies()[0]);
  encoded[0] = 2;
  ExpectRefused(Decode(encoded).status(), "version is 2");
}

TEST(Entry, DecodeNamesAnUnknownKind) {
  for (const int kind : {0, 16, 17, 127, 128, 255}) {
    std::string encoded = EncodeSample(SampleBodies()[0]);
    encoded[1] = static_cast<char>(kind);
    EXPECT_EQ(Decode(encoded).status().code(), absl::StatusCode::kInvalidArgument);
    ExpectRefused(Decode(encoded).status(), "kind is");
  }
}

TEST(Entry, DecodeNamesAnUnknownSignatureForm) {
  std::string encoded = EncodeSample(SampleBodies()[0]);
  encoded.back() = 3;
  ExpectRefused(Decode(encoded).status(), "signature form is 3");
}

TEST(Entry, DecodeNamesAnUnknownKeyForm) {
  std::string encoded = EncodeSample(SampleBodies()[4]);
  encoded.back() = 3;
  ExpectRefused(Decode(encoded).status(), "certifier key form is 3");
}

TEST(Entry, AReservedKindIsKeptAsItStandsWhateverItHolds) {
  for (int kind = kFirstReservedKind; kind <= kLastReservedKind; ++kind) {
    for (const size_t size : {size_t{0}, size_t{1}, size_t{100}, kMaxEntryBytes - 10}) {
      const Entry entry{.accepted_at_ms = kTimeMs,
                        .body = UnknownEntry{.kind = static_cast<uint8_t>(kind),
                                             .content = std::string(size, '\xff')}};
      std::string encoded = Encode(entry).value();
      EXPECT_EQ(encoded.size(), 10 + size);
      EXPECT_EQ(encoded[1], kind);
      EXPECT_EQ(Decode(encoded).value(), entry);
      SetAcceptedAt(1, encoded);
      EXPECT_EQ(Decode(encoded)->accepted_at_ms, 1u);
      EXPECT_EQ(Decode(encoded)->body, entry.body);
    }
  }
}

TEST(Entry, AReservedKindHasATimeAndFitsTheLimit) {
  const std::string encoded = Encode({.accepted_at_ms = kTimeMs, .body = UnknownEntry{}}).value();
  for (size_t size = 0; size < encoded.size(); ++size) {
    ExpectRefused(Decode(encoded.substr(0, size)).status(), "is cut off");
  }
  ExpectRefused(Decode(encoded + std::string(kMaxEntryBytes, 'x')).status(), "at most 1024");
}

TEST(Encode, RefusesAnUnknownEntryOfAKindThatIsNotReserved) {
  for (const int kind : {0, 1, 2, 3, 16, 255}) {
    ExpectRefused(
        Encode({.body = UnknownEntry{.kind = static_cast<uint8_t>(kind), .content = ""}}).status(),
        "which is not reserved");
  }
  ExpectRefused(
      Encode({.body = UnknownEntry{.kind = 9, .content = std::string(kMaxEntryBytes - 9, 'x')}})
          .status(),
      "entry has 1025 bytes");
}

TEST(Encode, RefusesASignatureByTheOldKeyWhereNoKeyIsRotated) {
  const CertifierEntry rotation = std::get<CertifierEntry>(SampleBodies().back());
  ASSERT_TRUE(Encode({.body = rotation}).ok());
  CertifierEntry bad = rotation;
  bad.action = CertifierAction::kDeclare;
  ExpectRefused(Encode({.body = bad}).status(), "certifier key's signature must be absent");
  bad = rotation;
  bad.demand = CertifierDemand::kChannel;
  EXPECT_TRUE(Encode({.body = bad}).ok());
  bad.key.reset();
  ExpectRefused(Encode({.body = bad}).status(), "certifier key's signature must be absent");
  bad.action = CertifierAction::kRetire;
  bad.demand = CertifierDemand::kNothing;
  ExpectRefused(Encode({.body = bad}).status(), "certifier key's signature must be absent");
}

TEST(Entry, DecodeRefusesWhatIsTooLongBeforeLookingAtIt) {
  ExpectRefused(Decode(std::string(kMaxEntryBytes + 1, 'x')).status(), "entry has 1025 bytes");
}

TEST(Entry, TheLongestEntryFitsTheLimit) {
  Statement statement = ManyStatements(1)[0];
  statement.certifier = statement.trace = statement.task = std::string(kMaxTextBytes, 'x');
  BatchSignature batch;
  batch.size = kMaxBatchSize;
  batch.path.resize(10);
  const std::string encoded =
      EncodeSample(SignedStatement{.statement = statement, .signature = batch});
  EXPECT_LT(encoded.size(), 700u);
  EXPECT_TRUE(Decode(encoded).ok());
}

TEST(ValidateStatement, NamesTheTextThatIsTooLong) {
  Statement statement = SampleStatements()[0];
  statement.certifier = std::string(65, 'a');
  ExpectRefused(ValidateStatement(statement), "certifier has 65 bytes");
  statement = SampleStatements()[0];
  statement.trace = std::string(65, 'a');
  ExpectRefused(ValidateStatement(statement), "trace has 65 bytes");
  statement = SampleStatements()[0];
  statement.task = std::string(300, 'a');
  ExpectRefused(ValidateStatement(statement), "task has 300 bytes");
}

TEST(ValidateStatement, NeedsACertifierButNeitherTraceNorTask) {
  Statement statement = SampleStatements()[0];
  statement.trace = statement.task = "";
  EXPECT_TRUE(ValidateStatement(statement).ok());
  statement.certifier = "";
  ExpectRefused(ValidateStatement(statement), "certifier is empty");
}

TEST(ValidateStatement, NamesAnUnknownPolicyStatus) {
  Statement statement = SampleStatements()[0];
  statement.policy_status = static_cast<PolicyStatus>(4);
  ExpectRefused(ValidateStatement(statement), "policy status is 4");
}

TEST(ValidateStatement, RefusesToSupersedeAnIndexNoTreeCanHave) {
  Statement statement = SampleStatements()[0];
  statement.supersedes = LeafIndex(kMaxTreeSize - 1);
  EXPECT_TRUE(ValidateStatement(statement).ok());
  for (const uint64_t index : {kMaxTreeSize, ~uint64_t{0} - 1, ~uint64_t{0}}) {
    statement.supersedes = LeafIndex(index);
    ExpectRefused(ValidateStatement(statement), "supersedes");
  }
}

TEST(ValidateText, AcceptsExactlyTheDocumentedCharacters) {
  const std::string allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
  for (int c = 0; c < 256; ++c) {
    const std::string text(1, static_cast<char>(c));
    const bool accepted = ValidateText("trace", text, /*allow_empty=*/true).ok();
    EXPECT_EQ(accepted, allowed.find(text[0]) != std::string::npos) << c;
  }
  ExpectRefused(ValidateText("trace", "ab c", /*allow_empty=*/true),
                "trace has a character at position 2");
}

TEST(ValidateSignedStatement, RefusesABatchOfNoneOrTooMany) {
  SignedStatement statement{.statement = SampleStatements()[0], .signature = BatchSignature()};
  ExpectRefused(ValidateSignedStatement(statement), "batch size is 0");
  std::get<BatchSignature>(statement.signature).size = kMaxBatchSize + 1;
  ExpectRefused(ValidateSignedStatement(statement), "batch size is 1025");
}

TEST(ValidateSignedStatement, RefusesAPlaceOutsideTheBatch) {
  BatchSignature batch;
  batch.size = batch.index = 3;
  ExpectRefused(ValidateSignedStatement({.statement = SampleStatements()[0], .signature = batch}),
                "batch index is 3; it must be below");
}

TEST(ValidateSignedStatement, RefusesAPathOfTheWrongLength) {
  BatchSignature batch;
  batch.size = 3;
  batch.index = 2;
  for (const size_t length : {0, 2}) {
    batch.path.resize(length);
    ExpectRefused(ValidateSignedStatement({.statement = SampleStatements()[0], .signature = batch}),
                  "batch path has");
  }
}

TEST(Encode, RefusesACertifierEntryThatContradictsItself) {
  const PublicKey key = SampleKey().public_key();
  const CertifierEntry good{.action = CertifierAction::kDeclare,
                            .demand = CertifierDemand::kSigned,
                            .name = "acme",
                            .key = key};
  CertifierEntry bad = good;
  bad.key.reset();
  ExpectRefused(Encode({.body = bad}).status(), "certifier key is missing");
  bad = good;
  bad.key = PublicKey();
  ExpectRefused(Encode({.body = bad}).status(), "certifier key is refused");
  bad = good;
  bad.demand = CertifierDemand::kNothing;
  ExpectRefused(Encode({.body = bad}).status(), "certifier demand must be signed");
  bad = good;
  bad.demand = static_cast<CertifierDemand>(3);
  ExpectRefused(Encode({.body = bad}).status(), "certifier demand must be signed");
  bad = good;
  bad.name = "";
  ExpectRefused(Encode({.body = bad}).status(), "certifier name is empty");
  bad = good;
  bad.action = static_cast<CertifierAction>(0);
  ExpectRefused(Encode({.body = bad}).status(), "certifier action");
  bad = good;
  bad.action = CertifierAction::kRetire;
  ExpectRefused(Encode({.body = bad}).status(), "certifier demand must be nothing");
  bad.demand = CertifierDemand::kNothing;
  ExpectRefused(Encode({.body = bad}).status(), "certifier key must be absent");
}

TEST(Encode, RefusesAReceiptOverNoTree) {
  ReceiptEntry receipt{
      .receipt_hash = merkle::Sha256("r"), .tree_size = TreeSize(0), .backend = "rfc3161"};
  ExpectRefused(Encode({.body = receipt}).status(), "receipt tree size is 0");
  receipt.tree_size = TreeSize(kMaxTreeSize + 1);
  ExpectRefused(Encode({.body = receipt}).status(), "receipt tree size");
  receipt.tree_size = TreeSize(kMaxTreeSize);
  EXPECT_TRUE(Encode({.body = receipt}).ok());
  receipt.backend = "";
  ExpectRefused(Encode({.body = receipt}).status(), "receipt backend is empty");
}

TEST(PolicyStatusName, IsParsedBack) {
  for (const PolicyStatus status : {PolicyStatus::kUnspecified, PolicyStatus::kPass,
                                    PolicyStatus::kFail, PolicyStatus::kConditional}) {
    EXPECT_EQ(ParsePolicyStatus(PolicyStatusName(status)).value(), status);
  }
  ExpectRefused(ParsePolicyStatus("PASS").status(), "policy status is `PASS`; give unspecified");
  EXPECT_EQ(PolicyStatusName(static_cast<PolicyStatus>(9)), "unknown");
}

}  // namespace
}  // namespace cairn::entry
