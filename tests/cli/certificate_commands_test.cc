// show, diff, run verify, redact, verify --report aief, and submit --hash and --commit, with the
// real binary.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/cli/cairn.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/vectors.h"

namespace cairn {
namespace {

using nlohmann::json;
using testing::CairnResult;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::Join;
using testing::ReadFile;
using testing::RunCairn;

constexpr char kRecord[] = "tools/samples/answer.json";
constexpr char kStep1[] = "tools/samples/plan-step-1.json";
constexpr char kStep2[] = "tools/samples/plan-step-2.json";

class CertificateCommands : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(directory_.path() / name, std::ios::binary) << bytes;
    return Path(name);
  }
  std::string Path(const std::string& name) const { return directory_.path() / name; }
  // The record with another prompt and the hash that it had.
  std::string Edited() const {
    json record = json::parse(ReadFile(kRecord));
    record["snapshot"]["prompt"] = "another <script>alert(1)</script>\x1b[31m";
    return Write("edited.json", record.dump());
  }
  static json Document(const CairnResult& result, int code) {
    EXPECT_EQ(result.code, code) << result.out << result.err;
    return result.documents().at(0);
  }

  testing::FreshDirectory directory_;
};

TEST_F(CertificateCommands, ShowFitsAScreenAndSaysWhatHolds) {
  const CairnResult shown = RunCairn({"show", kRecord});
  EXPECT_EQ(shown.code, 0) << shown.err;
  const std::vector<std::string> lines = absl::StrSplit(shown.out, '\n');
  EXPECT_LE(lines.size(), 25);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 110) << line;
  const json record = json::parse(ReadFile(kRecord));
  EXPECT_THAT(shown.out, HasSubstr(record["certificateHash"].get<std::string>()));
  EXPECT_THAT(shown.out, HasSubstr(record["snapshot"]["model"].get<std::string>()));
  const json document = Document(RunCairn({"show", kRecord, "--json"}), 0);
  EXPECT_EQ(document.at("record").at("answer"), "holds");
}

TEST_F(CertificateCommands, ShowShowsWhatContradictsItselfAndEscapesIt) {
  const std::string file = Edited();
  const CairnResult shown = RunCairn({"show", file, "--html", Path("page.html"), "--json"});
  EXPECT_EQ(Document(shown, 1).at("record").at("answer"), "contradicts_itself");
  const std::string page = ReadFile(Path("page.html"));
  EXPECT_THAT(page, HasSubstr("contradicts itself"));
  EXPECT_FALSE(absl::StrContains(page, "<script"));
  const CairnResult text = RunCairn({"show", file});
  EXPECT_EQ(text.code, 1);
  EXPECT_FALSE(absl::StrContains(text.out, "\x1b"));
  // What is there is never replaced.
  EXPECT_EQ(RunCairn({"show", kRecord, "--html", Path("page.html")}).code, 3);
  EXPECT_EQ(RunCairn({"show", Write("no.json", "{")}).code, 1);
  EXPECT_EQ(RunCairn({"show", Path("absent.json")}).code, 3);
}

TEST_F(CertificateCommands, DiffTellsEqualFromChangedAndTrustsNoEditedRecord) {
  EXPECT_EQ(RunCairn({"diff", kRecord, kRecord}).code, 0);
  const json steps = Document(RunCairn({"diff", kStep1, kStep2, "--json"}), 1);
  EXPECT_FALSE(steps.at("equal"));
  EXPECT_TRUE(steps.at("sound"));
  json record = json::parse(ReadFile(kRecord));
  record["snapshot"]["output"] = "another output";
  const json drifted =
      Document(RunCairn({"diff", kRecord, Write("x.json", record.dump()), "--json"}), 1);
  EXPECT_FALSE(drifted.at("sound"));
  EXPECT_FALSE(drifted.at("steps").at(0).at("execution_drift"));
}

TEST_F(CertificateCommands, RunVerifyNamesWhatIsMissingAndWhatIsOutOfOrder) {
  EXPECT_TRUE(Document(RunCairn({"run", "verify", kStep1, kStep2, "--json"}), 0).at("whole"));
  const json alone = Document(RunCairn({"run", "verify", kStep2, "--json"}), 1);
  EXPECT_EQ(alone.at("findings").at(0).at("code"), "MISSING_STEP");
  EXPECT_THAT(RunCairn({"run", "verify", kStep2, kStep1}).out, HasSubstr("REORDERED_STEP"));
  const CairnResult doubled =
      RunCairn({"run", "verify", kStep1, kStep2, Write("again.json", ReadFile(kStep2))});
  EXPECT_EQ(doubled.code, 1);
  EXPECT_THAT(doubled.out, HasSubstr("DOUBLED_STEP"));
  EXPECT_THAT(doubled.out, HasSubstr("not proven: that there were no other steps"));
}

