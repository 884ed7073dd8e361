// What an operator sees of a cairnd: /metrics, /healthz, /readyz.

#include <signal.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"
#include "tests/testing/exposition.h"
#include "tests/testing/http.h"

namespace cairn::testing {
namespace {

class MonitorTest : public ::testing::Test {
 protected:
  std::vector<std::string> Args(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--http_address", "127.0.0.1:0"});
    return CairndArgs(directory_.path(), std::move(more));
  }
  static Exposition Metrics(const Cairnd& cairnd) {
    const HttpAnswer answer = HttpGet(cairnd.http_address(), "/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    Exposition metrics = ParseExposition(answer.body);
    for (const std::string& error : metrics.errors) ADD_FAILURE() << error;
    return metrics;
  }

  FreshDirectory directory_;
};

TEST_F(MonitorTest, MetricsGrowAsCallsCome) {
  const auto config = directory_.path() / "config";
  WriteFile(config, "certifier { name: 'slow' demand: CHANNEL token_sha256: '" + HashOf("t").Hex() +
                        "' limits { entries_per_day: 1 } }\n");
  Cairnd cairnd(Args({"--config", config.string()}));
  ASSERT_TRUE(cairnd.running());
  const Exposition before = Metrics(cairnd);
  EXPECT_EQ(before["cairn_statements_appended_total"], 0);
  EXPECT_EQ(before["cairn_ready"], 1);
  EXPECT_EQ(before["cairn_appends_taken"], 1);

  Client client(cairnd.address());
  v1::AppendResponse answer;
  ASSERT_TRUE(client.Append(StatementOn("a"), &answer).ok());
  ASSERT_TRUE(client.Append(StatementOn("a")).ok());
  v1::Statement bad = StatementOn("b");
  bad.set_trace("a b");
  EXPECT_FALSE(client.Append(bad).ok());
  v1::AppendStreamRequest batch;
  *batch.add_statements() = StatementOn("a");
  for (int i = 0; i < 10; ++i) *batch.add_statements() = StatementOn(absl::StrCat(i));
  *batch.add_statements() = bad;
  v1::AppendStreamResponse batch_answer;
  ASSERT_TRUE(client.AppendBatch(batch, &batch_answer).ok());
  Client slow(cairnd.address(), "t");
  ASSERT_TRUE(slow.Append(StatementOn("c")).ok());
  EXPECT_FALSE(slow.Append(StatementOn("d")).ok());
  v1::ProveRequest prove;
  prove.set_index(answer.index());
  ASSERT_TRUE(client.Prove(prove).ok());
  std::vector<std::string> entries;
  ASSERT_TRUE(client.List(0, 3, &entries).ok());

  const Exposition after = Metrics(cairnd);
  const auto grew = [&](const std::string& sample) { return after[sample] - before[sample]; };
  EXPECT_EQ(grew("cairn_statements_appended_total"), 12);
  EXPECT_EQ(grew("cairn_statements_duplicate_total"), 2);
  EXPECT_EQ(grew("cairn_statements_refused_total{code=\"INVALID_ARGUMENT\"}"), 2);
  EXPECT_EQ(grew("cairn_statements_refused_total{code=\"RESOURCE_EXHAUSTED\"}"), 1);
  EXPECT_EQ(grew("cairn_certifier_limited_total{certifier=\"slow\"}"), 1);
  EXPECT_EQ(grew("cairn_certifier_entries_total{certifier=\"slow\"}"), 1);
  EXPECT_EQ(grew("cairn_certifier_entries_total{certifier=\"anonymous\"}"), 11);
  EXPECT_EQ(grew("cairn_tree_size"), 12);
  EXPECT_EQ(grew("cairn_commit_entries_sum"), 12);
  EXPECT_EQ(grew("cairn_commit_seconds_count"), grew("cairn_commit_entries_count"));
  EXPECT_GT(grew("cairn_commit_bytes_total"), 12 * 32);
  EXPECT_GE(grew("cairn_index_lookups_total"), 12);
  EXPECT_EQ(after["cairn_index_recent_rows"], 12);
  const auto calls = [&](const std::string& method, const std::string& code) {
    return grew(absl::StrCat("cairn_call_seconds_count{code=\"", code, "\",method=\"", method,
                             "\"}")) +
           grew(absl::StrCat("cairn_call_seconds_count{method=\"", method, "\",code=\"", code,
                             "\"}"));
  };
  EXPECT_EQ(calls("Append", "OK"), 3);
  EXPECT_EQ(calls("Append", "INVALID_ARGUMENT"), 1);
  EXPECT_EQ(calls("Append", "RESOURCE_EXHAUSTED"), 1);
  EXPECT_EQ(calls("AppendStream", "OK"), 1);
  EXPECT_EQ(calls("Prove", "OK"), 1);
  EXPECT_EQ(calls("ListEntries", "OK"), 1);
  EXPECT_EQ(after["cairn_queue_entries"], 0);
  EXPECT_GT(after["cairn_free_bytes"], 0);
  EXPECT_GT(after["cairn_block_cache_max_bytes"], 0);
  EXPECT_GT(after["process_resident_memory_bytes"], after["cairn_anonymous_memory_bytes"]);
  EXPECT_GT(after["process_open_fds"], 3);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(after["cairn_last_accepted_timestamp_seconds"], now, 60);
}

TEST_F(MonitorTest, ReadyzSaysNoWhileStreamsAreDrained) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  EXPECT_EQ(HttpGet(cairnd.http_address(), "/healthz").status, 200);
  const HttpAnswer ready = HttpGet(cairnd.http_address(), "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.body, "ready\n");
  // A stream whose answers nobody reads keeps the server from ending for as long as it waits.
  Client client(cairnd.address());
  const auto context = client.Context();
  const auto stream = client.stub().AppendStream(context.get());
  v1::AppendStreamRequest batch;
  batch.set_want_entries(true);
  batch.set_want_proofs(true);
  // An answer of about 100 kB each: more than the stream's window.
  for (int b = 0; b < 4; ++b) {
    batch.clear_statements();
    for (int i = 0; i < 256; ++i) *batch.add_statements() = StatementOn(absl::StrCat(b, "/", i));
    ASSERT_TRUE(stream->Write(batch));
  }
  while (Metrics(cairnd)["cairn_tree_size"] < 256) std::this_thread::yield();
  cairnd.Signal(SIGTERM);
  HttpAnswer answer;
  do {
    answer = HttpGet(cairnd.http_address(), "/readyz");
  } while (answer.status == 200);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "not ready: the server is stopping\n");
  EXPECT_EQ(HttpGet(cairnd.http_address(), "/healthz").status, 200);
  EXPECT_EQ(Metrics(cairnd)["cairn_ready"], 0);
  context->TryCancel();
  EXPECT_EQ(cairnd.Wait(), 0) << cairnd.output();
}

TEST_F(MonitorTest, WritesItsAddressAndTakesAFreePort) {
  const auto file = directory_.path() / "http";
  Cairnd cairnd(Args({"--http_address_file", file.string()}));
  ASSERT_TRUE(cairnd.running());
  std::ifstream in(file);
  const std::string written{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(written, cairnd.http_address() + "\n");
  FreshDirectory other;
  Cairnd second(CairndArgs(other.path(), {"--http_address", cairnd.http_address()}));
  EXPECT_FALSE(second.running());
  EXPECT_EQ(second.Wait(), 3);
  EXPECT_NE(second.output().find("http_address: cannot listen on"), std::string::npos)
      << second.output();
  Cairnd third(CairndArgs(other.path(), {"--http_address_file", file.string()}));
  EXPECT_EQ(third.Wait(), 2);
  EXPECT_NE(third.output().find("http_address"), std::string::npos) << third.output();
}

TEST_F(MonitorTest, ThousandsOfIdleConnectionsNeitherKeepAScraperOutNorStopTheLog) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  std::deque<HttpSocket> held;
  for (int i = 0; i < 1000; ++i) {
    held.emplace_back(cairnd.http_address());
    if (i % 3 == 0) held.back().Send("GET /metrics HTTP/1.1\r\nA:");
    if (i % 3 == 1) held.back().Send("\x01garbage\r\n\r\n");
  }
  const Exposition metrics = Metrics(cairnd);
  EXPECT_LE(metrics["cairn_http_connections"], 256);
  EXPECT_LT(metrics["process_open_fds"], 400);
  EXPECT_TRUE(Client(cairnd.address()).Append(StatementOn("a")).ok());
  EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
}

}  // namespace
}  // namespace cairn::testing
