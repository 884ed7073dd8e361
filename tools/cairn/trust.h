// What whoever checks evidence trusts: the log's key, witnesses, time-stamp authorities, block
// headers. All of it is the verifier's own, from its command line.
//
// Threads: one at a time; several each take one of their own. What was verified is remembered:
// signatures of notes, time-stamp tokens.

#ifndef CAIRN_TOOLS_CAIRN_TRUST_H_
#define CAIRN_TOOLS_CAIRN_TRUST_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/bitcoin_headers_file.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/note_verifier.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/verify.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"
#include "tools/cairn/command.h"

namespace cairn::cli {

struct TrustOptions {
  std::string log_key;
  std::string policy;
  // NAME=FILE; and the file of the authority `tsa`.
  std::vector<std::string> authorities;
  std::string tsa_roots;
  // NAME=TIME: its key does not stand any more after that.
  std::vector<std::string> authority_not_after;
  // Revocation lists of the verifier's own.
  std::vector<std::string> crls;
  bool require_revocation = false;
  std::string headers;
  // What is later counts for nothing; by default the machine's clock.
  std::optional<uint64_t> now_s;
};

void AddTrustOptions(Subcommand command, TrustOptions* options);
// Of these only what is about authorities, and --headers.
void AddAnchorTrustOptions(Subcommand command, TrustOptions* options);

// A file that a verdict rests on, so that whoever repeats it can tell whether theirs is the same.
struct TrustInput {
  std::string role;       // "policy", "authority", "crl", "headers"
  std::string name = {};  // Of an authority; empty otherwise.
  std::string path = {};
  Hash sha256 = {};
  std::optional<uint64_t> tip = std::nullopt;  // Of headers: the greatest height.
};

class Trust {
 public:
  // Reads the files that are named; kInvalidArgument for one that is not what it should be, others
  // as in file.h. Throws as Misused where there is neither a log key nor a policy, no key in
  // --log_key, and for authorities that cannot be counted (anchors.h).
  static absl::StatusOr<std::unique_ptr<Trust>> Read(const TrustOptions& options);

  // To verify this evidence with. They borrow what is here. The log's key is the one given, or the
  // policy's that the checkpoint is signed with, or else some key that the policy has for the log;
  // none where the policy does not name it.
  evidence::VerifyOptions For(const evidence::Evidence& evidence) const;

  // Of receipts alone. Borrows likewise.
  evidence::AnchorTrust anchors() const;

  // The files that were read.
  const std::vector<TrustInput>& inputs() const { return inputs_; }
  uint64_t now_s() const { return now_s_; }
  // Keeps in mind which of the verifier's own revocation lists were of use (Report::own_crls_used),
  // for whoever shares these trust anchors; any thread. And the files of those that were of none.
  void MarkUsed(const std::set<size_t>& crls) const;
  std::vector<std::string> UnusedCrls() const;
  // As it was given, or empty.
  std::string log_key() const { return log_key_ ? log_key_->Format() : ""; }

  // Of the same trust anchors, which are shared, with a memory of its own.
  std::unique_ptr<Trust> ForAnotherThread() const;

 private:
  Trust() = default;

  struct NamedAuthority {
    std::string name;
    std::shared_ptr<const rfc3161::Verifier> roots = nullptr;
    std::unique_ptr<rfc3161::CachingVerifier> time_stamps = nullptr;
    std::optional<uint64_t> not_after_s = std::nullopt;
  };

  absl::Status ReadPolicyFile(const std::string& path);
  absl::Status ReadAuthorities(const TrustOptions& options);
  // After the authorities. Throws as Misused for a name that is none of theirs.
  void ReadNotAfter(const TrustOptions& options);
  absl::StatusOr<std::vector<std::string>> ReadCrls(const std::vector<std::string>& paths);
  absl::Status ReadHeaders(const std::string& path);
  absl::StatusOr<std::string> ReadInput(TrustInput input, size_t max_bytes);

  std::optional<note::VerifierKey> log_key_;
  std::shared_ptr<const note::Policy> policy_;
  std::vector<NamedAuthority> authorities_;  // By name.
  std::shared_ptr<evidence::BitcoinHeadersFile> headers_;
  uint64_t now_s_ = 0;
  std::vector<TrustInput> inputs_;
  std::vector<std::string> crl_files_;  // Of each list.
  std::shared_ptr<std::vector<std::atomic<bool>>> crls_used_;
  const std::unique_ptr<evidence::NoteVerifier> notes_ = std::make_unique<evidence::NoteVerifier>();
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_TRUST_H_
