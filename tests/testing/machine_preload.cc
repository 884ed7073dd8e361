// Loaded into the real binary before the C library; see machine.h.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/testing/machine.h"

namespace {

using cairn::testing::MachineState;

MachineState* Open() {
  const char* const file = std::getenv(cairn::testing::kMachineVariable);
  const int fd = file == nullptr ? -1 : open(file, O_RDWR | O_CLOEXEC);
  void* const memory =
      mmap(nullptr, sizeof(MachineState), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) std::abort();
  close(fd);
  return static_cast<MachineState*>(memory);
}

MachineState& State() {
  static MachineState* const state = Open();
  return *state;
}

void Sleep(int64_t us) {
  const timespec time{.tv_sec = us / 1'000'000, .tv_nsec = us % 1'000'000 * 1000};
  nanosleep(&time, nullptr);
}

}  // namespace

extern "C" {

int fdatasync(int fd) {
  MachineState& state = State();
  ++state.held_syncs;
  while (state.hold_syncs != 0) Sleep(500);
  --state.held_syncs;
  if (const int64_t us = state.sync_delay_us; us > 0) Sleep(us);
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

int statvfs(const char* path, struct statvfs* out) {
  using Statvfs = int (*)(const char*, struct statvfs*);
  static const auto real = reinterpret_cast<Statvfs>(dlsym(RTLD_NEXT, "statvfs"));
  const int result = real(path, out);
  const int64_t free = State().free_bytes;
  if (result == 0 && free > 0) {
    out->f_bavail = out->f_bfree = static_cast<fsblkcnt_t>(free) / out->f_frsize;
  }
  return result;
}

int clock_gettime(clockid_t clock, timespec* out) {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  if (result != 0 || clock != CLOCK_REALTIME) return result;
  const int64_t ms = State().wall_offset_ms;
  out->tv_sec += ms / 1000;
  out->tv_nsec += ms % 1000 * 1'000'000;
  if (out->tv_nsec < 0) {
    out->tv_nsec += 1'000'000'000;
    --out->tv_sec;
  } else if (out->tv_nsec >= 1'000'000'000) {
    out->tv_nsec -= 1'000'000'000;
    ++out->tv_sec;
  }
  return 0;
}

}  // extern "C"
