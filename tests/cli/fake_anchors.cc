#include "tests/cli/fake_anchors.h"

#include <gmock/gmock.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"
#include "merkle/proof_bytes.h"

namespace cairn::testing {
namespace {

template <typename Request, typename Response>
grpc::Status Call(const FakeAnchors::Answer<Request, Response>& answer, const Request* request,
                  Response* response) {
  if (answer == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, "not in this test"};
  return answer(*request, *response);
}

template <typename Request, typename Response>
grpc::Status Tell(const FakeAnchors::Stream<Request, Response>& stream,
                  grpc::ServerContext* context, const Request* request,
                  grpc::ServerWriter<Response>* writer) {
  if (stream == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, "not in this test"};
  grpc::Status told = stream(*request, [&](const Response& response) { writer->Write(response); });
  // Of a call like this gRPC tells the end to who asks for it only.
  while (told.ok() && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
  return told;
}

}  // namespace

grpc::Status FakeAnchors::GetProofState(grpc::ServerContext*,
                                        const v1::GetProofStateRequest* request,
                                        v1::GetProofStateResponse* response) {
  return Call(state, request, response);
}

grpc::Status FakeAnchors::ListAnchorRounds(grpc::ServerContext*,
                                           const v1::ListAnchorRoundsRequest* request,
                                           v1::ListAnchorRoundsResponse* response) {
  return Call(rounds, request, response);
}

grpc::Status FakeAnchors::WatchAnchors(grpc::ServerContext* context,
                                       const v1::WatchAnchorsRequest* request,
                                       grpc::ServerWriter<v1::WatchAnchorsResponse>* writer) {
  return Tell(events, context, request, writer);
}

grpc::Status FakeAnchors::WatchProofState(grpc::ServerContext* context,
                                          const v1::WatchProofStateRequest* request,
                                          grpc::ServerWriter<v1::WatchProofStateResponse>* writer) {
  return Tell(states, context, request, writer);
}

grpc::Status FakeAnchors::GetEvidence(grpc::ServerContext*, const v1::GetEvidenceRequest* request,
                                      v1::GetEvidenceResponse* response) {
  return Call(evidence, request, response);
}

AnchorsFixture::AnchorsFixture()
    : directory_(std::filesystem::path(::testing::TempDir()) /
                 ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directories(directory_);
}

std::string AnchorsFixture::Write(const std::string& name, const std::string& bytes) const {
  std::ofstream(directory_ / name, std::ios::binary) << bytes;
  return Path(name);
}

CairnResult AnchorsFixture::Ask(const std::vector<std::string>& args) const {
  return RunCairn(Join(args, {"--log", log_.address(), "--timeout", "10"}));
}

void AnchorsFixture::ExpectFalse(const std::vector<std::string>& args,
                                 const std::string& why) const {
  const CairnResult result = Ask(args);
  EXPECT_EQ(result.code, 1) << why;
  EXPECT_THAT(result.err, ::testing::HasSubstr(why));
  EXPECT_EQ(result.out, "");
}

TimeStampAuthority& Authority() {
  static TimeStampAuthority authority;
  return authority;
}

v1::AnchorReceipt TimeStamp(const std::string& note, const std::string& anchor) {
  const std::string request = *rfc3161::MakeRequest(merkle::Sha256(note));
  v1::AnchorReceipt receipt;
  receipt.set_anchor(anchor);
  receipt.set_kind("rfc3161");
  receipt.set_state(v1::RECEIPT_STATE_FINAL);
  receipt.set_receipt(*rfc3161::FormatReceipt({.response = Authority().Reply(request)}));
  return receipt;
}

v1::GetEvidenceResponse AnswerOf(const evidence::Evidence& evidence) {
  v1::GetEvidenceResponse answer;
  answer.set_index(evidence.proof.index.value());
  answer.set_entry(evidence.entry);
  answer.set_proof(merkle::FormatProof(evidence.proof.proof));
  answer.set_checkpoint(evidence.proof.checkpoint);
  answer.set_round(1);
  return answer;
}

std::string Resigned(const std::string& checkpoint) {
  return absl::StrCat(checkpoint, "\u2014 x.example ", note::FormatBase64(std::string(68, 'x')),
                      "\n");
}

}  // namespace cairn::testing
