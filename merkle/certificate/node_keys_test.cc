#include "merkle/certificate/node_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/base64.h"

namespace cairn::certificate {
namespace {

using ::testing::HasSubstr;

// RFC 8032 section 7.1, test 1.
const PublicKey& Key() {
  static const PublicKey key =
      PublicKey::FromBytes(absl::HexStringToBytes(
                               "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
          .value();
  return key;
}

std::string Spki() {
  return absl::Base64Escape(
      absl::StrCat(absl::HexStringToBytes("302a300506032b6570032100"), Key().view()));
}

std::string File(const std::string& key_members) {
  return absl::StrCat(R"({"nodeId":"node","keys":[{"kid":"k1")", key_members.empty() ? "" : ",",
                      key_members, "}]}");
}

void ExpectRefused(const std::string& file, const std::string& reason) {
  const absl::Status status = NodeKeys::Parse(file).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << file;
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason)) << file;
}

TEST(NodeKeys, ReadsAKeyInEachShape) {
  const std::string x = absl::WebSafeBase64Escape(Key().view());
  for (const std::string& members :
       {absl::StrCat(R"("publicKey":")", Spki(), "\""),
        absl::StrCat(R"("publicKeySpkiB64":")", Spki(), "\""),
        absl::StrCat(R"("publicKey":")", absl::BytesToHexString(Key().view()), "\""),
        absl::StrCat(R"("publicKey":")", absl::Base64Escape(Key().view()), "\""),
        absl::StrCat(R"("publicKey":")", x, "\""),
        absl::StrCat(R"("publicKeyJwk":{"kty":"OKP","crv":"Ed25519","x":")", x, "\"}"),
        absl::StrCat(R"("publicKey":")", Spki(),
                     R"(","publicKeyJwk":{"kty":"OKP","crv":"Ed25519","x":")", x, "\"}")}) {
    const absl::StatusOr<NodeKeys> keys = NodeKeys::Parse(File(members));
    ASSERT_TRUE(keys.ok()) << members << keys.status();
    EXPECT_EQ(keys->node_id(), "node");
    ASSERT_NE(keys->Find("k1"), nullptr);
    EXPECT_EQ(keys->Find("k1")->key, Key());
  }
}

std::string Usable() { return absl::StrCat(R"("publicKey":")", Spki(), "\""); }

TEST(NodeKeys, FindsAKeyByItsIdAlone) {
  const NodeKeys keys = NodeKeys::Parse(File(Usable())).value();
  EXPECT_NE(keys.Find("k1"), nullptr);
  EXPECT_EQ(keys.Find("k2"), nullptr);
  EXPECT_EQ(keys.Find(""), nullptr);
}

TEST(NodeKeys, AreRevokedByEitherMember) {
  for (const auto& [more, revoked] : {std::pair("", false),
                                      {R"(,"status":"deprecated","revoked":false)", false},
                                      {R"(,"status":"revoked")", true},
                                      {R"(,"status":"active","revoked":true)", true},
                                      {R"(,"revoked":null)", false}}) {
    const NodeKeys keys = NodeKeys::Parse(File(Usable() + more)).value();
    EXPECT_EQ(keys.Find("k1")->revoked, revoked) << more;
  }
  ExpectRefused(File(Usable() + R"(,"revoked":"yes")"), "keys[0].revoked is neither");
}

