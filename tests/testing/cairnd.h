// The real cairnd as a child process: for tests of what only a whole process shows.
//
// A target that uses this has data = ["//ledger/server:cairnd"] and tags = ["no-tsan"].
// Data lie under CAIRN_TEST_DIR, a directory on a real disk (Bazel's own temporary directory may be
// in memory, where syncs are free); FreshDirectory() ends the process when it is not set or in
// memory.
// Nothing here waits by sleeping: starting reads the child's output until it says that it listens,
// or until it ends.
// Threads: a Cairnd is used by one thread at a time.

#ifndef CAIRN_TESTS_TESTING_CAIRND_H_
#define CAIRN_TESTS_TESTING_CAIRND_H_

#include <sys/types.h>

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cairn::testing {

// A key for tests, as keygen writes it, and its vkey. Both are of kTestOrigin.
inline constexpr char kTestOrigin[] = "log.example/test";
inline constexpr char kTestPrivateKey[] =
    "PRIVATE+KEY+log.example/test+6ffdf1c0+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
inline constexpr char kTestVkey[] =
    "log.example/test+6ffdf1c0+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

// A new empty directory under CAIRN_TEST_DIR, removed when this goes out of scope.
class FreshDirectory {
 public:
  FreshDirectory();
  ~FreshDirectory();
  FreshDirectory(const FreshDirectory&) = delete;
  FreshDirectory& operator=(const FreshDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Writes (replaces) a file with the mode given.
void WriteFile(const std::filesystem::path& file, const std::string& bytes, mode_t mode = 0600);

// The usual command line over `directory`: --data_dir DIR/data, --key_file DIR/log.key (written
// with kTestPrivateKey unless it is there), --origin kTestOrigin, a free loopback port, and `more`,
// which may repeat any of these: the last one counts.
std::vector<std::string> CairndArgs(const std::filesystem::path& directory,
                                    std::vector<std::string> more = {});

class Cairnd {
 public:
  // Runs `binary` with `args` and waits until it listens or has ended: see running().
  explicit Cairnd(std::vector<std::string> args,
                  const std::string& binary = "ledger/server/cairnd");
  // Kills it if it still runs.
  ~Cairnd();
  Cairnd(const Cairnd&) = delete;
  Cairnd& operator=(const Cairnd&) = delete;

  // Whether it came up. If not, Wait() and output() say why.
  bool running() const { return !address_.empty(); }
  // HOST:PORT it listens on.
  const std::string& address() const { return address_; }
  // Of HTTP; empty unless --http_address is among the arguments.
  const std::string& http_address() const { return http_address_; }
  pid_t pid() const { return pid_; }

  void Signal(int signal);
  // Waits for the end: the exit code, or 128 + the signal that killed it. May be called again.
  int Wait();
  // SIGTERM, then Wait().
  int Stop();

  // Waits until its output has this text, or ends: whether it does.
  bool AwaitOutput(const std::string& text);

  // All it wrote to stdout and stderr. Requires that Wait() has returned.
  const std::string& output() const { return output_; }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  bool ended_ = false;
  int code_ = -1;
  std::string address_;
  std::string http_address_;
  std::mutex mutex_;  // guards the next two while reader_ runs
  std::string output_;
  bool output_ended_ = false;
  std::condition_variable more_output_;
  std::thread reader_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_TESTING_CAIRND_H_
