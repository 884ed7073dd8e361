// Upgrades only add: what is replaced is contained in what replaces it, or not proven and that is.

#include "tools/cairn/improvement.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/hash.h"

namespace cairn::cli {
namespace {

using evidence::AnchorReceipt;
using evidence::Evidence;
namespace ots = evidence::ots;
namespace example = evidence::testing;

// A file over the note with these attestations, each below an append of its own where `apart`.
std::string OtsFile(absl::string_view note, const std::vector<ots::Attestation>& attestations,
                    bool apart = false) {
  ots::File file{.digest = std::string(merkle::Sha256(note).view())};
  char nonce = 'a';
  for (const ots::Attestation& attestation : attestations) {
    ots::Timestamp one;
    one.attestations = {attestation};
    std::vector<ots::Op> ops;
    if (apart) {
      ops = {{.code = ots::OpCode::kAppend, .argument = std::string(1, nonce++)}, {}};
    }
    ots::Merge(ots::Under(std::move(ops), std::move(one)), &file.timestamp);
  }
  return *ots::Format(file);
}

ots::Attestation Pending(absl::string_view uri) { return *ots::Attestation::Pending(uri); }

std::vector<ots::Attestation> AttestationsOf(const std::string& file) {
  const ots::File parsed = *ots::Parse(file);
  std::vector<ots::Attestation> all;
  ots::Visit(parsed.timestamp, parsed.digest,
             [&all](const ots::Attestation& one, std::optional<absl::string_view>) {
               all.push_back(one);
             });
  return all;
}

class ImprovementTest : public ::testing::Test {
 protected:
  // The log's key, and no authority.
  static std::unique_ptr<Trust> ReadTrust() {
    TrustOptions options;
    options.log_key = example::LogKey().verifier_key().Format();
    return *Trust::Read(options);
  }

  Evidence With(std::vector<AnchorReceipt> receipts) const {
    Evidence evidence = example::MakeEvidence(example::kSigned);
    evidence.receipts = std::move(receipts);
    return evidence;
  }
  absl::StatusOr<Evidence> Improved(const Evidence& old, const Evidence& fresh) const {
    return Improve(old, fresh, *trust_);
  }
  static void ExpectLeft(const absl::StatusOr<Evidence>& result, absl::StatusCode code) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.status().code(), code) << result.status();
  }

  const std::unique_ptr<Trust> trust_ = ReadTrust();
  const std::string note_ = example::MakeEvidence(example::kSigned).proof.checkpoint;
};

TEST_F(ImprovementTest, OpenTimestampsTreesAreJoinedAndPendingLeavesKept) {
  const std::string ours = OtsFile(note_, {Pending("https://one.example")});
  const std::string theirs = OtsFile(
      note_, {Pending("https://two.example"), ots::Attestation::Bitcoin(800'000)}, /*apart=*/true);
  const auto improved =
      Improved(With({{"btc", "opentimestamps", ours}}), With({{"btc", "opentimestamps", theirs}}));
  ASSERT_TRUE(improved.ok()) << improved.status();
  ASSERT_EQ(improved->receipts.size(), 1u);
  const std::string& joined = improved->receipts[0].receipt;
  const std::vector<ots::Attestation> all = AttestationsOf(joined);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].uri(), "https://one.example");
  EXPECT_EQ(all[1].uri(), "https://two.example");
  EXPECT_EQ(all[2].height(), 800'000u);
  // It is one file, and holds everything already.
  EXPECT_EQ(*ots::Format(*ots::Parse(joined)), joined);
  for (const std::string& less : {ours, theirs}) {
    ExpectLeft(Improved(*improved, With({{"btc", "opentimestamps", less}})),
               absl::StatusCode::kAlreadyExists);
  }
}

TEST_F(ImprovementTest, NothingThatIsNotProvenTakesAnothersPlace) {
  const Evidence old = With({{"other", "kind-of-later", "ours"}});
  ExpectLeft(Improved(old, With({{"other", "kind-of-later", "theirs"}})),
             absl::StatusCode::kAlreadyExists);
  // Another kind under the name is none, either.
  ExpectLeft(
      Improved(old,
               With({{"other", "opentimestamps", OtsFile(note_, {ots::Attestation::Bitcoin(1)})}})),
      absl::StatusCode::kAlreadyExists);
}

TEST_F(ImprovementTest, ReceiptsOfFurtherAnchorsAreAdded) {
  const AnchorReceipt ours{"btc", "opentimestamps", OtsFile(note_, {Pending("https://a.example")})};
  const AnchorReceipt more{"new", "kind-of-later", "x"};
  Evidence first = With({ours});
  first.version = 1;
  const auto improved = Improved(first, With({more}));
  ASSERT_TRUE(improved.ok()) << improved.status();
  EXPECT_EQ(improved->receipts, (std::vector<AnchorReceipt>{ours, more}));
  EXPECT_EQ(improved->version, 2);
}

TEST_F(ImprovementTest, ReceiptsThatRenewalsCoverStayAsTheyAreAndSoDoTheyThemselves) {
  const Evidence old = example::MakeVersion2Evidence();
  const AnchorReceipt more{"btc", "opentimestamps",
                           OtsFile(note_, {ots::Attestation::Bitcoin(800'000)})};
  ExpectLeft(Improved(old, With({more})), absl::StatusCode::kAlreadyExists);
  const auto improved = Improved(old, With({more, {"new", "kind-of-later", "x"}}));
  ASSERT_TRUE(improved.ok()) << improved.status();
  Evidence expected = old;
  expected.receipts.push_back({"new", "kind-of-later", "x"});
  EXPECT_EQ(*improved, expected);
}

TEST_F(ImprovementTest, OverAnotherCheckpointNoOpenTimestampsFileGivesWay) {
  const Evidence old =
      With({{"btc", "opentimestamps", OtsFile(note_, {Pending("https://a.example")})}});
  Evidence fresh = old;
  std::vector<std::string> entries = example::Entries();
  entries.push_back(example::ReceiptEntry(old.receipts[0].receipt, 5, "btc"));
  fresh.proof = example::MakeProof(entries, example::kSigned);
  fresh.receipts[0].receipt = OtsFile(fresh.proof.checkpoint, {ots::Attestation::Bitcoin(800'000)});
  fresh.receipts.push_back({"new", "kind-of-later", "x"});
  const auto improved = Improved(old, fresh);
  ExpectLeft(improved, absl::StatusCode::kAborted);
  EXPECT_TRUE(absl::StrContains(improved.status().message(), "does not contain this one"))
      << improved.status();
}

}  // namespace
}  // namespace cairn::cli
