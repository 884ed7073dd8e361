// The reading calls of cairn.v1.Anchors: what is known of anchors, as messages. The streams that go
// on are in anchor_watch.h.
//
// Errors: as proto/anchors_service.proto says.
// Threads: any; some read the disk.

#ifndef CAIRN_LEDGER_SERVER_ANCHOR_CALLS_H_
#define CAIRN_LEDGER_SERVER_ANCHOR_CALLS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/anchorer.h"
#include "anchor/event.h"
#include "anchor/states.h"
#include "ledger/log.h"
#include "ledger/server/status.h"
#include "merkle/types.h"
#include "proto/anchors.pb.h"

namespace cairn::server {

struct AnchorsContext {
  ledger::Log& log;
  anchor::Anchorer& anchorer;
};

absl::StatusOr<std::vector<LeafIndex>> FindByIndex(const ledger::Log& log, uint64_t index);
absl::StatusOr<std::vector<LeafIndex>> FindByHash(ledger::Log& log, const std::string& hash,
                                                  const std::string& certifier);

// What is wrong with the anchors' store says nothing of the log.
absl::Status OfAnchorStore(const absl::Status& why);

// The entries that a GetProofStateRequest or a WatchProofStateRequest asks about. At least one.
template <typename Request>
absl::StatusOr<std::vector<LeafIndex>> FindEntries(ledger::Log& log, const Request& request) {
  using Target = typename Request::TargetCase;
  if (request.target_case() == Target::kIndex) return FindByIndex(log, request.index());
  if (request.target_case() == Target::kCertificateHash) {
    return FindByHash(log, request.certificate_hash(), request.certifier());
  }
  return InvalidField("target", "is missing; give certificate_hash or index");
}

// The rule in force, for people; empty where there is none.
std::string RuleText(const anchor::Book& book);
v1::EntryProofState StateMessage(LeafIndex index, const anchor::EntryState& state,
                                 std::optional<uint64_t> first_round);
v1::AnchorEvent EventMessage(const anchor::Event& event);

absl::StatusOr<v1::GetProofStateResponse> GetProofState(const AnchorsContext& context,
                                                        const v1::GetProofStateRequest& request);
absl::StatusOr<v1::ListAnchorRoundsResponse> ListAnchorRounds(
    const AnchorsContext& context, const v1::ListAnchorRoundsRequest& request);
absl::StatusOr<v1::GetAnchorRoundResponse> GetAnchorRound(const AnchorsContext& context,
                                                          const v1::GetAnchorRoundRequest& request);
absl::StatusOr<v1::GetEvidenceResponse> GetEvidence(const AnchorsContext& context,
                                                    const v1::GetEvidenceRequest& request);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_ANCHOR_CALLS_H_
