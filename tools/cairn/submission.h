// Submits one file after the other: hash, state, append, verify, write. What has been done before
// is found by its evidence and not done again. That the log is the one meant and that evidence can
// be written is for the caller to try first: an entry is for ever.
//
// Threads: Submit may be called from several threads at once, with files of different evidence
//   paths.

#ifndef CAIRN_TOOLS_CAIRN_SUBMISSION_H_
#define CAIRN_TOOLS_CAIRN_SUBMISSION_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/evidence/evidence.h"
#include "merkle/certificate/node_keys.h"
#include "merkle/entry/entry.h"
#include "merkle/note/key.h"
#include "merkle/types.h"
#include "tools/cairn/command.h"
#include "tools/cairn/log_client.h"
#include "tools/cairn/record.h"
#include "tools/cairn/submitted_files.h"

namespace cairn::cli {

// What holds for all files of a run.
struct SubmissionOptions {
  // Empty: the one that the log takes the caller for.
  std::string certifier;
  entry::PolicyStatus policy_status = entry::PolicyStatus::kUnspecified;
  std::optional<LeafIndex> supersedes;
  std::string trace;
  std::string task;
  // Log keyed hashes instead of trace and task, with keys made from this, and put the openings into
  // the evidence.
  std::optional<Hash> blind_secret;
  // Log hashes that commit to the certificates, with their openings in the evidence.
  bool commit = false;
  std::optional<note::SignerKey> signing_key;
  // The log's: what is signed for, and what answers and evidence must be of.
  std::string origin;
  std::optional<note::VerifierKey> log_key;
  std::optional<certificate::NodeKeys> node_keys;
  RecordOptions record;
  // Until when the log lets each submission wait. From WAIT_FOR_ANCHORED on the evidence has the
  // receipts.
  v1::WaitFor wait_for = v1::WAIT_FOR_INTEGRATED;
};

enum class Outcome {
  kLogged,         // A new entry.
  kAlreadyLogged,  // The log had this very statement.
  kSkipped,        // Its evidence was there and stands.
  kRefused,        // The record is not what it says, or evidence of something else is in the way.
  kFailed,         // The log's answer does not verify. No evidence was written.
  kUnable,         // A file or the log could not be used, or the log refused the statement.
  kNotSent,        // Given up before its turn.
};

// "logged", "already_logged", "skipped", ... Persistent: scripts depend on them.
std::string OutcomeName(Outcome outcome);
// Likewise for people: "not sent".
std::string OutcomeText(Outcome outcome);
ExitCode OutcomeExitCode(Outcome outcome);

struct SubmissionResult {
  Outcome outcome = Outcome::kNotSent;
  std::string file;
  std::string evidence_file;
  std::string reason;      // Empty where there is evidence.
  std::string error_code;  // Of error_code.h; likewise.
  std::optional<Hash> hash;
  std::optional<LeafIndex> index;
  std::vector<std::string> notices;
  certificate::RoundedNumbers rounded = {};
  // The log cannot be reached, or takes nothing from this caller, or evidence cannot be written: to
  // go on would be in vain.
  bool hopeless = false;
  // The log has the statement at `index`, and its evidence could not be written.
  bool without_evidence = false;
};

class Submitter {
 public:
  // `client` outlives this.
  Submitter(SubmissionOptions options, LogClient* client)
      : options_(std::move(options)), client_(client) {}

  SubmissionResult Submit(const SubmittedFile& file) const;

 private:
  struct Prepared;

  absl::StatusOr<Record> ReadSubmitted(const SubmittedFile& file) const;
  bool UseExisting(const Record& record, SubmissionResult& result) const;
  absl::Status CheckExisting(const std::string& bytes, const Record& record,
                             SubmissionResult& result) const;
  void NoticeForeignSignature(const evidence::Evidence& evidence, SubmissionResult& result) const;
  Prepared Prepare(const Record& record) const;
  absl::StatusOr<evidence::Evidence> CheckAnswer(const v1::AppendResponse& answer,
                                                 const Record& record,
                                                 const Prepared& prepared) const;
  absl::Status CheckEvidence(const evidence::Evidence& evidence, bool duplicate,
                             const Record& record, const Prepared& prepared) const;
  absl::StatusOr<evidence::Evidence> WithReceipts(const v1::AppendResponse& answer,
                                                  const Record& record,
                                                  const Prepared& prepared) const;
  void Append(const Record& record, SubmissionResult& result) const;

  const SubmissionOptions options_;
  LogClient* const client_;
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_SUBMISSION_H_
