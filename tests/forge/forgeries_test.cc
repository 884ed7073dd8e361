// Forgeries made here, of each kind that once misled a verifier: what `cairn verify` says of them,
// and how it is told off for authorities that cannot be counted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/misbehaviour.h"
#include "merkle/note/note.h"
#include "merkle/note/text.h"
#include "tests/cli/cairn.h"
#include "tests/forge/verdict.h"
#include "tests/testing/vectors.h"

namespace cairn::testing {
namespace {

namespace example = evidence::testing;
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSigner[] = "extendedKeyUsage = critical,timeStamping\n";
constexpr char kAuthority[] =
    "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign\n";

// Roots `a`, `b` and `i`; a signing key with a certificate of each of the first two, who have
// certified `i` as well; and a signer under that.
class Workshop {
 public:
  explicit Workshop(fs::path directory) : directory_(std::move(directory)) {
    Write("signer.ext", kSigner);
    Write("authority.ext", kAuthority);
    Write("ts.cnf", "[tsa]\ndefault_tsa = t\n[t]\nserial = " + At("serial") +
                        "\nsigner_digest = sha256\n"
                        "default_policy = 1.2.3.4.1\ndigests = sha256\naccuracy = secs:1\n"
                        "ess_cert_id_alg = sha256\n[req]\ndistinguished_name = dn\n[dn]\n");
    for (const std::string name : {"a", "b", "i", "s", "t"}) Request(name);
    for (const std::string root : {"a", "b"}) {
      Certify(root, root, root, "authority");
      Certify("i", root, "i-by-" + root, "authority");
      Certify("s", root, "s-by-" + root, "signer");
    }
    Certify("i", "i", "i", "authority");
    Certify("t", "i", "t", "signer", "i");
  }

  std::string Pem(const std::string& name) const { return (directory_ / (name + ".pem")).string(); }

  // By the key of `signer`, with the certificate of that name in it and `beside` it.
  std::string Token(const std::string& key, const std::string& signer, const Hash& digest,
                    const std::vector<std::string>& beside = {}) const {
    Write("request", *rfc3161::MakeRequest(digest));
    OpenSsl({"ts", "-reply", "-config", At("ts.cnf"), "-queryfile", At("request"), "-signer",
             Pem(signer), "-inkey", At(key + ".key"), "-out", At("reply")});
    rfc3161::Receipt receipt{.response = ReadFile(directory_ / "reply")};
    for (const std::string& certificate : beside) {
      OpenSsl({"x509", "-in", Pem(certificate), "-outform", "DER", "-out", At("der")});
      receipt.certificates.push_back(ReadFile(directory_ / "der"));
    }
    return *rfc3161::FormatReceipt(receipt);
  }

 private:
  std::string At(const std::string& name) const { return (directory_ / name).string(); }
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
  }
  static void OpenSsl(const std::vector<std::string>& arguments) {
    const CairnResult result = RunCairn(arguments, "/usr/bin/openssl");
    ASSERT_EQ(result.code, 0) << ::testing::PrintToString(arguments) << result.err;
  }
  void Request(const std::string& name) const {
    OpenSsl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-subj", "/CN=workshop " + name, "-config", At("ts.cnf"), "-keyout", At(name + ".key"),
             "-out", At(name + ".csr")});
  }
  // `name`'s key, by `issuer`'s key; self-signed where they are the same.
  void Certify(const std::string& name, const std::string& issuer, const std::string& out,
               const std::string& as, const std::string& issuer_certificate = "") const {
    std::vector<std::string> arguments = {
        "x509",     "-req",          "-days", "3650",  "-in", At(name + ".csr"),
        "-extfile", At(as + ".ext"), "-out",  Pem(out)};
    if (name == issuer) {
      arguments.insert(arguments.end(), {"-signkey", At(name + ".key")});
    } else {
      arguments.insert(arguments.end(),
                       {"-CA", Pem(issuer_certificate.empty() ? issuer : issuer_certificate),
                        "-CAkey", At(issuer + ".key"), "-CAcreateserial"});
    }
    OpenSsl(arguments);
  }

  const fs::path directory_;
};

