#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

#include "ledger/rocksdb/store.h"
#include "ledger/rocksdb/testing/real_directory.h"
#include "ledger/rocksdb/testing/tree_writer.h"

namespace cairn::ledger {
namespace {

// Writes and signs, says how far it got, and dies without any destructor.
[[noreturn]] void WriteAndDie(const OpenOptions& options, int answers) {
  testing::TreeWriter tree;
  auto store = RocksDbStore::Open(options);
  for (int i = 0; i < 20 && store.ok(); ++i) {
    if (!(*store)->Write(tree.NextOf(100)).ok()) break;
    if (!(*store)->RecordSigned(tree.state()).ok()) break;
  }
  const uint64_t size = tree.state().size.value();
  if (write(answers, &size, sizeof size) != sizeof size) _exit(1);
  raise(SIGKILL);
  _exit(1);
}

// In a binary of its own: the fork comes before RocksDB has started any thread.
TEST(StoreOfAKilledProcess, HasEveryAcknowledgedEntryAndTheLastSignedTree) {
  const testing::RealDirectory directory;
  OpenOptions options;
  options.path = directory.path() + "/log";
  options.origin = "example.com/log";
  options.vkey = "example.com/log+00000000+AQ==";

  int answers[2];
  ASSERT_EQ(pipe(answers), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) WriteAndDie(options, answers[1]);
  uint64_t acknowledged = 0;
  ASSERT_EQ(read(answers[0], &acknowledged, sizeof acknowledged), ssize_t(sizeof acknowledged));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  ASSERT_EQ(acknowledged, 2000u);

  const auto store = RocksDbStore::Open(options);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto entries = (*store)->ReadEntries(LeafIndex(0), LeafIndex(acknowledged));
  ASSERT_TRUE(entries.ok()) << entries.status();
  for (uint64_t i = 0; i < acknowledged; ++i) {
    ASSERT_EQ((*entries)[i], testing::EntryAt(LeafIndex(i))) << i;
  }
  EXPECT_EQ((*(*store)->LastSigned())->size, TreeSize(acknowledged));
}

}  // namespace
}  // namespace cairn::ledger
