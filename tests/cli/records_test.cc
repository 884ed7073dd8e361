// What `cairn` takes for a record, of which numbers it says that a hash does not cover them whole,
// and what it refuses rather than hash something else than was meant.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/hash.h"
#include "tests/cli/cairn.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/vectors.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using testing::CairnResult;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Join;
using testing::RunCairn;

constexpr size_t kMaxRecordBytes = size_t{64} << 20;

std::string HashText(const json& value) {
  return absl::StrCat("sha256:", merkle::Sha256(certificate::CanonicalJson(value)).Hex());
}

// The text of a sealed record whose input has this JSON text as its member `n`.
std::string RecordWith(const std::string& input) {
  json record = certificate::ParseStrict(testing::ReadFile("tools/samples/triage.json")).value();
  record.erase("meta");
  json& snapshot = record["snapshot"];
  snapshot["input"] = {{"n", certificate::ParseStrict(input).value()}};
  snapshot["inputHash"] = HashText(snapshot["input"]);
  record["certificateHash"] = HashText({{"bundleType", record["bundleType"]},
                                        {"createdAt", record["createdAt"]},
                                        {"snapshot", snapshot},
                                        {"version", record["version"]}});
  snapshot["input"]["n"] = "INPUT";
  return absl::StrReplaceAll(record.dump(), {{"\"INPUT\"", input}});
}

std::string Padded(const std::string& text, size_t size) {
  return text + std::string(size - text.size(), ' ');
}

std::string Nested(int depth) {
  return absl::StrCat(std::string(depth, '['), std::string(depth, ']'));
}

std::string BytesHash(const std::string& bytes) {
  return absl::StrCat("sha256:", merkle::Sha256(bytes).Hex());
}

class Records : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(directory_.path() / name, std::ios::binary) << bytes;
    return directory_.path() / name;
  }

  json Hash(const std::string& file, const std::vector<std::string>& more, int code) const {
    const CairnResult result = RunCairn(Join({"hash", "--json", file}, more));
    EXPECT_EQ(result.code, code) << result.out;
    return result.documents().at(0);
  }
  json Hash(const std::string& file, const std::vector<std::string>& more = {}) const {
    return Hash(file, more, 0);
  }
  // Why a file is refused.
  std::string Refused(const std::string& file, const std::vector<std::string>& more = {}) const {
    const json document = Hash(file, more, 1);
    EXPECT_FALSE(document.contains("hash"));
    return document.at("error");
  }

  // What names no member of a record is hashed with --as file alone.
  void ExpectRefusedUnlessAsFile(const std::string& bytes, const std::string& reason) const {
    const std::string file = Write("refused", bytes);
    EXPECT_THAT(Refused(file), AllOf(HasSubstr(reason), HasSubstr("--as file")));
    Refused(file, {"--as", "cer"});
    const json as_file = Hash(file, {"--as", "file"});
    EXPECT_EQ(as_file.at("hash"), BytesHash(bytes));
    EXPECT_EQ(as_file.at("kind"), "file");
    EXPECT_THAT(as_file.at("notices").dump(), HasSubstr("logged as a file, "));
  }

  testing::FreshDirectory directory_;
};

TEST_F(Records, NumbersThatAreCoveredOnlyAsRoundedAreListed) {
  const std::string one = RecordWith("[1764543600123456789,0.1000000000000000055,1e-400]");
  const std::string other = RecordWith("[1764543600123456700,0.1,0]");
  const json document = Hash(Write("one.json", one));
  // Two records, one hash: which is said of both as far as it is true.
  EXPECT_EQ(document.at("hash"), Hash(Write("other.json", other)).at("hash"));
  EXPECT_THAT(document.at("notices"),
              ElementsAre("snapshot.input.n[0]: 1764543600123456789 is covered only as "
                          "1764543600123456800, rounded to binary64",
                          "snapshot.input.n[1]: 0.1000000000000000055 is covered only as 0.1, "
                          "rounded to binary64",
                          "snapshot.input.n[2]: 1e-400 is covered only as 0, rounded to binary64"));
  EXPECT_EQ(document.at("rounded").at(0), json({{"path", "snapshot.input.n[0]"},
                                                {"written", "1764543600123456789"},
                                                {"covered_as", "1764543600123456800"}}));
  EXPECT_EQ(document.at("rounded_count"), 3);
  EXPECT_EQ(Hash(Write("other.json", other)).at("rounded_count"), 1);
  EXPECT_THAT(RunCairn({"hash", Write("one.json", one)}).err, HasSubstr("is covered only as 0.1,"));
}

TEST_F(Records, NumbersThatAreOnlySpeltOtherwiseAreNot) {
  const json document = Hash(
      Write("r.json", RecordWith("[1.0,1e2,1.50,-0,0e99,9007199254740992,1e300]")), {"--strict"});
  EXPECT_THAT(document.at("notices"), IsEmpty());
  EXPECT_FALSE(document.contains("rounded"));
}

