// cairn submit: logs certificates and keeps the evidence for each.

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/note/text.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/blind_key.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/error_code.h"
#include "tools/cairn/file.h"
#include "tools/cairn/interrupt.h"
#include "tools/cairn/log_view.h"
#include "tools/cairn/submission.h"
#include "tools/cairn/submitted_files.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  std::string out;
  std::vector<std::string> files;
  std::vector<std::string> hashes;
  bool commit = false;
  std::string name = "stdin";
  std::string certifier;
  std::string signing_key;
  std::string policy_status = "unspecified";
  std::string trace;
  std::string task;
  bool blind = false;
  std::string blind_key;
  std::optional<uint64_t> supersedes;
  std::string node_keys;
  RecordOptions record;
  std::string log_key;
  uint64_t parallel = 16;
  std::string wait_for = "integrated";
  bool json = false;
};

// Whatever can be said before anything is sent.
void CheckUsage(const Options& options) {
  if (options.name.empty() || absl::StrContains(options.name, '/')) {
    Misused("--name is the name of a file, without a directory");
  }
  // A blinded value need not be an id; the id that is logged is one.
  for (auto [field, id] : {std::pair("--trace", &options.trace), {"--task", &options.task}}) {
    const absl::Status good =
        options.blind ? absl::OkStatus() : entry::ValidateText(field, *id, /*allow_empty=*/true);
    if (!good.ok()) Misused(absl::StrCat(good.message(), "; --blind allows any text"));
    if (!note::IsValidUtf8(*id)) Misused(absl::StrCat(field, " is not UTF-8"));
    if (id->size() > evidence::kMaxOpenedBytes) Misused(absl::StrCat(field, " is too long"));
  }
  if (!options.certifier.empty()) {
    const absl::Status good =
        entry::ValidateText("--certifier", options.certifier, /*allow_empty=*/false);
    if (!good.ok()) Misused(std::string(good.message()));
  }
  if (options.blind && options.trace.empty() && options.task.empty()) {
    Misused("--blind needs --trace or --task: there is nothing to blind");
  }
  if (options.files.empty() && options.hashes.empty()) {
    Misused("name files to submit, or hashes with --hash");
  }
  if (options.parallel < 1 || options.parallel > 256) Misused("--parallel takes 1 to 256");
}

// The log's name, as its newest checkpoint has it, which must be signed with the log key if there
// is one: a statement sent to another log than was meant is there for ever.
absl::StatusOr<std::string> Origin(LogClient& client, const SubmissionOptions& options) {
  const absl::StatusOr<CheckpointAnswer> newest = FetchCheckpoint(client, options.log_key);
  if (!newest.ok()) return newest.status();
  if (options.signing_key && !options.log_key) {
    Complain(absl::StrCat("signing for log `", newest->checkpoint.origin,
                          "`, as it calls itself; give --log_key to be sure which log that is"));
  }
  return newest->checkpoint.origin;
}

absl::StatusOr<Hash> BlindSecret(const Options& options) {
  const std::optional<std::string> usual = DefaultBlindKeyFile();
  if (options.blind_key.empty() && !usual) {
    Misused("--blind keeps a key in a file: name it with --blind_key, as HOME is not set");
  }
  const std::string& file = options.blind_key.empty() ? *usual : options.blind_key;
  const absl::StatusOr<BlindKey> key = OpenBlindKey(file);
  if (!key.ok()) return key.status();
  if (key->made) {
    Complain(absl::StrCat("made a new blind key, ", file,
                          ": back it up and hand it to nobody; with another one the same trace or "
                          "task is logged under another id"));
  }
  return key->secret;
}

