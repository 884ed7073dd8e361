// What `cairn` does without a log: keys, hashes, verification, and how it is told off.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/note/text.h"
#include "tests/cli/cairn.h"
#include "tests/testing/vectors.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;
namespace example = evidence::testing;
using ::testing::AllOf;
using testing::CairnResult;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Join;
using ::testing::Not;
using testing::RunCairn;
using testing::RunCairnTraced;

class Offline : public ::testing::Test {
 protected:
  Offline() : directory_(fs::path(::testing::TempDir()) / "offline_test") {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }

  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
    return Path(name);
  }
  std::string WriteEvidence(example::Leaf leaf) const {
    return Write(absl::StrCat("leaf", leaf, ".cairn.json"),
                 *evidence::Format(example::MakeEvidence(leaf)));
  }
  std::string Path(const std::string& name) const { return (directory_ / name).string(); }

  const std::string log_key_ = example::LogKey().verifier_key().Format();

 private:
  const fs::path directory_;
};

TEST_F(Offline, EverySubcommandHasHelpWithAnExample) {
  for (const std::string name :
       {"keygen", "hash", "submit", "prove", "verify", "checkpoint", "entries"}) {
    const CairnResult result = RunCairn({name, "--help"});
    EXPECT_EQ(result.code, 0) << name;
    EXPECT_THAT(result.out, AllOf(HasSubstr("Example:\n  cairn " + name), HasSubstr("--json"),
                                  HasSubstr("Exit status: 0 yes; 1 ")));
  }
  const CairnResult help = RunCairn({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Example:\n  cairn submit"));
}

TEST_F(Offline, MakesAWitnessesKeyAndChecksPolicies) {
  const CairnResult made =
      RunCairn({"keygen", "--witness", "witness.example/w", "--out", Path("w.key")});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, ::testing::StartsWith("witness.example/w+"));
  const std::string lines =
      absl::StrCat("log ", log_key_, " https://log.example\nwitness w ", made.out);
  const std::string good = Write("good.policy", lines + "quorum w\n");
  const CairnResult checked = RunCairn({"policy", "check", good});
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_THAT(checked.out, AllOf(HasSubstr("https://log.example"), HasSubstr("witness.example/w")));
  EXPECT_THAT(checked.err, IsEmpty());
  const CairnResult json = RunCairn({"policy", "check", "--json", good});
  EXPECT_EQ(json.documents().at(0).at("witnesses").size(), 1U);
  EXPECT_EQ(json.documents().at(0).at("disjoint_quorums"), false);

  const CairnResult second =
      RunCairn({"keygen", "--witness", "witness.example/v", "--out", Path("v.key")});
  const std::string any = Write(
      "any.policy", absl::StrCat(lines, "witness v ", second.out, "group g any v w\nquorum g\n"));
  const CairnResult warned = RunCairn({"policy", "check", any});
  EXPECT_EQ(warned.code, 0);
  EXPECT_THAT(warned.err, HasSubstr("without a member in common"));
  EXPECT_THAT(RunCairn({"policy", "check", Write("none.policy", "quorum none\n")}).err,
              HasSubstr("no witness is needed"));
  const note::VerifierKey log_key = *note::VerifierKey::Parse(log_key_);
  const std::string own =
      note::MakeVerifierKey("w.example/w", note::KeyType::kCosignature, log_key.public_key())
          ->Format();
  const CairnResult itself = RunCairn(
      {"policy", "check",
       Write("own.policy", absl::StrCat("log ", log_key_, "\nwitness w ", own, "\nquorum w\n"))});
  EXPECT_EQ(itself.code, 0);
  EXPECT_THAT(itself.err, HasSubstr("witness `w` has a log's key and never counts"));
  const CairnResult bad = RunCairn({"policy", "check", Write("bad.policy", lines)});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.err, HasSubstr("no quorum line"));
  EXPECT_EQ(RunCairn({"policy", "check", Path("absent")}).code, 3);
  EXPECT_EQ(RunCairn({"policy"}).code, 2);
}

