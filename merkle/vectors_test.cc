// The published test vectors: RFC 6962's eight leaves, the subtree draft's accumulated hashes, and
// the accept-or-reject probes of transparency-dev/merkle.

#include "tests/testing/vectors.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "merkle/memory_tiles.h"
#include "merkle/proof.h"
#include "merkle/tile_source.h"
#include "merkle/verify.h"

namespace cairn::merkle {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Every .json file below a directory.
std::vector<fs::path> CasesBelow(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& item : fs::recursive_directory_iterator(directory)) {
    if (item.is_regular_file() && item.path().extension() == ".json") files.push_back(item.path());
  }
  return files;
}

json ReadJson(const fs::path& file) { return json::parse(testing::ReadFile(file)); }

Hash FromHex(const json& hex) {
  return Hash::FromBytes(absl::HexStringToBytes(hex.get<std::string>())).value();
}

Proof ProofFromHex(const json& hashes) {
  Proof proof;
  for (const json& hash : hashes) proof.push_back(FromHex(hash));
  return proof;
}

void CheckRfc6962(const json& vectors) {
  std::vector<Hash> leaves;
  for (const json& entry : vectors.at("leaves_hex")) {
    leaves.push_back(HashLeaf(absl::HexStringToBytes(entry.get<std::string>())));
  }
  EXPECT_EQ(leaves, ProofFromHex(vectors.at("leaf_hashes_hex")));
  MemoryTiles tiles(leaves);
  TileNodeSource source(tiles, TreeSize(leaves.size()));
  const std::vector<Hash> roots = ProofFromHex(vectors.at("roots_hex_by_size"));
  ASSERT_EQ(roots.size(), leaves.size() + 1);
  for (uint64_t size = 0; size < roots.size(); ++size) {
    EXPECT_EQ(Root(TreeSize(size), source).value(), roots[size]);
  }
  ASSERT_FALSE(vectors.at("inclusion_proofs").empty());
  for (const json& c : vectors.at("inclusion_proofs")) {
    const LeafIndex index(c.at("index").get<uint64_t>());
    const TreeSize size(c.at("size").get<uint64_t>());
    const Proof proof = ProofFromHex(c.at("path_hex"));
    EXPECT_EQ(InclusionProof(index, size, source).value(), proof);
    EXPECT_TRUE(
        VerifyInclusion(index, size, leaves[index.value()], proof, roots[size.value()]).ok());
  }
  ASSERT_FALSE(vectors.at("consistency_proofs").empty());
  for (const json& c : vectors.at("consistency_proofs")) {
    const TreeSize old_size(c.at("old").get<uint64_t>());
    const TreeSize new_size(c.at("new").get<uint64_t>());
    const Proof proof = ProofFromHex(c.at("path_hex"));
    EXPECT_EQ(ConsistencyProof(old_size, new_size, source).value(), proof);
    EXPECT_TRUE(VerifyConsistency(old_size, new_size, roots[old_size.value()],
                                  roots[new_size.value()], proof)
                    .ok());
  }
}

std::string Text(const Subtree& subtree) {
  return absl::StrCat("[", subtree.begin, ", ", subtree.end, ")");
}

std::string Text(const Proof& proof) {
  std::string text;
  for (const Hash& hash : proof) absl::StrAppend(&text, " ", hash.Hex());
  return text;
}

// The draft gives one hash over all lines of each kind, over trees whose leaf i is the byte i.
void CheckSubtrees(const json& vectors) {
  constexpr uint64_t kSize = 130;
  std::vector<Hash> leaves;
  for (uint64_t i = 0; i < kSize; ++i)
    leaves.push_back(HashLeaf(std::string(1, static_cast<char>(i))));
  MemoryTiles tiles(leaves);
  TileNodeSource source(tiles, TreeSize(kSize));
  std::string hashes;
  std::string inclusions;
  std::string consistencies;
  std::string coverings;
  for (uint64_t end = 0; end <= kSize; ++end) {
    for (uint64_t begin = 0; begin <= end; ++begin) {
      const Subtree subtree{begin, end};
      const auto [left, right] = CoveringSubtrees(subtree);
      absl::StrAppend(&coverings, Text(left), " ", Text(right), "\n");
      if (!IsValid(subtree)) continue;
      absl::StrAppend(&hashes, Text(subtree), " ", SubtreeHash(subtree, source)->Hex(), "\n");
      for (uint64_t i = begin; i < end; ++i) {
        absl::StrAppend(&inclusions, i, " ", Text(subtree),
                        Text(*SubtreeInclusionProof(LeafIndex(i), subtree, source)), "\n");
      }
    }
  }
  for (uint64_t n = 0; n <= kSize; ++n) {
    for (uint64_t end = 0; end <= n; ++end) {
      for (uint64_t begin = 0; begin <= end; ++begin) {
        const Subtree subtree{begin, end};
        if (!IsValid(subtree)) continue;
        absl::StrAppend(&consistencies, Text(subtree), " ", n,
                        Text(*SubtreeConsistencyProof(subtree, TreeSize(n), source)), "\n");
      }
    }
  }
  EXPECT_EQ(Sha256(hashes), FromHex(vectors.at("subtree_hashes_sha256")));
  EXPECT_EQ(Sha256(inclusions), FromHex(vectors.at("subtree_inclusion_sha256")));
  EXPECT_EQ(Sha256(consistencies), FromHex(vectors.at("subtree_consistency_sha256")));
  EXPECT_EQ(Sha256(coverings), FromHex(vectors.at("covering_subtrees_sha256")));
}

