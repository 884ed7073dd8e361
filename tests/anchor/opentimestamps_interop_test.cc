// Proofs exchanged with python-opentimestamps, the reference implementation, both ways.

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"
#include "tests/testing/vectors.h"

namespace cairn::evidence::ots {
namespace {

namespace fs = std::filesystem;

// The lines that the script prints; ends the test when it fails, with what it said.
std::vector<std::string> Python(const std::string& arguments) {
  const std::string command =
      absl::StrCat("/usr/bin/python3 tests/anchor/ots_interop.py ", arguments, " 2>&1");
  FILE* const pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  for (size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), got);
  }
  EXPECT_EQ(pclose(pipe), 0) << "python3-opentimestamps is needed (tools/setup): " << output;
  return absl::StrSplit(output, '\n', absl::SkipEmpty());
}

std::string Describe(const Attestation& attestation) {
  switch (attestation.kind()) {
    case AttestationKind::kPending:
      return absl::StrCat("pending ", attestation.uri());
    case AttestationKind::kBitcoin:
      return absl::StrCat("bitcoin ", attestation.height());
    case AttestationKind::kLitecoin:
      return absl::StrCat("litecoin ", attestation.height());
    case AttestationKind::kEthereum:
      return absl::StrCat("ethereum ", attestation.height());
    default:
      return absl::StrCat("unknown ", note::FormatHex(attestation.tag()), ":",
                          note::FormatHex(attestation.payload()));
  }
}

// As the script prints them, sorted.
std::vector<std::string> Lines(const std::string& name, const File& file) {
  std::vector<std::string> lines;
  Visit(file.timestamp, file.digest,
        [&](const Attestation& attestation, std::optional<absl::string_view> over) {
          lines.push_back(absl::StrCat(name, " ", Describe(attestation), " ",
                                       over ? note::FormatHex(*over) : "?"));
        });
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> Sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

class OpenTimestampsInteropTest : public ::testing::Test {
 protected:
  OpenTimestampsInteropTest()
      : directory_(fs::path(::testing::TempDir()) /
                   ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::create_directories(directory_);
  }
  ~OpenTimestampsInteropTest() override { fs::remove_all(directory_); }

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  std::string Write(const std::string& name, const File& file) const {
    const absl::StatusOr<std::string> bytes = Format(file);
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    std::ofstream(Path(name), std::ios::binary) << bytes.value_or("");
    return Path(name);
  }

  const fs::path directory_;
};

// A tree of every operation and attestation; valid, so that lengths stay in bounds.
Timestamp RandomTree(std::mt19937* random, size_t message_bytes, int depth) {
  const auto below = [random](unsigned n) { return static_cast<unsigned>((*random)() % n); };
  const auto bytes = [&](size_t count) {
    std::string made(count, '\0');
    for (char& c : made) c = static_cast<char>(below(256));
    return made;
  };
  Timestamp tree;
  const unsigned attestations = below(3);
  for (unsigned i = 0; i < attestations || (depth == 0 && i == 0); ++i) {
    Timestamp leaf;
    switch (below(3)) {
      case 0:
        leaf.attestations.push_back(*Attestation::Pending(
            absl::StrCat("https://", std::string(1 + below(4) * 90, 'a' + below(3)))));
        break;
      case 1:
        leaf.attestations.push_back(
            Attestation::Bitcoin(uint64_t{(*random)()} << below(32) >> below(32)));
        break;
      default:
        leaf.attestations.push_back(*Attestation::Create(bytes(8), bytes(below(300))));
    }
    Merge(leaf, &tree);
  }
  for (unsigned i = 0; depth > 0 && i < 1 + below(3); ++i) {
    const std::array<OpCode, 8> codes = {OpCode::kSha1,      OpCode::kRipemd160, OpCode::kSha256,
                                         OpCode::kKeccak256, OpCode::kReverse,   OpCode::kHexlify,
                                         OpCode::kAppend,    OpCode::kPrepend};
    Op op{.code = codes[below(8)]};
    size_t result = message_bytes;
    if (op.code == OpCode::kAppend || op.code == OpCode::kPrepend) {
      op.argument = bytes(1 + below(300));
      result += op.argument.size();
    } else if (op.code == OpCode::kHexlify) {
      result *= 2;
    } else if (op.code != OpCode::kReverse) {
      result = op.code == OpCode::kSha1 || op.code == OpCode::kRipemd160 ? 20 : 32;
    }
    if (result > 4096) op = {}, result = 32;
    Merge(Under({op}, RandomTree(random, result, depth - 1)), &tree);
  }
  return tree;
}

TEST_F(OpenTimestampsInteropTest, ItReadsWhatWeWriteAndWritesItBack) {
  std::mt19937 random(20);
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    const std::string name = absl::StrCat(i, ".ots");
    const File file{.digest = std::string(merkle::Sha256(name).view()),
                    .timestamp = RandomTree(&random, 32, 1 + i % 7)};
    Write(name, file);
    for (const std::string& line : Lines(name, file)) expected.push_back(line);
    expected.push_back(name + " identical");
  }
  EXPECT_EQ(Sorted(Python("read " + Path("*.ots"))), Sorted(expected));
}

TEST_F(OpenTimestampsInteropTest, WeReadWhatItWritesAndWriteItBack) {
  const std::vector<std::string> theirs =
      Python(absl::StrCat("write ", directory_.string(), " 4 300"));
  std::vector<std::string> ours;
  for (const fs::path& path : testing::FilesIn(directory_, ".ots")) {
    const std::string bytes = testing::ReadFile(path);
    const absl::StatusOr<File> file = Parse(bytes);
    ASSERT_TRUE(file.ok()) << path << " " << file.status();
    EXPECT_EQ(*Format(*file), bytes) << path;
    for (const std::string& line : Lines(path.filename().string(), *file)) ours.push_back(line);
  }
  EXPECT_GT(ours.size(), 300U);
  EXPECT_EQ(Sorted(ours), Sorted(theirs));
}

TEST_F(OpenTimestampsInteropTest, DepthEndsAtTheSameNode) {
  for (const int ops : {254, 255, 256}) {
    const std::string name = absl::StrCat(ops, ".ots");
    Python(absl::StrCat("chain ", Path(name), " ", ops));
    const bool read = Parse(testing::ReadFile(Path(name))).ok();
    EXPECT_EQ(read, ops <= 255);
    EXPECT_EQ(Python("read " + Path(name)).back(),
              name + (read ? " identical" : " refused RecursionLimitError"));
  }
}

TEST_F(OpenTimestampsInteropTest, MergesAlike) {
  std::mt19937 random(21);
  const std::string digest(merkle::Sha256("merged").view());
  for (int i = 0; i < 20; ++i) {
    // Three trees that share some of their branches.
    const Timestamp common = RandomTree(&random, 32, 3);
    Timestamp all;
    std::string command = absl::StrCat("merge ", Path("merged.ots"));
    for (int part = 0; part < 3; ++part) {
      Timestamp tree = RandomTree(&random, 32, 3);
      if (part > 0) Merge(common, &tree);
      absl::StrAppend(&command, " ",
                      Write(absl::StrCat(part, ".ots"), {.digest = digest, .timestamp = tree}));
      Merge(tree, &all);
    }
    Python(command);
    EXPECT_EQ(testing::ReadFile(Path("merged.ots")), *Format({.digest = digest, .timestamp = all}));
  }
}

}  // namespace
}  // namespace cairn::evidence::ots