TEST_F(Offline, SaysItsVersion) {
  const CairnResult result = RunCairn({"--version"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, ::testing::MatchesRegex("cairn [0-9.]+\n"));
}

TEST_F(Offline, WrongUsageExits2) {
  const std::string key = Path("k");
  const std::string file = Write("a.txt", "a");
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {},
           {"frobnicate"},
           {"keygen"},
           {"keygen", "--out", key},
           {"keygen", "--out", key, "--origin", "a", "--certifier", "b"},
           {"keygen", "--out", key, "--certifier", "not an id"},
           {"keygen", "--out", key, "--origin", "with blank"},
           {"hash"},
           {"hash", "--frobnicate", file},
           {"verify", file},
           {"verify", "--log_key", "nonsense", file},
           {"verify", "--log_key", log_key_},
           {"verify", "--log_key", log_key_, "--certificate", file, file, file},
           {"verify", "--log_key", log_key_, "--certifier", "acme", file},
           {"submit", "--log", "localhost:1", "--out", Path("o")},
           {"submit", "--log", "localhost:1", file},
           {"submit", "--out", Path("o"), file},
           {"submit", "--log", "localhost:1", "--out", Path("o"), file, Path("a.cairn.json")},
           {"submit", "--log", "localhost:1", "--out", Path("o"), "--trace", "not an id", file},
           {"submit", "--log", "localhost:1", "--out", Path("o"), "--blind", file},
           {"submit", "--log", "localhost:1", "--out", Path("o"), "--blind", "--blind_key", key,
            "--trace", "\xff", file},
           {"submit", "--log", "localhost:1", "--out", Path("o"), "--blind_key", key, file},
           {"submit", "--log", "localhost:1", "--out", Path("o"), "--policy_status", "ok", file},
           {"submit", "--log", "localhost:1", "--out", Path("o"), "--tls_cert", file, file},
           {"prove", "--log", "localhost:1", "abc"},
           {"prove", "--log", "localhost:1", std::string(64, 'a'), "--certifier", "a b"},
           {"prove", "--log", "localhost:1", std::string(64, 'a'), "--index", "010"},
           {"submit", "--log", "localhost:1", "--out", Path("o"), "--supersedes", "010", file},
           {"submit", "--log", "localhost:1", "--out", Path("o"), "--parallel", "0", file},
           {"submit", "--log", "localhost:1", "--out", Path("o"), "--parallel", "257", file},
           {"entries", "--log", "localhost:1", "--start", "-1"},
           {"entries", "--log", "localhost:1", "--start", "0x10"},
           {"entries", "--log", "localhost:1", "--count", "18446744073709551616"},
           {"checkpoint"}}) {
    const CairnResult result = RunCairn(args);
    EXPECT_EQ(result.code, 2) << ::testing::PrintToString(args) << result.err;
    EXPECT_THAT(result.err, ::testing::Not(IsEmpty())) << ::testing::PrintToString(args);
  }
  EXPECT_FALSE(fs::exists(key));
  EXPECT_FALSE(fs::exists(Path("o"))) << "something was begun";
}

TEST_F(Offline, SubmitRefusesAFileThatIsGivenTwice) {
  const std::string a = Write("a.txt", "a");
  const CairnResult result = RunCairn({"submit", "--log", "localhost:1", "--out", Path("o"), a, a});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr(a + " is given twice"));
}

TEST_F(Offline, BlindAsksForAFileWhereNoHomeIsKnown) {
  unsetenv("HOME");
  unsetenv("XDG_CONFIG_HOME");
  const std::vector<std::string> args = {"submit",  "--log", "127.0.0.1:1",      "--timeout",
                                         "0.2",     "--out", Path("o"),          "--blind",
                                         "--trace", "t",     Write("a.txt", "a")};
  const CairnResult nowhere = RunCairn(args);
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--blind_key"));
  setenv("XDG_CONFIG_HOME", Path("config").c_str(), 1);
  EXPECT_EQ(RunCairn(args).code, 3) << "no log";
  EXPECT_TRUE(fs::exists(Path("config/cairn/blind.key")));
}

