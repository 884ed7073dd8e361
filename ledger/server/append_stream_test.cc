// AppendStream over a log that answers when the test says so.

#include "ledger/server/append_stream.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "ledger/server/service.h"
#include "ledger/server/system_clock.h"
#include "merkle/edge.h"
#include "merkle/hash.h"
#include "proto/google_rpc.pb.h"
#include "proto/log_service.grpc.pb.h"

namespace cairn::server {
namespace {

constexpr uint64_t kSize = 100;

class HeldLog : public ledger::Log {
 public:
  HeldLog() { RenewView(); }

  ledger::Ticket Append(std::vector<ledger::Submission> batch,
                        ledger::AppendCallback done) override {
    ledger::Ticket ticket;
    {
      std::lock_guard lock(mutex_);
      held_.emplace_back(batch.size(), std::move(done));
      ticket = ledger::Ticket(++arrived_);
      most_held_ = std::max(most_held_, held_.size());
      changed_.notify_all();
      if (!at_once_) return ticket;
    }
    Answer(/*newest=*/false);
    return ticket;
  }
  // Notes it; what is held stays held, as if it were sequenced.
  void Withdraw(ledger::Ticket ticket) override {
    std::lock_guard lock(mutex_);
    withdrawn_.push_back(ticket);
    changed_.notify_all();
  }
  std::vector<ledger::Ticket> AwaitWithdrawn(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return withdrawn_.size() >= count; });
    return withdrawn_;
  }
  void AnswerAtOnce() {
    std::lock_guard lock(mutex_);
    at_once_ = true;
  }

  // Waits until `count` batches have come in all.
  void AwaitArrived(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }
  // Answers the newest or oldest of those held.
  void Answer(bool newest) {
    std::unique_lock lock(mutex_);
    auto [size, done] = newest ? std::move(held_.back()) : std::move(held_.front());
    newest ? held_.pop_back() : held_.pop_front();
    ledger::AppendResult result{.status = absl::OkStatus(), .items = {}, .view = view_};
    for (size_t i = 0; i < size; ++i) {
      result.items.push_back({.status = absl::OkStatus(), .index = LeafIndex(next_index_++)});
    }
    lock.unlock();
    done(std::move(result));
  }
  size_t arrived() {
    std::lock_guard lock(mutex_);
    return arrived_;
  }
  size_t most_held() {
    std::lock_guard lock(mutex_);
    return most_held_;
  }

