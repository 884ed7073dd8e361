#include "witness/server/command_line.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cairn::server {
namespace {

constexpr int kUsage = 2;
constexpr int kUnable = 3;

size_t TerminalWidth() {
  constexpr size_t kUsual = 80, kLeast = 40, kMost = 100;
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return std::clamp<size_t>(size.ws_col, kLeast, kMost);
}

// The first line is `first` columns wide already.
std::string Broken(absl::string_view text, size_t first, size_t indent, size_t width,
                   absl::string_view line_end = "") {
  std::string out;
  size_t column = first;
  bool fresh = true;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (!fresh && column + 1 + word.size() + line_end.size() > width) {
      absl::StrAppend(&out, line_end, "\n", std::string(indent, ' '));
      column = indent;
      fresh = true;
    }
    absl::StrAppend(&out, fresh ? "" : " ", word);
    column += word.size() + (fresh ? 0 : 1);
    fresh = false;
  }
  return out;
}

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override {
    return absl::StrCat(Wrapped(app->get_description(), TerminalWidth()), "\n");
  }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    const std::string usage = CLI::Formatter::make_usage(app, std::move(name));
    return absl::StrCat(Broken(absl::StripSuffix(usage, "\n"), 0, 4, TerminalWidth()), "\n");
  }

  std::string make_footer(const CLI::App* app) const override {
    return absl::StrCat(Wrapped(app->get_footer(), TerminalWidth()), "\n");
  }

  std::string make_subcommand(const CLI::App* command) const override {
    return Row(command->get_display_name(true), command->get_description(), 22);
  }

  std::string make_option(const CLI::Option* option, bool positional) const override {
    return Row(make_option_name(option, positional) + make_option_opts(option),
               make_option_desc(option), 28);
  }

  // --log_key and --log-key are one: the first spelling stands for both.
  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    if (positional) return option->get_name(true, false);
    std::vector<std::string> names;
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    std::vector<std::string> seen;
    for (const std::string& name : option->get_lnames()) {
      const std::string plain = absl::StrReplaceAll(name, {{"-", "_"}});
      if (absl::c_linear_search(seen, plain)) continue;
      seen.push_back(plain);
      names.push_back("--" + name);
    }
    return absl::StrJoin(names, ", ");
  }

 private:
  static std::string Row(const std::string& left, const std::string& right, size_t column) {
    const size_t width = TerminalWidth();
    std::string row = absl::StrCat("  ", Broken(left, 2, 6, width));
    const size_t last_line =
        row.size() - (row.rfind('\n') == std::string::npos ? 0 : row.rfind('\n') + 1);
    if (right.empty()) return row + "\n";
    if (last_line + 2 > column) {
      absl::StrAppend(&row, "\n", std::string(column, ' '));
    } else {
      row.append(column - last_line, ' ');
    }
    return absl::StrCat(row, Broken(right, column, column, width), "\n");
  }
};

// Steps from one of two words to the other: a character more, less or other, or two exchanged.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<std::vector<size_t>> steps(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) steps[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) steps[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      steps[i][j] = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1,
                              steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
      }
    }
  }
  return steps[a.size()][b.size()];
}

std::vector<const CLI::App*> SubcommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
}

std::vector<std::string> SubcommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : SubcommandsOf(app)) names.push_back(command->get_name());
  if (app.get_parent() == nullptr) {
    names.push_back("help");
    names.push_back("version");
  }
  return names;
}

const CLI::App* FindSubcommand(const CLI::App& app, absl::string_view name) {
  for (const CLI::App* command : SubcommandsOf(app)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

// "cairn policy check".
std::string FullName(const CLI::App& app) {
  return app.get_parent() == nullptr
             ? app.get_name()
             : absl::StrCat(FullName(*app.get_parent()), " ", app.get_name());
}

std::string HelpOf(const CLI::App& app) {
  return app.help(app.get_parent() == nullptr ? "" : FullName(*app.get_parent()));
}

std::string MoreAt(const CLI::App& app) { return absl::StrCat("see `", FullName(app), " --help`"); }

std::string DidYouMean(const CLI::App& app, const std::string& what, const std::string& nearest) {
  if (nearest.empty()) return absl::StrCat(what, "; ", MoreAt(app));
  return absl::StrCat(what, "; did you mean `", nearest, "`? See `", FullName(app), " --help`");
}

std::string UnknownSubcommand(const CLI::App& app, const std::string& word) {
  return DidYouMean(app, absl::StrCat("`", word, "` is no subcommand"),
                    Nearest(word, SubcommandNames(app)));
}

std::string UnknownOption(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& known : option->get_lnames()) {
      // Of two spellings the one that help shows comes first.
      names.push_back("--" + known);
    }
  }
  return DidYouMean(app, absl::StrCat("`", name, "` is no option"), Nearest(name, names));
}

