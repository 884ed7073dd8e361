// Tokens of a real authority, and what a forger makes of them.

#include "anchor/evidence/rfc3161.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "anchor/evidence/der.h"
#include "anchor/evidence/rfc3161_token.h"
#include "anchor/evidence/x509.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "tests/testing/time_stamp_authority.h"

namespace cairn::rfc3161 {
namespace {

using testing::TimeStampAuthority;

constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kOctets = 0x04;
constexpr uint8_t kTime = 0x18;
// 2024-05-06T07:08:09Z
constexpr char kThen[] = "20240506070809Z";
constexpr uint64_t kThenS = 1'714'979'289;
// After whatever is made while the test runs.
constexpr char kLater[] = "20991231000000Z";

std::string Bytes(absl::string_view hex) { return absl::HexStringToBytes(hex); }

// The parts of a TSTInfo, as a genuine one has them.
struct Info {
  std::string version = der::Wrap(kInteger, std::string(1, 1));
  std::string policy = Bytes("06042a030401");
  std::string algorithm = Bytes("300d06096086480165030402010500");
  std::string digest;
  std::string serial = der::Wrap(kInteger, "\x05");
  std::string time = der::Wrap(kTime, kThen);
  std::string rest = {};  // Accuracy, ordering, nonce.
  std::string after = {};

  std::string Der() const {
    const std::string imprint =
        der::Wrap(der::kSequence, absl::StrCat(algorithm, der::Wrap(kOctets, digest)));
    return absl::StrCat(
        der::Wrap(der::kSequence, absl::StrCat(version, policy, imprint, serial, time, rest)),
        after);
  }
};

std::string Answer(absl::string_view status, absl::string_view token) {
  return der::Wrap(der::kSequence, absl::StrCat(der::Wrap(der::kSequence, status), token));
}
std::string Granted(absl::string_view token) {
  return Answer(der::Wrap(kInteger, absl::string_view("\0", 1)), token);
}

absl::StatusOr<std::string> MakeDer(absl::string_view pem) {
  const auto certificates = ParsePemCertificates(pem);
  if (!certificates.ok()) return certificates.status();
  return CertificateDer(*certificates->front());
}

// Verifies without and with certificates that it has seen before, which must make no difference.
class BothWays {
 public:
  explicit BothWays(std::unique_ptr<Verifier> verifier) : verifier_(std::move(verifier)) {}

  absl::StatusOr<Timestamp> Verify(const Receipt& receipt, const Hash& digest,
                                   const Expectation& expectation = {}) {
    const auto result = verifier_->Verify(receipt, digest, expectation);
    const auto cached = verifier_->Verify(receipt, digest, expectation, &certificates_);
    EXPECT_EQ(result.status().code(), cached.status().code())
        << result.status() << "; " << cached.status();
    if (result.ok() && cached.ok()) {
      EXPECT_EQ(*result, *cached);
    }
    return result;
  }
  const Verifier& verifier() const { return *verifier_; }

 private:
  const std::unique_ptr<Verifier> verifier_;
  CertificateCache certificates_;
};

class Rfc3161Test : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { authority_ = new TimeStampAuthority(); }
  static void TearDownTestSuite() {
    delete authority_;
    authority_ = nullptr;
  }

  static std::unique_ptr<BothWays> Trusting(const std::string& pem,
                                            std::vector<std::string> policies = {}) {
    auto verifier = Verifier::Create({.certificates_pem = pem, .policies = std::move(policies)});
    EXPECT_TRUE(verifier.ok()) << verifier.status();
    return std::make_unique<BothWays>(*std::move(verifier));
  }
  Info GenuineInfo() const { return {.digest = std::string(digest_.view())}; }
  // Of a token over `info` by `signers`.
  absl::StatusOr<Timestamp> Forged(const Info& info,
                                   const std::vector<std::string>& signers = {"tsa"}) const {
    return verifier_->Verify({.response = Granted(authority_->Sign(info.Der(), signers))}, digest_);
  }

  static void Expect(const absl::StatusOr<Timestamp>& result, absl::StatusCode code,
                     absl::string_view reason) {
    EXPECT_EQ(result.status().code(), code) << result.status();
    EXPECT_TRUE(absl::StrContains(result.status().message(), reason)) << result.status();
  }
  static void ExpectFalse(const absl::StatusOr<Timestamp>& result, absl::string_view reason) {
    Expect(result, absl::StatusCode::kInvalidArgument, reason);
  }

  static void ExpectRevoked(const absl::StatusOr<Timestamp>& result) {
    Expect(result, absl::StatusCode::kPermissionDenied, "is revoked, as of ");
  }

