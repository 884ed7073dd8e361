// Signs the statements of a run as a certifier does.
//
// Cost: 50 us a signature, on the cores that the server may need: single signatures can be made
//   before the run. Threads: any, once made.

#ifndef CAIRN_TOOLS_LOAD_SIGNER_H_
#define CAIRN_TOOLS_LOAD_SIGNER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "merkle/note/key.h"
#include "merkle/signature/ed25519.h"
#include "proto/log.pb.h"
#include "tools/load/options.h"
#include "tools/load/statements.h"

namespace cairn::load {

class Signer {
 public:
  // Signs statements 0, 1, ... of each worker in advance, options.presign in all, on all cores.
  // Requires options.signing_key; options and statements outlive this.
  Signer(const Options& options, const Statements& statements);

  void SignOne(uint64_t number, v1::Signature& out) const;
  // One for statements `numbers`.
  void SignBatch(const std::vector<uint64_t>& numbers, v1::Signature& out) const;

 private:
  Signature Make(uint64_t number) const;
  void Put(const Signature& signature, v1::Signature& out) const;

  const Options& options_;
  const Statements& statements_;
  // By worker.
  std::vector<std::vector<Signature>> presigned_;
};

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_SIGNER_H_