  std::shared_ptr<const ledger::View> Newest() const override {
    std::lock_guard lock(mutex_);
    return view_;
  }
  // Another newest view, told to whoever listens; returns the commit of the one before.
  std::weak_ptr<const ledger::RecentCommit> RenewView(uint64_t size = kSize) {
    auto view = std::make_shared<ledger::View>();
    view->state.size = TreeSize(size);
    view->checkpoint = absl::StrCat("checkpoint ", size);
    view->certifiers = std::make_shared<const entry::CertifierRegistry>("log.example/test");
    // Beyond all that is answered here.
    view->recent = std::make_shared<const ledger::RecentCommit>(
        ledger::RecentCommit{.first = LeafIndex(uint64_t{1} << 40),
                             .entries = {},
                             .extension = merkle::Edge().Append({})});
    std::shared_ptr<const ledger::View> before;
    {
      std::lock_guard lock(mutex_);
      before = std::exchange(view_, view);
    }
    for (const auto& [id, listener] : listeners_) listener(view);
    if (before == nullptr) return {};
    return before->recent;
  }
  void AwaitReading() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return reading_; });
  }
  // Proofs that are asked for wait.
  void HoldProofs(bool hold) {
    std::lock_guard lock(mutex_);
    hold_proofs_ = hold;
    changed_.notify_all();
  }
  absl::StatusOr<ledger::ProvenEntry> Prove(const ledger::View&, LeafIndex, TreeSize) override {
    std::unique_lock lock(mutex_);
    reading_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hold_proofs_; });
    return absl::UnimplementedError("");
  }
  absl::StatusOr<merkle::Proof> ConsistencyProof(const ledger::View&, TreeSize, TreeSize) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<std::string>> ReadEntries(const ledger::View&, LeafIndex, LeafIndex,
                                                       size_t max_bytes) override {
    std::lock_guard lock(mutex_);
    reading_ = true;
    changed_.notify_all();
    return std::vector<std::string>{std::string(max_bytes, 'e')};
  }
  void Halt(const absl::Status&) override {}
  absl::StatusOr<std::vector<Hash>> ReadTile(const ledger::View&,
                                             const merkle::TileSlice&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<ledger::FoundStatements> Find(const ledger::View&, const Hash&,
                                               const std::optional<std::string>&, TreeSize,
                                               LeafIndex, size_t) override {
    return absl::UnimplementedError("");
  }
  // Once, by the service.
  std::shared_ptr<void> Subscribe(Listener listener) override {
    const int id = ++last_listener_;
    listeners_[id] = std::move(listener);
    return {nullptr, [this, id](void*) { listeners_.erase(id); }};
  }
  absl::Status healthy() const override { return absl::OkStatus(); }
  ledger::LogStats stats() const override { return {}; }
  void Stop() override {}

 private:
  std::shared_ptr<const ledger::View> view_;
  std::map<int, Listener> listeners_;
  int last_listener_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<size_t, ledger::AppendCallback>> held_;
  size_t arrived_ = 0;
  std::vector<ledger::Ticket> withdrawn_;
  size_t most_held_ = 0;
  bool at_once_ = false;
  bool reading_ = false;
  bool hold_proofs_ = false;
  uint64_t next_index_ = 0;
};

class AppendStreamTest : public ::testing::Test {
 protected:
  AppendStreamTest()
      : callers_({}),
        admission_("log.example", true),
        limiter_({}, Limits(), &clock_),
        workers_(1, 2),
        context_{log_,     callers_, admission_, limiter_,      workers_,
                 streams_, alarm_,   *metrics_,  *publication_, nullptr},
        service_(MakeLogService(context_)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::Log::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials()));
  }

  v1::AppendStreamRequest Batch(uint64_t id) {
    v1::AppendStreamRequest request;
    request.set_id(id);
    request.add_statements()->set_certificate_hash(
        std::string(merkle::Sha256(absl::StrCat(id)).view()));
    return request;
  }
  // A round trip on the same server: what was written before has had its chance to be read.
  void Fence() {
    for (int i = 0; i < 20; ++i) {
      grpc::ClientContext context;
      v1::GetCheckpointResponse response;
      EXPECT_TRUE(stub_->GetCheckpoint(&context, {}, &response).ok());
    }
  }

  HeldLog log_;
  SystemClock clock_;
  CallerDirectory callers_;
  Admission admission_;
  Limiter limiter_;
  Workers workers_;
  Streams streams_{3};
  Alarm alarm_;
  std::unique_ptr<Metrics> metrics_ = Metrics::Make();
  const std::unique_ptr<Publication> publication_ =
      PublishAll(log_, [] { return absl::OkStatus(); });
  Context context_;
  std::unique_ptr<grpc::Service> service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::Log::Stub> stub_;
};

// RESOURCE_EXHAUSTED, and when to try again.
void ExpectRefused(const grpc::Status& status) {
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  google::rpc::Status details;
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_TRUE(details.details(0).UnpackTo(&retry));
}

TEST_F(AppendStreamTest, StopsReadingAtEightUnansweredBatches) {
  constexpr uint64_t kBatches = 30;
  grpc::ClientContext context;
  const auto stream = stub_->AppendStream(&context);
  std::thread writer([&] {
    for (uint64_t id = 0; id < kBatches; ++id) stream->Write(Batch(id));
    stream->WritesDone();
  });
  for (uint64_t id = 0; id < kBatches; ++id) {
    log_.AwaitArrived(std::min<uint64_t>(kBatches, id + 8));
    Fence();
    EXPECT_LE(log_.most_held(), 8u);
    log_.Answer(/*newest=*/false);
    v1::AppendStreamResponse answer;
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.id(), id);
  }
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(log_.most_held(), 8u);
}

