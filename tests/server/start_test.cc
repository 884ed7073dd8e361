// What a start refuses before anything permanent is done, what `cairnd --check` says of it, and
// certifiers' keys that are rotated by word of the key before.

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "merkle/entry/entry.h"
#include "merkle/note/key.h"
#include "nlohmann/json.hpp"
#include "tests/cli/cairn.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

// Every file and directory below, with bytes, mode, and when it was changed.
std::map<std::string, std::string> Everything(const fs::path& directory) {
  std::map<std::string, std::string> out;
  for (const auto& file : fs::recursive_directory_iterator(directory)) {
    struct stat info {};
    EXPECT_EQ(stat(file.path().c_str(), &info), 0);
    std::ifstream in(file.path(), std::ios::binary);
    out[file.path()] =
        absl::StrCat(info.st_mode, " ", info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec, " ",
                     file.is_regular_file() ? std::string(std::istreambuf_iterator<char>(in), {})
                                            : std::string());
  }
  return out;
}

class StartTest : public ::testing::Test {
 protected:
  fs::path Path(const std::string& name) const { return directory_.path() / name; }
  std::vector<std::string> Args(const std::string& config,
                                std::vector<std::string> more = {}) const {
    WriteFile(Path("config"), config);
    more.insert(more.begin(), {"--config", Path("config").string()});
    return CairndArgs(directory_.path(), std::move(more));
  }
  // A certifier's key in NAME.key: its vkey.
  std::string MakeKey(const std::string& file, const std::string& name) const {
    const note::SignerKey key = *note::GenerateSignerKey(name);
    WriteFile(Path(file), key.FormatSecret() + "\n");
    return key.verifier_key().Format();
  }
  static std::string Signing(const std::string& vkey, const std::string& more = "") {
    return absl::StrCat("certifier { name: 'acme' demand: SIGNED key: '", vkey, "' ", more, " }\n");
  }
  std::string Rotation(const std::string& old_file, const std::string& to,
                       const std::string& origin = kTestOrigin) const {
    const CairnResult made = RunCairn(
        {"rotate", "--signing_key", Path(old_file).string(), "--to", to, "--origin", origin});
    EXPECT_EQ(made.code, 0) << made.err;
    return absl::StrCat("rotation_signature: '", absl::StripSuffix(made.out, "\n"), "'");
  }

  std::string Refusal(const std::vector<std::string>& args, int code) const {
    Cairnd cairnd(args);
    EXPECT_FALSE(cairnd.running());
    EXPECT_EQ(cairnd.Wait(), code) << cairnd.output();
    return cairnd.output();
  }
  void ExpectNothingWasMade() const {
    EXPECT_FALSE(fs::exists(Path("data")));
    EXPECT_FALSE(fs::exists(Path("log.key.used")));
  }
  // Starts, asks for the certifier entries, stops: what it printed.
  std::string Live(const std::vector<std::string>& args,
                   std::vector<entry::CertifierEntry>* changes = nullptr) const {
    Cairnd cairnd(args);
    if (!cairnd.running()) cairnd.Wait();
    EXPECT_TRUE(cairnd.running()) << cairnd.output();
    if (!cairnd.running()) return "";
    Client client(cairnd.address());
    std::vector<std::string> entries;
    EXPECT_TRUE(client.List(0, client.Newest().size.value(), &entries).ok());
    for (const std::string& bytes : entries) {
      if (changes == nullptr) break;
      changes->push_back(std::get<entry::CertifierEntry>(entry::Decode(bytes)->body));
    }
    EXPECT_EQ(cairnd.Stop(), 0);
    return cairnd.output();
  }
  void ExpectSound() const {
    const CairnResult checked = RunCairn({"fsck", Path("data").string()});
    EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  }
  // `cairnd --check` with these, which must change nothing.
  std::string Check(std::vector<std::string> args, int code) const {
    const auto before = Everything(directory_.path());
    args.push_back("--check");
    const std::string said = Refusal(args, code);
    EXPECT_EQ(Everything(directory_.path()), before);
    return said;
  }

  const FreshDirectory directory_;
};

TEST_F(StartTest, AVkeyOfAnotherNameIsRefusedBeforeAnythingIsLogged) {
  const std::string other = MakeKey("other.key", "other");
  const std::string said = Refusal(Args(Signing(other)), 2);
  EXPECT_TRUE(absl::StrContains(said, "the vkey is that of `other`, not of certifier `acme`"))
      << said;
  ExpectNothingWasMade();
  EXPECT_TRUE(absl::StrContains(Check(Args(Signing(other)), 2), "cairnd would not start"));
}

