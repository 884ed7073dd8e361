#include "tools/load/ask.h"

#include <chrono>

#include "grpcpp/client_context.h"
#include "merkle/note/note.h"
#include "proto/log_service.grpc.pb.h"
#include "tools/load/worker.h"

namespace cairn::load {
namespace {

template <typename Request, typename Response>
absl::StatusOr<Response> Ask(const Options& options, const Request& request,
                             grpc::Status (v1::Log::Stub::*method)(grpc::ClientContext*,
                                                                   const Request&, Response*)) {
  const auto stub = v1::Log::NewStub(options.channels.front());
  grpc::ClientContext context;
  Prepare(context, options);
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(static_cast<int64_t>(options.timeout_s * 1000)));
  Response response;
  const grpc::Status status = (stub.get()->*method)(&context, request, &response);
  if (status.ok()) return response;
  auto code = static_cast<absl::StatusCode>(status.error_code());
  if (code == absl::StatusCode::kInvalidArgument) code = absl::StatusCode::kFailedPrecondition;
  return absl::Status(code, status.error_message());
}

}  // namespace

absl::StatusOr<note::Checkpoint> ReadCheckpoint(const Options& options, absl::string_view note) {
  if (options.log_key) {
    const absl::StatusOr<note::Checkpoint> checkpoint =
        note::VerifyCheckpoint(note, *options.log_key);
    if (checkpoint.ok()) return checkpoint;
    return absl::InvalidArgumentError(checkpoint.status().message());
  }
  const absl::StatusOr<note::Note> parsed = note::ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  return note::ParseCheckpoint(parsed->text);
}

absl::StatusOr<note::Checkpoint> AskCheckpoint(const Options& options) {
  const auto answer = Ask(options, v1::GetCheckpointRequest(), &v1::Log::Stub::GetCheckpoint);
  if (!answer.ok()) return answer.status();
  return ReadCheckpoint(options, answer->checkpoint());
}

absl::StatusOr<v1::ProveResponse> AskProve(const Options& options,
                                           const v1::ProveRequest& request) {
  return Ask(options, request, &v1::Log::Stub::Prove);
}

}  // namespace cairn::load
