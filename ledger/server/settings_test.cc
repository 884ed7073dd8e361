#include "ledger/server/settings.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace cairn::server {
namespace {

constexpr char kHash[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
constexpr char kKey[] = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=";

// The settings of a file, with the least that is needed otherwise.
absl::StatusOr<Settings> Read(const std::string& text, Flags flags = {}) {
  flags.config_file = std::string(std::getenv("TEST_TMPDIR")) + "/config";
  std::ofstream(flags.config_file) << text;
  if (flags.data_dir.empty()) flags.data_dir = "data";
  if (flags.origin.empty()) flags.origin = "log.example";
  if (flags.grpc_address.empty()) flags.grpc_address = "127.0.0.1:0";
  if (flags.key_files.empty()) flags.key_files = {"log.key"};
  return ReadSettings(flags);
}

TEST(ReadSettings, TakesEveryFieldOfTheFile) {
  Flags flags;
  flags.config_file = std::string(std::getenv("TEST_TMPDIR")) + "/config";
  std::ofstream(flags.config_file)
      << "data_dir: '/d' origin: 'log.example' grpc_address: '0.0.0.0:7717'\n"
      << "key { file: 'a' } key { file: 'b' state_file: 's' }\n"
      << "tls { certificate_file: 'c' key_file: 'k' client_ca_file: 'ca' }\n"
      << "certifier { name: 'x' demand: CHANNEL key: '" << kKey << "' token_sha256: '" << kHash
      << "' client_certificate_san: 'x.example' limits { entries_per_second: 5 } }\n"
      << "certifier { name: 'y' demand: SIGNED key: '" << kKey << "' retired: true }\n"
      << "default_limits { entries_per_day: 7 } free_space_reserve_mib: 3\n"
      << "http_address: '10.0.0.1:9100' max_queued_entries: 77\n";
  const auto settings = ReadSettings(flags);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->data_dir, "/d");
  EXPECT_EQ(settings->origin, "log.example");
  EXPECT_EQ(settings->address.Format(), "0.0.0.0:7717");
  ASSERT_EQ(settings->keys.size(), 2u);
  EXPECT_EQ(settings->keys[0].state_file, "a.used");
  EXPECT_EQ(settings->keys[1].state_file, "s");
  EXPECT_EQ(settings->tls->client_ca_file, "ca");
  ASSERT_EQ(settings->certifiers.size(), 2u);
  EXPECT_EQ(settings->certifiers[0].demand, entry::CertifierDemand::kChannel);
  EXPECT_EQ(settings->certifiers[0].token_sha256[0].Hex(), kHash);
  EXPECT_EQ(settings->certifiers[0].limits->entries_per_second, 5u);
  EXPECT_TRUE(settings->certifiers[1].retired);
  EXPECT_EQ(settings->certifiers[1].key, settings->certifiers[0].key);
  EXPECT_EQ(settings->default_limits.entries_per_day, 7u);
  EXPECT_EQ(settings->free_space_reserve_bytes, uint64_t{3} << 20);
  ASSERT_TRUE(settings->http_address.has_value());
  EXPECT_EQ(settings->http_address->Format(), "10.0.0.1:9100");
  EXPECT_FALSE(settings->http_address->loopback);
  EXPECT_EQ(settings->max_queued_entries, 77u);
}

TEST(ReadSettings, CountsNoRetiredAnchor) {
  const auto anchor = [](const std::string& fields) {
    return "anchor { operated_by: 'x' rfc3161 { url: 'http://127.0.0.1:1/' } " + fields + " } ";
  };
  const std::string alive = anchor("name: 'alive'");
  const std::string retired = anchor("name: 'old' retired: true");
  const auto settings = Read("anchoring { log_operator: 'me' " + alive + retired + "}");
  ASSERT_TRUE(settings.ok()) << settings.status();
  ASSERT_EQ(settings->anchoring->anchors.size(), 2u);
  EXPECT_TRUE(settings->anchoring->anchors[1].options.retired);
  ASSERT_EQ(settings->anchoring->options.rule.anchors.size(), 1u);
  EXPECT_EQ(settings->anchoring->options.rule.anchors[0].name, "alive");
  const auto none = Read("anchoring { log_operator: 'me' " + retired + "}");
  EXPECT_EQ(none.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(none.status().message().find("not retired"), absl::string_view::npos) << none.status();
}

TEST(ReadSettings, HttpIsServedWhereItIsAskedForAlone) {
  const auto none = Read("");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(none->http_address.has_value());
  EXPECT_EQ(none->max_queued_entries, 65'536u);
  Flags flags;
  flags.http_address = "localhost:0";
  flags.http_address_file = "f";
  const auto flagged = Read("http_address: '10.0.0.1:9100'", flags);
  ASSERT_TRUE(flagged.ok()) << flagged.status();
  EXPECT_EQ(flagged->http_address->Format(), "127.0.0.1:0");
  EXPECT_EQ(flagged->http_address_file, "f");
  const auto malformed = Read("http_address: '9100'");
  EXPECT_EQ(malformed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(malformed.status().message().find("http_address"), absl::string_view::npos);
  for (const char* queue : {"max_queued_entries: 0", "max_queued_entries: 1048577"}) {
    const auto refused = Read(queue);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << queue;
    EXPECT_NE(refused.status().message().find("max_queued_entries"), absl::string_view::npos);
  }
}

TEST(ReadSettings, RefusesOnePortForBothListeners) {
  Flags flags;
  flags.grpc_address = "127.0.0.1:7717";
  const auto both = Read("http_address: 'localhost:7717'", flags);
  EXPECT_EQ(both.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(both.status().message().find("a port of its own"), absl::string_view::npos);
  EXPECT_TRUE(Read("http_address: '127.0.0.1:7718'", flags).ok());
  flags.grpc_address = "127.0.0.1:0";
  EXPECT_TRUE(Read("http_address: '127.0.0.1:0'", flags).ok());
}

TEST(ReadSettings, TakesARotationSignature) {
  const std::string base64 = std::string(85, 'A') + "A==";
  const auto settings = Read(std::string("certifier { name: 'x' demand: SIGNED key: '") + kKey +
                             "' rotation_signature: '" + base64 + "' }");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->certifiers[0].rotation_signature, Signature());
}

TEST(ReadSettings, FlagsOverrideTheFile) {
  Flags flags;
  flags.data_dir = "flag";
  flags.key_files = {"flag.key"};
  const auto settings =
      Read("data_dir: 'file' key { file: 'flag.key' } origin: 'file.example'", flags);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->data_dir, "flag");
  EXPECT_EQ(settings->origin, "log.example");
  ASSERT_EQ(settings->keys.size(), 1u);
  EXPECT_EQ(settings->keys[0].file, "flag.key");
}

TEST(ReadSettings, AKeyNamedByAFlagKeepsTheStateFileThatTheFileGivesIt) {
  const std::string keys = "key { file: 'a' state_file: '/safe/a' } key { file: 'b' }";
  Flags flags;
  flags.key_files = {"a"};
  const auto settings = Read(keys, flags);
  ASSERT_TRUE(settings.ok()) << settings.status();
  ASSERT_EQ(settings->keys.size(), 1u);
  EXPECT_EQ(settings->keys[0].state_file, "/safe/a");
  flags.key_files = {"a", "./b"};
  const auto mixed = Read(keys, flags);
  EXPECT_EQ(mixed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(mixed.status().ToString().find("--key_file ./b is no `key` of"), std::string::npos);
}

TEST(ReadSettings, FingerprintsMayBeWrittenAsOpensslPrintsThem) {
  const auto settings = Read(std::string("tls { certificate_file: 'c' key_file: 'k' ") +
                             "client_ca_file: 'ca' }\ncertifier { name: 'x' demand: CHANNEL "
                             "client_certificate_sha256: '9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:"
                             "5A:D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08' }");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->certifiers[0].client_certificate_sha256[0].Hex(), kHash);
}

TEST(ReadSettings, NamesTheLineAndWhatIsWrong) {
  const std::string token = std::string(" token_sha256: '") + kHash + "'";
  const std::string x = "certifier { name: 'x' demand: CHANNEL" + token + " }\n";
  const std::pair<std::string, std::string> cases[] = {
      {"\norigin 'x'", "config:2:"},
      {"nonsense: 1", "`Cairnd` has no field of that name"},
      {"grpc_adress: 1", "did you mean `grpc_address`?"},
      {"data_dir: 3", "config:1:"},
      {"\n\ncertifier { demand: SIGNED }", "config:3: certifier \"\": name"},
      {"certifier { name: 'anonymous' demand: SIGNED }", "reserved"},
      {"certifier { name: 'x' }", "demand"},
      {"certifier { name: 'x' demand: SIGNED }", "needs a key"},
      {"certifier { name: 'x' demand: SIGNED key: 'AAAA' }", "32 bytes"},
      {"certifier { name: 'x' demand: SIGNED key: 'x+12345678+AAAA' }", "key "},
      {"certifier { name: 'x' demand: SIGNED key: 'log.example/test+6ffdf1c0+AQOhB7/zzhC+"
       "HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4' }",
       "key: the vkey is that of `log.example/test`, not of certifier `x`"},
      {"certifier { name: 'x' demand: SIGNED key: '" + std::string(kKey) +
           "' rotation_signature: 'AAAA' }",
       "rotation_signature is not base64 of 64 bytes"},
      {"certifier { name: 'x' demand: CHANNEL rotation_signature: 'AAAA'" + token + " }",
       "give both or neither"},
      {"certifier { name: 'x' demand: CHANNEL }", "needs token_sha256"},
      {"certifier { name: 'x' demand: CHANNEL token_sha256: 'secret' }", "SHA-256"},
      {"certifier { name: 'x' demand: CHANNEL client_certificate_san: 'a' }", "client_ca_file"},
      {"certifier { name: 'x' demand: CHANNEL token_sha256: "
       "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }",
       "empty token"},
      {"certifier { name: 'x' demand: SIGNED key: '" + std::string(kKey) + "'" + token + " }",
       "asks for signatures alone"},
      {"tls { certificate_file: 'c' key_file: 'k' client_ca_file: 'ca' } certifier { name: 'x' "
       "demand: SIGNED key: '" +
           std::string(kKey) + "' client_certificate_san: 'x.example' }",
       "asks for signatures alone"},
      {x + x, "config:2: certifier \"x\": is declared twice"},
      {x + "certifier { name: 'y' demand: CHANNEL" + token + " }", "listed twice"},
      {"tls { key_file: 'k' }", "certificate_file"},
      {"free_space_reserve_mib: 18446744073709551615", "free_space_reserve_mib"},
  };
  for (const auto& [text, says] : cases) {
    const auto settings = Read(text);
    EXPECT_EQ(settings.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(settings.status().ToString().find(says), std::string::npos) << settings.status();
    EXPECT_EQ(settings.status().ToString().find("'secret'"), std::string::npos);
  }
}

TEST(ReadSettings, SaysWhatIsMissing) {
  Flags flags;
  EXPECT_NE(ReadSettings(flags).status().ToString().find("--data_dir"), std::string::npos);
  flags.data_dir = "d";
  EXPECT_NE(ReadSettings(flags).status().ToString().find("--origin"), std::string::npos);
  flags.origin = "o";
  EXPECT_NE(ReadSettings(flags).status().ToString().find("--grpc_address"), std::string::npos);
  flags.grpc_address = "127.0.0.1:1";
  EXPECT_NE(ReadSettings(flags).status().ToString().find("--key_file"), std::string::npos);
  flags.key_files = {"k"};
  EXPECT_TRUE(ReadSettings(flags).ok());
  flags.config_file = "/no/such/file";
  EXPECT_EQ(ReadSettings(flags).status().code(), absl::StatusCode::kNotFound);
}

std::string Anchoring(const std::string& needed, const std::string& first,
                      const std::string& second) {
  const auto anchor = [](const char* name, const std::string& operated_by) {
    return std::string("anchor { name: '") + name + "' operated_by: '" + operated_by +
           "' rfc3161 { url: 'http://tsa.example/' } } ";
  };
  return "anchoring { log_operator: 'me' needed: " + needed + " " + anchor("a", first) +
         anchor("b", second) + "}";
}

TEST(ReadSettings, CountsAnOperatorOnce) {
  const auto two = Read(Anchoring("2", "Example CA", "Other CA"));
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(two->anchoring->options.rule.form, anchor::RuleForm::kOperators);
  EXPECT_EQ(two->anchoring->options.rule.needed, 2u);
  // What is stored of a rule that needs one stays as it is.
  const auto one = Read(Anchoring("1", "Example CA", "Example CA"));
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->anchoring->options.rule.form, anchor::RuleForm::kSome);
  for (const char* same : {"Example CA", "EXAMPLE ca", " Example  CA "}) {
    const auto refused = Read(Anchoring("2", "Example CA", same)).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(refused.message().find("asks for 2 operators, and the 2 anchors that count have 1"),
              std::string::npos)
        << refused;
  }
  const auto unsaid = Read(Anchoring("2", "Example CA", "")).status();
  EXPECT_NE(unsaid.message().find("does not say who operates b"), std::string::npos) << unsaid;
}

TEST(ReadSettings, RefusesCredentialsInUrlsWithoutRepeatingThem) {
  for (const char* field :
       {"rfc3161 { url: 'https://u:s3cr3t@h/' }", "rfc3161 { url: 'https://s3cr3t@h/' }",
        "rfc3161 { url: 'https://h/' crl_url: 'https://u:s3cr3t@h/' }",
        "rfc3161 { url: 'https://h/' link_template: 'https://u:s3cr3t@h/{serial}' }",
        "opentimestamps { calendar: 'https://u:s3cr3t@h' }",
        "opentimestamps { upgrade_from: 'https://u:s3cr3t@h' }",
        "opentimestamps { bitcoin_core_url: 'http://u:s3cr3t@127.0.0.1:8332/' }",
        "opentimestamps { esplora_url: 'https://u:s3cr3t@h' }",
        "opentimestamps { link_template: 'https://u:s3cr3t@h/{height}' }",
        "rfc3161 { url: 'https://h/' } } proxy: 'http://u:s3cr3t@h:3128'"}) {
    const std::string begin = "anchoring { log_operator: 'me' anchor { name: 'a' operated_by: 'x' ";
    // The proxy stands beside the anchor.
    const bool beside = std::string(field).find("proxy") != std::string::npos;
    const std::string text = begin + field + (beside ? " }" : " } }");
    const auto refused = Read(text).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(refused.message().find("user name or password"), std::string::npos) << refused;
    EXPECT_EQ(refused.message().find("s3cr3t"), std::string::npos) << refused;
  }
}

TEST(ReadSettings, NeverQuotesAFileThatIsNoConfiguration) {
  const std::string secret = "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  for (const std::string& text :
       {"PRIVATE+KEY+log.example/test+6ffdf1c0+" + secret + "\n", secret + "\n", secret + ": 1\n",
        "key { " + secret + " }", "origin: " + secret, "certifier { demand: " + secret + " }",
        "max_queued_entries: '" + secret + "'", "-----BEGIN PRIVATE KEY-----\n" + secret + "\n",
        "free_space_reserve_mib: 12" + secret, "\"" + secret + "\"",
        "tls { certificate_file: '" + secret + "\n' }"}) {
    const auto refused = Read(text).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << refused;
    for (size_t i = 0; i + 12 <= secret.size(); ++i) {
      ASSERT_EQ(refused.message().find(secret.substr(i, 12)), std::string::npos) << refused;
    }
    EXPECT_NE(refused.message().find("/config:"), std::string::npos) << refused;
  }
}

}  // namespace
}  // namespace cairn::server
