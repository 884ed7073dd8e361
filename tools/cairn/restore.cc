// cairn restore: puts a backup in a log's place, where nothing that is known forbids it.
//
// The rules are those of docs/operations.md, "Restoring a backup". What is known of the log outside
// the copy is gathered first, from what is left of the old directory, from witnesses and from
// checkpoints that are named; a copy that lacks any of it is refused before anything is written.
// What cannot be known here is said.

#include "ledger/rocksdb/restore.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "anchor/rocksdb/check.h"
#include "ledger/rocksdb/read_only_log.h"
#include "merkle/note/key.h"
#include "merkle/note/text.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"
#include "tools/cairn/known_trees.h"
#include "tools/cairn/log_check.h"
#include "tools/cairn/progress.h"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxStateFileBytes = 256;

struct Options {
  std::string copy;
  std::string directory;
  std::string old;
  std::string policy;
  std::vector<std::string> checkpoints;
  std::string key_file;
  std::string key_state_file;
  uint64_t threads = 0;
  bool json = false;
};

// Why the copy is not restored. The code is persistent.
struct Refusal {
  std::string code;
  std::string what;
};

struct Report {
  std::string origin;
  ledger::TreeState state;
  std::vector<std::string> checked;
  std::vector<std::string> unknown;
  std::vector<Refusal> refusals;
  std::string next;
};

void Refuse(Report* report, absl::string_view code, absl::string_view what) {
  report->refusals.push_back({std::string(code), std::string(what)});
}

constexpr char kRetire[] =
    "Do not restore this copy: a log that goes on from it signs a second history. Look for a newer "
    "backup, or for the old directory itself; where there is none, the log has ended: keep the "
    "copy "
    "to read, and begin a new log with a new origin and key.";

// --- what is left of the old directory ---

// The sizes and roots that the old directory says it signed, as trees that the copy must have.
void AddSigned(const std::string& old, Knowledge* known) {
  std::error_code error;
  const std::string file = old + "/signed";
  if (!fs::exists(file, error)) return;
  const absl::StatusOr<ledger::SignedRecord> record = ledger::ReadSignedRecord(old);
  if (!record.ok()) {
    known->silent.push_back(absl::StrCat(file, ": ", record.status().message()));
    return;
  }
  for (const ledger::TreeState& state : record->states) {
    known->trees.push_back({file, state.size, state.root});
  }
}

// Errors: a cairnd has it open, or it holds what is not cairn's.
absl::Status AddOldDirectory(const std::string& old, const ledger::ReadOnlyLog& copy,
                             const note::VerifierKey& log, Knowledge* known, Report* report) {
  const absl::StatusOr<bool> holds = ledger::HoldsLog(old);
  if (!holds.ok()) return holds.status();
  const absl::StatusOr<ledger::Directory::ReadersLock> lock =
      ledger::Directory::ReadersLock::Take(old);
  if (!lock.ok()) return lock.status();
  AddSigned(old, known);
  AddNoteFile(old + "/published", log, known);
  if (anchor::HasStore(old + "/anchors")) {
    const auto anchors = anchor::CheckStore(old + "/anchors", copy.identity().origin);
    if (!anchors.ok()) {
      known->silent.push_back(absl::StrCat(old, "/anchors: ", anchors.status().message()));
    } else if (anchors->newest.has_value()) {
      known->trees.push_back({old + "/anchors", anchors->newest->size, anchors->newest->root});
    }
  }
  if (!*holds) return absl::OkStatus();
  const auto database = ledger::ReadOnlyLog::Open(old);
  if (!database.ok()) {
    known->silent.push_back(absl::StrCat(old, "/db: ", database.status().message()));
    return absl::OkStatus();
  }
  if ((*database)->identity().log_id != copy.identity().log_id) {
    Refuse(report, "other_log",
           absl::StrCat(old, " holds another log, ", (*database)->identity().origin,
                        ": this is no copy of it"));
    return absl::OkStatus();
  }
  const absl::StatusOr<ledger::TreeState> state = (*database)->ReadState();
  if (!state.ok()) {
    known->silent.push_back(absl::StrCat(old, "/db: ", state.status().message()));
    return absl::OkStatus();
  }
  known->trees.push_back({old + "/db", state->size, state->root});
  return absl::OkStatus();
}

