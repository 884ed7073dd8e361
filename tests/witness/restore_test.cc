// `cairn restore` against a real log and its witnesses: what it puts back, and what it refuses
// because somebody knows more than the copy.

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/anchor/testing/stored_rounds.h"
#include "tests/cli/cairn.h"
#include "tests/witness/cosigned_log.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

class RestoreTest : public CosignedLogTest {
 protected:
  std::string Data() const { return Path("data").string(); }
  std::string Copy() const { return Path("copy").string(); }
  std::string To() const { return Path("restored").string(); }

  // A log that publishes so many entries more, and stops.
  void Live(const std::string& prefix, int entries, std::vector<std::string> more = {}) {
    Cairnd cairnd(Args(std::move(more)));
    ASSERT_TRUE(cairnd.running());
    Client client(cairnd.address());
    AppendWhenTaken(client, absl::StrCat(prefix, 0));
    v1::AppendResponse answer;
    // The first again, until it is published too.
    for (int i = 0; i < entries; ++i) {
      const grpc::Status appended = AppendCosigned(client, absl::StrCat(prefix, i), &answer);
      ASSERT_TRUE(appended.ok()) << appended.error_message();
    }
    checkpoint_ = Published(client);
    ASSERT_EQ(cairnd.Stop(), 0) << cairnd.output();
  }
  void BackUp() {
    const CairnResult taken = RunCairn({"backup", Data(), "--out", Copy()});
    ASSERT_EQ(taken.code, 0) << taken.out << taken.err;
  }
  CairnResult Restore(std::vector<std::string> more = {}) const {
    std::vector<std::string> args = {"restore", Copy(), To(), "--json"};
    args.insert(args.end(), more.begin(), more.end());
    return RunCairn(args);
  }
  std::string Policy() const { return Path("policy").string(); }

  // Refused with this code alone, and nothing written.
  void ExpectRefused(const CairnResult& result, const std::string& code, const std::string& says) {
    EXPECT_EQ(result.code, 1) << result.out << result.err;
    ASSERT_EQ(result.documents().size(), 1u) << result.err;
    const nlohmann::json report = result.documents()[0];
    EXPECT_FALSE(report.at("restored").get<bool>());
    bool said = false;
    for (const auto& refusal : report.at("refusals")) {
      EXPECT_EQ(refusal.at("code"), code) << refusal;
      said = said || absl::StrContains(refusal.at("what").get<std::string>(), says);
    }
    EXPECT_TRUE(said) << report.at("refusals");
    EXPECT_FALSE(fs::exists(To() + "/restoring"));
  }
  void ExpectUnable(const CairnResult& result, const std::string& says) {
    EXPECT_EQ(result.code, 3) << result.out << result.err;
    EXPECT_TRUE(absl::StrContains(result.err, says)) << result.err;
    EXPECT_TRUE(absl::StrContains(result.err, "nothing was restored")) << result.err;
  }

  std::string checkpoint_;
};

bool Says(const nlohmann::json& lines, const std::string& what) {
  return std::any_of(lines.begin(), lines.end(), [&](const nlohmann::json& line) {
    return absl::StrContains(line.get<std::string>(), what);
  });
}

TEST_F(RestoreTest, PutsBackWhatNobodyKnowsMoreThan) {
  Live("a", 3);
  ASSERT_TRUE(
      anchor::testing::FillWithRounds(Data() + "/anchors", kTestOrigin, 2, /*tree_size=*/3).ok());
  BackUp();
  fs::rename(Data(), Path("lost"));
  WriteFile(Path("seen"), checkpoint_);
  // Its rounds are made up: what was anchored is another tree than the copy's.
  ExpectRefused(Restore({"--old", Path("lost").string()}), "other_tree", "lost/anchors knows");
  fs::remove_all(Path("lost") / "anchors");
  const CairnResult result =
      Restore({"--old", Path("lost").string(), "--witness_policy", Policy(), "--checkpoint",
               Path("seen").string(), "--key_file", Path("log.key").string()});
  ASSERT_EQ(result.code, 0) << result.out << result.err;
  const nlohmann::json report = result.documents().at(0);
  EXPECT_TRUE(report.at("restored").get<bool>());
  EXPECT_EQ(report.at("tree_size"), 3);
  for (const char* source : {"lost/signed", "lost/published", "lost/db", "witness w0", "witness w2",
                             "seen", "the key is this log's"}) {
    EXPECT_TRUE(Says(report.at("checked"), source)) << source << report.at("checked");
  }
  EXPECT_TRUE(Says(report.at("unknown"), "on another machine"));
  EXPECT_EQ(fs::status(To()).permissions(), fs::perms(0700));
  EXPECT_TRUE(fs::exists(To() + "/anchors/db/CURRENT"));
  // It is the log, and goes on.
  const CairnResult checked = RunCairn({"fsck", To(), "--json"});
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  EXPECT_EQ(checked.documents().at(0).at("anchors").at("rounds"), 2);
  Cairnd cairnd(Args({}, "restored"));
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  AppendWhenTaken(client, "b");
  EXPECT_EQ(client.Newest().size, TreeSize(4));
  // The directory is in use now.
  ExpectUnable(Restore(), "a cairnd has");
  EXPECT_EQ(cairnd.Stop(), 0);
}

TEST_F(RestoreTest, WithoutAnyFactsSaysWhatItCouldNotKnow) {
  Live("a", 1);
  BackUp();
  const CairnResult result = RunCairn({"restore", Copy(), To()});
  ASSERT_EQ(result.code, 0) << result.out << result.err;
  for (const char* text : {": restored", "not known: what the log's witnesses have cosigned",
                           "--witness_policy", "--checkpoint", "--key_file", "Start cairnd"}) {
    EXPECT_TRUE(absl::StrContains(result.out, text)) << text << "\n" << result.out;
  }
}

