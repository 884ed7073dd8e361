#include "ledger/certifier_changes.h"

#include "gtest/gtest.h"
#include "merkle/entry/rotation.h"
#include "merkle/types.h"

namespace cairn::ledger {
namespace {

using entry::CertifierAction;
using entry::CertifierDemand;

PublicKey KeyOf(char seed) { return PrivateKey::FromSeed(std::string(32, seed))->public_key(); }

ConfiguredCertifier Signing(std::string name, char seed) {
  return {.name = std::move(name), .demand = CertifierDemand::kSigned, .key = KeyOf(seed)};
}

// A registry that follows the configuration.
class CertifierChangesTest : public testing::Test {
 protected:
  absl::StatusOr<std::vector<entry::CertifierEntry>> Follow(
      const std::vector<ConfiguredCertifier>& configured) {
    auto changes = CertifierChanges(registry_, configured);
    if (!changes.ok()) return changes;
    for (const entry::CertifierEntry& change : *changes) {
      EXPECT_TRUE(registry_.Apply(LeafIndex(next_++), change).ok());
    }
    return changes;
  }

  entry::CertifierRegistry registry_{"log.example/test"};
  uint64_t next_ = 0;
};

TEST_F(CertifierChangesTest, DeclareWhatIsNewAndThenNothing) {
  const std::vector<ConfiguredCertifier> configured = {
      Signing("acme", 1), {.name = "other", .demand = CertifierDemand::kChannel}};
  const auto changes = Follow(configured);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ((*changes)[0].action, CertifierAction::kDeclare);
  EXPECT_EQ((*changes)[0].key, KeyOf(1));
  EXPECT_EQ((*changes)[1].name, "other");
  EXPECT_TRUE(Follow(configured)->empty());
}

TEST_F(CertifierChangesTest, RotateAChangedKeyOrDemand) {
  ASSERT_TRUE(Follow({Signing("acme", 1)}).ok());
  const auto key = Follow({Signing("acme", 2)});
  ASSERT_TRUE(key.ok()) << key.status();
  ASSERT_EQ(key->size(), 1u);
  EXPECT_EQ(key->front().action, CertifierAction::kRotate);
  EXPECT_EQ(key->front().key, KeyOf(2));
  const auto demand =
      Follow({{.name = "acme", .demand = CertifierDemand::kChannel, .key = KeyOf(2)}});
  ASSERT_TRUE(demand.ok()) << demand.status();
  EXPECT_EQ(demand->front().demand, CertifierDemand::kChannel);
}

PrivateKey PrivateOf(char seed) { return *PrivateKey::FromSeed(std::string(32, seed)); }

ConfiguredCertifier Rotating(char to, char by) {
  ConfiguredCertifier configured = Signing("acme", to);
  configured.by_old_key = entry::SignRotation("log.example/test", "acme", PrivateOf(by), KeyOf(to),
                                              CertifierDemand::kSigned)
                              ->by_old_key;
  return configured;
}

TEST_F(CertifierChangesTest, RotateByWordOfTheOldKeyAndThenNothing) {
  ASSERT_TRUE(Follow({Signing("acme", 1)}).ok());
  const auto changes = Follow({Rotating(2, 1)});
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_TRUE(changes->front().by_old_key.has_value());
  EXPECT_EQ(registry_.Current("acme")->word, entry::KeyWord::kSignedByOldKey);
  // It stands there still at the next start, and when the demand alone changes.
  EXPECT_TRUE(Follow({Rotating(2, 1)})->empty());
  ConfiguredCertifier channel = Rotating(2, 1);
  channel.demand = CertifierDemand::kChannel;
  const auto demand = Follow({channel});
  ASSERT_TRUE(demand.ok()) << demand.status();
  EXPECT_FALSE(demand->front().by_old_key.has_value());
  EXPECT_EQ(registry_.Current("acme")->word, entry::KeyWord::kSignedByOldKey);
}

TEST_F(CertifierChangesTest, RefuseASignatureThatIsNotByTheKeyInForce) {
  EXPECT_EQ(Follow({Rotating(2, 1)}).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Follow({Signing("acme", 1)}).ok());
  for (const char by : {2, 3}) {
    EXPECT_EQ(Follow({Rotating(2, by)}).status().code(), absl::StatusCode::kPermissionDenied);
  }
  // Over another key.
  ConfiguredCertifier other = Rotating(2, 1);
  other.key = KeyOf(3);
  EXPECT_EQ(Follow({other}).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(registry_.Current("acme")->key, KeyOf(1));
}

TEST_F(CertifierChangesTest, RetireOnceAndForEver) {
  ASSERT_TRUE(Follow({Signing("acme", 1)}).ok());
  const std::vector<ConfiguredCertifier> retired = {{.name = "acme", .retired = true}};
  const auto changes = Follow(retired);
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ(changes->front().action, CertifierAction::kRetire);
  EXPECT_TRUE(Follow(retired)->empty());
  EXPECT_EQ(Follow({Signing("acme", 1)}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(CertifierChangesTest, LeaveAloneWhoIsNotConfigured) {
  ASSERT_TRUE(Follow({Signing("acme", 1)}).ok());
  EXPECT_TRUE(Follow({})->empty());
  EXPECT_FALSE(registry_.Current("acme")->retired);
}

TEST_F(CertifierChangesTest, RefuseWhatCannotBe) {
  EXPECT_EQ(Follow({{.name = "acme", .retired = true}}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Follow({Signing("acme", 1), Signing("acme", 2)}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Follow({Signing(entry::kAnonymous, 1)}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Follow({{.name = "acme", .demand = CertifierDemand::kSigned}}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Follow({Signing("not a name", 1)}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn::ledger
