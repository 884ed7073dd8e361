// The witness: cosigns a log's checkpoint when it continues what it cosigned before.
//
// Source: C2SP tlog-witness, tlog-cosignature v1.0.1.
// For each origin it keeps the largest tree that it accepted, for ever: also when the policy no
// longer names the log. The order of a request is: verify the log's signature; compare with what is
// kept and take its place, in memory and at once; write, with all that came meanwhile, in one
// synced write; sign; answer. So nothing is signed that would be forgotten by a crash, and of two
// requests from one size one is kAborted. A failed write is fatal: Options::on_fatal is called and
// nothing is signed any more.
// Errors of Add: kInvalidArgument (malformed, 400), kNotFound (unknown origin, 404),
//   kPermissionDenied (no valid signature of the log, 403), kAborted (old size is not what was
//   cosigned last, 409; `known_size` says that), kFailedPrecondition (the proof does not verify,
//   422), kResourceExhausted (too many are waiting, 429), kUnavailable (after a failure or Stop).
// Threads: calls from any; answers come from the cosigner's own or inline.

#ifndef CAIRN_WITNESS_COSIGNER_H_
#define CAIRN_WITNESS_COSIGNER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/note/misbehaviour.h"
#include "merkle/note/policy.h"
#include "merkle/types.h"
#include "witness/add_checkpoint.h"
#include "witness/store.h"

namespace cairn::witness {

struct CosignerOptions {
  // Requests that wait for the disk.
  size_t max_waiting = 4'096;
  // POSIX seconds.
  std::function<uint64_t()> now_s;
  // Called once, on the cosigner's thread.
  std::function<void(const absl::Status&)> on_fatal;
  // A log whose key has signed another tree of the size that is kept: what proves it. From the
  // threads that call Add. May be absent.
  std::function<void(absl::string_view origin, const note::Misbehaviour&)> on_split = {};
};

struct AddResult {
  absl::Status status;
  // With kAborted: what was cosigned last.
  std::optional<TreeSize> known_size = std::nullopt;
  // With OK: the signature line.
  std::string cosignature = {};
};

class Cosigner {
 public:
  using Done = std::function<void(AddResult)>;

  // Reads what is kept. `key` is of type kCosignature. Borrows the store.
  static absl::StatusOr<std::unique_ptr<Cosigner>> Open(note::SignerKey key, Store* store,
                                                        std::shared_ptr<const note::Policy> policy,
                                                        CosignerOptions options);
  // Stops as Stop() does.
  ~Cosigner();

  // The logs served from now on. What is kept of others stays.
  void SetPolicy(std::shared_ptr<const note::Policy> policy);

  // A request as it came. `done` is called exactly once.
  void Add(absl::string_view body, Done done);

  // The newest note of the log whose origin has this SHA-256, with the signature that was verified
  // and this witness's. kNotFound: none was cosigned.
  absl::StatusOr<std::string> Latest(const Hash& origin_hash) const;

  const note::VerifierKey& key() const { return key_.verifier_key(); }
  size_t logs_kept() const;

  // Finishes what is waiting, then ends the thread. Idempotent.
  void Stop();

 private:
  struct Waiting {
    Hash origin_hash;
    KeptLog log;
    Done done;
  };

  Cosigner(note::SignerKey key, Store* store, std::shared_ptr<const note::Policy> policy,
           CosignerOptions options);

  // Verifies the signatures of the log's keys and keeps only those lines.
  absl::StatusOr<note::Note> VerifyLog(const AddCheckpoint& request) const;
  // Takes the request's tree as the newest of its log. Requires mutex_.
  AddResult Take(const AddCheckpoint& request, const Hash& origin_hash);
  std::string Cosignature(const KeptLog& log) const;
  // Calls on_split where the log's own signatures show two trees of one size.
  void TellOfSplit(absl::string_view origin, const Hash& origin_hash, const KeptLog& offered) const;
  void Run();

  const note::SignerKey key_;
  Store* const store_;
  const CosignerOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const note::Policy> policy_;
  // What is accepted, durable or about to be.
  absl::flat_hash_map<Hash, Tree> newest_;
  std::vector<Waiting> waiting_;
  bool stopping_ = false;
  bool failed_ = false;
  std::thread thread_;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_COSIGNER_H_
