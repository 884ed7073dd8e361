// What whoever checks evidence trusts: the log's key, witnesses, time-stamp authorities, block
// headers. All of it is the verifier's own, from its command line.
//
// Threads: one at a time; several each take one of their own. What was verified is remembered:
// signatures of notes, time-stamp tokens.

#ifndef CAIRN_TOOLS_CAIRN_TRUST_H_
#define CAIRN_TOOLS_CAIRN_TRUST_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/bitcoin_headers_file.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/note_verifier.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/verify.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"
#include "tools/cairn/command.h"

namespace cairn::cli {

struct TrustOptions {
  std::string log_key;
  std::string policy;
  std::string tsa_roots;
  std::string headers;
};

void AddTrustOptions(Subcommand command, TrustOptions* options);
// Of these only --tsa_roots and --headers.
void AddAnchorTrustOptions(Subcommand command, TrustOptions* options);

class Trust {
 public:
  // Reads the files that are named; kInvalidArgument for one that is not what it should be, others
  // as in file.h. Throws as Misused where there is neither a log key nor a policy, or no key in
  // --log_key.
  static absl::StatusOr<std::unique_ptr<Trust>> Read(const TrustOptions& options);

  // To verify this evidence with. They borrow what is here. The log's key is the one given, or the
  // policy's that the checkpoint is signed with, or else some key that the policy has for the log;
  // none where the policy does not name it.
  evidence::VerifyOptions For(const evidence::Evidence& evidence) const;

  // Of receipts alone. Borrows likewise.
  evidence::AnchorTrust anchors() const;

  // Of the same trust anchors, which are shared, with a memory of its own.
  std::unique_ptr<Trust> ForAnotherThread() const;

 private:
  Trust() = default;

  absl::Status ReadAnchors(const TrustOptions& options);

  std::optional<note::VerifierKey> log_key_;
  std::shared_ptr<const note::Policy> policy_;
  std::shared_ptr<const rfc3161::Verifier> time_stamp_roots_;
  std::shared_ptr<evidence::BitcoinHeadersFile> headers_;
  std::unique_ptr<rfc3161::CachingVerifier> time_stamps_;
  const std::unique_ptr<evidence::NoteVerifier> notes_ = std::make_unique<evidence::NoteVerifier>();
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_TRUST_H_
