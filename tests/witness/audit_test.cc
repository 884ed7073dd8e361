// `cairn audit`, `cairn monitor` and `cairn-witness --follow` against real logs: sound ones, one
// with two faces, one that rolled back, and one that spoke in a certifier's name.

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/note/note.h"
#include "merkle/tile.h"
#include "merkle/tile_path.h"
#include "tests/cli/cairn.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/http.h"
#include "witness/add_checkpoint.h"
#include "witness/http/address.h"
#include "witness/http/client.h"
#include "witness/http/server.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kWitness[] = "witness/server/cairn-witness";

class AuditTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  // A log in a directory of its own below this test's.
  std::unique_ptr<Cairnd> StartLog(const std::string& name, std::vector<std::string> more = {}) {
    fs::create_directories(Path(name));
    more.insert(more.end(), {"--http_address", "127.0.0.1:0"});
    auto log = std::make_unique<Cairnd>(CairndArgs(Path(name), std::move(more)));
    if (!log->running()) {
      log->Wait();
      ADD_FAILURE() << log->output();
    }
    return log;
  }
  static std::string Url(const Cairnd& log) { return "http://" + log.http_address(); }

  // Statements on `begin`, `begin` + 1, ...
  static void Append(const Cairnd& log, int begin, int end) {
    Client client(log.address());
    v1::AppendStreamRequest batch;
    for (int i = begin; i < end; ++i) *batch.add_statements() = StatementOn(absl::StrCat(i));
    v1::AppendStreamResponse answer;
    const grpc::Status status = client.AppendBatch(batch, &answer);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  CairnResult Audit(const std::string& log, const std::vector<std::string>& more = {}) const {
    return RunCairn(
        Join({"audit", log, "--log_key", kTestVkey, "--json", "--out", Path("out")}, more));
  }
  // Everything that a log of this size serves, as files.
  void Mirror(const Cairnd& log, uint64_t size, const std::string& to) const {
    std::vector<std::string> paths = {"checkpoint"};
    for (uint32_t level = 0; level < merkle::kTileLevels; ++level) {
      const uint64_t full = merkle::FullTileCount(level, TreeSize(size));
      const uint32_t partial = merkle::PartialTileWidth(level, TreeSize(size));
      for (uint64_t i = 0; i <= full; ++i) {
        const uint32_t width = i < full ? merkle::kTileWidth : partial;
        if (width == 0) continue;
        paths.push_back(merkle::FormatTilePath({{level, i}, width}));
        if (level == 0) paths.push_back(merkle::FormatBundlePath({i, width}));
      }
    }
    for (const std::string& path : paths) {
      const HttpAnswer answer = HttpGet(log.http_address(), "/" + path);
      ASSERT_EQ(answer.status, 200) << path;
      const fs::path file = fs::path(to) / path;
      fs::create_directories(file.parent_path());
      WriteFile(file, answer.body);
    }
  }
  // Two logs, one key, one history up to `common`.
  void Clone(const std::string& from, const std::string& to) const {
    fs::copy(Path(from), Path(to), fs::copy_options::recursive);
  }
  // The proof that the log has two faces, judged by somebody else.
  void ExpectConvicted(const std::string& file) const {
    const CairnResult proven =
        RunCairn({"verify-misbehaviour", file, "--log_key", kTestVkey, "--json"});
    EXPECT_EQ(proven.code, 0) << proven.err;
    EXPECT_EQ(proven.documents().at(0)["origin"], kTestOrigin);
    const note::SignerKey other = *note::GenerateSignerKey(kTestOrigin);
    EXPECT_EQ(
        RunCairn({"verify-misbehaviour", file, "--log_key", other.verifier_key().Format()}).code,
        1);
  }

  const FreshDirectory directory_;
};