TEST_F(Offline, KeygenWritesASecretAndPrintsTheVkey) {
  const std::string key = Path("log.key");
  const CairnResult result = RunCairn({"keygen", "--origin", "log.example/x", "--out", key});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, ::testing::StartsWith("log.example/x+"));
  struct stat status;
  ASSERT_EQ(stat(key.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const std::string secret = testing::ReadFile(key);
  EXPECT_THAT(secret, ::testing::StartsWith("PRIVATE+KEY+log.example/x+"));
  const absl::StatusOr<note::SignerKey> parsed =
      note::SignerKey::Parse(absl::string_view(secret.data(), secret.size() - 1));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(result.out, parsed->verifier_key().Format() + "\n");

  const CairnResult again = RunCairn({"keygen", "--origin", "log.example/x", "--out", key});
  EXPECT_EQ(again.code, 3);
  EXPECT_THAT(again.err, HasSubstr("not overwritten"));
  EXPECT_EQ(testing::ReadFile(key), secret);
}

TEST_F(Offline, KeygenWorksWhereFilesHaveNoHardLinksAndDirectoriesNoSync) {
  for (const std::string fault :
       {"link,linkat:error=EPERM", "link,linkat:error=EOPNOTSUPP", "link,linkat:error=ENOSYS",
        "link,linkat,renameat2:error=EINVAL", "fsync:error=EINVAL:when=2"}) {
    fs::remove_all(Path("k"));
    fs::create_directory(Path("k"));
    const auto keygen = [&] {
      const std::string command = absl::StrCat(
          "/usr/bin/strace -f -qq -E ASAN_OPTIONS=detect_leaks=0 -o /dev/null -e inject=", fault,
          " tools/cairn/cairn keygen --origin log.example/x --out ", Path("k/key"),
          " 2>/dev/null >", Path("vkey"));
      return WEXITSTATUS(std::system(command.c_str()));
    };
    EXPECT_EQ(keygen(), 0) << fault;
    const std::string secret = testing::ReadFile(Path("k/key"));
    EXPECT_THAT(secret, ::testing::StartsWith("PRIVATE+KEY+log.example/x+")) << fault;
    EXPECT_EQ(fs::status(Path("k/key")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(keygen(), 3) << fault;
    EXPECT_EQ(testing::ReadFile(Path("k/key")), secret) << "never overwritten: " << fault;
    EXPECT_EQ(std::distance(fs::directory_iterator(Path("k")), fs::directory_iterator()), 1);
  }
}

TEST_F(Offline, KeygenPrintsACertifiersPublicKeyInBothForms) {
  const CairnResult result =
      RunCairn({"keygen", "--certifier", "acme", "--out", Path("acme.key"), "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  const nlohmann::json json = result.documents().at(0);
  const note::VerifierKey key = *note::VerifierKey::Parse(json["vkey"].get<std::string>());
  EXPECT_EQ(key.name(), "acme");
  EXPECT_EQ(json["public_key"], note::FormatBase64(key.public_key().view()));
  EXPECT_EQ(json["file"], Path("acme.key"));
}

TEST_F(Offline, HashTellsRecordsFromOtherFiles) {
  const CairnResult result =
      RunCairn({"hash", "tools/samples/triage.json", "tools/samples/notes.txt"});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::string record = testing::ReadFile("tools/samples/triage.json");
  const std::string stated = nlohmann::json::parse(record)["certificateHash"];
  const std::string notes = merkle::Sha256(testing::ReadFile("tools/samples/notes.txt")).Hex();
  EXPECT_EQ(result.out, absl::StrCat(stated, "  cer  tools/samples/triage.json\nsha256:", notes,
                                     "  file  tools/samples/notes.txt\n"));
}

TEST_F(Offline, HashRefusesAChangedRecordNamingTheField) {
  nlohmann::json record = nlohmann::json::parse(testing::ReadFile("tools/samples/triage.json"));
  record["snapshot"]["output"] = "changed";
  const std::string changed = Write("changed.json", record.dump());
  const CairnResult result = RunCairn({"hash", changed, "tools/samples/notes.txt"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(changed), HasSubstr("snapshot.outputHash"),
                                HasSubstr("certificateHash")));
  EXPECT_THAT(result.out, HasSubstr("notes.txt")) << "the others go on";
  const nlohmann::json json = RunCairn({"hash", "--json", changed}).documents().at(0);
  EXPECT_THAT(json["error"].get<std::string>(), HasSubstr("certificateHash"));
}

TEST_F(Offline, NoticesRepeatNoMoreThanALineOrTwoOfAForeignText) {
  nlohmann::json record = nlohmann::json::parse(testing::ReadFile("tools/samples/triage.json"));
  for (int i = 0; i < 1000; ++i) record["meta"][absl::StrCat(i, std::string(i, 'x'))] = i;
  const nlohmann::json json =
      RunCairn({"hash", "--json", Write("many.json", record.dump())}).documents().at(0);
  const std::string notice = json["notices"][0];
  EXPECT_THAT(notice, AllOf(HasSubstr("(108 bytes)"), HasSubstr(" more")));
  EXPECT_LT(notice.size(), 2500u);
}

TEST_F(Offline, ANameInBracketsIsAName) {
  const fs::path before = fs::current_path();
  const std::string cairn = fs::absolute("tools/cairn/cairn");
  Write("[draft]", "bracketed");
  Write("draft", "plain");
  Write("[a,b]", "bracketed");
  const std::string digits = merkle::Sha256("bracketed").Hex();
  fs::current_path(Path(""));
  const CairnResult result = RunCairn({"hash", "--json", "[draft]", "[a,b]"}, cairn);
  const CairnResult value = RunCairn({"hash", "--node_keys", "[draft]", "draft"}, cairn);
  fs::current_path(before);
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<nlohmann::json> documents = result.documents();
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0]["hash"], "sha256:" + digits);
  EXPECT_EQ(documents[1]["hash"], "sha256:" + digits);
  EXPECT_THAT(value.err, HasSubstr("cairn: [draft] holds no node keys"));
}

TEST_F(Offline, HashAndVerifyExit3ForAFileThatCannotBeRead) {
  for (const std::string& file : {Path("missing"), Path(std::string(256, 'x'))}) {
    for (const std::vector<std::string>& args :
         {std::vector<std::string>{"hash"}, {"verify", "--log_key", log_key_}}) {
      const CairnResult result = RunCairn(Join(args, {file}));
      EXPECT_EQ(result.code, 3) << args[0];
      EXPECT_THAT(result.err, HasSubstr(file));
    }
  }
}

TEST_F(Offline, VerifyExits1ForAFileThatIsTooLong) {
  const CairnResult result =
      RunCairn({"verify", "--log_key", log_key_, Write("long", std::string((1 << 20) + 1, ' '))});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("is longer than 1048576 bytes"));
}

TEST_F(Offline, JsonIsUtf8WhateverAFileIsCalled) {
  const std::string file = Write("bad\xff.txt", "a"), evidence = Write("bad\xff.cairn.json", "{}");
  const auto expect_name = [](const CairnResult& result, int code, const std::string& member) {
    EXPECT_EQ(result.code, code) << result.err;
    EXPECT_THAT(result.documents().at(0)[member].get<std::string>(), HasSubstr("bad\ufffd."));
  };
  expect_name(RunCairn({"hash", "--json", file}), 0, "file");
  expect_name(RunCairn({"verify", "--json", "--log_key", log_key_, evidence}), 1, "evidence");
  expect_name(RunCairn({"submit", "--json", "--log", "127.0.0.1:1", "--timeout", "0.2", "--out",
                        Path("o"), file}),
              3, "file");
  expect_name(RunCairn({"keygen", "--json", "--certifier", "acme", "--out", Path("bad\xff.key")}),
              0, "file");
}

TEST_F(Offline, VerifyProvesWithTheLogKeyAlone) {
  for (const std::string spelling : {"--log_key", "--log-key"}) {
    const CairnResult result =
        RunCairn({"verify", WriteEvidence(example::kUnsigned), spelling, log_key_});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.out,
                AllOf(HasSubstr(": included; NOT witnessed; NOT verified; certifier not proven; no "
                                "record given\n"),
                      HasSubstr("not witnessed"), HasSubstr("not proved to be theirs"),
                      HasSubstr("logged under the name `acme` by the operator: pass"),
                      HasSubstr("operator's claim"), Not(HasSubstr("the certifier states"))));
  }
}

TEST_F(Offline, VerifyAsksForTheWitnessesOfAPolicy) {
  const std::string evidence = WriteEvidence(example::kUnsigned);
  const std::string none = Write("none.policy", absl::StrCat("log ", log_key_, "\nquorum none\n"));
  const CairnResult proven = RunCairn({"verify", evidence, "--policy", none});
  EXPECT_EQ(proven.code, 0) << proven.err;
  EXPECT_THAT(proven.out, HasSubstr("asks for none"));
  const CairnResult made =
      RunCairn({"keygen", "--witness", "witness.example/w", "--out", Path("w.key")});
  const std::string one =
      Write("one.policy", absl::StrCat("log ", log_key_, "\nwitness w ", made.out, "quorum w\n"));
  const CairnResult missing = RunCairn({"verify", evidence, "--policy", one});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("witnesses: cosigned by no witness of the policy"));
  // A policy that does not name the log leaves its key to be given.
  const std::string other = Write("other.policy", "quorum none\n");
  EXPECT_EQ(RunCairn({"verify", evidence, "--policy", other}).code, 1);
  EXPECT_EQ(RunCairn({"verify", evidence, "--policy", other, "--log_key", log_key_}).code, 0);
  EXPECT_EQ(RunCairn({"verify", evidence}).code, 2);
  EXPECT_EQ(RunCairn({"verify", evidence, "--policy", Path("absent")}).code, 3);
}