// Whose the key is by the record beside it.
absl::Status CheckKey(const Options& options, const ledger::ReadOnlyLog& copy, Report* report) {
  const std::string file = !options.key_state_file.empty() ? options.key_state_file
                           : !options.key_file.empty()     ? options.key_file + ".used"
                                                           : "";
  if (file.empty()) {
    report->unknown.push_back(
        "whether the log's key is bound to this log: name it with --key_file");
    return absl::OkStatus();
  }
  const absl::StatusOr<std::string> read = ReadFile(file, kMaxStateFileBytes);
  if (absl::IsNotFound(read.status())) {
    report->unknown.push_back(absl::StrCat(
        "whether the key has signed another log: there is no ", file,
        "; restore that too if it was ever there, it is what keeps a second log from the key"));
    return absl::OkStatus();
  }
  if (!read.ok()) return read.status();
  const auto& id = copy.identity().log_id;
  const std::string ours = note::FormatHex({reinterpret_cast<const char*>(id.data()), id.size()});
  if (*read != ours + "\n") {
    Refuse(report, "other_key_owner",
           absl::StrCat(file, " says that the key signs for another log than the copy's, ", ours));
    return absl::OkStatus();
  }
  report->checked.push_back(absl::StrCat("the key is this log's, says ", file));
  return absl::OkStatus();
}

// --- the target ---

bool HasRecords(const std::string& directory) {
  std::error_code error;
  return fs::exists(directory + "/signed", error) || fs::exists(directory + "/published", error);
}

// What stands in DIR decides with what is known; a log there is never overwritten.
absl::Status LookAtTarget(const Options& options, const ledger::ReadOnlyLog& copy,
                          const note::VerifierKey& log, Knowledge* known, Report* report) {
  if (!options.old.empty()) {
    if (HasRecords(options.directory)) {
      return absl::FailedPreconditionError(absl::StrCat(
          options.directory, " holds records of its own beside those of --old: move them aside"));
    }
    std::error_code error;
    if (!fs::is_directory(options.old, error)) {
      return absl::NotFoundError(absl::StrCat(options.old, " is no directory"));
    }
    absl::Status added = AddOldDirectory(options.old, copy, log, known, report);
    if (!added.ok()) return added;
  }
  std::error_code error;
  const fs::file_status there = fs::status(options.directory, error);
  if (!fs::exists(there)) return absl::OkStatus();
  if (!fs::is_directory(there)) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.directory, " is there and no directory"));
  }
  const absl::StatusOr<bool> holds = ledger::HoldsLog(options.directory);
  if (!holds.ok()) return holds.status();
  absl::Status added = AddOldDirectory(options.directory, copy, log, known, report);
  if (!added.ok()) return added;
  if (*holds) {
    Refuse(report, "holds_a_log",
           absl::StrCat(options.directory,
                        " holds a log, and nothing is overwritten: where it must give way, move it "
                        "aside and name it with --old"));
  }
  return absl::OkStatus();
}

// --- what it comes to ---