TEST_F(StartTest, ATakenPortLeavesNothingBehind) {
  FreshDirectory elsewhere;
  Cairnd first(CairndArgs(elsewhere.path(), {"--http_address", "127.0.0.1:0"}));
  ASSERT_TRUE(first.running());
  const std::string config = Signing(MakeKey("acme.key", "acme"));
  for (const std::string& address : {first.address(), first.http_address()}) {
    EXPECT_TRUE(
        absl::StrContains(Refusal(Args(config, {"--grpc_address", address}), 3),
                          "grpc_address: cannot listen on " + address + ": the port is taken"));
    ExpectNothingWasMade();
    EXPECT_TRUE(absl::StrContains(Refusal(Args(config, {"--http_address", address}), 3),
                                  "http_address: cannot listen on " + address));
    ExpectNothingWasMade();
  }
  // Nor does a log that is there learn of a certifier.
  std::vector<entry::CertifierEntry> changes;
  Live(Args(""));
  Refusal(Args(config, {"--grpc_address", first.address()}), 3);
  Live(Args(""), &changes);
  EXPECT_TRUE(changes.empty());
  Live(Args(config), &changes);
  EXPECT_EQ(changes.size(), 1u);
}

TEST_F(StartTest, AnExpiredCertificateDeclaresNothing) {
  const std::string pem = Path("tls.pem").string();
  const std::string key = Path("tls.key").string();
  const std::string make = absl::StrCat(
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout ",
      key, " -out ", pem, ".csr > /dev/null 2>&1 && openssl x509 -req -days -1 -in ", pem,
      ".csr -signkey ", key, " -out ", pem, " > /dev/null 2>&1 && chmod 600 ", key);
  ASSERT_EQ(std::system(make.c_str()), 0);
  const std::string config = absl::StrCat("tls { certificate_file: '", pem, "' key_file: '", key,
                                          "' }\n", Signing(MakeKey("acme.key", "acme")));
  EXPECT_TRUE(absl::StrContains(Refusal(Args(config), 3), "tls.pem has expired at"));
  ExpectNothingWasMade();
  EXPECT_TRUE(absl::StrContains(Check(Args(config), 2), "tls.pem has expired at"));
}

TEST_F(StartTest, AnAnchorThatCannotBeDeclaresNothing) {
  const std::string config = absl::StrCat(Signing(MakeKey("acme.key", "acme")),
                                          "anchoring { log_operator: 'me' anchor { name: 'tsa' "
                                          "operated_by: 'x' rfc3161 { url: 'ftp://x' } "
                                          "} }\n");
  EXPECT_TRUE(absl::StrContains(Refusal(Args(config), 2), "anchoring.anchor.rfc3161.url"));
  ExpectNothingWasMade();
}

TEST_F(StartTest, AWitnessWithTheLogsOwnKeyIsRefused) {
  // The log's seed under a witness's name.
  const note::SignerKey own = *note::SignerKey::Parse(kTestPrivateKey);
  const note::VerifierKey witness = *note::MakeVerifierKey(
      "witness.example/w", note::KeyType::kCosignature, own.verifier_key().public_key());
  WriteFile(Path("policy"), absl::StrCat("log ", kTestVkey, "\nwitness w ", witness.Format(),
                                         " http://127.0.0.1:1\nquorum w\n"));
  const auto args =
      Args(Signing(MakeKey("acme.key", "acme")), {"--witness_policy", Path("policy").string()});
  EXPECT_TRUE(absl::StrContains(Refusal(args, 3), "witness `w` has the log's own key"));
  ExpectNothingWasMade();
}

TEST_F(StartTest, APolicyWhoseWitnessesHaveNoUrlIsRefused) {
  const note::SignerKey key =
      *note::GenerateSignerKey("witness.example/w", note::KeyType::kCosignature);
  const std::string begin =
      absl::StrCat("log ", kTestVkey, "\nwitness w ", key.verifier_key().Format());
  WriteFile(Path("policy"), begin + "\nquorum w\n");
  const auto args = Args("", {"--witness_policy", Path("policy").string()});
  EXPECT_TRUE(absl::StrContains(Refusal(args, 3), "cannot meet its quorum"));
  WriteFile(Path("policy"), begin + " witness.example:80\nquorum w\n");
  EXPECT_TRUE(absl::StrContains(Refusal(args, 3), "does not begin with http:// or https://"));
  ExpectNothingWasMade();
}