TEST_F(AuditTest, FindsASoundLogSoundAtItsUrlAndInADirectoryAndGoesOn) {
  const auto log = StartLog("log");
  Append(*log, 0, 700);
  const std::vector<std::string> state = {"--state", Path("state")};
  const CairnResult first = Audit(Url(*log), state);
  ASSERT_EQ(first.code, 0) << first.out << first.err;
  EXPECT_EQ(first.documents().at(0)["audited"], 700);
  Append(*log, 700, 1100);
  const CairnResult second = Audit(Url(*log), state);
  ASSERT_EQ(second.code, 0) << second.out << second.err;
  EXPECT_EQ(second.documents().at(0)["audited_before"], 700);
  EXPECT_EQ(second.documents().at(0)["audited"], 1100);

  Mirror(*log, 1100, Path("mirror"));
  EXPECT_EQ(Audit(Path("mirror")).code, 0);
  EXPECT_EQ(Audit(Path("mirror"), state).code, 0);
  const CairnResult text = RunCairn({"audit", Path("mirror"), "--log_key", kTestVkey});
  EXPECT_TRUE(absl::StrContains(text.out, "\nsound\n")) << text.out;
  // A stored byte changes.
  const fs::path bundle = fs::path(Path("mirror")) / "tile/entries/002";
  std::string bytes = HttpGet(log->http_address(), "/tile/entries/002").body;
  bytes[300] ^= 1;
  WriteFile(bundle, bytes);
  const CairnResult damaged = Audit(Path("mirror"), state);
  EXPECT_EQ(damaged.code, 0) << "its entries were checked before";
  const CairnResult anew = Audit(Path("mirror"), {"--state", Path("anew")});
  EXPECT_EQ(anew.code, 3);
  EXPECT_TRUE(absl::StrContains(anew.err, "does not lead to the root that the log signed"));
  // The mirror's damage says nothing about the log, then or later.
  EXPECT_EQ(Audit(Url(*log), {"--state", Path("anew")}).code, 0);
}

TEST_F(AuditTest, SaysWhatItCannotReachAndHoldsNothingOfItAgainstTheLog) {
  const std::vector<std::string> state = {"--state", Path("state")};
  EXPECT_EQ(Audit(Path("nothing"), state).code, 3);
  fs::create_directories(Path("empty"));
  EXPECT_EQ(Audit(Path("empty"), state).code, 3);
  WriteFile(Path("empty") + "/checkpoint", "");
  EXPECT_EQ(Audit(Path("empty"), state).code, 3);
  WriteFile(Path("empty") + "/checkpoint", "<!DOCTYPE html>\n<title>It works!</title>\n");
  const CairnResult page = Audit(Path("empty"), state);
  EXPECT_EQ(page.code, 3);
  EXPECT_TRUE(absl::StrContains(page.err, "is this the place of a log?")) << page.err;
  std::string gone;
  {
    const auto log = StartLog("log");
    gone = Url(*log);
    Append(*log, 0, 300);
    const CairnResult typo = Audit(Url(*log) + "/2026", state);
    EXPECT_EQ(typo.code, 3) << typo.out;
    EXPECT_TRUE(absl::StrContains(typo.err, "HTTP status 404")) << typo.err;
    const CairnResult found = Audit(Url(*log), state);
    EXPECT_EQ(found.code, 0) << found.out << found.err;
    EXPECT_TRUE(found.documents().at(0)["findings"].empty());
  }
  const CairnResult unreachable = Audit(gone, state);
  EXPECT_EQ(unreachable.code, 3);
  EXPECT_TRUE(absl::StrContains(unreachable.err, gone)) << unreachable.err;
  EXPECT_EQ(RunCairn({"audit", gone}).code, 2);
}

// A page in place of a tile, a tile cut off, one that is gone: each without its full one.
TEST_F(AuditTest, CannotReadAMirrorOfWhichPartsAreMissing) {
  const auto log = StartLog("log");
  Append(*log, 0, 300);
  const std::vector<std::string> state = {"--state", Path("state")};
  for (const std::string path : {"tile/0/000", "tile/0/001.p/44", "tile/entries/000",
                                 "tile/entries/001.p/44", "tile/1/000.p/1"}) {
    fs::remove_all(Path("mirror"));
    Mirror(*log, 300, Path("mirror"));
    const std::string file = Path("mirror") + "/" + path;
    const std::string whole = HttpGet(log->http_address(), "/" + path).body;
    for (const std::string& bytes :
         {std::string(), std::string("<html>"), whole.substr(0, whole.size() / 2)}) {
      WriteFile(file, bytes);
      EXPECT_EQ(Audit(Path("mirror"), state).code, 3) << path << bytes.size();
    }
    fs::remove(file);
    EXPECT_EQ(Audit(Path("mirror"), state).code, 3) << path;
  }
  const CairnResult sound = Audit(Url(*log), state);
  EXPECT_EQ(sound.code, 0) << sound.out;
  EXPECT_TRUE(sound.documents().at(0)["findings"].empty());
}