bool LooksLikeAnOption(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

// What a walk over the arguments finds before CLI11 reads them, which would complain of something
// else first: an option that is misspelt makes another one missing.
struct Walk {
  const CLI::App* app;  // The subcommand that was given, or the program.
  std::string error;
};

Walk WalkOver(const CLI::App& program, std::vector<std::string>& arguments) {
  Walk walk{.app = &program, .error = {}};
  bool options_over = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string& word = arguments[i];
    if (!options_over && word == "--") {
      options_over = true;
    } else if (!options_over && LooksLikeAnOption(word)) {
      const bool is_long = absl::StartsWith(word, "--");
      const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
      const CLI::Option* const option = walk.app->get_option_no_throw(name);
      if (option == nullptr) {
        walk.error = UnknownOption(*walk.app, name);
        return walk;
      }
      if (option->get_items_expected_min() == 0 || name != word) continue;
      // Its value, whatever that looks like.
      ++i;
      if (i < arguments.size() && LooksLikeAnOption(arguments[i])) {
        walk.error = absl::StrCat(name, " needs a value; if `", arguments[i], "` is meant, write ",
                                  name, "=", arguments[i], "; ", MoreAt(*walk.app));
        return walk;
      }
    } else if (!SubcommandsOf(*walk.app).empty()) {
      const CLI::App* const command = FindSubcommand(*walk.app, word);
      if (command == nullptr) {
        walk.error = UnknownSubcommand(*walk.app, word);
        return walk;
      }
      walk.app = command;
    } else if (absl::StartsWith(word, "[")) {
      // CLI11 takes [a,b] for a list of `a` and `b`; as a path from here a file of that name is
      // found.
      word.insert(0, "./");
    }
  }
  return walk;
}

const CLI::Option* OptionNamedIn(const CLI::App& app, absl::string_view message) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    const size_t at = message.find(name);
    if (name.empty() || at == absl::string_view::npos) continue;
    const absl::string_view after = message.substr(at + name.size());
    // --log is not named in --log_key.
    if (after.empty() || absl::StrContains(" :,]", after.substr(0, 1))) return option;
  }
  return nullptr;
}

// CLI11's complaint in our words.
std::string Explained(const CLI::ParseError& error, const CLI::App& app) {
  const std::string kind = error.get_name();
  const std::string what = error.what();
  const CLI::Option* const option = OptionNamedIn(app, what);
  const std::string name = option == nullptr ? "" : option->get_name();
  if (kind == "RequiredError" && option != nullptr) {
    return absl::StrCat(name, " is required: ", option->get_description());
  }
  if (kind == "RequiredError") return "a subcommand is required";
  if (kind == "ArgumentMismatch" && option != nullptr) {
    if (option->get_items_expected_max() == 0) return name + " takes no value";
    const bool missing = absl::StrContains(what, "missing") || absl::StrContains(what, "got 0");
    return name + (missing ? " needs a value" : " is given more than once, but takes one value");
  }
  if (kind == "ConversionError" && option != nullptr) {
    if (option->get_items_expected_max() == 0) return name + " takes no value";
    const size_t value = what.find(" = ");
    return value == std::string::npos
               ? name + " takes one number"
               : absl::StrCat(name, ": `", what.substr(value + 3), "` is no number");
  }
  if (kind == "ExcludesError") {
    return absl::StrReplaceAll(what, {{" excludes ", " and "}}) + " exclude each other";
  }
  if (kind == "RequiresError")
    return absl::StrReplaceAll(what, {{" requires ", " needs "}}) + " as well";
  // CLI11 also calls it by the name of the subcommand.
  if (absl::StartsWith(what, "The following argument")) {
    return absl::StrCat("`", what.substr(what.find(": ") + 2), "` is more than it takes");
  }
  return what;
}

