// `cairn status`, `anchors` and `watch`: what a log reports of its anchors, and what it cannot make
// them say.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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

constexpr v1::ProofState kPending = v1::PROOF_STATE_PENDING;
constexpr v1::ProofState kAnchored = v1::PROOF_STATE_ANCHORED;
constexpr v1::ProofState kVerified = v1::PROOF_STATE_VERIFIED;

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
  static v1::AnchorEvent Event(uint64_t sequence) {
    v1::AnchorEvent event;
    event.set_sequence(sequence);
    event.set_at_ms(1'770'000'000'000 + sequence);
    event.set_kind("receipt_moved");
    event.set_number(3);
    event.set_anchor("tsa");
    event.set_from(v1::RECEIPT_STATE_SUBMITTED);
    event.set_to(v1::RECEIPT_STATE_ACCEPTED);
    return event;
  }
  // Tells events up to `count`, two at a time.
  void SetEvents(uint64_t count) {
    log_.events = [count](const v1::WatchAnchorsRequest& request, const auto& tell) {
      uint64_t i = request.after_sequence() + 1;
      do {
        v1::WatchAnchorsResponse response;
        for (const uint64_t end = i + 2; i <= count && i < end; ++i) {
          *response.add_events() = Event(i);
        }
        response.set_last_sequence(count);
        tell(response);
      } while (i <= count);
      return grpc::Status::OK;
    };
  }
  static v1::WatchProofStateResponse Change(uint64_t sequence, v1::ProofState state,
                                            uint64_t last_sequence, uint64_t index = 5) {
    v1::GetProofStateResponse filled;
    Fill(state, index, filled);
    v1::WatchProofStateResponse response;
    v1::ProofStateChange& change = *response.add_changes();
    change.set_sequence(sequence);
    *change.mutable_entry() = filled.entries(0);
    response.set_sequence(sequence);
    response.set_last_sequence(last_sequence);
    response.set_rule(filled.rule());
    return response;
  }
  // Tells of entry 5 what each event has made it, the last of them being `last`; then the rest.
  void SetStates(const std::vector<std::pair<uint64_t, v1::ProofState>>& changes, uint64_t last) {
    log_.states = [changes, last](const v1::WatchProofStateRequest& request, const auto& tell) {
      EXPECT_EQ(request.index(), 5);
      bool known = false;
      for (const auto& [sequence, state] : changes) {
        if (request.has_after_sequence() && sequence <= request.after_sequence()) continue;
        if (sequence > last && !std::exchange(known, true)) tell(Known(last));
        tell(Change(sequence, state, std::max(sequence, last)));
      }
      if (!known) tell(Known(last));
      return grpc::Status::OK;
    };
  }
  static v1::WatchProofStateResponse Known(uint64_t last) {
    v1::WatchProofStateResponse response;
    response.set_sequence(last);
    response.set_last_sequence(last);
    response.set_rule("1 of tsa (Example CA)");
    return response;
  }
  // What was said, in order: of events the number, of states the name.
  static std::vector<std::string> Said(const CairnResult& result) {
    std::vector<std::string> said;
    for (const nlohmann::json& document : result.documents()) {
      said.push_back(document.contains("sequence") ? document["sequence"].dump()
                                                   : document["state"].get<std::string>());
    }
    return said;
  }
};