absl::StatusOr<SubmissionOptions> ReadOptions(const Options& options) {
  SubmissionOptions out;
  out.certifier = options.certifier;
  out.policy_status = *entry::ParsePolicyStatus(options.policy_status);
  if (options.supersedes) out.supersedes = LeafIndex(*options.supersedes);
  v1::WaitFor_Parse(absl::StrCat("WAIT_FOR_", absl::AsciiStrToUpper(options.wait_for)),
                    &out.wait_for);
  out.trace = options.trace;
  out.task = options.task;
  if (options.blind) {
    const absl::StatusOr<Hash> secret = BlindSecret(options);
    if (!secret.ok()) return secret.status();
    out.blind_secret = *secret;
  }
  if (!options.log_key.empty()) {
    absl::StatusOr<note::VerifierKey> key = ParseLogKey(options.log_key);
    if (!key.ok()) Misused(std::string(key.status().message()));
    out.log_key = *std::move(key);
  }
  absl::StatusOr<std::optional<certificate::NodeKeys>> node_keys = ReadNodeKeys(options.node_keys);
  if (!node_keys.ok()) return node_keys.status();
  out.node_keys = *std::move(node_keys);
  out.record = options.record;
  out.commit = options.commit;
  if (!options.signing_key.empty()) {
    absl::StatusOr<note::SignerKey> key = ReadSignerKey(options.signing_key);
    if (!key.ok()) return key.status();
    // The signature covers the name, so that the log cannot fill it in.
    if (out.certifier.empty()) out.certifier = key->name();
    out.signing_key = *std::move(key);
  }
  return out;
}

// Makes the directories and tries each, so that nothing is logged whose evidence cannot be kept.
absl::Status TryDirectories(const Options& options, const std::vector<SubmittedFile>& files) {
  std::set<std::string> directories = {options.out};
  for (const SubmittedFile& file : files) {
    directories.insert(std::filesystem::path(file.evidence_file).parent_path().string());
  }
  for (const std::string& directory : directories) {
    absl::Status tried = MakeDirectories(directory);
    if (tried.ok()) tried = TryDirectory(directory);
    if (!tried.ok()) {
      return WithErrorCode(
          absl::InternalError(absl::StrCat("nothing was sent, for evidence cannot be written to ",
                                           directory, ": ", tried.message())),
          "cannot_write");
    }
  }
  return absl::OkStatus();
}

// kInvalidArgument is usage. What stands for standard input is read here, whole.
absl::StatusOr<std::vector<SubmittedFile>> ListFiles(const Options& options) {
  absl::StatusOr<std::vector<SubmittedFile>> files = std::vector<SubmittedFile>();
  if (!options.files.empty()) files = ListSubmitted(options.files, options.out, options.name);
  if (!files.ok()) return files.status();
  absl::StatusOr<std::vector<SubmittedFile>> hashes = ListHashes(options.hashes, options.out);
  if (!hashes.ok()) return hashes.status();
  files->insert(files->end(), hashes->begin(), hashes->end());
  if (options.supersedes && files->size() > 1) {
    return absl::InvalidArgumentError("--supersedes names one entry, so it goes with one file");
  }
  for (SubmittedFile& file : *files) {
    if (!file.path.empty() || file.hash) continue;
    absl::StatusOr<std::string> saved = SaveStandardInput();
    if (!saved.ok()) return saved.status();
    file.path = *std::move(saved);
  }
  return files;
}

nlohmann::ordered_json ResultJson(const SubmissionResult& result) {
  nlohmann::ordered_json json;
  json["file"] = result.file;
  json["outcome"] = OutcomeName(result.outcome);
  if (result.hash) json["hash"] = absl::StrCat("sha256:", result.hash->Hex());
  if (result.index) json["index"] = result.index->value();
  if (OutcomeExitCode(result.outcome) == kYes) {
    json["evidence"] = result.evidence_file;
  } else {
    json["error"] = result.reason;
    json["error_code"] = result.error_code;
  }
  json["notices"] = result.notices;
  AddRounded(result.rounded, json);
  return json;
}

// `said`: the reason that was printed last, which is not repeated for every file that was not sent.
void SayResult(const Options& options, const SubmissionResult& result, std::string& said) {
  if (options.json) {
    std::cout << JsonLine(ResultJson(result));
    return;
  }
  std::cout << Printable(result.file, kMaxShownLine) << ": ";
  switch (result.outcome) {
    case Outcome::kSkipped:
      std::cout << "skipped, logged before at ";
      break;
    case Outcome::kAlreadyLogged:
      std::cout << "already in the log at ";
      break;
    case Outcome::kLogged:
      std::cout << "logged at ";
      break;
    default:
      std::cout << OutcomeText(result.outcome);
  }
  if (OutcomeExitCode(result.outcome) == kYes) {
    std::cout << result.index->value() << ", evidence in "
              << Printable(result.evidence_file, kMaxShownLine);
  }
  std::cout << "\n";
  if (result.outcome == Outcome::kNotSent) {
    if (result.reason != said) Complain(result.reason);
    said = result.reason;
  } else if (OutcomeExitCode(result.outcome) != kYes) {
    Complain(absl::StrCat(result.file, ": ", OutcomeText(result.outcome), ": ", result.reason));
  }
  for (const std::string& notice : result.notices) {
    Complain(absl::StrCat(result.file, ": ", notice));
  }
}

