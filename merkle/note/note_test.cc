#include "merkle/note/note.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note_testing.h"
#include "merkle/note/text.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kText = "some text\n\nand more\n";

NoteSignature SignatureBy(const SignerKey& key, absl::string_view text) {
  return {key.name(), key.verifier_key().id(), std::string(key.Sign(text).view())};
}

std::string NoteBy(const SignerKey& key, absl::string_view text) {
  return *FormatNote({std::string(text), {SignatureBy(key, text)}});
}

// A line of a type that nobody here knows.
std::string UnknownLine(absl::string_view name, size_t signature_bytes) {
  return absl::StrCat("\xE2\x80\x94 ", name, " ",
                      FormatBase64(absl::StrCat("kkkk", std::string(signature_bytes, 's'))), "\n");
}

absl::Status Parse(absl::string_view bytes) { return ParseNote(bytes).status(); }

TEST(ParseNote, KeepsTextAndSignaturesExactly) {
  const SignerKey key = TestKey("log.example/one", 'a');
  const std::string bytes =
      absl::StrCat(NoteBy(key, kText), UnknownLine("x", 1), UnknownLine("y", 2420));
  absl::StatusOr<Note> note = ParseNote(bytes);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->text, kText);
  ASSERT_EQ(note->signatures.size(), 3u);
  EXPECT_EQ(note->signatures[0], SignatureBy(key, kText));
  EXPECT_EQ(note->signatures[1].key_name, "x");
  EXPECT_EQ(note->signatures[1].key_id.view(), "kkkk");
  EXPECT_EQ(note->signatures[1].signature, "s");
  EXPECT_EQ(*FormatNote(*note), bytes);
}

TEST(ParseNote, SplitsAtTheLastBlankLine) {
  for (const char* text : {"\n", "a\n", "a\n\n", "\n\n\n", "\xE2\x80\x94 x a2tra3M=\n\nb\n"}) {
    const std::string bytes = absl::StrCat(text, "\n", UnknownLine("x", 1));
    absl::StatusOr<Note> note = ParseNote(bytes);
    ASSERT_TRUE(note.ok()) << note.status();
    EXPECT_EQ(note->text, text);
    EXPECT_EQ(*FormatNote(*note), bytes);
  }
}

TEST(ParseNote, RefusesWhatIsNotANote) {
  const std::string line = UnknownLine("x", 1);
  ExpectMalformed(Parse(""), "no blank line");
  ExpectMalformed(Parse("text\n"), "no blank line");
  ExpectMalformed(Parse("text\n" + line), "no blank line");
  ExpectMalformed(Parse("text\n\n"), "needs a signature");
  ExpectMalformed(Parse(absl::StrCat("text\n\n", line, "\n")), "needs a signature");
  ExpectMalformed(Parse(absl::StrCat("te\txt\n\n", line)), "control characters");
  ExpectMalformed(Parse(absl::StrCat("text\r\n\n", line)), "control characters");
  ExpectMalformed(Parse(absl::StrCat(absl::string_view("te\0xt\n\n", 7), line)), "control");
  ExpectMalformed(Parse(absl::StrCat("te\xFFxt\n\n", line)), "UTF-8");
  EXPECT_TRUE(Parse(absl::StrCat("te\x7Fxt\n\n", line)).ok());
}

TEST(ParseNote, RefusesMalformedSignatureLines) {
  const auto parse = [](absl::string_view lines) { return Parse(absl::StrCat("t\n\n", lines)); };
  const std::string dash = "\xE2\x80\x94";
  ExpectMalformed(parse("- x a2tra3M=\n"), "begin with U+2014");
  ExpectMalformed(parse(dash + "x a2tra3M=\n"), "begin with U+2014");
  ExpectMalformed(parse(dash + " x a2tra3M="), "end with a newline");
  ExpectMalformed(parse(dash + " x\n"), "no space");
  ExpectMalformed(parse(dash + "  a2tra3M=\n"), "name is missing");
  ExpectMalformed(parse(dash + " x+y a2tra3M=\n"), "'+'");
  ExpectMalformed(parse(dash + " x\xC2\xA0y a2tra3M=\n"), "white space");
  ExpectMalformed(parse(dash + " x\xFF a2tra3M=\n"), "UTF-8");
  ExpectMalformed(parse(dash + " x a2tra3M\n"), "not canonical base64");
  ExpectMalformed(parse(dash + " x a2tra3M= \n"), "not canonical base64");
  ExpectMalformed(parse(dash + " x a2tra3N=\n"), "not canonical base64");
  ExpectMalformed(parse(dash + " x  a2tra3M=\n"), "not canonical base64");
  ExpectMalformed(parse(dash + " x a2tr\n"), "4 bytes, got 3");
  ExpectMalformed(parse(dash + " x a2traw==\n"), "no signature");
  ExpectMalformed(parse(dash + " x a2tra3M=\ntrailing\n"), "begin with U+2014");
}

TEST(ParseNote, HoldsItsBounds) {
  std::string bytes = "t\n\n";
  for (size_t i = 0; i < kMaxNoteSignatures; ++i) bytes += UnknownLine("x", 2428);
  EXPECT_TRUE(Parse(bytes).ok());
  ExpectMalformed(Parse(bytes + UnknownLine("x", 1)), "may have 128 signatures");

  const std::string tail = absl::StrCat("\n\n", UnknownLine("x", 1));
  EXPECT_TRUE(Parse(std::string(kMaxNoteBytes - tail.size(), 'a') + tail).ok());
  ExpectMalformed(Parse(std::string(kMaxNoteBytes - tail.size() + 1, 'a') + tail),
                  "may have 1048576 bytes");
}

