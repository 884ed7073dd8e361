// What a run of load consists of.

#ifndef CAIRN_TOOLS_LOAD_OPTIONS_H_
#define CAIRN_TOOLS_LOAD_OPTIONS_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/channel.h"
#include "merkle/note/key.h"

namespace cairn::load {

enum class Mode {
  kUnary,   // Append, one statement a call.
  kStream,  // AppendStream, a batch a message.
  kProof,   // Prove by certificate hash, of entries picked at random over the whole log.
};

enum class Signing { kNone, kSingle, kBatch };

struct Options {
  Mode mode = Mode::kUnary;
  // Each a connection of its own; at least one.
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  std::string token;  // Empty: none.

  // Calls in flight over all connections; of streams, unanswered batches in each. 0: as usual.
  uint32_t in_flight = 0;
  // 0: one a connection. A stream belongs to one connection.
  uint32_t streams = 0;
  uint32_t batch = 256;
  uint32_t threads = 1;
  // Entries a second (mode kProof: proofs); none: closed loop.
  std::optional<double> rate;

  double warmup_s = 1;
  // Of measuring, after the warm-up; none: until `entries`.
  std::optional<double> seconds;
  // Ends after so many new entries (mode kProof: proofs), those of the warm-up included.
  std::optional<uint64_t> entries;
  // How long connecting may take, what is in flight at the end, and a silence in between.
  double timeout_s = 30;

  // Of the statements, sent again though the log has acknowledged them.
  double duplicates = 0;
  // Of an encoded entry without its signature.
  uint32_t entry_bytes = 180;
  std::string certifier;  // Empty: whoever the log takes the caller for.
  uint64_t seed = 0;
  // In streams, ask for entries and proofs.
  bool want_proofs = false;
  // Of how many entries, picked at random, mode kProof asks the proofs.
  uint32_t hashes = 100'000;

  Signing signing = Signing::kNone;
  std::shared_ptr<const note::SignerKey> signing_key;
  // So many single signatures are made before the run.
  uint64_t presign = 0;
  // The log's name, for signing.
  std::string origin;
  // Checkpoints must be signed with it.
  std::optional<note::VerifierKey> log_key;

  // The server is no log: its answers are only counted, as far as that needs no truth.
  bool unchecked = false;

  // Whose CPU time and memory to watch.
  std::optional<pid_t> server_pid;
  // Called a few times a second from one thread.
  std::function<bool()> interrupted = [] { return false; };
  // Called each second with a line to show; may be empty.
  std::function<void(const std::string&)> progress;
};

// Fills in what is 0 for "as usual". kInvalidArgument, naming the command line's option.
absl::Status Complete(Options& options);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_OPTIONS_H_
