#include "tools/load/batch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tools/load/numbers.h"

namespace cairn::load {
namespace {

grpc::Status StatusOf(const google::rpc::Status& error) {
  return {static_cast<grpc::StatusCode>(error.code()), error.message()};
}

uint64_t FreshItems(const Batch& batch) {
  return static_cast<uint64_t>(std::count_if(batch.items.begin(), batch.items.end(),
                                             [](const auto& item) { return !item.index; }));
}

}  // namespace

Batches::Batches(const Common& common, uint32_t worker, Harvest& harvest)
    : common_(common), harvest_(harvest), worker_(worker), random_(Mix(worker)) {
  request_.set_want_entries(common.options.want_proofs);
  request_.set_want_proofs(common.options.want_proofs);
}

void Batches::Choose(Batch& batch) {
  const Options& options = common_.options;
  batch.items.clear();
  uint64_t again = 0;
  if (!harvest_.acknowledged.items().empty() && options.duplicates > 0) {
    // On average the share, also of small batches.
    const double part = static_cast<double>(Mix(random_++) >> 11) * 0x1p-53;
    again = static_cast<uint64_t>(options.duplicates * options.batch + part);
    again = std::min<uint64_t>(again, options.batch);
  }
  const uint64_t fresh = common_.state.TakeBudget(options.batch - again);
  if (fresh == 0 && again < options.batch) return;
  for (uint64_t i = 0; i < fresh; ++i) {
    batch.items.push_back({.number = NumberOf(worker_, next_++), .index = {}});
  }
  for (uint64_t i = 0; i < again; ++i) {
    const Acknowledged& known = harvest_.acknowledged.Pick();
    batch.items.push_back({.number = known.number, .index = known.index});
  }
}

const v1::AppendStreamRequest* Batches::Fill(uint64_t id, Batch& batch) {
  Choose(batch);
  if (batch.items.empty()) return nullptr;
  const int count = static_cast<int>(batch.items.size());
  auto& statements = *request_.mutable_statements();
  while (statements.size() > count) statements.RemoveLast();
  while (statements.size() < count) statements.Add();
  for (int i = 0; i < count; ++i) {
    common_.statements.Fill(batch.items[static_cast<size_t>(i)].number, statements[i]);
  }
  request_.set_id(id);
  if (common_.signer != nullptr) Sign(batch);
  return &request_;
}

void Batches::Sign(const Batch& batch) {
  if (common_.options.signing == Signing::kSingle) {
    request_.clear_signatures();
    for (const Batch::Item& item : batch.items) {
      common_.signer->SignOne(item.number, *request_.add_signatures());
    }
    return;
  }
  numbers_.clear();
  for (const Batch::Item& item : batch.items) numbers_.push_back(item.number);
  common_.signer->SignBatch(numbers_, *request_.mutable_batch_signature());
}

void Batches::Judge(const Batch& batch, const v1::AppendStreamResponse& response,
                    Clock::time_point now) {
  if (response.id() != batch.id) {
    return common_.state.CountFalse(
        now, absl::StrCat("batch ", batch.id, " was answered as batch ", response.id()));
  }
  if (response.has_error()) return Refuse(batch, response, now);
  const std::string why = JudgeItems(batch, response, now);
  if (!why.empty()) return common_.state.CountFalse(now, why);
  if (common_.state.Measured(batch.meant)) harvest_.latency.Record(now - batch.meant);
  Keep(batch, response);
}

void Batches::Refuse(const Batch& batch, const v1::AppendStreamResponse& response,
                     Clock::time_point now) {
  common_.state.ReturnBudget(FreshItems(batch));
  const grpc::Status status = StatusOf(response.error());
  if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    return common_.state.CountRefused(now, batch.items.size());
  }
  common_.state.CountError(now, status);
}

std::string Batches::JudgeItems(const Batch& batch, const v1::AppendStreamResponse& response,
                                Clock::time_point now) {
  Answered answered;
  uint64_t index = response.first_index();
  int next = 0;
  for (size_t i = 0; i < batch.items.size(); ++i) {
    const Batch::Item& item = batch.items[i];
    if (next < response.exceptions_size() && response.exceptions(next).item() == i) {
      const v1::AppendException& exception = response.exceptions(next++);
      std::string why = JudgeException(item, exception, now);
      if (!why.empty()) return why;
      if (exception.duplicate()) ++answered.duplicates;
    } else if (item.index) {
      return absl::StrCat("a statement that is in the log at ", *item.index,
                          " was taken as new, at ", index);
    } else {
      if (Acknowledged* const place = harvest_.acknowledged.Offer()) *place = {item.number, index};
      ++answered.fresh;
      ++index;
    }
  }
  if (next != response.exceptions_size() || answered.fresh != response.count()) {
    return absl::StrCat("of ", batch.items.size(), " statements the log answered ",
                        response.count(), " new and ", response.exceptions_size(),
                        " exceptions, which do not fit together");
  }
  common_.state.Count(now, answered);
  return "";
}

std::string Batches::JudgeException(const Batch::Item& item, const v1::AppendException& exception,
                                    Clock::time_point now) {
  if (exception.duplicate()) {
    if (!item.index) {
      return absl::StrCat("a new statement was answered as a duplicate, at ", exception.index());
    }
    if (*item.index == exception.index()) return "";
    return absl::StrCat("the entry at ", *item.index, " was answered as being at ",
                        exception.index());
  }
  if (!item.index) common_.state.ReturnBudget(1);
  const grpc::Status status = StatusOf(exception.error());
  if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    common_.state.CountRefused(now, 1);
  } else {
    common_.state.CountError(now, status);
  }
  return "";
}

void Batches::Keep(const Batch& batch, const v1::AppendStreamResponse& response) {
  // New entries stand in order; the first of them, if there is one, is as good as any other.
  if (batch.items.front().index || response.count() == 0) return;
  KeptAnswer* const place = harvest_.answers.Offer();
  if (place == nullptr) return;
  *place = {.entry_id = {.number = batch.items.front().number, .index = response.first_index()},
            .has_proof = common_.options.want_proofs,
            .entry = response.entries_size() > 0 ? response.entries(0) : "",
            .proof = response.proofs_size() > 0 ? response.proofs(0) : "",
            .checkpoint = response.checkpoint()};
}

}  // namespace cairn::load
