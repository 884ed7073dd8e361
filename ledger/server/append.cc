#include "ledger/server/append.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/book.h"
#include "anchor/waits.h"
#include "ledger/server/answer.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"
#include "merkle/proof_bytes.h"
#include "proto/log.pb.h"

namespace cairn::server {
namespace {

struct Accepted {
  ledger::Submission submission;
  v1::WaitFor wait_for = v1::WAIT_FOR_INTEGRATED;
};

// Whether what is to be waited for ever comes.
absl::Status CanWait(const Context& context, v1::WaitFor wait_for) {
  if (!v1::WaitFor_IsValid(wait_for)) {
    return InvalidField("wait_for",
                        "is none of INTEGRATED (0), COSIGNED (1), ANCHORED (2) and VERIFIED (3)");
  }
  if (wait_for == v1::WAIT_FOR_COSIGNED) return context.publication.CanWait();
  if (wait_for == v1::WAIT_FOR_INTEGRATED || context.anchor_waits != nullptr) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "wait_for: this log has no anchors, so nothing is ever anchored; ask for INTEGRATED");
}

absl::StatusOr<Accepted> Accept(const Context& context, const grpc::CallbackServerContext& call,
                                const grpc::ByteBuffer& bytes) {
  absl::StatusOr<v1::AppendRequest> request = ParseMessage<v1::AppendRequest>(bytes);
  if (!request.ok()) return request.status();
  if (!request->has_statement()) return InvalidField("statement", "is missing");
  if (absl::Status may = CanWait(context, request->wait_for()); !may.ok()) return may;
  if (absl::Status may = context.publication.CanAppend(); !may.ok()) return WithDefaultRetry(may);
  const absl::StatusOr<Caller> caller = context.callers.Identify(ReadCredentials(call));
  if (!caller.ok()) return caller.status();
  absl::StatusOr<ledger::Submission> submission =
      context.admission.Admit(*caller, *context.log.Newest()->certifiers, FieldPath("statement"),
                              std::move(*request->mutable_statement()), FieldPath("signature"),
                              request->has_signature() ? &request->signature() : nullptr);
  if (!submission.ok()) return submission.status();
  const auto& said = std::get<entry::SignedStatement>(submission->body).statement;
  if (absl::Status may = context.limiter.Check({{said.certifier, 1}}); !may.ok()) {
    return may;
  }
  return Accepted{*std::move(submission), request->wait_for()};
}

// The one whose receipts prove the most of an entry that anchors have taken.
absl::StatusOr<Published> AnchoredCheckpoint(const Context& context, LeafIndex index) {
  anchor::Book& book = context.anchor_waits->book();
  absl::StatusOr<anchor::Round> round =
      book.store().ReadRound(book.BestRoundOver(index).value_or(0));
  if (!round.ok()) {
    return absl::InternalError(absl::StrCat("the anchors' store: ", round.status().message()));
  }
  return Published{.size = round->head.size, .note = std::move(round->note)};
}

// With a proof at `size`, which is that of `checkpoint`.
absl::Status Fill(ledger::Log& log, const ledger::View& view, const ledger::ItemResult& item,
                  TreeSize size, const std::string& checkpoint, grpc::ByteBuffer* response) {
  v1::AppendResponse out;
  absl::StatusOr<ledger::ProvenEntry> proven = log.Prove(view, item.index, size);
  if (!proven.ok()) return proven.status();
  out.set_index(item.index.value());
  out.set_duplicate(item.duplicate);
  out.set_entry(std::move(proven->entry));
  out.set_proof(merkle::FormatProof(proven->proof));
  out.set_checkpoint(checkpoint);
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
    absl::StatusOr<Accepted> accepted = Accept(context_, call, request);
    if (!accepted.ok()) return Refuse(accepted.status());
    wait_for_ = accepted->wait_for;
    certifier_ = std::get<entry::SignedStatement>(accepted->submission.body).statement.certifier;
    std::vector<ledger::Submission> batch;
    batch.push_back(std::move(accepted->submission));
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
    EndWait();
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
    if (wait_for_ == v1::WAIT_FOR_COSIGNED) return AwaitCosigned(item);
    if (wait_for_ != v1::WAIT_FOR_INTEGRATED) return AwaitAnchors(item);
    if (IsRecent(*result.view, item.index)) return FinishWith(*result.view, item);
    context_.workers.Run([self = shared_from_this(), view = std::move(result.view), item] {
      self->FinishWith(*view, item);
    });
  }