CommandLineResult Printed(int code) {
  if (!std::cout.flush()) return {.code = kUnable, .error = "could not write to standard output"};
  return {.code = code, .error = {}};
}

// `help [SUBCOMMAND...]` and `version`, as others have them.
std::optional<CommandLineResult> Word(CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.empty()) return std::nullopt;
  if (arguments[0] == "version" && arguments.size() == 1) {
    std::cout << app.version() << std::endl;
    return Printed(0);
  }
  if (arguments[0] != "help") return std::nullopt;
  const CLI::App* of = &app;
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (LooksLikeAnOption(arguments[i])) continue;
    const CLI::App* const command = FindSubcommand(*of, arguments[i]);
    if (command == nullptr && SubcommandsOf(*of).empty()) break;
    if (command == nullptr) {
      return CommandLineResult{.code = kUsage, .error = UnknownSubcommand(*of, arguments[i])};
    }
    of = command;
  }
  std::cout << HelpOf(*of) << std::flush;
  return Printed(0);
}

}  // namespace

void PrepareCommandLine(CLI::App& app, const std::string& version) {
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this and exit");
  app.set_version_flag("-v,--version", version, "Print the version and exit");
}

CommandLineResult ParseCommandLine(CLI::App& app, std::vector<std::string> arguments) {
  if (std::optional<CommandLineResult> word = Word(app, arguments); word.has_value()) {
    return *std::move(word);
  }
  const Walk walk = WalkOver(app, arguments);
  if (!walk.error.empty()) return {.code = kUsage, .error = walk.error};
  // CLI11 wants the last one first.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    std::cout << HelpOf(*walk.app) << std::flush;
    return Printed(0);
  } catch (const CLI::Success& done) {
    return Printed(app.exit(done));
  } catch (const CLI::ParseError& error) {
    return {.code = kUsage,
            .error = absl::StrCat(Explained(error, *walk.app), "; ", MoreAt(*walk.app))};
  }
  return {};
}

std::string Nearest(absl::string_view word, const std::vector<std::string>& names) {
  constexpr size_t kLongest = 64;
  if (word.size() > kLongest) return "";
  const auto plain = [](absl::string_view text) {
    return absl::StrReplaceAll(absl::AsciiStrToLower(text), {{"-", "_"}});
  };
  const std::string wanted = plain(word);
  std::string best;
  size_t best_distance = std::max<size_t>(1, absl::StripPrefix(wanted, "__").size() / 3) + 1;
  for (const std::string& name : names) {
    size_t distance = Distance(wanted, plain(name));
    // Who begins a name means it.
    constexpr size_t kBegun = 3;
    if (wanted.size() >= kBegun + (wanted[0] == '_' ? 2 : 0) &&
        absl::StartsWith(plain(name), wanted)) {
      distance = std::min<size_t>(distance, 1);
    }
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

std::string Wrapped(absl::string_view text, size_t width) {
  std::string out, paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) absl::StrAppend(&out, Broken(paragraph, 0, 0, width), "\n");
    paragraph.clear();
  };
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (indent == 0 && !line.empty()) {
      absl::StrAppend(&paragraph, paragraph.empty() ? "" : " ", line);
      // What a colon ends is a heading.
      if (absl::EndsWith(line, ":")) end_paragraph();
      continue;
    }
    end_paragraph();
    const bool fits = line.size() <= width;
    absl::StrAppend(&out,
                    fits
                        ? std::string(line)
                        : std::string(indent, ' ') + Broken(line, indent, indent + 4, width, " \\"),
                    "\n");
  }
  end_paragraph();
  while (absl::EndsWith(out, "\n")) out.pop_back();
  return out;
}

void KeepStandardDescriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free is this one. Read-only, so that what is written to it fails.
    if (open("/dev/null", O_RDONLY) < 0) return;
  }
}

}  // namespace cairn::server
