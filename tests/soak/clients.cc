#include "tests/soak/clients.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <deque>
#include <semaphore>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/crash/load.h"

namespace cairn::testing {
namespace {

constexpr int kBatch = 256;
constexpr int kUnanswered = 8;
// One in so many of a batch was sent before, one in so many is remembered.
constexpr int kDuplicateEvery = 32;
constexpr int kRememberEvery = 16;
constexpr double kSinglesPerSecond = 100;
constexpr double kLookUpsPerSecond = 100;
constexpr double kListsPerSecond = 2;
constexpr uint64_t kListed = 1'000;
// Apart from the numbers of the stream.
constexpr uint64_t kFirstSingle = uint64_t{1} << 40;

absl::Status FromGrpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

// Waits until the next request is due; the time to count its latency from.
load::Clock::time_point Next(load::Pace& pace) {
  if (pace.open()) std::this_thread::sleep_until(pace.due());
  return pace.Take(load::Clock::now());
}

load::Pace PaceOf(double per_second) { return {load::Clock::now(), per_second, 0, 1}; }

}  // namespace

Clients::Clients(const ClientOptions& options, Known* known) : options_(options), known_(known) {
  Spawn([this](v1::Log::Stub& stub) { Stream(stub); });
  if (!options_.rate) return;
  Spawn([this](v1::Log::Stub& stub) { AppendSingly(stub); });
  Spawn([this](v1::Log::Stub& stub) { LookUp(stub); });
  Spawn([this](v1::Log::Stub& stub) { List(stub); });
  Spawn([this](v1::Log::Stub& stub) { Watch(stub); });
}

void Clients::Spawn(const std::function<void(v1::Log::Stub&)>& run) {
  threads_.emplace_back([this, run] {
    grpc::ChannelArguments own;
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto stub = v1::Log::NewStub(
        grpc::CreateCustomChannel(options_.address, grpc::InsecureChannelCredentials(), own));
    run(*stub);
  });
}

void Clients::End() {
  ending_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool Clients::Judge(const absl::Status& status) {
  if (status.ok()) return !ending_;
  const std::lock_guard lock(mutex_);
  const bool wrong = absl::IsDataLoss(status);
  if (wrong && wrong_.ok()) wrong_ = status;
  if (!ending_ || wrong) ++errors_[absl::StatusCodeToString(status.code())];
  return false;
}

bool Clients::Judge(const grpc::Status& status) { return Judge(FromGrpc(status)); }

std::map<std::string, uint64_t> Clients::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

absl::Status Clients::wrong() const {
  const std::lock_guard lock(mutex_);
  return wrong_;
}

void Clients::Stream(v1::Log::Stub& stub) {
  struct Sent {
    load::Clock::time_point due;
    uint64_t first_number;
    Batch batch;
  };
  std::mutex mutex;
  std::deque<Sent> unanswered;
  std::counting_semaphore<kUnanswered> places(kUnanswered);
  std::atomic<bool> over = false;

  grpc::ClientContext context;
  const auto stream = stub.AppendStream(&context);
  std::thread reader([&] {
    v1::AppendStreamResponse answer;
    while (stream->Read(&answer)) {
      Sent sent;
      {
        const std::lock_guard lock(mutex);
        sent = std::move(unanswered.front());
        unanswered.pop_front();
      }
      batch_latency_.Record(load::Clock::now() - sent.due);
      // All that is owed is read, also at the end: a stream ends behind its last answer.
      const absl::Status taken = TakeBatch(answer, sent.batch, sent.first_number);
      if (!Judge(taken)) over = true;
      if (!taken.ok()) context.TryCancel();
      places.release();
    }
    over = true;
    places.release();
  });

  load::Pace pace = options_.rate ? PaceOf(*options_.rate / kBatch) : load::Pace();
  for (uint64_t number = 0; !ending_ && !over; number += kBatch) {
    const load::Clock::time_point due = Next(pace);
    places.acquire();
    Sent sent{due, number, Batch(kBatch)};
    v1::AppendStreamRequest request;
    request.set_id(number);
    for (int i = 0; i < kBatch; ++i) {
      if (options_.rate && i % kDuplicateEvery == 0) sent.batch[i] = known_->Random();
      *request.add_statements() = sent.batch[i]
                                      ? UniqueStatement(sent.batch[i]->seed, sent.batch[i]->number)
                                      : UniqueStatement(options_.seed, number + i);
    }
    {
      const std::lock_guard lock(mutex);
      unanswered.push_back(std::move(sent));
    }
    if (!stream->Write(request)) break;
  }
  stream->WritesDone();
  reader.join();
  Judge(stream->Finish());
}

absl::Status Clients::TakeBatch(const v1::AppendStreamResponse& answer, const Batch& batch,
                                uint64_t first_number) {
  if (answer.id() != first_number) return absl::DataLossError("answers another batch");
  if (answer.has_error()) {
    return {static_cast<absl::StatusCode>(answer.error().code()), answer.error().message()};
  }
  uint64_t index = answer.first_index();
  int next = 0;
  for (int i = 0; i < static_cast<int>(batch.size()); ++i) {
    const bool excepted =
        next < answer.exceptions_size() && static_cast<int>(answer.exceptions(next).item()) == i;
    if (excepted != batch[i].has_value()) {
      return absl::DataLossError(absl::StrCat("statement ", first_number + i, " is ",
                                              excepted ? "no new one" : "logged twice"));
    }
    if (excepted) {
      const v1::AppendException& exception = answer.exceptions(next++);
      if (!exception.duplicate() || exception.index() != batch[i]->index) {
        return absl::DataLossError(absl::StrCat("the duplicate of entry ", batch[i]->index,
                                                " is said to be at ", exception.index()));
      }
      ++duplicates_;
      continue;
    }
    if (i % kRememberEvery == 1) {
      known_->AddEntry({options_.seed, first_number + i, index});
    }
    ++index;
  }
  if (index != answer.first_index() + answer.count()) {
    return absl::DataLossError(absl::StrCat("counts ", answer.count(), " new entries"));
  }
  entries_ += answer.count();
  return known_->AddCheckpoint(answer.checkpoint());
}

void Clients::AppendSingly(v1::Log::Stub& stub) {
  load::Pace pace = PaceOf(kSinglesPerSecond);
  for (uint64_t number = kFirstSingle; !ending_; ++number) {
    const load::Clock::time_point due = Next(pace);
    grpc::ClientContext context;
    v1::AppendRequest request;
    *request.mutable_statement() = UniqueStatement(options_.seed, number);
    v1::AppendResponse response;
    const grpc::Status status = stub.Append(&context, request, &response);
    if (!Judge(status)) return;
    single_latency_.Record(load::Clock::now() - due);
    if (response.duplicate()) {
      Judge(absl::DataLossError("a new statement is called a duplicate"));
      return;
    }
    ++entries_;
    known_->AddEntry({options_.seed, number, response.index()});
    if (!Judge(known_->AddCheckpoint(response.checkpoint()))) return;
  }
}

void Clients::LookUp(v1::Log::Stub& stub) {
  load::Pace pace = PaceOf(kLookUpsPerSecond);
  while (!ending_) {
    Next(pace);
    const std::optional<KnownEntry> entry = known_->Random();
    if (!entry) continue;
    if (!Judge(FindEntry(stub, *entry, known_))) return;
    ++reads_;
  }
}

void Clients::List(v1::Log::Stub& stub) {
  load::Pace pace = PaceOf(kListsPerSecond);
  std::mt19937_64 random(options_.seed);
  while (!ending_) {
    Next(pace);
    const uint64_t size = known_->size().value();
    if (size < kListed) continue;
    grpc::ClientContext context;
    v1::ListEntriesRequest request;
    request.set_begin(random() % (size - kListed + 1));
    request.set_end(request.begin() + kListed);
    const auto reader = stub.ListEntries(&context, request);
    uint64_t next = request.begin();
    v1::ListEntriesResponse part;
    while (reader->Read(&part)) {
      if (part.first_index() == next) next += part.entries_size();
    }
    if (!Judge(reader->Finish())) return;
    if (next != request.end()) {
      Judge(absl::DataLossError(absl::StrCat("a list ends at ", next)));
      return;
    }
    ++reads_;
  }
}

void Clients::Watch(v1::Log::Stub& stub) {
  grpc::ClientContext context;
  const auto reader = stub.WatchCheckpoints(&context, v1::WatchCheckpointsRequest());
  v1::WatchCheckpointsResponse seen;
  // Ends with the server; at the end of a client's own accord the next checkpoint ends it.
  while (reader->Read(&seen)) {
    ++reads_;
    if (Judge(known_->AddCheckpoint(seen.checkpoint()))) continue;
    context.TryCancel();
  }
  Judge(reader->Finish());
}

}  // namespace cairn::testing
