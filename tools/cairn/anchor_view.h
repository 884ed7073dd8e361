// What several subcommands ask a log about its anchors. Answers are held to what was asked: whether
// they are true only evidence shows.
//
// Errors: as LogClient; kInvalidArgument for an answer that is malformed or not to the question;
//   kNotFound where the log has no such entry.

#ifndef CAIRN_TOOLS_CAIRN_ANCHOR_VIEW_H_
#define CAIRN_TOOLS_CAIRN_ANCHOR_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/evidence.h"
#include "merkle/hash.h"
#include "merkle/types.h"
#include "proto/anchors.pb.h"
#include "tools/cairn/command.h"
#include "tools/cairn/log_client.h"

namespace cairn::cli {

// The most that a log answers of one hash.
inline constexpr size_t kMaxProofStates = 64;

// By hash, by index, or by both: then the entry at the index, which has to be among those about the
// hash.
struct EntryChoice {
  std::optional<Hash> hash = std::nullopt;
  std::optional<LeafIndex> index = std::nullopt;
  std::string certifier = {};  // With a hash. Empty: any.
};

// kInvalidArgument, of what a log answers and cannot be so.
absl::Status False(absl::string_view what);
// "Beyond the tree" and "no such statement" are one answer to whoever asks for an entry.
absl::Status NoSuchEntry(const absl::Status& status);

// As it stands on the command line: HASH, --index, --certifier.
struct EntryChoiceOptions {
  std::string hash;
  std::optional<uint64_t> index;
  std::string certifier;
};

void AddEntryChoice(Subcommand command, EntryChoiceOptions* options);

// Throws as Misused where it chooses nothing, or makes no sense.
EntryChoice ReadEntryChoice(const EntryChoiceOptions& options);

// At least one.
absl::StatusOr<v1::GetProofStateResponse> FetchProofStates(LogClient& client,
                                                           const EntryChoice& choice);

// Events after `after`, which moves on, each handed to `take`; until there are no more for now.
absl::Status DrainEvents(LogClient& client, uint64_t& after, const std::function<bool()>& go_on,
                         const std::function<void(const v1::AnchorEvent&)>& take);

// That a system has given it and still stands by it.
bool Stands(const v1::AnchorReceipt& receipt);

// GetEvidence's answer, with those receipts that a system has given and still stands by. Not
// verified.
absl::StatusOr<evidence::Evidence> FetchEvidence(LogClient& client, LeafIndex index,
                                                 std::optional<evidence::CertificateKind> kind,
                                                 std::vector<evidence::Opening> openings);

// kNo for an answer that is false and for what the log does not have; otherwise kUnable.
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_ANCHOR_VIEW_H_
