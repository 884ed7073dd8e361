// The machine under a real cairnd, as a test would have it: slow or hanging syncs, a full disk, a
// wall clock that jumps.
//
// A library loaded before the C library (machine_preload.cc) stands between the process and the
// kernel, and looks into a file that both sides have in memory: what is set here holds from the
// next call on. The binary itself has no part in it.
// A target that uses this has data = ["//tests/testing:libmachine_preload.so"] and the tags
// no-asan, whose runtime tolerates no preloaded library, and no-tsan.

#ifndef CAIRN_TESTS_TESTING_MACHINE_H_
#define CAIRN_TESTS_TESTING_MACHINE_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cairn::testing {

// Lies in the shared file.
struct MachineState {
  // Added to each fdatasync.
  std::atomic<int64_t> sync_delay_us;
  // Syncs wait while this is set; so many do.
  std::atomic<int64_t> hold_syncs;
  std::atomic<int64_t> held_syncs;
  // What statvfs says is free; 0: the truth.
  std::atomic<int64_t> free_bytes;
  // Added to CLOCK_REALTIME.
  std::atomic<int64_t> wall_offset_ms;
};
static_assert(std::atomic<int64_t>::is_always_lock_free);

// Where machine_preload.cc looks for the file.
inline constexpr char kMachineVariable[] = "CAIRN_TEST_MACHINE";

class Machine {
 public:
  // Makes the file in `directory`, which outlives this and the process.
  explicit Machine(const std::filesystem::path& directory);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  MachineState* operator->() const { return state_; }

  // How to run cairnd on it: Cairnd(machine.Args(args), Machine::kRunner).
  std::vector<std::string> Args(std::vector<std::string> args) const;
  static constexpr char kRunner[] = "/usr/bin/env";

 private:
  std::filesystem::path file_;
  MachineState* state_ = nullptr;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_TESTING_MACHINE_H_
