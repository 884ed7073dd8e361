#include "witness/watched.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "merkle/entry/entry.h"
#include "witness/testing/memory_log.h"

namespace cairn::witness {
namespace {

using Statements = std::vector<std::pair<LeafIndex, std::string>>;

Statements Many(uint64_t from, uint64_t count) {
  Statements many;
  for (uint64_t i = from; i < from + count; ++i) {
    many.emplace_back(LeafIndex(i * i), std::string(i % (entry::kMaxEntryBytes + 1), 'x'));
  }
  return many;
}

TEST(Watched, GivesBackWhatWasKeptHoweverMuchItIs) {
  MemoryAuditStore store;
  uint64_t bytes = 0;
  Statements all = Many(0, 4000);
  ASSERT_TRUE(KeepWatched(store, all, bytes).ok());
  const uint64_t proven = bytes;
  // What a run took that was cut off counts for nothing.
  ASSERT_TRUE(KeepWatched(store, Many(9000, 10), bytes).ok());
  bytes = proven;
  const Statements more = Many(4000, 3000);
  ASSERT_TRUE(KeepWatched(store, more, bytes).ok());
  all.insert(all.end(), more.begin(), more.end());
  Statements read;
  const absl::Status status =
      ForEachWatched(store, bytes, [&](LeafIndex index, absl::string_view entry) {
        read.emplace_back(index, std::string(entry));
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(read, all);
}

TEST(Watched, RefusesWhatIsDamaged) {
  MemoryAuditStore store;
  uint64_t bytes = 0;
  ASSERT_TRUE(KeepWatched(store, Many(1, 3), bytes).ok());
  for (uint64_t cut = 1; cut < bytes; ++cut) {
    int count = 0;
    const absl::Status status =
        ForEachWatched(store, cut, [&](LeafIndex, absl::string_view) { ++count; });
    // At the end of a record there is no telling.
    if (status.ok()) continue;
    EXPECT_TRUE(absl::IsInternal(status)) << status;
    EXPECT_LT(count, 3);
  }
  ASSERT_TRUE(store.PutWatched(0, std::string(100, '\xff')).ok());
  EXPECT_TRUE(absl::IsInternal(ForEachWatched(store, 100, [](LeafIndex, absl::string_view) {})));
}

TEST(LookAlike, IsForCaseAndSignsOnly) {
  EXPECT_TRUE(LookAlike("acme", "Acme"));
  EXPECT_TRUE(LookAlike("acme.org", "a-c_m:eORG"));
  EXPECT_FALSE(LookAlike("acme", "acme"));
  EXPECT_FALSE(LookAlike("acme", "acne"));
  EXPECT_FALSE(LookAlike("acme", "acme2"));
}

}  // namespace
}  // namespace cairn::witness
