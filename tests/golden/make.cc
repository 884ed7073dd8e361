// Makes the golden set anew: evidence of every kind that this release writes, with all that it
// takes to verify it. Run once a release, into a directory of its own; what earlier ones made
// stays.
//
//   bazel run //tests/golden:make -- $PWD/tests/golden/v1

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/hash.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note.h"
#include "tests/testing/time_stamp_authority.h"

namespace cairn::evidence {
namespace {

void Write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary);
  out << bytes;
  if (!out.flush()) std::perror(file.c_str());
}

void WriteEvidence(const std::filesystem::path& directory, const std::string& name,
                   const Evidence& evidence) {
  Write(directory / absl::StrCat(name, kFileSuffix), *Format(evidence));
}

void Make(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  WriteEvidence(directory, "unsigned", testing::MakeEvidence(testing::kUnsigned));
  WriteEvidence(directory, "signed", testing::MakeEvidence(testing::kSigned));
  WriteEvidence(directory, "batch", testing::MakeEvidence(testing::kBatched));

  Evidence witnessed = testing::MakeEvidence(testing::kSigned);
  const note::SignerKey witness =
      *note::GenerateSignerKey("witness.example/w", note::KeyType::kCosignature);
  note::Note note = *note::ParseNote(witnessed.proof.checkpoint);
  note.signatures.push_back({.key_name = witness.name(),
                             .key_id = witness.verifier_key().id(),
                             .signature = *note::Cosign(witness, 1'790'000'000, note.text)});
  witnessed.proof.checkpoint = *note::FormatNote(note);
  WriteEvidence(directory, "witnessed", witnessed);

  cairn::testing::TimeStampAuthority authority;
  testing::BitcoinChain chain;
  const Hash digest = merkle::Sha256(witnessed.proof.checkpoint);
  const uint64_t height = chain.Mine(digest);
  chain.Mine(9);
  ots::File file{.digest = std::string(digest.view())};
  file.timestamp.attestations = {ots::Attestation::Bitcoin(height)};
  const std::string response = authority.Reply(*rfc3161::MakeRequest(digest));
  Evidence anchored = witnessed;
  anchored.receipts = {
      {"btc", kOpenTimestampsKind, *ots::Format(file)},
      {"tsa", kRfc3161Kind,
       *rfc3161::FormatReceipt(
           {.response = response, .certificates = {}, .crls = {authority.Crl()}})}};
  WriteEvidence(directory, "anchored", anchored);

  Write(directory / "tsa-root.pem", authority.Pem("root"));
  Write(directory / "headers", chain.File());
  Write(directory / "trust.policy",
        absl::StrCat("log ", testing::LogKey().verifier_key().Format(), "\nwitness w ",
                     witness.verifier_key().Format(), "\nquorum w\n"));
  Write(directory / "log.policy",
        absl::StrCat("log ", testing::LogKey().verifier_key().Format(), "\nquorum none\n"));
}

}  // namespace
}  // namespace cairn::evidence

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make DIRECTORY\n");
    return 2;
  }
  cairn::evidence::Make(argv[1]);
  return 0;
}