TEST_F(Records, OfManyRoundedNumbersTheRestIsCounted) {
  std::string numbers = "[1e-400";
  for (int i = 0; i < 29; ++i) numbers += ",1e-400";
  const json document = Hash(Write("r.json", RecordWith(numbers + "]")));
  EXPECT_EQ(document.at("rounded").size(), 20);
  EXPECT_EQ(document.at("rounded_count"), 30);
  EXPECT_EQ(document.at("notices").size(), 21);
  EXPECT_THAT(document.at("notices").back().get<std::string>(), HasSubstr("not listed here: 10"));
}

TEST_F(Records, StrictRefusesEachNumberThatIsRounded) {
  const std::string file = Write("r.json", RecordWith("[9007199254740993,1.0000000000000001,2]"));
  EXPECT_THAT(Refused(file, {"--strict"}),
              AllOf(HasSubstr("snapshot.input.n[0]: 9007199254740993"),
                    HasSubstr("snapshot.input.n[1]: 1.0000000000000001")));
  // Of its bytes nothing is rounded.
  Hash(file, {"--strict", "--as", "file"});
}

TEST_F(Records, AreRefusedWithThePathOfWhatIsMalformed) {
  const std::string good = RecordWith("[1,{\"a\":2}]");
  EXPECT_EQ(Hash(Write("r.json", good)).at("kind"), "cer");
  for (const auto& [bad, reason] :
       {std::pair("1e400", "is beyond binary64, in snapshot.input.n[1].a"),
        {"-1e400", "is beyond binary64, in snapshot.input.n[1].a"},
        {"2,\"a\":2", "snapshot.input.n[1]: the name `a` appears twice"},
        {"2,\"\\u0061\":2", "snapshot.input.n[1]: the name `a` appears twice"},
        {"\"\xff\"", "in snapshot.input.n[1].a"},
        {"NaN", "in snapshot.input.n[1].a"}}) {
    ExpectRefusedUnlessAsFile(
        absl::StrReplaceAll(good, {{"{\"a\":2}", absl::StrCat("{\"a\":", bad, "}")}}), reason);
  }
}

TEST_F(Records, AreSoUpToTheirLimitsAndRefusedBeyond) {
  const std::string record = RecordWith("1");
  EXPECT_EQ(Hash(Write("r.json", Padded(record, kMaxRecordBytes))).at("kind"), "cer");
  ExpectRefusedUnlessAsFile(Padded(record, kMaxRecordBytes + 1),
                            "larger than a record may be (67108864 bytes)");
  ExpectRefusedUnlessAsFile(
      Padded(std::string(kMaxRecordBytes, '\n'), kMaxRecordBytes + 1) + record,
      "larger than a record may be (67108864 bytes)");
  // The record, its snapshot and the input are three levels.
  EXPECT_EQ(Hash(Write("r.json", RecordWith(Nested(1021)))).at("kind"), "cer");
  ExpectRefusedUnlessAsFile(absl::StrReplaceAll(record, {{"\"n\":1", "\"n\":" + Nested(1022)}}),
                            "nested deeper than 1024");
}

TEST_F(Records, ThatAreSpoiltAreNoOtherFiles) {
  const std::string record = RecordWith("1");
  std::string utf16 = "\xFF\xFE";
  for (const char c : record) utf16 += {c, '\0'};
  ExpectRefusedUnlessAsFile(utf16, "looks like a record, but");
  ExpectRefusedUnlessAsFile(record.substr(0, record.size() - 1), "it ends early");
  ExpectRefusedUnlessAsFile(record.substr(0, record.size() / 2), "it ends early");
  ExpectRefusedUnlessAsFile("\xEF\xBB\xBF" + record, "byte order mark");
  ExpectRefusedUnlessAsFile(record + "x", "unexpected input");
  ExpectRefusedUnlessAsFile(record + std::string("\0", 1), "NUL");
  ExpectRefusedUnlessAsFile(absl::StrCat(record, "\n", record), "unexpected input");
}

TEST_F(Records, OfUnknownKindsAreNoOtherFiles) {
  const std::string record = RecordWith("1");
  for (const std::string kind : {"cer.ai.execution.v2", "npm"}) {
    ExpectRefusedUnlessAsFile(absl::StrReplaceAll(record, {{"cer.ai.execution.v1", kind}}),
                              "a kind that this program does not know");
  }
  ExpectRefusedUnlessAsFile(R"({"bundleType":7})", "a kind that this program does not know");
  ExpectRefusedUnlessAsFile(R"({"certificateHash":"sha256:00"})", "bundleType is missing");
  // A record that is altered is no other kind, and nobody is told how to log it all the same.
  const std::string altered = absl::StrReplaceAll(record, {{"\"n\":1", "\"n\":2"}});
  EXPECT_THAT(Refused(Write("r.json", altered)), Not(HasSubstr("--as")));
}