class Forgeries : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const fs::path directory = fs::path(::testing::TempDir()) / "workshop";
    fs::remove_all(directory);
    fs::create_directories(directory);
    workshop_ = new Workshop(directory);
  }
  static void TearDownTestSuite() { delete workshop_; }

  Forgeries() : directory_(fs::path(::testing::TempDir()) / "forgeries") {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
    return Path(name);
  }
  std::string WriteEvidence(const evidence::Evidence& evidence,
                            const std::string& name = "e.cairn.json") const {
    return Write(name, *evidence::Format(evidence));
  }
  // With these authorities.
  Verified Verify(const evidence::Evidence& evidence, const std::vector<std::string>& authorities,
                  const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args = {WriteEvidence(evidence), "--log_key", log_key_};
    for (const std::string& authority : authorities) {
      args.insert(args.end(), {"--authority", authority});
    }
    return VerifyWithCairn(Join(args, more));
  }
  static Hash DigestOf(const evidence::Evidence& evidence) {
    return merkle::Sha256(evidence.proof.checkpoint);
  }
  static evidence::AnchorReceipt Receipt(const std::string& name, const std::string& bytes) {
    return {name, evidence::kRfc3161Kind, bytes};
  }
  static std::string Facts(const std::string& verified) {
    return absl::StrCat("included; NOT witnessed; ", verified,
                        "; certifier not proven; no record given");
  }

  static Workshop* workshop_;
  const std::string log_key_ = example::LogKey().verifier_key().Format();
  const std::string a_ = "a=" + workshop_->Pem("a");
  const std::string b_ = "b=" + workshop_->Pem("b");
  evidence::Evidence evidence_ = example::MakeEvidence(example::kUnsigned);

 private:
  const fs::path directory_;
};

Workshop* Forgeries::workshop_ = nullptr;

TEST_F(Forgeries, ATokenThatReachesTwoAuthoritiesCountsForTheFirstByName) {
  // Under `i`, who is a root to some, and certified by `a`.
  const std::string i = "i=" + workshop_->Pem("i");
  const std::string both = workshop_->Token("t", "t", DigestOf(evidence_), {"i-by-a"});
  evidence_.receipts = {Receipt("i-says-the-file", both)};
  EXPECT_EQ(Verify(evidence_, {i}).verdict.headline, Facts("verified by 1 authority (i)"));
  for (const std::vector<std::string>& order :
       std::vector<std::vector<std::string>>{{a_, i}, {i, a_}}) {
    const Verdict verdict = Verify(evidence_, order, {"--require", "verified:2"}).verdict;
    EXPECT_EQ(verdict.headline, Facts("verified by 1 authority (a), 2 needed"));
    EXPECT_EQ(verdict.exit_code, 1);
  }
  // Twice in the file, it is still one.
  evidence_.receipts.push_back(Receipt("j", both));
  EXPECT_EQ(Verify(evidence_, {a_, i}).verdict.headline, Facts("verified by 1 authority (a)"));
}

TEST_F(Forgeries, OneKeyUnderTwoAuthoritiesIsOne) {
  const Hash digest = DigestOf(evidence_);
  evidence_.receipts = {Receipt("one", workshop_->Token("s", "s-by-a", digest)),
                        Receipt("two", workshop_->Token("s", "s-by-b", digest))};
  const Verdict verdict = Verify(evidence_, {a_, b_}, {"--require", "verified:2"}).verdict;
  EXPECT_EQ(verdict.headline, Facts("verified by 1 authority (a), 2 needed"));
  EXPECT_EQ(verdict.exit_code, 1);
  // Another key under the second authority is another one.
  evidence_.receipts.push_back(Receipt("zwei", workshop_->Token("t", "t", digest, {"i-by-b"})));
  EXPECT_EQ(Verify(evidence_, {a_, b_}, {"--require", "verified:2"}).verdict.headline,
            Facts("verified by 2 authorities (a, b)"));
}

