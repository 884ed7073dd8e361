#include "anchor/evidence/bitcoin.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "anchor/evidence/bitcoin_headers_file.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"

namespace cairn::evidence {
namespace {

using testing::BitcoinChain;

// The first block of the main chain, whose hash and root are known to everyone.
constexpr char kGenesis[] =
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c"
    "3e"
    "67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";

BlockHeader Genesis() { return *ParseBlockHeader(absl::HexStringToBytes(kGenesis)); }

void ExpectMalformed(const absl::Status& status, const std::string& why) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_NE(status.message().find(why), std::string::npos) << status;
}

TEST(BlockHeader, OfTheFirstBlockIsRead) {
  const BlockHeader header = Genesis();
  EXPECT_EQ(FormatBlockHash(header.hash),
            "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
  EXPECT_EQ(FormatBlockHash(header.merkle_root),
            "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
  EXPECT_EQ(header.previous, Hash());
  EXPECT_EQ(header.time_s, 1231006505U);
  EXPECT_EQ(header.bits, 0x1d00ffffU);
  EXPECT_TRUE(CheckProofOfWork(header).ok());
  EXPECT_EQ(*ParseBlockHash(FormatBlockHash(header.hash)), header.hash);
}

TEST(BlockHeader, HasEightyBytes) {
  ExpectMalformed(ParseBlockHeader(std::string(79, '\0')).status(), "80 bytes");
  ExpectMalformed(ParseBlockHeader(std::string(81, '\0')).status(), "80 bytes");
  EXPECT_FALSE(ParseBlockHash("00").ok());
  EXPECT_FALSE(ParseBlockHash(std::string(64, 'A')).ok());
}

TEST(BlockHeader, WithAnyBitChangedHasNoProofOfWork) {
  const std::string bytes = absl::HexStringToBytes(kGenesis);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string mutant = bytes;
    mutant[i] = static_cast<char>(mutant[i] ^ 1);
    ExpectMalformed(CheckProofOfWork(*ParseBlockHeader(mutant)), "without proof of work");
  }
}

TEST(BlockHeader, TargetsThatAreNoneAreNotMet) {
  BlockHeader header = Genesis();
  header.hash = Hash();  // Below every target there is.
  for (const uint32_t bits : {0x1d00ffffU, 0x207fffffU, 0x03000001U, 0x01010000U, 0x2200007fU}) {
    header.bits = bits;
    EXPECT_TRUE(CheckProofOfWork(header).ok()) << std::hex << bits;
  }
  // No mantissa, a negative one, more than 256 bits.
  for (const uint32_t bits :
       {0U, 0x1d000000U, 0x1d800000U, 0x1dffffffU, 0x21010000U, 0x23000001U, 0xff00ffffU}) {
    header.bits = bits;
    EXPECT_FALSE(CheckProofOfWork(header).ok()) << std::hex << bits;
  }
  // The target itself is met, one more is not.
  header.bits = 0x03000102;
  header.hash.bytes[0] = 0x02;
  header.hash.bytes[1] = 0x01;
  EXPECT_TRUE(CheckProofOfWork(header).ok());
  ++header.hash.bytes[0];
  EXPECT_FALSE(CheckProofOfWork(header).ok());
}

TEST(BitcoinHeadersFile, AnswersWhatItHolds) {
  BitcoinChain chain;
  chain.Mine(size_t{20});
  const std::string text = absl::StrCat("# from a node of ours\n\n", chain.File());
  const auto file = BitcoinHeadersFile::Parse(text);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*(*file)->TipHeight(), chain.tip());
  for (uint64_t height = BitcoinChain::kFirst; height <= chain.tip(); ++height) {
    EXPECT_EQ((*file)->At(height)->hash, chain.At(height)->hash);
  }
  for (const uint64_t height : {uint64_t{0}, BitcoinChain::kFirst - 1, chain.tip() + 1}) {
    EXPECT_EQ((*file)->At(height).status().code(), absl::StatusCode::kNotFound);
  }
}

TEST(BitcoinHeadersFile, MayLeaveOutBlocks) {
  BitcoinChain chain;
  chain.Mine(size_t{20});
  const uint64_t first = BitcoinChain::kFirst;
  const auto file = BitcoinHeadersFile::Parse(FormatHeaderLine(first + 3, chain.Raw(first + 3)) +
                                              FormatHeaderLine(first + 9, chain.Raw(first + 9)));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*(*file)->TipHeight(), first + 9);
  EXPECT_EQ((*file)->At(first + 4).status().code(), absl::StatusCode::kNotFound);
}

