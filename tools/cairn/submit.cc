// cairn submit: logs certificates and keeps the evidence for each.

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/note/text.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/blind_key.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/evidence_file.h"
#include "tools/cairn/file.h"
#include "tools/cairn/interrupt.h"
#include "tools/cairn/log_view.h"
#include "tools/cairn/submission.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  std::string out;
  std::vector<std::string> files;
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
  std::map<std::string, std::string> by_evidence;
  for (const std::string& file : options.files) {
    if (absl::EndsWith(file, evidence::kFileSuffix)) {
      Misused(absl::StrCat(file, " is evidence by its name, not a certificate"));
    }
    const auto [other, fresh] = by_evidence.emplace(EvidencePath(options.out, file), file);
    if (!fresh) {
      Misused(absl::StrCat(other->second, " and ", file, " would both have their evidence in ",
                           other->first, "; submit them into different directories"));
    }
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
  if (options.parallel < 1 || options.parallel > 256) Misused("--parallel takes 1 to 256");
  if (options.supersedes && options.files.size() > 1) {
    Misused("--supersedes names one entry, so it goes with one file");
  }
}

// The log's name. Without a log key it says it itself.
absl::StatusOr<std::string> Origin(LogClient& client, const SubmissionOptions& options) {
  if (options.log_key) return options.log_key->name();
  const absl::StatusOr<CheckpointAnswer> newest = FetchCheckpoint(client, std::nullopt);
  if (!newest.ok()) return newest.status();
  if (options.signing_key) {
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
  out.directory = options.out;
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
  if (!options.signing_key.empty()) {
    absl::StatusOr<note::SignerKey> key = ReadSignerKey(options.signing_key);
    if (!key.ok()) return key.status();
    // The signature covers the name, so that the log cannot fill it in.
    if (out.certifier.empty()) out.certifier = key->name();
    out.signing_key = *std::move(key);
  }
  if (absl::Status made = MakeDirectories(options.out); !made.ok()) return made;
  return out;
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
  }
  json["notices"] = result.notices;
  AddRounded(result.rounded, json);
  return json;
}

void SayResult(const Options& options, const SubmissionResult& result) {
  if (options.json) {
    std::cout << JsonLine(ResultJson(result));
    return;
  }
  const bool good = OutcomeExitCode(result.outcome) == kYes;
  std::cout << Printable(result.file) << ": ";
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
      std::cout << OutcomeName(result.outcome);
  }
  if (good)
    std::cout << result.index->value() << ", evidence in " << Printable(result.evidence_file);
  std::cout << "\n";
  if (!good)
    Complain(absl::StrCat(result.file, ": ", OutcomeName(result.outcome), ": ", result.reason));
  for (const std::string& notice : result.notices) {
    Complain(absl::StrCat(result.file, ": ", notice));
  }
}

// Runs Submit for all files on a few threads, each waiting for its own answer, so that the log can
// put them into one commit; hands out results in the order of the files.
class Run {
 public:
  // `give_up`: why nothing is to be sent; empty where all is well.
  Run(const Options& options, const Submitter& submitter, std::string give_up)
      : options_(options),
        submitter_(submitter),
        give_up_(std::move(give_up)),
        results_(options.files.size()) {}

  ExitCode Go() {
    std::vector<std::thread> workers;
    const size_t count = std::min<size_t>(options_.parallel, options_.files.size());
    for (size_t i = 0; i < count; ++i) workers.emplace_back([this] { Work(); });
    for (size_t i = 0; i < results_.size(); ++i) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return results_[i].has_value(); });
      }
      SayResult(options_, *results_[i]);
      ++counts_[results_[i]->outcome];
      worst_ = Worse(worst_, OutcomeExitCode(results_[i]->outcome));
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
      bool go_on;
      std::string why;
      {
        const std::lock_guard lock(mutex_);
        if (next_ == results_.size()) return;
        mine = next_++;
        go_on = give_up_.empty();
        why = go_on ? "interrupted" : absl::StrCat("given up: ", give_up_);
      }
      SubmissionResult result;
      if (go_on && !Interrupted()) {
        result = submitter_.Submit(options_.files[mine]);
      } else {
        result.file = options_.files[mine];
        result.reason = why;
      }
      const std::lock_guard lock(mutex_);
      if (result.hopeless) give_up_ = result.reason;
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
      absl::StrAppend(&sum, sum.empty() ? "" : ", ", count, " ", OutcomeName(outcome));
    }
    std::cerr << (isatty(STDERR_FILENO) != 0 ? "\r" : "") << "cairn: " << sum << std::endl;
    if (Interrupted()) Complain("interrupted; run the same again to go on");
  }

  const Options& options_;
  const Submitter& submitter_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t next_ = 0;
  std::string give_up_;
  std::vector<std::optional<SubmissionResult>> results_;
  std::map<Outcome, size_t> counts_;
  ExitCode worst_ = kYes;
};

ExitCode SubmitAll(const Options& options) {
  CheckUsage(options);
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  if (!client.ok()) {
    Complain(client.status().message());
    return kUnable;
  }
  absl::StatusOr<SubmissionOptions> submission_options = ReadOptions(options);
  if (!submission_options.ok()) {
    Complain(submission_options.status().message());
    return kUnable;
  }
  CatchInterrupts();
  if (!submission_options->log_key) {
    Complain(
        "no --log_key: the log's answers are checked, but not that they are by the log you "
        "mean");
  }
  const absl::StatusOr<std::string> origin = Origin(**client, *submission_options);
  if (origin.ok()) submission_options->origin = *origin;
  const Submitter submitter(*std::move(submission_options), client->get());
  return Run(options, submitter, std::string(origin.status().message())).Go();
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
  command.Add("FILE", options->files, "Records, or any files").Required();
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
