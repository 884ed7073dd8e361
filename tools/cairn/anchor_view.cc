#include "tools/cairn/anchor_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/cancellation.h"
#include "tools/cairn/evidence_file.h"

namespace cairn::cli {
namespace {

absl::Status CheckStates(const v1::GetProofStateResponse& answer, const EntryChoice& choice) {
  if (static_cast<size_t>(answer.entries_size()) > kMaxProofStates) {
    return False(absl::StrCat("more than ", kMaxProofStates, " entries"));
  }
  for (const v1::EntryProofState& entry : answer.entries()) {
    if (!choice.hash && entry.index() != choice.index->value()) {
      return False(absl::StrCat("it is about entry ", entry.index()));
    }
    if (entry.state() == v1::PROOF_STATE_UNSPECIFIED) {
      return False(absl::StrCat("entry ", entry.index(), " has no state"));
    }
  }
  if (!choice.hash && answer.entries_size() > 1) return False("an entry has one state");
  return absl::OkStatus();
}

}  // namespace

absl::Status False(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the log's answer is false: ", what));
}

absl::Status NoSuchEntry(const absl::Status& status) {
  return absl::IsOutOfRange(status) ? absl::NotFoundError(status.message()) : status;
}

void AddEntryChoice(Subcommand command, EntryChoiceOptions* options) {
  command.Add("HASH", options->hash,
              "Certificate hash: 64 hex digits, with or without sha256: before them");
  command.Add("--certifier", options->certifier, "With HASH: only statements by this one");
  command.AddNumber("--index", "The entry at this leaf index",
                    [options](uint64_t index) { options->index = index; });
}

EntryChoice ReadEntryChoice(const EntryChoiceOptions& options) {
  EntryChoice choice;
  if (options.hash.empty() && !options.index) Misused("give HASH or --index");
  if (options.index) choice.index = LeafIndex(*options.index);
  if (!options.hash.empty()) {
    const absl::StatusOr<Hash> hash = ParseHash(options.hash);
    if (!hash.ok()) Misused(std::string(hash.status().message()));
    choice.hash = *hash;
  }
  if (!options.certifier.empty()) {
    if (!choice.hash) Misused("--certifier goes with HASH");
    const absl::Status good =
        entry::ValidateText("--certifier", options.certifier, /*allow_empty=*/false);
    if (!good.ok()) Misused(std::string(good.message()));
    choice.certifier = options.certifier;
  }
  return choice;
}

absl::StatusOr<v1::GetProofStateResponse> FetchProofStates(LogClient& client,
                                                           const EntryChoice& choice) {
  v1::GetProofStateRequest request;
  if (choice.hash) {
    request.set_certificate_hash(std::string(choice.hash->view()));
    request.set_certifier(choice.certifier);
  } else {
    request.set_index(choice.index->value());
  }
  absl::StatusOr<v1::GetProofStateResponse> answer = client.GetProofState(request);
  if (!answer.ok()) return NoSuchEntry(answer.status());
  if (absl::Status good = CheckStates(*answer, choice); !good.ok()) return good;
  if (choice.hash && choice.index) {
    auto* const entries = answer->mutable_entries();
    entries->erase(std::remove_if(entries->begin(), entries->end(),
                                  [&](const v1::EntryProofState& entry) {
                                    return entry.index() != choice.index->value();
                                  }),
                   entries->end());
  }
  if (answer->entries().empty()) return absl::NotFoundError("the log has no such statement");
  return answer;
}

absl::Status DrainEvents(LogClient& client, uint64_t& after, const std::function<bool()>& go_on,
                         const std::function<void(const v1::AnchorEvent&)>& take) {
  Cancellation end;
  bool drained = false;
  const absl::Status ended = client.WatchAnchors(
      end,
      [&] {
        v1::WatchAnchorsRequest request;
        request.set_after_sequence(after);
        return request;
      },
      [&](const v1::WatchAnchorsResponse& response) -> absl::Status {
        for (const v1::AnchorEvent& event : response.events()) {
          if (event.sequence() <= after) {
            return False(absl::StrCat("event ", event.sequence(), " comes after event ", after));
          }
          after = event.sequence();
          take(event);
        }
        drained = response.events().empty() || after >= response.last_sequence() || !go_on();
        return drained ? absl::CancelledError("that was all") : absl::OkStatus();
      });
  return drained ? absl::OkStatus() : ended;
}

bool Stands(const v1::AnchorReceipt& receipt) {
  return !receipt.receipt().empty() && receipt.state() != v1::RECEIPT_STATE_FAILED &&
         receipt.state() != v1::RECEIPT_STATE_REORGANISED;
}

absl::StatusOr<evidence::Evidence> FetchEvidence(LogClient& client, LeafIndex index,
                                                 std::optional<evidence::CertificateKind> kind,
                                                 std::vector<evidence::Opening> openings) {
  v1::GetEvidenceRequest request;
  request.set_index(index.value());
  const absl::StatusOr<v1::GetEvidenceResponse> answer = client.GetEvidence(request);
  if (!answer.ok()) return NoSuchEntry(answer.status());
  if (answer->index() != index.value()) {
    return False(absl::StrCat("it is about entry ", answer->index(), ", not ", index.value()));
  }
  absl::StatusOr<evidence::Evidence> evidence = MakeEvidence({.index = answer->index(),
                                                              .entry = answer->entry(),
                                                              .proof = answer->proof(),
                                                              .checkpoint = answer->checkpoint()},
                                                             kind, std::move(openings));
  if (!evidence.ok()) return evidence.status();
  for (const v1::AnchorReceipt& receipt : answer->receipts()) {
    if (Stands(receipt)) {
      evidence->receipts.push_back({receipt.anchor(), receipt.kind(), receipt.receipt()});
    }
  }
  std::sort(evidence->receipts.begin(), evidence->receipts.end(),
            [](const auto& a, const auto& b) { return a.anchor < b.anchor; });
  if (absl::StatusOr<std::string> formatted = evidence::Format(*evidence); !formatted.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the log's answer is malformed: ", formatted.status().message()));
  }
  return evidence;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsInvalidArgument(status) ? kNo : kUnable;
}

}  // namespace cairn::cli
