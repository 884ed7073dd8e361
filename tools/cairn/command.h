// What the subcommands of `cairn` share: exit codes, option spellings, and how things are said.
//
// Each subcommand has a file of its own, which declares its options and runs when CLI11 calls it.
// Threads: one.

#ifndef CAIRN_TOOLS_CAIRN_COMMAND_H_
#define CAIRN_TOOLS_CAIRN_COMMAND_H_

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/cairn/error_code.h"
#include "tools/cairn/printable.h"

// CLI11 is all header, and longer to compile than any file of ours: only command.cc and main.cc
// include it.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cairn::cli {

// Persistent: scripts depend on them. Of several files the highest counts.
enum ExitCode {
  kYes = 0,
  kNo = 1,      // Verification failed, a record was refused, or the log has no such entry.
  kUsage = 2,   // The command line makes no sense.
  kUnable = 3,  // Something could not be reached, read, written, or was refused by the log.
};

// The higher of two.
ExitCode Worse(ExitCode a, ExitCode b);

// "--log_key,--log-key" for "log_key": both spellings work everywhere.
std::string Spellings(const std::string& name);

// An option of a subcommand. Handles like this one are CLI11's pointers, and copied as such.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option Required(bool required = true);
  Option Needs(Option other);
  Option Excludes(Option other);
  Option OneOf(const std::vector<std::string>& values);
  Option Between(double least, double most);
  // Each value is asked for here before anything is done; what `check` says of it is usage.
  Option Check(const std::function<absl::Status(const std::string&)>& check);
  // One value each time that it is given.
  Option Repeatable();
  // What --help says of it: `text`, or what its variable holds now.
  Option Default(const std::string& text);
  Option ShowDefault();

 private:
  CLI::Option* option_;
};

// A subcommand. The variables of its options outlive it.
class Subcommand {
 public:
  explicit Subcommand(CLI::App* command) : command_(command) {}

  Option Add(const std::string& names, std::string& value, const std::string& what);
  Option Add(const std::string& names, std::vector<std::string>& values, const std::string& what);
  Option Add(const std::string& names, double& value, const std::string& what);
  Option Add(const std::string& names, std::optional<double>& value, const std::string& what);
  Option AddFlag(const std::string& names, bool& value, const std::string& what);
  // A decimal number, handed to `take`. CLI11 itself would read 010 as 8, and what is too large as
  // the largest.
  Option AddNumber(const std::string& names, const std::string& what,
                   const std::function<void(uint64_t)>& take);
  void OnRun(const std::function<void()>& run);

 private:
  CLI::App* command_;
};

// With its example and the --json flag, which sets `json`.
Subcommand AddSubcommand(CLI::App& app, const std::string& name, const std::string& what,
                         const std::string& example, bool* json);

// What only has subcommands of its own.
CLI::App& AddGroup(CLI::App& app, const std::string& name, const std::string& what,
                   const std::string& example);

// To stderr: "cairn: message\n". The last complaint of a command that prints no document is its
// error in --json: one of a status carries that one's code. Threads: any.
void Complain(absl::string_view message);
void Complain(const absl::Status& status);

// What Complain was last called with; `code` is empty where it was no status.
struct Complaint {
  std::string code;
  std::string message;
};
Complaint LastComplaint();

// A command line that parses but makes no sense: throws what CLI11 throws, which main turns into
// kUsage.
[[noreturn]] void Misused(const std::string& why);

// One line with its end. Bytes that are not UTF-8, as a file's name may hold, become U+FFFD.
std::string JsonLine(const nlohmann::ordered_json& json);

// The subcommands. `exit_code` is set when one has run.
void AddKeygen(CLI::App& app, ExitCode* exit_code);
void AddHash(CLI::App& app, ExitCode* exit_code);
void AddSubmit(CLI::App& app, ExitCode* exit_code);
void AddProve(CLI::App& app, ExitCode* exit_code);
void AddVerify(CLI::App& app, ExitCode* exit_code);
void AddCheckpoint(CLI::App& app, ExitCode* exit_code);
void AddEntries(CLI::App& app, ExitCode* exit_code);
void AddBench(CLI::App& app, ExitCode* exit_code);
void AddFsck(CLI::App& app, ExitCode* exit_code);
void AddBackup(CLI::App& app, ExitCode* exit_code);
void AddRestore(CLI::App& app, ExitCode* exit_code);
void AddPolicy(CLI::App& app, ExitCode* exit_code);
void AddAudit(CLI::App& app, ExitCode* exit_code);
void AddMonitor(CLI::App& app, ExitCode* exit_code);
void AddShow(CLI::App& app, ExitCode* exit_code);
void AddDiff(CLI::App& app, ExitCode* exit_code);
void AddRedact(CLI::App& app, ExitCode* exit_code);
void AddRun(CLI::App& app, ExitCode* exit_code);
void AddStatus(CLI::App& app, ExitCode* exit_code);
void AddAnchors(CLI::App& app, ExitCode* exit_code);
void AddWatch(CLI::App& app, ExitCode* exit_code);
void AddEvidence(CLI::App& app, ExitCode* exit_code);
void AddUpgrade(CLI::App& app, ExitCode* exit_code);
void AddRotate(CLI::App& app, ExitCode* exit_code);
void AddExtract(CLI::App& app, ExitCode* exit_code);
void AddVerifyMisbehaviour(CLI::App& app, ExitCode* exit_code);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_COMMAND_H_
