// Evidence that earlier releases made still verifies, with what verifiers had then.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/cairn.h"
#include "tests/testing/vectors.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::vector<fs::path> Releases() {
  std::vector<fs::path> releases;
  for (const fs::directory_entry& entry : fs::directory_iterator("tests/golden")) {
    if (entry.is_directory() && entry.path().filename().string()[0] == 'v') {
      releases.push_back(entry.path());
    }
  }
  return releases;
}

CairnResult Verify(const fs::path& release, const std::string& name,
                   const std::vector<std::string>& more) {
  return RunCairn(Join({"verify", release / (name + ".cairn.json")}, more));
}

TEST(Golden, EvidenceOfEveryReleaseVerifies) {
  const std::vector<fs::path> releases = Releases();
  ASSERT_FALSE(releases.empty());
  for (const fs::path& release : releases) {
    const std::string log = release / "log.policy";
    for (const std::string name : {"unsigned", "signed", "batch"}) {
      const CairnResult verified = Verify(release, name, {"--policy", log});
      EXPECT_EQ(verified.code, 0) << release << name << verified.out << verified.err;
    }
    const std::string trust = release / "trust.policy";
    const CairnResult witnessed =
        Verify(release, "witnessed", {"--policy", trust, "--require", "witnessed"});
    EXPECT_EQ(witnessed.code, 0);
    EXPECT_THAT(witnessed.out, HasSubstr(": included; witnessed by 1 of w; NOT verified; certifier "
                                         "not proven; no record given\n"));
    const CairnResult anchored =
        Verify(release, "anchored",
               {"--policy", trust, "--require", "verified:2", "--tsa_roots",
                release / "tsa-root.pem", "--headers", release / "headers"});
    EXPECT_EQ(anchored.code, 0) << anchored.out << anchored.err;
    EXPECT_THAT(anchored.out,
                HasSubstr(": included; witnessed by 1 of w; verified by 2 authorities (bitcoin, "
                          "tsa); certifier not proven; no record given\n"));
    EXPECT_THAT(anchored.out, HasSubstr("anchor bound  proven      existed by"));
    // Without trust anchors of the verifier's own nothing of that is proven.
    const CairnResult claimed =
        Verify(release, "anchored", {"--policy", trust, "--require", "verified"});
    EXPECT_EQ(claimed.code, 1);
    EXPECT_THAT(claimed.err, HasSubstr("anchors: 0 authorities vouch, 1 needed; 2 receipts"));
    EXPECT_THAT(claimed.out, HasSubstr("anchor btc    claimed"));
    EXPECT_EQ(Verify(release, "anchored", {"--policy", trust, "--require", "anchored"}).code, 2);
    // A key that counts until before the oldest anchor.
    const CairnResult late =
        Verify(release, "anchored",
               {"--policy", trust, "--log_key_not_after", "2001-01-01T00:00:00Z", "--tsa_roots",
                release / "tsa-root.pem", "--headers", release / "headers"});
    EXPECT_EQ(late.code, 1);
    EXPECT_THAT(late.err, HasSubstr("the key counts only until"));
  }
}

TEST(Golden, ExtractsWhatOtherToolsRead) {
  for (const fs::path& release : Releases()) {
    const fs::path out = fs::path(::testing::TempDir()) / release.filename();
    fs::remove_all(out);
    const CairnResult extracted =
        RunCairn({"extract", release / "anchored.cairn.json", "--out", out, "--json"});
    ASSERT_EQ(extracted.code, 0) << extracted.err;
    EXPECT_EQ(extracted.documents().at(0)["files"].size(), 6);
    const std::string digest =
        RunCairn({"hash", out / "anchored.note"}).out.substr(0, sizeof("sha256:") - 1 + 64);
    const std::string hex = digest.substr(digest.find(':') + 1, 64);
    const std::string command = "openssl ts -verify -digest " + hex + " -in " +
                                (out / "anchored.tsa.tsr").string() + " -CAfile " +
                                (release / "tsa-root.pem").string() + " -no_check_time >" +
                                (out / "log").string() + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command << ReadFile(out / "log");
    // What is there is never replaced.
    EXPECT_EQ(RunCairn({"extract", release / "anchored.cairn.json", "--out", out}).code, 3);
  }
}

}  // namespace
}  // namespace cairn::testing
