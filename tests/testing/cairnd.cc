#include "tests/testing/cairnd.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr long kTmpfsMagic = 0x01021994;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::fflush(stderr);
  std::abort();
}

// HOST:PORT once a whole line says `what` of it, else empty.
std::string FindAddress(const std::string& output, const std::string& what) {
  for (size_t begin = 0;;) {
    const size_t end = output.find('\n', begin);
    if (end == std::string::npos) return "";
    if (output.compare(begin, what.size(), what) == 0) {
      return output.substr(begin + what.size(), end - begin - what.size());
    }
    begin = end + 1;
  }
}

// False at the end of the output.
bool ReadSome(int fd, std::string& output) {
  char buffer[4096];
  ssize_t got;
  do {
    got = read(fd, buffer, sizeof buffer);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  output.append(buffer, got);
  return true;
}

}  // namespace

FreshDirectory::FreshDirectory() {
  const char* root = std::getenv("CAIRN_TEST_DIR");
  if (root == nullptr || *root == '\0') {
    Die("CAIRN_TEST_DIR is not set: name a directory on a real disk (tools/test does)");
  }
  struct statfs info {};
  if (statfs(root, &info) != 0) Die(std::string("CAIRN_TEST_DIR: no such directory: ") + root);
  if (info.f_type == kTmpfsMagic) {
    Die(std::string("CAIRN_TEST_DIR is in memory, where syncs show nothing: ") + root);
  }
  std::string name = std::string(root) + "/cairnd.XXXXXX";
  if (mkdtemp(name.data()) == nullptr) Die("cannot make " + name);
  path_ = name;
}

FreshDirectory::~FreshDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void WriteFile(const fs::path& file, const std::string& bytes, mode_t mode) {
  unlink(file.c_str());
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0 || write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      fchmod(fd, mode) != 0) {
    Die("cannot write " + file.string());
  }
  close(fd);
}

std::vector<std::string> CairndArgs(const fs::path& directory, std::vector<std::string> more) {
  const fs::path key = directory / "log.key";
  if (!fs::exists(key)) WriteFile(key, std::string(kTestPrivateKey) + "\n");
  const std::vector<std::pair<std::string, std::string>> usual = {
      {"--data_dir", (directory / "data").string()},
      {"--key_file", key.string()},
      {"--origin", kTestOrigin},
      {"--grpc_address", "127.0.0.1:0"}};
  std::vector<std::string> args;
  for (const auto& [flag, value] : usual) {
    if (std::find(more.begin(), more.end(), flag) != more.end()) continue;
    args.push_back(flag);
    args.push_back(value);
  }
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

Cairnd::Cairnd(std::vector<std::string> args, const std::string& binary) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) Die("no pipe");
  std::vector<char*> argv = {const_cast<char*>(binary.c_str())};
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) Die("cannot fork");
  if (pid_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execv(binary.c_str(), argv.data());
    _exit(127);
  }
  close(ends[1]);
  out_ = ends[0];
  while (address_.empty() && ReadSome(out_, output_)) {
    address_ = FindAddress(output_, "listening on ");
  }
  http_address_ = FindAddress(output_, "http on ");
  // From here on the pipe is only emptied, so that the child never waits for it.
  reader_ = std::thread([this] {
    bool more = true;
    while (more) {
      std::string some;
      more = ReadSome(out_, some);
      const std::lock_guard lock(mutex_);
      output_ += some;
      output_ended_ = !more;
      more_output_.notify_all();
    }
  });
}

bool Cairnd::AwaitOutput(const std::string& text) {
  std::unique_lock lock(mutex_);
  const auto has_it = [&] { return output_.find(text) != std::string::npos; };
  more_output_.wait(lock, [&] { return output_ended_ || has_it(); });
  return has_it();
}

Cairnd::~Cairnd() {
  if (!ended_) Signal(SIGKILL);
  Wait();
  close(out_);
}

void Cairnd::Signal(int signal) {
  if (!ended_) kill(pid_, signal);
}

int Cairnd::Wait() {
  if (!ended_) {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    ended_ = true;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    reader_.join();
  }
  return code_;
}

int Cairnd::Stop() {
  Signal(SIGTERM);
  return Wait();
}

}  // namespace cairn::testing