// Runs Submit for all files on a few threads, each waiting for its own answer, so that the log can
// put them into one commit; hands out results in the order of the files.
class Run {
 public:
  // `give_up`: why nothing is to be sent; OK where all is well. Where the log is not the one that
  // was meant (kInvalidArgument), that is the outcome of each file.
  Run(const Options& options, const std::vector<SubmittedFile>& files, const Submitter& submitter,
      absl::Status give_up)
      : options_(options),
        files_(files),
        submitter_(submitter),
        give_up_(std::move(give_up)),
        given_up_as_(absl::IsInvalidArgument(give_up_) ? Outcome::kFailed : Outcome::kNotSent),
        results_(files.size()) {}

  ExitCode Go() {
    std::vector<std::thread> workers;
    const size_t count = std::min<size_t>(options_.parallel, files_.size());
    for (size_t i = 0; i < count; ++i) workers.emplace_back([this] { Work(); });
    for (size_t i = 0; i < results_.size(); ++i) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return results_[i].has_value(); });
      }
      const SubmissionResult& result = *results_[i];
      SayResult(options_, result, said_);
      ++counts_[result.outcome];
      if (result.without_evidence) without_evidence_.push_back(result.index->value());
      worst_ = Worse(worst_, OutcomeExitCode(result.outcome));
      Progress(i + 1);
    }
    for (std::thread& worker : workers) worker.join();
    Sum();
    return worst_;
  }

 private:
  void Work() {
    while (true) {
      size_t mine;
      absl::Status why;
      {
        const std::lock_guard lock(mutex_);
        if (next_ == results_.size()) return;
        mine = next_++;
        why = give_up_;
        if (why.ok() && Interrupted()) why = absl::CancelledError("interrupted");
      }
      SubmissionResult result;
      if (why.ok()) {
        result = submitter_.Submit(files_[mine]);
      } else {
        result.file = files_[mine].name;
        result.outcome = given_up_as_;
        result.reason = std::string(why.message());
        result.error_code = ErrorCodeOf(why);
      }
      const std::lock_guard lock(mutex_);
      if (result.hopeless && give_up_.ok()) {
        give_up_ = WithErrorCode(absl::UnavailableError(absl::StrCat("given up: ", result.reason)),
                                 result.error_code);
      }
      results_[mine] = std::move(result);
      changed_.notify_one();
    }
  }

  void Progress(size_t done) const {
    static const bool terminal = isatty(STDERR_FILENO) != 0;
    constexpr size_t kEvery = 1000;
    // On a terminal, results that scroll by are progress enough.
    if (done == results_.size() || (terminal && isatty(STDOUT_FILENO) != 0)) return;
    if (terminal) std::cerr << "\r" << done << "/" << results_.size() << std::flush;
    if (!terminal && done % kEvery == 0) std::cerr << done << "/" << results_.size() << std::endl;
  }

  void Sum() const {
    std::string sum;
    for (const auto& [outcome, count] : counts_) {
      absl::StrAppend(&sum, sum.empty() ? "" : ", ", count, " ", OutcomeText(outcome));
    }
    std::cerr << (isatty(STDERR_FILENO) != 0 ? "\r" : "") << "cairn: " << sum << std::endl;
    if (!without_evidence_.empty()) {
      Complain(absl::StrCat(
          without_evidence_.size() == 1 ? "this entry is" : "these entries are",
          " in the log, and the evidence is not here: ", absl::StrJoin(without_evidence_, ", "),
          "; once ", options_.out, " can be written to, the same command fetches it"));
    }
    if (Interrupted()) Complain("interrupted; run the same again to go on");
  }

  const Options& options_;
  const std::vector<SubmittedFile>& files_;
  const Submitter& submitter_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t next_ = 0;
  absl::Status give_up_;
  const Outcome given_up_as_;
  std::vector<std::optional<SubmissionResult>> results_;
  std::string said_;
  std::map<Outcome, size_t> counts_;
  std::vector<uint64_t> without_evidence_;
  ExitCode worst_ = kYes;
};

