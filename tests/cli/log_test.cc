// `cairn` with a real `cairnd`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "anchor/evidence/evidence.h"
#include "merkle/hash.h"
#include "tests/cli/cairn.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/vectors.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Cairnd;
using testing::CairnResult;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Join;
using testing::kTestVkey;
using ::testing::Not;
using testing::ReadFile;
using testing::RunCairn;

class CliWithLog : public ::testing::Test {
 protected:
  CliWithLog() { Start(""); }

  // Begins anew, with a log of its own, whose configuration also says `config`.
  void Start(const std::string& config) {
    log_.reset();
    directory_ = std::make_unique<testing::FreshDirectory>();
    std::vector<std::string> more;
    if (!config.empty()) {
      testing::WriteFile(Path("config"), config);
      more = {"--config", Path("config")};
    }
    log_ = std::make_unique<Cairnd>(testing::CairndArgs(directory_->path(), more));
    if (!log_->running()) {
      log_->Wait();
      ADD_FAILURE() << log_->output();
    }
  }

  std::string Path(const std::string& name) const { return directory_->path() / name; }
  std::string Write(const std::string& name, const std::string& bytes) const {
    testing::WriteFile(Path(name), bytes, 0644);
    return Path(name);
  }
  CairnResult Ask(const std::vector<std::string>& args) const {
    return RunCairn(Join(args, {"--log", log_->address()}));
  }
  CairnResult Submit(const std::vector<std::string>& args) const {
    return Ask(Join({"submit", "--out", Path("out"), "--log_key", kTestVkey}, args));
  }
  CairnResult Blind(const std::vector<std::string>& args) const {
    return Submit(Join({"--blind", "--blind_key", Path("blind.key")}, args));
  }
  CairnResult Verify(const std::string& name, const std::vector<std::string>& args = {}) const {
    return RunCairn(Join({"verify", Path("out/" + name), "--log_key", kTestVkey}, args));
  }
  nlohmann::json Claim(const std::string& name) const {
    return Verify(name, {"--json"}).documents().at(0)["claim"];
  }
  uint64_t TreeSize() const { return Ask({"checkpoint", "--json"}).documents().at(0)["tree_size"]; }

  std::string WriteSecret(const std::string& name, const std::string& bytes) const {
    testing::WriteFile(Path(name), bytes, 0600);
    return Path(name);
  }

  // Makes a certifier's key file and returns its vkey.
  std::string MakeCertifier(const std::string& name, const std::string& file) const {
    return RunCairn({"keygen", "--certifier", name, "--out", file, "--json"})
        .documents()
        .at(0)["vkey"];
  }

  std::unique_ptr<testing::FreshDirectory> directory_;
  std::unique_ptr<Cairnd> log_;
};

TEST_F(CliWithLog, SubmitsTheSamplesAndVerifiesThemInAnotherProcess) {
  std::vector<std::string> files, evidence;
  for (const fs::path& file : testing::FilesIn("tools/samples")) {
    if (file.filename() == "BUILD") continue;
    files.push_back(file.string());
    evidence.push_back(Path("out/" + file.stem().string() + ".cairn.json"));
  }
  const CairnResult submitted =
      Submit(Join({"--node_keys", "tools/samples/node-keys.json", "--json"}, files));
  EXPECT_EQ(submitted.code, 0) << submitted.err;
  const std::vector<nlohmann::json> documents = submitted.documents();
  ASSERT_EQ(documents.size(), files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(documents[i]["file"], files[i]);
    EXPECT_EQ(documents[i]["outcome"], "logged");
    EXPECT_EQ(documents[i]["evidence"], evidence[i]);
  }
  const CairnResult verified =
      RunCairn(Join({"verify", "--log_key", kTestVkey, "--json"}, evidence));
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_EQ(verified.documents().size(), evidence.size());
  EXPECT_EQ(TreeSize(), files.size());
}