TEST_F(Offline, VerifyOpensNoSocket) {
  const std::string trace = Path("trace");
  const CairnResult verified =
      RunCairnTraced({"verify", WriteEvidence(example::kUnsigned), "--log_key", log_key_},
                     "socket,exit_group", trace);
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(testing::ReadFile(trace),
              AllOf(HasSubstr("exit_group(0)"), Not(HasSubstr("socket("))));

  // That the trace would show one.
  RunCairnTraced({"checkpoint", "--log", "127.0.0.1:1", "--timeout", "1"}, "socket", trace);
  EXPECT_THAT(testing::ReadFile(trace), HasSubstr("socket("));
}

TEST_F(Offline, VerifyProvesStatementAndCertificate) {
  const std::string certificate = Write("certificate", example::CertificateText(example::kSigned));
  const note::SignerKey acme = example::CertifierKey();
  const CairnResult result =
      RunCairn({"verify", WriteEvidence(example::kSigned), "--log_key", log_key_, "--certificate",
                certificate, "--certifier", "acme=" + acme.verifier_key().Format(), "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  const nlohmann::json json = result.documents().at(0);
  EXPECT_EQ(json["verified"], true);
  EXPECT_THAT(json["reasons"], IsEmpty());
  EXPECT_EQ(json["claim"]["certifier"], "acme");
  EXPECT_EQ(json["claim"]["index"], 2);
  std::map<std::string, std::string> states;
  for (const nlohmann::json& layer : json["layers"]) states[layer["name"]] = layer["state"];
  EXPECT_EQ(states, (std::map<std::string, std::string>{{"certificate", "proven"},
                                                        {"statement", "proven"},
                                                        {"inclusion", "proven"},
                                                        {"checkpoint", "proven"},
                                                        {"trace", "proven"},
                                                        {"anchor bound", "not_proven"},
                                                        {"witness bound", "not_proven"}}));
  EXPECT_EQ(json["headline"],
            "included; NOT witnessed; NOT verified; certifier acme proven; record proven");
  EXPECT_EQ(json["stated"]["certifier_proven"], true);
  EXPECT_THAT(json["stated"]["lines"],
              ::testing::Contains("policy status: the certifier states: pass"));
}

TEST_F(Offline, VerifyFailsForeignKeysAndCertificatesNamingTheLayer) {
  const std::string evidence = WriteEvidence(example::kSigned);
  const std::string other_log = example::OtherKey("other.example/log").verifier_key().Format();
  const std::string mallory =
      note::FormatBase64(example::OtherKey("mallory").verifier_key().public_key().view());
  const std::string wrong = Write("wrong", "another certificate");
  for (const auto& [args, reason] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--log_key", other_log}, "checkpoint: origin"},
           {{"--log_key", log_key_, "--certifier", "acme=" + mallory},
            "none of those that you give for this name"},
           {{"--log_key", log_key_, "--certificate", wrong}, "certificate: certificateHash"}}) {
    const CairnResult result = RunCairn(Join({"verify", evidence}, args));
    EXPECT_EQ(result.code, 1) << reason;
    EXPECT_THAT(result.out, HasSubstr("; NOT witnessed; "));
    EXPECT_THAT(result.err, HasSubstr(reason));
  }
}

TEST_F(Offline, VerifySaysWhereACertifiersKeyIsOfNoUse) {
  const std::string evidence = WriteEvidence(example::kSigned);
  const std::string acme = "acme=" + example::CertifierKey().verifier_key().Format();
  const std::string typo = "acmee=" + example::OtherKey("acmee").verifier_key().Format();
  const std::vector<std::string> verify = {"verify", "--json", "--log_key", log_key_, evidence};
  const CairnResult alone = RunCairn(Join(verify, {"--certifier", typo}));
  EXPECT_EQ(alone.code, 1);
  EXPECT_THAT(alone.documents().at(0)["reasons"].dump(),
              HasSubstr("statement: the statement is by `acme`, whose key"));
  EXPECT_THAT(RunCairn({"verify", "--log_key", log_key_, evidence, "--certifier", typo}).err,
              HasSubstr("not by `acmee`"));

  const CairnResult both = RunCairn(Join(verify, {"--certifier", typo, "--certifier", acme}));
  EXPECT_EQ(both.code, 0) << both.err;
  EXPECT_THAT(both.documents().at(0)["notices"].dump(), HasSubstr("not by `acmee`"));

  EXPECT_EQ(RunCairn({"verify", "--log_key", log_key_, "--certifier", acme, evidence}).code, 0)
      << "takes the file for a key";

  const CairnResult several = RunCairn(Join(verify, {evidence, "--certifier", typo}));
  EXPECT_EQ(several.code, 0) << several.err;
  EXPECT_THAT(several.err, HasSubstr("--certifier: no evidence file is by `acmee`"));
  EXPECT_THAT(several.documents().at(1)["notices"].dump(), HasSubstr("the statement is by `acme`"));
}

TEST_F(Offline, VerifySaysWhichHashOfARecordWasCompared) {
  evidence::Evidence evidence = example::MakeEvidence(example::kUnsigned);
  const std::string as_file = Write("file.cairn.json", *evidence::Format(evidence));
  evidence.kind = evidence::CertificateKind::kCer;
  const std::string as_record = Write("cer.cairn.json", *evidence::Format(evidence));
  const std::string record = testing::ReadFile("tools/samples/triage.json");
  const std::string hash = nlohmann::json::parse(record)["certificateHash"];
  const auto verify = [&](const std::string& file, const std::string& certificate) {
    return RunCairn({"verify", "--json", "--log_key", log_key_, "--certificate", certificate, file})
        .documents()
        .at(0);
  };
  const auto detail = [](const nlohmann::json& document) {
    return document["layers"][0]["detail"].get<std::string>();
  };
  const std::string sample = "tools/samples/triage.json";
  const nlohmann::json file = verify(as_file, sample);
  EXPECT_THAT(detail(file), HasSubstr(merkle::Sha256(record).Hex() + " (SHA-256 of its bytes)"));
  EXPECT_THAT(file["notices"].dump(), HasSubstr("it is a record, of certificate hash " + hash));
  EXPECT_THAT(detail(verify(as_record, sample)), HasSubstr(hash + " (its certificate hash)"));
  const std::string changed = Write("changed.json", record + "}");
  EXPECT_THAT(verify(as_file, changed)["notices"].dump(), HasSubstr("looks like a record"));
  const std::string text = Write("text", example::CertificateText(example::kUnsigned));
  EXPECT_THAT(detail(verify(as_file, text)), HasSubstr("of the entry"));
  EXPECT_THAT(verify(as_file, text)["notices"], IsEmpty());
}

TEST_F(Offline, VerifyGoesOnAfterAFailureAndExitsWithTheHighest) {
  const std::string good = WriteEvidence(example::kUnsigned);
  const std::string bad = Write(
      "bad.cairn.json", absl::StrReplaceAll(testing::ReadFile(good), {{"index 1", "index 2"}}));
  const std::string malformed = Write("malformed.cairn.json", "{}");
  const CairnResult result =
      RunCairn({"verify", bad, Path("missing"), malformed, good, "--log_key", log_key_, "--json"});
  EXPECT_EQ(result.code, 3) << "the highest of all files";
  const std::vector<nlohmann::json> documents = result.documents();
  ASSERT_EQ(documents.size(), 4u);
  EXPECT_THAT(documents[0]["reasons"][0].get<std::string>(), HasSubstr("inclusion: "));
  EXPECT_THAT(documents[1]["reasons"][0].get<std::string>(), HasSubstr("missing"));
  EXPECT_THAT(documents[2]["reasons"][0].get<std::string>(), HasSubstr("`format` is missing"));
  EXPECT_EQ(documents[3]["verified"], true);
  EXPECT_EQ(RunCairn({"verify", good, Path("missing"), "--log_key", log_key_}).code, 3);
}

// What was said, and by whom as far as that is known.
TEST_F(Offline, VerifyShowsWhatWasSaidInNobodysNameButTheirs) {
  const std::string acme = "acme=" + example::CertifierKey().verifier_key().Format();
  const auto lines = [&](example::Leaf leaf, const std::vector<std::string>& more) {
    const CairnResult result =
        RunCairn(Join({"verify", "--json", "--log_key", log_key_, WriteEvidence(leaf)}, more));
    return result.documents().at(0)["stated"]["lines"].get<std::vector<std::string>>();
  };
  EXPECT_THAT(
      lines(example::kUnsigned, {}),
      ::testing::ElementsAre("certifier: logged under the name `acme` by the operator",
                             "policy status: logged under the name `acme` by the operator: pass",
                             "trace: `trace-1`", "task: `task:7`", "supersedes: nothing stated",
                             HasSubstr("offline it cannot be seen whether a later statement")));
  EXPECT_THAT(lines(example::kSigned, {"--certifier", acme}),
              ::testing::Contains("policy status: the certifier states: pass"));
  EXPECT_THAT(
      lines(example::kSigned, {}),
      ::testing::Contains("policy status: logged under the name `acme` by the operator: pass"));
}

TEST_F(Offline, VerifyHoldsKeysToTheirRanges) {
  const std::string evidence = WriteEvidence(example::kSigned);
  const std::string key = "acme=" + example::CertifierKey().verifier_key().Format();
  const std::string other =
      "acme=" + note::FormatBase64(example::OtherKey("other").verifier_key().public_key().view());
  const auto verify = [&](const std::vector<std::string>& certifiers) {
    std::vector<std::string> args = {"verify", "--json", "--log_key", log_key_, evidence};
    for (const std::string& certifier : certifiers) {
      args.insert(args.end(), {"--certifier", certifier});
    }
    return RunCairn(args);
  };
  EXPECT_EQ(verify({key}).code, 0);
  EXPECT_EQ(verify({key + "@.."}).code, 0);
  // Nobody but the operator says that this is index 2.
  const CairnResult unwitnessed = verify({key + "@..5", other + "@5.."});
  EXPECT_EQ(unwitnessed.code, 1);
  EXPECT_EQ(unwitnessed.documents().at(0)["layers"][1]["code"], "index_not_witnessed");
  for (const std::vector<std::string>& bad :
       std::vector<std::vector<std::string>>{{key, other},
                                             {key, key},
                                             {key + "@..5", other + "@4.."},
                                             {key + "@5..5"},
                                             {key + "@5"},
                                             {key + "@"},
                                             {key + "@a..b"}}) {
    EXPECT_EQ(verify(bad).code, 2) << ::testing::PrintToString(bad);
  }
  EXPECT_THAT(verify({key + "@..5", other + "@4.."}).err, HasSubstr("overlap"));
}

class VerifyDirectory : public Offline {
 protected:
  CairnResult Verify(const std::vector<std::string>& more) const {
    return RunCairn(Join({"verify", "--log_key", log_key_, Path("all")}, more));
  }
  // In the directory; what lies at its top and what lies deep in it is verified alike.
  std::string Put(const std::string& name, const std::string& bytes) const {
    fs::create_directories(fs::path(Path("all/" + name)).parent_path());
    return Write("all/" + name, bytes);
  }
  std::string Good(example::Leaf leaf) const {
    return *evidence::Format(example::MakeEvidence(leaf));
  }
};

TEST_F(VerifyDirectory, CountsWhatIsVerifiedAndListsWhatIsNot) {
  const std::string good = Good(example::kUnsigned);
  Put("a.cairn.json", good);
  Put("2026/11/b.cairn.json", good);
  fs::create_symlink(Path("all/a.cairn.json"), Path("all/link.cairn.json"));
  Put("record.json", "not evidence");
  const CairnResult sound = Verify({"--threads", "2"});
  EXPECT_EQ(sound.code, 0) << sound.err;
  EXPECT_THAT(sound.out, ::testing::StartsWith(Path("all") + ": 3 verified, 0 failed; "));
  EXPECT_THAT(sound.out, HasSubstr("/s on 2 threads\n"));

  const std::string bad =
      Put("2026/bad.cairn.json", absl::StrReplaceAll(good, {{"index 1", "index 2"}}));
  fs::create_symlink(Path("nowhere"), Path("all/lost.cairn.json"));
  ASSERT_EQ(mkfifo(Path("all/pipe.cairn.json").c_str(), 0600), 0);
  const CairnResult listed = Verify({});
  EXPECT_EQ(listed.code, 3);
  EXPECT_THAT(listed.out, HasSubstr(bad + ": FALSE: inclusion; NOT included; "));
  EXPECT_THAT(listed.out, HasSubstr("lost.cairn.json: could not be checked\n"));
  EXPECT_THAT(listed.out, HasSubstr("pipe.cairn.json: could not be checked\n"));
  EXPECT_THAT(listed.out, HasSubstr(": 3 verified, 1 failed, 2 could not be checked; "));
  EXPECT_THAT(listed.err, HasSubstr("inclusion: "));
  EXPECT_THAT(listed.out, Not(HasSubstr("a.cairn.json: ")));

  std::vector<nlohmann::json> documents = Verify({"--json"}).documents();
  ASSERT_EQ(documents.size(), 4u);
  EXPECT_EQ(documents[3]["verified"], 3);
  EXPECT_EQ(documents[3]["failed"], 1);
  EXPECT_EQ(documents[3]["could_not_be_checked"], 2);
  documents.pop_back();
  for (const nlohmann::json& document : documents) EXPECT_EQ(document["verified"], false);

  fs::remove(bad);
  EXPECT_EQ(Verify({}).code, 3);
  fs::remove(Path("all/lost.cairn.json"));
  fs::remove(Path("all/pipe.cairn.json"));
  EXPECT_EQ(Verify({}).code, 0);
}

TEST_F(VerifyDirectory, WithNoEvidenceInItIsNotSound) {
  Put("record.json", "not evidence");
  const CairnResult none = Verify({});
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("no file below it ends in .cairn.json"));
}