  static TimeStampAuthority* authority_;
  const Hash digest_ = merkle::Sha256("hello");
  const std::string request_ = *MakeRequest(digest_);
  const std::unique_ptr<BothWays> verifier_ = Trusting(authority_->Pem("root"));
};

TimeStampAuthority* Rfc3161Test::authority_ = nullptr;

TEST_F(Rfc3161Test, RequestHasTheKnownBytes) {
  EXPECT_EQ(absl::BytesToHexString(*MakeRequest(digest_, 0x0102030405060708)),
            absl::StrCat("30430201013031300d060960864801650304020105000420", digest_.Hex(),
                         "02080102030405060708"
                         "0101ff"));
}

TEST_F(Rfc3161Test, RandomRequestsHaveOneLengthAndNoNonceTwice) {
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string request = *MakeRequest(digest_);
    EXPECT_EQ(request.size(), kRequestBytes);
    EXPECT_NE(request, last);
    EXPECT_TRUE(CheckRequest(request, digest_).ok());
    last = request;
  }
}

TEST_F(Rfc3161Test, CheckRequestRefusesAllButItsOwn) {
  EXPECT_FALSE(CheckRequest(request_, merkle::Sha256("other")).ok());
  EXPECT_FALSE(CheckRequest("", digest_).ok());
  EXPECT_FALSE(CheckRequest(request_ + "x", digest_).ok());
  for (size_t i = 0; i < request_.size(); ++i) {
    EXPECT_FALSE(CheckRequest(request_.substr(0, i), digest_).ok()) << i;
    // A changed nonce is one like any other.
    if (i >= 58 && i < 66) continue;
    std::string changed = request_;
    changed[i] ^= 1;
    EXPECT_FALSE(CheckRequest(changed, digest_).ok()) << i;
  }
}

