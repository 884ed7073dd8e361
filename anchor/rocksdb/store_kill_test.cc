#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "anchor/rocksdb/store.h"
#include "anchor/rocksdb/testing/samples.h"

namespace cairn::anchor {
namespace {

// Says after each write how many there were; dies when it is killed.
[[noreturn]] void WriteUntilKilled(const OpenOptions& options, int answers) {
  auto store = RocksDbStore::Open(options);
  for (uint64_t i = 1; store.ok(); ++i) {
    const absl::Status written =
        (*store)->Write({.round = testing::SampleRound(i, absl::StrCat("note ", i)),
                         .receipt = testing::SampleReceipt(i, "tsa"),
                         .events = {testing::SampleEvent(2 * i - 1), testing::SampleEvent(2 * i)}});
    if (!written.ok() || write(answers, &i, sizeof i) != sizeof i) break;
  }
  _exit(1);
}

// In a binary of its own: the fork comes before RocksDB has started any thread.
TEST(StoreOfAKilledProcess, HasEveryAcknowledgedChangeWhole) {
  const char* base = std::getenv("CAIRN_TEST_DIR");
  if (base == nullptr) base = std::getenv("TEST_TMPDIR");
  std::string path = absl::StrCat(base, "/anchors.XXXXXX");
  ASSERT_NE(mkdtemp(path.data()), nullptr);
  const OpenOptions options{.path = path, .log = "vkey"};

  int answers[2];
  ASSERT_EQ(pipe(answers), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) WriteUntilKilled(options, answers[1]);
  ASSERT_EQ(close(answers[1]), 0);
  uint64_t acknowledged = 0;
  while (acknowledged < 50) {
    ASSERT_EQ(read(answers[0], &acknowledged, sizeof acknowledged), ssize_t(sizeof acknowledged));
  }
  ASSERT_EQ(kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  // What it said between the last answer that was read and the kill.
  uint64_t later = 0;
  while (read(answers[0], &later, sizeof later) == ssize_t(sizeof later)) acknowledged = later;

  {
    const auto store = RocksDbStore::Open(options);
    ASSERT_TRUE(store.ok()) << store.status();
    uint64_t rounds = 0;
    ASSERT_TRUE((*store)
                    ->ReadRounds([&rounds](const RoundHead& round) {
                      EXPECT_EQ(round.number, ++rounds);
                      return absl::OkStatus();
                    })
                    .ok());
    EXPECT_GE(rounds, acknowledged);
    EXPECT_LE(rounds, acknowledged + 1);
    EXPECT_EQ(*(*store)->LastSequence(), 2 * rounds);
    for (uint64_t i = 1; i <= rounds; ++i) {
      EXPECT_EQ(*(*store)->ReadRound(i), testing::SampleRound(i, absl::StrCat("note ", i)));
      EXPECT_EQ(*(*store)->ReadBytes(i, "tsa"), *testing::SampleReceipt(i, "tsa").bytes);
    }
  }
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace cairn::anchor