TEST_F(VerifyDirectory, HoldsEachFileToTheKeyOfItsCertifier) {
  Put("signed.cairn.json", Good(example::kSigned));
  Put("batched.cairn.json", Good(example::kBatched));
  const std::string acme = "acme=" + example::CertifierKey().verifier_key().Format();
  const std::string other =
      "acme=" + note::FormatBase64(example::OtherKey("other").verifier_key().public_key().view());
  const std::string typo = "acmee=" + example::OtherKey("acmee").verifier_key().Format();
  EXPECT_EQ(Verify({"--certifier", acme}).code, 0);
  EXPECT_THAT(Verify({"--certifier", other}).out, HasSubstr("0 verified, 2 failed"));
  const CairnResult unknown = Verify({"--certifier", typo});
  EXPECT_EQ(unknown.code, 0);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("2 statements are by certifiers whose key"),
                                 HasSubstr("no evidence file is by `acmee`")));
  EXPECT_EQ(Verify({"--certificate", Path("all/signed.cairn.json")}).code, 2);
}

TEST_F(Offline, VerifyFailsOnEveryByteThatIsChanged) {
  const std::string good = testing::ReadFile(WriteEvidence(example::kUnsigned));
  std::vector<std::string> args = {"verify", "--json", "--log_key", log_key_};
  for (size_t i = 0; i < good.size(); ++i) {
    std::string mutant = good;
    mutant[i] = static_cast<char>(mutant[i] ^ 0x01);
    args.push_back(Write(absl::StrCat("mutant", i), mutant));
  }
  const CairnResult result = RunCairn(args);
  EXPECT_EQ(result.code, 1);
  const std::vector<nlohmann::json> documents = result.documents();
  ASSERT_EQ(documents.size(), good.size());
  for (size_t i = 0; i < documents.size(); ++i) {
    EXPECT_EQ(documents[i]["verified"], false) << "byte " << i;
    EXPECT_THAT(documents[i]["reasons"], ::testing::Not(IsEmpty()));
  }
}

