#include "tests/cli/cairn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <utility>

namespace cairn::testing {
namespace {

[[noreturn]] void Die(const char* why) {
  std::perror(why);
  std::abort();
}

// Reads both ends until both are closed. Interrupts `pid`, unless it is 0, at the first word on
// `at`.
void Drain(int out, int err, pid_t pid, Output at, CairnResult& result) {
  pollfd ends[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  std::string* const texts[2] = {&result.out, &result.err};
  char buffer[1 << 16];
  for (int open = 2; open > 0;) {
    if (poll(ends, 2, -1) < 0 && errno != EINTR) Die("poll");
    for (int i = 0; i < 2; ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      const ssize_t got = read(ends[i].fd, buffer, sizeof buffer);
      if (got > 0) {
        const bool here = (i == 1) == (at == Output::kErr);
        if (here && texts[i]->empty() && pid != 0) kill(pid, SIGINT);
        texts[i]->append(buffer, got);
      } else if (got == 0 || errno != EINTR) {
        close(ends[i].fd);
        ends[i].fd = -1;
        --open;
      }
    }
  }
}

}  // namespace

std::vector<nlohmann::json> CairnResult::documents() const {
  std::vector<nlohmann::json> documents;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    documents.push_back(nlohmann::json::parse(line));
  }
  return documents;
}

namespace {

CairnResult Run(std::string binary, std::vector<std::string> args,
                std::optional<Output> interrupt_at = std::nullopt) {
  std::vector<char*> argv = {binary.data()};
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) Die("pipe2");
  const pid_t pid = fork();
  if (pid < 0) Die("fork");
  if (pid == 0) {
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    execv(binary.c_str(), argv.data());
    _exit(127);
  }
  close(out[1]);
  close(err[1]);
  CairnResult result;
  Drain(out[0], err[0], interrupt_at ? pid : 0, interrupt_at.value_or(Output::kErr), result);
  int status;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) Die("waitpid");
  }
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace

CairnResult RunCairn(std::vector<std::string> args, const std::string& binary) {
  return Run(binary, std::move(args));
}

CairnResult RunCairnTraced(const std::vector<std::string>& args, const std::string& system_calls,
                           const std::string& trace_file) {
  // Where it is built with LeakSanitizer: that cannot look for leaks under a tracer.
  return Run("/usr/bin/strace", Join({"-f", "-E", "ASAN_OPTIONS=detect_leaks=0", "-e",
                                      "trace=" + system_calls, "-o", trace_file, kCairn},
                                     args));
}

CairnResult RunAndInterruptCairn(std::vector<std::string> args, Output at) {
  return Run(kCairn, std::move(args), at);
}

std::vector<std::string> Join(std::vector<std::string> first,
                              const std::vector<std::string>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

}  // namespace cairn::testing
