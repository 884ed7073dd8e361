// cairn bench: puts load on a log, measures it, and checks what it answers.

#include <unistd.h>

#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/interrupt.h"
#include "tools/cairn/log_view.h"
#include "tools/load/run.h"

namespace cairn::cli {
namespace {

constexpr uint64_t kMaxConnections = 256;

struct Options {
  ConnectionOptions connection;
  load::Options load;
  std::string mode = "unary";
  // Usually 4 of calls, and of streams 1: that is what each is measured with.
  std::optional<uint64_t> connections;
  std::string signing_key;
  std::string signatures = "single";
  std::string log_key;
  std::optional<uint64_t> seed;
  bool progress = false;
  bool json = false;
};

// An option of a smaller integer; Complete judges the value.
void AddCount(Subcommand command, const std::shared_ptr<Options>& options, const std::string& names,
              const std::string& what, uint32_t& value) {
  command
      .AddNumber(names, what,
                 [options, names, &value](uint64_t n) {
                   if (n > std::numeric_limits<uint32_t>::max()) {
                     Misused(absl::StrCat(names, ": ", n, " is too large"));
                   }
                   value = static_cast<uint32_t>(n);
                 })
      .Default(value == 0 ? "" : absl::StrCat(value));
}

load::Mode ModeOf(const std::string& name) {
  if (name == "stream") return load::Mode::kStream;
  return name == "proof" ? load::Mode::kProof : load::Mode::kUnary;
}

// Connections that gRPC does not merge into one, and that are back soon after a restart.
void Connect(const LogClientOptions& client, uint64_t count, load::Options& load) {
  for (uint64_t i = 0; i < count; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 10);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 20);
    load.channels.push_back(MakeChannel(client, arguments));
  }
  load.token = client.token;
}

// Whom the statements are by, and what signs them.
absl::Status Identify(const Options& options, LogClient& client, load::Options& load) {
  if (options.signing_key.empty()) {
    if (load.certifier.empty() && load.token.empty()) load.certifier = entry::kAnonymous;
    return absl::OkStatus();
  }
  absl::StatusOr<note::SignerKey> key = ReadSignerKey(options.signing_key);
  if (!key.ok()) return key.status();
  if (load.certifier.empty()) load.certifier = key->name();
  load.signing_key = std::make_shared<const note::SignerKey>(*std::move(key));
  load.signing = options.signatures == "batch" ? load::Signing::kBatch : load::Signing::kSingle;
  if (load.log_key) {
    load.origin = load.log_key->name();
    return absl::OkStatus();
  }
  const absl::StatusOr<CheckpointAnswer> newest = FetchCheckpoint(client, std::nullopt);
  if (!newest.ok()) return newest.status();
  load.origin = newest->checkpoint.origin;
  return absl::OkStatus();
}

void ShowProgress(const std::string& line) {
  static const bool terminal = isatty(STDERR_FILENO) != 0;
  // Over the last one, of which nothing may be left.
  if (terminal) std::cerr << "\r\x1b[K" << line << std::flush;
  if (!terminal) std::cerr << line << std::endl;
}

absl::Status Prepare(Options& options) {
  load::Options& load = options.load;
  load.mode = ModeOf(options.mode);
  load.timeout_s = options.connection.timeout_s;
  load.log_key = LogKeyOption(options.log_key);
  load.seed = options.seed ? *options.seed
                           : std::random_device{}() | uint64_t{std::random_device{}()} << 32;
  load.interrupted = Interrupted;
  if (options.progress || isatty(STDERR_FILENO) != 0) load.progress = ShowProgress;
  const uint64_t connections =
      options.connections.value_or(load.mode == load::Mode::kStream ? 1 : 4);
  if (connections < 1 || connections > kMaxConnections) {
    Misused(absl::StrCat("--connections takes 1 to ", kMaxConnections));
  }
  const absl::StatusOr<LogClientOptions> client = ReadConnection(options.connection);
  if (!client.ok()) return client.status();
  Connect(*client, connections, load);
  const std::unique_ptr<LogClient> log = LogClient::Create(*client);
  if (absl::Status known = Identify(options, *log, load); !known.ok()) return known;
  const absl::Status sense = load::Complete(load);
  if (!sense.ok()) Misused(std::string(sense.message()));
  return log->Connect();
}

ExitCode Judge(const load::Report& report) {
  for (const std::string& why : report.false_answers) Complain(absl::StrCat("false: ", why));
  if (!report.trouble.empty()) Complain(report.trouble);
  if (!report.false_answers.empty()) return kNo;
  return report.trouble.empty() ? kYes : kUnable;
}

