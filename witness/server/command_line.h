// How the programs read their command lines and say what is wrong with them: one line, in words of
// ours, with the nearest name where one is misspelt; help that fits the terminal; `help`, `version`
// and -v besides --help and --version.
//
// Threads: one.

#ifndef CAIRN_WITNESS_SERVER_COMMAND_LINE_H_
#define CAIRN_WITNESS_SERVER_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// CLI11 is all header, and longer to compile than what uses this.
namespace CLI {
class App;
}  // namespace CLI

namespace cairn::server {

// Gives the app, and what subcommands are added to it later, our help: 80 columns, or as many as
// the terminal has; each option in its first spelling alone. -v and --version say `version`.
void PrepareCommandLine(CLI::App& app, const std::string& version);

struct CommandLineResult {
  // What the process is to end with; nullopt where the arguments make sense. 0 after help and
  // version, which were printed; 2 for what is not understood; 3 where help could not be printed.
  std::optional<int> code;
  // What is wrong, one line that ends with where to read more; empty where nothing is.
  std::string error;
};

// Parses, which runs the callbacks of what was given. `arguments` are without the program's name.
CommandLineResult ParseCommandLine(CLI::App& app, std::vector<std::string> arguments);

// The one of `names` that was probably meant; empty where none is near.
std::string Nearest(absl::string_view word, const std::vector<std::string>& names);

// Lines of at most `width` columns: paragraphs are broken at blanks; what is indented is a command,
// which goes on after a backslash.
std::string Wrapped(absl::string_view text, size_t width);

// Called first of all: where a caller has closed one of the standard descriptors, the next file
// that is opened would get its number, and whatever is printed would go into that file. What is
// written to the stand-in fails.
void KeepStandardDescriptors();

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_COMMAND_LINE_H_
