#include "ledger/server/batch.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/server/answer.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"
#include "merkle/proof_bytes.h"

namespace cairn::server {
namespace {

absl::Status CheckShape(const v1::AppendStreamRequest& request) {
  const int size = request.statements_size();
  if (size == 0 || size > static_cast<int>(entry::kMaxBatchSize)) {
    return InvalidField("statements", absl::StrCat("has ", size, " items; send 1 to ",
                                                   entry::kMaxBatchSize, " a batch"));
  }
  if (request.ByteSizeLong() > kMaxBatchBytes) {
    return InvalidField("statements", absl::StrCat("make a batch of ", request.ByteSizeLong(),
                                                   " bytes; send at most ", kMaxBatchBytes));
  }
  if (request.signatures_size() != 0 && request.signatures_size() != size) {
    return InvalidField("signatures", absl::StrCat("has ", request.signatures_size(), " items for ",
                                                   size, " statements; send none or one for each"));
  }
  if (request.signatures_size() != 0 && request.has_batch_signature()) {
    return InvalidField("batch_signature", "stands beside `signatures`; send one of the two");
  }
  return absl::OkStatus();
}

// Counts entries by certifier, of which most batches have one.
class Counter {
 public:
  void Add(const std::string& certifier) {
    if (at_ == counts_.end() || at_->first != certifier) at_ = counts_.try_emplace(certifier).first;
    ++at_->second;
  }
  const Limiter::Counts& counts() const { return counts_; }

 private:
  Limiter::Counts counts_;
  Limiter::Counts::iterator at_ = counts_.end();
};

}  // namespace

Batch::Batch(const Context& context, const Caller& caller, v1::AppendStreamRequest request)
    : id_(request.id()),
      want_entries_(request.want_entries()),
      want_proofs_(request.want_proofs()) {
  refused_ = Prepare(context, caller, std::move(request));
  if (!refused_.ok()) submissions_.clear();
}

absl::Status Batch::Prepare(const Context& context, const Caller& caller,
                            v1::AppendStreamRequest request) {
  if (absl::Status shape = CheckShape(request); !shape.ok()) return shape;
  if (absl::Status may = context.publication.CanAppend(); !may.ok()) return WithDefaultRetry(may);
  size_ = request.statements_size();
  errors_.resize(size_);
  if (request.has_batch_signature()) {
    absl::StatusOr<std::vector<ledger::Submission>> all = context.admission.AdmitBatch(
        caller, *context.log.Newest()->certifiers, std::move(*request.mutable_statements()),
        request.batch_signature());
    if (!all.ok()) return all.status();
    submissions_ = *std::move(all);
  } else {
    AdmitEach(context, caller, std::move(request));
  }
  return CheckLimits(context);
}

void Batch::AdmitEach(const Context& context, const Caller& caller,
                      v1::AppendStreamRequest request) {
  const auto view = context.log.Newest();
  submissions_.reserve(size_);
  for (int i = 0; i < size_; ++i) {
    const v1::Signature* signature =
        request.signatures_size() > 0 ? &request.signatures(i) : nullptr;
    absl::StatusOr<ledger::Submission> one = context.admission.Admit(
        caller, *view->certifiers, FieldPath("statements", i),
        std::move(*request.mutable_statements(i)), FieldPath("signatures", i), signature);
    if (one.ok()) {
      submissions_.push_back(*std::move(one));
    } else {
      errors_[i] = one.status();
    }
  }
}

absl::Status Batch::CheckLimits(const Context& context) {
  Counter counter;
  certifiers_.reserve(submissions_.size());
  for (const ledger::Submission& submission : submissions_) {
    certifiers_.push_back(std::get<entry::SignedStatement>(submission.body).statement.certifier);
    counter.Add(certifiers_.back());
  }
  return context.limiter.Check(counter.counts());
}

void Batch::Charge(const Context& context, const ledger::AppendResult& result) const {
  Counter counter;
  for (size_t i = 0; i < result.items.size(); ++i) {
    const ledger::ItemResult& item = result.items[i];
    if (item.status.ok() && !item.duplicate) counter.Add(certifiers_[i]);
  }
  context.limiter.Charge(counter.counts());
}

void Batch::Count(const Context& context, const ledger::AppendResult& result) const {
  Outcomes outcomes;
  const absl::Status& whole = refused_.ok() ? result.status : refused_;
  if (!whole.ok()) {
    outcomes.Refuse(whole, size_);
  } else {
    for (const absl::Status& error : errors_) {
      if (!error.ok()) outcomes.Refuse(error);
    }
    for (const ledger::ItemResult& item : result.items) {
      if (!item.status.ok()) {
        outcomes.Refuse(item.status);
      } else {
        ++(item.duplicate ? outcomes.duplicate : outcomes.appended);
      }
    }
  }
  context.metrics.Count(outcomes);
}

bool Batch::AnswerReadsDisk(const ledger::AppendResult& result) const {
  if (!result.status.ok() || (!want_entries_ && !want_proofs_)) return false;
  return std::any_of(result.items.begin(), result.items.end(),
                     [&result](const ledger::ItemResult& item) {
                       return item.status.ok() && !IsRecent(*result.view, item.index);
                     });
}

absl::Status Batch::FillItems(ledger::Log& log, const ledger::AppendResult& result,
                              v1::AppendStreamResponse& out) const {
  size_t next = 0;
  for (int i = 0; i < size_; ++i) {
    // Empty strings hold the places of items in error.
    std::string* entry = want_entries_ ? out.add_entries() : nullptr;
    std::string* proof = want_proofs_ ? out.add_proofs() : nullptr;
    absl::Status error = errors_[i];
    const ledger::ItemResult* item = nullptr;
    if (error.ok()) {
      item = &result.items[next++];
      if (!item->status.ok()) error = ItemError(*item);
    }
    if (!error.ok()) {
      v1::AppendException* exception = out.add_exceptions();
      exception->set_item(i);
      if (item != nullptr && item->latest.has_value()) {
        exception->set_index(item->latest->value());
      }
      *exception->mutable_error() = ToRpcStatus(error);
      continue;
    }
    if (item->duplicate) {
      v1::AppendException* exception = out.add_exceptions();
      exception->set_item(i);
      exception->set_duplicate(true);
      exception->set_index(item->index.value());
    } else {
      if (out.count() == 0) out.set_first_index(item->index.value());
      out.set_count(out.count() + 1);
    }
    if (entry == nullptr && proof == nullptr) continue;
    absl::StatusOr<ledger::ProvenEntry> proven =
        log.Prove(*result.view, item->index, result.view->size());
    if (!proven.ok()) return proven.status();
    if (entry != nullptr) *entry = std::move(proven->entry);
    if (proof != nullptr) *proof = merkle::FormatProof(proven->proof);
  }
  out.set_checkpoint(result.view->checkpoint);
  return absl::OkStatus();
}

v1::AppendStreamResponse Batch::Answer(const Context& context,
                                       const ledger::AppendResult& result) const {
  Charge(context, result);
  Count(context, result);
  absl::Status status = refused_;
  if (status.ok()) status = WithDefaultRetry(result.status);
  v1::AppendStreamResponse out;
  if (status.ok()) status = FillItems(context.log, result, out);
  context.alarm.Note(status);
  if (!status.ok()) {
    out.Clear();
    *out.mutable_error() = ToRpcStatus(status);
  }
  out.set_id(id_);
  context.metrics.Answered(Call::kAppendStream, status.code(), begun_);
  return out;
}

}  // namespace cairn::server