TEST_F(CliWithLog, FailsEvidenceOfThisLogThatWasTamperedWith) {
  ASSERT_EQ(Submit({Write("a.txt", "a"), Write("b.txt", "b")}).code, 0);
  ASSERT_EQ(Verify("a.cairn.json", {"--certificate", Path("a.txt")}).code, 0);
  EXPECT_THAT(Verify("a.cairn.json", {"--certificate", Path("b.txt")}).err,
              HasSubstr("certificate: certificateHash"));
  evidence::Evidence a = *evidence::Parse(ReadFile(Path("out/a.cairn.json")));
  const evidence::Evidence b = *evidence::Parse(ReadFile(Path("out/b.cairn.json")));
  a.entry = b.entry;
  Write("out/forged.cairn.json", *evidence::Format(a));
  const CairnResult forged = Verify("forged.cairn.json");
  EXPECT_EQ(forged.code, 1);
  EXPECT_THAT(forged.err, HasSubstr("inclusion: "));
}

TEST_F(CliWithLog, GoesOnWhereItStopped) {
  const std::string a = Write("a.txt", "a"), b = Write("b.txt", "b"), c = Write("c.txt", "c");
  ASSERT_EQ(Submit({a, b}).code, 0);
  const std::string kept = ReadFile(Path("out/a.cairn.json"));
  fs::remove(Path("out/b.cairn.json"));
  const CairnResult again = Submit({"--json", a, b, c});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.documents().at(0)["outcome"], "skipped");
  EXPECT_EQ(again.documents().at(1)["outcome"], "already_logged");
  EXPECT_EQ(again.documents().at(2)["outcome"], "logged");
  EXPECT_EQ(again.documents().at(1)["index"], Claim("b.cairn.json")["index"]);
  EXPECT_EQ(ReadFile(Path("out/a.cairn.json")), kept);
  EXPECT_EQ(TreeSize(), 3u);
}

TEST_F(CliWithLog, NeverOverwritesEvidenceOfSomethingElse) {
  const std::string a = Write("a.txt", "a");
  ASSERT_EQ(Submit({a}).code, 0);
  const std::string kept = ReadFile(Path("out/a.cairn.json"));
  Write("a.txt", "changed");
  const CairnResult changed = Submit({a});
  EXPECT_EQ(changed.code, 1);
  EXPECT_THAT(changed.err, AllOf(HasSubstr("is in the way"), HasSubstr("certificateHash")));
  Write("a.txt", "a");
  EXPECT_THAT(Submit({"--trace", "t", a}).err, HasSubstr("another statement"));
  EXPECT_EQ(ReadFile(Path("out/a.cairn.json")), kept);
  Write("out/a.cairn.json", kept.substr(1));
  EXPECT_EQ(Submit({a}).code, 1);
  EXPECT_EQ(TreeSize(), 1u);
}

TEST_F(CliWithLog, RefusesAChangedRecordAndGoesOnWithTheOthers) {
  const std::string good = ReadFile("tools/samples/triage.json");
  nlohmann::json record = nlohmann::json::parse(good);
  record["snapshot"]["model"] = "another";
  const CairnResult result =
      Submit({"--json", Write("bad.json", record.dump()), Write("missing-first.txt", "x"),
              Write("good.json", good), Path("not-there.txt")});
  EXPECT_EQ(result.code, 3) << "the highest of all files";
  const std::vector<nlohmann::json> documents = result.documents();
  EXPECT_EQ(documents.at(0)["outcome"], "refused");
  EXPECT_THAT(documents.at(0)["error"].get<std::string>(), HasSubstr("certificateHash"));
  EXPECT_EQ(documents.at(1)["outcome"], "logged");
  EXPECT_EQ(documents.at(2)["outcome"], "logged");
  EXPECT_EQ(documents.at(3)["outcome"], "unable");
  EXPECT_FALSE(fs::exists(Path("out/bad.cairn.json")));
  EXPECT_EQ(TreeSize(), 2u);
}

TEST_F(CliWithLog, RefusesAnswersOfALogThatIsNotTheOneMeant) {
  const std::string a = Write("a.txt", "a");
  const std::string key =
      RunCairn({"keygen", "--origin", testing::kTestOrigin, "--out", Path("other.key")}).out;
  const std::string other(key.substr(0, key.size() - 1));
  const CairnResult result = Ask({"submit", "--out", Path("out"), "--log_key", other, "--json", a});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.documents().at(0)["outcome"], "failed");
  EXPECT_THAT(result.err + result.out, HasSubstr("the log's checkpoint is refused"));
  EXPECT_EQ(TreeSize(), 0u);
  EXPECT_TRUE(fs::is_empty(Path("out")));
  EXPECT_EQ(Ask({"checkpoint", "--log_key", other}).code, 1);
}

