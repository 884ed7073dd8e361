#include "tools/cairn/log_client.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/any.pb.h"
#include "proto/google_rpc.pb.h"
#include "tools/cairn/address.h"
#include "tools/cairn/diagnosis.h"
#include "tools/cairn/interrupt.h"

namespace cairn::cli {
namespace {

constexpr absl::Duration kPatienceWithoutConnection = absl::Milliseconds(500);

absl::Status NoAnchors(const std::string& address) {
  return absl::UnimplementedError(absl::StrCat(address, ": the log has no anchors"));
}

bool WorthRetrying(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
}

// What the log asks for; zero when it does not say.
absl::Duration RetryDelay(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return absl::ZeroDuration();
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&retry)) {
      return absl::Seconds(retry.retry_delay().seconds()) +
             absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  return absl::ZeroDuration();
}

grpc::ChannelArguments Patient() {
  grpc::ChannelArguments arguments;
  // A log that is being restarted is back within a second.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // Who follows a stream notices that the log's machine is gone. Servers take one in five minutes.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 360'000);
  return arguments;
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const LogClientOptions& options,
                                           grpc::ChannelArguments arguments) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (options.tls) {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = options.tls_ca_pem;
    ssl.pem_cert_chain = options.tls_cert_pem;
    ssl.pem_private_key = options.tls_key_pem;
    credentials = grpc::SslCredentials(ssl);
  }
  // A proxy named in the environment is for web traffic.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(options.address, credentials, arguments);
}

std::unique_ptr<LogClient> LogClient::Create(const LogClientOptions& options) {
  return std::unique_ptr<LogClient>(new LogClient(options, MakeChannel(options, Patient())));
}

LogClient::LogClient(const LogClientOptions& options, const std::shared_ptr<grpc::Channel>& channel)
    : options_(options),
      channel_(channel),
      log_(v1::Log::NewStub(channel)),
      anchors_(v1::Anchors::NewStub(channel)) {}

absl::Status LogClient::Connect() { return Connect(absl::Now() + options_.timeout); }

absl::Status LogClient::Connect(absl::Time deadline) {
  const absl::Time start = absl::Now();
  bool failed = false;
  while (!connected_.load()) {
    const grpc_connectivity_state state = channel_->GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) {
      connected_.store(true);
      break;
    }
    if (Interrupted()) return absl::CancelledError("interrupted");
    failed = failed || state == GRPC_CHANNEL_TRANSIENT_FAILURE;
    const absl::Time now = absl::Now();
    // What was refused may be a log that is being restarted; what only does not answer may be slow.
    if (now >= deadline || (failed && now >= start + kPatienceWithoutConnection)) {
      return Unreachable();
    }
    constexpr absl::Duration kLookForInterrupts = absl::Milliseconds(100);
    channel_->WaitForStateChange(state,
                                 absl::ToChronoTime(std::min(now + kLookForInterrupts, deadline)));
  }
  return absl::OkStatus();
}

// Why the channel is not connected.
absl::Status LogClient::Unreachable() {
  // A call on it fails with what was last tried.
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(100)));
  v1::GetCheckpointResponse ignored;
  const grpc::Status status = log_->GetCheckpoint(&context, {}, &ignored);
  const absl::StatusOr<HostPort> address = ParseHostPort(options_.address);
  if (!status.ok() && address.ok()) {
    const absl::Duration patience = std::min(options_.timeout, absl::Milliseconds(500));
    absl::Status known =
        Diagnose(*address, options_.address, options_.tls, status.error_message(), patience);
    if (!known.ok()) return known;
  }
  return absl::UnavailableError(absl::StrCat(
      options_.address, ": the log cannot be reached, or its connections break off; try again"));
}

absl::Status LogClient::FromLog(const grpc::Status& status) {
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  const bool connected = channel_->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
  if (code == absl::StatusCode::kUnavailable && !connected) return Unreachable();
  if (code == absl::StatusCode::kDeadlineExceeded &&
      absl::EqualsIgnoreCase(status.error_message(), "deadline exceeded")) {
    return absl::DeadlineExceededError(absl::StrCat(options_.address,
                                                    ": no answer within the --timeout of ",
                                                    absl::FormatDuration(options_.timeout)));
  }
  return absl::Status(
      code == absl::StatusCode::kInvalidArgument ? absl::StatusCode::kFailedPrecondition : code,
      absl::StrCat(options_.address, ": ", status.error_message()));
}

void LogClient::AddToken(grpc::ClientContext& context) const {
  if (options_.token.empty()) return;
  context.AddMetadata("authorization", absl::StrCat("Bearer ", options_.token));
}

absl::Status LogClient::WithRetries(const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  const absl::Time deadline = absl::Now() + options_.timeout;
  if (absl::Status connected = Connect(deadline); !connected.ok()) return connected;
  absl::Duration delay = absl::Milliseconds(50);
  for (int attempt = 1;; ++attempt) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    AddToken(context);
    const grpc::Status status = call(context);
    if (status.ok()) return absl::OkStatus();
    const absl::Duration wait = std::max(delay, RetryDelay(status));
    if (!WorthRetrying(status) || attempt == kMaxAttempts || absl::Now() + wait >= deadline) {
      return FromLog(status);
    }
    if (!WaitUnlessInterrupted(wait)) return absl::CancelledError("interrupted");
    delay = std::min(2 * delay, absl::Seconds(2));
  }
}

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> LogClient::Unary(Stub& stub,
                                          grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                       const Request&, Response*),
                                          const Request& request) {
  Response response;
  const absl::Status status = WithRetries(
      [&](grpc::ClientContext& context) { return (stub.*method)(&context, request, &response); });
  if (!status.ok()) return status;
  return response;
}