absl::Status Gather(const Options& options, ledger::ReadOnlyLog& copy, Report* report) {
  const absl::StatusOr<note::VerifierKey> log = note::VerifierKey::Parse(copy.identity().vkey);
  if (!log.ok()) return log.status();
  Knowledge known;
  absl::Status status = LookAtTarget(options, copy, *log, &known, report);
  for (const std::string& name : options.checkpoints) {
    if (status.ok()) status = AddCheckpoint(name, *log, &known);
  }
  if (status.ok() && !options.policy.empty()) {
    status = AskWitnesses(options.policy, *log, &known);
  }
  if (status.ok()) status = CheckKey(options, copy, report);
  if (!status.ok()) return status;
  const absl::StatusOr<Contradicted> contradicted =
      Contradict(copy, report->state.size, known.trees);
  if (!contradicted.ok()) return contradicted.status();
  for (const std::string& what : contradicted->larger) Refuse(report, "larger_tree", what);
  for (const std::string& what : contradicted->other_root) Refuse(report, "other_tree", what);
  if (contradicted->larger.empty() && contradicted->other_root.empty()) {
    for (const KnownTree& tree : known.trees) {
      report->checked.push_back(absl::StrCat("the copy has the tree of ", tree.size.value(),
                                             " entries that ", tree.source, " knows"));
    }
  }
  for (const std::string& silent : known.silent) {
    report->unknown.push_back(absl::StrCat("what is the largest tree: ", silent));
  }
  if (options.policy.empty()) {
    report->unknown.push_back(
        "what the log's witnesses have cosigned: name them with --witness_policy, unless it has "
        "none");
  }
  if (options.checkpoints.empty()) {
    report->unknown.push_back(
        "what certifiers, monitors and mirrors were shown: ask them for the largest checkpoint "
        "that "
        "they have, and name it with --checkpoint");
  }
  report->unknown.push_back(
      "whether a cairnd runs with this key on another machine: there must be none");
  return absl::OkStatus();
}

std::string Next(const Options& options) {
  const std::string restored = absl::StrCat("Start cairnd with --data_dir ", options.directory);
  const std::string anchors =
      " What the anchors' database learned after the copy is not in it; cairnd asks again.";
  if (options.policy.empty()) {
    return restored +
           " and, where the log has witnesses, with its --witness_policy: it then takes no append "
           "until they have confirmed the tree. Where it has none, nothing else guards against a "
           "second history." +
           anchors;
  }
  return absl::StrCat(restored, ", --witness_policy ", options.policy,
                      " and without --accept_unreachable_witness, with all witnesses up. It takes "
                      "appends when it says `the witnesses confirm the tree`; `appends are held "
                      "back` names who is missing; `nothing is signed any more` means that the "
                      "copy is too old after all.",
                      anchors);
}

absl::StatusOr<std::unique_ptr<ledger::Restoration>> Stage(const Options& options) {
  ledger::CopyProgress counts;
  const Progress progress("copying", "bytes", [&counts] {
    return Done{counts.bytes, counts.all_bytes};
  });
  auto restoration = ledger::Restoration::Begin(options.copy, options.directory, &counts);
  if (!restoration.ok() || options.old.empty()) return restoration;
  absl::Status taken = (*restoration)->TakeRecordsOf(options.old);
  if (!taken.ok()) return taken;
  return restoration;
}

// Copies, checks and moves. Adds a refusal where the copy is not sound.
absl::Status Restore(const Options& options, Report* report) {
  const auto restoration = Stage(options);
  if (!restoration.ok()) return restoration.status();
  const absl::StatusOr<CheckedDirectory> checked =
      CheckDirectory((*restoration)->staged(), MakeCheckOptions(options.threads, /*index=*/true));
  if (!checked.ok()) return checked.status();
  if (!checked->sound()) {
    Complain(CheckText(options.copy, *checked));
    Refuse(report, "not_sound", "the copy is not sound, as `cairn fsck` finds");
    return absl::OkStatus();
  }
  report->checked.push_back("every entry, tile, index row and record of it, as `cairn fsck` does");
  report->next = Next(options);
  return (*restoration)->Finish();
}