TEST_F(Rfc3161Test, TokenOfAnAuthorityVerifies) {
  const std::string response = authority_->Reply(request_);
  const auto stamp = verifier_->Verify({.response = response}, digest_, {.request = request_});
  ASSERT_TRUE(stamp.ok()) << stamp.status();
  EXPECT_GT(stamp->gen_time_s, 1'700'000'000U);
  EXPECT_EQ(stamp->existed_by_s, stamp->gen_time_s + 1);
  EXPECT_EQ(stamp->policy, testing::kTestPolicy);
  EXPECT_EQ(stamp->authority, "CN=Test tsa");
  EXPECT_EQ(stamp->signer_key, KeyHash(*ParsePemCertificates(authority_->Pem("tsa"))->front()));
  EXPECT_FALSE(stamp->serial.empty());
  EXPECT_EQ(stamp->revocation, Revocation::kNotChecked);
  EXPECT_TRUE(stamp->missing_certificates.empty());
  EXPECT_TRUE(authority_->Accepts(response, request_));
  // What is stored beside a response is no hindrance to openssl.
  const std::string receipt = *FormatReceipt({.response = response, .crls = {authority_->Crl()}});
  EXPECT_TRUE(authority_->Accepts(receipt, request_));
}

TEST_F(Rfc3161Test, BareTokenIsRefused) {
  const std::string token = authority_->Sign(GenuineInfo().Der(), {"tsa"});
  EXPECT_TRUE(verifier_->Verify({.response = Granted(token)}, digest_).ok());
  ExpectFalse(verifier_->Verify({.response = token}, digest_), "a bare token");
  for (const absl::Status& status :
       {ParseReceipt(token).status(), FormatReceipt({.response = token}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(status.message(), "a bare token: keep the whole TimeStampResp"))
        << status;
  }
}

TEST_F(Rfc3161Test, WhatIsFalseUnderAnyRootIsFalseWithoutOne) {
  const TimeStampAuthority other;
  const auto nobody = Trusting("");
  const auto stranger = Trusting(other.Pem("root"));
  const auto expect_false = [&](const Receipt& receipt, absl::string_view reason) {
    for (BothWays* verifier : {nobody.get(), stranger.get(), verifier_.get()}) {
      ExpectFalse(verifier->Verify(receipt, digest_), reason);
    }
  };
  const std::string genuine = authority_->Reply(request_);
  std::string garbled = genuine;
  garbled.back() = static_cast<char>(garbled.back() ^ 1);
  expect_false({.response = garbled}, "signature failure");
  // The signer's certificate beside the token, altered where the token's own is whole.
  const std::string der = *MakeDer(authority_->Pem("tsa"));
  std::string altered = genuine;
  altered[altered.find(der) + der.size() - 1] ^= 1;
  for (BothWays* verifier : {nobody.get(), stranger.get()}) {
    ExpectFalse(verifier->Verify({.response = altered}, digest_), "names another certificate");
  }
  // Another's key under the same issuer and serial number.
  const Hash another = merkle::Sha256("another");
  expect_false({.response = authority_->Reply(*MakeRequest(another))}, "another digest");
  authority_->Issue("bygone", {.begin = "20200101000000Z", .end = "20201231000000Z"});
  authority_->Issue("web", {.extensions = "extendedKeyUsage = critical,timeStamping,serverAuth"});
  const auto signed_by = [&](const std::string& name) {
    return Receipt{.response = Granted(authority_->Sign(GenuineInfo().Der(), {name}))};
  };
  expect_false(signed_by("bygone"), "expired");
  expect_false(signed_by("web"), "");
  // An issuer that may not issue.
  authority_->Issue("user", {.extensions = "keyUsage = critical,keyCertSign"});
  authority_->Issue("below_user", {.issuer = "user"});
  Receipt under_user = signed_by("below_user");
  under_user.certificates = {*MakeDer(authority_->Pem("user"))};
  expect_false(under_user, "invalid CA certificate");
}

TEST_F(Rfc3161Test, RefusalIsNoReceipt) {
  for (BothWays* verifier : {Trusting("").release(), Trusting(authority_->Pem("root")).release()}) {
    const std::unique_ptr<BothWays> owned(verifier);
    ExpectFalse(owned->Verify({.response = Answer(Bytes("02010203020520"), "")}, digest_),
                "the authority answered: rejection: badRequest");
    ExpectFalse(owned->Verify({.response = Answer(Bytes("020103"), "")}, digest_), "waiting");
  }
}

// Without key identifiers only the signature tells one root from another of its name.
TEST_F(Rfc3161Test, RootOfTheSameNameDoesNotApply) {
  authority_->Issue("plain", {.extensions = "extendedKeyUsage = critical,timeStamping\n"
                                            "authorityKeyIdentifier = none"});
  const Receipt receipt{.response = authority_->Reply(request_, {.signer = "plain"})};
  const TimeStampAuthority other;
  const auto verified = Trusting(other.Pem("root"))->Verify(receipt, digest_);
  Expect(verified, absl::StatusCode::kFailedPrecondition, "needs a root that leads to");
  EXPECT_EQ(WhatIsMissing(verified.status()), Missing::kRoot);
  EXPECT_TRUE(Trusting(other.Pem("root") + authority_->Pem("root"))->Verify(receipt, digest_).ok());
  EXPECT_TRUE(Trusting(authority_->Pem("root") + other.Pem("root"))->Verify(receipt, digest_).ok());
}

// SHA-1 is enough there: the certificate that it names is the one whose key has signed.
TEST_F(Rfc3161Test, OlderSigningCertificateAttributeIsTaken) {
  const std::string response = authority_->Reply(request_, {.ess_cert_id_alg = "sha1"});
  EXPECT_TRUE(absl::StrContains(response, Bytes("060b2a864886f70d010910020c")));
  EXPECT_FALSE(absl::StrContains(response, Bytes("060b2a864886f70d010910022f")));
  EXPECT_TRUE(verifier_->Verify({.response = response}, digest_).ok());
  const std::string der = *MakeDer(authority_->Pem("tsa"));
  std::string altered = response;
  altered[altered.find(der) + der.size() - 1] ^= 1;
  ExpectFalse(Trusting("")->Verify({.response = altered}, digest_), "names another certificate");
}

TEST_F(Rfc3161Test, AnswerToAnotherRequestIsFalse) {
  const auto verify = [&](const std::string& response) {
    return verifier_->Verify({.response = response}, digest_, {.request = request_});
  };
  ExpectFalse(verify(authority_->Reply(*MakeRequest(digest_))), "another nonce");
  ExpectFalse(verify(authority_->Reply(*MakeRequest(merkle::Sha256("other")))), "another digest");
  ExpectFalse(verify(Granted(authority_->Sign(GenuineInfo().Der(), {"tsa"}))), "another nonce");
}

TEST_F(Rfc3161Test, OtherPolicyThanPinnedIsFalse) {
  const Receipt receipt{.response = authority_->Reply(request_, {.policy = "1.2.3.9"})};
  const std::string root = authority_->Pem("root");
  ExpectFalse(Trusting(root, {"1.2.3.4.1", "1.2.3.90"})->Verify(receipt, digest_),
              "another policy: 1.2.3.9");
  EXPECT_TRUE(Trusting(root, {"1.2.3.4.1", "1.2.3.9"})->Verify(receipt, digest_).ok());
}

TEST_F(Rfc3161Test, KeysAreKnownByTheirSubjectPublicKeyInfo) {
  // `openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum` says this of it.
  constexpr absl::string_view kCertificate =
      "-----BEGIN CERTIFICATE-----\n"
      "MIIBdzCCAR2gAwIBAgIUQsVBitKnj6/1OM89tzB07dBjKkAwCgYIKoZIzj0EAwIw\n"
      "EDEOMAwGA1UEAwwFa25vd24wIBcNMjYxMjAxMDMxMzU5WhgPMjEyNjExMDcwMzEz\n"
      "NTlaMBAxDjAMBgNVBAMMBWtub3duMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
      "QPH6cP/28TSkKe7V0HGAryGA2VucfnjwwXSx+WCXX3XyaonVBnRHufs1NV1a0MLW\n"
      "IwA+WgFPJPtaWun1/My5HKNTMFEwHQYDVR0OBBYEFHAR4lXtgJUURaYhuof4p5QB\n"
      "+4ENMB8GA1UdIwQYMBaAFHAR4lXtgJUURaYhuof4p5QB+4ENMA8GA1UdEwEB/wQF\n"
      "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAJt0MFZx3YZap1ujK/m1Swksb0cheHSx\n"
      "pCaMYWkHUpM6AiAajP+c3ToldRLI+toAFTgTKGWL7yORY/lemJpFjsSTzw==\n"
      "-----END CERTIFICATE-----\n";
  const std::string root = authority_->Pem("root");
  const auto verifier = *Verifier::Create({.certificates_pem = absl::StrCat(kCertificate, root)});
  const std::vector<Hash> keys = verifier->root_keys();
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].Hex(), "eb1a54c7673453006e7958306a7267b31dd71800afa04cd537e8911d5b899bb2");
  EXPECT_EQ(keys[1], KeyHash(*ParsePemCertificates(root)->front()));
  EXPECT_TRUE((*Verifier::Create({}))->root_keys().empty());
}

