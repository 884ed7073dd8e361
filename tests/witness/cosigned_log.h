// A log with three witnesses, w0 to w2, and a policy over them: all of them processes of their own.
//
// Nothing here waits by sleeping: what cannot be awaited is asked for again until it is there.

#ifndef CAIRN_TESTS_WITNESS_COSIGNED_LOG_H_
#define CAIRN_TESTS_WITNESS_COSIGNED_LOG_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {

class CosignedLogTest : public ::testing::Test {
 protected:
  // Three witnesses run, and the policy is 2 of them.
  CosignedLogTest();

  static std::string Name(int i);
  std::filesystem::path Path(const std::string& name) const { return directory_.path() / name; }

  // On what is in its directory already.
  void StartWitness(int i, const std::string& address = "127.0.0.1:0");
  void KillWitness(int i);
  // With what StartWitness was given before: at the address that the policy names.
  void RestartWitness(int i) { StartWitness(i, addresses_[i]); }
  // A policy over addresses_; `group` defines the group g.
  void WritePolicy(const std::string& group);
  // For a test that answers in a witness's place.
  const note::SignerKey& WitnessKey(int i) const { return keys_[i]; }

  // For a cairnd on `data`, below the test's directory.
  std::vector<std::string> Args(std::vector<std::string> more = {},
                                const std::string& data = "data") const;

  static grpc::Status AppendCosigned(Client& client, const std::string& what,
                                     v1::AppendResponse* answer);
  // Appends are held back until the witnesses have confirmed the tree.
  static void AppendWhenTaken(Client& client, const std::string& what);
  // The checkpoint of that kind; empty: there is none.
  static std::string Checkpoint(Client& client, v1::CheckpointKind kind);
  static std::string Published(Client& client) {
    return Checkpoint(client, v1::CHECKPOINT_KIND_PUBLISHED);
  }
  void ExpectQuorum(const std::string& note, uint64_t at_least) const;

  const FreshDirectory directory_;
  std::string addresses_[3];
  std::unique_ptr<Cairnd> witnesses_[3];
  std::unique_ptr<note::Policy> policy_;

 private:
  std::vector<note::SignerKey> keys_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_WITNESS_COSIGNED_LOG_H_
