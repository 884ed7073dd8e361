// cairn hash: the hash under which a file is logged.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/cairn/command.h"
#include "tools/cairn/record.h"

namespace cairn::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string node_keys;
  RecordOptions record;
  bool json = false;
};

// A record with attestations that do not hold is refused here, as it is where it is submitted.
absl::StatusOr<Record> Read(const Options& options, const std::string& file,
                            const certificate::NodeKeys* node_keys) {
  absl::StatusOr<Record> record =
      ReadRecord(file, options.record.kind(), {.keys = node_keys}, options.record.left_open());
  if (!record.ok()) return record;
  if (absl::Status attested = record->attestations_status(); !attested.ok()) return attested;
  return record;
}

ExitCode HashOne(const Options& options, const std::string& file,
                 const certificate::NodeKeys* node_keys) {
  const absl::StatusOr<Record> record = Read(options, file, node_keys);
  const bool refused = IsRefusal(record.status());
  if (options.json) {
    nlohmann::ordered_json json;
    json["file"] = file;
    if (record.ok()) {
      json["hash"] = absl::StrCat("sha256:", record->hash.Hex());
      json["kind"] = std::string(evidence::CertificateKindName(record->kind));
      json["notices"] = record->notices;
      AddRounded(record->rounded, json);
      AddJudgement(record->judgement, json);
    } else {
      json["error"] = std::string(record.status().message());
      json["error_code"] = ErrorCodeOf(record.status());
    }
    std::cout << JsonLine(json);
  } else if (record.ok()) {
    std::cout << "sha256:" << record->hash.Hex() << "  "
              << evidence::CertificateKindName(record->kind) << "  "
              << Printable(file, kMaxShownLine) << "\n";
    for (const std::string& notice : record->notices) Complain(absl::StrCat(file, ": ", notice));
  } else {
    Complain(
        absl::StrCat(refused ? absl::StrCat(file, ": refused: ") : "", record.status().message()));
  }
  if (record.ok()) return kYes;
  return refused ? kNo : kUnable;
}

ExitCode Run(const Options& options) {
  const absl::StatusOr<std::optional<certificate::NodeKeys>> node_keys =
      ReadNodeKeys(options.node_keys);
  if (!node_keys.ok()) {
    Complain(node_keys.status());
    return kUnable;
  }
  ExitCode worst = kYes;
  for (const std::string& file : options.files) {
    worst = Worse(worst, HashOne(options, file, node_keys->has_value() ? &**node_keys : nullptr));
  }
  return worst;
}

}  // namespace

void AddHash(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "hash",
      "Prints the hash under which files are logged: the certificate hash of a Certified Execution "
      "Record, which is checked, and SHA-256 of any other file",
      "cairn hash record.json report.pdf", &options->json);
  command.Add("FILE", options->files, "Records, or any files").Required();
  command.Add(Spellings("node_keys"), options->node_keys,
              "Key file of the node that attests records; without it attestations are not "
              "checked");
  AddRecordOptions(command, &options->record);
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