TEST(MerkleVectors, OfRfc6962AndSubtreesAreReproduced) {
  const std::optional<fs::path> directory = testing::VectorsDir();
  if (!directory) return;
  size_t of_trees = 0;
  size_t of_subtrees = 0;
  for (const fs::path& file : testing::FilesIn(*directory / "merkle-rfc6962", ".json")) {
    SCOPED_TRACE(file.string());
    const json vectors = ReadJson(file);
    const bool trees = vectors.contains("leaves_hex");
    const bool subtrees = vectors.contains("subtree_hashes_sha256");
    ASSERT_TRUE(trees || subtrees) << "no vectors of a kind that this test knows";
    if (trees) CheckRfc6962(vectors);
    if (subtrees) CheckSubtrees(vectors);
    of_trees += trees;
    of_subtrees += subtrees;
  }
  EXPECT_GT(of_trees, 0u);
  EXPECT_GT(of_subtrees, 0u);
}

// A hash of a probe; nullopt when it is not 32 bytes, which is one of the ways to be wrong.
std::optional<Hash> ProbeHash(const json& value) {
  std::string raw;
  if (value.is_string() && !absl::Base64Unescape(value.get<std::string>(), &raw)) {
    ADD_FAILURE() << "not base64: " << value;
  }
  const absl::StatusOr<Hash> hash = Hash::FromBytes(raw);
  return hash.ok() ? std::optional<Hash>(*hash) : std::nullopt;
}

std::optional<Proof> ProbeProof(const json& value) {
  std::string bytes;
  if (value.is_null()) return Proof();
  for (const json& item : value) {
    const std::optional<Hash> hash = ProbeHash(item);
    if (!hash) return std::nullopt;
    absl::StrAppend(&bytes, hash->view());
  }
  const absl::StatusOr<Proof> proof = ParseProof(bytes);
  return proof.ok() ? std::optional<Proof>(*proof) : std::nullopt;
}

TEST(MerkleVectors, InclusionProbesAreJudgedRight) {
  const std::optional<fs::path> directory = testing::VectorsDir();
  if (!directory) return;
  const std::vector<fs::path> files = CasesBelow(*directory / "merkle" / "inclusion");
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    const json probe = ReadJson(file);
    const auto root = ProbeHash(probe.at("root"));
    const auto leaf = ProbeHash(probe.at("leafHash"));
    const auto proof = ProbeProof(probe.at("proof"));
    const bool accepted =
        root && leaf && proof &&
        VerifyInclusion(LeafIndex(probe.at("leafIdx").get<uint64_t>()),
                        TreeSize(probe.at("treeSize").get<uint64_t>()), *leaf, *proof, *root)
            .ok();
    EXPECT_EQ(accepted, !probe.at("wantErr").get<bool>()) << file;
  }
}

TEST(MerkleVectors, ConsistencyProbesAreJudgedRight) {
  const std::optional<fs::path> directory = testing::VectorsDir();
  if (!directory) return;
  const std::vector<fs::path> files = CasesBelow(*directory / "merkle" / "consistency");
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    const json probe = ReadJson(file);
    const auto old_root = ProbeHash(probe.at("root1"));
    const auto new_root = ProbeHash(probe.at("root2"));
    const auto proof = ProbeProof(probe.at("proof"));
    const bool accepted =
        old_root && new_root && proof &&
        VerifyConsistency(TreeSize(probe.at("size1").get<uint64_t>()),
                          TreeSize(probe.at("size2").get<uint64_t>()), *old_root, *new_root, *proof)
            .ok();
    EXPECT_EQ(accepted, !probe.at("wantErr").get<bool>()) << file;
  }
}

}  // namespace
}  // namespace cairn::merkle