template <typename Request, typename Response>
absl::StatusOr<Response> LogClient::AskAnchors(
    grpc::Status (v1::Anchors::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
    const Request& request) {
  absl::StatusOr<Response> response = Unary(*anchors_, method, request);
  if (absl::IsUnimplemented(response.status())) return NoAnchors(options_.address);
  return response;
}

absl::StatusOr<v1::AppendResponse> LogClient::Append(const v1::AppendRequest& request) {
  return Unary(*log_, &v1::Log::Stub::Append, request);
}

absl::StatusOr<v1::ProveResponse> LogClient::Prove(const v1::ProveRequest& request) {
  return Unary(*log_, &v1::Log::Stub::Prove, request);
}

absl::StatusOr<v1::GetCheckpointResponse> LogClient::GetCheckpoint(
    const v1::GetCheckpointRequest& request) {
  return Unary(*log_, &v1::Log::Stub::GetCheckpoint, request);
}

absl::StatusOr<v1::GetProofStateResponse> LogClient::GetProofState(
    const v1::GetProofStateRequest& request) {
  return AskAnchors(&v1::Anchors::Stub::GetProofState, request);
}

absl::StatusOr<v1::ListAnchorRoundsResponse> LogClient::ListAnchorRounds(
    const v1::ListAnchorRoundsRequest& request) {
  return AskAnchors(&v1::Anchors::Stub::ListAnchorRounds, request);
}

absl::StatusOr<v1::GetAnchorRoundResponse> LogClient::GetAnchorRound(
    const v1::GetAnchorRoundRequest& request) {
  return AskAnchors(&v1::Anchors::Stub::GetAnchorRound, request);
}

absl::StatusOr<v1::GetEvidenceResponse> LogClient::GetEvidence(
    const v1::GetEvidenceRequest& request) {
  return AskAnchors(&v1::Anchors::Stub::GetEvidence, request);
}

absl::Status LogClient::ListEntries(
    const v1::ListEntriesRequest& request,
    const std::function<absl::Status(const v1::ListEntriesResponse&)>& take) {
  absl::Status taken;
  bool any = false;
  const absl::Status status = WithRetries([&](grpc::ClientContext& context) {
    const auto reader = log_->ListEntries(&context, request);
    v1::ListEntriesResponse response;
    while (reader->Read(&response)) {
      any = true;
      taken = take(response);
      if (!taken.ok()) {
        context.TryCancel();
        break;
      }
    }
    const grpc::Status end = reader->Finish();
    // Beginning anew would hand out the same entries twice.
    if (!end.ok() && any) {
      if (taken.ok()) taken = FromLog(end);
      return grpc::Status::OK;
    }
    return end;
  });
  return status.ok() ? taken : status;
}

template <typename Request, typename Response>
absl::Status LogClient::Watch(std::unique_ptr<grpc::ClientReader<Response>> (
                                  v1::Anchors::Stub::*method)(grpc::ClientContext*, const Request&),
                              Cancellation& end, const std::function<Request()>& request,
                              const std::function<absl::Status(const Response&)>& take) {
  absl::Time heard = absl::Now();
  if (absl::Status connected = Connect(heard + options_.timeout); !connected.ok()) return connected;
  absl::Duration delay = absl::Milliseconds(50);
  while (true) {
    grpc::ClientContext context;
    AddToken(context);
    end.Watch(&context);
    const auto reader = (anchors_.get()->*method)(&context, request());
    Response response;
    absl::Status taken;
    while (taken.ok() && reader->Read(&response)) {
      taken = take(response);
      heard = absl::Now();
      delay = absl::Milliseconds(50);
    }
    if (!taken.ok()) context.TryCancel();
    const grpc::Status status = reader->Finish();
    end.Watch(nullptr);
    if (!taken.ok()) return taken;
    if (end.cancelled()) return absl::CancelledError("interrupted");
    if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) return NoAnchors(options_.address);
    if (status.ok()) return absl::UnavailableError("the log has ended the stream");
    const absl::Duration wait = std::max(delay, RetryDelay(status));
    if (!WorthRetrying(status) || absl::Now() + wait >= heard + options_.timeout) {
      return FromLog(status);
    }
    if (!end.Wait(absl::ToChronoNanoseconds(wait))) return absl::CancelledError("interrupted");
    delay = std::min(2 * delay, absl::Seconds(2));
  }
}

absl::Status LogClient::WatchAnchors(
    Cancellation& end, const std::function<v1::WatchAnchorsRequest()>& request,
    const std::function<absl::Status(const v1::WatchAnchorsResponse&)>& take) {
  return Watch(&v1::Anchors::Stub::WatchAnchors, end, request, take);
}

absl::Status LogClient::WatchProofState(
    Cancellation& end, const std::function<v1::WatchProofStateRequest()>& request,
    const std::function<absl::Status(const v1::WatchProofStateResponse&)>& take) {
  return Watch(&v1::Anchors::Stub::WatchProofState, end, request, take);
}

}  // namespace cairn::cli
