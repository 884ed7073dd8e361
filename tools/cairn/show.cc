// cairn show: what a certificate says, in a screenful or on a page.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "anchor/evidence/carried.h"
#include "anchor/evidence/evidence.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/record_signs.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"
#include "tools/cairn/record.h"
#include "tools/cairn/shown.h"

namespace cairn::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string certificate;
  std::string node_keys;
  std::string html;
  bool json = false;
};

// kInvalidArgument for what is malformed or no record; others as in file.h.
absl::Status AddRecord(const std::string& bytes, const certificate::NodeKeys* keys, Shown& shown) {
  absl::StatusOr<certificate::JudgedRecord> record = certificate::JudgeRecord(
      bytes, {.node_keys = keys, .now_s = absl::ToUnixSeconds(absl::Now())});
  if (!record.ok()) return absl::InvalidArgumentError(record.status().message());
  shown.summary = certificate::Summarize(*record);
  shown.judgement = std::move(record->judgement);
  return absl::OkStatus();
}

absl::Status Read(const Options& options, const std::string& path,
                  const certificate::NodeKeys* keys, Shown& shown) {
  shown.file = path;
  const absl::StatusOr<std::string> bytes = ReadFile(path, certificate::kMaxRecordBytes);
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<evidence::Evidence> evidence = evidence::Parse(*bytes);
  if (!evidence.ok()) {
    // By its name it was to be evidence.
    if (absl::EndsWith(path, evidence::kFileSuffix)) return evidence.status();
    if (!options.certificate.empty()) {
      return absl::InvalidArgumentError("is no evidence, which --certificate goes with");
    }
    return AddRecord(*bytes, keys, shown);
  }
  shown.evidence = FactsOf(*evidence);
  if (options.certificate.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> record =
      ReadFile(options.certificate, certificate::kMaxRecordBytes);
  if (!record.ok()) return record.status();
  if (absl::Status added = AddRecord(*record, keys, shown); !added.ok()) return added;
  const absl::StatusOr<evidence::StatementEntry> entry = evidence::DecodeSubject(evidence->entry);
  const Hash logged = entry.ok() ? entry->signed_statement.statement.certificate_hash : Hash{};
  const Hash about = evidence::OpenedHash(*evidence, logged).value_or(logged);
  if (shown.judgement->hash != about) {
    return absl::InvalidArgumentError(absl::StrCat("is about sha256:", about.Hex(), ", and ",
                                                   options.certificate, " is another certificate"));
  }
  return absl::OkStatus();
}

ExitCode Show(const Options& options, const std::string& path, const certificate::NodeKeys* keys) {
  Shown shown;
  if (const absl::Status read = Read(options, path, keys, shown); !read.ok()) {
    const bool malformed = absl::IsInvalidArgument(read);
    Complain(malformed ? absl::InvalidArgumentError(absl::StrCat(path, ": ", read.message()))
                       : read);
    return malformed ? kNo : kUnable;
  }
  if (!options.html.empty()) {
    if (const absl::Status made = CreateFile(options.html, ShownHtml(shown), 0644); !made.ok()) {
      Complain(absl::StrCat("--html: ", made.message()));
      return kUnable;
    }
  }
  if (options.json) {
    std::cout << JsonLine(ShownJson(shown));
  } else if (options.html.empty()) {
    std::cout << ShownText(shown);
  }
  return !shown.judgement.has_value() || shown.judgement->status().ok() ? kYes : kNo;
}

ExitCode Run(const Options& options) {
  if (!options.html.empty() && options.files.size() > 1) Misused("--html goes with one file");
  if (!options.certificate.empty() && options.files.size() > 1) {
    Misused("--certificate goes with one evidence file");
  }
  const absl::StatusOr<std::optional<certificate::NodeKeys>> keys = ReadNodeKeys(options.node_keys);
  if (!keys.ok()) {
    Complain(keys.status());
    return kUnable;
  }
  ExitCode worst = kYes;
  for (const std::string& path : options.files) {
    worst = Worse(worst, Show(options, path, keys->has_value() ? &**keys : nullptr));
  }
  return worst;
}

}  // namespace

void AddShow(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "show",
      "Prints what a certificate says: what ran, who says so, what went in and came out, what its "
      "hash covers and what it does not. Exit status 1 where the record contradicts itself or "
      "cannot be checked here; it is shown all the same",
      "cairn show record.json --html record.html", &options->json);
  command.Add("FILE", options->files, "Records, and evidence files").Required();
  command.Add("--certificate", options->certificate,
              "With one evidence file: the record that it is about, to be shown too");
  command.Add(Spellings("node_keys"), options->node_keys,
              "Key file of the node that attests records; without it attestations are not checked");
  command.Add("--html", options->html,
              "Write a page that can be printed to this file, which must not exist");
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