TEST(FormatNote, RefusesWhatWouldNotParse) {
  const NoteSignature good{"x", {}, "s"};
  ExpectMalformed(FormatNote({"no newline", {good}}).status(), "end with a newline");
  ExpectMalformed(FormatNote({"", {good}}).status(), "end with a newline");
  ExpectMalformed(FormatNote({"t\n", {}}).status(), "needs a signature");
  ExpectMalformed(FormatNote({"t\n", {{"a b", {}, "s"}}}).status(), "white space");
  ExpectMalformed(FormatNote({"t\n", {{"a", {}, ""}}}).status(), "no signature");
  ExpectMalformed(FormatNote({"t\n", std::vector<NoteSignature>(129, good)}).status(),
                  "may have 128 signatures");
  ExpectMalformed(FormatNote({std::string(kMaxNoteBytes, 'a') + "\n", {good}}).status(),
                  "may have 1048576 bytes");
}

TEST(OpenNote, VerifiesBothTypesInTheOrderOfTheLines) {
  const SignerKey log = TestKey("log", 'a');
  const SignerKey witness = TestKey("witness", 'b', KeyType::kCosignature);
  Note note{std::string(kText), {SignatureBy(log, kText)}};
  note.signatures.push_back(
      {"witness", witness.verifier_key().id(), *Cosign(witness, 1700000000, kText)});
  const std::vector<VerifierKey> keys = {witness.verifier_key(), log.verifier_key()};
  absl::StatusOr<std::vector<VerifiedSignature>> verified = OpenNote(note, keys);
  ASSERT_TRUE(verified.ok()) << verified.status();
  ASSERT_EQ(verified->size(), 2u);
  EXPECT_EQ((*verified)[0].key_index, 1u);
  EXPECT_EQ((*verified)[0].signature_index, 0u);
  EXPECT_EQ((*verified)[0].cosigned_at_s, 0u);
  EXPECT_EQ((*verified)[1].key_index, 0u);
  EXPECT_EQ((*verified)[1].signature_index, 1u);
  EXPECT_EQ((*verified)[1].cosigned_at_s, 1700000000u);
}

TEST(OpenNote, IgnoresLinesOfWhichOnlyHalfIsKnown) {
  const SignerKey key = TestKey("log", 'a');
  const NoteSignature good = SignatureBy(key, kText);
  NoteSignature other_name = good;
  other_name.key_name = "gol";
  NoteSignature other_id = good;
  other_id.key_id.bytes[0] ^= 1;
  const Note note{std::string(kText), {other_name, good, other_id}};
  absl::StatusOr<std::vector<VerifiedSignature>> verified = OpenNote(note, {key.verifier_key()});
  ASSERT_TRUE(verified.ok()) << verified.status();
  ASSERT_EQ(verified->size(), 1u);
  EXPECT_EQ((*verified)[0].signature_index, 1u);
  ExpectError(OpenNote({note.text, {other_name, other_id}}, {key.verifier_key()}).status(),
              absl::StatusCode::kPermissionDenied, "no signature is by a key");
  ExpectError(OpenNote(note, {}).status(), absl::StatusCode::kPermissionDenied,
              "no signature is by a key");
}

TEST(OpenNote, NamesOneSignerForTwoLinesByOneKey) {
  const SignerKey key = TestKey("log", 'a');
  const NoteSignature good = SignatureBy(key, kText);
  const auto verified = OpenNote({std::string(kText), {good, good}}, {key.verifier_key()});
  ASSERT_TRUE(verified.ok()) << verified.status();
  ASSERT_EQ(verified->size(), 2u);
  EXPECT_EQ((*verified)[0].key_index, (*verified)[1].key_index);
}

TEST(OpenNote, IsPoisonedByAKnownKeysBadSignature) {
  const SignerKey a = TestKey("a", 'a');
  const SignerKey b = TestKey("b", 'b');
  const NoteSignature good = SignatureBy(a, kText);
  const std::vector<VerifierKey> keys = {a.verifier_key(), b.verifier_key()};
  for (const NoteSignature& bad :
       {SignatureBy(b, "another text\n"), NoteSignature{"b", b.verifier_key().id(), "short"},
        NoteSignature{"a", a.verifier_key().id(), std::string(64, 's')}}) {
    for (const auto& lines : {std::vector{good, bad}, std::vector{bad, good}}) {
      ExpectError(OpenNote({std::string(kText), lines}, keys).status(),
                  absl::StatusCode::kPermissionDenied, absl::StrCat("signature by ", bad.key_name));
    }
  }
}

TEST(OpenNote, RefusesTwoKeysThatItCannotTellApart) {
  const VerifierKey key = TestKey("a", 'a').verifier_key();
  ExpectMalformed(OpenNote({}, {key, TestKey("b", 'b').verifier_key(), key}).status(),
                  "give each key once");
}

TEST(OpenNote, VerifiesNoMutant) {
  const SignerKey key = TestKey("n", 'a');
  for (const std::string& mutant : Mutants(NoteBy(key, "text\n"))) {
    absl::StatusOr<Note> note = ParseNote(mutant);
    if (!note.ok()) continue;
    EXPECT_EQ(*FormatNote(*note), mutant);
    EXPECT_EQ(OpenNote(*note, {key.verifier_key()}).status().code(),
              absl::StatusCode::kPermissionDenied)
        << mutant;
  }
}

}  // namespace
}  // namespace cairn::note