TEST_F(Forgeries, AuthoritiesThatCannotBeCountedAreAUsageError) {
  const std::string file = WriteEvidence(evidence_);
  const std::string both =
      Write("both.pem", ReadFile(workshop_->Pem("a")) + ReadFile(workshop_->Pem("b")));
  const std::string bitcoin = "bitcoin=" + workshop_->Pem("a");
  const std::string again = "other=" + workshop_->Pem("a");
  for (const auto& [args, why] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--authority", a_, "--authority", again}, "share a root's key"},
           {{"--authority", b_, "--authority", "x=" + both}, "share a root's key"},
           {{"--authority", a_, "--tsa_roots", both}, "share a root's key"},
           {{"--authority", a_, "--authority", a_}, "given twice"},
           {{"--authority", "tsa=" + workshop_->Pem("b"), "--tsa_roots", workshop_->Pem("a")},
            "given twice"},
           {{"--authority", bitcoin}, "`bitcoin` is the authority that block headers stand for"},
           {{"--authority", workshop_->Pem("a")}, "is not NAME=ROOTS.pem"},
           {{"--authority", "a="}, "is not NAME=ROOTS.pem"},
           {{"--authority", "a b=" + workshop_->Pem("a")}, "authority's name"},
           {{"--require", "anchored"}, "--require verified, or verified:N"},
           {{"--anchors", "2"}, "--require verified:2"},
           {{"--require", "verified:0"}, "verified:2"},
           {{"--require", "certifier"}, "--certifier NAME=KEY"},
           {{"--require", "record"}, "--certificate FILE"},
           {{"--require", "included,nonsense"}, "included, witnessed, verified[:N]"}}) {
    const CairnResult result = RunCairn(Join({"verify", "--log_key", log_key_, file}, args));
    EXPECT_EQ(result.code, 2) << ::testing::PrintToString(args);
    EXPECT_THAT(result.err, HasSubstr(why)) << ::testing::PrintToString(args);
  }
  const std::string empty = Write("empty.pem", "");
  EXPECT_EQ(RunCairn({"verify", "--log_key", log_key_, file, "--authority", "a=" + empty}).code, 3);
  EXPECT_EQ(
      RunCairn({"verify", "--log_key", log_key_, file, "--authority", "a=" + Path("no")}).code, 3);
}

TEST_F(Forgeries, DuplicatedAndRenamedReceiptsAreOneAuthority) {
  const std::string token = workshop_->Token("s", "s-by-a", DigestOf(evidence_));
  for (int i = 10; i < 26; ++i) {
    evidence_.receipts.push_back(Receipt(absl::StrCat("authority-", i), token));
  }
  const Verified verified = Verify(evidence_, {a_, b_});
  EXPECT_EQ(verified.verdict.headline, Facts("verified by 1 authority (a)"));
  EXPECT_EQ(verified.verdict.exit_code, 0);
  EXPECT_EQ(Verify(evidence_, {a_, b_}, {"--require", "verified:2"}).verdict.exit_code, 1);
}