TEST_F(CliWithLog, SaysWhenTheLogKeyWasNotChecked) {
  const std::string a = Write("a.txt", "a");
  const CairnResult result = Ask({"submit", "--out", Path("out"), a});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("no --log_key"));
  EXPECT_EQ(Verify("a.cairn.json").code, 0);
}

TEST_F(CliWithLog, LogsWhatTheCertifierStates) {
  ASSERT_EQ(Submit({"--policy_status", "conditional", "--trace", "t-1", "--task", "job:2",
                    Write("a.txt", "a")})
                .code,
            0);
  const nlohmann::json claim = Claim("a.cairn.json");
  EXPECT_EQ(claim["policy_status"], "conditional");
  EXPECT_EQ(claim["trace"], "t-1");
  EXPECT_EQ(claim["task"], "job:2");
  EXPECT_THAT(Verify("a.cairn.json").out,
              HasSubstr("logged under the name `anonymous` by the operator: conditional"));
}

TEST_F(CliWithLog, BlindsTraceAndTaskAndOpensThemInTheEvidence) {
  const CairnResult result = Blind(
      {"--trace", "patient Jane Doe", "--task", "t-1", Write("a.txt", "a"), Write("b.txt", "b")});
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json a = Claim("a.cairn.json"), b = Claim("b.cairn.json");
  EXPECT_THAT(a["trace"].get<std::string>(), ::testing::StartsWith("b1:"));
  EXPECT_NE(a["trace"], b["trace"]) << "keys differ by certificate";
  EXPECT_THAT(Verify("a.cairn.json").out,
              AllOf(HasSubstr("opens to `patient Jane Doe`"), HasSubstr("opens to `t-1`")));
  EXPECT_EQ(fs::status(Path("out/a.cairn.json")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_THAT(Ask({"entries"}).out, AllOf(Not(HasSubstr("Jane")), Not(HasSubstr("task t-1"))));
  EXPECT_EQ(Blind({"--json", "--trace", "patient Jane Doe", "--task", "t-1", Path("a.txt")})
                .documents()
                .at(0)["outcome"],
            "skipped");
}

TEST_F(CliWithLog, BlindedStatementsAreKnownAgain) {
  const std::string a = Write("a.txt", "a"), b = Write("b.txt", "b");
  const std::vector<std::string> args = {"--trace", "patient Jane Doe", "--json"};
  const CairnResult first = Blind(Join(args, {b, a}));
  EXPECT_THAT(first.err, HasSubstr("made a new blind key, " + Path("blind.key")));
  const std::string kept = ReadFile(Path("out/a.cairn.json"));
  fs::remove(Path("out/a.cairn.json"));
  const CairnResult again = Blind(Join(args, {a}));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, Not(HasSubstr("blind key")));
  EXPECT_EQ(again.documents().at(0)["outcome"], "already_logged");
  EXPECT_EQ(again.documents().at(0)["index"], first.documents().at(1)["index"]);
  EXPECT_EQ(evidence::Parse(ReadFile(Path("out/a.cairn.json")))->openings,
            evidence::Parse(kept)->openings);

  fs::remove(Path("out/a.cairn.json"));
  const CairnResult conflict = Blind(Join(args, {"--policy_status", "fail", a}));
  EXPECT_EQ(conflict.code, 3);
  EXPECT_EQ(conflict.documents().at(0)["outcome"], "unable");
  const std::string index = first.documents().at(1)["index"].dump();
  const CairnResult superseded =
      Blind(Join(args, {"--policy_status", "fail", "--supersedes", index, a}));
  EXPECT_EQ(superseded.code, 0) << superseded.err;
  EXPECT_EQ(superseded.documents().at(0)["outcome"], "logged");
  EXPECT_THAT(Verify("a.cairn.json").out, HasSubstr("opens to `patient Jane Doe`"));
  EXPECT_EQ(TreeSize(), 3u);
}

TEST_F(CliWithLog, SupersedesTheEntryThatIsNamed) {
  const std::string a = Write("a.txt", "a");
  ASSERT_EQ(Submit({"--policy_status", "fail", a}).code, 0);
  fs::rename(Path("out/a.cairn.json"), Path("out/first.cairn.json"));
  const CairnResult conflict = Submit({"--policy_status", "pass", "--json", a});
  EXPECT_EQ(conflict.code, 3);
  EXPECT_EQ(conflict.documents().at(0)["outcome"], "unable");
  const CairnResult superseded = Submit({"--policy_status", "pass", "--supersedes", "0", a});
  EXPECT_EQ(superseded.code, 0) << superseded.err;
  EXPECT_EQ(Claim("a.cairn.json")["supersedes"], 0);
  EXPECT_EQ(TreeSize(), 2u);
}

TEST_F(CliWithLog, SignsStatementsThatVerifyWithTheCertifiersKey) {
  const testing::FreshDirectory keys;
  const std::string key = keys.path() / "acme.key";
  const std::string vkey = MakeCertifier("acme", key);
  Start(absl::StrCat("certifier { name: \"acme\" demand: SIGNED key: \"", vkey, "\" }\n"));
  const std::string a = Write("a.txt", "a");
  const CairnResult result = Submit({"--signing_key", key, "--policy_status", "pass", a});
  ASSERT_EQ(result.code, 0) << result.err;
  const CairnResult verified = Verify("a.cairn.json", {"--certifier", "acme=" + vkey});
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("signed by `acme` with a key given"));
  EXPECT_THAT(Verify("a.cairn.json").out, HasSubstr("not proved to be theirs"));
  const std::string other = MakeCertifier("acme", keys.path() / "other.key");
  EXPECT_EQ(Verify("a.cairn.json", {"--certifier", "acme=" + other}).code, 1);

  const CairnResult without_key =
      Ask({"submit", "--out", Path("out2"), "--signing_key", key, Write("b.txt", "b")});
  EXPECT_EQ(without_key.code, 0) << without_key.err;
  EXPECT_THAT(without_key.err, HasSubstr("signing for log `log.example/test`"));

  const std::string c = Write("c.txt", "c");
  const CairnResult foreign = Submit({"--signing_key", keys.path() / "other.key", "--json", c});
  EXPECT_EQ(foreign.code, 3);
  EXPECT_EQ(foreign.documents().at(0)["outcome"], "unable");
  EXPECT_EQ(Submit({"--certifier", "acme", c}).code, 3) << "unsigned";
}

