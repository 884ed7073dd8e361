#include "tools/cairn/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kDigits[] = "8df1e642efaee1f86a0d31cc4731f566d41f0b12e47157028ff2f85de01173c6";

template <typename T>
void ExpectRefused(const absl::StatusOr<T>& value, const std::string& reason) {
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(value.status().message()), HasSubstr(reason));
}

std::string WriteTemporary(const std::string& name, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/" + name;
  unlink(path.c_str());
  EXPECT_TRUE(CreateFile(path, bytes, 0600).ok());
  return path;
}

TEST(ParseHash, TakesDigitsWithAndWithoutPrefix) {
  EXPECT_EQ(ParseHash(kDigits)->Hex(), kDigits);
  EXPECT_EQ(ParseHash(absl::StrCat("sha256:", kDigits))->Hex(), kDigits);
}

TEST(ParseHash, RefusesOtherLengthsAndSpellings) {
  const std::string digits = kDigits;
  for (const std::string& text :
       {std::string(), digits.substr(2), digits + "00", digits.substr(1), "SHA256:" + digits,
        "sha256:sha256:" + digits, "8DF1" + digits.substr(4), "zz" + digits.substr(2)}) {
    ExpectRefused(ParseHash(text), "is no hash");
  }
}

TEST(ParseLogKey, TakesEd25519KeysAlone) {
  const note::SignerKey log = *note::GenerateSignerKey("log.example");
  EXPECT_EQ(*ParseLogKey(log.verifier_key().Format()), log.verifier_key());
  const note::SignerKey witness =
      *note::GenerateSignerKey("w.example", note::KeyType::kCosignature);
  ExpectRefused(ParseLogKey(witness.verifier_key().Format()), "another type");
  ExpectRefused(ParseLogKey("log.example"), "cairn keygen");
}

TEST(ReadSignerKey, ReadsWhatKeygenWrites) {
  const note::SignerKey key = *note::GenerateSignerKey("acme");
  const std::string file = WriteTemporary("good.key", key.FormatSecret() + "\n");
  EXPECT_EQ(ReadSignerKey(file)->verifier_key(), key.verifier_key());
}

TEST(ReadSignerKey, RefusesOtherFilesWithoutRepeatingThem) {
  const note::SignerKey key = *note::GenerateSignerKey("acme");
  const std::string secret = key.FormatSecret();
  for (const std::string& text :
       {secret + "\n\n", secret + " \n", secret.substr(1), std::string()}) {
    const absl::StatusOr<note::SignerKey> read = ReadSignerKey(WriteTemporary("bad.key", text));
    ExpectRefused(read, "is no key file");
    EXPECT_THAT(std::string(read.status().message()),
                ::testing::Not(HasSubstr(secret.substr(secret.size() - 20))));
  }
}

TEST(ReadSignerKey, RefusesKeysOfOtherTypes) {
  const note::SignerKey witness = *note::GenerateSignerKey("acme", note::KeyType::kCosignature);
  ExpectRefused(ReadSignerKey(WriteTemporary("witness.key", witness.FormatSecret() + "\n")),
                "another type");
}

TEST(ReadSignerKey, RefusesAFileThatOthersMayUse) {
  const std::string key = note::GenerateSignerKey("acme")->FormatSecret() + "\n";
  const std::string key_file = WriteTemporary("open.key", key);
  ASSERT_EQ(chmod(key_file.c_str(), 0640), 0);
  EXPECT_EQ(ReadSignerKey(key_file).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST(ReadToken, TakesOneLineOfPrintableCharacters) {
  EXPECT_EQ(*ReadToken(WriteTemporary("token", "abc-123\n")), "abc-123");
  EXPECT_EQ(*ReadToken(WriteTemporary("token", "abc-123")), "abc-123");
  ExpectRefused(ReadToken(WriteTemporary("token", "")), "is empty");
  ExpectRefused(ReadToken(WriteTemporary("token", "a\nb\n")), "one token, on one line");
  ExpectRefused(ReadToken(WriteTemporary("token", "a b\n")), "one token, on one line");
}

}  // namespace
}  // namespace cairn::cli