TEST_F(RestoreTest, RefusesWhereWitnessesKnowMore) {
  Live("a", 2);
  BackUp();
  Live("b", 2);
  fs::remove_all(Data());
  ExpectRefused(Restore({"--witness_policy", Policy()}), "larger_tree",
                "knows 4 entries; the copy has 2");
  EXPECT_FALSE(fs::exists(To()));
  // One of them is enough, and those who are silent are named.
  KillWitness(0);
  KillWitness(1);
  const CairnResult result = Restore({"--witness_policy", Policy()});
  ExpectRefused(result, "larger_tree", "witness w2 knows 4");
  EXPECT_TRUE(Says(result.documents()[0].at("unknown"), "witness w0"));
}

TEST_F(RestoreTest, RefusesWhereACheckpointIsOutThatTheCopyLacks) {
  Live("a", 2);
  BackUp();
  Live("b", 1);
  WriteFile(Path("seen"), checkpoint_);
  ExpectRefused(Restore({"--checkpoint", Path("seen").string()}), "larger_tree", "seen knows 3");
  EXPECT_FALSE(fs::exists(To()));
  // What is no checkpoint of this log says nothing about it.
  WriteFile(Path("other"), "not a note\n");
  ExpectUnable(Restore({"--checkpoint", Path("other").string()}), "other: ");
  ExpectUnable(Restore({"--checkpoint", Path("absent").string()}), "absent");
}

TEST_F(RestoreTest, RefusesWhereTheOldDirectoryKnowsMore) {
  Live("a", 2);
  BackUp();
  Live("b", 1);
  const std::string old = Path("lost").string();
  fs::rename(Data(), old);
  for (const char* kept : {"signed", "published", "db"}) {
    const std::string part = Path(absl::StrCat("part-", kept)).string();
    fs::create_directory(part);
    fs::copy(old + "/" + kept, part + "/" + kept, fs::copy_options::recursive);
    ExpectRefused(Restore({"--old", part}), "larger_tree", absl::StrCat("/", kept, " knows 3"));
    EXPECT_FALSE(fs::exists(To()));
  }
  // Where it stands itself, without its database: nothing of it is touched.
  fs::create_directory(To());
  fs::copy(old + "/signed", To() + "/signed");
  ExpectRefused(Restore(), "larger_tree", "signed knows 3");
  EXPECT_TRUE(fs::exists(To() + "/signed"));
  EXPECT_FALSE(fs::exists(To() + "/db"));
}

TEST_F(RestoreTest, OverwritesNothing) {
  Live("a", 2);
  BackUp();
  fs::rename(Data(), To());
  ExpectRefused(Restore(), "holds_a_log", "name it with --old");
  fs::remove_all(To());
  fs::create_directory(To());
  WriteFile(Path("restored/notes.txt"), "mine");
  ExpectUnable(Restore(), "which is not cairn's");
  fs::remove(Path("restored/notes.txt"));
  fs::create_directory(Path("restored/restoring"));
  ExpectUnable(Restore(), "a restore is under way here, or was interrupted");
  // Nor is such a directory started.
  Cairnd cairnd(Args({}, "restored"));
  EXPECT_FALSE(cairnd.running());
  EXPECT_EQ(cairnd.Wait(), 3);
  fs::remove(Path("restored/restoring"));
  EXPECT_EQ(Restore().code, 0);
}

TEST_F(RestoreTest, RefusesAnotherLogsKeyAndAnotherLogsDirectory) {
  Live("a", 2);
  BackUp();
  const std::string used = Path("log.key.used").string();
  std::ifstream in(used);
  const std::string own{std::istreambuf_iterator<char>(in), {}};
  WriteFile(used, std::string(32, 'a') + "\n");
  ExpectRefused(Restore({"--key_file", Path("log.key").string()}), "other_key_owner",
                own.substr(0, 32));
  fs::remove(used);
  fs::rename(Data(), Path("kept"));
  // The key signs another log, which the witnesses do not take.
  {
    Cairnd other(Args());
    ASSERT_TRUE(other.running());
    other.Stop();
  }
  ExpectRefused(Restore({"--old", Data()}), "other_log", "holds another log");
}

TEST_F(RestoreTest, RefusesACopyThatIsNotSound) {
  Live("a", 2);
  BackUp();
  for (const fs::directory_entry& entry : fs::directory_iterator(Copy() + "/db")) {
    const std::string name = entry.path().filename();
    if (!absl::EndsWith(name, ".log") || entry.file_size() == 0) continue;
    fs::resize_file(entry.path(), entry.file_size() / 2);
  }
  const CairnResult result = Restore();
  EXPECT_EQ(result.code, 1) << result.out << result.err;
  EXPECT_FALSE(fs::exists(To()));
  ExpectUnable(RunCairn({"restore", Path("absent").string(), To()}), "there is no log in");
  EXPECT_EQ(RunCairn({"restore", Copy()}).code, 2);
}

TEST_F(RestoreTest, RefusesACopyThatACairndRunsOn) {
  Live("a", 1);
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  ExpectUnable(RunCairn({"restore", Data(), To()}), "a cairnd has");
  EXPECT_FALSE(fs::exists(To()));
  EXPECT_EQ(cairnd.Stop(), 0);
}

}  // namespace
}  // namespace cairn::testing