TEST_F(CliWithLog, ProvesItselfWithAToken) {
  const std::string hash = merkle::Sha256("correct-token").Hex();
  Start(
      absl::StrCat("certifier { name: \"acme\" demand: CHANNEL token_sha256: \"", hash, "\" }\n"));
  const std::string a = Write("a.txt", "a");
  const CairnResult result = Submit({"--token_file", WriteSecret("token", "correct-token\n"), a});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Claim("a.cairn.json")["certifier"], "acme");
  const CairnResult wrong = Submit(
      {"--token_file", WriteSecret("wrong", "wrong-token\n"), "--json", Write("b.txt", "b")});
  EXPECT_EQ(wrong.code, 3);
  EXPECT_EQ(wrong.documents().at(0)["outcome"], "unable");
}

// A certificate that vouches for itself, made by openssl(1), and its key.
void MakeCertificate(const std::string& certificate, const std::string& key,
                     const std::string& name) {
  const std::string command = absl::StrCat(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test",
      " -addext subjectAltName=", name, " -keyout ", key, " -out ", certificate, " 2>&1");
  EXPECT_EQ(std::system((command + " > /dev/null").c_str()), 0) << command;
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(CliWithLog, SpeaksTlsWithTheAuthoritiesAndTheClientCertificateGiven) {
  const testing::FreshDirectory keys;
  const auto file = [&](const std::string& name) { return (keys.path() / name).string(); };
  MakeCertificate(file("server.pem"), file("server.key"), "IP:127.0.0.1");
  MakeCertificate(file("client.pem"), file("client.key"), "URI:spiffe://example/acme");
  Start(absl::StrCat("tls { certificate_file: \"", file("server.pem"), "\" key_file: \"",
                     file("server.key"), "\" client_ca_file: \"", file("client.pem"), "\" }\n",
                     "certifier { name: \"acme\" demand: CHANNEL client_certificate_san: ",
                     "\"spiffe://example/acme\" }\n"));
  const std::string a = Write("a.txt", "a");
  const std::vector<std::string> certificate = {"--tls_cert",       file("client.pem"), "--tls_key",
                                                file("client.key"), "--timeout",        "5"};
  const CairnResult result = Submit(Join({"--tls_ca", file("server.pem"), a}, certificate));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Claim("a.cairn.json")["certifier"], "acme");
  EXPECT_EQ(Ask({"checkpoint", "--tls_ca", file("server.pem")}).code, 0);
  const CairnResult other_authority = Ask({"checkpoint", "--tls_ca", file("client.pem")});
  EXPECT_EQ(other_authority.code, 3);
  EXPECT_THAT(other_authority.err, AllOf(HasSubstr("is not trusted"), HasSubstr("--tls_ca FILE")));
  const CairnResult in_clear = Ask({"checkpoint"});
  EXPECT_EQ(in_clear.code, 3);
  EXPECT_THAT(in_clear.err, HasSubstr("this log speaks TLS: add --tls"));
  EXPECT_EQ(Submit({"--tls_ca", file("server.pem"), Write("b.txt", "b")}).code, 0);
  EXPECT_EQ(Claim("b.cairn.json")["certifier"], "anonymous") << "without the client certificate";

  fs::permissions(file("client.key"), fs::perms::group_read, fs::perm_options::add);
  const CairnResult open = Ask(Join({"checkpoint", "--tls_ca", file("server.pem")}, certificate));
  EXPECT_EQ(open.code, 3);
  EXPECT_THAT(open.err, HasSubstr("others than its owner may use it"));
}

