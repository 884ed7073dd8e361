// Log.WatchCheckpoints: the newest checkpoint each time there is a newer one. Who reads slowly
// misses those between; nothing is queued for them.
//
// The log's answering thread does no more for a new tree than to make the one message of it,
// however many watch: a worker tells them, of the newest when it gets to it.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_WATCH_H_
#define CAIRN_LEDGER_SERVER_WATCH_H_

#include <memory>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "ledger/server/context.h"
#include "merkle/types.h"
#include "proto/log.pb.h"

namespace cairn::server {

class Watchers {
 public:
  // Of checkpoints of one kind. Outlived by what the context names, and outlives the calls.
  Watchers(const Context& context, v1::CheckpointKind kind);

  // The reactor deletes itself. Ends with UNAVAILABLE when the server stops.
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Handle(const grpc::ByteBuffer& request);

 private:
  class Watch;
  struct Message {
    TreeSize size;
    grpc::ByteBuffer bytes;
  };

  // The newest there is.
  void Look();
  void Add(const std::shared_ptr<Watch>& watch);
  void Remove(const Watch& watch);
  void OnCheckpoint(TreeSize size, const std::string& note);
  void Walk();

  const Context& context_;
  const v1::CheckpointKind kind_;
  std::mutex mutex_;
  std::shared_ptr<const Message> newest_;  // Null: none yet.
  bool walking_ = false;                   // A worker will look at newest_ again.
  absl::flat_hash_map<const Watch*, std::weak_ptr<Watch>> watches_;
  const std::shared_ptr<void> subscription_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_WATCH_H_
