// `cairn status`, `anchors` and `watch`: what a log reports of its anchors, and what it cannot make
// them say.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/log_service.grpc.pb.h"
#include "tests/cli/cairn.h"
#include "tests/cli/fake_anchors.h"
#include "tools/cairn/testing/local_server.h"

namespace cairn {
namespace {

using testing::CairnResult;
using ::testing::HasSubstr;
using testing::Join;
using ::testing::Not;
using testing::RunCairn;

class AnchorReports : public testing::AnchorsFixture {
 protected:
  // Answers this state of entry 5.
  void SetState(v1::ProofState state) {
    log_.state = [state](const v1::GetProofStateRequest&, v1::GetProofStateResponse& response) {
      Fill(state, 5, response);
      return grpc::Status::OK;
    };
  }
  static void Fill(v1::ProofState state, uint64_t index, v1::GetProofStateResponse& response) {
    response.set_rule("1 of tsa (Example CA)");
    v1::EntryProofState& entry = *response.add_entries();
    entry.set_index(index);
    entry.set_state(state);
    entry.set_rule_version(1);
    entry.set_first_round(2);
    if (state == v1::PROOF_STATE_PENDING) return;
    v1::ReceiptPlace& place = *entry.add_deciding();
    place.set_round(3);
    place.set_anchor("tsa");
  }
  // Answers events 1 to `count`, two at a time.
  void SetEvents(uint64_t count) {
    log_.events = [count](const v1::ListAnchorEventsRequest& request,
                          v1::ListAnchorEventsResponse& response) {
      for (uint64_t i = request.after_sequence() + 1;
           i <= count && i <= request.after_sequence() + 2; ++i) {
        v1::AnchorEvent& event = *response.add_events();
        event.set_sequence(i);
        event.set_at_ms(1'770'000'000'000 + i);
        event.set_kind("receipt_moved");
        event.set_number(3);
        event.set_anchor("tsa");
        event.set_from(v1::RECEIPT_STATE_SUBMITTED);
        event.set_to(v1::RECEIPT_STATE_ACCEPTED);
      }
      response.set_last_sequence(count);
      return grpc::Status::OK;
    };
  }
  static std::vector<uint64_t> Sequences(const CairnResult& result) {
    std::vector<uint64_t> sequences;
    for (const nlohmann::json& document : result.documents()) {
      if (document.contains("sequence")) sequences.push_back(document["sequence"]);
    }
    return sequences;
  }
};

TEST_F(AnchorReports, StatusSaysThatItIsTheLogsReport) {
  SetState(v1::PROOF_STATE_VERIFIED);
  const CairnResult text = Ask({"status", "--index", "5"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_EQ(text.out,
            "rule in force: 1 of tsa (Example CA)\n"
            "entry 5: verified, the log reports, by rule 1\n"
            "  round 3  tsa\n");
  const nlohmann::json json = Ask({"status", "--index", "5", "--json"}).documents().at(0);
  EXPECT_EQ(json, nlohmann::json({{"index", 5},
                                  {"state", "verified"},
                                  {"reported_by", log_.address()},
                                  {"rule_version", 1},
                                  {"rule", "1 of tsa (Example CA)"},
                                  {"deciding", {{{"round", 3}, {"anchor", "tsa"}}}},
                                  {"was_final", false},
                                  {"first_round", 2}}));
}

TEST_F(AnchorReports, StatusAsksForAllEntriesAboutAHash) {
  const std::string hash(64, 'a');
  log_.state = [&](const v1::GetProofStateRequest& request, v1::GetProofStateResponse& response) {
    EXPECT_EQ(request.certificate_hash(), std::string(32, '\xaa'));
    EXPECT_EQ(request.certifier(), "acme");
    Fill(v1::PROOF_STATE_PENDING, 5, response);
    Fill(v1::PROOF_STATE_ANCHORED, 7, response);
    return grpc::Status::OK;
  };
  const CairnResult both = Ask({"status", hash, "--certifier", "acme", "--json"});
  ASSERT_EQ(both.documents().size(), 2u) << both.err;
  EXPECT_EQ(both.documents()[0]["state"], "pending");
  EXPECT_EQ(both.documents()[1]["state"], "anchored");
  const CairnResult one = Ask({"status", hash, "--certifier", "acme", "--index", "7", "--json"});
  ASSERT_EQ(one.documents().size(), 1u) << one.err;
  EXPECT_EQ(one.documents()[0]["index"], 7);
  EXPECT_EQ(Ask({"status", hash, "--certifier", "acme", "--index", "6"}).code, 1);
}

TEST_F(AnchorReports, StatusExits1ForAnswersToAnotherQuestion) {
  const auto answers = [&](const std::function<void(v1::GetProofStateResponse&)>& fill) {
    log_.state = [fill](const v1::GetProofStateRequest&, v1::GetProofStateResponse& response) {
      fill(response);
      return grpc::Status::OK;
    };
  };
  const std::vector<std::string> by_index = {"status", "--index", "5"};
  answers([](auto& response) { Fill(v1::PROOF_STATE_VERIFIED, 6, response); });
  ExpectFalse(by_index, "it is about entry 6");
  answers([](auto& response) { Fill(v1::PROOF_STATE_UNSPECIFIED, 5, response); });
  ExpectFalse(by_index, "entry 5 has no state");
  answers([](auto& response) {
    Fill(v1::PROOF_STATE_PENDING, 5, response);
    Fill(v1::PROOF_STATE_VERIFIED, 5, response);
  });
  ExpectFalse(by_index, "an entry has one state");
  answers([](auto&) {});
  ExpectFalse(by_index, "the log has no such statement");
  answers([](auto& response) {
    for (uint64_t i = 0; i < 65; ++i) Fill(v1::PROOF_STATE_VERIFIED, i, response);
  });
  ExpectFalse({"status", std::string(64, 'a')}, "more than 64 entries");
}

TEST_F(AnchorReports, StatusOfWhatTheLogDoesNotHaveExits1) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::NOT_FOUND, grpc::StatusCode::OUT_OF_RANGE}) {
    log_.state = [code](const v1::GetProofStateRequest&, v1::GetProofStateResponse&) {
      return grpc::Status(code, "no such thing");
    };
    ExpectFalse({"status", "--index", "5"}, "no such thing");
  }
}

TEST_F(AnchorReports, ALogWithoutAnchorsExits3AndSaysSo) {
  class PlainLog : public v1::Log::Service {
   public:
    testing::LocalServer server{this};
  } log;
  for (const std::vector<std::string>& args : {std::vector<std::string>{"status", "--index", "5"},
                                               {"anchors"},
                                               {"watch"},
                                               {"watch", "--index", "5", "--until", "verified"}}) {
    const CairnResult result = RunCairn(Join(args, {"--log", log.server.address()}));
    EXPECT_EQ(result.code, 3) << args[0];
    EXPECT_THAT(result.err, HasSubstr("the log has no anchors"));
  }
}

TEST_F(AnchorReports, CommandLinesThatMakeNoSenseExit2) {
  for (const std::vector<std::string>& args : {std::vector<std::string>{"status"},
                                               {"status", "abc"},
                                               {"status", "--index", "5", "--certifier", "acme"},
                                               {"watch", "--index", "5"},
                                               {"watch", "--until", "verified"},
                                               {"watch", "--wait", "5"},
                                               {"watch", "--index", "5", "--until", "pending"},
                                               {"anchors", "--from", "-1"}}) {
    EXPECT_EQ(Ask(args).code, 2) << args.back();
  }
}

v1::AnchorRound Round(uint64_t number) {
  v1::AnchorRound round;
  round.set_number(number);
  round.set_tree_size(number * 10);
  round.set_digest(std::string(32, '\x11'));
  round.set_frozen_at_ms(1'770'000'000'000);
  round.set_witnessed(true);
  v1::AnchorReceipt& receipt = *round.add_receipts();
  receipt.set_anchor("btc");
  receipt.set_kind("opentimestamps");
  receipt.set_state(v1::RECEIPT_STATE_CONFIRMED);
  receipt.set_confirmations(3);
  receipt.set_existed_by_s(1'770'000'100);
  receipt.set_link("https://explorer.example/\x1b[2J");
  return round;
}

TEST_F(AnchorReports, AnchorsFollowsThePages) {
  std::vector<std::optional<uint64_t>> asked;
  log_.rounds = [&](const v1::ListAnchorRoundsRequest& request,
                    v1::ListAnchorRoundsResponse& response) {
    asked.push_back(request.has_from_round() ? std::optional(request.from_round()) : std::nullopt);
    const uint64_t from = request.has_from_round() ? request.from_round() : 4;
    for (uint64_t i = from; i < from + 2 && i <= 5; ++i) *response.add_rounds() = Round(i);
    response.set_last_round(5);
    response.set_rule("all of btc (nobody)");
    return grpc::Status::OK;
  };
  const CairnResult newest = Ask({"anchors"});
  EXPECT_EQ(newest.code, 0) << newest.err;
  EXPECT_THAT(newest.out, HasSubstr("5 rounds, the log reports; rule in force: all of btc"));
  EXPECT_THAT(newest.out, HasSubstr("round 4: tree size 40, frozen at 2026-02-02T02:40:00.000Z, "
                                    "witnessed\n  sha256:1111"));
  EXPECT_THAT(newest.out, HasSubstr("  btc         confirmed (3 confirmations), existed by "
                                    "2026-02-02T02:41:40.000Z; https://explorer.example/\\x1b[2J"));
  EXPECT_THAT(asked, ::testing::ElementsAre(std::nullopt));
  asked.clear();
  const CairnResult all = Ask({"anchors", "--from", "1", "--json"});
  ASSERT_EQ(all.documents().size(), 5u) << all.err;
  EXPECT_EQ(all.documents()[4]["number"], 5);
  EXPECT_EQ(all.documents()[0]["receipts"][0]["state"], "confirmed");
  EXPECT_EQ(all.documents()[0]["receipts"][0]["existed_by_ms"], 1'770'000'100'000);
  EXPECT_THAT(asked, ::testing::ElementsAre(1, 3, 5));
}

TEST_F(AnchorReports, AnchorsExits1ForRoundsOutOfOrder) {
  for (const std::vector<uint64_t>& numbers :
       {std::vector<uint64_t>{1}, {3, 3}, {4, 3}, {UINT64_MAX, 3}}) {
    log_.rounds = [&](const v1::ListAnchorRoundsRequest&, v1::ListAnchorRoundsResponse& response) {
      for (const uint64_t number : numbers) *response.add_rounds() = Round(number);
      response.set_last_round(UINT64_MAX);
      return grpc::Status::OK;
    };
    const CairnResult result = Ask({"anchors", "--from", "2"});
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(result.err, HasSubstr("is out of order"));
  }
}

TEST_F(AnchorReports, WatchTellsTheHistoryAndEndsWhereTheStateIsReached) {
  SetEvents(5);
  SetState(v1::PROOF_STATE_VERIFIED);
  for (const std::string until : {"anchored", "verified"}) {
    const CairnResult result = Ask({"watch", "--index", "5", "--until", until, "--json"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(Sequences(result), ::testing::ElementsAre(1, 2, 3, 4, 5));
    EXPECT_EQ(result.documents().back()["state"], "verified");
  }
  const CairnResult text = Ask({"watch", "--after", "4", "--index", "5", "--until", "verified"});
  EXPECT_EQ(text.out,
            "5  2026-02-02T02:40:00.005Z  round 3  tsa: submitted -> accepted\n"
            "entry 5: verified, the log reports, by rule 1\n  round 3  tsa\n");
}

TEST_F(AnchorReports, WatchGoesOnUntilTheStateIsReached) {
  SetEvents(1);
  std::atomic<int> asked = 0;
  log_.state = [&](const v1::GetProofStateRequest&, v1::GetProofStateResponse& response) {
    constexpr v1::ProofState kStates[] = {v1::PROOF_STATE_PENDING, v1::PROOF_STATE_ANCHORED,
                                          v1::PROOF_STATE_VERIFIED};
    if (asked == 2) SetEvents(2);
    Fill(kStates[asked++], 5, response);
    return grpc::Status::OK;
  };
  const CairnResult result = Ask({"watch", "--index", "5", "--until", "verified", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  std::vector<std::string> said;
  for (const nlohmann::json& document : result.documents()) {
    said.push_back(document.contains("state") ? document["state"] : document["kind"]);
  }
  // What led to the last state is told before it.
  EXPECT_THAT(said, ::testing::ElementsAre("receipt_moved", "pending", "anchored", "receipt_moved",
                                           "verified"));
}

TEST_F(AnchorReports, WatchGivesUpWhenItsTimeIsOver) {
  SetEvents(3);
  SetState(v1::PROOF_STATE_ANCHORED);
  const CairnResult result =
      Ask({"watch", "--index", "5", "--until", "verified", "--wait", "0.2", "--json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("entry 5 is not verified after 0.2 s"));
}

TEST_F(AnchorReports, WatchEndsAtCtrlC) {
  SetEvents(2);
  SetState(v1::PROOF_STATE_PENDING);
  const CairnResult forever =
      testing::RunAndInterruptCairn({"watch", "--log", log_.address()}, testing::Output::kOut);
  EXPECT_EQ(forever.code, 0) << forever.err;
  EXPECT_THAT(forever.out, HasSubstr("1  2026-02-02T02:40:00.001Z"));
  EXPECT_THAT(forever.out, Not(HasSubstr("\x1b")));
  const CairnResult waiting = testing::RunAndInterruptCairn(
      {"watch", "--log", log_.address(), "--index", "5", "--until", "anchored"},
      testing::Output::kOut);
  EXPECT_EQ(waiting.code, 3);
  EXPECT_THAT(waiting.err, HasSubstr("interrupted; go on with --after "));
}

TEST_F(AnchorReports, WatchShowsOnATerminalThatItIsAlive) {
  SetEvents(2);
  std::atomic<int> asked = 0;
  log_.state = [&](const v1::GetProofStateRequest&, v1::GetProofStateResponse& response) {
    Fill(asked++ == 0 ? v1::PROOF_STATE_PENDING : v1::PROOF_STATE_VERIFIED, 5, response);
    return grpc::Status::OK;
  };
  const CairnResult result = RunCairn(
      {"-qec",
       absl::StrCat(testing::kCairn, " watch --index 5 --until verified --log ", log_.address()),
       "/dev/null"},
      "/usr/bin/script");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("after event 2, entry 5: pending; asked at "));
  EXPECT_THAT(result.out, HasSubstr("\r\x1b[Kentry 5: verified, the log reports"));
}

TEST_F(AnchorReports, WatchExits1ForEventsOutOfOrder) {
  for (const uint64_t second : {3, 4}) {
    log_.events = [second](const v1::ListAnchorEventsRequest&,
                           v1::ListAnchorEventsResponse& response) {
      response.add_events()->set_sequence(4);
      response.add_events()->set_sequence(second);
      return grpc::Status::OK;
    };
    const CairnResult result = Ask({"watch", "--after", "3"});
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(result.err, HasSubstr(absl::StrCat("event ", second, " comes after event 4")));
  }
}

TEST_F(AnchorReports, WatchSaysFromWhereToGoOnWhenTheLogIsGone) {
  std::atomic<int> asked = 0;
  log_.events = [&](const v1::ListAnchorEventsRequest&, v1::ListAnchorEventsResponse& response) {
    if (asked++ > 0) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away");
    response.add_events()->set_sequence(7);
    return grpc::Status::OK;
  };
  const CairnResult result = RunCairn({"watch", "--log", log_.address(), "--timeout", "0.3"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("away; go on with --after 7"));
}

}  // namespace
}  // namespace cairn
