// Ten thousand statements said again in random order, over connections, batches and lives of the
// process: no entry is added, and each answer names the first.

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

constexpr int kStatements = 10'000;
constexpr int kBatch = 500;
constexpr int kLives = 4;
constexpr int kUnary = 200;

std::string Name(int i) { return absl::StrCat("statement ", i); }

// Says [begin, end) of `order` again in batches.
void SayAgain(const std::string& address, const std::vector<int>& order, size_t begin, size_t end) {
  Client client(address);
  for (size_t at = begin; at < end; at += kBatch) {
    const size_t stop = std::min(end, at + kBatch);
    v1::AppendStreamRequest request;
    for (size_t i = at; i < stop; ++i) *request.add_statements() = StatementOn(Name(order[i]));
    v1::AppendStreamResponse answer;
    const grpc::Status status = client.AppendBatch(request, &answer);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(answer.count(), 0u);
    ASSERT_EQ(answer.exceptions_size(), static_cast<int>(stop - at));
    for (size_t i = at; i < stop; ++i) {
      const v1::AppendException& exception = answer.exceptions(static_cast<int>(i - at));
      EXPECT_TRUE(exception.duplicate());
      EXPECT_EQ(exception.index(), static_cast<uint64_t>(order[i]));
    }
  }
}

TEST(Deduplication, TenThousandDuplicatesInRandomOrderAcrossRestartsAddNoEntry) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const FreshDirectory directory;
  std::optional<Cairnd> cairnd;
  cairnd.emplace(CairndArgs(directory.path()));
  ASSERT_TRUE(cairnd->running());
  for (int at = 0; at < kStatements; at += kBatch) {
    v1::AppendStreamRequest request;
    for (int i = at; i < at + kBatch; ++i) *request.add_statements() = StatementOn(Name(i));
    v1::AppendStreamResponse answer;
    ASSERT_TRUE(Client(cairnd->address()).AppendBatch(request, &answer).ok());
    ASSERT_EQ(answer.count(), static_cast<uint32_t>(kBatch));
  }
  std::vector<int> order(kStatements);
  for (int i = 0; i < kStatements; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  for (int life = 0; life < kLives; ++life) {
    const size_t begin = order.size() * life / kLives;
    const size_t end = order.size() * (life + 1) / kLives;
    const size_t middle = (begin + end) / 2;
    std::thread other([&] { SayAgain(cairnd->address(), order, begin, middle); });
    SayAgain(cairnd->address(), order, middle, end);
    other.join();
    Client client(cairnd->address());
    for (int i = 0; i < kUnary; ++i) {
      const int which = order[random() % order.size()];
      v1::AppendResponse answer;
      ASSERT_TRUE(client.Append(StatementOn(Name(which)), &answer).ok());
      EXPECT_TRUE(answer.duplicate());
      EXPECT_EQ(answer.index(), static_cast<uint64_t>(which));
      EXPECT_TRUE(CheckAnswer(answer).ok());
    }
    EXPECT_EQ(client.Newest().size, TreeSize(kStatements));
    ASSERT_EQ(cairnd->Stop(), 0) << cairnd->output();
    cairnd.emplace(CairndArgs(directory.path()));
    ASSERT_TRUE(cairnd->running());
  }
}

}  // namespace
}  // namespace cairn::testing
