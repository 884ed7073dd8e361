#include "ledger/server/caller.h"

#include <string>

#include "gtest/gtest.h"

namespace cairn::server {
namespace {

CertifierSettings WithToken(const std::string& name, const std::string& token) {
  CertifierSettings settings;
  settings.name = name;
  settings.token_sha256 = {merkle::Sha256(token)};
  return settings;
}

absl::StatusOr<Caller> Show(const CallerDirectory& directory,
                            std::vector<std::string> authorization) {
  return directory.Identify({.authorization = std::move(authorization),
                             .certificate_sha256 = std::nullopt,
                             .certificate_san = {}});
}

TEST(CallerDirectory, KnowsACertifierByItsToken) {
  const CallerDirectory directory({WithToken("a", "one"), WithToken("b", "two")});
  EXPECT_EQ(Show(directory, {"Bearer two"})->certifier, "b");
  EXPECT_EQ(Show(directory, {"bearer one"})->certifier, "a");
  EXPECT_EQ(Show(directory, {})->certifier, std::nullopt);
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{"Bearer three"}, {"Bearer one", "Bearer one"}, {"one"}, {""}}) {
    EXPECT_EQ(Show(directory, bad).status().code(), absl::StatusCode::kUnauthenticated);
  }
}

TEST(CallerDirectory, AnEmptyTokenIsNobodys) {
  const CallerDirectory directory({WithToken("a", "")});
  for (const char* header : {"Bearer ", "bearer ", "Bearer"}) {
    EXPECT_EQ(Show(directory, {header}).status().code(), absl::StatusCode::kUnauthenticated);
  }
}

}  // namespace
}  // namespace cairn::server
