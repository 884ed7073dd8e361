#include "ledger/server/append.h"

#include <string>
#include <utility>
#include <vector>

#include "ledger/server/answer.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"
#include "merkle/proof_bytes.h"
#include "proto/log.pb.h"

namespace cairn::server {
namespace {

absl::StatusOr<ledger::Submission> Accept(const Context& context,
                                          const grpc::CallbackServerContext& call,
                                          const grpc::ByteBuffer& bytes) {
  absl::StatusOr<v1::AppendRequest> request = ParseMessage<v1::AppendRequest>(bytes);
  if (!request.ok()) return request.status();
  if (!request->has_statement()) return InvalidField("statement", "is missing");
  if (!v1::WaitFor_IsValid(request->wait_for())) {
    return InvalidField("wait_for", "is neither INTEGRATED (0) nor COSIGNED (1)");
  }
  if (request->wait_for() == v1::WAIT_FOR_COSIGNED) {
    return absl::FailedPreconditionError(
        "wait_for: this log has no witness policy, so nothing is ever cosigned; ask for "
        "INTEGRATED");
  }
  const absl::StatusOr<Caller> caller = context.callers.Identify(ReadCredentials(call));
  if (!caller.ok()) return caller.status();
  absl::StatusOr<ledger::Submission> submission =
      context.admission.Admit(*caller, *context.log.Newest()->certifiers, FieldPath("statement"),
                              std::move(*request->mutable_statement()), FieldPath("signature"),
                              request->has_signature() ? &request->signature() : nullptr);
  if (!submission.ok()) return submission;
  const auto& said = std::get<entry::SignedStatement>(submission->body).statement;
  if (absl::Status may = context.limiter.Check({{said.certifier, 1}}); !may.ok()) {
    return may;
  }
  return submission;
}

absl::Status Fill(ledger::Log& log, const ledger::View& view, const ledger::ItemResult& item,
                  grpc::ByteBuffer* response) {
  v1::AppendResponse out;
  absl::StatusOr<ledger::ProvenEntry> proven = log.Prove(view, item.index, view.size());
  if (!proven.ok()) return proven.status();
  out.set_index(item.index.value());
  out.set_duplicate(item.duplicate);
  out.set_entry(std::move(proven->entry));
  out.set_proof(merkle::FormatProof(proven->proof));
  out.set_checkpoint(view.checkpoint);
  *response = SerializeMessage(out);
  return absl::OkStatus();
}

// The end of a call, with what is counted of it.
struct Finisher {
  const Context& context;
  grpc::ServerUnaryReactor* reactor;
  Metrics::Clock::time_point begun = Metrics::Clock::now();

  // No statement was taken.
  void Refuse(const absl::Status& why) const {
    Outcomes outcomes;
    outcomes.Refuse(why);
    context.metrics.Count(outcomes);
    Finish(why);
  }
  void Finish(const absl::Status& status) const {
    context.metrics.Answered(Call::kAppend, status.code(), begun);
    reactor->Finish(ToGrpc(status));
  }
};

void Answer(const Finisher& call, const std::string& certifier, ledger::AppendResult result,
            grpc::ByteBuffer* response) {
  const Context& context = call.context;
  if (!result.status.ok()) {
    return call.Refuse(WithDefaultRetry(context.alarm.Note(result.status)));
  }
  const ledger::ItemResult item = result.items.front();
  if (!item.status.ok()) return call.Refuse(ItemError(item));
  if (!item.duplicate) context.limiter.Charge({{certifier, 1}});
  context.metrics.Count(
      {.appended = item.duplicate ? 0U : 1U, .duplicate = item.duplicate ? 1U : 0U, .refused = {}});
  const bool recent = IsRecent(*result.view, item.index);
  auto finish = [call, view = std::move(result.view), item, response] {
    const Context& context = call.context;
    call.Finish(context.alarm.Note(Fill(context.log, *view, item, response)));
  };
  if (recent) return finish();
  context.workers.Run(std::move(finish));
}

}  // namespace

grpc::ServerUnaryReactor* HandleAppend(const Context& context, grpc::CallbackServerContext* call,
                                       const grpc::ByteBuffer& request,
                                       grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
  const Finisher finisher{.context = context, .reactor = reactor};
  absl::StatusOr<ledger::Submission> submission = Accept(context, *call, request);
  if (!submission.ok()) {
    finisher.Refuse(submission.status());
    return reactor;
  }
  std::string certifier = std::get<entry::SignedStatement>(submission->body).statement.certifier;
  std::vector<ledger::Submission> batch;
  batch.push_back(*std::move(submission));
  // The reactor lives until Finish, whatever becomes of the call, so the callback may come late.
  context.log.Append(std::move(batch), [finisher, certifier = std::move(certifier),
                                        response](ledger::AppendResult result) {
    Answer(finisher, certifier, std::move(result), response);
  });
  return reactor;
}

}  // namespace cairn::server