TEST_F(StartTest, ARetirementOfNobodyBeginsNoLog) {
  const std::string said = Refusal(Args(Signing(MakeKey("acme.key", "acme"), "retired: true")), 3);
  EXPECT_TRUE(absl::StrContains(said, "was never declared")) << said;
  ExpectNothingWasMade();
}

TEST_F(StartTest, CheckSaysWhatAStartWouldDoAndChangesNothing) {
  const std::string old_vkey = MakeKey("old.key", "acme");
  const std::string new_vkey = MakeKey("new.key", "acme");
  std::string said = Check(Args(Signing(old_vkey)), 0);
  EXPECT_TRUE(absl::StrContains(said, "would declare certifier acme: demand signed, key ")) << said;
  EXPECT_TRUE(absl::StrContains(said, "cairnd would start")) << said;
  ExpectNothingWasMade();
  Live(Args(Signing(old_vkey)));

  said = Check(Args(Signing(old_vkey)), 0);
  EXPECT_TRUE(absl::StrContains(said, "the log has 1 entry")) << said;
  EXPECT_TRUE(absl::StrContains(said, "no certifier would change")) << said;
  said = Check(Args(Signing(new_vkey)), 0);
  EXPECT_TRUE(absl::StrContains(said, "would rotate certifier acme")) << said;
  EXPECT_TRUE(absl::StrContains(said, "by word of the operator")) << said;
  EXPECT_TRUE(absl::StrContains(said, "warning: certifier acme: a certifier's key is changed"));
  said = Check(Args(Signing(new_vkey, Rotation("old.key", new_vkey))), 0);
  EXPECT_TRUE(absl::StrContains(said, "by word of the key before it")) << said;
  EXPECT_FALSE(absl::StrContains(said, "warning")) << said;
  said = Check(Args(Signing(new_vkey, Rotation("new.key", MakeKey("third.key", "acme")))), 2);
  EXPECT_TRUE(absl::StrContains(said, "is not by the key before it")) << said;
  said = Check(Args(Signing(old_vkey, "retired: true")), 0);
  EXPECT_TRUE(absl::StrContains(said, "would retire certifier acme, for ever")) << said;
  said = Check(Args(""), 0);
  EXPECT_TRUE(absl::StrContains(said, "declared in the log but not in the configuration")) << said;

  std::vector<entry::CertifierEntry> changes;
  Live(Args(Signing(old_vkey)), &changes);
  EXPECT_EQ(changes.size(), 1u);
}

TEST_F(StartTest, CheckKnowsTheGuardsOfAStart) {
  Live(Args(""));
  const std::string elsewhere = Path("elsewhere").string();
  EXPECT_TRUE(absl::StrContains(Check(Args("", {"--data_dir", elsewhere}), 2), "second history"));
  EXPECT_TRUE(
      absl::StrContains(Check(Args("", {"--data_dir", elsewhere + "/a/b"}), 2), "cannot be made"));
  WriteFile(Path("log.key.used"), std::string(32, 'a') + "\n");
  EXPECT_TRUE(absl::StrContains(Check(Args(""), 2), "a key signs for one only"));
}

TEST_F(StartTest, CheckSaysThatARunningCairndHasTheLog) {
  Cairnd cairnd(Args(""));
  ASSERT_TRUE(cairnd.running());
  Cairnd check(Args("", {"--check", "--grpc_address", cairnd.address()}));
  EXPECT_EQ(check.Wait(), 3);
  EXPECT_TRUE(absl::StrContains(check.output(), "a cairnd has")) << check.output();
  EXPECT_TRUE(absl::StrContains(check.output(), "could not be found out")) << check.output();
  EXPECT_TRUE(Client(cairnd.address()).Append(StatementOn("a")).ok());
}

