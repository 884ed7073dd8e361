// The published vectors of signed notes, keys, proof files and a tile log, and our own beside them.

#include "tests/testing/vectors.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "merkle/bundle.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/note/note_testing.h"
#include "merkle/note/text.h"
#include "merkle/note/tlog_proof.h"
#include "merkle/tile.h"
#include "merkle/tile_path.h"
#include "nlohmann/json.hpp"

namespace cairn::note {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json ReadJson(const fs::path& file) { return json::parse(testing::ReadFile(file)); }

bool IsVerifiableType(int type) {
  return type == static_cast<int>(KeyType::kEd25519) ||
         type == static_cast<int>(KeyType::kCosignature);
}

// The type byte of a vkey, whether or not the type is known here.
int TypeOf(absl::string_view vkey) {
  const std::vector<std::string> fields = absl::StrSplit(vkey, absl::MaxSplits('+', 2));
  return static_cast<unsigned char>(ParseBase64(fields.at(2)).value().at(0));
}

void ExpectPassesThrough(absl::string_view bytes) {
  absl::StatusOr<Note> note = ParseNote(bytes);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(*FormatNote(*note), bytes);
}

absl::Status Open(absl::string_view bytes, const VerifierKey& key) {
  absl::StatusOr<Note> note = ParseNote(bytes);
  if (!note.ok()) return note.status();
  return OpenNote(*note, {key}).status();
}

std::vector<NoteSignature> SignaturesBy(const Note& note, const VerifierKey& key) {
  std::vector<NoteSignature> by;
  for (const NoteSignature& signature : note.signatures) {
    if (signature.key_name == key.name() && signature.key_id == key.id()) by.push_back(signature);
  }
  return by;
}

TEST(NoteVectors, AreJudgedAsExpected) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  size_t judged = 0;
  for (const json& c : ReadJson(*vectors / "signed-note" / "notes.json")) {
    SCOPED_TRACE(c["id"].get<std::string>());
    const auto vkey = c["vkey"].get<std::string>();
    const auto bytes = c["note"].get<std::string>();
    const bool valid = c["expect"] == "valid";
    ++judged;
    if (!IsVerifiableType(TypeOf(vkey))) {
      // What cannot be verified here is refused as a key and kept as a signature.
      ExpectMalformed(VerifierKey::Parse(vkey).status(), "cannot be verified here");
      if (valid) ExpectPassesThrough(bytes);
      continue;
    }
    absl::StatusOr<VerifierKey> key = VerifierKey::Parse(vkey);
    ASSERT_TRUE(key.ok()) << key.status();
    const absl::Status status = Open(bytes, *key);
    EXPECT_EQ(status.ok(), valid) << status;
    if (!valid) continue;
    ExpectPassesThrough(bytes);
    const absl::StatusOr<Note> sound = ParseNote(bytes);
    for (const std::string& mutant : Mutants(bytes)) {
      const absl::StatusOr<Note> note = ParseNote(mutant);
      if (!note.ok() || !OpenNote(*note, {*key}).ok()) continue;
      // In a note by several, another's line may change without touching this key's statement.
      EXPECT_EQ(note->text, sound->text) << mutant;
      EXPECT_EQ(SignaturesBy(*note, *key), SignaturesBy(*sound, *key)) << mutant;
    }
  }
  EXPECT_GT(judged, 0u);
}

TEST(VkeyVectors, AreJudgedAsExpected) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  size_t judged = 0;
  for (const json& c : ReadJson(*vectors / "signed-note" / "vkeys.json")) {
    const auto vkey = c["vkey"].get<std::string>();
    SCOPED_TRACE(vkey);
    ++judged;
    absl::StatusOr<VerifierKey> key = VerifierKey::Parse(vkey);
    const int type = c["key_type"].get<int>();
    if (!IsVerifiableType(type)) {
      ExpectMalformed(key.status(), "cannot be verified here");
      continue;
    }
    EXPECT_EQ(key.ok(), c["ok"].get<bool>()) << key.status();
    if (!key.ok()) {
      EXPECT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument);
      continue;
    }
    EXPECT_EQ(key->id().Hex(), c["computed_key_id"].get<std::string>());
    EXPECT_EQ(static_cast<int>(key->type()), type);
    EXPECT_EQ(key->Format(), vkey);
  }
  EXPECT_GT(judged, 0u);
}