TEST_F(AuditTest, KnowsAnOldCheckpointAndAcknowledgesIt) {
  const auto log = StartLog("log");
  Append(*log, 0, 5);
  const std::vector<std::string> state = {"--state", Path("state")};
  const CairnResult fresh = Audit(Url(*log), state);
  ASSERT_EQ(fresh.code, 0) << fresh.out;
  EXPECT_EQ(fresh.documents().at(0)["as_of_by"], "newest_entry");
  const uint64_t accepted_s = fresh.documents().at(0)["as_of_s"];
  while (absl::ToUnixSeconds(absl::Now()) <= static_cast<int64_t>(accepted_s) + 1) {
    absl::SleepFor(absl::Milliseconds(50));
  }
  const CairnResult old = Audit(Url(*log), Join(state, {"--max_age", "1s"}));
  EXPECT_EQ(old.code, 1);
  const nlohmann::json finding = old.documents().at(0)["findings"].at(0);
  EXPECT_EQ(finding["kind"], "age");
  EXPECT_EQ(finding["new"], true);
  EXPECT_EQ(Audit(Url(*log), Join(state, {"--max_age", "0"})).code, 0);
  EXPECT_EQ(Audit(Url(*log), Join(state, {"--max_age", "36h"})).code, 0);
  for (const std::string wrong : {"", "1", "h", "1w", "-1h", "1.5h", "99999d"}) {
    EXPECT_EQ(Audit(Url(*log), {"--max_age", wrong}).code, 2) << wrong;
  }
  const CairnResult again = Audit(Url(*log), Join(state, {"--max_age", "1s"}));
  const std::string number = again.documents().at(0)["findings"].at(0)["number"].dump();
  EXPECT_EQ(Audit(Url(*log), {"--acknowledge", number, "--reason", "retired"}).code, 2);
  EXPECT_EQ(Audit(Url(*log), Join(state, {"--acknowledge", number})).code, 2);
  EXPECT_EQ(Audit(Url(*log), Join(state, {"--acknowledge", "7", "--reason", "none"})).code, 3);
  const CairnResult taken = Audit(
      Url(*log),
      Join(state, {"--max_age", "1s", "--acknowledge", number, "--reason", "the log was closed"}));
  EXPECT_EQ(taken.code, 0) << taken.out;
  const CairnResult later = Audit(Url(*log), Join(state, {"--max_age", "1s"}));
  EXPECT_EQ(later.code, 0);
  const nlohmann::json shown = later.documents().at(0);
  EXPECT_EQ(shown["findings"].at(0)["acknowledged"]["reason"], "the log was closed");
  EXPECT_EQ(shown["acknowledged_findings"], 1);
  const CairnResult text = RunCairn(
      {"audit", Url(*log), "--log_key", kTestVkey, "--state", Path("state"), "--max_age", "1s"});
  EXPECT_TRUE(absl::StrContains(text.out, "sound, but for 1 finding acknowledged before\n"))
      << text.out;
  EXPECT_TRUE(absl::StrContains(text.out, ": the log was closed\n")) << text.out;
}

TEST_F(AuditTest, ConvictsALogWithTwoFaces) {
  {
    const auto log = StartLog("one");
    Append(*log, 0, 300);
    EXPECT_EQ(log->Stop(), 0);
  }
  Clone("one", "two");
  const auto one = StartLog("one");
  const auto two = StartLog("two");
  Append(*one, 1000, 1100);
  Append(*two, 2000, 2200);
  const std::vector<std::string> state = {"--state", Path("state")};
  ASSERT_EQ(Audit(Url(*one), state).code, 0);
  const CairnResult caught = Audit(Url(*two), state);
  EXPECT_EQ(caught.code, 1) << caught.out << caught.err;
  const nlohmann::json said = caught.documents().at(0);
  EXPECT_EQ(said["findings"].at(0)["kind"], "split_view");
  ExpectConvicted(said["misbehaviour_files"].at(0));
  // Also when the log shows its first face again, and whatever a person says of it.
  EXPECT_EQ(Audit(Url(*one), state).code, 1);
  const CairnResult refused =
      Audit(Url(*one), Join(state, {"--acknowledge", "1", "--reason", "a test"}));
  EXPECT_EQ(refused.code, 3);
  EXPECT_TRUE(absl::StrContains(refused.err, "cannot be acknowledged")) << refused.err;
  EXPECT_EQ(Audit(Url(*one), state).code, 1);

  // By what somebody else was shown.
  WriteFile(Path("seen"), HttpGet(one->http_address(), "/checkpoint").body);
  fs::remove_all(Path("out"));
  const CairnResult shown = Audit(Url(*two), {"--checkpoint", Path("seen")});
  EXPECT_EQ(shown.code, 1) << shown.out << shown.err;
  ExpectConvicted(shown.documents().at(0)["misbehaviour_files"].at(0));
}

