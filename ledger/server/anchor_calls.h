// The reading calls of cairn.v1.Anchors: what is known of anchors, as messages.
//
// Errors: as proto/anchors_service.proto says.
// Threads: any; some read the disk.

#ifndef CAIRN_LEDGER_SERVER_ANCHOR_CALLS_H_
#define CAIRN_LEDGER_SERVER_ANCHOR_CALLS_H_

#include "absl/status/statusor.h"
#include "anchor/anchorer.h"
#include "ledger/log.h"
#include "proto/anchors.pb.h"

namespace cairn::server {

struct AnchorsContext {
  ledger::Log& log;
  anchor::Anchorer& anchorer;
};

absl::StatusOr<v1::GetProofStateResponse> GetProofState(const AnchorsContext& context,
                                                        const v1::GetProofStateRequest& request);
absl::StatusOr<v1::ListAnchorRoundsResponse> ListAnchorRounds(
    const AnchorsContext& context, const v1::ListAnchorRoundsRequest& request);
absl::StatusOr<v1::GetAnchorRoundResponse> GetAnchorRound(const AnchorsContext& context,
                                                          const v1::GetAnchorRoundRequest& request);
absl::StatusOr<v1::ListAnchorEventsResponse> ListAnchorEvents(
    const AnchorsContext& context, const v1::ListAnchorEventsRequest& request);
absl::StatusOr<v1::GetEvidenceResponse> GetEvidence(const AnchorsContext& context,
                                                    const v1::GetEvidenceRequest& request);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_ANCHOR_CALLS_H_
