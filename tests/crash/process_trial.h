// One cell of the fault table of the real binary: cairnd comes to a phase of its life, one of its
// system calls on the data directory fails or kills it, it is started again without a fault, and is
// held to all that it told its clients.

#ifndef CAIRN_TESTS_CRASH_PROCESS_TRIAL_H_
#define CAIRN_TESTS_CRASH_PROCESS_TRIAL_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "tests/crash/faulty_calls.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {

enum class ProcessPhase {
  kCreate,  // a start in an empty directory
  kStart,   // a start after a kill
  kCommit,  // appends
  kLoad,    // so many that entries are flushed and the index is moved
  kStop,    // SIGTERM
};
std::string NameOf(ProcessPhase phase);

using CallPlace = std::pair<FileCall, FileKind>;

struct CallInjection {
  CallPlace place;
  uint64_t occurrence = 1;
  CallFault fault = CallFault::kError;
};

class ProcessTrials {
 public:
  // Makes the logs that the phases begin with; the large one, of half a million entries, when it is
  // first needed.
  ProcessTrials();

  // The calls of a phase, and how many.
  absl::StatusOr<std::map<CallPlace, uint64_t>> CallsOf(ProcessPhase phase);

  // What happened, in few words. An error says what was broken; kNotFound that the fault did not
  // come.
  absl::StatusOr<std::string> Try(ProcessPhase phase, const CallInjection& injection);

 private:
  std::filesystem::path BaseOf(ProcessPhase phase);

  FreshDirectory bases_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_CRASH_PROCESS_TRIAL_H_
