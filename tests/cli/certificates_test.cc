// Every certificate record at hand through a real log: the good ones are logged and verified by
// another process, the tampered ones are refused, each naming what is wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "tests/cli/cairn.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/vectors.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;
using testing::CairnResult;
using testing::Join;
using testing::RunCairn;

class Certificates : public ::testing::Test {
 protected:
  Certificates() : cer_(testing::CerDir()) {
    if (cer_ && fs::exists(*cer_ / "nexart-node.json")) {
      node_keys_ = {"--node_keys", *cer_ / "nexart-node.json"};
    }
  }

  std::string Out(const fs::path& file) const {
    return (directory_.path() / "out" / file.stem()).string() + ".cairn.json";
  }
  CairnResult Submit(const std::vector<fs::path>& files) {
    std::vector<std::string> args = {"submit",
                                     "--log",
                                     log_.address(),
                                     "--out",
                                     directory_.path() / "out",
                                     "--log_key",
                                     testing::kTestVkey,
                                     "--json"};
    for (const fs::path& file : files) args.push_back(file.string());
    return RunCairn(Join(args, node_keys_));
  }

  const std::optional<fs::path> cer_;
  std::vector<std::string> node_keys_;
  testing::FreshDirectory directory_;
  testing::Cairnd log_{testing::CairndArgs(directory_.path())};
};

TEST_F(Certificates, GoodOnesAreLoggedAndVerifiedWithTheVkeyAlone) {
  if (!cer_) return;
  const std::vector<fs::path> files = testing::FilesIn(*cer_ / "valid", ".json");
  const CairnResult submitted = Submit(files);
  EXPECT_EQ(submitted.code, 0) << submitted.err;
  const std::vector<nlohmann::json> documents = submitted.documents();
  ASSERT_EQ(documents.size(), files.size());

  std::vector<std::string> verify = {"verify", "--json", "--log_key", testing::kTestVkey};
  for (size_t i = 0; i < files.size(); ++i) {
    SCOPED_TRACE(files[i]);
    const nlohmann::json record = nlohmann::json::parse(testing::ReadFile(files[i]));
    EXPECT_EQ(documents[i]["hash"], record["certificateHash"]);
    verify.push_back(Out(files[i]));
    const CairnResult with_certificate = RunCairn(
        Join({"verify", Out(files[i]), "--certificate", files[i], "--log_key", testing::kTestVkey},
             node_keys_));
    EXPECT_EQ(with_certificate.code, 0) << with_certificate.err;
  }
  const CairnResult verified = RunCairn(verify);
  EXPECT_EQ(verified.code, 0) << verified.err;
  const std::vector<nlohmann::json> reports = verified.documents();
  ASSERT_EQ(reports.size(), files.size());
  for (size_t i = 0; i < reports.size(); ++i) {
    EXPECT_EQ(reports[i]["verified"], true) << files[i];
    EXPECT_EQ(reports[i]["claim"]["certificate_hash"], documents[i]["hash"]) << files[i];
  }
  std::printf("%zu records logged and verified\n", files.size());
}

// A hash over everything cannot tell which part was edited, and no member is demanded: so most
// edits are named by the certificate's hash, those of a hash or of what tells the kind by
// themselves, and those of a receipt by the receipt.
std::string FieldToName(const std::string& tampered_field) {
  const std::string field = tampered_field.substr(0, tampered_field.find(' '));
  for (const char* own :
       {"snapshot.inputHash", "snapshot.outputHash", "bundleType", "version", "meta.tags"}) {
    if (field == own) return field;
  }
  return absl::StartsWith(field, "meta.attestation") ? "meta.attestation.receipt"
                                                     : "certificateHash";
}

::testing::Matcher<const std::string&> NamesTheField(const std::string& tampered_field) {
  const std::string field = absl::StrReplaceAll(FieldToName(tampered_field), {{".", "[.]"}});
  return ::testing::ContainsRegex("(^| |\")" + field + "( |\"|,|:)");
}

TEST_F(Certificates, TamperedOnesAreRefusedNamingTheField) {
  if (!cer_) return;
  const nlohmann::json manifest = nlohmann::json::parse(testing::ReadFile(*cer_ / "manifest.json"));
  std::map<std::string, nlohmann::json> cases;
  for (const nlohmann::json& entry : manifest["tampered"]) cases[entry["file"]] = entry;

  const std::vector<fs::path> files = testing::FilesIn(*cer_ / "tampered", ".json");
  const CairnResult submitted = Submit(files);
  EXPECT_EQ(submitted.code, 1);
  const std::vector<nlohmann::json> documents = submitted.documents();
  ASSERT_EQ(documents.size(), files.size());
  size_t refused = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    SCOPED_TRACE(files[i]);
    const nlohmann::json& tampered = cases.at("tampered/" + files[i].filename().string());
    const std::string field = tampered["tamperedField"];
    if (documents[i]["outcome"] == "refused") {
      ++refused;
      EXPECT_THAT(documents[i]["error"].get<std::string>(), NamesTheField(field));
      EXPECT_FALSE(fs::exists(Out(files[i])));
      continue;
    }
    // Accepted only where nothing that is hashed or signed was changed; then it says so.
    EXPECT_FALSE(tampered["detectedBySdk"].get<bool>());
    EXPECT_FALSE(tampered["detectedByReceiptCheck"].get<bool>());
    EXPECT_EQ(documents[i]["hash"], tampered["expectedCertificateHash"]);
    EXPECT_THAT(documents[i]["notices"].dump(), NamesTheField(field));
  }
  std::printf("%zu records refused, %zu changed only where nothing covers them\n", refused,
              files.size() - refused);
}

TEST_F(Certificates, TamperedOnesFailAgainstTheEvidenceOfWhatTheyWere) {
  if (!cer_) return;
  const nlohmann::json manifest = nlohmann::json::parse(testing::ReadFile(*cer_ / "manifest.json"));
  ASSERT_FALSE(manifest["tampered"].empty());
  std::vector<fs::path> originals;
  for (const nlohmann::json& tampered : manifest["tampered"]) {
    const fs::path original = *cer_ / tampered["derivedFrom"].get<std::string>();
    if (std::find(originals.begin(), originals.end(), original) == originals.end()) {
      originals.push_back(original);
    }
  }
  const CairnResult submitted = Submit(originals);
  ASSERT_EQ(submitted.code, 0) << submitted.err;
  for (const nlohmann::json& tampered : manifest["tampered"]) {
    SCOPED_TRACE(tampered["file"]);
    const fs::path file = *cer_ / tampered["file"].get<std::string>();
    const CairnResult result =
        RunCairn(Join({"verify", Out(tampered["derivedFrom"].get<std::string>()), "--certificate",
                       file, "--log_key", testing::kTestVkey, "--json"},
                      node_keys_));
    const nlohmann::json report = result.documents().at(0);
    const bool covered = tampered["detectedBySdk"] || tampered["detectedByReceiptCheck"];
    EXPECT_EQ(result.code, covered ? 1 : 0);
    EXPECT_THAT(report[covered ? "reasons" : "notices"].dump(),
                NamesTheField(tampered["tamperedField"]));
  }
}

}  // namespace
}  // namespace cairn