  void FinishWith(const ledger::View& view, const ledger::ItemResult& item) {
    End(context_.alarm.Note(
        Fill(context_.log, view, item, view.size(), view.checkpoint, response_)));
  }

  // The statement is in the log; its answer waits for a published checkpoint that covers it.
  void AwaitCosigned(const ledger::ItemResult& item) {
    const absl::StatusOr<Publication::WaitId> wait = context_.publication.Wait(
        TreeSize(item.index.value() + 1),
        [self = shared_from_this(), item](absl::StatusOr<Publication::Newest> published) {
          if (!published.ok()) return self->EndOnce(WithDefaultRetry(published.status()));
          self->context_.workers.Run([self, published = *std::move(published), item] {
            self->FinishPublished(*published, item);
          });
        });
    if (!wait.ok()) return EndOnce(WithDefaultRetry(wait.status()));
    if (*wait == 0) return;
    Remember([this, id = *wait] { context_.publication.Forget(id); });
  }

  // Likewise for a checkpoint that anchors have taken.
  void AwaitAnchors(const ledger::ItemResult& item) {
    const absl::StatusOr<anchor::Waits::Wait> wait = context_.anchor_waits->Begin(
        item.index,
        wait_for_ == v1::WAIT_FOR_VERIFIED ? anchor::ProofState::kVerified
                                           : anchor::ProofState::kAnchored,
        [self = shared_from_this(), item](const absl::Status& reached) {
          if (!reached.ok()) return self->EndOnce(WithDefaultRetry(reached));
          self->context_.workers.Run([self, item] {
            const auto checkpoint = AnchoredCheckpoint(self->context_, item.index);
            if (!checkpoint.ok()) return self->EndOnce(checkpoint.status());
            self->FinishPublished(*checkpoint, item);
          });
        });
    if (!wait.ok()) return EndOnce(WithDefaultRetry(wait.status()));
    if (wait->id == 0) return;
    Remember([this, wait = *wait] { context_.anchor_waits->Forget(wait); });
  }

  // What waits outside is forgotten there when the client goes, or has gone meanwhile.
  void Remember(std::function<void()> forget) {
    {
      const std::lock_guard lock(mutex_);
      forget_ = std::move(forget);
    }
    if (ticket_.load() == kCancelled) EndWait();
  }

  void FinishPublished(const Published& published, const ledger::ItemResult& item) {
    grpc::ByteBuffer response;
    const absl::Status filled = context_.alarm.Note(Fill(
        context_.log, *context_.log.Newest(), item, published.size, published.note, &response));
    if (over_.exchange(true)) return;
    response_->Swap(&response);
    End(filled);
  }

  // The client has gone while its statement waited.
  void EndWait() {
    std::function<void()> forget;
    {
      const std::lock_guard lock(mutex_);
      forget.swap(forget_);
    }
    if (forget == nullptr) return;
    forget();
    EndOnce(absl::CancelledError("the client no longer waits; the entry is in the log"));
  }

  // Of a call that waits, which may end from two sides.
  void EndOnce(const absl::Status& status) {
    if (!over_.exchange(true)) End(status);
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
  v1::WaitFor wait_for_ = v1::WAIT_FOR_INTEGRATED;
  std::mutex mutex_;
  std::function<void()> forget_;  // The wait; empty while there is none.
  std::atomic<bool> over_{false};
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