TEST_F(CliWithLog, ProvesWhatIsInTheLog) {
  ASSERT_EQ(Submit({Write("a.txt", "a"), Write("b.txt", "b")}).code, 0);
  const std::string hash = merkle::Sha256("a").Hex();
  for (const std::string& spelled : {hash, "sha256:" + hash}) {
    const CairnResult result = Ask({"prove", spelled, "--log_key", kTestVkey, "--json"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.documents().at(0)["verified"], true);
    EXPECT_EQ(result.documents().at(0)["claim"]["tree_size"], 2);
  }
  const std::string evidence = Path("out/proved.cairn.json");
  EXPECT_EQ(Ask({"prove", hash, "--log_key", kTestVkey, "--out", evidence}).code, 0);
  EXPECT_EQ(Verify("proved.cairn.json", {"--certificate", Path("a.txt")}).code, 0);
  const std::string kept = ReadFile(Path("out/b.cairn.json"));
  const CairnResult taken = Ask({"prove", hash, "--out", Path("out/b.cairn.json")});
  EXPECT_EQ(taken.code, 3);
  EXPECT_THAT(taken.err, HasSubstr("out/b.cairn.json exists and is not overwritten"));
  EXPECT_EQ(ReadFile(Path("out/b.cairn.json")), kept);

  const CairnResult absent = Ask({"prove", std::string(64, 'a')});
  EXPECT_EQ(absent.code, 1);
  EXPECT_THAT(absent.err, Not(IsEmpty()));
  EXPECT_EQ(Ask({"prove", hash, "--certifier", "nobody"}).code, 1);
  // What was not checked is not verified, by any word of it.
  const CairnResult unchecked = Ask({"prove", hash, "--json"});
  EXPECT_EQ(unchecked.code, 1);
  EXPECT_EQ(unchecked.documents().at(0)["verified"], false);
  EXPECT_THAT(unchecked.err, HasSubstr("--log_key"));
  const CairnResult text = Ask({"prove", hash});
  EXPECT_EQ(text.code, 1);
  EXPECT_THAT(text.out, AllOf(HasSubstr("NOT PROVEN: in the log, as it says itself"),
                              Not(HasSubstr("verified"))));
}

TEST_F(CliWithLog, ListsEveryStatementOnAHashWithWhatSupersedesWhat) {
  const std::string a = Write("a.txt", "a");
  const auto submit = [&](const std::vector<std::string>& more) {
    fs::remove(Path("out/a.cairn.json"));
    ASSERT_EQ(Submit(Join(more, {a})).code, 0);
  };
  submit({"--trace", "one", "--policy_status", "fail"});
  submit({"--trace", "two"});
  submit({"--trace", "one", "--policy_status", "pass", "--supersedes", "0"});
  const std::string hash = merkle::Sha256("a").Hex();
  const std::string list =
      "statements on sha256:" + hash +
      ", as the log reports at size 3 (that there are no others is not proved): 3\n"
      "  entry 0  logged under the name anonymous by the operator: states fail, trace one; "
      "SUPERSEDED by entry 2\n"
      "  entry 1  logged under the name anonymous by the operator: nothing stated of a policy, "
      "trace two\n"
      "  entry 2  logged under the name anonymous by the operator: states pass, trace one, names "
      "entry 0 as superseded\n";
  // Also where only one of them was asked for.
  const CairnResult one = Ask({"prove", hash, "--log_key", kTestVkey, "--index", "0"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr(list));
  EXPECT_THAT(one.out, HasSubstr("record proven; SUPERSEDED by entry 2"));
  const nlohmann::json json =
      Ask({"prove", hash, "--log_key", kTestVkey, "--index", "0", "--json"}).documents().at(0);
  EXPECT_EQ(json["superseded_by"], 2);
  EXPECT_EQ(json["log_reports"]["statements"].size(), 3);
  EXPECT_EQ(json["log_reports"]["statements"][0]["superseded_by"], 2);
  EXPECT_EQ(json["log_reports"]["complete"], "not_proved");
  EXPECT_EQ(json["log_reports"]["tree_size"], 3);
  // A log without anchors has no states, and the list all the same.
  for (const std::vector<std::string>& which :
       {std::vector<std::string>{hash}, {"--index", "0"}, {hash, "--index", "0"}}) {
    const CairnResult status = Ask(Join({"status"}, which));
    EXPECT_EQ(status.code, 3) << status.err;
    EXPECT_THAT(status.out, HasSubstr(list));
  }
}

TEST_F(CliWithLog, ProveAsksWhichOfSeveralToKeep) {
  const std::string a = Write("a.txt", "a");
  ASSERT_EQ(Submit({"--trace", "one", a}).code, 0);
  fs::remove(Path("out/a.cairn.json"));
  ASSERT_EQ(Submit({"--trace", "two", a}).code, 0);
  const std::string hash = merkle::Sha256("a").Hex();
  EXPECT_EQ(Ask({"prove", hash, "--json"}).documents().size(), 2u);
  const CairnResult several = Ask({"prove", hash, "--out", Path("out/p.cairn.json")});
  EXPECT_EQ(several.code, 3);
  EXPECT_THAT(several.err, HasSubstr("--index"));
  EXPECT_EQ(Ask({"prove", hash, "--log_key", kTestVkey, "--index", "1", "--out",
                 Path("out/p.cairn.json")})
                .code,
            0);
  EXPECT_EQ(Claim("p.cairn.json")["trace"], "two");
}

TEST_F(CliWithLog, PrintsTheCheckpointAsItStands) {
  ASSERT_EQ(Submit({Write("a.txt", "a")}).code, 0);
  const CairnResult result = Ask({"checkpoint", "--log-key", kTestVkey});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(::testing::StartsWith("log.example/test\n1\n"),
                                HasSubstr("\n\n\u2014 log.example/test ")));
  const nlohmann::json json = Ask({"checkpoint", "--json"}).documents().at(0);
  EXPECT_EQ(json["origin"], testing::kTestOrigin);
  EXPECT_EQ(json["signature_checked"], false);
  EXPECT_EQ(json["note"], result.out);
}

TEST_F(CliWithLog, ListsEntriesInRanges) {
  std::vector<std::string> files = {"--parallel", "1"};
  for (int i = 0; i < 5; ++i) {
    files.push_back(Write(absl::StrCat(i, ".txt"), absl::StrCat("certificate ", i)));
  }
  ASSERT_EQ(Submit(files).code, 0);
  const auto indexes = [&](const std::vector<std::string>& args) {
    std::vector<uint64_t> found;
    for (const nlohmann::json& entry : Ask(Join({"entries", "--json"}, args)).documents()) {
      EXPECT_EQ(entry["kind"], "statement");
      found.push_back(entry["index"]);
    }
    return found;
  };
  EXPECT_THAT(indexes({}), ::testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(indexes({"--start", "1", "--count", "2"}), ::testing::ElementsAre(1, 2));
  EXPECT_THAT(indexes({"--start", "4"}), ::testing::ElementsAre(4));
  EXPECT_THAT(indexes({"--start", "5"}), IsEmpty());
  EXPECT_THAT(indexes({"--count", "0"}), IsEmpty());
  const CairnResult beyond = Ask({"entries", "--start", "6"});
  EXPECT_EQ(beyond.code, 3);
  EXPECT_THAT(beyond.err, HasSubstr("beyond the log, which has 5 entries"));
  EXPECT_THAT(Ask({"entries", "--start", "2", "--count", "1"}).out,
              AllOf(::testing::StartsWith("2  20"),
                    HasSubstr(merkle::Sha256("certificate 2").Hex()), HasSubstr("not signed")));
}

TEST_F(CliWithLog, TakesDirectoriesStandardInputAndFilesOfOneName) {
  fs::create_directories(Path("in/sub"));
  const std::string a = Write("in/x.json", "1"), b = Write("in/sub/x.json", "2");
  for (const std::string outcome : {"logged", "skipped"}) {
    const CairnResult both = Submit({"--json", a, b});
    EXPECT_EQ(both.code, 0) << both.err;
    std::set<std::string> evidence;
    for (const nlohmann::json& document : both.documents()) {
      EXPECT_EQ(document["outcome"], outcome);
      evidence.insert(document["evidence"]);
      EXPECT_TRUE(fs::exists(document["evidence"].get<std::string>()));
    }
    EXPECT_EQ(evidence.size(), 2u);
  }
  const CairnResult directory = Submit({"--json", Path("in")});
  EXPECT_EQ(directory.code, 0) << directory.err;
  EXPECT_EQ(directory.documents().at(0)["file"], b);
  EXPECT_EQ(directory.documents().at(0)["evidence"], Path("out/sub/x.cairn.json"));
  EXPECT_EQ(directory.documents().at(1)["evidence"], Path("out/x.cairn.json"));
  EXPECT_EQ(TreeSize(), 2u);

  const std::string piped =
      absl::StrCat("printf 3 | tools/cairn/cairn submit - --name n.txt --log ", log_->address(),
                   " --log_key ", kTestVkey, " --out ", Path("out"), " > /dev/null 2>&1");
  EXPECT_EQ(std::system(piped.c_str()), 0);
  EXPECT_EQ(Verify("n.cairn.json", {"--certificate", Write("three", "3")}).code, 0);
}

TEST_F(CliWithLog, LogsNothingWhereEvidenceCannotBeWritten) {
  const std::string a = Write("a.txt", "a");
  const CairnResult result =
      Ask({"submit", "--json", "--log_key", kTestVkey, "--out", Path("a.txt") + "/below", a});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.documents().at(0)["outcome"], "not_sent");
  EXPECT_EQ(result.documents().at(0)["error_code"], "cannot_write");
  EXPECT_THAT(result.err, HasSubstr("cairn: 1 not sent"));
  EXPECT_EQ(TreeSize(), 0u);
}

TEST_F(CliWithLog, SaysWhatAnswersThereInsteadOfALog) {
  const auto said = [&](const std::vector<std::string>& args, const std::string& code,
                        const std::string& words) {
    const CairnResult result = RunCairn(Join(args, {"--json", "--timeout", "20"}));
    EXPECT_EQ(result.code, 3) << result.err;
    EXPECT_EQ(result.documents().at(0)["error"]["code"], code);
    EXPECT_THAT(result.documents().at(0)["error"]["message"].get<std::string>(), HasSubstr(words));
    EXPECT_THAT(result.err, AllOf(HasSubstr(words), Not(HasSubstr("E1")), Not(HasSubstr("ares"))));
  };
  said({"checkpoint", "--log", log_->address(), "--tls"}, "wants_plain_text",
       "this log speaks plain text: leave out --tls");
  std::vector<std::string> more = {"--http_address", "127.0.0.1:0"};
  const testing::FreshDirectory directory;
  const Cairnd other(testing::CairndArgs(directory.path(), more));
  said({"checkpoint", "--log", other.http_address()}, "not_a_log", "speaks HTTP, not gRPC");
  said({"checkpoint", "--log", "no-such-host.invalid:1"}, "name_not_resolved",
       "the name `no-such-host.invalid` in --log does not resolve");
  const absl::Time start = absl::Now();
  for (const std::string command : {"checkpoint", "entries", "bench"}) {
    said({command, "--log", "127.0.0.1:1"}, "nothing_listens", "nothing listens on 127.0.0.1:1");
  }
  EXPECT_LT(absl::Now() - start, 3 * absl::Seconds(10)) << "not the whole timeout";
}

}  // namespace
}  // namespace cairn
