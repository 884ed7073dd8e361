// `cairn bench` with a real `cairnd`: what it reports must be what the log then holds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cli/cairn.h"
#include "tests/testing/cairnd.h"

namespace cairn {
namespace {

using testing::CairnResult;
using ::testing::HasSubstr;
using testing::Join;
using testing::kTestVkey;
using testing::RunCairn;

class Bench : public ::testing::Test {
 protected:
  Bench() : log_(testing::CairndArgs(directory_.path(), Config())) { EXPECT_TRUE(log_.running()); }

  // With all checks, and a short warm-up unless `args` say otherwise.
  CairnResult Run(std::vector<std::string> args) const {
    if (std::find(args.begin(), args.end(), "--warmup") == args.end()) {
      args = Join({"--warmup", "0.2"}, args);
    }
    return RunCairn(
        Join({"bench", "--json", "--log", log_.address(), "--log_key", kTestVkey}, args));
  }
  // Its report. Fails unless it exits with 0.
  nlohmann::json Report(const std::vector<std::string>& args) const {
    const CairnResult result = Run(args);
    EXPECT_EQ(result.code, 0) << result.err;
    const auto documents = result.documents();
    EXPECT_EQ(documents.size(), 1u);
    return documents.empty() ? nlohmann::json::object() : documents.front();
  }
  uint64_t TreeSize() const {
    return RunCairn({"checkpoint", "--json", "--log", log_.address()})
        .documents()
        .at(0)["tree_size"];
  }
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  // Has one certifier, whose key is in acme.key.
  std::vector<std::string> Config() {
    const CairnResult made =
        RunCairn({"keygen", "--json", "--certifier", "acme", "--out", Path("acme.key")});
    const std::string key = made.documents().at(0)["vkey"];
    testing::WriteFile(
        Path("config"),
        absl::StrCat("certifier { name: \"acme\" demand: SIGNED key: \"", key, "\" }"));
    return {"--config", Path("config")};
  }

  testing::FreshDirectory directory_;
  testing::Cairnd log_;
};

// The percentiles rise, and are of something.
void ExpectLatencies(const nlohmann::json& report) {
  double before = 0;
  for (const char* name : {"p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms"}) {
    EXPECT_GE(report[name].get<double>(), before) << name;
    before = report[name];
  }
  EXPECT_GT(report["p50_ms"], 0.0);
  EXPECT_GT(report["longest_stall_ms"], 0.0);
}

TEST_F(Bench, UnaryReportsWhatTheLogHolds) {
  const uint64_t before = TreeSize();
  const nlohmann::json report =
      Report({"--seconds", "0.5", "--server_pid", absl::StrCat(log_.pid())});
  EXPECT_EQ(TreeSize() - before, report["entries_with_warmup"]);
  EXPECT_GT(report["entries"], 0u);
  EXPECT_LE(report["entries"], report["entries_with_warmup"]);
  EXPECT_EQ(report["calls"], report["entries"]);
  EXPECT_EQ(report["duplicates"], 0u);
  EXPECT_GE(report["seconds"], 0.5);
  EXPECT_EQ(report["connections"], 4u);
  EXPECT_GT(report["answers_checked"], 0u);
  EXPECT_GT(report["found_again"], 0u);
  EXPECT_EQ(report["checkpoint_signatures_checked"], true);
  EXPECT_GT(report["server_cpu_us_per_entry"], 0.0);
  EXPECT_GT(report["server_rss_anon_max_mib"], 0.0);
  ExpectLatencies(report);
}

TEST_F(Bench, EndsAfterTheEntriesAskedForInEveryMode) {
  const uint64_t before = TreeSize();
  EXPECT_EQ(Report({"--entries", "1000"})["entries_with_warmup"], 1000u);
  EXPECT_EQ(TreeSize(), before + 1000);
  const nlohmann::json streamed =
      Report({"--mode", "stream", "--entries", "10001", "--warmup", "0", "--streams", "3",
              "--connections", "2", "--threads", "2"});
  EXPECT_EQ(streamed["entries"], 10001u);
  EXPECT_EQ(TreeSize(), before + 11001);
  EXPECT_EQ(streamed["timeline"].back()[1], 10001u);
  EXPECT_EQ(
      Report({"--mode", "proof", "--entries", "500", "--hashes", "100"})["entries_with_warmup"],
      500u);
  EXPECT_EQ(TreeSize(), before + 11001);
}

TEST_F(Bench, StreamsBatchesAndChecksTheirProofs) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--want_proofs", "--batch", "100"}}) {
    const nlohmann::json report = Report(Join({"--mode", "stream", "--seconds", "0.5"}, more));
    EXPECT_GT(report["entries"], report["calls"]);
    EXPECT_GT(report["answers_checked"], 0u);
    ExpectLatencies(report);
  }
}

