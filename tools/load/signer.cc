#include "tools/load/signer.h"

#include <algorithm>
#include <thread>

#include "merkle/edge.h"
#include "merkle/entry/statement.h"
#include "merkle/hash.h"
#include "tools/load/numbers.h"

namespace cairn::load {

Signer::Signer(const Options& options, const Statements& statements)
    : options_(options), statements_(statements), presigned_(options.threads) {
  const uint64_t each = (options.presign + options.threads - 1) / options.threads;
  for (std::vector<Signature>& signatures : presigned_) signatures.resize(each);
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (size_t core = 0; core < cores; ++core) {
    threads.emplace_back([this, core, cores, each] {
      for (uint32_t worker = 0; worker < presigned_.size(); ++worker) {
        for (uint64_t i = core; i < each; i += cores) {
          presigned_[worker][i] = Make(NumberOf(worker, i));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

Signature Signer::Make(uint64_t number) const {
  return options_.signing_key->Sign(
      entry::StatementMessage(options_.origin, statements_.Make(number)));
}

void Signer::Put(const Signature& signature, v1::Signature& out) const {
  const PublicKey& key = options_.signing_key->verifier_key().public_key();
  out.set_key(key.bytes.data(), key.bytes.size());
  out.set_signature(signature.bytes.data(), signature.bytes.size());
}

void Signer::SignOne(uint64_t number, v1::Signature& out) const {
  const std::vector<Signature>& ready = presigned_[WorkerOf(number)];
  const uint64_t at = PlaceOf(number);
  Put(at < ready.size() ? ready[at] : Make(number), out);
}

void Signer::SignBatch(const std::vector<uint64_t>& numbers, v1::Signature& out) const {
  std::vector<Hash> leaves;
  leaves.reserve(numbers.size());
  for (const uint64_t number : numbers) {
    leaves.push_back(
        merkle::HashLeaf(entry::StatementMessage(options_.origin, statements_.Make(number))));
  }
  merkle::Edge tree;
  tree.Append(leaves);
  const auto size = static_cast<uint32_t>(numbers.size());
  Put(options_.signing_key->Sign(entry::BatchMessage(options_.origin, size, tree.root())), out);
}

}  // namespace cairn::load
