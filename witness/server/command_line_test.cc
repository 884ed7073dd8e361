#include "witness/server/command_line.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cairn::server {
namespace {

using ::testing::HasSubstr;

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() {
    PrepareCommandLine(app_, "program 1.2");
    app_.require_subcommand(1);
    CLI::App* const submit = app_.add_subcommand("submit", "Logs certificates");
    submit->add_option("--log_key,--log-key", text_, "The log's vkey")->required();
    submit->add_option("--timeout", number_, "Seconds");
    CLI::Option* const blind = submit->add_flag("--blind", flag_, "Keyed hashes");
    submit->add_option("--blind_key,--blind-key", other_, "A file")->needs(blind);
    submit->add_option("FILE", files_, "Records");
    app_.add_subcommand("status", "How far it has come");
    CLI::App* const policy = app_.add_subcommand("policy", "Policies");
    policy->require_subcommand(1);
    policy->add_subcommand("check", "Says what a policy amounts to");
  }

  // What is wrong with these arguments, which is usage.
  std::string Error(const std::vector<std::string>& arguments) {
    const CommandLineResult result = ParseCommandLine(app_, arguments);
    EXPECT_EQ(result.code, 2);
    return result.error;
  }
  std::string Printed(const std::vector<std::string>& arguments) {
    ::testing::internal::CaptureStdout();
    const CommandLineResult result = ParseCommandLine(app_, arguments);
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.error, "");
    return ::testing::internal::GetCapturedStdout();
  }

  CLI::App app_{"A program.", "program"};
  std::string text_, other_;
  double number_ = 0;
  bool flag_ = false;
  std::vector<std::string> files_;
};

TEST_F(CommandLine, TakesBothSpellings) {
  for (const std::string spelling : {"--log_key", "--log-key"}) {
    const CommandLineResult result = ParseCommandLine(app_, {"submit", spelling, "k", "a", "b"});
    EXPECT_FALSE(result.code.has_value()) << result.error;
    EXPECT_EQ(text_, "k");
    EXPECT_EQ(files_, (std::vector<std::string>{"a", "b"}));
  }
}

TEST_F(CommandLine, NamesTheNearestSubcommandAndOption) {
  EXPECT_EQ(Error({"sumbit"}),
            "`sumbit` is no subcommand; did you mean `submit`? See `program --help`");
  EXPECT_EQ(Error({"frobnicate"}), "`frobnicate` is no subcommand; see `program --help`");
  EXPECT_EQ(Error({"policy", "chekc"}),
            "`chekc` is no subcommand; did you mean `check`? See `program policy --help`");
  EXPECT_EQ(Error({"helpp"}),
            "`helpp` is no subcommand; did you mean `help`? See `program --help`");
  EXPECT_EQ(Error({"submit", "--logkey", "k"}),
            "`--logkey` is no option; did you mean `--log_key`? See `program submit --help`");
  EXPECT_EQ(Error({"submit", "--log_key", "k", "--frobnicate=1"}),
            "`--frobnicate` is no option; see `program submit --help`");
  EXPECT_EQ(Error({"submit", "-x"}), "`-x` is no option; see `program submit --help`");
}

TEST_F(CommandLine, SaysInOneLineWhatIsWrong) {
  EXPECT_EQ(Error({}), "a subcommand is required; see `program --help`");
  EXPECT_EQ(Error({"policy"}), "a subcommand is required; see `program policy --help`");
  EXPECT_EQ(Error({"submit", "a"}),
            "--log_key is required: The log's vkey; see `program submit --help`");
  EXPECT_EQ(Error({"submit", "--log_key"}), "--log_key needs a value; see `program submit --help`");
  EXPECT_EQ(Error({"submit", "--timeout", "-1"}),
            "--timeout needs a value; if `-1` is meant, write --timeout=-1; see `program submit "
            "--help`");
  EXPECT_EQ(Error({"submit", "--log_key", "k", "--timeout", "soon"}),
            "--timeout: `soon` is no number; see `program submit --help`");
  EXPECT_EQ(Error({"submit", "--log_key", "k", "--log-key", "l"}),
            "--log_key is given more than once, but takes one value; see `program submit --help`");
  EXPECT_EQ(Error({"submit", "--log_key", "k", "--blind_key", "f"}),
            "--blind_key needs --blind as well; see `program submit --help`");
  EXPECT_EQ(Error({"status", "more"}), "`more` is more than it takes; see `program status --help`");
}

TEST_F(CommandLine, HelpAndVersionAreWordsToo) {
  for (const std::string word : {"version", "--version", "-v"}) {
    EXPECT_EQ(Printed({word}), "program 1.2\n");
  }
  const std::string help = Printed({"--help"});
  EXPECT_EQ(Printed({"help"}), help);
  EXPECT_EQ(Printed({"-h"}), help);
  EXPECT_THAT(help, HasSubstr("submit"));
  EXPECT_EQ(Printed({"help", "submit"}), Printed({"submit", "--help"}));
  EXPECT_EQ(Printed({"help", "policy", "check"}), Printed({"policy", "check", "--help"}));
  EXPECT_THAT(Printed({"help", "policy", "check"}), HasSubstr("program policy check"));
  EXPECT_EQ(Error({"help", "sumbit"}),
            "`sumbit` is no subcommand; did you mean `submit`? See `program --help`");
}

TEST_F(CommandLine, HelpShowsOneSpellingWithin80Columns) {
  const std::string help = Printed({"submit", "--help"});
  EXPECT_THAT(help, HasSubstr("--log_key"));
  EXPECT_THAT(help, ::testing::Not(HasSubstr("--log-key")));
}

TEST_F(CommandLine, AnArgumentInBracketsIsOneArgument) {
  ASSERT_FALSE(ParseCommandLine(app_, {"submit", "--log_key", "k", "[a,b]"}).code.has_value());
  EXPECT_EQ(files_, (std::vector<std::string>{"./[a,b]"}));
}

TEST(Wrapped, BreaksParagraphsAtBlanksAndCommandsAfterABackslash) {
  EXPECT_EQ(Wrapped("one two three\nfour\n\nfive", 9), "one two\nthree\nfour\n\nfive");
  EXPECT_EQ(Wrapped("Example:\n  cmd --one --two x", 16),
            "Example:\n  cmd --one \\\n      --two x");
  EXPECT_EQ(Wrapped("unbreakablewordthatistoolong", 9), "unbreakablewordthatistoolong");
}

TEST(Nearest, TakesExchangesAndBeginningsAndNothingFar) {
  const std::vector<std::string> names = {"verify", "verify-misbehaviour", "watch", "audit"};
  EXPECT_EQ(Nearest("verfiy", names), "verify");
  EXPECT_EQ(Nearest("ver", names), "verify");
  EXPECT_EQ(Nearest("Audit", names), "audit");
  EXPECT_EQ(Nearest("xx", names), "");
  EXPECT_EQ(Nearest("", names), "");
  EXPECT_EQ(Nearest(std::string(100'000, 'a'), names), "");
}

TEST(KeepStandardDescriptors, GivesAClosedOneToNoFile) {
  const int kept = dup(STDIN_FILENO);
  close(STDIN_FILENO);
  KeepStandardDescriptors();
  EXPECT_GE(fcntl(STDIN_FILENO, F_GETFD), 0);
  const int next = open("/dev/null", O_RDONLY);
  EXPECT_GT(next, STDERR_FILENO);
  close(next);
  if (kept >= 0) {
    dup2(kept, STDIN_FILENO);
    close(kept);
  }
}

}  // namespace
}  // namespace cairn::server