TEST_F(AuditTest, ReportsARollback) {
  {
    const auto log = StartLog("log");
    Append(*log, 0, 300);
    EXPECT_EQ(log->Stop(), 0);
  }
  Clone("log", "old");
  const std::vector<std::string> state = {"--state", Path("state")};
  {
    const auto log = StartLog("log");
    Append(*log, 300, 400);
    ASSERT_EQ(Audit(Url(*log), state).code, 0);
  }
  const auto old = StartLog("old");
  const CairnResult observed = Audit(Url(*old), state);
  EXPECT_EQ(observed.code, 1);
  const nlohmann::json said = observed.documents().at(0);
  EXPECT_EQ(said["findings"].at(0)["kind"], "regression");
  EXPECT_TRUE(said["misbehaviour_files"].empty());
}

// Two witnesses, each shown another face, and each with the URL of the other's.
TEST_F(AuditTest, WitnessesThatFollowALogCatchBothSidesOfAFork) {
  {
    const auto log = StartLog("one");
    Append(*log, 0, 300);
    EXPECT_EQ(log->Stop(), 0);
  }
  Clone("one", "two");
  const auto one = StartLog("one");
  const auto two = StartLog("two");
  Append(*one, 1000, 1100);
  Append(*two, 2000, 2100);
  WriteFile(Path("logs.policy"), absl::StrCat("log ", kTestVkey, "\nquorum none\n"));
  const std::unique_ptr<http::Client> client = http::Client::Make({});
  const auto note_of = [](const Cairnd& log) {
    return HttpGet(log.http_address(), "/checkpoint").body;
  };
  const auto cosign = [&](const Cairnd& witness, uint64_t old_size, const std::string& note) {
    return client
        ->Post(absl::StrCat("http://", witness.address(), "/add-checkpoint"),
               witness::FormatAddCheckpoint(TreeSize(old_size), {}, note))
        ->status;
  };
  const auto start = [&](const std::string& name, std::vector<std::string> more) {
    const note::SignerKey key =
        *note::GenerateSignerKey("witness.example/" + name, note::KeyType::kCosignature);
    if (!fs::exists(Path(name + ".key"))) WriteFile(Path(name + ".key"), key.FormatSecret() + "\n");
    return std::make_unique<Cairnd>(
        Join({"--data_dir", Path(name), "--key_file", Path(name + ".key"), "--policy",
              Path("logs.policy"), "--http_address", "127.0.0.1:0"},
             more),
        kWitness);
  };
  for (const auto& [name, shown, other] :
       {std::tuple("w1", one.get(), two.get()), std::tuple("w2", two.get(), one.get())}) {
    const std::string file =
        absl::StrCat(Path(name), "/misbehaviour/", merkle::Sha256(kTestOrigin).Hex().substr(0, 16),
                     ".misbehaviour");
    auto witness = start(name, {});
    ASSERT_EQ(cosign(*witness, 0, note_of(*shown)), 200);
    witness->Stop();
    witness = start(name, {"--follow", Url(*other), "--follow_interval_s", "1"});
    EXPECT_TRUE(witness->AwaitOutput("a log has shown two trees"));
    ExpectConvicted(file);
    fs::remove(file);
    // The other face asks this witness itself: it is refused, and that too is a proof.
    EXPECT_EQ(cosign(*witness, 400, note_of(*other)), 422);
    EXPECT_TRUE(witness->AwaitOutput("asked for a cosignature over another tree"));
    ExpectConvicted(file);
    EXPECT_EQ(witness->Stop(), 0);
  }
}