void Print(const Options& options, const Report& report) {
  const bool restored = report.refusals.empty();
  if (options.json) {
    nlohmann::ordered_json json;
    json["restored"] = restored;
    json["copy"] = options.copy;
    json["directory"] = options.directory;
    json["origin"] = report.origin;
    json["tree_size"] = report.state.size.value();
    json["root"] = report.state.root.Hex();
    json["checked"] = report.checked;
    json["unknown"] = report.unknown;
    json["refusals"] = nlohmann::ordered_json::array();
    for (const Refusal& refusal : report.refusals) {
      json["refusals"].push_back({{"code", refusal.code}, {"what", refusal.what}});
    }
    json["next"] = report.next;
    std::cout << JsonLine(json);
    return;
  }
  std::cout << Printable(options.directory, kMaxShownLine)
            << (restored ? ": restored" : ": NOT RESTORED")
            << "\n  log:   " << Printable(report.origin)
            << "\n  size:  " << report.state.size.value()
            << "\n  root:  " << report.state.root.Hex() << "\n";
  for (const Refusal& refusal : report.refusals) {
    std::cout << "  refused: " << Printable(refusal.what) << "\n";
  }
  for (const std::string& what : report.checked) {
    std::cout << "  checked: " << Printable(what) << "\n";
  }
  for (const std::string& what : report.unknown) {
    std::cout << "  not known: " << Printable(what) << "\n";
  }
  if (!report.next.empty()) std::cout << Printable(report.next) << "\n";
}

ExitCode Run(const Options& options) {
  MakeCheckOptions(options.threads, /*index=*/true);
  Report report;
  absl::Status status;
  const auto copy = ledger::ReadOnlyLog::Open(options.copy);
  if (absl::IsDataLoss(copy.status())) {
    Refuse(&report, "not_sound",
           absl::StrCat("the copy cannot be opened: ", copy.status().message()));
  } else if (!copy.ok()) {
    status = copy.status();
  } else {
    report.origin = (*copy)->identity().origin;
    const absl::StatusOr<ledger::TreeState> state = (*copy)->ReadState();
    status = state.status();
    if (state.ok()) report.state = *state;
    if (status.ok()) status = Gather(options, **copy, &report);
    if (absl::IsDataLoss(status)) {
      Refuse(&report, "not_sound", status.message());
      status = absl::OkStatus();
    }
  }
  if (status.ok() && report.refusals.empty()) status = Restore(options, &report);
  if (!status.ok()) {
    Complain(absl::StrCat(status.message(), "; nothing was restored"));
    return kUnable;
  }
  for (const Refusal& refusal : report.refusals) {
    if (refusal.code == "larger_tree" || refusal.code == "other_tree") report.next = kRetire;
  }
  Print(options, report);
  return report.refusals.empty() ? kYes : kNo;
}

}  // namespace

void AddRestore(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "restore",
      "Puts a backup in a log's place: only where nothing that can be learned here knows a larger "
      "tree, or another, and the copy is sound; says what it could not learn. Overwrites nothing. "
      "Exit code 1: what is known forbids it",
      "cairn restore /backup/cairn-2026-11-21 /var/lib/cairn/data --old /var/lib/cairn/data.lost "
      "--witness_policy witness.policy --key_file /etc/cairn/log.key",
      &options->json);
  command.Add("COPY", options->copy, "The backup, as `cairn backup` made it").Required();
  command
      .Add("DIR", options->directory,
           "What is to be the log's --data_dir: not there yet, or empty, or without its database")
      .Required();
  command.Add("--old", options->old,
              "What is left of the log's directory: its records count instead of the copy's");
  command.Add("--witness_policy,--witness-policy", options->policy,
              "The log's witnesses, who are asked for what they have cosigned");
  command
      .Add("--checkpoint", options->checkpoints,
           "A checkpoint that was handed out: a file, or a URL. May be given again")
      .Repeatable();
  command.Add("--key_file,--key-file", options->key_file,
              "The log's key file: what is written down beside it says whose it is");
  command.Add("--key_state_file,--key-state-file", options->key_state_file,
              "Where that is written down (KEYFILE.used)");
  command
      .AddNumber("--threads", "How many threads check it; 0 for one a processor",
                 [options](uint64_t threads) { options->threads = threads; })
      .Default("0");
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