ExitCode Bench(Options& options) {
  CatchInterrupts();
  if (const absl::Status ready = Prepare(options); !ready.ok()) {
    Complain(ready);
    return kUnable;
  }
  const absl::StatusOr<load::Report> report = load::Run(options.load);
  if (!report.ok()) {
    Complain(absl::StrCat(options.connection.address, ": ", report.status().message()));
    return absl::IsInvalidArgument(report.status()) ? kNo : kUnable;
  }
  if (options.load.progress && isatty(STDERR_FILENO) != 0) std::cerr << "\r\x1b[K";
  if (options.json) {
    std::cout << JsonLine(load::ToJson(options.load, *report));
  } else {
    std::cout << load::ToText(options.load, *report);
  }
  return Judge(*report);
}

void AddLoadOptions(Subcommand command, const std::shared_ptr<Options>& options) {
  load::Options& load = options->load;
  command.AddNumber("--connections", "Connections; by default 4, of streams 1",
                    [options](uint64_t n) { options->connections = n; });
  AddCount(command, options, Spellings("in_flight"),
           "Calls unanswered at once over all connections, by default 256; of streams, "
           "batches unanswered in each, by default 8",
           load.in_flight);
  AddCount(command, options, "--streams", "Streams; by default one a connection", load.streams);
  AddCount(command, options, "--batch", "Statements in a batch of a stream", load.batch);
  AddCount(command, options, "--threads", "Threads that send and receive", load.threads);
  command.Add("--rate", load.rate,
              "Open loop: so many entries (proofs) a second, whatever the log does, and "
              "latencies from the time that was meant. Default: closed loop");
  command.Add("--seconds", load.seconds, "How long to measure; by default 10");
  command.Add("--warmup", load.warmup_s, "Seconds before that, which do not count")
      .Between(0.0, 3600.0)
      .ShowDefault();
  command.AddNumber("--entries",
                    "End after so many new entries (proofs), those of the warm-up included",
                    [options](uint64_t n) { options->load.entries = n; });
}

void AddStatementOptions(Subcommand command, const std::shared_ptr<Options>& options) {
  load::Options& load = options->load;
  command
      .Add("--duplicates", load.duplicates,
           "Share of the statements, 0 to 0.99, that the log has acknowledged before "
           "and must know again")
      .ShowDefault();
  AddCount(command, options, Spellings("entry_bytes"),
           "Length of an encoded entry without its signature", load.entry_bytes);
  command.Add("--certifier", load.certifier,
              "Who states it; by default the signing key's name, with a token whoever the "
              "log takes the caller for, else anonymous");
  command.Add(Spellings("signing_key"), options->signing_key,
              "The certifier's key file: sign the statements");
  command.Add("--signatures", options->signatures, "One a statement, or one a batch")
      .OneOf({"single", "batch"})
      .ShowDefault();
  command.AddNumber(
      "--presign",
      "Make so many single signatures before the run, so that they take nothing from it",
      [options](uint64_t n) { options->load.presign = n; });
  command.AddNumber("--seed", "Makes the same statements again; by default random",
                    [options](uint64_t seed) { options->seed = seed; });
  command.AddFlag(Spellings("want_proofs"), load.want_proofs,
                  "In streams, ask for entries and proofs");
  AddCount(command, options, "--hashes", "Of how many random entries --mode proof asks the proofs",
           load.hashes);
}

}  // namespace

void AddBench(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "bench",
      "Puts load on a log, measures it and checks what it answers. Entries are permanent: give it "
      "a log that is for that",
      "cairn bench --log 127.0.0.1:7717 --mode unary --seconds 10\n"
      "  cairn bench --log 127.0.0.1:7717 --mode stream --entries 10000000 --warmup 0 --progress\n"
      "  cairn bench --log 127.0.0.1:7717 --mode unary --rate 5000 --log_key VKEY --json\n"
      "  cairn bench --log 127.0.0.1:7717 --mode proof --server_pid $(pidof cairnd)",
      &options->json);
  AddConnectionOptions(command, &options->connection);
  command
      .Add("--mode", options->mode,
           "unary: appends, one a call; stream: appends in batches; proof: proofs by hash "
           "of random entries")
      .OneOf({"unary", "stream", "proof"})
      .ShowDefault();
  AddLoadOptions(command, options);
  AddStatementOptions(command, options);
  command.Add(Spellings("log_key"), options->log_key,
              "The log's vkey: checkpoints must be signed with it");
  command.AddNumber(Spellings("server_pid"),
                    "Process of the log on this machine: report its CPU time and memory",
                    [options](uint64_t pid) {
                      if (pid > std::numeric_limits<pid_t>::max()) {
                        Misused(absl::StrCat("--server_pid: ", pid, " is no process"));
                      }
                      options->load.server_pid = static_cast<pid_t>(pid);
                    });
  command.AddFlag("--unchecked", options->load.unchecked,
                  "Believe the answers: for a server that is no log, to compare with");
  command.AddFlag("--progress", options->progress,
                  "A line each second on standard error; the usual on a terminal");
  command.OnRun([options, exit_code] { *exit_code = Bench(*options); });
}

}  // namespace cairn::cli