TEST_F(Rfc3161Test, WithoutItsRootNothingIsProven) {
  const Receipt receipt{.response = authority_->Reply(request_)};
  const TimeStampAuthority other;
  // The other root has the same name.
  for (const std::string& roots : {std::string(), other.Pem("root")}) {
    const auto verifier = Trusting(roots);
    const auto verified = verifier->Verify(receipt, digest_);
    Expect(verified, absl::StatusCode::kFailedPrecondition,
           "needs a root that leads to CN=Test root");
    EXPECT_EQ(WhatIsMissing(verified.status()), Missing::kRoot);
    // What contradicts it is found all the same.
    ExpectFalse(verifier->Verify(receipt, merkle::Sha256("other")), "another digest");
    ExpectFalse(verifier->Verify(receipt, digest_, {.window = Window{1, 2}}), "after that");
  }
}

TEST_F(Rfc3161Test, TokenWithoutCertificateNeedsIt) {
  const std::string request =
      absl::StrReplaceAll(request_, {{Bytes("0101ff"), ""}, {Bytes("3043"), Bytes("3040")}});
  const Receipt receipt{.response = authority_->Reply(request)};
  const auto without = verifier_->Verify(receipt, digest_);
  Expect(without, absl::StatusCode::kFailedPrecondition, "needs the authority's certificate");
  EXPECT_EQ(WhatIsMissing(without.status()), Missing::kCertificate);
  const auto with =
      Trusting(authority_->Pem("root") + authority_->Pem("tsa"))->Verify(receipt, digest_);
  ASSERT_TRUE(with.ok()) << with.status();
  ASSERT_EQ(with->missing_certificates.size(), 1U);
  // Kept beside the token, the root is enough.
  const auto stored = verifier_->Verify(
      {.response = receipt.response, .certificates = with->missing_certificates}, digest_);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(*stored, *with);
}