TEST_F(StartTest, CheckSpeaksJson) {
  const std::string vkey = MakeKey("acme.key", "acme");
  const std::string said = Refusal(Args(Signing(vkey), {"--check", "--json"}), 0);
  const nlohmann::json json = nlohmann::json::parse(said, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << said;
  EXPECT_EQ(json["would_start"], true);
  EXPECT_EQ(json["size"], nullptr);
  ASSERT_EQ(json["changes"].size(), 1u);
  EXPECT_EQ(json["changes"][0]["action"], "declare");
  EXPECT_EQ(json["changes"][0]["demand"], "signed");
  EXPECT_TRUE(json["errors"].empty());
  Refusal(Args("", {"--json"}), 2);
}

TEST_F(StartTest, ARotationByWordOfTheOldKeyIsLoggedAsThat) {
  const std::string old_vkey = MakeKey("old.key", "acme");
  const std::string new_vkey = MakeKey("new.key", "acme");
  Live(Args(Signing(old_vkey)));
  const std::string rotated = Signing(new_vkey, Rotation("old.key", new_vkey));
  std::vector<entry::CertifierEntry> changes;
  std::string said = Live(Args(rotated), &changes);
  EXPECT_FALSE(absl::StrContains(said, "operator's word")) << said;
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[1].action, entry::CertifierAction::kRotate);
  EXPECT_TRUE(changes[1].by_old_key.has_value());
  // It may stay there.
  changes.clear();
  said = Live(Args(rotated), &changes);
  EXPECT_FALSE(absl::StrContains(said, "rotation_signature")) << said;
  EXPECT_EQ(changes.size(), 2u);
  ExpectSound();
}

TEST_F(StartTest, AWrongRotationSignatureIsRefusedBeforeAnythingIsLogged) {
  const std::string old_vkey = MakeKey("old.key", "acme");
  const std::string new_vkey = MakeKey("new.key", "acme");
  const std::string third_vkey = MakeKey("third.key", "acme");
  // There is nothing to rotate.
  EXPECT_TRUE(absl::StrContains(Refusal(Args(Signing(new_vkey, Rotation("old.key", new_vkey))), 3),
                                "was never declared"));
  ExpectNothingWasMade();
  Live(Args(Signing(old_vkey)));
  const std::string more =
      "certifier { name: 'beta' demand: SIGNED key: '" + MakeKey("beta.key", "beta") + "' }\n";
  for (const std::string& wrong : {Rotation("third.key", new_vkey), Rotation("old.key", third_vkey),
                                   Rotation("old.key", new_vkey, "log.example/other")}) {
    EXPECT_TRUE(absl::StrContains(Refusal(Args(more + Signing(new_vkey, wrong)), 3),
                                  "is not by the key before it"));
  }
  std::vector<entry::CertifierEntry> changes;
  Live(Args(Signing(old_vkey)), &changes);
  EXPECT_EQ(changes.size(), 1u);
  ExpectSound();
}

TEST_F(StartTest, ARotationWithoutTheOldKeyIsTheOperatorsWord) {
  const std::string old_vkey = MakeKey("old.key", "acme");
  const std::string new_vkey = MakeKey("new.key", "acme");
  Live(Args(Signing(old_vkey)));
  std::vector<entry::CertifierEntry> changes;
  std::string said = Live(Args(Signing(new_vkey)), &changes);
  EXPECT_TRUE(absl::StrContains(said, "changed by the operator's word alone")) << said;
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_FALSE(changes[1].by_old_key.has_value());
  // Too late to say otherwise.
  changes.clear();
  said = Live(Args(Signing(new_vkey, Rotation("old.key", new_vkey))), &changes);
  EXPECT_TRUE(absl::StrContains(said, "a rotation_signature is not used")) << said;
  EXPECT_EQ(changes.size(), 2u);
  ExpectSound();
}

TEST_F(StartTest, RotateSaysWhatIsWrong) {
  const std::string old_vkey = MakeKey("old.key", "acme");
  const std::string other = MakeKey("other.key", "other");
  const auto rotate = [this](const std::string& file, const std::string& to) {
    return RunCairn({"rotate", "--signing_key", Path(file).string(), "--to", to, "--origin",
                     kTestOrigin, "--json"});
  };
  EXPECT_EQ(rotate("old.key", old_vkey).code, 2);
  EXPECT_TRUE(absl::StrContains(rotate("old.key", old_vkey).err, "nothing to rotate"));
  EXPECT_EQ(rotate("old.key", other).code, 2);
  EXPECT_TRUE(absl::StrContains(rotate("old.key", other).err, "the vkey is that of `other`"));
  EXPECT_EQ(rotate("absent.key", old_vkey).code, 3);
  const CairnResult made = rotate("old.key", MakeKey("new.key", "acme"));
  ASSERT_EQ(made.code, 0) << made.err;
  const nlohmann::json json = made.documents().at(0);
  EXPECT_EQ(json["certifier"], "acme");
  EXPECT_EQ(json["demand"], "signed");
  EXPECT_EQ(json["rotation_signature"].get<std::string>().size(), 88u);
}

}  // namespace
}  // namespace cairn::testing