TEST(BitcoinHeadersFile, WithoutBlocksKnowsNothing) {
  const auto file = BitcoinHeadersFile::Parse("# nothing\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->TipHeight().status().code(), absl::StatusCode::kNotFound);
}

TEST(BitcoinHeadersFile, IsRefusedWithTheLineAndTheReason) {
  BitcoinChain chain;
  chain.Mine(size_t{3});
  const uint64_t first = BitcoinChain::kFirst;
  const auto line = [&chain](uint64_t height, uint64_t block) {
    return FormatHeaderLine(height, chain.Raw(block));
  };
  const auto refusal = [](const std::string& text) {
    return BitcoinHeadersFile::Parse(text).status();
  };
  const std::string good = line(first, first);
  ExpectMalformed(refusal(good + line(first + 1, first + 2)), "line 2: does not follow the block");
  ExpectMalformed(refusal(good + good), "line 2: heights do not rise");
  ExpectMalformed(refusal(line(first + 1, first + 1) + good), "line 2: heights do not rise");
  ExpectMalformed(refusal(good.substr(0, good.size() - 1)), "line 1: does not end");
  ExpectMalformed(refusal("800000\n"), "line 1: not a height and a header");
  ExpectMalformed(refusal("x" + good), "line 1: not a height");
  ExpectMalformed(refusal("0" + good), "line 1: not a height");
  ExpectMalformed(refusal(absl::StrReplaceAll(good, {{" ", "  "}})), "line 1: not a header");
  ExpectMalformed(refusal(absl::StrReplaceAll(good, {{"\n", "\r\n"}})), "line 1: not a header");
  ExpectMalformed(refusal("1 00\n"), "line 1: a block header is 80 bytes");
  ExpectMalformed(refusal(absl::StrCat("1 ", std::string(160, '0'), "\n")), "proof of work");
  ExpectMalformed(refusal(absl::StrCat("5 ", kGenesis, "\n6 ", kGenesis, "\n")),
                  "line 2: does not follow");
}

TEST(BitcoinHeadersFile, WithAnyByteChangedIsRefusedOrSaysSomethingElse) {
  BitcoinChain chain;
  chain.Mine(size_t{2});
  const std::string text = chain.File();
  for (size_t i = 0; i < text.size(); ++i) {
    std::string mutant = text;
    mutant[i] = static_cast<char>(mutant[i] ^ 1);
    const auto file = BitcoinHeadersFile::Parse(mutant);
    if (!file.ok()) continue;
    bool same = true;
    for (uint64_t height = BitcoinChain::kFirst; height <= chain.tip(); ++height) {
      const auto header = (*file)->At(height);
      same = same && header.ok() && header->hash == chain.At(height)->hash;
    }
    EXPECT_FALSE(same) << i;
  }
}

// A proof whose messages are in blocks of a chain.
class VerifyBitcoinTest : public ::testing::Test {
 protected:
  // Mines a block that holds the digest by way of `salt`, and adds that to the proof.
  uint64_t Anchor(const std::string& salt) {
    const std::vector<ots::Op> ops = {{ots::OpCode::kAppend, salt}, {ots::OpCode::kSha256}};
    const uint64_t height = chain_.Mine(merkle::Sha256(absl::StrCat(digest_.view(), salt)));
    Attest(ops, height);
    return height;
  }
  void Attest(const std::vector<ots::Op>& ops, uint64_t height) {
    ots::Timestamp leaf;
    leaf.attestations.push_back(ots::Attestation::Bitcoin(height));
    ots::Merge(ots::Under(ops, leaf), &tree_);
  }
  std::string File() const {
    return *ots::Format({.digest_op = ots::OpCode::kSha256,
                         .digest = std::string(digest_.view()),
                         .timestamp = tree_});
  }
  absl::StatusOr<BitcoinVerdict> Verify(BlockHeaders* headers) const {
    return VerifyBitcoin(File(), digest_, headers);
  }

  const Hash digest_ = merkle::Sha256("a note");
  BitcoinChain chain_;
  ots::Timestamp tree_;
};

TEST_F(VerifyBitcoinTest, ProvesWhatIsSixDeep) {
  const uint64_t height = Anchor("a");
  for (uint64_t depth = 1; depth <= 10; ++depth) {
    const auto verdict = Verify(&chain_);
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_EQ(verdict->state, depth >= 6 ? BitcoinState::kProven : BitcoinState::kNotProven);
    ASSERT_TRUE(verdict->block.has_value());
    EXPECT_EQ(verdict->block->height, height);
    EXPECT_EQ(verdict->block->depth, depth);
    EXPECT_EQ(verdict->block->time_s, chain_.At(height)->time_s);
    EXPECT_EQ(verdict->block->hash, chain_.At(height)->hash);
    EXPECT_EQ(verdict->detail, absl::StrCat("in Bitcoin block 800001 of 2023-07-22T04:36:40Z, ",
                                            depth, " deep", depth >= 6 ? "" : " of 6"));
    chain_.Mine(size_t{1});
  }
}

TEST_F(VerifyBitcoinTest, ProvesByAFileToo) {
  Anchor("a");
  chain_.Mine(size_t{5});
  const auto file = BitcoinHeadersFile::Parse(chain_.File());
  EXPECT_EQ(Verify(file->get())->state, BitcoinState::kProven);
}

TEST_F(VerifyBitcoinTest, WithoutASourceSaysWhichBlockItNeeds) {
  Anchor("a");
  const auto verdict = Verify(nullptr);
  EXPECT_EQ(verdict->state, BitcoinState::kNotProven);
  EXPECT_EQ(verdict->detail, "needs Bitcoin block 800001");
  EXPECT_EQ(verdict->unknown, std::vector<uint64_t>{800001});
}

TEST_F(VerifyBitcoinTest, OfABlockBeyondTheSourceIsNotProven) {
  Anchor("a");
  Anchor("b");
  chain_.Forget(2);
  const auto verdict = Verify(&chain_);
  EXPECT_EQ(verdict->state, BitcoinState::kNotProven);
  EXPECT_EQ(verdict->detail, "needs Bitcoin blocks 800001, 800002");
}

TEST_F(VerifyBitcoinTest, IsFalseWhenTheBlockHasAnotherRoot) {
  const uint64_t height = Anchor("a");
  chain_.Mine(size_t{10});
  chain_.Reorganise(chain_.tip() - height + 1);
  const auto verdict = Verify(&chain_);
  EXPECT_EQ(verdict->state, BitcoinState::kFalse);
  ASSERT_EQ(verdict->contradicted.size(), 1U);
  EXPECT_EQ(verdict->contradicted[0].height, height);
  EXPECT_EQ(verdict->detail, "not in Bitcoin block 800001, as it says it is");
  EXPECT_FALSE(verdict->block.has_value());
}

// The root that explorers show is reversed; a proof over that is a proof of nothing.
TEST_F(VerifyBitcoinTest, IsFalseForTheRootInTheOrderOfExplorers) {
  const uint64_t height = Anchor("a");
  chain_.Mine(size_t{10});
  tree_ = {};
  Attest({{ots::OpCode::kAppend, "a"}, {ots::OpCode::kSha256}, {ots::OpCode::kReverse}}, height);
  EXPECT_EQ(Verify(&chain_)->state, BitcoinState::kFalse);
}

TEST_F(VerifyBitcoinTest, OneTrueAttestationIsEnough) {
  Attest({{ots::OpCode::kSha256}}, BitcoinChain::kFirst);           // Contradicted.
  Attest({{ots::OpCode::kSha1}, {ots::OpCode::kSha256}}, 900'000);  // Unknown.
  EXPECT_EQ(Verify(&chain_)->state, BitcoinState::kNotProven);
  const uint64_t height = Anchor("a");
  Anchor("b");
  chain_.Mine(size_t{10});
  const auto verdict = Verify(&chain_);
  EXPECT_EQ(verdict->state, BitcoinState::kProven);
  EXPECT_EQ(verdict->block->height, height);
  ASSERT_EQ(verdict->contradicted.size(), 1U);
  EXPECT_EQ(verdict->contradicted[0].height, BitcoinChain::kFirst);
  EXPECT_EQ(verdict->unknown, std::vector<uint64_t>{900'000});
}

TEST_F(VerifyBitcoinTest, OfAnotherDigestIsFalse) {
  Anchor("a");
  chain_.Mine(size_t{10});
  const auto verdict = VerifyBitcoin(File(), merkle::Sha256("another note"), &chain_);
  EXPECT_EQ(verdict->state, BitcoinState::kFalse);
  EXPECT_EQ(verdict->detail, "is about another digest");
}

TEST_F(VerifyBitcoinTest, WhilePendingIsNotProven) {
  tree_.attestations.push_back(*ots::Attestation::Pending("https://a.example"));
  const auto verdict = Verify(&chain_);
  EXPECT_EQ(verdict->state, BitcoinState::kNotProven);
  EXPECT_EQ(verdict->detail, "no Bitcoin block yet");
}

TEST_F(VerifyBitcoinTest, PassesOnWhyTheSourceDoesNotAnswer) {
  Anchor("a");
  chain_.Fail(absl::UnavailableError("no route"));
  EXPECT_EQ(Verify(&chain_).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(VerifyBitcoinTest, RefusesGarbageAndTooManyAttestations) {
  EXPECT_EQ(VerifyBitcoin("garbage", digest_, &chain_).status().code(),
            absl::StatusCode::kInvalidArgument);
  for (uint64_t height = 0; height < 65; ++height) Attest({{ots::OpCode::kSha256}}, height);
  ExpectMalformed(Verify(&chain_).status(), "65 Bitcoin attestations");
}

}  // namespace
}  // namespace cairn::evidence
