#include "merkle/note/note_testing.h"

#include <utility>

#include "gtest/gtest.h"

namespace cairn::note {

SignerKey TestKey(absl::string_view name, char seed, KeyType type) {
  absl::StatusOr<PrivateKey> key = PrivateKey::FromSeed(std::string(PrivateKey::kSeedSize, seed));
  return *MakeSignerKey(name, type, *std::move(key));
}

void ExpectError(const absl::Status& status, absl::StatusCode code, absl::string_view reason) {
  EXPECT_EQ(status.code(), code) << status << "; expected: " << reason;
  EXPECT_NE(status.message().find(reason), absl::string_view::npos)
      << status << "; expected: " << reason;
}

void ExpectMalformed(const absl::Status& status, absl::string_view reason) {
  ExpectError(status, absl::StatusCode::kInvalidArgument, reason);
}

std::vector<std::string> Mutants(absl::string_view bytes) {
  std::vector<std::string> mutants;
  const std::string whole(bytes);
  for (size_t i = 0; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      mutants.push_back(whole);
      mutants.back()[i] = static_cast<char>(mutants.back()[i] ^ (1 << bit));
    }
    mutants.push_back(std::string(whole).erase(i, 1));
    for (const char c : {'\n', ' ', '=', '0', 'A', '\0'}) {
      mutants.push_back(std::string(whole).insert(i, 1, c));
    }
    mutants.push_back(whole.substr(0, i));
  }
  for (const char* more : {"\n", " ", "A", "=", "\n\n", "\r\n"}) mutants.push_back(whole + more);
  mutants.push_back(whole + '\0');
  return mutants;
}

}  // namespace cairn::note
