// cairn redact: takes values out of a record and seals what is left.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/redaction.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"
#include "tools/cairn/salt.h"

namespace cairn::cli {
namespace {

using certificate::CommitmentOpening;
using certificate::Json;

constexpr size_t kMaxOpeningsBytes = size_t{128} << 20;

struct Options {
  std::string record;
  std::vector<std::string> remove;
  std::vector<std::string> replace;
  std::vector<std::string> commit;
  std::string openings;
  std::string out;
  std::string resealed_at;
  bool link_original = false;
  bool check = false;
  bool json = false;
};

// A value as JSON writes it; anything else is a text.
Json ParseValue(const std::string& text) {
  absl::StatusOr<Json> value = certificate::ParseStrict(text);
  return value.ok() ? *std::move(value) : Json(text);
}

certificate::Redaction ReadOptions(const Options& options) {
  certificate::Redaction redaction{.remove = options.remove,
                                   .replace = {},
                                   .commit = options.commit,
                                   .link_original = options.link_original,
                                   .resealed_at = {}};
  for (const std::string& one : options.replace) {
    const size_t equals = one.find('=');
    if (equals == std::string::npos)
      Misused(absl::StrCat("--replace: PATH=VALUE, not `", one, "`"));
    redaction.replace.emplace_back(one.substr(0, equals), ParseValue(one.substr(equals + 1)));
  }
  if (redaction.remove.empty() && redaction.replace.empty() && redaction.commit.empty()) {
    Misused("name what to take out: --remove, --replace or --commit");
  }
  if (redaction.commit.empty() != options.openings.empty()) {
    Misused(
        "--commit and --openings go together: without its opening a commitment opens to nothing");
  }
  if (options.out.empty()) Misused("--out names the file for the new record");
  redaction.resealed_at =
      options.resealed_at.empty()
          ? absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone())
          : options.resealed_at;
  return redaction;
}

std::string OpeningsText(const std::vector<CommitmentOpening>& openings) {
  std::string text;
  for (const CommitmentOpening& one : openings) {
    text += JsonLine({{"path", one.path}, {"salt", one.salt.Hex()}, {"value", one.value}});
  }
  return text;
}

absl::StatusOr<certificate::JudgedRecord> ReadRecordFile(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path, certificate::kMaxRecordBytes);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<certificate::JudgedRecord> record = certificate::JudgeRecord(*bytes);
  if (!record.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", record.status().message()));
  }
  return record;
}

ExitCode Fail(const absl::Status& status) {
  Complain(status);
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status) ? kNo : kUnable;
}

// The new record is written last: whoever finds it finds its openings too.
absl::Status Write(const Options& options, const certificate::Redacted& redacted) {
  if (!redacted.openings.empty()) {
    const absl::Status made = CreateFile(options.openings, OpeningsText(redacted.openings), 0600);
    if (!made.ok()) return made;
  }
  return CreateFile(options.out, certificate::CanonicalJson(redacted.record) + "\n", 0644);
}

ExitCode Redact(const Options& options) {
  const certificate::Redaction redaction = ReadOptions(options);
  const absl::StatusOr<certificate::JudgedRecord> record = ReadRecordFile(options.record);
  if (!record.ok()) return Fail(record.status());
  const absl::StatusOr<certificate::Redacted> redacted =
      certificate::Redact(*record, redaction, RandomSalt);
  if (!redacted.ok()) return Fail(redacted.status());
  if (const absl::Status written = Write(options, *redacted); !written.ok()) return Fail(written);
  const std::string hash = *certificate::TextMember(redacted->record, "certificateHash");
  if (options.json) {
    std::cout << JsonLine({{"record", options.record},
                           {"out", options.out},
                           {"hash", hash},
                           {"notices", redacted->notices}});
    return kYes;
  }
  std::cout << hash << "  " << Printable(options.out, kMaxShownLine) << "\n";
  for (const std::string& notice : redacted->notices) Complain(notice);
  return kYes;
}

absl::StatusOr<std::vector<CommitmentOpening>> ReadOpenings(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxOpeningsBytes);
  if (!text.ok()) return text.status();
  std::vector<CommitmentOpening> openings;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(*text, '\n', absl::SkipEmpty()))) {
    const absl::StatusOr<Json> json = certificate::ParseStrict(line);
    const std::string* where = json.ok() ? certificate::TextMember(*json, "path") : nullptr;
    const std::string* salt = json.ok() ? certificate::TextMember(*json, "salt") : nullptr;
    const std::string* value = json.ok() ? certificate::TextMember(*json, "value") : nullptr;
    const absl::StatusOr<Hash> parsed =
        salt == nullptr ? absl::InvalidArgumentError("") : ParseHash(*salt);
    if (where == nullptr || value == nullptr || !parsed.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", openings.size() + 1, " is no opening"));
    }
    openings.push_back({.path = *where, .salt = *parsed, .value = *value});
  }
  if (openings.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " holds no opening"));
  return openings;
}

ExitCode Check(const Options& options) {
  if (options.openings.empty()) Misused("--check needs --openings FILE");
  const absl::StatusOr<certificate::JudgedRecord> record = ReadRecordFile(options.record);
  if (!record.ok()) return Fail(record.status());
  if (const absl::Status good = record->judgement.record_status(); !good.ok()) return Fail(good);
  const absl::StatusOr<std::vector<CommitmentOpening>> openings = ReadOpenings(options.openings);
  if (!openings.ok()) return Fail(openings.status());
  ExitCode worst = kYes;
  for (const CommitmentOpening& one : *openings) {
    const absl::Status opens = certificate::VerifyCommitment(record->record(), one);
    if (!opens.ok()) {
      Complain(opens);
      worst = kNo;
    }
    if (options.json) {
      std::cout << JsonLine({{"path", one.path}, {"opened", opens.ok()}});
    } else if (opens.ok()) {
      std::cout << Printable(one.path) << ": opened\n";
    }
  }
  return worst;
}

}  // namespace

void AddRedact(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "redact",
      "Takes values out of an execution's record and seals what is left as a new record with a "
      "hash of "
      "its own. What attested the original is dropped, and so are the hashes of what is taken out: "
      "without salt a hash confirms a guess",
      "cairn redact record.json --remove snapshot.input --out public.json", &options->json);
  command.Add("RECORD", options->record, "The record").Required();
  command
      .Add("--remove", options->remove, "PATH of a member to take out: snapshot.input.messages[0]")
      .Repeatable();
  command.Add("--replace", options->replace, "PATH=VALUE, VALUE as JSON, or else a text")
      .Repeatable();
  command
      .Add(
          "--commit", options->commit,
          "snapshot.input or snapshot.output, of protocol 1.3.1: replace it by a salted commitment")
      .Repeatable();
  command.Add("--openings", options->openings,
              "File for what opens the commitments; with --check, the file to read");
  command.Add("--out", options->out, "File for the new record; must not exist");
  command.Add(Spellings("resealed_at"), options->resealed_at,
              "The time to state, so that the file can be made again; by default the clock's");
  command.AddFlag(Spellings("link_original"), options->link_original,
                  "State the original's hash. It has no salt: guesses of what was taken out can be "
                  "confirmed with it");
  command.AddFlag("--check", options->check,
                  "Instead: whether the openings open the record's commitments");
  command.OnRun(
      [options, exit_code] { *exit_code = options->check ? Check(*options) : Redact(*options); });
}

}  // namespace cairn::cli