TEST(NodeKeys, HaveTheirTimes) {
  const NodeKeys keys = NodeKeys::Parse(File(Usable() + R"(,"validFrom":"2026-01-01T00:00:00.500Z",
      "notBefore":"2025-01-01T00:00:00Z","validTo":"2026-01-02T01:00:00+01:00")"))
                            .value();
  EXPECT_EQ(keys.Find("k1")->valid_from_s, 1767225600);
  EXPECT_EQ(keys.Find("k1")->valid_to_s, 1767312000);
  EXPECT_FALSE(
      NodeKeys::Parse(File(Usable() + R"(,"validTo":null)")).value().Find("k1")->valid_to_s);
  for (const char* time : {"7", "\"\"", "\"2026-01-02\"", "\"infinite-future\""}) {
    ExpectRefused(File(absl::StrCat(Usable(), ",\"validTo\":", time)),
                  "keys[0].validTo is no time");
  }
}

TEST(NodeKeys, OfOtherNamesAndAlgorithmsAreRead) {
  const NodeKeys keys =
      NodeKeys::Parse(absl::StrCat(R"({"nodeId":"n","publicKeys":[{"id":"k1",)", Usable(),
                                   R"(},{"id":"old","alg":"ES256","publicKey":"anything"}]})"))
          .value();
  EXPECT_EQ(keys.Find("k1")->key, Key());
  ASSERT_NE(keys.Find("old"), nullptr);
  EXPECT_FALSE(keys.Find("old")->key.has_value());
}

TEST(NodeKeys, NamesWhatIsMissing) {
  ExpectRefused("[", "file not a JSON text");
  ExpectRefused("[]", "nodeId is missing");
  ExpectRefused("{}", "nodeId is missing");
  ExpectRefused(R"({"nodeId":7})", "nodeId is missing");
  ExpectRefused(R"({"nodeId":"n"})", "keys is not a list");
  ExpectRefused(R"({"nodeId":"n","keys":[]})", "keys is not a list");
  ExpectRefused(R"({"nodeId":"n","keys":[7]})", "keys[0].kid is missing");
  ExpectRefused(R"({"nodeId":"n","keys":[{"kid":""}]})", "keys[0].kid is missing");
  ExpectRefused(File(""), "keys[0] has no public key");
}

TEST(NodeKeys, NamesAKeyThatIsNone) {
  ExpectRefused(File(R"("publicKey":7)"), "keys[0].publicKey is neither");
  ExpectRefused(File(R"("publicKey":"*")"), "keys[0].publicKey is not canonical base64");
  ExpectRefused(File(R"("publicKey":"AAAA")"), "keys[0].publicKey is not an Ed25519");
  ExpectRefused(File(R"("publicKeyJwk":{"kty":"EC","crv":"Ed25519","x":"AAAA"})"),
                "publicKeyJwk is not a JWK");
  ExpectRefused(File(R"("publicKeyJwk":{"kty":"OKP","crv":"Ed25519"})"),
                "publicKeyJwk is not a JWK");
  // The neutral element: of small order.
  ExpectRefused(File(absl::StrCat(R"("publicKey":"01)", std::string(62, '0'), "\"")), "keys[0]");
}

TEST(NodeKeys, RefusesAFileThatContradictsItself) {
  const std::string other = absl::StrCat("aa", absl::BytesToHexString(Key().view()).substr(2));
  ExpectRefused(
      File(absl::StrCat(R"("publicKey":")", Spki(), R"(","publicKeySpkiB64":")", other, "\"")),
      "publicKeySpkiB64 is another key");
  const std::string key = absl::StrCat(R"({"kid":"k","publicKey":")", Spki(), "\"}");
  ExpectRefused(absl::StrCat(R"({"nodeId":"n","keys":[)", key, ",", key, "]}"),
                "`k` appears twice");
}

TEST(DecodeBase64, TakesEitherAlphabetPaddedOrNot) {
  const std::string bytes = "\xfb\xff\xfe\x01";
  for (const char* text : {"+//+AQ==", "+//+AQ", "-__-AQ==", "-__-AQ"}) {
    EXPECT_EQ(DecodeBase64(text).value(), bytes) << text;
  }
  EXPECT_EQ(DecodeBase64("").value(), "");
}

TEST(DecodeBase64, RefusesEverySecondSpelling) {
  for (const char* text : {"+//+AR==", "+//+AQ=", "+//+AQ===", "+/_+AQ==", " +//+AQ==",
                           "+//+AQ==\n", "+//+A", "=", "+//+ AQ", "-__-AR", "+//.AQ"}) {
    EXPECT_EQ(DecodeBase64(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace cairn::certificate
