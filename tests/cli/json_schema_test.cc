// What each subcommand prints with --json is what docs/cairn.schema.json says that it prints.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint_signer.h"
#include "tests/cli/cairn.h"
#include "tests/cli/fake_anchors.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/time_stamp_authority.h"
#include "tests/testing/vectors.h"

namespace cairn {
namespace {

namespace example = evidence::testing;
using testing::CairnResult;
using testing::Join;
using testing::kTestOrigin;
using testing::kTestVkey;
using testing::RunCairn;

// Two trees of one size, both signed with the test log's key, as a file that convicts it.
std::string Misbehaviour() {
  std::vector<std::string> notes;
  for (const std::string tree : {"one", "two"}) {
    std::vector<note::SignerKey> keys;
    keys.push_back(*note::SignerKey::Parse(testing::kTestPrivateKey));
    notes.push_back(*note::CheckpointSigner::Create(std::move(keys))
                         ->Sign({.origin = kTestOrigin,
                                 .size = TreeSize(2),
                                 .root = merkle::Sha256(tree),
                                 .extensions = {}}));
  }
  return absl::StrCat("cairn.v1/misbehaviour\nfirst ", notes[0].size(), "\nsecond ",
                      notes[1].size(), "\n\n", notes[0], notes[1]);
}

class JsonSchema : public testing::AnchorsFixture {
 protected:
  // Runs it, and notes what it printed as documents of `name`.
  void Print(const std::string& name, const std::vector<std::string>& args) {
    Note(name, RunCairn(Join(args, {"--json"})));
  }
  void Note(const std::string& name, const CairnResult& result) {
    size_t lines = 0;
    for (const absl::string_view line : absl::StrSplit(result.out, '\n', absl::SkipEmpty())) {
      absl::StrAppend(&documents_, name, "\t", line, "\n");
      ++lines;
    }
    EXPECT_GT(lines, 0) << name << ": " << result.err;
  }

  void PrintWithoutLog();
  void PrintWithLog();
  void PrintOfAnchors();