TEST_F(CertificateCommands, RedactSealsWhatIsLeft) {
  const json original = json::parse(ReadFile(kRecord));
  const CairnResult redacted = RunCairn(
      {"redact", kRecord, "--remove", "snapshot.prompt", "--out", Path("r.json"), "--json"});
  const json document = Document(redacted, 0);
  EXPECT_NE(document.at("hash"), original["certificateHash"]);
  EXPECT_EQ(Document(RunCairn({"hash", Path("r.json"), "--json"}), 0).at("hash"),
            document.at("hash"));
  const std::string text = ReadFile(Path("r.json"));
  EXPECT_FALSE(absl::StrContains(text, original["certificateHash"].get<std::string>().substr(7)));
  EXPECT_FALSE(json::parse(text)["snapshot"].contains("prompt"));
  EXPECT_EQ(RunCairn({"redact", kRecord, "--remove", "snapshot", "--out", Path("s.json")}).code, 1);
  EXPECT_EQ(
      RunCairn({"redact", Edited(), "--remove", "snapshot.prompt", "--out", Path("t.json")}).code,
      1);
  EXPECT_EQ(RunCairn({"redact", kRecord, "--out", Path("u.json")}).code, 2);
}

TEST_F(CertificateCommands, AiefReportsEachRecordWithoutALog) {
  const CairnResult result = RunCairn({"verify", "--report", "aief", kRecord, Edited()});
  EXPECT_EQ(result.code, 1);
  ASSERT_EQ(result.documents().size(), 2);
  EXPECT_EQ(result.documents()[0].at("result"), "PASS");
  EXPECT_TRUE(result.documents()[0].at("reason").is_null());
  EXPECT_EQ(result.documents()[1].at("reason"), "integrityProofMismatch");
}

class LoggedCertificates : public CertificateCommands {
 protected:
  CairnResult Submit(const std::vector<std::string>& more) {
    return RunCairn(Join({"submit", "--json", "--log", log_.address(), "--log_key",
                          testing::kTestVkey, "--out", Path("out")},
                         more));
  }
  CairnResult Verify(const std::string& name, const std::vector<std::string>& more) {
    return RunCairn(Join({"verify", "--json", "--log_key", testing::kTestVkey,
                          Path(absl::StrCat("out/", name, ".cairn.json"))},
                         more));
  }

  testing::Cairnd log_{testing::CairndArgs(directory_.path())};
};

TEST_F(LoggedCertificates, AreLoggedByTheirHashAlone) {
  const std::string hash = json::parse(ReadFile(kRecord))["certificateHash"];
  const std::string name = hash.substr(7);
  EXPECT_EQ(Document(Submit({"--hash", hash}), 0).at("outcome"), "logged");
  EXPECT_EQ(Document(Submit({"--hash", Write("list", hash + "\n")}), 0).at("outcome"), "skipped");
  EXPECT_EQ(Submit({"--hash", "sha256:00"}).code, 2);
  EXPECT_EQ(Submit({}).code, 2);
  const json by_hash = Document(Verify(name, {"--certificate_hash", hash}), 0);
  EXPECT_EQ(by_hash.at("layers").at(0).at("code"), "same_hash");
  EXPECT_EQ(Document(Verify(name, {"--certificate", kRecord}), 0).at("layers").at(0).at("code"),
            "same");
  const std::string other = absl::StrCat("sha256:", std::string(64, '0'));
  EXPECT_EQ(Document(Verify(name, {"--certificate_hash", other}), 1).at("layers").at(0).at("code"),
            "other_certificate");
}

TEST_F(LoggedCertificates, AreCommittedToAndOpenedByTheirEvidenceAlone) {
  EXPECT_EQ(Document(Submit({"--commit", kRecord}), 0).at("outcome"), "logged");
  EXPECT_EQ(Document(Submit({"--commit", kRecord}), 0).at("outcome"), "skipped");
  const std::string file = Path("out/answer.cairn.json");
  struct stat status;
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
  const json verified = Document(Verify("answer", {"--certificate", kRecord}), 0);
  const std::string hash = json::parse(ReadFile(kRecord))["certificateHash"];
  EXPECT_NE(verified.at("claim").at("certificate_hash"), hash);
  EXPECT_EQ(Verify("answer", {"--certificate", kStep1}).code, 1);
  // The same under the hash itself is another statement, and the evidence in the way says so.
  EXPECT_THAT(Document(Submit({kRecord}), 1).at("error").get<std::string>(), HasSubstr("--commit"));
  json evidence = json::parse(ReadFile(file));
  const std::string salt = evidence["commitments"][0]["salt"];
  const std::string edited = absl::StrReplaceAll(
      ReadFile(file), {{salt, absl::StrCat(salt[0] == '0' ? "1" : "0", salt.substr(1))}});
  Write("out/spoilt.cairn.json", edited);
  const json spoilt = Document(Verify("spoilt", {"--certificate", kRecord}), 1);
  EXPECT_THAT(spoilt.at("reasons").dump(), HasSubstr("does not open the entry's hash"));
}

}  // namespace
}  // namespace cairn
