#include "tools/load/statements.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tools/load/numbers.h"

namespace cairn::load {
namespace {

size_t EntryBytes(const entry::Statement& statement) {
  const absl::StatusOr<std::string> entry =
      entry::Encode({.body = entry::SignedStatement{.statement = statement, .signature = {}}});
  return entry.ok() ? entry->size() : 0;
}

TEST(Statements, MakeEntriesOfTheLengthAskedFor) {
  for (const std::string certifier : {"a", "anonymous"}) {
    for (uint32_t bytes = 1; bytes < 300; ++bytes) {
      if (!CheckEntryBytes(bytes, certifier).ok()) continue;
      EXPECT_EQ(EntryBytes(Statements(1, bytes, certifier).Make(7)), bytes);
    }
  }
  EXPECT_TRUE(CheckEntryBytes(64, "anonymous").ok());
  EXPECT_FALSE(CheckEntryBytes(63, "anonymous").ok());
  EXPECT_TRUE(CheckEntryBytes(192, "anonymous").ok());
  EXPECT_FALSE(CheckEntryBytes(193, "anonymous").ok());
  EXPECT_FALSE(CheckEntryBytes(193, "").ok());
}

TEST(Statements, AreTheSameOnTheWireAndAsValues) {
  const Statements statements(9, 180, "acme");
  v1::Statement message;
  // The memory of longer ones is used again.
  Statements(9, 183, "acme").Fill(1, message);
  for (const uint64_t number : {uint64_t{0}, uint64_t{1}, NumberOf(3, 5)}) {
    statements.Fill(number, message);
    const entry::Statement value = statements.Make(number);
    EXPECT_EQ(message.certificate_hash(), value.certificate_hash.view());
    EXPECT_EQ(static_cast<int>(message.policy_status()), static_cast<int>(value.policy_status));
    EXPECT_FALSE(message.has_supersedes());
    EXPECT_EQ(message.certifier(), value.certifier);
    EXPECT_EQ(message.trace(), value.trace);
    EXPECT_EQ(message.task(), value.task);
  }
}

TEST(Statements, AreFreshForEachNumberAndSeedAndTheSameAgain) {
  std::set<std::array<uint8_t, 32>> hashes;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Statements statements(seed, 180, "acme");
    for (uint32_t worker = 0; worker < 4; ++worker) {
      for (uint64_t i = 0; i < 100; ++i) hashes.insert(statements.HashOf(NumberOf(worker, i)));
    }
    EXPECT_EQ(statements.Make(5), Statements(seed, 180, "acme").Make(5));
  }
  EXPECT_EQ(hashes.size(), 4000u);
}

}  // namespace
}  // namespace cairn::load
