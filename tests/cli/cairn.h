// Runs the real `cairn` as a child process.
//
// A target that uses this has data = ["//tools/cairn"].

#ifndef CAIRN_TESTS_CLI_CAIRN_H_
#define CAIRN_TESTS_CLI_CAIRN_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cairn::testing {

struct CairnResult {
  int code = -1;  // 128 + the signal that killed it.
  std::string out;
  std::string err;

  // What it wrote to stdout, a document a line.
  std::vector<nlohmann::json> documents() const;
};

inline constexpr char kCairn[] = "tools/cairn/cairn";

// Waits for its end.
CairnResult RunCairn(std::vector<std::string> args, const std::string& binary = kCairn);

// Likewise, with these of its system calls (a comma between two) written to `trace_file`.
CairnResult RunCairnTraced(const std::vector<std::string>& args, const std::string& system_calls,
                           const std::string& trace_file);

enum class Output { kOut, kErr };

// Sends it SIGINT as soon as it has written anything there, and waits for its end.
CairnResult RunAndInterruptCairn(std::vector<std::string> args, Output at = Output::kErr);

// Arguments, one after the other.
std::vector<std::string> Join(std::vector<std::string> first, const std::vector<std::string>& more);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_CLI_CAIRN_H_
