// cairnd under a steady mixed load for half an hour, with a restart each minute, by turns orderly
// and by SIGKILL. See docs/reliability.md for the command.
//
//   CAIRN_SOAK_SECONDS  how long; 1,800 unless given
//   CAIRN_SOAK_PERIOD   seconds between restarts; 60
//   CAIRN_SOAK_RATE     entries a second; otherwise 0.7 of what the stream takes in its first 10
//                       seconds, or as much as fills half of the free disk
//
// Fails when an acknowledged hash is not found, a duplicate is not answered with its first entry,
// checkpoints disagree, a call fails that no restart explains, memory or open files grow, or fsck
// finds anything.

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/cli/cairn.h"
#include "tests/soak/clients.h"
#include "tests/soak/known.h"
#include "tests/soak/watch.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kShareOfPeak = 0.7;
constexpr int kPeakSeconds = 10;
constexpr double kBytesAnEntry = 160;
constexpr size_t kFoundEachTime = 1'000;
constexpr size_t kFoundAtLast = 20'000;
// Memory and files of the last third may exceed those of the middle third by so much.
constexpr double kGrowth = 1.15;
constexpr double kSlackMib = 16;
// The filters of the index stay in memory: so much an entry (docs/reliability.md).
constexpr double kFilterBytes = 2;
constexpr double kSlackFiles = 16;

int Number(const char* variable, int otherwise) {
  const char* value = std::getenv(variable);
  return value != nullptr ? std::atoi(value) : otherwise;
}

struct Life {
  double started_ms = 0;  // From exec to the first answer.
  double entries_per_second = 0;
  double single_p99_ms = 0;
  double batch_p99_ms = 0;
  double rss_anon_mib = 0;    // Its largest.
  double unfiltered_mib = 0;  // The same without the index's filters.
  double files = 0;           // Likewise.
  double disk_mib = 0;
};

double Milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

class Soak : public ::testing::Test {
 protected:
  std::unique_ptr<Cairnd> Start() {
    auto cairnd = std::make_unique<Cairnd>(CairndArgs(directory_.path()));
    if (cairnd->running()) return cairnd;
    cairnd->Wait();
    ADD_FAILURE() << cairnd->output();
    return nullptr;
  }

  // That what was told before the start still holds.
  void Check(const std::string& address, size_t found) {
    const auto stub =
        v1::Log::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
    const absl::Status linked = known_.LinkCheckpoints(*stub);
    ASSERT_TRUE(linked.ok()) << linked;
    const absl::Status all = known_.FindEntries(*stub, found);
    ASSERT_TRUE(all.ok()) << all;
  }

  double MeasurePeak() {
    const std::unique_ptr<Cairnd> cairnd = Start();
    if (cairnd == nullptr) return 0;
    Clients clients({.address = cairnd->address(), .seed = 1, .rate = {}}, &known_);
    std::this_thread::sleep_for(std::chrono::seconds(kPeakSeconds));
    const double peak = static_cast<double>(clients.entries()) / kPeakSeconds;
    clients.End();
    EXPECT_TRUE(clients.wrong().ok()) << clients.wrong();
    EXPECT_EQ(cairnd->Stop(), 0) << cairnd->output();
    return peak;
  }

  void Run(int number, int signal, double rate, std::chrono::seconds period) {
    Life life;
    const Clock::time_point begin = Clock::now();
    const std::unique_ptr<Cairnd> cairnd = Start();
    ASSERT_NE(cairnd, nullptr);
    life.started_ms = Milliseconds(Clock::now() - begin);
    ASSERT_NO_FATAL_FAILURE(Check(cairnd->address(), kFoundEachTime));
    const Clock::time_point loaded = Clock::now();
    Clients clients(
        {.address = cairnd->address(), .seed = static_cast<uint64_t>(2 + number), .rate = rate},
        &known_);
    while (Clock::now() < begin + period && clients.errors().empty()) {
      std::this_thread::sleep_for(std::chrono::seconds(1));
      const Usage usage = UsageOf(cairnd->pid());
      life.rss_anon_mib = std::max(life.rss_anon_mib, usage.rss_anon_mib);
      life.files = std::max<double>(life.files, static_cast<double>(usage.files));
    }
    entries_ += static_cast<double>(clients.entries());
    life.unfiltered_mib = life.rss_anon_mib - kFilterBytes * entries_ / (1 << 20);
    life.entries_per_second = static_cast<double>(clients.entries()) /
                              std::chrono::duration<double>(Clock::now() - loaded).count();
    clients.ExpectEnd();
    cairnd->Signal(signal);
    clients.End();
    const int code = cairnd->Wait();
    EXPECT_EQ(code, signal == SIGKILL ? 128 + SIGKILL : 0) << cairnd->output();
    life.single_p99_ms = Milliseconds(clients.single_latency().Quantile(0.99));
    life.batch_p99_ms = Milliseconds(clients.batch_latency().Quantile(0.99));
    life.disk_mib = DiskMib(directory_.path());
    Report(number, signal, life, clients);
    lives_.push_back(life);
    EXPECT_TRUE(clients.wrong().ok()) << clients.wrong();
    EXPECT_TRUE(clients.errors().empty());
    EXPECT_GT(clients.entries(), 0u);
    EXPECT_GT(clients.duplicates(), 0u);
    EXPECT_GT(clients.reads(), 0u);
  }