TEST_F(Forgeries, LinesOfTheNoteThatAreDroppedSwappedOrSignedAgainBreakWhatWasPinned) {
  evidence::Evidence full = example::MakeFullEvidence(1'790'000'000);
  std::string policy = absl::StrCat("log ", log_key_, "\n");
  const note::Note sound = *note::ParseNote(full.proof.checkpoint);
  const std::shared_ptr<const note::Policy> trusted = example::FullPolicy();
  for (const note::PolicyWitness& witness : trusted->witnesses()) {
    absl::StrAppend(&policy, "witness ", witness.name, " ", witness.key.Format(), "\n");
  }
  absl::StrAppend(&policy, "group all 2 w1.example w2.example w3.example\nquorum all\n");
  const std::vector<std::string> more = {"--policy", Write("p", policy)};
  full.receipts = {Receipt("a", workshop_->Token("s", "s-by-a", DigestOf(full)))};
  const std::string facts = "; verified by 1 authority (a); certifier not proven; no record given";
  EXPECT_EQ(Verify(full, {a_}, more).verdict.headline,
            "included; witnessed by 3 of w1.example w2.example w3.example" + facts);
  const auto expect_broken = [&](const std::string& note, const std::string& witnessed) {
    evidence::Evidence forged = full;
    forged.proof.checkpoint = note;
    const Verified verified = Verify(forged, {a_}, more);
    EXPECT_EQ(verified.verdict.exit_code, 1);
    EXPECT_EQ(verified.verdict.headline,
              absl::StrCat("FALSE: anchor a; included; ", witnessed,
                           " of w1.example w2.example w3.example; NOT verified; certifier not "
                           "proven; no record given"));
    EXPECT_FALSE(verified.document["times"].contains("anchor_bound_ms"));
  };
  note::Note edited = sound;
  edited.signatures.pop_back();
  expect_broken(*note::FormatNote(edited), "witnessed by 2");
  edited = sound;
  std::swap(edited.signatures[1], edited.signatures[2]);
  expect_broken(*note::FormatNote(edited), "witnessed by 3");
  expect_broken(example::MakeFullEvidence(1'780'000'000).proof.checkpoint, "witnessed by 3");
  expect_broken(example::MakeFullEvidence(0).proof.checkpoint, "witnessed by 3");
}

TEST_F(Forgeries, AWitnessWithTheLogsKeyNeverCounts) {
  std::string seed;
  for (char byte = 0; byte < 32; ++byte) seed.push_back(byte);
  const note::SignerKey self = *note::MakeSignerKey(
      "independent.example/w", note::KeyType::kCosignature, *PrivateKey::FromSeed(seed));
  const std::string text = note::ParseNote(evidence_.proof.checkpoint)->text;
  evidence_.proof.checkpoint += *note::FormatSignatureLine(
      {self.name(), self.verifier_key().id(), *note::Cosign(self, 1'790'000'000, text)});
  const std::string policy = Write("p", absl::StrCat("log ", log_key_, "\nwitness w ",
                                                     self.verifier_key().Format(), "\nquorum w\n"));
  const Verified verified = VerifyWithCairn({WriteEvidence(evidence_), "--policy", policy});
  EXPECT_EQ(verified.verdict,
            (Verdict{1,
                     "included; NOT witnessed (0 of w, no quorum); NOT verified; certifier not "
                     "proven; no record given",
                     {"certificate: not_proven, not_given", "statement: not_proven, unsigned",
                      "inclusion: proven, included", "checkpoint: proven, signed",
                      "witnesses: not_proven, no_quorum", "anchor bound: not_proven, too_few",
                      "witness bound: not_proven, not_witnessed"}}));
  EXPECT_THAT(verified.err + verified.document["reasons"].dump(),
              HasSubstr("has a log's own key and never counts as a witness"));
}

// Two trees of one size, both signed with the log's key: each alone is sound.
class Contradictions : public Forgeries {
 protected:
  Contradictions() {
    std::vector<note::SignerKey> keys;
    keys.push_back(example::LogKey());
    const note::CheckpointSigner signer = *note::CheckpointSigner::Create(std::move(keys));
    evidence::Evidence other = example::MakeEvidence(example::kUnsigned);
    // A log of five entries, of which nobody but this file's reader sees the others.
    other.proof.proof[0] = merkle::Sha256("another history");
    const Hash leaf = merkle::HashLeaf(other.entry);
    const Hash left =
        merkle::HashNode(merkle::HashNode(other.proof.proof[0], leaf), other.proof.proof[1]);
    other.proof.checkpoint = *signer.Sign({.origin = signer.origin(),
                                           .size = TreeSize(5),
                                           .root = merkle::HashNode(left, other.proof.proof[2]),
                                           .extensions = {}});
    first_ = WriteEvidence(evidence_, "first.cairn.json");
    second_ = WriteEvidence(other, "second.cairn.json");
  }

  CairnResult Run(const std::vector<std::string>& args) const {
    return RunCairn(Join({"verify", "--log_key", log_key_}, args));
  }

  std::string first_, second_;
};

TEST_F(Contradictions, FailTheRunAndAreProvedAgainstTheKey) {
  for (const std::string& alone : {first_, second_}) EXPECT_EQ(Run({alone}).code, 0) << alone;
  EXPECT_EQ(Run({first_, first_}).code, 0);
  const CairnResult both = Run({first_, second_});
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.err, HasSubstr("contradict each other: the key of log `log.example/test` has "
                                  "signed two trees of 5 entries"));
  const std::string proof = Path("proof");
  const CairnResult proved = Run({first_, second_, "--misbehaviour", proof});
  EXPECT_EQ(proved.code, 1);
  EXPECT_THAT(proved.err, HasSubstr("it convicts the log's key, not a person"));
  EXPECT_TRUE(note::ParseMisbehaviour(ReadFile(proof)).ok());
  EXPECT_EQ(RunCairn({"verify-misbehaviour", proof, "--log_key", log_key_}).code, 0);
  // What is there is never replaced.
  const std::string before = ReadFile(proof);
  EXPECT_EQ(Run({second_, first_, "--misbehaviour", proof}).code, 3);
  EXPECT_EQ(ReadFile(proof), before);
  // Where there is none, no proof is made.
  EXPECT_EQ(Run({first_, "--misbehaviour", Path("none")}).code, 0);
  EXPECT_FALSE(fs::exists(Path("none")));
}

TEST_F(Contradictions, AreFoundInDirectoriesToo) {
  fs::create_directories(Path("all/deep"));
  fs::copy(first_, Path("all/first.cairn.json"));
  fs::copy(second_, Path("all/deep/second.cairn.json"));
  const CairnResult result = Run({Path("all"), "--json", "--threads", "2"});
  EXPECT_EQ(result.code, 1);
  const std::vector<nlohmann::json> documents = result.documents();
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0]["verified"], 2);
  EXPECT_EQ(documents[1]["contradiction"]["tree_size"], 5);
  fs::remove(Path("all/deep/second.cairn.json"));
  EXPECT_EQ(Run({Path("all"), second_}).code, 1) << "a directory against a file";
}

// A forger without the log's key convicts nobody.
TEST_F(Contradictions, NeedBothSignatures) {
  std::string forged = absl::StrReplaceAll(ReadFile(second_), {{"— log.example/test b", "— x b"}});
  EXPECT_EQ(Run({Write("forged.cairn.json", forged)}).code, 1);
  const CairnResult both = Run({first_, Path("forged.cairn.json")});
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.err, Not(HasSubstr("contradict")));
}

TEST_F(Forgeries, AReportCanBeRepeated) {
  evidence_.receipts = {Receipt("a", workshop_->Token("s", "s-by-a", DigestOf(evidence_)))};
  const std::vector<std::string> args = {
      WriteEvidence(evidence_), "--log_key", log_key_, "--authority", a_, "--require",
      "verified:1,included"};
  const nlohmann::json inputs =
      VerifyWithCairn(Join(args, {"--now", "2100-01-01T00:00:00Z"})).document.at("inputs");
  EXPECT_EQ(inputs["now"], "2100-01-01T00:00:00.000Z");
  EXPECT_EQ(inputs["evidence_sha256"], merkle::Sha256(ReadFile(Path("e.cairn.json"))).Hex());
  EXPECT_EQ(inputs["authorities"][0]["name"], "a");
  EXPECT_EQ(inputs["authorities"][0]["sha256"],
            merkle::Sha256(ReadFile(workshop_->Pem("a"))).Hex());
  EXPECT_EQ(inputs["options"]["require"], nlohmann::json({"included", "verified:1"}));
  EXPECT_EQ(inputs["options"]["log_key"], nlohmann::json({log_key_}));
  EXPECT_TRUE(inputs.contains("version"));
  // Judged in the past, the token is of the future.
  const Verified before = VerifyWithCairn(Join(args, {"--now", "2026-03-01T00:00:00Z"}));
  EXPECT_EQ(before.verdict.headline, Facts("NOT verified"));
  EXPECT_THAT(before.verdict.layers, ::testing::Contains("anchor a: not_proven, later_than_now"));
  const CairnResult explained =
      RunCairn(Join({"verify", "--explain", "--now", "2100-01-01T00:00:00Z"}, args));
  EXPECT_THAT(explained.out, HasSubstr("how this was decided:\n"));
  EXPECT_THAT(explained.out, HasSubstr("anchors: proven [enough], required: "));
  EXPECT_THAT(explained.out, HasSubstr("judged by:\n  cairn "));
  EXPECT_THAT(explained.out, HasSubstr("now 2100-01-01T00:00:00.000Z"));
  EXPECT_THAT(explained.out, HasSubstr("authority a sha256:"));
  for (const std::string now : {"tomorrow", "2100-01-01", "1960-01-01T00:00:00Z"}) {
    EXPECT_EQ(RunCairn(Join({"verify", "--now", now}, args)).code, 2) << now;
  }
}

}  // namespace
}  // namespace cairn::testing
