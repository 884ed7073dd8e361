// A log's anchoring service that answers as a test says, and what a sound one would answer of the
// log of anchor/evidence/testing/example.h.

#ifndef CAIRN_TESTS_CLI_FAKE_ANCHORS_H_
#define CAIRN_TESTS_CLI_FAKE_ANCHORS_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "anchor/evidence/evidence.h"
#include "proto/anchors_service.grpc.pb.h"
#include "tests/cli/cairn.h"
#include "tests/testing/time_stamp_authority.h"
#include "tools/cairn/testing/local_server.h"

namespace cairn::testing {

// Answers as its members say; UNIMPLEMENTED where one is empty.
class FakeAnchors : public v1::Anchors::Service {
 public:
  template <typename Request, typename Response>
  using Answer = std::function<grpc::Status(const Request&, Response&)>;

  template <typename Request, typename Response>
  using Stream =
      std::function<grpc::Status(const Request&, const std::function<void(const Response&)>& tell)>;

  std::string address() const { return server_.address(); }

  Answer<v1::GetProofStateRequest, v1::GetProofStateResponse> state;
  Answer<v1::ListAnchorRoundsRequest, v1::ListAnchorRoundsResponse> rounds;
  // Stays open after what was told, unless that ends with an error.
  Stream<v1::WatchAnchorsRequest, v1::WatchAnchorsResponse> events;
  Stream<v1::WatchProofStateRequest, v1::WatchProofStateResponse> states;
  Answer<v1::GetEvidenceRequest, v1::GetEvidenceResponse> evidence;

 private:
  grpc::Status GetProofState(grpc::ServerContext* context, const v1::GetProofStateRequest* request,
                             v1::GetProofStateResponse* response) override;
  grpc::Status ListAnchorRounds(grpc::ServerContext* context,
                                const v1::ListAnchorRoundsRequest* request,
                                v1::ListAnchorRoundsResponse* response) override;
  grpc::Status WatchAnchors(grpc::ServerContext* context, const v1::WatchAnchorsRequest* request,
                            grpc::ServerWriter<v1::WatchAnchorsResponse>* writer) override;
  grpc::Status WatchProofState(grpc::ServerContext* context,
                               const v1::WatchProofStateRequest* request,
                               grpc::ServerWriter<v1::WatchProofStateResponse>* writer) override;
  grpc::Status GetEvidence(grpc::ServerContext* context, const v1::GetEvidenceRequest* request,
                           v1::GetEvidenceResponse* response) override;

  LocalServer server_{this};
};

// A directory of its own, and `cairn` that asks the fake.
class AnchorsFixture : public ::testing::Test {
 protected:
  AnchorsFixture();

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  std::string Write(const std::string& name, const std::string& bytes) const;
  CairnResult Ask(const std::vector<std::string>& args) const;
  // Ends with 1, says `why`, and prints no report.
  void ExpectFalse(const std::vector<std::string>& args, const std::string& why) const;

  FakeAnchors log_;

 private:
  const std::filesystem::path directory_;
};

// The one that all tests of a process share: making its keys is what takes time.
TimeStampAuthority& Authority();

// A token over SHA-256 of the note, as GetEvidence answers it.
v1::AnchorReceipt TimeStamp(const std::string& note, const std::string& anchor = "tsa");

// GetEvidence's answer out of evidence, whose receipts it leaves out.
v1::GetEvidenceResponse AnswerOf(const evidence::Evidence& evidence);

// The checkpoint of `evidence` under one more signature, by nobody in particular: another note over
// the same tree.
std::string Resigned(const std::string& checkpoint);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_CLI_FAKE_ANCHORS_H_
