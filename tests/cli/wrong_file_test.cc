// A key file given where another file belongs: every command refuses it, and none repeats its
// secret.

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/cli/cairn.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

constexpr char kCairnd[] = "ledger/server/cairnd";
constexpr char kWitness[] = "witness/server/cairn-witness";
constexpr size_t kRun = 12;

// What nobody may see.
constexpr char kSeed[] = "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
constexpr char kHex[] = "a3f9c0ffee0123456789abcdefdeadbeefcafebabe0123456789abcdef01234";
constexpr char kPem[] = "MC4CAQAwBQYDK2VwBCIEIHkGqYl0lLJZJ2rYf3s5Vb1cQ8wX7mTn4aKpUeDhRzOi";
constexpr char kWords[] = "correct-horse-battery-staple";

struct Bait {
  std::string name;
  std::string bytes;
  std::string secret;
};

class WrongFileTest : public ::testing::TestWithParam<Bait> {
 protected:
  WrongFileTest() {
    bait_ = Path("bait");
    WriteFile(bait_, GetParam().bytes);
    WriteFile(Path("log.key"), std::string(kTestPrivateKey) + "\n");
  }
  std::string Path(const std::string& name) const { return (directory_.path() / name).string(); }

  void Expect(const std::vector<std::string>& args, const std::string& binary = kCairn) const {
    const CairnResult result = RunCairn(args, binary);
    const std::string said = absl::StrCat(result.out, result.err);
    const std::string command = absl::StrCat(binary, " ", absl::StrJoin(args, " "));
    EXPECT_NE(result.code, 0) << command << ": " << said;
    EXPECT_LT(result.code, 128) << command << ": " << said;
    EXPECT_FALSE(said.empty()) << command;
    const std::string& secret = GetParam().secret;
    for (size_t at = 0; at + kRun <= secret.size(); ++at) {
      ASSERT_EQ(said.find(secret.substr(at, kRun)), std::string::npos) << command << ": " << said;
    }
  }
  // With this in its configuration, besides what it needs.
  void ExpectCairnd(const std::string& config) const {
    WriteFile(Path("config"), config);
    Expect(CairndArgs(directory_.path(), {"--config", Path("config")}), kCairnd);
  }

  const FreshDirectory directory_;
  std::string bait_;
};

TEST_P(WrongFileTest, IsQuotedByNoOfflineCommand) {
  WriteFile(Path("evidence"), "{}");
  for (const char* option :
       {"--policy", "--certificate", "--tsa_roots", "--headers", "--node_keys"}) {
    Expect({"verify", "--log_key", kTestVkey, option, bait_, Path("evidence")});
  }
  Expect({"verify", "--log_key", kTestVkey, bait_});
  Expect({"verify", "--log_key", kTestVkey, "--certifier", "acme=" + bait_, Path("evidence")});
  Expect({"hash", "--node_keys", bait_, bait_});
  Expect({"policy", "check", bait_});
  Expect({"extract", bait_});
  Expect({"verify-misbehaviour", "--log_key", kTestVkey, bait_});
  Expect({"verify-misbehaviour", "--policy", bait_, bait_});
}

TEST_P(WrongFileTest, IsQuotedByNoAuditor) {
  std::filesystem::create_directories(Path("tiles"));
  WriteFile(Path("tiles/checkpoint"), GetParam().bytes);
  const std::vector<std::string> state = {"--state", Path("state"), "--out", Path("out")};
  Expect(Join({"audit", Path("tiles"), "--policy", bait_}, state));
  Expect(Join({"audit", Path("tiles"), "--log_key", kTestVkey}, state));
  Expect(Join({"audit", Path("tiles"), "--log_key", kTestVkey, "--checkpoint", bait_}, state));
  for (const char* name : {"x.cairn.json", "x.json", "x.hashes"}) {
    const std::string known = Path(absl::StrCat("known-", name));
    std::filesystem::create_directories(known);
    WriteFile(absl::StrCat(known, "/", name), GetParam().bytes);
    Expect(Join({"monitor", "--log", Path("tiles"), "--certifier", "acme", "--known", known,
                 "--log_key", kTestVkey},
                state));
  }
}

TEST_P(WrongFileTest, IsQuotedByNoDaemon) {
  Expect(CairndArgs(directory_.path(), {"--config", bait_}), kCairnd);
  Expect(CairndArgs(directory_.path(), {"--witness_policy", bait_}), kCairnd);
  Expect(CairndArgs(directory_.path(), {"--origin", "log.example/another", "--key_file", bait_}),
         kCairnd);
  const std::string quoted = absl::StrCat("'", bait_, "'");
  ExpectCairnd(absl::StrCat("tls { certificate_file: ", quoted, " key_file: ", quoted, " }"));
  ExpectCairnd(absl::StrCat("tls { certificate_file: ", quoted, " key_file: ", quoted,
                            " client_ca_file: ", quoted, " }"));
  ExpectCairnd(absl::StrCat("key { file: '", Path("log.key"), "' state_file: ", quoted, " }"));
  const std::string anchor = "anchoring { log_operator: 'us' anchor { name: 'x' operated_by: 'y' ";
  ExpectCairnd(
      absl::StrCat(anchor, "rfc3161 { url: 'http://127.0.0.1:1/' roots_file: ", quoted, " } } }"));
  Expect({"--data_dir", Path("witness"), "--key_file", bait_, "--policy", bait_, "--http_address",
          "127.0.0.1:0"},
         kWitness);
  WriteFile(Path("witness.key"), std::string(kTestPrivateKey) + "\n");
  Expect({"--data_dir", Path("witness"), "--key_file", Path("witness.key"), "--policy", bait_,
          "--http_address", "127.0.0.1:0"},
         kWitness);
}

INSTANTIATE_TEST_SUITE_P(
    Secrets, WrongFileTest,
    ::testing::Values(
        Bait{"note_key", absl::StrCat("PRIVATE+KEY+log.example/test+6ffdf1c0+", kSeed, "\n"),
             kSeed},
        Bait{"base64", absl::StrCat(kSeed, "\n"), kSeed},
        Bait{"hex", absl::StrCat(kHex, "\n"), kHex},
        Bait{"pem",
             absl::StrCat("-----BEGIN PRIVATE KEY-----\n", kPem, "\n-----END PRIVATE KEY-----\n"),
             kPem},
        Bait{"password", absl::StrCat(kWords, "\n"), kWords},
        Bait{"json", absl::StrCat("{\"secret\": \"", kSeed, "\", ", kHex, "}\n"), kSeed},
        Bait{"lines",
             absl::StrCat("log ", kSeed, "\nwitness ", kSeed, " ", kSeed, "\nquorum ", kSeed, "\n"),
             kSeed}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cairn::testing