TEST_F(Offline, VerifyLetsNoForeignTextDriveTheTerminal) {
  evidence::Evidence evidence = example::MakeEvidence(example::kSigned);
  evidence.openings[0].value = "\x1b[2J";
  const CairnResult result =
      RunCairn({"verify", Write("e", *evidence::Format(evidence)), "--log_key", log_key_});
  EXPECT_EQ(result.code, 1);
  EXPECT_FALSE(absl::StrContains(result.out + result.err, "\x1b"));
}

TEST_F(Offline, AnUnreachableLogExits3) {
  const std::string file = Write("a.txt", "a"), other = Write("b.txt", "b");
  const std::vector<std::string> log = {"--log", "127.0.0.1:1", "--timeout", "0.2"};
  const std::string hash(64, 'a');
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"checkpoint"}, {"entries"}, {"prove", hash}, {"submit", "--out", Path("o"), file}}) {
    const CairnResult result = RunCairn(Join(args, log));
    EXPECT_EQ(result.code, 3) << args[0];
    EXPECT_THAT(result.err, HasSubstr("127.0.0.1:1"));
  }
  const std::vector<std::string> submit =
      Join({"submit", "--out", Path("o"), "--parallel", "1", "--json", file, other}, log);
  const CairnResult result = RunCairn(Join(submit, {"--log_key", log_key_}));
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("cairn: 2 not sent"));
  for (const CairnResult& run : {result, RunCairn(submit)}) {
    ASSERT_EQ(run.documents().size(), 2u);
    for (const nlohmann::json& document : run.documents()) {
      EXPECT_EQ(document["outcome"], "not_sent");
      EXPECT_EQ(document["error_code"], "nothing_listens");
      EXPECT_THAT(document["error"].get<std::string>(),
                  HasSubstr("nothing listens on 127.0.0.1:1"));
    }
  }
}

