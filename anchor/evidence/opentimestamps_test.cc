#include "anchor/evidence/opentimestamps.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "tests/testing/vectors.h"

namespace cairn::evidence::ots {
namespace {

namespace fs = std::filesystem;

constexpr char kUri[] = "https://alice.calendar.example";

std::string Hex(absl::string_view bytes) { return absl::BytesToHexString(bytes); }
std::string Bytes(absl::string_view hex) { return absl::HexStringToBytes(hex); }

void ExpectMalformed(const absl::Status& status, const std::string& why) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_NE(status.message().find(why), std::string::npos) << status;
}

Timestamp Leaf(Attestation attestation) {
  Timestamp leaf;
  leaf.attestations.push_back(std::move(attestation));
  return leaf;
}

Timestamp PendingLeaf(const std::string& uri = kUri) { return Leaf(*Attestation::Pending(uri)); }

File FileOver(absl::string_view content, Timestamp timestamp) {
  return {.digest_op = OpCode::kSha256,
          .digest = std::string(merkle::Sha256(content).view()),
          .timestamp = std::move(timestamp)};
}

// A small file with everything that ours have.
File Example() {
  Timestamp tree = Under({{OpCode::kAppend, "nonce"}, {OpCode::kSha256}},
                         Under({{OpCode::kPrepend, "alice"}}, PendingLeaf()));
  Merge(Under({{OpCode::kAppend, "nonce"}, {OpCode::kSha256}, {OpCode::kPrepend, "bob"}},
              PendingLeaf("https://bob.calendar.example")),
        &tree);
  Merge(Under({{OpCode::kAppend, "nonce"},
               {OpCode::kSha256},
               {OpCode::kPrepend, "alice"},
               {OpCode::kSha256}},
              Leaf(Attestation::Bitcoin(800'000))),
        &tree);
  Merge(Leaf(*Attestation::Create("unknown!", "anything")), &tree);
  return FileOver("example", std::move(tree));
}

// "tag:payload message" in hex, in the order of the tree; "?" where the message is not known.
std::vector<std::string> Attested(const Timestamp& timestamp, absl::string_view message) {
  std::vector<std::string> lines;
  Visit(timestamp, message,
        [&lines](const Attestation& attestation, std::optional<absl::string_view> over) {
          lines.push_back(absl::StrCat(Hex(attestation.tag()), ":", Hex(attestation.payload()), " ",
                                       over ? Hex(*over) : "?"));
        });
  return lines;
}

// One bare timestamp over 32 bytes, in hex.
absl::StatusOr<Timestamp> ParseOver32(absl::string_view hex) {
  return ParseTimestamp(Bytes(hex), std::string(32, 'm'));
}

// Attestations in hex.
constexpr char kBitcoinOne[] = "000588960d73d719010101";     // height 1
constexpr char kBitcoinMany[] = "000588960d73d71901028001";  // height 128
constexpr char kPendingEmpty[] = "0083dfe30d2ef90c8e0100";

TEST(OpenTimestamps, WritesWhatItReads) {
  const std::string bytes = *Format(Example());
  const absl::StatusOr<File> parsed = Parse(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*Format(*parsed), bytes);
  EXPECT_EQ(parsed->digest, merkle::Sha256("example").view());
}

// The layout, spelled out once.
TEST(OpenTimestamps, HasThisLayout) {
  const File file = FileOver("", Under({{OpCode::kAppend, "ab"}, {OpCode::kSha256}}, [] {
                               Timestamp two = Leaf(Attestation::Bitcoin(300));
                               Merge(PendingLeaf("u"), &two);
                               return two;
                             }()));
  EXPECT_EQ(Hex(*Format(file)),
            "004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294"
            "01"
            "08"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            "f0026162"
            "08"
            "ff000588960d73d7190102ac02"
            "0083dfe30d2ef90c8e020175");
}

TEST(OpenTimestamps, RefusesEveryCutAndWhateverFollows) {
  const std::string bytes = *Format(Example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(Parse(bytes.substr(0, size)).status().code(), absl::StatusCode::kInvalidArgument)
        << size;
  }
  ExpectMalformed(Parse(bytes + '\0').status(), "bytes behind its end");
}

TEST(OpenTimestamps, ReadsNoMutantAsTheOriginal) {
  const std::string bytes = *Format(Example());
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string mutant = bytes;
      mutant[i] = static_cast<char>(mutant[i] ^ 1 << bit);
      const absl::StatusOr<File> parsed = Parse(mutant);
      if (parsed.ok()) {
        EXPECT_EQ(*Format(*parsed), mutant) << i;
      }
    }
  }
}

TEST(OpenTimestamps, RefusesAnotherMagicVersionOrFileDigest) {
  const std::string bytes = *Format(Example());
  const auto with = [&bytes](size_t at, char byte) {
    std::string other = bytes;
    other[at] = byte;
    return Parse(other).status();
  };
  ExpectMalformed(with(0, 1), "does not begin like one");
  ExpectMalformed(with(31, 2), "not of version 1");
  ExpectMalformed(with(32, '\x67'), "its file's digest is made by 0x67");
  ExpectMalformed(with(32, '\xf3'), "its file's digest is made by 0xf3");
}

TEST(OpenTimestamps, RefusesWhatHasAnotherSpelling) {
  EXPECT_TRUE(ParseOver32(kBitcoinOne).ok());
  ExpectMalformed(ParseOver32("000588960d73d71901028100").status(), "a digit too many");
  ExpectMalformed(ParseOver32("000588960d73d719018100"
                              "01")
                      .status(),
                  "a digit too many");
  ExpectMalformed(ParseOver32("f0820061620"
                              "00588960d73d719010101")
                      .status(),
                  "a digit too many");
  ExpectMalformed(ParseOver32(absl::StrCat("ff", kPendingEmpty, kBitcoinOne)).status(),
                  "attestations are not sorted");
  ExpectMalformed(ParseOver32(absl::StrCat("ff", kBitcoinOne, kBitcoinOne)).status(),
                  "attestations are not sorted");
  EXPECT_TRUE(ParseOver32(absl::StrCat("ff", kBitcoinOne, kPendingEmpty)).ok());
  ExpectMalformed(ParseOver32(absl::StrCat("ff08", kBitcoinOne, "02", kBitcoinOne)).status(),
                  "operations are not sorted");
  ExpectMalformed(ParseOver32(absl::StrCat("ff08", kBitcoinOne, "08", kPendingEmpty)).status(),
                  "operations are not sorted");
  ExpectMalformed(ParseOver32(absl::StrCat("ff08", kBitcoinOne, kBitcoinOne)).status(),
                  "an attestation after an operation");
}

// As the reference sorts them: by the number and by the URI, not by their encoded bytes.
TEST(OpenTimestamps, SortsByHeightAndUri) {
  EXPECT_LT(Attestation::Bitcoin(256), Attestation::Bitcoin(257));
  EXPECT_LT(Attestation::Bitcoin(129), Attestation::Bitcoin(256));  // 81 01, 80 02
  EXPECT_LT(*Attestation::Pending("https://alice.example"), *Attestation::Pending("https://bob"));
  EXPECT_TRUE(ParseOver32(absl::StrCat("ff", kBitcoinOne, kBitcoinMany)).ok());
}

TEST(OpenTimestamps, RefusesUnknownOperationsAndEmptyNodes) {
  ExpectMalformed(ParseOver32("09").status(), "unknown operation 0x09");
  ExpectMalformed(ParseOver32("ffff").status(), "unknown operation 0xff");
  ExpectMalformed(ParseOver32("").status(), "cut short");
  ExpectMalformed(ParseOver32("08").status(), "cut short");
  ExpectMalformed(Format(FileOver("x", Timestamp())).status(), "cut short");
  ExpectMalformed(ParseOver32("f000").status(), "a length of 0");
}

TEST(OpenTimestamps, HoldsEveryLimit) {
  const auto over = [](size_t bytes, const std::string& hex) {
    return ParseTimestamp(Bytes(hex + kBitcoinOne), std::string(bytes, 'm')).status();
  };
  EXPECT_TRUE(over(4095, "f00161").ok());
  ExpectMalformed(over(4096, "f00161"), "result of an operation is too long");
  ExpectMalformed(over(4096, "f10161"), "result of an operation is too long");
  EXPECT_TRUE(over(4096, "f2").ok());
  ExpectMalformed(over(4097, "08"), "message is too long");
  EXPECT_TRUE(over(2048, "f3").ok());
  ExpectMalformed(over(2049, "f3"), "to hexlify is too long");
  ExpectMalformed(over(0, "f2"), "empty");
  ExpectMalformed(over(1, "f08120"), "a length of 4097");
  // Below keccak256 lengths are known, though messages are not.
  EXPECT_TRUE(over(32, "67f3f3f3f3f3f3").ok());  // 32 * 2^6 = 2048
  ExpectMalformed(over(32, "67f3f3f3f3f3f3f3f3"), "to hexlify is too long");

  const auto attested = [](const std::string& tag, size_t bytes) {
    return Attestation::Create(tag, std::string(bytes, '\0')).status();
  };
  EXPECT_TRUE(attested("unknown!", 8192).ok());
  ExpectMalformed(attested("unknown!", 8193), "payload is too long");
  ExpectMalformed(attested("short", 1), "tag is not 8 bytes");
  EXPECT_TRUE(Attestation::Pending(std::string(1000, 'a')).ok());
  ExpectMalformed(Attestation::Pending(std::string(1001, 'a')).status(), "a length of 1001");
  for (const char* uri :
       {"https://a@b", "http://a?b", "http://[::1]", "a b", "a\n", "a%20", "\xc3"}) {
    ExpectMalformed(Attestation::Pending(uri).status(), "a byte that is not allowed");
  }
  // Known kinds take their payload whole.
  ExpectMalformed(ParseOver32("000588960d73d71901020101").status(), "behind an attestation's end");
  ExpectMalformed(ParseOver32("0083dfe30d2ef90c8e020061").status(), "behind an attestation's end");
  ExpectMalformed(ParseOver32("000588960d73d7190100").status(), "cut short");

  ExpectMalformed(Parse(std::string(kMaxFileBytes + 1, '\0')).status(), "more than 262144");
}

TEST(OpenTimestamps, ReadsIntegersOf64Bits) {
  const auto height = [](const std::string& hex) -> absl::StatusOr<uint64_t> {
    const absl::StatusOr<Timestamp> parsed = ParseOver32(
        absl::StrCat("000588960d73d71901", absl::StrFormat("%02x", hex.size() / 2), hex));
    if (!parsed.ok()) return parsed.status();
    return parsed->attestations[0].height();
  };
  EXPECT_EQ(*height("00"), 0U);
  EXPECT_EQ(*height("7f"), 127U);
  EXPECT_EQ(*height("8001"), 128U);
  EXPECT_EQ(*height("ffffffffffffffffff01"), UINT64_MAX);
  ExpectMalformed(height("ffffffffffffffffff02").status(), "more than 64 bits");
  ExpectMalformed(height("ffffffffffffffffff8100").status(), "more than 64 bits");
  for (int shift = 0; shift < 64; ++shift) {
    const Attestation attestation = Attestation::Bitcoin(uint64_t{1} << shift);
    EXPECT_EQ(Attestation::Create(attestation.tag(), attestation.payload())->height(),
              uint64_t{1} << shift);
  }
}

TEST(OpenTimestamps, EndsAt256NodesOnAPath) {
  const auto chain = [](size_t ops) {
    return Under(std::vector<Op>(ops, Op{OpCode::kSha256}), PendingLeaf());
  };
  EXPECT_TRUE(Format(FileOver("deep", chain(255))).ok());
  ExpectMalformed(Format(FileOver("deep", chain(256))).status(), "256 nodes on a path");
  const std::string bytes(100'000, '\x08');
  ExpectMalformed(ParseTimestamp(bytes, "message").status(), "256 nodes on a path");
}

TEST(OpenTimestamps, ComputesOperations) {
  EXPECT_EQ(Hex(*Apply({OpCode::kSha1}, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Hex(*Apply({OpCode::kRipemd160}, "abc")), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
  EXPECT_EQ(*Apply({OpCode::kSha256}, "abc"), merkle::Sha256("abc").view());
  EXPECT_EQ(*Apply({OpCode::kAppend, "d"}, "abc"), "abcd");
  EXPECT_EQ(*Apply({OpCode::kPrepend, "d"}, "abc"), "dabc");
  EXPECT_EQ(*Apply({OpCode::kReverse}, "abc"), "cba");
  EXPECT_EQ(*Apply({OpCode::kHexlify}, "\xab\x01"), "ab01");
  EXPECT_EQ(Apply({OpCode::kKeccak256}, "abc"), std::nullopt);
  EXPECT_EQ(Apply({OpCode::kReverse}, ""), std::nullopt);
  EXPECT_EQ(Apply({OpCode::kHexlify}, std::string(2049, 'a')), std::nullopt);
}

TEST(OpenTimestampsTree, SaysWhoAttestsWhat) {
  const File file = Example();
  const std::string nonced(merkle::Sha256(file.digest + "nonce").view());
  const auto pending = PendingAttestations(file.timestamp, file.digest);
  ASSERT_EQ(pending.size(), 2U);
  EXPECT_EQ(pending[0].uri, kUri);
  EXPECT_EQ(pending[0].message, "alice" + nonced);
  EXPECT_TRUE(pending[0].upgraded);
  EXPECT_EQ(pending[1].uri, "https://bob.calendar.example");
  EXPECT_EQ(pending[1].message, "bob" + nonced);
  EXPECT_FALSE(pending[1].upgraded);
  const auto blocks = BitcoinAttestations(file.timestamp, file.digest);
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(blocks[0].height, 800'000U);
  EXPECT_EQ(blocks[0].root, merkle::Sha256("alice" + nonced));
}

TEST(OpenTimestampsTree, BelievesNothingBelowKeccak) {
  Timestamp tree = Under({{OpCode::kKeccak256}, {OpCode::kSha256}}, Leaf(Attestation::Bitcoin(1)));
  Merge(Under({{OpCode::kKeccak256}}, PendingLeaf()), &tree);
  const auto lines = Attested(tree, "m");
  EXPECT_EQ(lines.size(), 2U);
  for (const std::string& line : lines) EXPECT_EQ(line.back(), '?');
  EXPECT_TRUE(PendingAttestations(tree, "m").empty());
  EXPECT_TRUE(BitcoinAttestations(tree, "m").empty());
}

TEST(OpenTimestampsTree, LeavesOutBitcoinOverWhatIsNoRoot) {
  EXPECT_TRUE(BitcoinAttestations(Under({{OpCode::kAppend, "x"}}, Leaf(Attestation::Bitcoin(1))),
                                  std::string(32, 'm'))
                  .empty());
  EXPECT_EQ(BitcoinAttestations(Leaf(Attestation::Bitcoin(1)), std::string(32, 'm')).size(), 1U);
}

TEST(OpenTimestampsTree, MergesWithoutOrder) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Timestamp> parts;
    for (int i = 0; i < 6; ++i) {
      std::vector<Op> ops;
      for (unsigned n = random() % 4; n > 0; --n) {
        ops.push_back(random() % 2 == 0 ? Op{OpCode::kSha256}
                                        : Op{OpCode::kAppend, std::string(1, 'a' + random() % 3)});
      }
      parts.push_back(
          Under(ops, random() % 2 == 0 ? Leaf(Attestation::Bitcoin(random() % 3)) : PendingLeaf()));
    }
    const auto merged = [&parts] {
      Timestamp all = parts[0];
      for (const Timestamp& part : parts) Merge(part, &all);
      return *FormatTimestamp(all, "message");
    };
    const std::string once = merged();
    std::shuffle(parts.begin(), parts.end(), random);
    EXPECT_EQ(merged(), once);
    // Every claim of a part is one of the whole, and there is no other.
    const auto claims = Attested(*ParseTimestamp(once, "message"), "message");
    std::set<std::string> expected;
    for (const Timestamp& part : parts)
      expected.merge([&part] {
        const auto lines = Attested(part, "message");
        return std::set<std::string>(lines.begin(), lines.end());
      }());
    EXPECT_EQ(std::set<std::string>(claims.begin(), claims.end()), expected);
  }
}

TEST(OpenTimestampsTree, MergesWhereTheMessageIs) {
  File file = Example();
  const auto pending = PendingAttestations(file.timestamp, file.digest);
  const Timestamp more = Under({{OpCode::kSha256}}, Leaf(Attestation::Bitcoin(800'001)));
  EXPECT_TRUE(MergeAt(pending[1].message, more, file.digest, &file.timestamp).ok());
  EXPECT_EQ(MergeAt("no such message", more, file.digest, &file.timestamp).code(),
            absl::StatusCode::kNotFound);
  EXPECT_TRUE(PendingAttestations(file.timestamp, file.digest)[1].upgraded);
  const auto blocks = BitcoinAttestations(file.timestamp, file.digest);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[1].root, merkle::Sha256(pending[1].message));
  EXPECT_TRUE(Format(file).ok());
}

TEST(OpenTimestampsTree, RemovesWithWhatLedThere) {
  File file = Example();
  const std::string before = *Format(file);
  const Timestamp more =
      Under({{OpCode::kSha256}, {OpCode::kSha256}}, Leaf(Attestation::Bitcoin(7)));
  const auto pending = PendingAttestations(file.timestamp, file.digest);
  ASSERT_TRUE(MergeAt(pending[1].message, more, file.digest, &file.timestamp).ok());
  Remove([](const Attestation& attestation,
            std::optional<absl::string_view>) { return attestation.height() == 7; },
         file.digest, &file.timestamp);
  EXPECT_EQ(*Format(file), before);
  Remove([](const Attestation&, std::optional<absl::string_view>) { return true; }, file.digest,
         &file.timestamp);
  EXPECT_FALSE(Format(file).ok());
}

// Whether `content` is what a file's digest is of.
bool IsOf(const File& file, const std::string& content) {
  return Apply({file.digest_op}, content) == file.digest ||
         (content.empty() && file.digest == merkle::Sha256("").view());
}

std::vector<fs::path> WellFormed(const fs::path& examples) {
  std::vector<fs::path> files = testing::FilesIn(examples, ".ots");
  for (const fs::path& file : testing::FilesIn(examples / "sha1", ".ots")) files.push_back(file);
  return files;
}

TEST(OpenTimestampsVectors, AreReadAndWrittenBackByteForByte) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  const fs::path examples = *vectors / "ots" / "client-examples";
  size_t with_source = 0;
  for (const fs::path& path : WellFormed(examples)) {
    SCOPED_TRACE(path.filename().string());
    const std::string bytes = testing::ReadFile(path);
    const absl::StatusOr<File> file = Parse(bytes);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(*Format(*file), bytes);
    std::vector<fs::path> sources = {fs::path(path).replace_extension()};
    if (path.filename() == "a-or-b.ots") {
      sources = {path.parent_path() / "a", path.parent_path() / "b"};
    }
    for (const fs::path& source : sources) {
      // The two PDFs are not among the vectors.
      if (!fs::exists(source)) continue;
      ++with_source;
      const std::string content = testing::ReadFile(source);
      EXPECT_TRUE(IsOf(*file, content));
    }
  }
  EXPECT_EQ(WellFormed(examples).size(), 14U);
  EXPECT_EQ(with_source, 13U);
}

TEST(OpenTimestampsVectors, AttestWhatTheyAreKnownFor) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  const std::map<std::string, std::vector<uint64_t>> bitcoin = {
      {"hello-world.txt.ots", {358391}}, {"bad-stamp.txt.ots", {358391}},
      {"bitcoin.pdf.ots", {465751}},     {"different-blockchains.txt.ots", {455605}},
      {"empty.ots", {129405}},           {"gdp2q25-2nd.pdf.ots", {912095}},
      {"a-or-b.ots", {466906}},
  };
  for (const fs::path& path : WellFormed(*vectors / "ots" / "client-examples")) {
    SCOPED_TRACE(path.filename().string());
    const File file = *Parse(testing::ReadFile(path));
    std::vector<uint64_t> heights;
    for (const BitcoinAttestation& block : BitcoinAttestations(file.timestamp, file.digest)) {
      heights.push_back(block.height);
    }
    const auto known = bitcoin.find(path.filename().string());
    EXPECT_EQ(heights, known == bitcoin.end() ? std::vector<uint64_t>() : known->second);
    for (const PendingAttestation& pending : PendingAttestations(file.timestamp, file.digest)) {
      EXPECT_EQ(pending.message.size(), 44U);
    }
  }
}

// The Merkle root of block 358391, as explorers show it: reversed.
TEST(OpenTimestampsVectors, LeadToTheKnownMerkleRoot) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  const File file =
      *Parse(testing::ReadFile(*vectors / "ots" / "client-examples" / "hello-world.txt.ots"));
  const auto blocks = BitcoinAttestations(file.timestamp, file.digest);
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(blocks[0].root.Hex(),
            "007ee445d23ad061af4a36b809501fab1ac4f2d7e7a739817dd0cbb7ec661b8a");
}

TEST(OpenTimestampsVectors, InvalidOnesAreRefusedForTheirReason) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  const std::map<std::string, std::string> reasons = {
      {"bad-major-version.ots", "not of version 1"},
      {"exceeds-max-msg-length.ots", "the result of an operation is too long"},
      {"invalid-file-digest-type.ots", "its file's digest is made by 0xf3"},
  };
  const fs::path invalid = *vectors / "ots" / "client-examples" / "invalid";
  const std::vector<fs::path> files = testing::FilesIn(invalid, ".ots");
  EXPECT_EQ(files.size(), reasons.size());
  for (const fs::path& path : files) {
    ExpectMalformed(Parse(testing::ReadFile(path)).status(), reasons.at(path.filename().string()));
  }
}

TEST(OpenTimestampsVectors, NoMutantIsTakenForTheOriginal) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  for (const fs::path& path : WellFormed(*vectors / "ots" / "client-examples")) {
    const std::string bytes = testing::ReadFile(path);
    const File file = *Parse(bytes);
    const auto claims = Attested(file.timestamp, file.digest);
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string mutant = bytes;
      mutant[i] = static_cast<char>(mutant[i] ^ 0x10);
      const absl::StatusOr<File> parsed = Parse(mutant);
      if (!parsed.ok()) continue;
      EXPECT_EQ(*Format(*parsed), mutant) << path << " " << i;
      if (parsed->digest != file.digest || parsed->digest_op != file.digest_op) continue;
      // What lies below a keccak256 claims nothing, whatever it says.
      const auto changed = Attested(parsed->timestamp, parsed->digest);
      EXPECT_TRUE(changed != claims || absl::StrContains(absl::StrJoin(claims, "\n"), "?"))
          << path << " " << i;
    }
  }
}

}  // namespace
}  // namespace cairn::evidence::ots
