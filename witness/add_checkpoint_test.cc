#include "witness/add_checkpoint.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"

namespace cairn::witness {
namespace {

std::string NoteOf(uint64_t size) {
  const std::string text = *note::FormatCheckpoint(
      {.origin = "log.example/one", .size = TreeSize(size), .root = Hash(), .extensions = {}});
  return absl::StrCat(text, "\n— log.example/one ", "AAAAAEFB\n");
}

merkle::Proof ProofOf(size_t hashes) {
  merkle::Proof proof;
  for (size_t i = 0; i < hashes; ++i) proof.push_back(merkle::Sha256(absl::StrCat(i)));
  return proof;
}

void ExpectRefused(const std::string& body, absl::string_view reason,
                   absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  const absl::Status status = ParseAddCheckpoint(body).status();
  EXPECT_EQ(status.code(), code) << body;
  EXPECT_NE(status.message().find(reason), absl::string_view::npos) << status;
}

TEST(AddCheckpoint, ComesBackFromItsBytes) {
  for (const size_t hashes : {0, 1, 63}) {
    const std::string body = FormatAddCheckpoint(TreeSize(3), ProofOf(hashes), NoteOf(9));
    const auto request = ParseAddCheckpoint(body);
    ASSERT_TRUE(request.ok()) << request.status();
    EXPECT_EQ(request->old_size, TreeSize(3));
    EXPECT_EQ(request->proof, ProofOf(hashes));
    EXPECT_EQ(request->checkpoint.size, TreeSize(9));
    EXPECT_EQ(*note::FormatNote(request->note), NoteOf(9));
  }
}

TEST(AddCheckpoint, SaysWhatIsWrong) {
  const std::string note = NoteOf(9);
  ExpectRefused("", "cut short");
  ExpectRefused("old 3", "cut short");
  ExpectRefused("old 3\n", "cut short");
  ExpectRefused("Old 3\n\n" + note, "first line");
  ExpectRefused("old  3\n\n" + note, "old size");
  for (const char* size : {"", "03", "+3", "-1", "3 ", "0x3", "9223372036854775808"}) {
    ExpectRefused(absl::StrCat("old ", size, "\n\n", note), "old size");
  }
  ExpectRefused("old 10\n\n" + note, "above the checkpoint's 9");
  ExpectRefused("old 3\r\n\r\n" + note, "old size");
  ExpectRefused("old 3\nAAAA\n\n" + note, "line 1 of the proof");
  ExpectRefused("old 3\n" + note, "line 1 of the proof");
  ExpectRefused(FormatAddCheckpoint(TreeSize(3), ProofOf(64), note), "at most 63");
  ExpectRefused("old 3\n\n", "the checkpoint");
  ExpectRefused("old 3\n\n" + note + "x", "the signatures", absl::StatusCode::kPermissionDenied);
  ExpectRefused("old 3\n\nlog.example/one\n9\n" + std::string(43, 'A') + "=\n\n— a x\n",
                "the signatures", absl::StatusCode::kPermissionDenied);
  ExpectRefused("old 0\n\nlog.example/one\n0\n" + std::string(43, 'A') + "=\n\n— a AAAAAEFB\n",
                "the empty tree", absl::StatusCode::kFailedPrecondition);
  ExpectRefused("old 3\n\nno checkpoint\n\n— a AAAAAEFB\n", "the checkpoint");
  ExpectRefused("old 3\n\n" + std::string(kMaxAddCheckpointBytes, 'a'), "at most");
}

}  // namespace
}  // namespace cairn::witness
