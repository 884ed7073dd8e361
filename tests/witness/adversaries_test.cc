// A log with two honest witnesses and a third that is none, or that is cut off: the log goes on,
// and says which one fails and how.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note.h"
#include "tests/testing/exposition.h"
#include "tests/testing/http.h"
#include "tests/witness/cosigned_log.h"
#include "tests/witness/fake_witness.h"

namespace cairn::testing {
namespace {

using Bytes = std::optional<std::string>;

class AdversariesTest : public CosignedLogTest {
 protected:
  // Puts w2 in the place of a fake one.
  void Replace(FakeWitness::Behaviour behaviour) {
    fake_ = std::make_unique<FakeWitness>(std::move(behaviour));
    KillWitness(2);
    addresses_[2] = fake_->address();
    WritePolicy("group g 2 w0 w1 w2");
  }
  // Whatever is asked.
  void Answer(const std::string& bytes) {
    Replace([bytes](const std::string&, const std::string&) { return Bytes(bytes); });
  }
  // The cosignature line of w2's key, over the note in a request.
  std::string CosignedLine(const std::string& request_body) const {
    const auto note = note::ParseNote(request_body.substr(request_body.find("\n\n") + 2));
    return Line(*note::Cosign(WitnessKey(2), 1'700'000'000, note->text));
  }
  std::string Line(const std::string& signature) const {
    const note::VerifierKey& key = WitnessKey(2).verifier_key();
    return *note::FormatSignatureLine({key.name(), key.id(), signature});
  }

  static Exposition Metrics(const Cairnd& cairnd) {
    Exposition metrics = ParseExposition(HttpGet(cairnd.http_address(), "/metrics").body);
    for (const std::string& error : metrics.errors) ADD_FAILURE() << error;
    return metrics;
  }

  // The honest two publish; w2 is named with the code and the reason.
  void ExpectGoesOn(const std::string& code, const std::string& reason) {
    Cairnd cairnd(Args());
    ASSERT_TRUE(cairnd.running());
    Client client(cairnd.address());
    AppendWhenTaken(client, "a");
    for (int i = 0; i < 3; ++i) {
      v1::AppendResponse answer;
      const grpc::Status appended = AppendCosigned(client, absl::StrCat(i), &answer);
      ASSERT_TRUE(appended.ok()) << appended.error_message();
      ExpectOnlyTheHonest(answer.checkpoint());
    }
    ExpectFails(cairnd, code, reason);
    EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
    EXPECT_NE(cairnd.output().find(reason), std::string::npos) << cairnd.output();
    EXPECT_EQ(cairnd.output().find("witness=w0 code="), std::string::npos) << cairnd.output();
    EXPECT_EQ(cairnd.output().find("nothing is signed"), std::string::npos) << cairnd.output();
  }
  void ExpectOnlyTheHonest(const std::string& note) const {
    const auto verdict = note::JudgeCheckpoint(note, *policy_);
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_TRUE(verdict->quorum);
    EXPECT_TRUE(verdict->cosigned_at_s[0].has_value());
    EXPECT_TRUE(verdict->cosigned_at_s[1].has_value());
    EXPECT_FALSE(verdict->cosigned_at_s[2].has_value());
  }
  void ExpectFails(Cairnd& cairnd, const std::string& code, const std::string& reason) const {
    ASSERT_TRUE(
        cairnd.AwaitOutput(absl::StrCat("\"a witness does not cosign\" witness=w2 code=", code)))
        << (cairnd.Stop(), cairnd.output());
    ASSERT_TRUE(cairnd.AwaitOutput(reason));
    const Exposition metrics = Metrics(cairnd);
    EXPECT_GE(
        metrics[absl::StrCat("cairn_witness_failures_total{code=\"", code, "\",witness=\"w2\"}")],
        1);
    EXPECT_EQ(metrics["cairn_witness_up{witness=\"w2\"}"], 0);
    EXPECT_GE(metrics["cairn_witness_request_seconds_count{witness=\"w2\"}"], 1);
    for (const char* honest : {"w0", "w1"}) {
      EXPECT_EQ(metrics[absl::StrCat("cairn_witness_up{witness=\"", honest, "\"}")], 1);
    }
  }

  std::unique_ptr<FakeWitness> fake_;
};

TEST_F(AdversariesTest, MetricsTellOfWitnessesThatCosign) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  AppendWhenTaken(client, "a");
  v1::AppendResponse answer;
  ASSERT_TRUE(AppendCosigned(client, "b", &answer).ok());
  const auto verdict = note::JudgeCheckpoint(answer.checkpoint(), *policy_);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  const Exposition metrics = Metrics(cairnd);
  for (size_t i = 0; i < 3; ++i) {
    const std::string label = absl::StrCat("{witness=\"w", i, "\"}");
    ASSERT_TRUE(verdict->cosigned_at_s[i].has_value());
    EXPECT_EQ(metrics["cairn_witness_up" + label], 1);
    EXPECT_EQ(metrics["cairn_witness_cosigned_size" + label], 2);
    EXPECT_EQ(metrics["cairn_witness_cosigned_timestamp_seconds" + label],
              static_cast<double>(*verdict->cosigned_at_s[i]));
    EXPECT_GE(metrics["cairn_witness_request_seconds_count" + label], 2);
  }
  EXPECT_EQ(metrics["cairn_published_size"], 2);
  EXPECT_GE(metrics["cairn_publish_seconds_count"], 2);
  EXPECT_GT(metrics["cairn_publish_seconds_sum"], 0);
  EXPECT_EQ(cairnd.Stop(), 0);
}

TEST_F(AdversariesTest, GarbageInsteadOfAnAnswer) {
  Answer(std::string("\x00\xff\x16\x03 garbage\r\n\r\n", 16));
  ExpectGoesOn("INVALID_ARGUMENT", "add-checkpoint");
}

TEST_F(AdversariesTest, GarbageInsteadOfACosignature) {
  Answer(HttpResponse(200, std::string("\x00\xff\n\n\xe2\x80\x94 x\n", 10)));
  ExpectGoesOn("INVALID_ARGUMENT", "answers 200 without a cosignature");
}

TEST_F(AdversariesTest, ASignatureThatIsNone) {
  Answer(HttpResponse(200, Line(std::string(8, '\x01') + std::string(64, '\x5a'))));
  ExpectGoesOn("INVALID_ARGUMENT", "cosignature does not verify");
}

TEST_F(AdversariesTest, ThreeMegabytes) {
  Answer(HttpResponse(200, std::string(size_t{3} << 20, 'x')));
  ExpectGoesOn("RESOURCE_EXHAUSTED", "answers with more than");
}

TEST_F(AdversariesTest, AHeaderWithoutEnd) {
  Answer("HTTP/1.1 200 OK\r\nX: " + std::string(size_t{3} << 20, 'x'));
  ExpectGoesOn("UNAVAILABLE", "add-checkpoint");
}

TEST_F(AdversariesTest, AnOldCosignature) {
  std::mutex mutex;
  std::string first;
  Replace([&](const std::string&, const std::string& body) {
    const std::lock_guard lock(mutex);
    if (first.empty()) first = CosignedLine(body);
    return Bytes(HttpResponse(200, first));
  });
  ExpectGoesOn("INVALID_ARGUMENT", "cosignature does not verify");
}

TEST_F(AdversariesTest, ASizeBeyondAllBounds) {
  for (const char* size : {"9223372036854775807\n", "1000\n"}) {
    Answer(HttpResponse(409, size));
    ExpectGoesOn("ABORTED", "says that it knows a tree of");
    StartWitness(2);
  }
}

// As witnesses without a monitoring prefix do. The advice is not the one for a witness that is
// away.
TEST_F(AdversariesTest, ALargerTreeThatIsNeverShownToALogThatCouldHavePublishedIt) {
  Replace([](const std::string& request, const std::string&) {
    return Bytes(request == "POST /add-checkpoint" ? HttpResponse(409, "1000\n")
                                                   : HttpResponse(404, "none"));
  });
  WritePolicy("group g any w0 w1 w2");
  KillWitness(1);
  Cairnd cairnd(Args({"--accept_unreachable_witness", "w1"}));
  ASSERT_TRUE(cairnd.AwaitOutput("appends are held back"));
  Client client(cairnd.address());
  const grpc::Status held = client.Append(StatementOn("a"));
  EXPECT_EQ(held.error_code(), grpc::StatusCode::UNAVAILABLE);
  const std::string& why = held.error_message();
  EXPECT_NE(why.find("no fresh cosignature from w2,"), std::string::npos) << why;
  EXPECT_NE(why.find("w2 answered that there is one"), std::string::npos) << why;
  EXPECT_EQ(why.find("--accept_unreachable_witness"), std::string::npos) << why;
  EXPECT_EQ(cairnd.Stop(), 0);
}

TEST_F(AdversariesTest, ASizeBeyondAllBoundsAndThreeMegabytesToShowForIt) {
  Replace([](const std::string& request, const std::string&) {
    return Bytes(request == "POST /add-checkpoint"
                     ? HttpResponse(409, "1000\n")
                     : HttpResponse(200, std::string(size_t{3} << 20, 'x')));
  });
  ExpectGoesOn("ABORTED", "answers with more than");
}

TEST_F(AdversariesTest, ASizeThatIsNone) {
  for (const char* size : {"", "\n", "many\n", "-1\n", "18446744073709551616\n"}) {
    Answer(HttpResponse(409, size));
    ExpectGoesOn("INVALID_ARGUMENT", "does not say which size it knows");
    StartWitness(2);
  }
}

TEST_F(AdversariesTest, SmallerSizesInALoop) {
  Replace([](const std::string& request, const std::string& body) {
    if (request != "POST /add-checkpoint") return Bytes(HttpResponse(404, ""));
    // Never that which it was asked with, until the log has three entries and there is a choice.
    return Bytes(HttpResponse(409, body.rfind("old 1\n", 0) == 0 ? "2\n" : "1\n"));
  });
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  for (int i = 0; i < 4; ++i) AppendWhenTaken(client, absl::StrCat(i));
  v1::AppendResponse answer;
  ASSERT_TRUE(AppendCosigned(client, "last", &answer).ok());
  ExpectOnlyTheHonest(answer.checkpoint());
  ExpectFails(cairnd, "UNAVAILABLE", "names another size each time");
  EXPECT_EQ(cairnd.Stop(), 0);
}

TEST_F(AdversariesTest, NoAnswer) {
  std::promise<void> asked;
  std::atomic<bool> first{true};
  Replace([&](const std::string&, const std::string&) {
    if (first.exchange(false)) asked.set_value();
    return Bytes();
  });
  WriteFile(Path("config"), "publishing { interval_ms: 10 straggler_wait_ms: 1 retry_ms: 10 }\n");
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  asked.get_future().wait();
  // All of this while w2 is under its first request, which ends at its deadline only.
  AppendWhenTaken(client, "a");
  for (int i = 0; i < 20; ++i) {
    v1::AppendResponse answer;
    ASSERT_TRUE(AppendCosigned(client, absl::StrCat(i), &answer).ok());
    ExpectOnlyTheHonest(answer.checkpoint());
  }
  EXPECT_EQ(Metrics(cairnd)["cairn_witness_request_seconds_count{witness=\"w2\"}"], 0);
  ExpectFails(cairnd, "DEADLINE_EXCEEDED", "add-checkpoint");
  EXPECT_EQ(cairnd.Stop(), 0);
}

// What a witness knows is fetched until it comes, however often that fails, and then believed.
TEST_F(AdversariesTest, ATreeThatIsShownOnlyAfterMuchTrying) {
  std::string larger;
  {
    Cairnd cairnd(Args());
    Client client(cairnd.address());
    AppendWhenTaken(client, "a");
    v1::AppendResponse answer;
    ASSERT_TRUE(AppendCosigned(client, "b", &answer).ok());
    larger = answer.checkpoint();
    ASSERT_EQ(cairnd.Stop(), 0);
  }
  // The history begins again, and of the three only w2 remembers the other one.
  for (int i = 0; i < 2; ++i) {
    KillWitness(i);
    std::filesystem::remove_all(Path(Name(i)) / "data");
    std::filesystem::remove(Path(Name(i)) / "key.used");
    RestartWitness(i);
  }
  std::filesystem::remove_all(Path("data"));
  std::filesystem::remove(Path("log.key.used"));
  std::atomic<int> fetched{0};
  std::promise<void> failed_often;
  Replace([&](const std::string& request, const std::string&) {
    if (request == "POST /add-checkpoint") return Bytes(HttpResponse(409, "2\n"));
    const int times = ++fetched;
    if (times == 3) failed_often.set_value();
    return Bytes(times <= 3 ? HttpResponse(503, "later") : HttpResponse(200, larger));
  });
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  failed_often.get_future().wait();
  ASSERT_TRUE(cairnd.AwaitOutput("nothing is signed any more: a witness knows another history"));
  EXPECT_EQ(fetched.load(), 4);
  Client client(cairnd.address());
  EXPECT_EQ(client.Append(StatementOn("c")).error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(cairnd.Stop(), 0);
  EXPECT_NE(cairnd.output().find("answers 503"), std::string::npos) << cairnd.output();
}

// What a witness answers to the requests that it refuses.
std::string Refusal(const std::string& status, const std::string& type, const std::string& body) {
  return absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Type: ", type,
                      "\r\nContent-Length: ", body.size(), "\r\nConnection: close\r\n\r\n", body);
}

// Between the log and an honest witness, each answer is cut at a later byte: first what it says,
// then refusals in its place. CAIRN_LONG=1 takes each byte, otherwise it is each ninth, of refusals
// each 31st.
TEST_F(AdversariesTest, AnAnswerCutAtEachByte) {
  const std::string behind = addresses_[2];
  std::mutex mutex;
  std::optional<size_t> cut;  // Where the next answer is cut.
  std::string instead;        // Of what is cut; empty: the witness's own answer.
  size_t length = 0;          // Of the last one, uncut.
  fake_ = std::make_unique<FakeWitness>(
      [&](const std::string& request, const std::string& body) -> Bytes {
        HttpSocket witness(behind);
        witness.Send(absl::StrCat(request, " HTTP/1.1\r\nHost: w\r\nConnection: close\r\n",
                                  "Content-Length: ", body.size(), "\r\n\r\n", body));
        std::string answer = witness.ReadToEnd();
        const std::lock_guard lock(mutex);
        length = answer.size();
        if (!cut.has_value()) return answer;
        if (!instead.empty()) answer = instead;
        answer.resize(*cut);
        cut.reset();
        return answer;
      });
  addresses_[2] = fake_->address();
  WritePolicy("group g 2 w0 w1 w2");
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  AppendWhenTaken(client, "first");
  int appended = 0;
  // Whether w2 has cosigned what was published.
  const auto publish = [&] {
    v1::AppendResponse answer;
    const grpc::Status status = AppendCosigned(client, absl::StrCat(++appended), &answer);
    EXPECT_TRUE(status.ok()) << status.error_message();
    const auto verdict = note::JudgeCheckpoint(answer.checkpoint(), *policy_);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return verdict.ok() && verdict->quorum && verdict->cosigned_at_s[2].has_value();
  };
  const auto length_of_one = [&] {
    const std::lock_guard lock(mutex);
    return length;
  };
  ASSERT_TRUE(publish());
  ASSERT_GT(length_of_one(), 200U);
  const bool every_byte = std::getenv("CAIRN_LONG") != nullptr;
  int cuts = 0;
  const auto cut_at_each = [&](const std::string& answer, size_t step) {
    for (size_t at = 0; at < (answer.empty() ? length_of_one() : answer.size());
         at += every_byte ? 1 : step, ++cuts) {
      SCOPED_TRACE(absl::StrCat(at, " bytes of ", answer));
      {
        const std::lock_guard lock(mutex);
        instead = answer;
        cut = at;
      }
      // Without it, or from a try that was not cut any more.
      int tries = 1;
      for (; tries <= 100 && !publish(); ++tries) {
        if (HasFailure()) return;
      }
      ASSERT_LE(tries, 100);
      const std::lock_guard lock(mutex);
      ASSERT_FALSE(cut.has_value());
    }
  };
  cut_at_each("", 9);
  for (const std::string& refusal :
       {Refusal("409 Conflict", "text/x.tlog.size", "1234567\n"),
        Refusal("409 Conflict", "text/plain", "conflict\n"),
        Refusal("422 Unprocessable Entity", "text/plain", "the proof does not verify\n"),
        Refusal("403 Forbidden", "text/plain", "no key of this log\n"),
        Refusal("404 Not Found", "text/plain", "this log is not known\n"),
        Refusal("429 Too Many Requests", "text/plain", "later\n")}) {
    if (HasFailure()) return;
    cut_at_each(refusal, 31);
  }
  const Exposition metrics = Metrics(cairnd);
  EXPECT_EQ(metrics["cairn_witness_up{witness=\"w2\"}"], 1);
  double failures = 0;
  for (const auto& [sample, value] : metrics.samples) {
    if (sample.rfind("cairn_witness_failures_total", 0) == 0) failures += value;
  }
  // Each cut was met, and once.
  EXPECT_EQ(failures, static_cast<double>(cuts));
  EXPECT_EQ(cairnd.Stop(), 0);
}

}  // namespace
}  // namespace cairn::testing
