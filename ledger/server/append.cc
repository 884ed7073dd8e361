#include "ledger/server/append.h"

#include <atomic>
#include <memory>
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

// One call. It lives for gRPC until OnDone, and for the log until that has answered: the answer,
// the client's hanging up and the end of the call come on different threads.
class AppendCall final : public grpc::ServerUnaryReactor,
                         public std::enable_shared_from_this<AppendCall> {
 public:
  AppendCall(const Context& context, grpc::ByteBuffer* response)
      : context_(context), response_(response) {}

  void Begin(const grpc::CallbackServerContext& call, const grpc::ByteBuffer& request) {
    self_ = shared_from_this();
    absl::StatusOr<ledger::Submission> submission = Accept(context_, call, request);
    if (!submission.ok()) return Refuse(submission.status());
    certifier_ = std::get<entry::SignedStatement>(submission->body).statement.certifier;
    std::vector<ledger::Submission> batch;
    batch.push_back(*std::move(submission));
    const ledger::Ticket ticket = context_.log.Append(
        std::move(batch),
        [self = self_](ledger::AppendResult result) { self->Answer(std::move(result)); });
    ledger::Ticket none = ledger::Ticket::kNone;
    // Cancelled meanwhile.
    if (!ticket_.compare_exchange_strong(none, ticket)) context_.log.Withdraw(ticket);
  }

  // The client has gone, or its deadline has passed.
  void OnCancel() override {
    const ledger::Ticket ticket = ticket_.exchange(kCancelled);
    if (ticket != ledger::Ticket::kNone) context_.log.Withdraw(ticket);
  }

  void OnDone() override { const auto last = std::move(self_); }

 private:
  // Never a batch's.
  static constexpr ledger::Ticket kCancelled{~uint64_t{0}};

  // gRPC's header keeps this to its own reactors, whose reactions are as short as these. Without it
  // the end of each call takes a turn through another thread, which costs as much as the call.
  bool InternalInlineable() override { return true; }

  void Answer(ledger::AppendResult result) {
    if (!result.status.ok()) {
      return Refuse(WithDefaultRetry(context_.alarm.Note(result.status)));
    }
    const ledger::ItemResult item = result.items.front();
    if (!item.status.ok()) return Refuse(ItemError(item));
    if (!item.duplicate) context_.limiter.Charge({{certifier_, 1}});
    Outcomes outcomes;
    ++(item.duplicate ? outcomes.duplicate : outcomes.appended);
    context_.metrics.Count(outcomes);
    if (IsRecent(*result.view, item.index)) return FinishWith(*result.view, item);
    context_.workers.Run([self = shared_from_this(), view = std::move(result.view), item] {
      self->FinishWith(*view, item);
    });
  }

  void FinishWith(const ledger::View& view, const ledger::ItemResult& item) {
    End(context_.alarm.Note(Fill(context_.log, view, item, response_)));
  }

  // The statement was not taken.
  void Refuse(const absl::Status& why) {
    Outcomes outcomes;
    outcomes.Refuse(why);
    context_.metrics.Count(outcomes);
    End(why);
  }

  void End(const absl::Status& status) {
    context_.metrics.Answered(Call::kAppend, status.code(), begun_);
    Finish(ToGrpc(status));
  }

  const Context& context_;
  grpc::ByteBuffer* const response_;
  const Metrics::Clock::time_point begun_ = Metrics::Clock::now();
  std::string certifier_;
  std::atomic<ledger::Ticket> ticket_{ledger::Ticket::kNone};
  std::shared_ptr<AppendCall> self_;  // Until OnDone.
};

}  // namespace

grpc::ServerUnaryReactor* HandleAppend(const Context& context, grpc::CallbackServerContext* call,
                                       const grpc::ByteBuffer& request,
                                       grpc::ByteBuffer* response) {
  const auto reactor = std::make_shared<AppendCall>(context, response);
  reactor->Begin(*call, request);
  return reactor.get();
}

}  // namespace cairn::server