  void Report(int number, int signal, const Life& life, const Clients& clients) {
    const std::string errors = absl::StrJoin(clients.errors(), ", ", absl::PairFormatter(" "));
    Print(absl::StrFormat(
        "| %d | %s | %.0f | %.0f | %.1f | %.1f | %.0f | %.0f | %.0f | %d | %d | %s |", number + 1,
        signal == SIGKILL ? "SIGKILL" : "SIGTERM", life.started_ms, life.entries_per_second,
        life.single_p99_ms, life.batch_p99_ms, life.rss_anon_mib, life.files, life.disk_mib,
        clients.duplicates(), clients.reads(), errors.empty() ? "none" : errors));
  }

  void Print(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    if (const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR")) {
      std::ofstream(std::string(outputs) + "/soak.md", std::ios::app) << line << "\n";
    }
  }

  // The largest of the middle and of the last third.
  void ExpectFlat(const char* what, double Life::*measure, double slack) {
    double middle = 0, last = 0;
    const size_t third = lives_.size() / 3;
    for (size_t i = third; i < lives_.size(); ++i) {
      double& largest = i < lives_.size() - third ? middle : last;
      largest = std::max(largest, lives_[i].*measure);
    }
    EXPECT_LE(last, kGrowth * middle + slack) << what << " grows";
  }

  const FreshDirectory directory_;
  Known known_{note::VerifierKey::Parse(kTestVkey).value()};
  std::vector<Life> lives_;
  double entries_ = 0;
};

TEST_F(Soak, StaysFlatAndLosesNothing) {
  const int seconds = Number("CAIRN_SOAK_SECONDS", 1'800);
  const std::chrono::seconds period(Number("CAIRN_SOAK_PERIOD", 60));
  const int lives = seconds / static_cast<int>(period.count());
  ASSERT_GE(lives, 3) << "three restarts at the least: give it more seconds or a shorter period";
  double rate = Number("CAIRN_SOAK_RATE", 0);
  if (rate == 0) {
    const double peak = MeasurePeak();
    ASSERT_GT(peak, 0);
    const double free =
        static_cast<double>(std::filesystem::space(directory_.path()).available) / 2;
    rate = std::min(kShareOfPeak * peak, free / kBytesAnEntry / seconds);
    Print(absl::StrFormat(
        "peak %.0f entries/s; %s: %.0f\n", peak,
        rate < kShareOfPeak * peak ? "as much as half of the disk takes" : "0.7 of it", rate));
  }
  Print(
      "| life | ended by | start, ms | entries/s | append p99, ms | batch p99, ms | RssAnon, MiB | "
      "open files | disk, MiB | duplicates | reads | errors |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|");
  for (int i = 0; i < lives && !HasFailure(); ++i) {
    Run(i, i % 2 == 0 ? SIGTERM : SIGKILL, rate, period);
  }
  const std::unique_ptr<Cairnd> cairnd = Start();
  ASSERT_NE(cairnd, nullptr);
  ASSERT_NO_FATAL_FAILURE(Check(cairnd->address(), kFoundAtLast));
  EXPECT_EQ(cairnd->Stop(), 0) << cairnd->output();
  ExpectFlat("memory", &Life::unfiltered_mib, kSlackMib);
  ExpectFlat("the number of open files", &Life::files, kSlackFiles);
  const CairnResult fsck = RunCairn({"fsck", (directory_.path() / "data").string()});
  EXPECT_EQ(fsck.code, 0) << fsck.out << fsck.err;
  Print("\n" + fsck.out);
}

}  // namespace
}  // namespace cairn::testing
