#include "merkle/note/checkpoint.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "merkle/note/note.h"
#include "merkle/note/note_testing.h"
#include "merkle/note/text.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kOrigin = "log.example/one";

Checkpoint Sample() { return {std::string(kOrigin), TreeSize(5), merkle::HashLeaf("x"), {}}; }

std::string Signed(const SignerKey& key, absl::string_view text) {
  return *FormatNote({std::string(text),
                      {{key.name(), key.verifier_key().id(), std::string(key.Sign(text).view())}}});
}

TEST(ParseCheckpoint, ComesBackFromItsText) {
  for (const uint64_t size : {uint64_t{1}, uint64_t{10}, kMaxTreeSize}) {
    Checkpoint checkpoint = Sample();
    checkpoint.size = TreeSize(size);
    for (int extensions = 0; extensions < 3; ++extensions) {
      absl::StatusOr<std::string> text = FormatCheckpoint(checkpoint);
      ASSERT_TRUE(text.ok()) << text.status();
      absl::StatusOr<Checkpoint> again = ParseCheckpoint(*text);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(*again, checkpoint);
      checkpoint.extensions.push_back(absl::StrCat("extension ", extensions));
    }
  }
}

TEST(ParseCheckpoint, HasOneLineEachForOriginSizeAndRoot) {
  EXPECT_EQ(*FormatCheckpoint(Sample()),
            absl::StrCat("log.example/one\n5\n", FormatBase64(merkle::HashLeaf("x").view()), "\n"));
}

TEST(ParseCheckpoint, NeedsTheEmptyRootAtSizeZero) {
  const std::string empty = FormatBase64(merkle::EmptyRoot().view());
  const std::string other = FormatBase64(merkle::HashLeaf("").view());
  EXPECT_TRUE(ParseCheckpoint(absl::StrCat("o\n0\n", empty, "\n")).ok());
  ExpectMalformed(ParseCheckpoint(absl::StrCat("o\n0\n", other, "\n")).status(), "size 0");
  Checkpoint checkpoint = Sample();
  checkpoint.size = TreeSize(0);
  ExpectMalformed(FormatCheckpoint(checkpoint).status(), "size 0");
}

TEST(ParseCheckpoint, NamesWhatIsWrong) {
  const std::string root = FormatBase64(merkle::HashLeaf("\x01").view());
  const auto parse = [](absl::string_view text) { return ParseCheckpoint(text).status(); };
  ExpectMalformed(parse(""), "end with a newline");
  ExpectMalformed(parse("o\n"), "lines for origin, size and root");
  ExpectMalformed(parse("o\n5\n"), "lines for origin, size and root");
  ExpectMalformed(parse(absl::StrCat("o\n5\n", root)), "end with a newline");
  ExpectMalformed(parse(absl::StrCat("\n5\n", root, "\n")), "origin is empty");
  for (const char* size : {"+5", " 5", "5 ", "-5", "", "five", "0x5"}) {
    ExpectMalformed(parse(absl::StrCat("o\n", size, "\n", root, "\n")), "a checkpoint's size: ");
  }
  ExpectMalformed(parse(absl::StrCat("o\n05\n", root, "\n")), "leading zeros");
  ExpectMalformed(parse(absl::StrCat("o\n9223372036854775808\n", root, "\n")), "above 2^63 - 1");
  ExpectMalformed(parse("o\n5\nAAAA\n"), "a checkpoint's root: a hash is 32 bytes");
  ExpectMalformed(parse(absl::StrCat("o\n5\n", root.substr(0, 43), "\n")), "canonical base64");
  ExpectMalformed(parse(absl::StrCat("o\n5\n", root, " \n")), "canonical base64");
  ExpectMalformed(parse("o\n5\n-_________________________________________8=\n"),
                  "canonical base64");
  ExpectMalformed(parse(absl::StrCat("o\n5\n", root, "\n\n")), "extension line is empty");
  ExpectMalformed(parse(absl::StrCat("o\n5\n", root, "\na\n\nb\n")), "extension line is empty");
  ExpectMalformed(parse(absl::StrCat("o\r\n5\n", root, "\n")), "control characters");
  ExpectMalformed(parse(absl::StrCat("o\xFF\n5\n", root, "\n")), "UTF-8");
}

TEST(FormatCheckpoint, RefusesWhatWouldNotParse) {
  const auto format = [](auto change) {
    Checkpoint checkpoint = Sample();
    change(checkpoint);
    return FormatCheckpoint(checkpoint).status();
  };
  ExpectMalformed(format([](Checkpoint& c) { c.origin = ""; }), "origin is empty");
  ExpectMalformed(format([](Checkpoint& c) { c.origin = "a\nb"; }), "origin is one line");
  ExpectMalformed(format([](Checkpoint& c) { c.origin = "a\tb"; }), "control characters");
  ExpectMalformed(format([](Checkpoint& c) { c.size = TreeSize(kMaxTreeSize + 1); }),
                  "above 2^63 - 1");
  ExpectMalformed(format([](Checkpoint& c) { c.extensions = {""}; }), "extension line is empty");
  ExpectMalformed(format([](Checkpoint& c) { c.extensions = {"a\nb"}; }), "extension is one line");
}

TEST(VerifyCheckpoint, ReturnsWhatTheLogSigned) {
  const SignerKey key = TestKey(kOrigin, 'a');
  absl::StatusOr<Checkpoint> checkpoint =
      VerifyCheckpoint(Signed(key, *FormatCheckpoint(Sample())), key.verifier_key());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(*checkpoint, Sample());
}

TEST(VerifyCheckpoint, RefusesOtherKeysOriginsAndTexts) {
  const SignerKey key = TestKey(kOrigin, 'a');
  const std::string text = *FormatCheckpoint(Sample());
  ExpectError(VerifyCheckpoint(Signed(key, text), TestKey(kOrigin, 'b').verifier_key()).status(),
              absl::StatusCode::kPermissionDenied, "no signature is by a key");
  const SignerKey other = TestKey("log.example/two", 'a');
  ExpectError(VerifyCheckpoint(Signed(other, text), other.verifier_key()).status(),
              absl::StatusCode::kPermissionDenied, "the checkpoint is of the log log.example/one");
  ExpectMalformed(VerifyCheckpoint(Signed(key, "not a checkpoint\n"), key.verifier_key()).status(),
                  "lines for origin, size and root");
  ExpectMalformed(VerifyCheckpoint(text, key.verifier_key()).status(), "no blank line");
}

TEST(VerifyCheckpoint, VerifiesNoMutant) {
  const SignerKey key = TestKey(kOrigin, 'a');
  for (const std::string& mutant : Mutants(Signed(key, *FormatCheckpoint(Sample())))) {
    EXPECT_THAT(
        VerifyCheckpoint(mutant, key.verifier_key()).status().code(),
        ::testing::AnyOf(absl::StatusCode::kInvalidArgument, absl::StatusCode::kPermissionDenied))
        << mutant;
  }
}

}  // namespace
}  // namespace cairn::note