TEST_F(Bench, SendsDuplicatesAndTheLogKnowsThemAgain) {
  for (const std::string mode : {"unary", "stream"}) {
    const uint64_t before = TreeSize();
    const nlohmann::json report =
        Report({"--mode", mode, "--duplicates", "0.5", "--seconds", "0.5", "--warmup", "0"});
    const double share = report["duplicates"].get<double>() /
                         (report["duplicates"].get<double>() + report["entries"].get<double>());
    EXPECT_GT(share, 0.3) << mode;
    EXPECT_LT(share, 0.55) << mode;
    EXPECT_EQ(TreeSize() - before, report["entries_with_warmup"]) << mode;
  }
}

TEST_F(Bench, SignsOneByOneBatchByBatchOrInAdvance) {
  const std::string key = Path("acme.key");
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--mode", "unary", "--presign", "400"},
        {"--mode", "stream", "--batch", "64"},
        {"--mode", "stream", "--signatures", "batch", "--want_proofs"}}) {
    const nlohmann::json report =
        Report(Join({"--signing_key", key, "--entries", "500", "--warmup", "0"}, more));
    EXPECT_EQ(report["entries"], 500u);
    EXPECT_GT(report["found_again"], 0u);
  }
  const CairnResult unsigned_statements = Run({"--certifier", "acme", "--entries", "5"});
  EXPECT_EQ(unsigned_statements.code, 3);
  EXPECT_THAT(unsigned_statements.err, HasSubstr("UNAUTHENTICATED"));
}

TEST_F(Bench, OpenLoopKeepsItsRate) {
  const nlohmann::json report = Report({"--rate", "400", "--seconds", "1"});
  EXPECT_EQ(report["loop"], "open");
  // One latency for each time at which a call was due, however late it was sent.
  EXPECT_EQ(report["latency_count"].get<uint64_t>() + report["not_sent"].get<uint64_t>(), 400u);
  ExpectLatencies(report);
}

TEST_F(Bench, ProvesRandomEntriesByTheirHash) {
  EXPECT_EQ(Run({"--mode", "stream", "--entries", "3000"}).code, 0);
  const uint64_t before = TreeSize();
  const nlohmann::json report = Report({"--mode", "proof", "--seconds", "0.5", "--hashes", "1000"});
  EXPECT_GT(report["entries"], 0u);
  EXPECT_GT(report["answers_checked"], 0u);
  EXPECT_EQ(TreeSize(), before);
  ExpectLatencies(report);
}

TEST_F(Bench, TheSameSeedIsFoundOut) {
  EXPECT_EQ(Run({"--seed", "5", "--entries", "100"}).code, 0);
  const CairnResult again = Run({"--seed", "5", "--entries", "100"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("a new statement was answered as a duplicate"));
}

TEST_F(Bench, ReportsWhatItHasWhenInterrupted) {
  const CairnResult result = testing::RunAndInterruptCairn(
      {"bench", "--json", "--log", log_.address(), "--seconds", "600", "--progress"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.documents().at(0)["interrupted"], true);
  EXPECT_GT(result.documents().at(0)["entries_with_warmup"], 0u);
}

TEST_F(Bench, ALogThatIsGoneExits3) {
  const std::string address = log_.address();
  EXPECT_EQ(log_.Stop(), 0);
  const CairnResult result = RunCairn({"bench", "--log", address, "--timeout", "0.5"});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, HasSubstr(absl::StrCat("nothing listens on ", address)));
}

TEST(BenchUsage, SaysWhatMakesNoSense) {
  const auto expect_usage = [](const std::vector<std::string>& args, const std::string& why) {
    const CairnResult result = RunCairn(Join({"bench", "--log", "127.0.0.1:1"}, args));
    EXPECT_EQ(result.code, 2) << why;
    EXPECT_THAT(result.err, HasSubstr(why));
  };
  expect_usage({"--mode", "all"}, "--mode");
  expect_usage({"--connections", "0"}, "--connections takes 1 to 256");
  expect_usage({"--batch", "1025"}, "--batch takes 1 to 1024");
  expect_usage({"--rate", "0"}, "--rate takes");
  expect_usage({"--duplicates", "1"}, "--duplicates is a share");
  expect_usage({"--duplicates", "0.5", "--mode", "proof"}, "--duplicates goes with appends");
  expect_usage({"--entry_bytes", "500"}, "--entry_bytes takes 64 to 192");
  expect_usage({"--entry_bytes", "99999999999"}, "too large");
  expect_usage({"--presign", "5"}, "--presign needs --signing_key");
  expect_usage({"--seconds", "-1"}, "--seconds");
  expect_usage({"--log_key", "nonsense"}, "vkey");
}

}  // namespace
}  // namespace cairn