TEST(MlDsaVectors, PassThroughUntouched) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  const json file = ReadJson(*vectors / "signed-note" / "mldsa44-cosignature-selfmade.json");
  ExpectMalformed(VerifierKey::Parse(file["vkey"].get<std::string>()).status(),
                  "type 0x06 cannot be verified here");
  const auto text = file["note_text"].get<std::string>();
  std::string all = absl::StrCat(text, "\n");
  ASSERT_FALSE(file["cases"].empty());
  for (const json& c : file["cases"]) {
    auto line = c["signature_line"].get<std::string>();
    if (!absl::EndsWith(line, "\n")) line += "\n";
    absl::StatusOr<NoteSignature> signature = ParseSignatureLine(line);
    ASSERT_TRUE(signature.ok()) << signature.status();
    EXPECT_EQ(signature->key_name, file["cosigner_name"].get<std::string>());
    EXPECT_EQ(*FormatSignatureLine(*signature), line);
    all += line;
  }
  ExpectPassesThrough(all);
  EXPECT_TRUE(ParseCheckpoint(ParseNote(all)->text).ok());
}

TEST(WitnessVectors, HaveCheckpointsThatParse) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  const json file = ReadJson(*vectors / "signed-note" / "witness-add-checkpoint.json");
  ASSERT_FALSE(file["cases"].empty());
  for (const json& c : file["cases"]) {
    const auto body = c["body"].get<std::string>();
    SCOPED_TRACE(body);
    if (c["spec_status"] == 400) continue;  // Malformed requests.
    const size_t blank = body.find("\n\n");
    ASSERT_NE(blank, std::string::npos);
    const std::string bytes = body.substr(blank + 2);
    const std::string text = bytes.substr(0, bytes.rfind("\n\n") + 1);
    absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(text);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(*FormatCheckpoint(*checkpoint), text);
    absl::StatusOr<Note> note = ParseNote(bytes);
    if (!note.ok()) {
      // A signature that was altered need not even be canonical base64.
      EXPECT_EQ(c["spec_status"], 403);
      ExpectMalformed(note.status(), "a signature is not canonical base64");
      continue;
    }
    EXPECT_EQ(*FormatNote(*note), bytes);
    EXPECT_EQ(checkpoint->origin, note->signatures.at(0).key_name);
  }
}

TEST(TlogProofVectors, AreJudgedAsExpected) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  size_t judged = 0;
  for (const auto& path : testing::FilesIn(*vectors / "tlog-proof", ".json")) {
    for (const json& c : ReadJson(path)) {
      SCOPED_TRACE(c["id"].get<std::string>());
      const auto bytes = c["proof"].get<std::string>();
      ++judged;
      absl::StatusOr<TlogProof> proof = ParseTlogProof(bytes);
      if (c["expect"] == "parse-error") {
        ExpectMalformed(proof.status(), "");
        continue;
      }
      ASSERT_TRUE(proof.ok()) << proof.status();
      EXPECT_EQ(*FormatTlogProof(*proof), bytes);
      absl::StatusOr<VerifierKey> key = VerifierKey::Parse(c["log_vkey"].get<std::string>());
      ASSERT_TRUE(key.ok()) << key.status();
      const Hash leaf = merkle::HashLeaf(c["entry"].get<std::string>());
      absl::StatusOr<Checkpoint> checkpoint = VerifyTlogProof(*proof, leaf, *key);
      EXPECT_EQ(checkpoint.ok(), c["expect"] == "valid") << checkpoint.status();
      if (!checkpoint.ok()) continue;
      for (const std::string& mutant : Mutants(bytes)) {
        absl::StatusOr<TlogProof> parsed = ParseTlogProof(mutant);
        // Nothing authenticates the extra data.
        if (!parsed.ok() || parsed->extra != proof->extra) continue;
        EXPECT_FALSE(VerifyTlogProof(*parsed, leaf, *key).ok()) << mutant;
      }
    }
  }
  EXPECT_GT(judged, 0u);
}

