// cairn extract: takes out of evidence what the tools of other worlds read.

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "merkle/note/tlog_proof.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

struct Options {
  std::string evidence;
  std::string out = ".";
  bool json = false;
};

// A file's name after that of the evidence, and its bytes.
using Extracted = std::pair<std::string, std::string>;

absl::Status AddReceipt(const evidence::AnchorReceipt& receipt, std::vector<Extracted>& files) {
  if (receipt.kind == evidence::kOpenTimestampsKind) {
    files.emplace_back(absl::StrCat(".", receipt.anchor, ".ots"), receipt.receipt);
    return absl::OkStatus();
  }
  if (receipt.kind != evidence::kRfc3161Kind) {
    files.emplace_back(absl::StrCat(".", receipt.anchor, ".receipt"), receipt.receipt);
    return absl::OkStatus();
  }
  const absl::StatusOr<rfc3161::Receipt> parsed = rfc3161::ParseReceipt(receipt.receipt);
  if (!parsed.ok()) return parsed.status();
  files.emplace_back(absl::StrCat(".", receipt.anchor, ".tsr"), parsed->response);
  for (size_t i = 0; i < parsed->certificates.size(); ++i) {
    files.emplace_back(absl::StrCat(".", receipt.anchor, ".", i + 1, ".cer"),
                       parsed->certificates[i]);
  }
  for (size_t i = 0; i < parsed->crls.size(); ++i) {
    files.emplace_back(absl::StrCat(".", receipt.anchor, ".", i + 1, ".crl"), parsed->crls[i]);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Extracted>> Extract(const evidence::Evidence& evidence) {
  const absl::StatusOr<std::string> proof = note::FormatTlogProof(evidence.proof);
  if (!proof.ok()) return proof.status();
  std::vector<Extracted> files = {
      {".note", evidence.proof.checkpoint}, {".tlog-proof", *proof}, {".entry", evidence.entry}};
  for (const evidence::AnchorReceipt& receipt : evidence.receipts) {
    if (absl::Status added = AddReceipt(receipt, files); !added.ok()) return added;
  }
  return files;
}

ExitCode Run(const Options& options) {
  const absl::StatusOr<std::string> bytes = ReadFile(options.evidence, evidence::kMaxEvidenceBytes);
  if (!bytes.ok()) {
    Complain(bytes.status());
    return kUnable;
  }
  const absl::StatusOr<evidence::Evidence> evidence = evidence::Parse(*bytes);
  const absl::StatusOr<std::vector<Extracted>> files =
      evidence.ok() ? Extract(*evidence) : evidence.status();
  if (!files.ok()) {
    Complain(absl::StrCat(options.evidence, ": ", files.status().message()));
    return kNo;
  }
  if (const absl::Status made = MakeDirectories(options.out); !made.ok()) {
    Complain(made);
    return kUnable;
  }
  const std::string name = std::filesystem::path(options.evidence).filename().string();
  const std::string stem(absl::StripSuffix(name, evidence::kFileSuffix));
  nlohmann::ordered_json json = {{"evidence", options.evidence},
                                 {"files", nlohmann::ordered_json::array()}};
  for (const auto& [suffix, content] : *files) {
    const std::string path = absl::StrCat(options.out, "/", stem, suffix);
    if (const absl::Status made = CreateFile(path, content, 0644); !made.ok()) {
      Complain(made);
      return kUnable;
    }
    json["files"].push_back(path);
    if (!options.json) std::cout << Printable(path, kMaxShownLine) << "\n";
  }
  if (options.json) std::cout << JsonLine(json);
  return kYes;
}

}  // namespace

void AddExtract(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "extract",
      "Takes out of evidence what other tools read: NAME.note, the anchored checkpoint byte for "
      "byte, whose SHA-256 the receipts name; NAME.tlog-proof; NAME.entry; and by anchor "
      "NAME.ANCHOR.tsr with certificates and revocation lists, or NAME.ANCHOR.ots",
      "cairn extract out/record.cairn.json --out parts", &options->json);
  command.Add("EVIDENCE", options->evidence, "Evidence file").Required();
  command.Add("--out", options->out, "Directory; what is there is never replaced").ShowDefault();
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
