// The worked examples of docs/formats.md: fixed values and the exact bytes they have, so that a
// change of format cannot pass unnoticed. Key: the seed 00 01 02 ... 1f. Origin: log.example/test.

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/blind.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/rotation.h"
#include "merkle/entry/samples.h"
#include "merkle/entry/statement.h"
#include "merkle/hash.h"

namespace cairn::entry {
namespace {

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }

// The encoding of `body` at kTimeMs, and that it decodes to the same.
std::string EncodedHex(const Body& body) {
  const Entry entry{.accepted_at_ms = kTimeMs, .body = body};
  const absl::StatusOr<std::string> encoded = Encode(entry);
  EXPECT_TRUE(encoded.ok()) << encoded.status();
  if (!encoded.ok()) return "";
  const absl::StatusOr<Entry> decoded = Decode(*encoded);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  if (!decoded.ok()) return "";
  EXPECT_EQ(*decoded, entry);
  return Hex(*encoded);
}

TEST(GoldenEntry, UnsignedStatement) {
  const Statement statement = SampleStatements()[0];
  EXPECT_EQ(EncodedHex(SignedStatement{.statement = statement, .signature = {}}),
            "01"                                                                // version
            "01"                                                                // kind: statement
            "0000018bcfe56800"                                                  // time, ms
            "f4d0d9aef8ec9a269f0dc46c9eb199bc3c65f1fc0b55af9463b29d8745d08baa"  // certificate hash
            "01"                                                                // policy: pass
            "ffffffffffffffff"                                                  // supersedes: none
            "0461636d65"                                                        // certifier: acme
            "0774726163652d31"                                                  // trace: trace-1
            "067461736b2d31"                                                    // task: task-1
            "00");                                                              // not signed
}

TEST(GoldenEntry, LeafHashOfTheUnsignedStatement) {
  const Entry entry{.accepted_at_ms = kTimeMs,
                    .body = SignedStatement{.statement = SampleStatements()[0], .signature = {}}};
  EXPECT_EQ(merkle::HashLeaf(Encode(entry).value()).Hex(),
            "484006378c659bf39354a93543b2fc367f95141e4618982df2fe4c11fb934e1b");
}

TEST(GoldenEntry, SignedMessage) {
  EXPECT_EQ(Hex(StatementMessage(kOrigin, SampleStatements()[0])),
            "636169726e2e76312f73746174656d656e740a"  // "cairn.v1/statement\n"
            "0010"
            "6c6f672e6578616d706c652f74657374"  // origin
            "0020"
            "f4d0d9aef8ec9a269f0dc46c9eb199bc3c65f1fc0b55af9463b29d8745d08baa"  // certificate hash
            "0001"
            "01"  // policy
            "0008"
            "ffffffffffffffff"  // supersedes
            "0004"
            "61636d65"  // certifier
            "0007"
            "74726163652d31"  // trace
            "0006"
            "7461736b2d31");  // task
}

TEST(GoldenEntry, StatementWithItsOwnSignature) {
  const SignedStatement statement =
      SignStatement(kOrigin, SampleStatements()[0], SampleKey()).value();
  EXPECT_EQ(EncodedHex(statement),
            "01"
            "01"
            "0000018bcfe56800"
            "f4d0d9aef8ec9a269f0dc46c9eb199bc3c65f1fc0b55af9463b29d8745d08baa"
            "01"
            "ffffffffffffffff"
            "0461636d65"
            "0774726163652d31"
            "067461736b2d31"
            "01"                                                                // single
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"  // key
            "d842314534fed2101e5e64920279f6a9c85e9c8c365b4d675882ace9698bdb93"  // signature
            "f508b4268cbcc95d73c453c78068e188aabc701eb1a99069fbbef20adeab9b07");
}

TEST(GoldenEntry, BatchMessage) {
  const Hash root =
      Hash::FromBytes(absl::HexStringToBytes(
                          "0a5ebd50b10b094fac5367f3955faa72a05460050e2e91c3ca31d26b37b65eba"))
          .value();
  EXPECT_EQ(Hex(BatchMessage(kOrigin, 3, root)),
            "636169726e2e76312f73746174656d656e742d62617463680a"  // "cairn.v1/statement-batch\n"
            "0010"
            "6c6f672e6578616d706c652f74657374"  // origin
            "0004"
            "00000003"  // size
            "0020"
            "0a5ebd50b10b094fac5367f3955faa72a05460050e2e91c3ca31d26b37b65eba");  // root
}

TEST(GoldenEntry, LastStatementOfABatchOfThree) {
  const std::vector<SignedStatement> batch =
      SignBatch(kOrigin, SampleStatements(), SampleKey()).value();
  EXPECT_EQ(EncodedHex(batch[2]),
            "01"
            "01"
            "0000018bcfe56800"
            "3e5ef2fb2a4ade8b62dd840bd52f29352a151d11f39dfb63c848189dba5ac2ff"
            "03"                // policy: conditional
            "0000000000000007"  // supersedes index 7
            "0461636d65"
            "00"  // no trace
            "00"  // no task
            "02"  // batch
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
            "f31a0fab46318ac9de07c64e458ff646f754ba0950cc85fb5d1f60b416e49ee4"
            "c48f93ef136580f597f5092b2f8426535c7fcd4f7c6aa1644175ad1ba0accf0c"
            "0003"                                                                // size
            "0002"                                                                // index
            "a56368dfebf1d9d3d561c2edee356532610277099de8e8e58d6826804a7f5edd");  // path
}

TEST(GoldenEntry, CertifierDeclaredWithAKey) {
  EXPECT_EQ(EncodedHex(CertifierEntry{.action = CertifierAction::kDeclare,
                                      .demand = CertifierDemand::kSigned,
                                      .name = "acme",
                                      .key = SampleKey().public_key()}),
            "01"
            "02"                // kind: certifier
            "0000018bcfe56800"  // time, ms
            "01"                // declare
            "01"                // signed
            "0461636d65"        // name
            "01"                // a key follows
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8");
}

TEST(GoldenEntry, CertifierDeclaredForItsChannel) {
  EXPECT_EQ(EncodedHex(CertifierEntry{.action = CertifierAction::kDeclare,
                                      .demand = CertifierDemand::kChannel,
                                      .name = "ops.internal",
                                      .key = std::nullopt}),
            "01"
            "02"
            "0000018bcfe56800"
            "01"                          // declare
            "02"                          // channel
            "0c6f70732e696e7465726e616c"  // name
            "00");                        // no key
}

TEST(GoldenEntry, CertifierRetired) {
  EXPECT_EQ(EncodedHex(CertifierEntry{.action = CertifierAction::kRetire,
                                      .demand = CertifierDemand::kNothing,
                                      .name = "acme",
                                      .key = std::nullopt}),
            "01"
            "02"
            "0000018bcfe56800"
            "03"  // retire
            "00"  // nothing
            "0461636d65"
            "00");
}

TEST(GoldenEntry, RotationMessage) {
  EXPECT_EQ(Hex(RotationMessage(kOrigin, "acme", SampleKey().public_key(),
                                SampleKey(1).public_key(), CertifierDemand::kSigned)),
            "636169726e2e76312f6365727469666965722d726f746174696f6e0a"  // the first line
            "0010"
            "6c6f672e6578616d706c652f74657374"  // origin
            "0004"
            "61636d65"  // name
            "0020"
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"  // old key
            "0020"
            "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664"  // new key
            "0001"
            "01");  // demand
}

TEST(GoldenEntry, CertifierRotatedByWordOfTheOldKey) {
  EXPECT_EQ(EncodedHex(SignRotation(kOrigin, "acme", SampleKey(), SampleKey(1).public_key(),
                                    CertifierDemand::kSigned)
                           .value()),
            "01"
            "02"
            "0000018bcfe56800"
            "02"                                                                // rotate
            "01"                                                                // signed
            "0461636d65"                                                        // name
            "02"                                                                // key, signature
            "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664"  // the new key
            "6739c57bda4aa7ba018bfb3a852b8ced5446c220d389d24f0bd1742289e41fcf"  // by the old key
            "1df52c25bb73628dfc0e6009fc1886b7a16cb7f1e93c14408b07d2783ffa8901");
}

TEST(GoldenEntry, CertifierRotatedByTheOperatorsWord) {
  EXPECT_EQ(EncodedHex(CertifierEntry{.action = CertifierAction::kRotate,
                                      .demand = CertifierDemand::kSigned,
                                      .name = "acme",
                                      .key = SampleKey(1).public_key()}),
            "01"
            "02"
            "0000018bcfe56800"
            "02"          // rotate
            "01"          // signed
            "0461636d65"  // name
            "01"          // a key follows
            "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664");
}

TEST(GoldenEntry, OfAReservedKind) {
  EXPECT_EQ(EncodedHex(UnknownEntry{.kind = 4, .content = "new"}),
            "01"                // version
            "04"                // kind: reserved
            "0000018bcfe56800"  // time, ms
            "6e6577");          // content, as it stands
}

TEST(GoldenEntry, Receipt) {
  EXPECT_EQ(EncodedHex(ReceiptEntry{.receipt_hash = merkle::Sha256("receipt"),
                                    .tree_size = TreeSize(1000),
                                    .backend = "rfc3161"}),
            "01"
            "03"                                                                // kind: receipt
            "0000018bcfe56800"                                                  // time, ms
            "6f32860910ca0fb2a20c7fda143666b09dbf8db5238195c90a586fb542ff0cad"  // receipt hash
            "00000000000003e8"                                                  // tree size
            "0772666333313631");                                                // backend
}

TEST(GoldenEntry, BlindedTrace) {
  Hash secret;
  std::iota(secret.bytes.begin(), secret.bytes.end(), 0);
  const std::string value = "patient 17/visit 3";
  const Hash certificate_hash = *Hash::FromBytes(
      absl::HexStringToBytes("f4d0d9aef8ec9a269f0dc46c9eb199bc3c65f1fc0b55af9463b29d8745d08baa"));
  const Hash key = BlindingKey(secret, "trace", certificate_hash, value);
  EXPECT_EQ(key.Hex(), "c6691ee50b78d91ad2fe72afd1fab70bfadc534552c667dd5098c4215e3c1849");
  EXPECT_EQ(Blind(key, "trace", value), "b1:obNEUgRPCu_SWnaretT59ihUZIujX48Q3y95Kf_nz8U");
}

}  // namespace
}  // namespace cairn::entry