// The vkeys that stand in the index of the vectors and in the notes.
std::vector<VerifierKey> KnownKeys(const fs::path& vectors) {
  std::vector<VerifierKey> keys;
  for (const fs::path& file : {vectors / "INDEX.md", vectors / "signed-note" / "notes.json"}) {
    if (!fs::exists(file)) continue;
    const std::string text = testing::ReadFile(file);
    for (const absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" \n\"`|,;()"))) {
      absl::StatusOr<VerifierKey> key = VerifierKey::Parse(word);
      if (key.ok()) keys.push_back(*key);
    }
  }
  return keys;
}

// The tree of RFC 6962 as its definition reads.
Hash NaiveRoot(absl::Span<const Hash> leaves) {
  if (leaves.empty()) return merkle::EmptyRoot();
  if (leaves.size() == 1) return leaves[0];
  size_t left = 1;
  while (left * 2 < leaves.size()) left *= 2;
  return merkle::HashNode(NaiveRoot(leaves.subspan(0, left)), NaiveRoot(leaves.subspan(left)));
}

// The leaf hashes of a tree from its level-0 tiles, each compared with its entry bundle.
std::vector<Hash> ReadLeaves(const fs::path& log, TreeSize size) {
  std::vector<Hash> leaves;
  for (uint64_t n = 0; leaves.size() < size.value(); ++n) {
    const uint32_t width = merkle::TileWidthAt({0, n}, size);
    const std::string tile_path = merkle::FormatTilePath({{0, n}, width});
    const std::string bundle_path = merkle::FormatBundlePath({n, width});
    absl::StatusOr<std::vector<Hash>> tile =
        merkle::ParseTile(testing::ReadFile(log / tile_path), width);
    const std::string bundle = testing::ReadFile(log / bundle_path);
    absl::StatusOr<std::vector<absl::string_view>> entries = merkle::ParseBundle(bundle, width);
    if (!tile.ok() || !entries.ok()) {
      ADD_FAILURE() << tile_path << ": " << tile.status() << ", " << entries.status();
      return leaves;
    }
    for (size_t i = 0; i < width; ++i) {
      EXPECT_EQ(merkle::HashLeaf((*entries)[i]), (*tile)[i]) << tile_path << " " << i;
    }
    leaves.insert(leaves.end(), tile->begin(), tile->end());
  }
  return leaves;
}

TEST(TileLogVectors, LeadFromEntriesToEverySignedRoot) {
  const std::optional<fs::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  const std::vector<VerifierKey> keys = KnownKeys(*vectors);
  const fs::path log = *vectors / "tiles" / "tessera-log";
  size_t judged = 0;
  for (const fs::path& file : testing::FilesIn(log)) {
    if (!absl::StartsWith(file.filename().string(), "checkpoint")) continue;
    SCOPED_TRACE(file.string());
    ++judged;
    const std::string bytes = testing::ReadFile(file);
    const std::string origin = bytes.substr(0, bytes.find('\n'));
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const VerifierKey& k) { return k.name() == origin; });
    ASSERT_NE(key, keys.end()) << "no vkey of " << origin << " in INDEX.md";
    absl::StatusOr<Checkpoint> checkpoint = VerifyCheckpoint(bytes, *key);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(NaiveRoot(ReadLeaves(log, checkpoint->size)), checkpoint->root);
    for (const std::string& mutant : Mutants(bytes)) {
      EXPECT_FALSE(VerifyCheckpoint(mutant, *key).ok()) << mutant;
    }
  }
  EXPECT_GT(judged, 0u);
}

}  // namespace
}  // namespace cairn::note
