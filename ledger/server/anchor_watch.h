// Anchors.WatchAnchors and Anchors.WatchProofState: what has happened, then what does.
//
// Each stream reads the anchors' store at its own place, a page at a time, on the workers: nothing
// is queued for who reads slowly, and one holds one message at most. A thread that anchors does no
// more for an event than to ask for one walk over the watches, however many events come before it.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_ANCHOR_WATCH_H_
#define CAIRN_LEDGER_SERVER_ANCHOR_WATCH_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "ledger/server/anchor_calls.h"
#include "ledger/server/context.h"

namespace cairn::server {

class AnchorWatchers {
 public:
  // Outlived by what it is given, and outlives the calls.
  AnchorWatchers(const Context& context, const AnchorsContext& anchors);

  // The reactors delete themselves. They end with UNAVAILABLE when the server stops.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchAnchors(const grpc::ByteBuffer& request);
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchProofState(const grpc::ByteBuffer& request);

 private:
  class Watch;
  // The next message.
  struct Next {
    std::optional<grpc::ByteBuffer> message;
    // Nothing follows until something happens.
    bool at_end = false;
  };
  using Source = std::function<absl::StatusOr<Next>()>;
  // Reads the request; errors are the call's.
  using Open = std::function<absl::StatusOr<Source>(const grpc::ByteBuffer& request)>;

  absl::StatusOr<Source> OpenEvents(const grpc::ByteBuffer& request);
  absl::StatusOr<Source> OpenStates(const grpc::ByteBuffer& request);
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Begin(Call call, const grpc::ByteBuffer& request,
                                                    Open open);
  void Remove(const Watch& watch);
  void OnEvent();
  void Walk();

  const Context& context_;
  const AnchorsContext anchors_;
  std::mutex mutex_;
  bool walking_ = false;  // A worker will wake all.
  absl::flat_hash_map<const Watch*, std::weak_ptr<Watch>> watches_;
  const std::shared_ptr<void> subscription_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_ANCHOR_WATCH_H_