TEST_F(Records, OtherFilesAreHashedWhateverTheirSize) {
  const std::string large(kMaxRecordBytes, 'x');
  for (const std::string& bytes :
       {std::string(), std::string("{\"a\":1}"), std::string("{\"a\":9007199254740993}"),
        std::string("{"), Nested(1000), "{\"a\":" + Nested(1000) + "}", "{\"a\":\"" + large + "\"}",
        "%PDF-1.7 \"bundleType\"" + large, "{\\rtf1 " + large}) {
    const json document = Hash(Write("plain", bytes), {"--strict"});
    EXPECT_EQ(document.at("hash"), BytesHash(bytes));
    EXPECT_EQ(document.at("kind"), "file");
    EXPECT_THAT(document.at("notices"), IsEmpty());
    EXPECT_FALSE(document.contains("rounded"));
  }
}

TEST_F(Records, AreDemandedByAsCer) {
  EXPECT_THAT(Refused(Write("a.txt", "text"), {"--as", "cer"}), HasSubstr("not a JSON text"));
  EXPECT_THAT(Refused(Write("a.json", "[]"), {"--as", "cer"}), HasSubstr("no JSON object"));
  EXPECT_EQ(RunCairn({"hash", Write("a.json", "[]"), "--as", "pdf"}).code, 2);
}

class LoggedRecords : public Records {
 protected:
  CairnResult Submit(const std::vector<std::string>& files_and_more) {
    return RunCairn(Join({"submit", "--json", "--log", log_.address(), "--log_key",
                          testing::kTestVkey, "--out", (directory_.path() / "out").string()},
                         files_and_more));
  }
  json Verify(const std::string& name, const std::string& file,
              const std::vector<std::string>& more, int code) {
    const CairnResult result =
        RunCairn(Join({"verify", "--json", "--log_key", testing::kTestVkey, "--certificate", file,
                       (directory_.path() / "out" / (name + ".cairn.json")).string()},
                      more));
    EXPECT_EQ(result.code, code) << result.out;
    return result.documents().at(0);
  }

  testing::Cairnd log_{testing::CairndArgs(directory_.path())};
};

TEST_F(LoggedRecords, SayWhichNumbersAreRoundedWhenTheyAreLoggedAndVerified) {
  const std::string one = Write("r.json", RecordWith("9007199254740993"));
  const std::string other = Write("other.json", RecordWith("9007199254740992.5"));
  const CairnResult submitted = Submit({one});
  EXPECT_EQ(submitted.code, 0) << submitted.err;
  const json document = submitted.documents().at(0);
  EXPECT_EQ(document.at("rounded_count"), 1);
  EXPECT_THAT(document.at("notices").dump(),
              HasSubstr("9007199254740993 is covered only as 9007199254740992"));
  const json verified = Verify("r", other, {}, 0);
  EXPECT_THAT(verified.at("notices").dump(),
              HasSubstr("9007199254740992.5 is covered only as 9007199254740992"));
  EXPECT_EQ(verified.at("rounded").at(0).at("written"), "9007199254740992.5");
  const json layer = verified.at("layers").at(0);
  EXPECT_EQ(layer.at("name"), "certificate");
  EXPECT_EQ(layer.at("state"), "proven");
  EXPECT_THAT(layer.at("detail").get<std::string>(),
              HasSubstr("covered only as rounded to binary64: snapshot.input.n only as "
                        "9007199254740992"));
  const json strict = Verify("r", other, {"--strict"}, 1);
  EXPECT_EQ(strict.at("layers").at(0).at("state"), "false");
  EXPECT_THAT(strict.at("reasons").dump(), HasSubstr("snapshot.input.n: 9007199254740992.5 is"));
  Verify("r", Write("exact.json", RecordWith("9007199254740992")), {"--strict"}, 0);
}

TEST_F(LoggedRecords, AreNotLoggedWhenRefused) {
  const std::string rounded = Write("rounded.json", RecordWith("9007199254740993"));
  const std::string large = Write("large.json", Padded(RecordWith("1"), kMaxRecordBytes + 1));
  const CairnResult refused = Submit({"--strict", rounded, large});
  EXPECT_EQ(refused.code, 1);
  for (const json& document : refused.documents()) {
    EXPECT_EQ(document.at("outcome"), "refused");
    EXPECT_FALSE(document.contains("index"));
  }
  const CairnResult as_file = Submit({"--as", "file", rounded, large});
  EXPECT_EQ(as_file.code, 0) << as_file.err;
  ASSERT_EQ(as_file.documents().size(), 2);
  for (const json& document : as_file.documents()) {
    EXPECT_EQ(document.at("outcome"), "logged");
    EXPECT_THAT(document.at("notices").dump(), HasSubstr("logged as a file, "));
  }
  Verify("large", large, {}, 0);
}

}  // namespace
}  // namespace cairn