  std::string documents_;
};

void JsonSchema::PrintWithoutLog() {
  Print("keygen", {"keygen", "--certifier", "acme", "--out", Path("acme.key")});
  const std::string record = testing::ReadFile("tools/samples/triage.json");
  Print("hash", {"hash", "tools/samples/notes.txt", "tools/samples/triage.json",
                 Write("cut.json", record.substr(0, record.size() / 2)), Path("absent")});
  Print("policy_check", {"policy", "check", "tests/golden/v1/trust.policy"});
  const std::string anchored = "tests/golden/v1/anchored.cairn.json";
  Print("verify", {"verify", anchored, Write("none.cairn.json", "{}"), Path("absent"),
                   "tests/golden", "--policy", "tests/golden/v1/trust.policy", "--tsa_roots",
                   "tests/golden/v1/tsa-root.pem", "--headers", "tests/golden/v1/headers"});
  Print("extract", {"extract", anchored, "--out", Path("parts")});
  const std::string steps[] = {"tools/samples/plan-step-1.json", "tools/samples/plan-step-2.json"};
  const std::string edited =
      Write("edited.json", absl::StrReplaceAll(record, {{"Classify", "Clarify"}}));
  Print("show", {"show", "tools/samples/triage.json", edited, anchored});
  Print("diff", {"diff", steps[0], steps[1]});
  Print("diff", {"diff", steps[0], steps[0]});
  Print("run_verify", {"run", "verify", steps[0], steps[1]});
  Print("run_verify", {"run", "verify", steps[1]});
  Print("redact", {"redact", "tools/samples/triage.json", "--remove", "snapshot.prompt", "--out",
                   Path("redacted.json")});
  Print("aief", {"verify", "--report", "aief", "tools/samples/triage.json", edited});
  const std::string misbehaviour = Write("two.misbehaviour", Misbehaviour());
  Print("verify_misbehaviour", {"verify-misbehaviour", misbehaviour, "--log_key", kTestVkey});
  Print("verify_misbehaviour",
        {"verify-misbehaviour", Write("no.misbehaviour", "{}"), "--log_key", kTestVkey});
}

void JsonSchema::PrintWithLog() {
  const testing::FreshDirectory directory;
  const std::string certifier_key = Path("certifier.key");
  const std::string vkey =
      RunCairn({"keygen", "--certifier", "acme", "--out", certifier_key, "--json"})
          .documents()
          .at(0)["vkey"];
  const std::string config = Write(
      "config", absl::StrCat("certifier { name: \"acme\" demand: SIGNED key: \"", vkey, "\" }\n"));
  testing::Cairnd log(
      testing::CairndArgs(directory.path(), {"--config", config, "--http_address", "127.0.0.1:0"}));
  ASSERT_TRUE(log.running()) << log.output();
  const std::string url = absl::StrCat("http://", log.http_address());
  const auto ask = [&log](const std::vector<std::string>& args) {
    return Join(args, {"--log", log.address()});
  };
  const std::vector<std::string> submit =
      ask({"submit", "--log_key", kTestVkey, "--out", Path("out"), "tools/samples/notes.txt",
           Path("cut.json"), Path("absent.txt")});
  Print("submit", submit);
  Print("submit", submit);
  Print("submit", ask({"submit", "--log_key", kTestVkey, "--out", Path("out"), "--signing_key",
                       certifier_key, "--policy_status", "pass", "--trace", "t", "--task", "k",
                       "tools/samples/triage.json"}));
  Print("verify", {"verify", Path("out/triage.cairn.json"), "--log_key", kTestVkey, "--certificate",
                   "tools/samples/triage.json", "--certifier", "acme=" + vkey});
  Print("prove", ask({"prove", "--log_key", kTestVkey,
                      merkle::Sha256(testing::ReadFile("tools/samples/notes.txt")).Hex()}));
  Print("checkpoint", ask({"checkpoint", "--log_key", kTestVkey}));
  Print("entries", ask({"entries"}));
  Print("bench", ask({"bench", "--seconds", "0.1", "--warmup", "0"}));
  Print("audit", {"audit", url, "--log_key", kTestVkey, "--out", Path("convictions")});
  Print("monitor", {"monitor", "--log", url, "--log_key", kTestVkey, "--out", Path("convictions"),
                    "--certifier", "acme", "--known", Path("out")});
  EXPECT_EQ(log.Stop(), 0);
  const std::string data = directory.path() / "data";
  Print("fsck", {"fsck", data});
  Print("backup", {"backup", data, "--out", directory.path() / "copy"});
}

void JsonSchema::PrintOfAnchors() {
  const auto fill = [](v1::ProofState state, v1::EntryProofState& entry) {
    entry.set_index(2);
    entry.set_state(state);
    entry.set_first_round(1);
    entry.add_deciding()->set_anchor("tsa");
  };
  log_.state = [&](const v1::GetProofStateRequest&, v1::GetProofStateResponse& response) {
    fill(v1::PROOF_STATE_ANCHORED, *response.add_entries());
    return grpc::Status::OK;
  };
  log_.rounds = [](const v1::ListAnchorRoundsRequest&, v1::ListAnchorRoundsResponse& response) {
    v1::AnchorRound& round = *response.add_rounds();
    round.set_number(1);
    round.set_tree_size(5);
    round.set_digest(std::string(32, 'd'));
    v1::AnchorReceipt& receipt = *round.add_receipts();
    receipt.set_anchor("tsa");
    receipt.set_state(v1::RECEIPT_STATE_FINAL);
    receipt.set_existed_by_s(1'770'000'000);
    response.set_last_round(1);
    return grpc::Status::OK;
  };
  log_.states = [&](const v1::WatchProofStateRequest&, const auto& tell) {
    v1::WatchProofStateResponse response;
    v1::ProofStateChange& change = *response.add_changes();
    change.set_sequence(1);
    fill(v1::PROOF_STATE_VERIFIED, *change.mutable_entry());
    response.set_sequence(1);
    response.set_last_sequence(1);
    tell(response);
    return grpc::Status::OK;
  };
  log_.events = [](const v1::WatchAnchorsRequest&, const auto& tell) {
    v1::WatchAnchorsResponse response;
    v1::AnchorEvent& event = *response.add_events();
    event.set_sequence(1);
    event.set_kind("receipt_moved");
    event.set_anchor("tsa");
    event.set_from(v1::RECEIPT_STATE_SUBMITTED);
    event.set_to(v1::RECEIPT_STATE_ACCEPTED);
    response.set_last_sequence(1);
    tell(response);
    return grpc::Status::OK;
  };
  const evidence::Evidence evidence = example::MakeEvidence(example::kSigned);
  log_.evidence = [&](const v1::GetEvidenceRequest&, v1::GetEvidenceResponse& response) {
    response = testing::AnswerOf(evidence);
    *response.add_receipts() = testing::TimeStamp(response.checkpoint());
    return grpc::Status::OK;
  };
  const std::vector<std::string> trust = {"--log_key", example::LogKey().verifier_key().Format(),
                                          "--tsa_roots",
                                          testing::Authority().PemFile("root").string()};
  Note("status", Ask({"status", "--index", "2", "--json"}));
  Note("anchors", Ask({"anchors", "--json"}));
  Note("watch", Ask({"watch", "--index", "2", "--until", "verified", "--json"}));
  Note("watch", testing::RunAndInterruptCairn({"watch", "--json", "--log", log_.address()},
                                              testing::Output::kOut));
  Note("evidence",
       Ask(Join({"evidence", "--index", "2", "--out", Path("fetched"), "--json"}, trust)));
  const std::string old = Write("old.cairn.json", *evidence::Format(evidence));
  Note("upgrade", Ask(Join({"upgrade", old, Write("bad.cairn.json", "{}"), "--json"}, trust)));
}

TEST_F(JsonSchema, SaysWhatEachSubcommandPrints) {
  PrintWithoutLog();
  PrintWithLog();
  PrintOfAnchors();
  const std::string command =
      absl::StrCat("/usr/bin/python3 tests/cli/json_schema.py docs/cairn.schema.json ",
                   Write("documents", documents_), " 2>&1");
  FILE* const pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  for (size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), got);
  }
  EXPECT_EQ(pclose(pipe), 0) << "python3-jsonschema is needed (tools/setup): " << output;
}

}  // namespace
}  // namespace cairn