TEST_F(Rfc3161Test, IntermediateAuthorityIsKeptBeside) {
  authority_->Issue("middle", {.extensions = testing::kCaExtensions});
  authority_->Issue("lower", {.issuer = "middle"});
  const Receipt receipt{.response = authority_->Reply(request_, {.signer = "lower"})};
  Expect(verifier_->Verify(receipt, digest_), absl::StatusCode::kFailedPrecondition,
         "needs a root that leads to CN=Test middle");
  const auto stamp =
      Trusting(authority_->Pem("root") + authority_->Pem("middle"))->Verify(receipt, digest_);
  ASSERT_TRUE(stamp.ok()) << stamp.status();
  ASSERT_EQ(stamp->missing_certificates.size(), 1U);
  EXPECT_TRUE(
      verifier_
          ->Verify({.response = receipt.response, .certificates = stamp->missing_certificates},
                   digest_)
          .ok());
  // One that is not self-issued is no root.
  EXPECT_EQ(Verifier::Create({.certificates_pem = authority_->Pem("middle")}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Rfc3161Test, CertificateMustBeValidAtTheTimeOfTheToken) {
  authority_->Issue("past", {.begin = "20240101000000Z", .end = "20241231000000Z"});
  // Expired by today, and good for what was signed in its time.
  const auto stamp = Forged(GenuineInfo(), {"past"});
  ASSERT_TRUE(stamp.ok()) << stamp.status();
  Info late = GenuineInfo();
  late.time = der::Wrap(kTime, "20250506070809Z");
  ExpectFalse(Forged(late, {"past"}), "certificate has expired");
  Info early = GenuineInfo();
  early.time = der::Wrap(kTime, "20230506070809Z");
  ExpectFalse(Forged(early, {"past"}), "certificate is not yet valid");
}

TEST_F(Rfc3161Test, CertificateMustBeForTimeStampingAlone) {
  int n = 0;
  for (const char* extensions :
       {"extendedKeyUsage = timeStamping", "extendedKeyUsage = critical,timeStamping,serverAuth",
        "extendedKeyUsage = critical,timeStamping,1.2.3.4.5", "extendedKeyUsage = serverAuth",
        "basicConstraints = CA:FALSE", testing::kCaExtensions}) {
    const std::string name = absl::StrCat("odd", ++n);
    authority_->Issue(name, {.extensions = extensions});
    EXPECT_EQ(Forged(GenuineInfo(), {name}).status().code(), absl::StatusCode::kInvalidArgument)
        << extensions;
  }
}

TEST_F(Rfc3161Test, ExactlyOneSigner) {
  authority_->Issue("second", {});
  ExpectFalse(Forged(GenuineInfo(), {"tsa", "second"}), "exactly one signer");
  // The same without any: SignedData as a bag of certificates.
  const std::string token = authority_->Sign(GenuineInfo().Der(), {"tsa"});
  absl::string_view rest = token;
  absl::string_view content = der::TakeElement(&rest)->content;
  const std::string type(der::TakeElement(&content)->whole);
  absl::string_view tagged = der::TakeElement(&content)->content;
  absl::string_view fields = der::TakeElement(&tagged)->content;
  std::string kept;
  for (int i = 0; i < 4; ++i) absl::StrAppend(&kept, der::TakeElement(&fields)->whole);
  const std::string unsigned_token = der::Wrap(
      der::kSequence,
      absl::StrCat(type, der::Wrap(0xa0, der::Wrap(der::kSequence,
                                                   absl::StrCat(kept, der::Wrap(0x31, ""))))));
  ExpectFalse(verifier_->Verify({.response = Granted(unsigned_token)}, digest_),
              "exactly one signer");
}

TEST_F(Rfc3161Test, WhatATokenMayNotSay) {
  const auto changed = [&](auto change) {
    Info info = GenuineInfo();
    change(info);
    return Forged(info);
  };
  ASSERT_TRUE(changed([](Info&) {}).ok());
  ExpectFalse(changed([](Info& i) { i.version = der::Wrap(kInteger, "\x02"); }), "version");
  ExpectFalse(changed([](Info& i) { i.digest[0] ^= 1; }), "another digest");
  ExpectFalse(changed([](Info& i) { i.digest.pop_back(); }), "another digest");
  // SHA-512/256 and SHA3-256 have 32 bytes as well; the same bytes under them are another claim.
  ExpectFalse(changed([](Info& i) { i.algorithm = Bytes("300d06096086480165030402060500"); }),
              "not SHA-256 but 2.16.840.1.101.3.4.2.6");
  ExpectFalse(changed([](Info& i) { i.algorithm = Bytes("300d06096086480165030402080500"); }),
              "not SHA-256 but");
  EXPECT_TRUE(changed([](Info& i) { i.algorithm = Bytes("300b0609608648016503040201"); }).ok());
  ExpectFalse(changed([](Info& i) { i.after = Bytes("0500"); }), "bytes after the end");
  EXPECT_TRUE(changed([](Info& i) {
                i.serial = der::Wrap(kInteger, "\x7f" + std::string(19, '\xff'));
              }).ok());
  ExpectFalse(
      changed([](Info& i) { i.serial = der::Wrap(kInteger, "\x01" + std::string(20, '\xff')); }),
      "160 bits");
}

TEST_F(Rfc3161Test, TimesAreReadStrictly) {
  const auto at = [&](const std::string& text) {
    Info info = GenuineInfo();
    info.time = der::Wrap(kTime, text);
    return Forged(info);
  };
  EXPECT_EQ(at("20240506070809.5Z")->existed_by_s, kThenS + 1);
  EXPECT_EQ(at("20240506070809.5Z")->gen_time_s, kThenS);
  EXPECT_EQ(at("20240506070809.000000001Z")->existed_by_s, kThenS + 1);
  EXPECT_EQ(at("20240229235959.999Z")->existed_by_s, 1'709'251'200U);
  for (const char* text :
       {"20240506070809", "20240506070809+0000", "20240506070809.Z", "20240506070809.50Z",
        "20240506070809,5Z", "202405060708Z", "20240506070860Z", "20240506240000Z",
        "20240230000000Z", "20241301000000Z", "20240500000000Z", "2024050607080xZ",
        "19690506070809Z", "240506070809Z", "", "Z", " 0240506070809Z"}) {
    EXPECT_EQ(at(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST_F(Rfc3161Test, AccuracyWidensTheTime) {
  const auto within = [&](absl::string_view hex) {
    Info info = GenuineInfo();
    info.rest = der::Wrap(der::kSequence, Bytes(hex));
    return Forged(info);
  };
  EXPECT_EQ(within("020105")->existed_by_s, kThenS + 5);
  EXPECT_EQ(within("0201058001018101ff").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(within("020105800101810101")->existed_by_s, kThenS + 6);
  EXPECT_EQ(within("810101")->existed_by_s, kThenS + 1);
  for (const char* hex : {"0201ff", "800100", "800203e8", "810100", "02050100000000"}) {
    EXPECT_EQ(within(hex).status().code(), absl::StatusCode::kInvalidArgument) << hex;
  }
}

TEST_F(Rfc3161Test, WindowTakesWhatAccuracyReaches) {
  Info info = GenuineInfo();
  info.rest = der::Wrap(der::kSequence, Bytes("020105"));
  const Receipt receipt{.response = Granted(authority_->Sign(info.Der(), {"tsa"}))};
  const auto in = [&](uint64_t begin_s, uint64_t end_s) {
    return verifier_->Verify(receipt, digest_, {.window = Window{begin_s, end_s}});
  };
  EXPECT_TRUE(in(kThenS, kThenS).ok());
  EXPECT_TRUE(in(kThenS + 5, kThenS + 9).ok());
  EXPECT_TRUE(in(kThenS - 9, kThenS - 5).ok());
  ExpectFalse(in(kThenS + 6, kThenS + 9), "before that of the request");
  ExpectFalse(in(kThenS - 9, kThenS - 7), "after that of the answer");
}

TEST_F(Rfc3161Test, RefusalsSayWhetherTheyPass) {
  const auto status = [&](absl::string_view hex) {
    return ParseToken(Answer(Bytes(hex), "")).status();
  };
  Expect(status("020102"
                "03020520"),
         absl::StatusCode::kFailedPrecondition, "rejection: badRequest");
  Expect(status("020102"
                "03050600000040"),
         absl::StatusCode::kUnavailable, "rejection: systemFailure");
  Expect(status("020102"
                "3008"
                "0c06"
                "736f727279"
                "0a"),
         absl::StatusCode::kUnavailable, R"(rejection (sorry\n))");
  Expect(status("020103"), absl::StatusCode::kUnavailable, "waiting");
  Expect(status("020109"), absl::StatusCode::kUnavailable, "an unknown status");
  ExpectFalse(status("020100"), "token not present");
  ExpectFalse(
      verifier_->Verify(
          {.response = Answer(Bytes("020102"), authority_->Sign(GenuineInfo().Der(), {"tsa"}))},
          digest_),
      "token present");
  // And a real one.
  const std::string sha512 = Bytes(absl::StrCat("30590201013051300d060960864801650304020305000440",
                                                std::string(128, 'a'), "0101ff"));
  Expect(ParseToken(authority_->Reply(sha512)).status(), absl::StatusCode::kFailedPrecondition,
         "badAlg");
}

TEST_F(Rfc3161Test, RevocationThatIsKeptCounts) {
  authority_->Issue("retired", {});
  authority_->Issue("stolen", {});
  const auto now = [&](const std::string& signer, const std::vector<std::string>& crls) {
    return verifier_->Verify(
        {.response = authority_->Reply(request_, {.signer = signer}), .crls = crls}, digest_);
  };
  const std::string before = authority_->Crl({.this_update = "20260101000000Z"});
  EXPECT_EQ(now("tsa", {before})->revocation, Revocation::kInForce);
  EXPECT_EQ(now("tsa", {})->revocation, Revocation::kNotChecked);
  EXPECT_EQ(now("stolen", {before})->revocation, Revocation::kInForce);
  authority_->Revoke("retired", "superseded");
  authority_->Revoke("stolen", "keyCompromise");
  const std::string after = authority_->Crl({.this_update = kLater});
  EXPECT_EQ(now("tsa", {after})->revocation, Revocation::kNotRevoked);
  Expect(now("stolen", {after}), absl::StatusCode::kPermissionDenied, "Test stolen is revoked");
  Expect(now("stolen", {before, after}), absl::StatusCode::kPermissionDenied, "revoked");
  // Made after it went out of use, or in the same second.
  Expect(now("retired", {after}), absl::StatusCode::kPermissionDenied, "revoked");
  // A key that was not lost leaves what it signed before; a stolen one leaves nothing.
  const auto then = [&](const std::string& signer) {
    return verifier_->Verify(
        {.response = Granted(authority_->Sign(GenuineInfo().Der(), {signer})), .crls = {after}},
        digest_);
  };
  EXPECT_EQ(then("retired")->revocation, Revocation::kNotRevoked);
  Expect(then("stolen"), absl::StatusCode::kPermissionDenied, "revoked");
  // Of another root, or altered.
  TimeStampAuthority other;
  ExpectFalse(now("tsa", {other.Crl()}), "not signed by an issuer");
  std::string altered = after;
  altered[altered.size() - 1] ^= 1;
  EXPECT_EQ(now("stolen", {altered}).status().code(), absl::StatusCode::kInvalidArgument);
}

// One token of kThen, and lists of one kind after the other.
TEST_F(Rfc3161Test, RevocationIsCheckedOnlyByListsThatSayEnough) {
  const std::string response = Granted(authority_->Sign(GenuineInfo().Der(), {"tsa"}));
  const auto with = [&](const testing::CrlOptions& options) {
    return verifier_->Verify({.response = response, .crls = {authority_->Crl(options)}}, digest_);
  };
  const struct {
    testing::CrlOptions options;
    Revocation revocation;
    absl::string_view lacking;
  } cases[] = {
      {{.this_update = kThen}, Revocation::kNotRevoked, ""},
      {{.this_update = "20240506070810Z"}, Revocation::kNotRevoked, ""},
      {{.this_update = "20240506070808Z"},
       Revocation::kInForce,
       "the certificate of CN=Test tsa has only a stale revocation list, of 2024-05-06T07:08:08Z, "
       "older than the token"},
      {{.this_update = "20240401000000Z", .next_update = "20240501000000Z"},
       Revocation::kNotChecked,
       "has only a stale revocation list, of 2024-04-01T00:00:00Z, which was out of force"},
      {{.this_update = "21200601000000Z"}, Revocation::kNotChecked, "when it had expired"},
      {{.this_update = kLater, .extensions = "2.5.29.27 = critical,ASN1:INTEGER:1"},
       Revocation::kNotChecked,
       "only a delta revocation list"},
      {{.this_update = kLater, .extensions = "1.2.3.4 = critical,ASN1:INTEGER:1"},
       Revocation::kNotChecked,
       "only a partial revocation list"},
      {{.this_update = kLater,
        .extensions = "issuingDistributionPoint = critical,@p\n[p]\nonlyCA = TRUE"},
       Revocation::kNotChecked,
       "only a partial revocation list"},
      {{.this_update = kLater,
        .extensions =
            "issuingDistributionPoint = critical,@p\n[p]\nfullname = URI:http://x.example/7"},
       Revocation::kNotChecked,
       "only a partial revocation list"},
      {{.this_update = kLater,
        .extensions = "issuingDistributionPoint = critical,@p\n[p]\nindirectCRL = TRUE"},
       Revocation::kNotChecked,
       "only an indirect revocation list"},
  };
  for (const auto& one : cases) {
    const auto stamp = with(one.options);
    ASSERT_TRUE(stamp.ok()) << stamp.status();
    EXPECT_EQ(stamp->revocation, one.revocation) << one.lacking;
    EXPECT_TRUE(absl::StrContains(stamp->revocation_lacking, one.lacking))
        << stamp->revocation_lacking;
    EXPECT_EQ(stamp->revocation_lacking.empty(), one.lacking.empty());
  }
}

TEST_F(Rfc3161Test, VerifiersOwnListsAreAddedAndCanBeRequired) {
  authority_->Issue("middle3", {.extensions = testing::kCaExtensions});
  authority_->Issue("lower3", {.issuer = "middle3"});
  TimeStampAuthority other;
  const std::string of_middle = authority_->Crl({.issuer = "middle3", .this_update = kLater});
  const std::string of_root = authority_->Crl({.this_update = kLater});
  const Receipt receipt{.response = authority_->Reply(request_, {.signer = "lower3"}),
                        .certificates = {*MakeDer(authority_->Pem("middle3"))},
                        .crls = {of_middle}};
  const auto verify = [&](std::vector<std::string> crls, bool required) {
    const auto verifier = Verifier::Create({.certificates_pem = authority_->Pem("root"),
                                            .crls = std::move(crls),
                                            .require_revocation = required});
    return (*verifier)->Verify(receipt, digest_);
  };
  const auto without = verify({other.Crl()}, false);
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ(without->revocation, Revocation::kNotChecked);
  EXPECT_TRUE(without->own_crls_used.empty());
  const auto required = verify({}, true);
  Expect(required, absl::StatusCode::kFailedPrecondition,
         "needs a revocation list for each certificate: the certificate of CN=Test middle3 has no "
         "revocation list");
  EXPECT_EQ(WhatIsMissing(required.status()), Missing::kRevocation);
  const auto with = verify({other.Crl(), of_root}, true);
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_EQ(with->revocation, Revocation::kNotRevoked);
  EXPECT_EQ(with->own_crls_used, std::vector<size_t>{1});
  authority_->Revoke("middle3", "CACompromise");
  Expect(verify({authority_->Crl()}, false), absl::StatusCode::kPermissionDenied,
         "CN=Test middle3 is revoked, as of ");
  EXPECT_EQ(Verifier::Create({.crls = {"nonsense"}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Rfc3161Test, WhatExistedBeforeARevocationIsNotTakenBack) {
  authority_->Issue("robbed", {});
  const std::string response = Granted(authority_->Sign(GenuineInfo().Der(), {"robbed"}));
  authority_->Revoke("robbed", "keyCompromise");
  const Receipt receipt{.response = response, .crls = {authority_->Crl()}};
  ExpectRevoked(verifier_->Verify(receipt, digest_));
  const auto known = verifier_->Verify(receipt, digest_, {.known_by_s = kThenS + 100});
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_EQ(known->gen_time_s, kThenS);
  ExpectRevoked(verifier_->Verify(receipt, digest_, {.known_by_s = 4'000'000'000}));
}

TEST_F(Rfc3161Test, ListsAreReadInPemAndDer) {
  const std::string der = authority_->Crl();
  EXPECT_EQ(ReadCrls(der)->at(0), der);
  const auto armoured = [](const std::string& bytes) {
    return absl::StrCat("-----BEGIN X509 CRL-----\n", absl::Base64Escape(bytes),
                        "\n-----END X509 CRL-----\n");
  };
  const auto both = ReadCrls(absl::StrCat(armoured(der), armoured(der)));
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(*both, (std::vector<std::string>{der, der}));
  for (const std::string& bad : {std::string(), std::string("nonsense"), der + "x",
                                 armoured("nonsense"), authority_->Pem("root")}) {
    EXPECT_EQ(ReadCrls(bad).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(Rfc3161Test, CutTokensAreRefusedAtEveryByte) {
  const std::string response = authority_->Reply(request_);
  for (size_t i = 0; i < response.size(); ++i) {
    ExpectFalse(verifier_->Verify({.response = response.substr(0, i)}, digest_), "not DER");
  }
  ExpectFalse(verifier_->Verify({.response = response + '\0'}, digest_), "after the end");
  ExpectFalse(verifier_->Verify({.response = std::string(kMaxResponseBytes + 1, '0')}, digest_),
              "longer than");
}

TEST_F(Rfc3161Test, NoChangedBitMakesAnotherClaim) {
  const std::string response = authority_->Reply(request_);
  const Timestamp genuine = *verifier_->Verify({.response = response}, digest_);
  size_t same = 0;
  for (size_t i = 0; i < response.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = response;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      const auto result = verifier_->Verify({.response = changed}, digest_);
      if (!result.ok()) continue;
      ++same;
      EXPECT_EQ(*result, genuine) << i << " " << bit;
    }
  }
  // No signature covers the status, the signer's versions and algorithms, nor the tags of sets.
  EXPECT_LT(same, 160U);
}

TEST_F(Rfc3161Test, NoChangedBitOfSideDataMakesAnotherClaim) {
  authority_->Issue("middle2", {.extensions = testing::kCaExtensions});
  authority_->Issue("lower2", {.issuer = "middle2"});
  const Receipt receipt{.response = authority_->Reply(request_, {.signer = "lower2"}),
                        .certificates = {*MakeDer(authority_->Pem("middle2"))},
                        .crls = {authority_->Crl({.issuer = "middle2", .this_update = kLater}),
                                 authority_->Crl({.this_update = kLater})}};
  const auto genuine = verifier_->Verify(receipt, digest_);
  ASSERT_TRUE(genuine.ok()) << genuine.status();
  EXPECT_EQ(genuine->revocation, Revocation::kNotRevoked);
  const std::string bytes = *FormatReceipt(receipt);
  for (size_t i = receipt.response.size(); i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      const auto parsed = ParseReceipt(changed);
      if (!parsed.ok()) continue;
      const auto result = verifier_->Verify(*parsed, digest_);
      if (!result.ok()) continue;
      EXPECT_EQ(*result, *genuine) << i << " " << bit;
    }
  }
}

TEST_F(Rfc3161Test, WeakHashesAreRefused) {
  const std::string token = authority_->Sign(GenuineInfo().Der(), {"tsa"}, "sha1");
  ExpectFalse(verifier_->Verify({.response = Granted(token)}, digest_), "signed over a hash");
  EXPECT_TRUE(
      verifier_
          ->Verify({.response = Granted(authority_->Sign(GenuineInfo().Der(), {"tsa"}, "sha512"))},
                   digest_)
          .ok());
}

TEST_F(Rfc3161Test, CacheRemembersWhatItFoundAndNoMoreThanThat) {
  const std::string response = authority_->Reply(request_);
  CachingVerifier caching(&verifier_->verifier(), 2);
  const Hash other = merkle::Sha256("other");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(caching.Verify(response, digest_).ok());
    ExpectFalse(caching.Verify(response, other), "another digest");
    EXPECT_EQ(caching.remembered(), 2U);
  }
  ExpectFalse(caching.Verify("nonsense", digest_), "the receipt");
  EXPECT_EQ(caching.remembered(), 1U);
}

}  // namespace
}  // namespace cairn::rfc3161
