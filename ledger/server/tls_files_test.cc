#include "ledger/server/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

namespace cairn::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kDay = 86'400;
constexpr uint64_t kNow = 1'800'000'000;

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using Certificate = std::unique_ptr<X509, CertificateDeleter>;

Key NewKey() { return Key(EVP_EC_gen("P-256")); }

// Of `key`, under the name `name`, issued under the name `issuer` and signed with its key.
Certificate Issue(EVP_PKEY& key, const char* name, EVP_PKEY& issuer_key, const char* issuer,
                  uint64_t begin_s, uint64_t end_s) {
  Certificate out(X509_new());
  X509_set_version(out.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), 1);
  ASN1_TIME_set(X509_getm_notBefore(out.get()), static_cast<time_t>(begin_s));
  ASN1_TIME_set(X509_getm_notAfter(out.get()), static_cast<time_t>(end_s));
  const auto set = [](X509_NAME* to, const char* text) {
    X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text),
                               -1, -1, 0);
  };
  set(X509_get_subject_name(out.get()), name);
  set(X509_get_issuer_name(out.get()), issuer);
  X509_set_pubkey(out.get(), &key);
  EXPECT_GT(X509_sign(out.get(), &issuer_key, EVP_sha256()), 0);
  return out;
}

template <typename Write>
std::string Pem(const Write& write) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  EXPECT_EQ(write(out.get()), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string PemOf(const Certificate& certificate) {
  return Pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); });
}

std::string PemOf(const Key& key, const char* passphrase = nullptr) {
  return Pem([&](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(
        out, key.get(), passphrase == nullptr ? nullptr : EVP_aes_256_cbc(), passphrase,
        passphrase == nullptr ? 0 : 6, nullptr, nullptr);
  });
}

class TlsFilesTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
    std::ofstream(path, std::ios::trunc) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  // A server's files, valid from kNow for 90 days, with its issuer behind it.
  TlsSettings Files() {
    return {.certificate_file = Write("server.pem", PemOf(own_) + PemOf(authority_)),
            .key_file = Write("server.key", PemOf(key_)),
            .client_ca_file = ""};
  }
  static void ExpectRefused(const TlsSettings& tls, const std::string& reason,
                            uint64_t now_s = kNow + 1) {
    const absl::Status status = CheckTlsFiles(tls, now_s).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
  }

  const Key key_ = NewKey();
  const Key authority_key_ = NewKey();
  const Certificate authority_ =
      Issue(*authority_key_, "ca", *authority_key_, "ca", kNow, kNow + 90 * kDay);
  const Certificate own_ = Issue(*key_, "server", *authority_key_, "ca", kNow, kNow + 90 * kDay);
};

TEST_F(TlsFilesTest, AcceptsAChainAndItsKey) {
  EXPECT_THAT(CheckTlsFiles(Files(), kNow + 1).value(), IsEmpty());
}

TEST_F(TlsFilesTest, RefusesACertificateThatIsNotValidNow) {
  ExpectRefused(Files(), "server.pem is not valid before 2027-01-15T08:00:00Z", kNow - 1);
  ExpectRefused(Files(), "server.pem has expired at 2027-04-15T08:00:00Z", kNow + 90 * kDay + 1);
}

TEST_F(TlsFilesTest, WarnsOfWhatExpiresSoon) {
  EXPECT_THAT(CheckTlsFiles(Files(), kNow + 80 * kDay).value(),
              ElementsAre(HasSubstr("expires soon, at 2027-04-15T08:00:00Z")));
}

TEST_F(TlsFilesTest, RefusesAKeyThatIsNotTheCertificates) {
  TlsSettings tls = Files();
  Write("server.key", PemOf(NewKey()));
  ExpectRefused(tls, "is not the key of the first certificate");
  // The chain before the server's own.
  Write("server.key", PemOf(key_));
  Write("server.pem", PemOf(authority_) + PemOf(own_));
  ExpectRefused(tls, "the server's own certificate comes first");
}

TEST_F(TlsFilesTest, RefusesWhatIsNoPem) {
  TlsSettings tls = Files();
  Write("server.pem", "not a certificate");
  ExpectRefused(tls, "server.pem holds no certificate in PEM");
  std::string damaged = PemOf(authority_);
  damaged[damaged.size() / 2] = '!';
  Write("server.pem", PemOf(own_) + damaged);
  ExpectRefused(tls, "is damaged after its first 1 certificates");
  Write("server.pem", PemOf(own_));
  Write("server.key", "not a key");
  ExpectRefused(tls, "server.key holds no private key in PEM");
  // Nobody is there to type a passphrase.
  Write("server.key", PemOf(key_, "secret"));
  ExpectRefused(tls, "that needs no passphrase");
}

TEST_F(TlsFilesTest, RefusesAKeyFileThatOthersMayRead) {
  const TlsSettings tls = Files();
  Write("server.key", PemOf(key_), 0644);
  EXPECT_EQ(CheckTlsFiles(tls, kNow + 1).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(TlsFilesTest, WarnsOfAChainThatDoesNotHold) {
  const Certificate old = Issue(*authority_key_, "ca", *authority_key_, "ca", kNow - 9, kNow - 1);
  const TlsSettings tls = Files();
  Write("server.pem", PemOf(own_) + PemOf(old));
  EXPECT_THAT(CheckTlsFiles(tls, kNow + 1).value(), ElementsAre(HasSubstr("certificate 2 in")));
  const Key other_key = NewKey();
  Write("server.pem",
        PemOf(own_) + PemOf(Issue(*other_key, "other", *other_key, "other", kNow, kNow + kDay)));
  EXPECT_THAT(CheckTlsFiles(tls, kNow + 1).value(),
              ElementsAre(HasSubstr("did not issue the one before it")));
}

TEST_F(TlsFilesTest, NeedsOneAuthorityOfClientsThatIsValidNow) {
  const Certificate old = Issue(*authority_key_, "ca", *authority_key_, "ca", kNow - 9, kNow - 1);
  TlsSettings tls = Files();
  tls.client_ca_file = Write("ca.pem", PemOf(old));
  ExpectRefused(tls, "holds no authority that is valid now");
  Write("ca.pem", PemOf(old) + PemOf(authority_));
  EXPECT_THAT(CheckTlsFiles(tls, kNow + 1).value(), ElementsAre(HasSubstr("certificate 1 in")));
  Write("ca.pem", "");
  ExpectRefused(tls, "ca.pem holds no certificate in PEM");
}

}  // namespace
}  // namespace cairn::server