TEST_F(Offline, CtrlCEndsASubmissionThatWaitsForTheLogAndSaysWhatWasNotSent) {
  const CairnResult result = testing::RunAndInterruptCairn(
      {"submit", "--log", "127.0.0.1:1", "--out", Path("o"), "--parallel", "1", "--timeout", "3600",
       "--json", Write("a.txt", "a"), Write("b.txt", "b")});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("interrupted; run the same again to go on"));
  EXPECT_THAT(result.documents().at(0)["error"].get<std::string>(), HasSubstr("interrupted"));
  EXPECT_EQ(result.documents().at(1)["outcome"], "not_sent");
}

TEST_F(Offline, ATokenIsNotSentInClear) {
  const std::string token = Write("token", "secret\n");
  fs::permissions(token, fs::perms::owner_read);
  const auto checkpoint = [&](const std::string& log) {
    const CairnResult result =
        RunCairn({"checkpoint", "--log", log, "--token_file", token, "--timeout", "0.2"});
    EXPECT_EQ(result.code, 3);
    return result.err;
  };
  for (const std::string log : {"log.example:1", "127.evil.example:1", "127.0.0.1.evil.example:1",
                                "localhost.evil:1", "10.127.0.1:1", "[::2]:1"}) {
    EXPECT_THAT(checkpoint(log), HasSubstr("in clear")) << log;
  }
  for (const std::string log : {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1"}) {
    EXPECT_THAT(checkpoint(log), Not(HasSubstr("in clear"))) << log;
  }
  for (const std::string log : {"127.0.0.1:1:1", "127.0.0.1@evil.example:1"}) {
    EXPECT_EQ(RunCairn({"checkpoint", "--log", log, "--token_file", token}).code, 2) << log;
  }
}

TEST_F(Offline, WhatIsNoHostAndPortIsUsageInEveryCommandThatTakesOne) {
  const std::string file = Write("a.txt", "a");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"checkpoint"},
                                             {"entries"},
                                             {"status", "--index", "0"},
                                             {"anchors"},
                                             {"watch"},
                                             {"bench"},
                                             {"prove", std::string(64, 'a')},
                                             {"submit", "--out", Path("o"), file}}) {
    const CairnResult url = RunCairn(Join(command, {"--log", "http://127.0.0.1:1", "--json"}));
    EXPECT_EQ(url.code, 2) << command[0];
    EXPECT_THAT(url.err, HasSubstr("--log: HOST:PORT, not a URL; write 127.0.0.1:1"));
    EXPECT_EQ(url.documents().at(0)["error"]["code"], "usage");
    EXPECT_EQ(RunCairn(Join(command, {"--log", ""})).code, 2) << command[0];
  }
  EXPECT_FALSE(fs::exists(Path("o")));
}

