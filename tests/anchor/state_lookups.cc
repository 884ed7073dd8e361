// How many proof states a second a server looks up: by random index, 256 calls in flight over four
// connections, from one thread.
//
//   state_lookups HOST:PORT TREE_SIZE SECONDS
//
// Measures after a second of warming up, and prints the rate. Every answer has to be about the
// entry that was asked for. tools/bench-table runs it against cairnd and the empty server in turn.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "proto/anchors_service.grpc.pb.h"

namespace cairn::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kConnections = 4;
constexpr int kInFlight = 256;

struct Call {
  v1::Anchors::Stub* stub;
  v1::GetProofStateRequest request;
  v1::GetProofStateResponse response;
  grpc::Status status;
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetProofStateResponse>> reader;
};

class Lookups {
 public:
  Lookups(const std::string& address, uint64_t tree_size) : index_(0, tree_size - 1) {
    for (int i = 0; i < kConnections; ++i) {
      grpc::ChannelArguments own;
      own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stubs_.push_back(v1::Anchors::NewStub(
          grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), own)));
    }
    for (int i = 0; i < kInFlight; ++i) {
      calls_.push_back(std::make_unique<Call>());
      calls_.back()->stub = stubs_[i % kConnections].get();
      Start(*calls_.back());
    }
  }

  // Answers until then; false for one that is wrong.
  bool RunUntil(Clock::time_point end, uint64_t& answers) {
    while (Clock::now() < end) {
      Call* const call = Next();
      if (!IsGood(*call)) return false;
      ++answers;
      Start(*call);
    }
    return true;
  }
  void Finish() {
    for (const auto& call : calls_) call->context->TryCancel();
    for (size_t left = calls_.size(); left > 0; --left) Next();
  }

 private:
  void Start(Call& call) {
    call.request.set_index(index_(random_));
    call.reader = call.stub->AsyncGetProofState(&call.context.emplace(), call.request, &queue_);
    call.reader->Finish(&call.response, &call.status, &call);
  }
  Call* Next() {
    void* tag = nullptr;
    bool ok = false;
    if (!queue_.Next(&tag, &ok)) std::abort();
    return static_cast<Call*>(tag);
  }
  static bool IsGood(const Call& call) {
    if (call.status.ok() && call.response.entries_size() == 1 &&
        call.response.entries(0).index() == call.request.index() &&
        call.response.entries(0).state() == v1::PROOF_STATE_VERIFIED) {
      return true;
    }
    std::fprintf(stderr, "state_lookups: %s; %s\n", call.status.error_message().c_str(),
                 call.response.ShortDebugString().c_str());
    return false;
  }

  std::mt19937_64 random_{1};
  std::uniform_int_distribution<uint64_t> index_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<v1::Anchors::Stub>> stubs_;
  std::vector<std::unique_ptr<Call>> calls_;
};

int Run(const std::string& address, uint64_t tree_size, double seconds) {
  Lookups lookups(address, tree_size);
  uint64_t answers = 0;
  if (!lookups.RunUntil(Clock::now() + std::chrono::seconds(1), answers)) return 1;
  answers = 0;
  const Clock::time_point begin = Clock::now();
  const auto length =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  if (!lookups.RunUntil(begin + length, answers)) return 1;
  const double took_s = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("%.0f\n", static_cast<double>(answers) / took_s);
  lookups.Finish();
  return 0;
}

}  // namespace
}  // namespace cairn::testing

int main(int argc, char** argv) {
  const uint64_t tree_size = argc == 4 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const double seconds = argc == 4 ? std::strtod(argv[3], nullptr) : 0;
  if (tree_size == 0 || seconds <= 0) {
    std::fprintf(stderr, "state_lookups HOST:PORT TREE_SIZE SECONDS\n");
    return 2;
  }
  return cairn::testing::Run(argv[1], tree_size, seconds);
}
