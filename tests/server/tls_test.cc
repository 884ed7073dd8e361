// TLS, tokens over it, client certificates, and what must not be reachable from other machines.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "merkle/entry/entry.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

using grpc::StatusCode;

constexpr char kToken[] = "token-over-tls";

// A little authority and what it has signed, made by openssl(1).
class Certificates {
 public:
  explicit Certificates(std::filesystem::path directory) : directory_(std::move(directory)) {
    MakeAuthority("ca");
    MakeAuthority("stranger");
    MakeLeaf("server", "ca", "IP:127.0.0.1,DNS:localhost");
    MakeLeaf("pinned", "ca", "DNS:pinned.example");
    MakeLeaf("named", "ca", "URI:spiffe://example/named");
    MakeLeaf("host", "ca", "DNS:host.example");
    MakeLeaf("unlisted", "ca", "DNS:unlisted.example");
    MakeLeaf("forged", "stranger", "URI:spiffe://example/named");
  }

  std::string Path(const std::string& file) const { return (directory_ / file).string(); }
  std::string Read(const std::string& file) const {
    std::FILE* in = std::fopen(Path(file).c_str(), "rb");
    EXPECT_NE(in, nullptr) << file;
    std::string bytes(1 << 16, '\0');
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), in));
    std::fclose(in);
    return bytes;
  }
  // As `openssl x509 -fingerprint` prints it.
  std::string Fingerprint(const std::string& name) const {
    Run(absl::StrCat("openssl x509 -in ", Path(name + ".pem"), " -noout -fingerprint -sha256 -out ",
                     Path(name + ".fp")));
    const std::string text = Read(name + ".fp");
    return text.substr(text.find('=') + 1, 95);
  }

 private:
  void Run(const std::string& command) const {
    EXPECT_EQ(std::system((command + " > /dev/null 2>&1").c_str()), 0) << command;
  }
  void MakeAuthority(const std::string& name) const {
    Run(absl::StrCat("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2",
                     " -subj /CN=", name, " -keyout ", Path(name + ".key"), " -out ",
                     Path(name + ".pem")));
  }
  void MakeLeaf(const std::string& name, const std::string& issuer, const std::string& san) const {
    WriteFile(directory_ / (name + ".ext"), "subjectAltName=" + san + "\n");
    Run(absl::StrCat("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=",
                     name, " -keyout ", Path(name + ".key"), " -out ", Path(name + ".csr")));
    Run(absl::StrCat("openssl x509 -req -days 2 -in ", Path(name + ".csr"), " -CA ",
                     Path(issuer + ".pem"), " -CAkey ", Path(issuer + ".key"),
                     " -CAcreateserial -extfile ", Path(name + ".ext"), " -out ",
                     Path(name + ".pem")));
    std::filesystem::permissions(Path(name + ".key"), std::filesystem::perms(0600));
  }

  const std::filesystem::path directory_;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() : certificates_(directory_.path()) {}

  std::string TlsConfig() const {
    return absl::StrCat("tls { certificate_file: '", certificates_.Path("server.pem"),
                        "' key_file: '", certificates_.Path("server.key"), "' client_ca_file: '",
                        certificates_.Path("ca.pem"), "' }\n");
  }
  std::string CertifierConfig() const {
    return absl::StrCat(
        "certifier { name: 'token' demand: CHANNEL token_sha256: '", HashOf(kToken).Hex(), "' }\n",
        "certifier { name: 'pinned' demand: CHANNEL client_certificate_sha256: '",
        certificates_.Fingerprint("pinned"), "' }\n", "certifier { name: 'named' demand: CHANNEL ",
        "client_certificate_san: 'spiffe://example/named' }\n",
        "certifier { name: 'host' demand: CHANNEL client_certificate_san: 'host.example' }\n");
  }
  std::vector<std::string> Args(const std::string& config, const std::string& address) const {
    WriteFile(directory_.path() / "config", config);
    return CairndArgs(directory_.path(), {"--config", (directory_.path() / "config").string(),
                                          "--grpc_address", address});
  }
  // Over TLS to port `port`, showing the client certificate of that name, or none.
  Client Connect(const std::string& address, const std::string& certificate,
                 const std::string& token = "") const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = certificates_.Read("ca.pem");
    if (!certificate.empty()) {
      options.pem_cert_chain = certificates_.Read(certificate + ".pem");
      options.pem_private_key = certificates_.Read(certificate + ".key");
    }
    const std::string port = address.substr(address.rfind(':') + 1);
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return Client(
        grpc::CreateCustomChannel("127.0.0.1:" + port, grpc::SslCredentials(options), arguments),
        token);
  }

  FreshDirectory directory_;
  const Certificates certificates_;
};

