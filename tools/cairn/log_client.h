// A thin client of the log's gRPC services: deadlines, retries, credentials. It believes nothing
// and verifies nothing.
//
// Retries: UNAVAILABLE and RESOURCE_EXHAUSTED, up to kMaxAttempts times within the timeout, after
//   a growing delay or the longer one that the log asks for. Sending an append again is safe: the
//   log answers the first entry.
// Connecting: where no connection can be made, the first call says so after a second, and why in
// our
//   words (diagnosis.h); after one was made, a log that is being restarted is waited for as above.
// Errors: the log's codes; the message names the address. Only kInvalidArgument is never the log's,
//   so that a caller may use it for answers that it finds false: a request that the log calls
//   malformed is kFailedPrecondition. kUnimplemented where the log has no anchors. Interrupted():
//   kCancelled.
// Threads: any, side by side.

#ifndef CAIRN_TOOLS_CAIRN_LOG_CLIENT_H_
#define CAIRN_TOOLS_CAIRN_LOG_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/anchors.pb.h"
#include "proto/anchors_service.grpc.pb.h"
#include "proto/log.pb.h"
#include "proto/log_service.grpc.pb.h"
#include "tools/cairn/cancellation.h"

namespace cairn::cli {

struct LogClientOptions {
  std::string address;
  bool tls = false;
  std::string tls_ca_pem;    // Empty: the system's authorities.
  std::string tls_cert_pem;  // Empty: no client certificate.
  std::string tls_key_pem;
  std::string token;  // Empty: none.
  absl::Duration timeout = absl::Seconds(30);
};

// Connects at the first call. Channels with equal arguments share one connection.
std::shared_ptr<grpc::Channel> MakeChannel(const LogClientOptions& options,
                                           grpc::ChannelArguments arguments);

class LogClient {
 public:
  static constexpr int kMaxAttempts = 12;

  static std::unique_ptr<LogClient> Create(const LogClientOptions& options);

  // Makes the connection, or says why there is none. The first call does it by itself.
  absl::Status Connect();

  absl::StatusOr<v1::AppendResponse> Append(const v1::AppendRequest& request);
  absl::StatusOr<v1::ProveResponse> Prove(const v1::ProveRequest& request);
  absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(const v1::GetCheckpointRequest& request);

  absl::StatusOr<v1::GetProofStateResponse> GetProofState(const v1::GetProofStateRequest& request);
  absl::StatusOr<v1::ListAnchorRoundsResponse> ListAnchorRounds(
      const v1::ListAnchorRoundsRequest& request);
  absl::StatusOr<v1::GetAnchorRoundResponse> GetAnchorRound(
      const v1::GetAnchorRoundRequest& request);
  absl::StatusOr<v1::GetEvidenceResponse> GetEvidence(const v1::GetEvidenceRequest& request);

  // Follow a stream for as long as the log lets them: `take` is called with each message, and a
  // status of it that is not OK ends the call and is returned. Where the stream breaks off they ask
  // `request` anew where to go on, until nothing has come for the timeout. kCancelled once `end` is
  // cancelled.
  absl::Status WatchAnchors(
      Cancellation& end, const std::function<v1::WatchAnchorsRequest()>& request,
      const std::function<absl::Status(const v1::WatchAnchorsResponse&)>& take);
  absl::Status WatchProofState(
      Cancellation& end, const std::function<v1::WatchProofStateRequest()>& request,
      const std::function<absl::Status(const v1::WatchProofStateResponse&)>& take);

  const std::string& address() const { return options_.address; }

  // Calls `take` for each message of the answer, in order; a status that is not OK ends the call
  // and is returned. Not retried once something has been taken.
  absl::Status ListEntries(const v1::ListEntriesRequest& request,
                           const std::function<absl::Status(const v1::ListEntriesResponse&)>& take);

 private:
  LogClient(const LogClientOptions& options, const std::shared_ptr<grpc::Channel>& channel);

  absl::Status Connect(absl::Time deadline);
  absl::Status Unreachable();
  absl::Status FromLog(const grpc::Status& status);
  absl::Status WithRetries(const std::function<grpc::Status(grpc::ClientContext&)>& call);
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Unary(Stub& stub,
                                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                              Response*),
                                 const Request& request);
  template <typename Request, typename Response>
  absl::StatusOr<Response> AskAnchors(
      grpc::Status (v1::Anchors::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request);

  void AddToken(grpc::ClientContext& context) const;
  template <typename Request, typename Response>
  absl::Status Watch(std::unique_ptr<grpc::ClientReader<Response>> (v1::Anchors::Stub::*method)(
                         grpc::ClientContext*, const Request&),
                     Cancellation& end, const std::function<Request()>& request,
                     const std::function<absl::Status(const Response&)>& take);

  const LogClientOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  std::atomic<bool> connected_{false};  // Was once.
  const std::unique_ptr<v1::Log::Stub> log_;
  const std::unique_ptr<v1::Anchors::Stub> anchors_;
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_LOG_CLIENT_H_