ExitCode SubmitAll(const Options& options) {
  CheckUsage(options);
  const absl::StatusOr<std::vector<SubmittedFile>> files = ListFiles(options);
  if (absl::IsInvalidArgument(files.status())) Misused(std::string(files.status().message()));
  if (!files.ok()) {
    Complain(files.status());
    return kUnable;
  }
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  if (!client.ok()) {
    Complain(client.status());
    return kUnable;
  }
  absl::StatusOr<SubmissionOptions> submission_options = ReadOptions(options);
  if (!submission_options.ok()) {
    Complain(submission_options.status());
    return kUnable;
  }
  CatchInterrupts();
  if (!submission_options->log_key) {
    Complain(
        "no --log_key: the log's answers are checked, but not that they are by the log you "
        "mean");
  }
  // Before anything is sent.
  absl::Status ready = TryDirectories(options, *files);
  if (ready.ok()) {
    const absl::StatusOr<std::string> origin = Origin(**client, *submission_options);
    if (origin.ok()) submission_options->origin = *origin;
    ready = origin.status();
  }
  const Submitter submitter(*std::move(submission_options), client->get());
  return Run(options, *files, submitter, ready).Go();
}

}  // namespace

void AddSubmit(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "submit",
      "Logs certificates and writes DIR/NAME.cairn.json for each; run again, it goes on where it "
      "stopped. Trace and task are public and permanent",
      "cairn submit --log 127.0.0.1:7717 --out out --log_key log.example/cairn+ac93c5d7+AeN... "
      "records/*.json",
      &options->json);
  AddConnectionOptions(command, &options->connection);
  command.Add("--out", options->out, "Directory for evidence; made when missing").Required();
  command.Add(
      "FILE", options->files,
      "Records, or any files; a directory stands for all files below it that are not hidden, "
      "- for standard input");
  command
      .Add("--hash", options->hashes,
           "A certificate hash, sha256:HEX, to log without its certificate; or a file of them, one "
           "a "
           "line, or - for standard input. May be repeated")
      .Repeatable();
  command.AddFlag(
      "--commit", options->commit,
      "Log hashes that commit to the certificates' with a random salt, which is kept in "
      "the evidence alone: without it nobody can tell what was logged");
  command
      .Add("--name", options->name, "The name of what - reads: its evidence is DIR/NAME.cairn.json")
      .ShowDefault();
  command.Add("--certifier", options->certifier,
              "Who states it; by default the signing key's name, or who the log takes the "
              "caller for");
  command.Add(Spellings("signing_key"), options->signing_key,
              "The certifier's key file: sign each statement");
  command
      .Add(Spellings("policy_status"), options->policy_status,
           "What the certifier states of its policy: pass, fail or conditional")
      .OneOf({"unspecified", "pass", "fail", "conditional"});
  command.Add("--trace", options->trace, "Trace id, for all files");
  command.Add("--task", options->task, "Task id, for all files");
  Option blind = command.AddFlag(
      "--blind", options->blind,
      "Log keyed hashes of trace and task, which may then be any UTF-8; the evidence "
      "opens them");
  command
      .Add(Spellings("blind_key"), options->blind_key,
           "File of the secret for --blind, made when missing; by default "
           "cairn/blind.key in $XDG_CONFIG_HOME or ~/.config")
      .Needs(blind);
  command.AddNumber("--supersedes",
                    "Index of the latest entry on this certificate, which this one replaces",
                    [options](uint64_t index) { options->supersedes = index; });
  command.Add(Spellings("node_keys"), options->node_keys,
              "Key file of the node that attests records");
  AddRecordOptions(command, &options->record);
  command.Add(Spellings("log_key"), options->log_key,
              "The log's vkey: answers must be signed with it");
  command
      .Add(Spellings("wait_for"), options->wait_for,
           "Wait, up to --timeout, until each is cosigned by the log's witnesses, anchored "
           "outside, or verified by the log's rule; the evidence then has the cosignatures, "
           "and the anchors' receipts")
      .OneOf({"integrated", "cosigned", "anchored", "verified"});
  command
      .AddNumber("--parallel", "Files in flight at once, 1 to 256",
                 [options](uint64_t parallel) { options->parallel = parallel; })
      .Default("16");
  command.OnRun([options, exit_code] { *exit_code = SubmitAll(*options); });
}

}  // namespace cairn::cli