TEST_F(AnchorReports, StatusSaysThatItIsTheLogsReport) {
  SetState(v1::PROOF_STATE_VERIFIED);
  const CairnResult text = Ask({"status", "--index", "5"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_EQ(text.out,
            "rule in force: 1 of tsa (Example CA)\n"
            "entry 5: the log reports `verified`, which is its word, by rule 1\n"
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
  SetStates({{0, kPending}, {4, kAnchored}, {5, kVerified}}, 5);
  for (const std::string until : {"anchored", "verified"}) {
    const CairnResult result = Ask({"watch", "--index", "5", "--until", until, "--json"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(Said(result),
                ::testing::ElementsAre("pending", "1", "2", "3", "4", "anchored", "5", "verified"));
    EXPECT_EQ(result.documents().back()["since_sequence"], 5);
  }
  const CairnResult text = Ask({"watch", "--after", "4", "--index", "5", "--until", "verified"});
  EXPECT_EQ(text.out,
            "entry 5: the log reports `anchored`, which is its word, by rule 1\n  round 3  tsa\n"
            "5  2026-02-02T02:40:00.005Z  round 3  tsa: submitted -> accepted\n"
            "entry 5: the log reports `verified`, which is its word, by rule 1\n  round 3  tsa\n");
}

TEST_F(AnchorReports, WatchGoesOnUntilTheStateIsReachedAndNotLost) {
  SetEvents(6);
  SetStates({{0, kPending}, {1, kAnchored}, {2, kPending}, {5, kAnchored}}, 3);
  const CairnResult result = Ask({"watch", "--index", "5", "--until", "anchored", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  // What happens meanwhile is said as it comes.
  std::vector<std::string> said = Said(result);
  ASSERT_GE(said.size(), 7u);
  EXPECT_EQ(said.back(), "anchored");
  said.resize(6);
  EXPECT_THAT(said, ::testing::ElementsAre("pending", "1", "anchored", "2", "pending", "3"));
}

TEST_F(AnchorReports, WatchGoesOnWhereTheLogBrokeOff) {
  std::atomic<int> asked = 0;
  log_.events = [&](const v1::WatchAnchorsRequest& request, const auto& tell) {
    EXPECT_EQ(request.after_sequence(), asked);
    v1::WatchAnchorsResponse response;
    *response.add_events() = Event(++asked);
    tell(response);
    return asked < 4 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping") : grpc::Status::OK;
  };
  std::atomic<int> states = 0;
  log_.states = [&](const v1::WatchProofStateRequest& request, const auto& tell) {
    EXPECT_EQ(request.has_after_sequence(), states > 0);
    if (states++ > 0) {
      EXPECT_EQ(request.after_sequence(), 1);
      tell(Change(4, kVerified, 4));
      return grpc::Status::OK;
    }
    tell(Change(0, kPending, 1));
    tell(Known(1));
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping");
  };
  const CairnResult result = Ask({"watch", "--index", "5", "--until", "verified", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(Said(result), ::testing::ElementsAre("pending", "1", "2", "3", "4", "verified"));
}

TEST_F(AnchorReports, WatchGivesUpWhenItsTimeIsOver) {
  SetEvents(3);
  SetStates({{0, kAnchored}}, 3);
  const CairnResult result =
      Ask({"watch", "--index", "5", "--until", "verified", "--wait", "0.2", "--json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("entry 5 is not verified after 0.2 s"));
}

TEST_F(AnchorReports, WatchExits1ForStatesThatCannotBe) {
  SetEvents(3);
  const std::vector<std::string> watch = {"watch", "--index", "5", "--until", "verified"};
  const auto answers = [&](const v1::WatchProofStateResponse& response) {
    log_.states = [response](const v1::WatchProofStateRequest&, const auto& tell) {
      tell(response);
      return grpc::Status::OK;
    };
  };
  for (const auto& [response, why] :
       {std::pair(Change(0, kVerified, 0, 6), "it is about entry 6"),
        std::pair(Change(0, v1::PROOF_STATE_UNSPECIFIED, 0), "entry 5 has no state")}) {
    answers(response);
    const CairnResult result = Ask(watch);
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(result.err, HasSubstr(why));
  }
  log_.states = [](const v1::WatchProofStateRequest&, const auto&) {
    return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "beyond");
  };
  EXPECT_EQ(Ask(watch).code, 1);
}

TEST_F(AnchorReports, WatchEndsAtCtrlC) {
  SetEvents(2);
  SetStates({{0, kPending}}, 2);
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
  SetEvents(3);
  SetStates({{0, kPending}, {3, kVerified}}, 2);
  const CairnResult result = RunCairn(
      {"-qec",
       absl::StrCat(testing::kCairn, " watch --index 5 --until verified --log ", log_.address()),
       "/dev/null"},
      "/usr/bin/script");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("after event 2, entry 5: pending; "));
  EXPECT_THAT(result.out, HasSubstr("Z, Ctrl-C ends\r\x1b[K3  2026-02-02T02:40:00.003Z"));
  EXPECT_THAT(result.out, HasSubstr("entry 5: the log reports `verified`, which is its word"));
}

TEST_F(AnchorReports, WatchExits1ForEventsOutOfOrder) {
  for (const uint64_t second : {3, 4}) {
    log_.events = [second](const v1::WatchAnchorsRequest&, const auto& tell) {
      v1::WatchAnchorsResponse response;
      response.add_events()->set_sequence(4);
      response.add_events()->set_sequence(second);
      tell(response);
      return grpc::Status::OK;
    };
    const CairnResult result = Ask({"watch", "--after", "3"});
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(result.err, HasSubstr(absl::StrCat("event ", second, " comes after event 4")));
  }
}

TEST_F(AnchorReports, WatchSaysFromWhereToGoOnWhenTheLogIsGone) {
  std::atomic<int> asked = 0;
  log_.events = [&](const v1::WatchAnchorsRequest&, const auto& tell) {
    if (asked++ == 0) {
      v1::WatchAnchorsResponse response;
      response.add_events()->set_sequence(7);
      tell(response);
    }
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away");
  };
  const CairnResult result = RunCairn({"watch", "--log", log_.address(), "--timeout", "0.3"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr("away; go on with --after 7"));
}

}  // namespace
}  // namespace cairn
