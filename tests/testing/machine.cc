#include "tests/testing/machine.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>

namespace cairn::testing {

Machine::Machine(const std::filesystem::path& directory) : file_(directory / "machine") {
  const int fd = open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  void* memory = MAP_FAILED;
  if (fd >= 0 && ftruncate(fd, sizeof(MachineState)) == 0) {
    memory = mmap(nullptr, sizeof(MachineState), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  if (memory == MAP_FAILED) {
    std::perror(file_.c_str());
    std::abort();
  }
  close(fd);
  state_ = new (memory) MachineState{};
}

Machine::~Machine() { munmap(state_, sizeof(MachineState)); }

std::vector<std::string> Machine::Args(std::vector<std::string> args) const {
  std::vector<std::string> all = {
      "LD_PRELOAD=" + std::filesystem::absolute("tests/testing/libmachine_preload.so").string(),
      std::string(kMachineVariable) + "=" + file_.string(), "ledger/server/cairnd"};
  all.insert(all.end(), args.begin(), args.end());
  return all;
}

}  // namespace cairn::testing