TEST_F(AppendStreamTest, AnswersInTheOrderOfTheBatchesWhateverTheOrderOfTheLog) {
  grpc::ClientContext context;
  const auto stream = stub_->AppendStream(&context);
  for (uint64_t id = 0; id < 5; ++id) ASSERT_TRUE(stream->Write(Batch(id)));
  log_.AwaitArrived(5);
  for (int i = 0; i < 5; ++i) log_.Answer(/*newest=*/true);
  v1::AppendStreamResponse answer;
  for (uint64_t id = 0; id < 5; ++id) {
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.id(), id);
    EXPECT_EQ(answer.first_index(), 4 - id);
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(AppendStreamTest, AnswersOfTheLogMayComeAfterTheClientIsGone) {
  {
    grpc::ClientContext context;
    const auto stream = stub_->AppendStream(&context);
    for (uint64_t id = 0; id < 3; ++id) ASSERT_TRUE(stream->Write(Batch(id)));
    log_.AwaitArrived(3);
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  // All of them, the last first; but here they are sequenced already.
  EXPECT_EQ(log_.AwaitWithdrawn(3),
            (std::vector{ledger::Ticket(3), ledger::Ticket(2), ledger::Ticket(1)}));
  for (int i = 0; i < 3; ++i) log_.Answer(/*newest=*/false);
  Fence();
}

TEST_F(AppendStreamTest, AUnaryAnswerMayComeAfterTheClientIsGone) {
  grpc::ClientContext context;
  std::thread client([&] {
    v1::AppendRequest request;
    *request.mutable_statement() = Batch(1).statements(0);
    v1::AppendResponse response;
    EXPECT_EQ(stub_->Append(&context, request, &response).error_code(),
              grpc::StatusCode::CANCELLED);
  });
  log_.AwaitArrived(1);
  context.TryCancel();
  client.join();
  log_.Answer(/*newest=*/false);
  Fence();
}

TEST_F(AppendStreamTest, AShutdownWaitsForTheAnswersThatAreOwed) {
  std::thread client([&] {
    grpc::ClientContext context;
    v1::AppendRequest request;
    *request.mutable_statement() = Batch(1).statements(0);
    v1::AppendResponse response;
    // The held log makes no proofs, which is what the answer says; it is an answer.
    EXPECT_EQ(stub_->Append(&context, request, &response).error_code(),
              grpc::StatusCode::UNIMPLEMENTED);
  });
  log_.AwaitArrived(1);
  std::thread stopper(
      [&] { server_->Shutdown(std::chrono::system_clock::now() + std::chrono::minutes(1)); });
  // New calls fail once it has begun.
  for (bool begun = false; !begun;) {
    grpc::ClientContext context;
    v1::GetCheckpointResponse response;
    begun = !stub_->GetCheckpoint(&context, {}, &response).ok();
  }
  log_.Answer(/*newest=*/false);
  client.join();
  stopper.join();
}

TEST_F(AppendStreamTest, DrainingAnswersWhatWasReadAndEndsTheStream) {
  grpc::ClientContext context;
  const auto stream = stub_->AppendStream(&context);
  for (uint64_t id = 0; id < 2; ++id) ASSERT_TRUE(stream->Write(Batch(id)));
  log_.AwaitArrived(2);
  streams_.Drain();
  log_.Answer(/*newest=*/false);
  log_.Answer(/*newest=*/false);
  v1::AppendStreamResponse answer;
  for (uint64_t id = 0; id < 2; ++id) {
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.id(), id);
  }
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AppendStreamTest, StopsReadingWhileTheClientDoesNotReadItsAnswers) {
  constexpr uint64_t kBatches = 12;
  // Answers of more than 256 KiB: one statement is good, all others are exceptions.
  const auto batch = [this](uint64_t id) {
    v1::AppendStreamRequest request = Batch(id);
    for (int i = 1; i < 1024; ++i) {
      *request.add_statements() = request.statements(0);
      request.mutable_statements(i)->set_policy_status(static_cast<v1::PolicyStatus>(9));
    }
    return request;
  };
  log_.AnswerAtOnce();
  // A client whose window does not grow with what it is sent.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto stub = v1::Log::NewStub(grpc::CreateCustomChannel(
      absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  const auto stream = stub->AppendStream(&context);
  std::thread writer([&] {
    for (uint64_t id = 0; id < kBatches; ++id) stream->Write(batch(id));
    stream->WritesDone();
  });
  log_.AwaitArrived(4);
  // While another stream gets as much done, this one stands.
  grpc::ClientContext other_context;
  const auto other = stub_->AppendStream(&other_context);
  v1::AppendStreamResponse answer;
  for (uint64_t id = 0; id < kBatches; ++id) {
    ASSERT_TRUE(other->Write(batch(id)));
    ASSERT_TRUE(other->Read(&answer));
  }
  EXPECT_LE(log_.arrived(), kBatches + 5);
  other->WritesDone();
  EXPECT_TRUE(other->Finish().ok());
  for (uint64_t id = 0; id < kBatches; ++id) {
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.id(), id);
    EXPECT_GT(answer.ByteSizeLong(), 256u << 10);
  }
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(AppendStreamTest, AListThatIsNotReadKeepsNoCommitInMemory) {
  grpc::ClientContext context;
  v1::ListEntriesRequest request;
  request.set_end(kSize);
  const auto list = stub_->ListEntries(&context, request);
  log_.AwaitReading();
  EXPECT_TRUE(log_.RenewView().expired());
  context.TryCancel();
}

TEST_F(AppendStreamTest, BeyondTheNumberOfStreamsNoneIsOpenedAndUnaryCallsGoOn) {
  grpc::ClientContext held[3];
  const auto append = stub_->AppendStream(&held[0]);
  ASSERT_TRUE(append->Write(Batch(0)));
  log_.AwaitArrived(1);
  v1::WatchCheckpointsResponse checkpoint;
  const auto watch = stub_->WatchCheckpoints(&held[1], {});
  ASSERT_TRUE(watch->Read(&checkpoint));
  v1::ListEntriesRequest all;
  all.set_end(kSize);
  const auto list = stub_->ListEntries(&held[2], all);
  log_.AwaitReading();

  grpc::ClientContext refused[3];
  ExpectRefused(stub_->AppendStream(&refused[0])->Finish());
  ExpectRefused(stub_->WatchCheckpoints(&refused[1], {})->Finish());
  ExpectRefused(stub_->ListEntries(&refused[2], all)->Finish());
  Fence();

  held[1].TryCancel();
  watch->Finish();
  // The server hears of it a little later.
  for (bool open = false; !open;) {
    grpc::ClientContext context;
    const auto again = stub_->WatchCheckpoints(&context, {});
    open = again->Read(&checkpoint);
    context.TryCancel();
  }
  held[0].TryCancel();
  held[2].TryCancel();
  log_.Answer(/*newest=*/true);
}

TEST_F(AppendStreamTest, ReadsThatTheWorkersHaveNoRoomForAreRefusedWithATimeToTryAgain) {
  std::promise<void> started, go;
  workers_.Run([&] {
    started.set_value();
    go.get_future().wait();
  });
  started.get_future().wait();
  while (workers_.Offer([] {}).ok()) {
  }
  v1::ProveRequest prove;
  prove.set_index(0);
  v1::ProveResponse proven;
  // Nor has the one of gRPC's threads that reads itself.
  log_.HoldProofs(true);
  std::thread read_here([this, prove] {
    grpc::ClientContext context;
    v1::ProveResponse late;
    EXPECT_EQ(stub_->Prove(&context, prove, &late).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  });
  log_.AwaitReading();
  v1::GetConsistencyRequest consistency;
  consistency.set_old_size(1);
  v1::GetConsistencyResponse linked;
  v1::ListEntriesRequest all;
  all.set_end(kSize);
  grpc::ClientContext refused[3];
  ExpectRefused(stub_->Prove(&refused[0], prove, &proven));
  ExpectRefused(stub_->GetConsistency(&refused[1], consistency, &linked));
  ExpectRefused(stub_->ListEntries(&refused[2], all)->Finish());
  // This one needs no disk.
  Fence();
  go.set_value();
  log_.HoldProofs(false);
  read_here.join();
  // The held log makes no proofs; it is asked for one.
  for (grpc::StatusCode code = grpc::StatusCode::RESOURCE_EXHAUSTED;
       code != grpc::StatusCode::UNIMPLEMENTED;) {
    grpc::ClientContext context;
    code = stub_->Prove(&context, prove, &proven).error_code();
    ASSERT_TRUE(code == grpc::StatusCode::UNIMPLEMENTED ||
                code == grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
}

TEST_F(AppendStreamTest, WatchersAreToldByAWorkerOfTheNewestOnly) {
  grpc::ClientContext contexts[3];
  std::unique_ptr<grpc::ClientReader<v1::WatchCheckpointsResponse>> watches[3];
  v1::WatchCheckpointsResponse seen;
  for (int i = 0; i < 3; ++i) {
    watches[i] = stub_->WatchCheckpoints(&contexts[i], {});
    ASSERT_TRUE(watches[i]->Read(&seen));
    EXPECT_EQ(seen.checkpoint(), "checkpoint 100");
  }
  std::promise<void> started, go;
  workers_.Run([&] {
    started.set_value();
    go.get_future().wait();
  });
  started.get_future().wait();
  // The log goes on, and nobody queues anything.
  for (uint64_t size = kSize + 1; size <= kSize + 50; ++size) log_.RenewView(size);
  go.set_value();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(watches[i]->Read(&seen));
    EXPECT_EQ(seen.checkpoint(), "checkpoint 150");
    contexts[i].TryCancel();
    EXPECT_EQ(watches[i]->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
}

// What is read while draining begins is answered or not appended. The rounds move the beginning
// over the time that a batch takes to be read.
TEST_F(AppendStreamTest, DrainingAppendsNothingWithoutAnAnswer) {
  constexpr int kRounds = 200;
  v1::AppendStreamRequest large;
  for (int i = 0; i < 1024; ++i) *large.add_statements() = Batch(i).statements(0);
  log_.AnswerAtOnce();
  for (int round = 0; round < kRounds; ++round) {
    Streams streams(1);
    const Context context{log_,    callers_, admission_, limiter_,      workers_,
                          streams, alarm_,   *metrics_,  *publication_, nullptr};
    const auto service = MakeLogService(context);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service.get());
    const auto server = builder.BuildAndStart();
    const auto stub = v1::Log::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
    grpc::ClientContext call;
    const auto stream = stub->AppendStream(&call);
    const size_t before = log_.arrived();
    ASSERT_TRUE(stream->Write(Batch(0)));
    v1::AppendStreamResponse answer;
    ASSERT_TRUE(stream->Read(&answer));
    std::thread writer([&] { stream->Write(large); });
    const auto begin = std::chrono::steady_clock::now() + std::chrono::microseconds(3 * round);
    while (std::chrono::steady_clock::now() < begin) {
    }
    streams.Drain();
    size_t answers = 1;
    while (stream->Read(&answer)) ++answers;
    writer.join();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    server->Shutdown();
    EXPECT_EQ(log_.arrived() - before, answers) << round;
  }
}

}  // namespace
}  // namespace cairn::server
