// The public edge cases of Ed25519 (C2SP CCTV), each judged by our rule as its flags imply.

#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "merkle/signature/ed25519.h"
#include "nlohmann/json.hpp"
#include "tests/testing/vectors.h"

namespace cairn {
namespace {

// Without the cofactor a residue of small order fails the equation; the others are refused
// encodings. A point that merely has a component of small order is accepted when the equation
// holds.
constexpr const char* kRefusedFlags[] = {"low_order_A", "low_order_R", "non_canonical_A",
                                         "non_canonical_R", "low_order_residue"};

bool MustAccept(const nlohmann::json& vector) {
  if (vector["flags"].is_null()) return true;
  const auto flags = vector["flags"].get<std::set<std::string>>();
  for (const char* refused : kRefusedFlags) {
    if (flags.count(refused) != 0) return false;
  }
  // k was computed over another encoding of A or R than the one that is verified.
  return flags.count("reencoded_k") == 0;
}

TEST(Ed25519Vectors, AreJudgedByTheRule) {
  const std::optional<std::filesystem::path> vectors = testing::VectorsDir();
  if (!vectors) return;
  size_t accepted = 0;
  size_t refused = 0;
  for (const auto& file : testing::FilesIn(*vectors / "ed25519-cctv", ".json")) {
    const nlohmann::json cases = nlohmann::json::parse(testing::ReadFile(file));
    for (const nlohmann::json& c : cases) {
      SCOPED_TRACE(file.string() + " number " + c["number"].dump());
      absl::StatusOr<PublicKey> key =
          PublicKey::FromBytes(absl::HexStringToBytes(c["key"].get<std::string>()));
      absl::StatusOr<Signature> signature =
          Signature::FromBytes(absl::HexStringToBytes(c["sig"].get<std::string>()));
      ASSERT_TRUE(key.ok() && signature.ok());
      const std::string message = c["msg"].get<std::string>();
      const absl::Status status = Verify(*key, message, *signature);
      EXPECT_EQ(status.ok(), MustAccept(c)) << c["flags"].dump() << " " << status;
      if (!status.ok()) {
        EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
      }
      ++(status.ok() ? accepted : refused);
    }
  }
  EXPECT_GT(accepted, 0u);
  EXPECT_GT(refused, 0u);
  std::printf("Ed25519 vectors: %zu accepted, %zu refused\n", accepted, refused);
}

}  // namespace
}  // namespace cairn