TEST_F(Offline, AnswersThatCannotBeWrittenDownExit3AndLeaveNoKey) {
  const std::string file = Write("a.txt", "a"), key = Path("k.key");
  for (const std::string& args :
       {std::string("--help"), std::string("help submit"), std::string("version"), "hash " + file,
        std::string("hash --json ") + file, "keygen --origin log.example/x --out " + key,
        "keygen --json --certifier acme --out " + key}) {
    for (const std::string to : {"> /dev/full", ">&-"}) {
      const int status = std::system(
          absl::StrCat("tools/cairn/cairn ", args, " ", to, " 2> ", Path("said")).c_str());
      EXPECT_EQ(WEXITSTATUS(status), 3) << args << " " << to;
      EXPECT_THAT(testing::ReadFile(Path("said")), HasSubstr("standard output"));
      EXPECT_FALSE(fs::exists(key)) << args << " " << to;
    }
  }
  const int status = std::system(absl::StrCat("tools/cairn/cairn keygen --origin log.example/x ",
                                              "--out ", key, " 2> /dev/null | true")
                                     .c_str());
  EXPECT_EQ(WEXITSTATUS(status), 0) << "of true";
}

TEST_F(Offline, HelpFits80ColumnsAndShowsEachOptionOnce) {
  const CairnResult help = RunCairn({"help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.out, RunCairn({"--help"}).out);
  EXPECT_EQ(RunCairn({"-v"}).out, RunCairn({"version"}).out);
  for (const std::string name :
       {"",        "keygen",  "hash",  "submit",   "prove",   "verify",  "checkpoint",
        "entries", "bench",   "fsck",  "backup",   "policy",  "audit",   "monitor",
        "status",  "anchors", "watch", "evidence", "upgrade", "extract", "verify-misbehaviour"}) {
    const CairnResult shown = RunCairn(name.empty() ? std::vector<std::string>{"--help"}
                                                    : std::vector<std::string>{"help", name});
    EXPECT_EQ(shown.code, 0) << name << shown.err;
    for (const absl::string_view line : absl::StrSplit(shown.out, '\n')) {
      EXPECT_LE(line.size(), 80u) << name << ": " << line;
    }
    EXPECT_THAT(shown.out, AllOf(Not(HasSubstr("--log-key")), Not(HasSubstr("--tls-ca"))));
  }
}

TEST_F(Offline, NamesWhatWasProbablyMeant) {
  EXPECT_THAT(RunCairn({"verfy"}).err, HasSubstr("did you mean `verify`?"));
  EXPECT_THAT(RunCairn({"verify", "--log-kye", "x"}).err, HasSubstr("did you mean `--log_key`?"));
  EXPECT_THAT(RunCairn({"help", "polcy"}).err, HasSubstr("did you mean `policy`?"));
  EXPECT_EQ(RunCairn({"frobnicate", "--json"}).documents().at(0)["error"]["code"], "usage");
}

}  // namespace
}  // namespace cairn