std::string CertifierOf(const v1::AppendResponse& answer) {
  const auto entry = entry::Decode(answer.entry());
  EXPECT_TRUE(entry.ok()) << entry.status();
  return std::get<entry::SignedStatement>(entry->body).statement.certifier;
}

TEST_F(TlsTest, ServesBeyondLoopbackWithTlsAndCertifiersAndTellsThemApart) {
  Cairnd cairnd(Args(TlsConfig() + CertifierConfig(), "0.0.0.0:0"));
  if (!cairnd.running()) cairnd.Wait();
  ASSERT_TRUE(cairnd.running()) << cairnd.output();
  v1::AppendResponse answer;
  grpc::Status status = Connect(cairnd.address(), "", kToken).Append(StatementOn("a"), &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(CertifierOf(answer), "token");
  status = Connect(cairnd.address(), "pinned").Append(StatementOn("a"), &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(CertifierOf(answer), "pinned");
  status = Connect(cairnd.address(), "named").Append(StatementOn("a"), &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(CertifierOf(answer), "named");
  status = Connect(cairnd.address(), "host").Append(StatementOn("a"), &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(CertifierOf(answer), "host");
  // Credentials of two.
  EXPECT_EQ(Connect(cairnd.address(), "named", kToken).Append(StatementOn("b")).error_code(),
            StatusCode::UNAUTHENTICATED);
  // A good certificate that stands for nobody, and none at all.
  EXPECT_EQ(Connect(cairnd.address(), "unlisted").Append(StatementOn("b")).error_code(),
            StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Connect(cairnd.address(), "").Append(StatementOn("b")).error_code(),
            StatusCode::UNAUTHENTICATED);
  v1::Statement anonymous = StatementOn("b");
  anonymous.set_certifier("anonymous");
  EXPECT_EQ(Connect(cairnd.address(), "").Append(anonymous).error_code(),
            StatusCode::PERMISSION_DENIED);
  // A certificate by somebody else does not get a connection, whatever it says.
  EXPECT_EQ(Connect(cairnd.address(), "forged").Append(StatementOn("b")).error_code(),
            StatusCode::UNAVAILABLE);
  // Nor does plain text.
  const std::string port = cairnd.address().substr(cairnd.address().rfind(':') + 1);
  EXPECT_EQ(Client("127.0.0.1:" + port).Append(StatementOn("b")).error_code(),
            StatusCode::UNAVAILABLE);
  // Reading is for everyone.
  EXPECT_EQ(Connect(cairnd.address(), "").Newest().size, TreeSize(8));
}

TEST_F(TlsTest, DoesNotStartBeyondLoopbackWithoutTlsAndCertifiers) {
  for (const std::string& config : {std::string(), TlsConfig(),
                                    "certifier { name: 'token' demand: CHANNEL token_sha256: '" +
                                        HashOf(kToken).Hex() + "' }\n"}) {
    for (const char* address : {"0.0.0.0:0", "[::]:0", "log.example:7717"}) {
      Cairnd cairnd(Args(config, address));
      EXPECT_FALSE(cairnd.running());
      EXPECT_EQ(cairnd.Wait(), 2);
      EXPECT_NE(cairnd.output().find("can be reached from other machines"), std::string::npos)
          << cairnd.output();
      EXPECT_FALSE(std::filesystem::exists(directory_.path() / "data"));
    }
  }
}

TEST_F(TlsTest, DoesNotStartWithTlsFilesThatAreNotWhatTheyShouldBe) {
  std::filesystem::permissions(certificates_.Path("server.key"), std::filesystem::perms(0644));
  Cairnd open_key(Args(TlsConfig() + CertifierConfig(), "127.0.0.1:0"));
  EXPECT_EQ(open_key.Wait(), 3);
  EXPECT_NE(open_key.output().find("chmod 600"), std::string::npos) << open_key.output();
  std::filesystem::permissions(certificates_.Path("server.key"), std::filesystem::perms(0600));
  WriteFile(certificates_.Path("server.pem"), "not a certificate");
  Cairnd no_certificate(Args(TlsConfig() + CertifierConfig(), "127.0.0.1:0"));
  EXPECT_EQ(no_certificate.Wait(), 3);
  EXPECT_NE(no_certificate.output().find("server.pem"), std::string::npos)
      << no_certificate.output();
}

}  // namespace
}  // namespace cairn::testing