TEST_F(AuditTest, AMonitorCatchesTheOperatorSpeakingInACertifiersName) {
  constexpr char kToken[] = "acme-token-91f2";
  WriteFile(Path("config"), absl::StrCat("certifier { name: 'acme' demand: CHANNEL token_sha256: '",
                                         HashOf(kToken).Hex(), "' }\n"));
  WriteFile(Path("token"), kToken);
  const auto log = StartLog("log", {"--config", Path("config")});
  std::vector<std::string> records;
  for (int i = 0; i < 3; ++i) {
    records.push_back(Path(absl::StrCat("record", i, ".txt")));
    WriteFile(records.back(), absl::StrCat("record ", i));
  }
  const CairnResult submitted =
      RunCairn(Join({"submit", "--log", log->address(), "--log_key", kTestVkey, "--token_file",
                     Path("token"), "--certifier", "acme", "--out", Path("known")},
                    records));
  ASSERT_EQ(submitted.code, 0) << submitted.err;
  Append(*log, 0, 10);

  // What a webhook gets.
  std::mutex mutex;
  std::condition_variable called;
  std::vector<std::string> calls;
  auto hook =
      *http::Server::Listen(*http::ParseAddress("127.0.0.1:0"), {.max_body_bytes = 1 << 20},
                            [&](const http::Request& request, const http::Respond& respond) {
                              {
                                const std::lock_guard lock(mutex);
                                calls.push_back(request.body);
                              }
                              called.notify_all();
                              respond({.body = "taken\n"});
                            });
  hook->Serve();
  const auto monitor = [&](const std::vector<std::string>& more = {}) {
    return RunCairn(Join({"monitor", "--log", Url(*log), "--log_key", kTestVkey, "--certifier",
                          "acme", "--known", Path("known"), "--state", Path("state"), "--json",
                          "--webhook", absl::StrCat("http://", hook->address().Format(), "/")},
                         more));
  };
  // That the log declared the name is for its owner to look at, once.
  const CairnResult first = monitor();
  ASSERT_EQ(first.code, 1) << first.out << first.err;
  ASSERT_EQ(first.documents().at(0)["findings"].size(), 1);
  EXPECT_EQ(first.documents().at(0)["findings"].at(0)["kind"], "keys");
  EXPECT_EQ(calls.size(), 1);
  const CairnResult quiet = monitor({"--acknowledge", "1", "--reason", "I asked for it"});
  ASSERT_EQ(quiet.code, 0) << quiet.out << quiet.err;
  EXPECT_EQ(quiet.documents().at(0)["statements"], 3);
  EXPECT_EQ(calls.size(), 1);
  calls.clear();
  // The state is of this monitor, and of nothing else.
  EXPECT_EQ(Audit(Url(*log), {"--state", Path("state")}).code, 3);
  const CairnResult other =
      RunCairn({"monitor", "--log", Url(*log), "--log_key", kTestVkey, "--certifier", "acne",
                "--known", Path("known"), "--state", Path("state")});
  EXPECT_EQ(other.code, 3);
  EXPECT_TRUE(absl::StrContains(other.err, "the state is of the monitor of `acme`")) << other.err;

  // The operator has the token's hash in its own configuration, and so can write what it likes.
  Client operator_client(log->address(), kToken);
  v1::AppendResponse answer;
  v1::Statement forged = StatementOn("never stated");
  forged.set_certifier("acme");
  ASSERT_TRUE(operator_client.Append(forged, &answer).ok());
  const CairnResult caught = monitor();
  EXPECT_EQ(caught.code, 1) << caught.out << caught.err;
  const nlohmann::json said = caught.documents().at(0);
  ASSERT_EQ(said["finding_count"], 2);
  EXPECT_EQ(said["findings"].at(1)["kind"], "unknown");
  EXPECT_EQ(said["findings"].at(1)["index"], answer.index());
  EXPECT_EQ(said["audited_before"], quiet.documents().at(0)["audited"]);
  ASSERT_EQ(calls.size(), 1);
  EXPECT_EQ(nlohmann::json::parse(calls[0])["findings"].at(1)["index"], answer.index());

  // Nothing new: it is said again, and the webhook is not called again.
  EXPECT_EQ(monitor().code, 1);
  EXPECT_EQ(calls.size(), 1);

  // Another policy status than in the evidence, on a hash that is known.
  v1::Statement changed = StatementOn("another");
  changed.set_certifier("acme");
  changed.set_certificate_hash(std::string(HashOf("record 0").view()));
  changed.set_policy_status(v1::POLICY_STATUS_FAIL);
  changed.set_trace("other");
  const grpc::Status appended = operator_client.Append(changed, &answer);
  ASSERT_TRUE(appended.ok()) << appended.error_message();
  const nlohmann::json both = monitor().documents().at(0);
  ASSERT_EQ(both["finding_count"], 3);
  EXPECT_TRUE(absl::StrContains(std::string(both["findings"].at(2)["text"]),
                                "another statement than the evidence"));
  hook->Stop();
}

}  // namespace
}  // namespace cairn::testing
