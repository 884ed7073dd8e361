// cairnd as a process: starting, refusing to start, stopping.

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

std::string ReadBytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class ProcessTest : public ::testing::Test {
 protected:
  std::vector<std::string> Args(std::vector<std::string> more = {}) const {
    return CairndArgs(directory_.path(), std::move(more));
  }
  // Starts, appends one statement, stops.
  void LiveOnce() {
    Cairnd cairnd(Args());
    ASSERT_TRUE(cairnd.running());
    ASSERT_TRUE(Client(cairnd.address()).Append(StatementOn("a")).ok());
    ASSERT_EQ(cairnd.Stop(), 0) << cairnd.output();
  }
  void ExpectRefused(std::vector<std::string> args, int code, const std::string& says) {
    Cairnd cairnd(std::move(args));
    EXPECT_FALSE(cairnd.running());
    EXPECT_EQ(cairnd.Wait(), code);
    EXPECT_NE(cairnd.output().find("cairnd: "), std::string::npos) << cairnd.output();
    EXPECT_NE(cairnd.output().find(says), std::string::npos) << cairnd.output();
    // Never a word of the key.
    EXPECT_EQ(cairnd.output().find("AQABAgMEBQYHCAkK"), std::string::npos) << cairnd.output();
  }
  fs::path Key() const { return directory_.path() / "log.key"; }

  FreshDirectory directory_;
};

TEST_F(ProcessTest, SaysWhereItListensAndThatNothingGuardsTheLog) {
  const fs::path file = directory_.path() / "address";
  Cairnd cairnd(Args({"--address_file", file.string()}));
  ASSERT_TRUE(cairnd.running());
  EXPECT_EQ(ReadBytes(file), cairnd.address() + "\n");
  EXPECT_EQ(cairnd.Stop(), 0);
  EXPECT_NE(cairnd.output().find("nothing outside guards this log"), std::string::npos);
  EXPECT_NE(cairnd.output().find(kTestVkey), std::string::npos);
  EXPECT_EQ(cairnd.output().find("PRIVATE"), std::string::npos);
}

TEST_F(ProcessTest, ListensOnIpv6LoopbackInPlainText) {
  Cairnd cairnd(Args({"--grpc_address", "[::1]:0"}));
  if (!cairnd.running()) cairnd.Wait();
  ASSERT_TRUE(cairnd.running()) << cairnd.output();
  EXPECT_EQ(cairnd.address().substr(0, 6), "[::1]:");
  EXPECT_TRUE(Client(cairnd.address()).Append(StatementOn("a")).ok());
}

TEST_F(ProcessTest, SigtermAnswersWhatWasTakenAndExitsClean) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  constexpr int kClients = 4;
  std::atomic<int> answered = 0;
  std::vector<int> refused(kClients);
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      Client client(cairnd.address());
      for (int i = 0;; ++i) {
        v1::AppendResponse answer;
        const grpc::Status status = client.Append(StatementOn(absl::StrCat(c, "/", i)), &answer);
        if (!status.ok()) {
          // gRPC's own words for a call that came too late, by how far it got.
          EXPECT_TRUE(status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                      status.error_code() == grpc::StatusCode::CANCELLED)
              << status.error_code() << ": " << status.error_message();
          refused[c] = i;
          return;
        }
        EXPECT_TRUE(CheckAnswer(answer).ok());
        ++answered;
        answered.notify_all();
      }
    });
  }
  for (int seen = answered; seen < 200; seen = answered) answered.wait(seen);
  EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
  for (std::thread& client : clients) client.join();
  // Everything that was answered is there, and nothing else is: no call was taken and not answered.
  Cairnd again(Args());
  ASSERT_TRUE(again.running());
  Client client(again.address());
  EXPECT_EQ(client.Newest().size, TreeSize(answered));
  for (int c = 0; c < kClients; ++c) {
    v1::AppendResponse late;
    ASSERT_TRUE(client.Append(StatementOn(absl::StrCat(c, "/", refused[c])), &late).ok());
    EXPECT_FALSE(late.duplicate());
  }
}

TEST_F(ProcessTest, SigtermEndsStreamsThatWouldGoOnForEver) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  const auto watch_context = client.Context();
  const auto watch = client.stub().WatchCheckpoints(watch_context.get(), {});
  v1::WatchCheckpointsResponse seen;
  ASSERT_TRUE(watch->Read(&seen));
  const auto append_context = client.Context();
  const auto append = client.stub().AppendStream(append_context.get());
  v1::AppendStreamRequest batch;
  *batch.add_statements() = StatementOn("a");
  ASSERT_TRUE(append->Write(batch));
  v1::AppendStreamResponse answer;
  ASSERT_TRUE(append->Read(&answer));
  EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
  while (watch->Read(&seen)) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(append->Read(&answer));
  EXPECT_EQ(append->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ProcessTest, SigtermDoesNotWaitForClientsThatAreIdleOrAskForHealthOnly) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Client idle(cairnd.address());
  ASSERT_TRUE(idle.Append(StatementOn("a")).ok());
  Client watcher(cairnd.address());
  grpc::GenericStub generic(watcher.channel());
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto context = watcher.Context();
  const auto watch = generic.PrepareCall(context.get(), "/grpc.health.v1.Health/Watch", &queue);
  watch->StartCall(nullptr);
  ASSERT_TRUE(next());
  const grpc::Slice everything;
  watch->WriteLast(grpc::ByteBuffer(&everything, 1), grpc::WriteOptions(), nullptr);
  ASSERT_TRUE(next());
  grpc::ByteBuffer status;
  watch->Read(&status, nullptr);
  ASSERT_TRUE(next());
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
  // One second is granted to clients for hanging up; the rest is for slow machines.
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(6));
  context->TryCancel();
  grpc::Status end;
  watch->Finish(&end, nullptr);
  ASSERT_TRUE(next());
}

TEST_F(ProcessTest, StreamsOfReflectionTakeAFewThreadsAndNoMore) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  ASSERT_TRUE(client.Append(StatementOn("a")).ok());
  const auto threads = [&cairnd] {
    const fs::directory_iterator tasks(absl::StrCat("/proc/", cairnd.pid(), "/task"));
    return std::distance(begin(tasks), end(tasks));
  };
  const auto before = threads();
  constexpr int kStreams = 40;
  grpc::GenericStub generic(client.channel());
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::GenericClientAsyncReaderWriter>> streams;
  int answered = 0;
  for (int i = 0; i < kStreams; ++i) {
    contexts.push_back(client.Context());
    streams.push_back(generic.PrepareCall(
        contexts.back().get(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        &queue));
    streams.back()->StartCall(nullptr);
    ASSERT_TRUE(next());
    const grpc::Slice list_services("\x3a\x01*");
    streams.back()->Write(grpc::ByteBuffer(&list_services, 1), nullptr);
    if (!next()) continue;
    grpc::ByteBuffer answer;
    streams.back()->Read(&answer, nullptr);
    answered += next();
  }
  EXPECT_GE(answered, 1);
  EXPECT_LE(answered, 8);
  // gRPC's own few, which come and go, beside the eight.
  EXPECT_LE(threads(), before + 16);
  EXPECT_TRUE(client.Append(StatementOn("b")).ok());
  for (int i = 0; i < kStreams; ++i) {
    contexts[i]->TryCancel();
    grpc::Status status;
    streams[i]->Finish(&status, nullptr);
    ASSERT_TRUE(next());
  }
}

TEST_F(ProcessTest, SigintStopsItToo) {
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  cairnd.Signal(SIGINT);
  EXPECT_EQ(cairnd.Wait(), 0) << cairnd.output();
}

TEST_F(ProcessTest, ASecondProcessOnTheSameDirectoryIsRefused) {
  Cairnd first(Args());
  ASSERT_TRUE(first.running());
  ExpectRefused(Args(), 3, "another cairnd");
  EXPECT_TRUE(Client(first.address()).Append(StatementOn("a")).ok());
}

TEST_F(ProcessTest, ACopiedDirectoryWithTheSameKeyIsRefusedWhileTheLogRuns) {
  LiveOnce();
  const std::string copy = (directory_.path() / "copy").string();
  fs::copy(directory_.path() / "data", copy, fs::copy_options::recursive);
  const std::string used = Key().string() + ".used";
  const fs::path link = directory_.path() / "link.key";
  fs::create_symlink("log.key", link);
  const fs::path other = directory_.path() / "other.config";
  WriteFile(other, absl::StrCat("key { file: '", Key().string(), "' state_file: '",
                                (directory_.path() / "other.used").string(), "' }\n"));
  {
    Cairnd first(Args());
    ASSERT_TRUE(first.running());
    ExpectRefused(Args({"--data_dir", copy}), 3, "another process holds " + Key().string());
    ExpectRefused(Args({"--data_dir", copy, "--key_file", link.string()}), 3,
                  "another process holds " + link.string());
    // The key with another record beside it.
    std::vector<std::string> args = {"--data_dir", copy,        "--config",       other.string(),
                                     "--origin",   kTestOrigin, "--grpc_address", "127.0.0.1:0"};
    ExpectRefused(args, 3, "another process holds " + Key().string());
    // A copy of the key with the record of the first.
    const fs::path copied_key = directory_.path() / "copied.key";
    fs::copy(Key(), copied_key);
    fs::create_hard_link(used, copied_key.string() + ".used");
    ExpectRefused(Args({"--data_dir", copy, "--key_file", copied_key.string()}), 3,
                  "another process holds " + copied_key.string() + ".used");
    EXPECT_TRUE(Client(first.address()).Append(StatementOn("b")).ok());
    first.Signal(SIGKILL);
    EXPECT_EQ(first.Wait(), 128 + SIGKILL);
  }
  // The lock went with the process.
  LiveOnce();
}

// Every name below a directory with its mode.
std::map<std::string, mode_t> ModesBelow(const fs::path& directory) {
  std::map<std::string, mode_t> modes;
  struct stat info;
  if (stat(directory.c_str(), &info) == 0) modes["."] = info.st_mode & 07777;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (stat(entry.path().c_str(), &info) == 0) {
      modes[entry.path().lexically_relative(directory)] = info.st_mode & 07777;
    }
  }
  return modes;
}

TEST_F(ProcessTest, WhatItMakesIsItsOwnersAloneWhateverTheUmask) {
  for (const std::string mask : {"000", "022", "077"}) {
    const std::string data = (directory_.path() / ("data" + mask)).string();
    const fs::path address = directory_.path() / ("address" + mask);
    const fs::path key = directory_.path() / (mask + ".key");
    WriteFile(key, std::string(kTestPrivateKey) + "\n");
    std::vector<std::string> args = {"-c", "umask " + mask + "; exec \"$@\"", "sh",
                                     "ledger/server/cairnd"};
    for (const std::string& arg : Args({"--data_dir", data, "--key_file", key.string(),
                                        "--address_file", address.string()})) {
      args.push_back(arg);
    }
    Cairnd cairnd(args, "/bin/sh");
    ASSERT_TRUE(cairnd.running());
    ASSERT_TRUE(Client(cairnd.address()).Append(StatementOn("a")).ok());
    EXPECT_EQ(cairnd.Stop(), 0);
    const std::map<std::string, mode_t> modes = ModesBelow(data);
    EXPECT_GT(modes.size(), 8u);
    for (const auto& [name, mode] : modes) {
      EXPECT_EQ(mode & 077, 0u) << mask << ": " << name << " has " << std::oct << mode;
    }
    EXPECT_EQ(modes.at("."), 0700u);
    EXPECT_EQ(modes.at("db"), 0700u);
    EXPECT_EQ(modes.at("signed"), 0600u);
    // An address file is for others, as far as whoever started it lets them.
    const std::map<std::string, mode_t> above = ModesBelow(directory_.path());
    EXPECT_EQ(above.at("address" + mask), mask == "077" ? 0600u : 0644u);
    EXPECT_EQ(above.at(mask + ".key.used"), 0600u);
    EXPECT_EQ(cairnd.output().find("others may use data_dir"), std::string::npos);
  }
}

TEST_F(ProcessTest, ADirectoryThatOthersMayUseIsReportedAndLeftAsItIs) {
  LiveOnce();
  const fs::path data = directory_.path() / "data";
  fs::permissions(data, fs::perms(0750));
  Cairnd cairnd(Args());
  ASSERT_TRUE(cairnd.running());
  EXPECT_EQ(cairnd.Stop(), 0);
  EXPECT_NE(cairnd.output().find("others may use data_dir"), std::string::npos) << cairnd.output();
  EXPECT_NE(cairnd.output().find("chmod 700 " + data.string()), std::string::npos);
  EXPECT_EQ(ModesBelow(data).at("."), 0750u);
}

TEST_F(ProcessTest, AnAddressFileFollowsNoLink) {
  const fs::path victim = directory_.path() / "victim";
  for (const char* planted : {"address", "address.new", "http", "http.new"}) {
    WriteFile(victim, "precious");
    fs::create_symlink(victim, directory_.path() / planted);
  }
  Cairnd cairnd(Args({"--http_address", "127.0.0.1:0", "--address_file",
                      (directory_.path() / "address").string(), "--http_address_file",
                      (directory_.path() / "http").string()}));
  ASSERT_TRUE(cairnd.running());
  EXPECT_EQ(ReadBytes(directory_.path() / "address"), cairnd.address() + "\n");
  EXPECT_EQ(ReadBytes(directory_.path() / "http"), cairnd.http_address() + "\n");
  EXPECT_EQ(ReadBytes(victim), "precious");
}

// As an orchestrator mounts a secret: a link into a directory that is exchanged as a whole, in one
// that is read-only, of root and of a group of this process.
TEST_F(ProcessTest, AKeyThatIsMountedForAGroupOfThisProcessIsTaken) {
  const fs::path secret = directory_.path() / "secret";
  fs::create_directories(secret / "..data");
  WriteFile(secret / "..data" / "log.key", std::string(kTestPrivateKey) + "\n", 0440);
  fs::create_symlink("..data/log.key", secret / "log.key");
  fs::permissions(secret, fs::perms(0555));
  const fs::path config = directory_.path() / "config";
  WriteFile(config, absl::StrCat("key { file: '", (secret / "log.key").string(), "' state_file: '",
                                 (directory_.path() / "used").string(), "' }\n"));
  const std::vector<std::string> args = {
      "--config",       config.string(), "--data_dir", (directory_.path() / "data").string(),
      "--grpc_address", "127.0.0.1:0",   "--origin",   kTestOrigin};
  if (geteuid() == 0) {
    Cairnd cairnd(args);
    EXPECT_TRUE(cairnd.running());
    EXPECT_EQ(cairnd.Stop(), 0) << cairnd.output();
    EXPECT_EQ(ReadBytes(directory_.path() / "used").size(), 33u);
    ASSERT_EQ(chown((secret / "..data" / "log.key").c_str(), 0, 54'321), 0);
  }
  // Its own file with such a mode, or of a group that it is not in.
  ExpectRefused(args, 3, "chmod 600");
  fs::permissions(secret, fs::perms(0755));
}

TEST_F(ProcessTest, AReserveThatARecoveryMayNotFitIntoIsRaised) {
  const fs::path config = directory_.path() / "config";
  WriteFile(config, "free_space_reserve_mib: 1\n");
  Cairnd cairnd(Args({"--config", config.string()}));
  ASSERT_TRUE(cairnd.running());
  EXPECT_EQ(cairnd.Stop(), 0);
  EXPECT_NE(cairnd.output().find("it is raised\" free_space_reserve_mib=1 raised_to_mib=128"),
            std::string::npos)
      << cairnd.output();
}

TEST_F(ProcessTest, ATakenPortIsRefused) {
  Cairnd first(Args());
  ASSERT_TRUE(first.running());
  FreshDirectory other;
  ExpectRefused(CairndArgs(other.path(), {"--grpc_address", first.address()}), 3, "taken");
}

TEST_F(ProcessTest, AUsedKeyWithAnEmptyDirectoryIsRefusedUnlessTheOperatorSaysSo) {
  LiveOnce();
  const std::string state = ReadBytes(Key().string() + ".used");
  EXPECT_EQ(state.size(), 33u);
  const std::string elsewhere = (directory_.path() / "elsewhere").string();
  ExpectRefused(Args({"--data_dir", elsewhere}), 3, "second history");
  EXPECT_FALSE(fs::exists(elsewhere));
  fs::remove_all(directory_.path() / "data");
  ExpectRefused(Args(), 3, "second history");
  {
    Cairnd accepted(Args({"--accept_new_log_for_used_key"}));
    ASSERT_TRUE(accepted.running());
    EXPECT_EQ(Client(accepted.address()).Newest().size, TreeSize(0));
    EXPECT_EQ(accepted.Stop(), 0);
  }
  EXPECT_NE(ReadBytes(Key().string() + ".used"), state);
  LiveOnce();
}

TEST_F(ProcessTest, AKeyThatSignedAnotherLogIsRefusedNamingBoth) {
  LiveOnce();
  const std::string used = Key().string() + ".used";
  const std::string own = ReadBytes(used);
  const std::string other(32, 'a');
  WriteFile(used, other + "\n");
  for (const bool accept : {false, true}) {
    auto args = Args();
    if (accept) args.push_back("--accept_new_log_for_used_key");
    ExpectRefused(args, 3, other);
    ExpectRefused(args, 3, own.substr(0, 32));
  }
  WriteFile(used, "damaged");
  ExpectRefused(Args(), 3, "damaged");
  WriteFile(used, own);
  LiveOnce();
}

TEST_F(ProcessTest, TheDirectoryOfAnotherLogIsRefused) {
  LiveOnce();
  const fs::path key = directory_.path() / "other.key";
  // The same seed under another name: another key id.
  WriteFile(
      key, "PRIVATE+KEY+log.example/other+5c99ee5f+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n");
  ExpectRefused(Args({"--key_file", key.string(), "--origin", "log.example/other"}), 3,
                "log.example/test");
}

TEST_F(ProcessTest, AKeyFileThatOthersMayReadIsRefused) {
  for (const mode_t mode : {0640, 0604, 0660, 0620}) {
    WriteFile(Key(), std::string(kTestPrivateKey) + "\n", mode);
    ExpectRefused(Args(), 3, "chmod 600");
  }
  EXPECT_FALSE(fs::exists(directory_.path() / "data"));
  fs::remove(Key());
  fs::create_directory(Key());
  ExpectRefused(Args(), 3, "not a regular file");
  ExpectRefused(Args({"--key_file", (directory_.path() / "absent").string()}), 3, "absent");
}

TEST_F(ProcessTest, ADamagedKeyFileIsRefusedWhereverTheByteFlipped) {
  const std::string good = std::string(kTestPrivateKey) + "\n";
  for (size_t at = 0; at < good.size(); at += 5) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    WriteFile(Key(), bad);
    Cairnd cairnd(Args());
    EXPECT_FALSE(cairnd.running()) << at;
    EXPECT_EQ(cairnd.Wait(), 3) << at;
    EXPECT_NE(cairnd.output().find("log.key"), std::string::npos) << cairnd.output();
    EXPECT_EQ(cairnd.output().find("CgsMDQ4PEBES"), std::string::npos) << "key in the output";
  }
  for (const std::string& bad :
       {std::string(), good + "\n", good.substr(0, 60) + "\n", std::string(8192, 'x')}) {
    WriteFile(Key(), bad);
    ExpectRefused(Args(), 3, "log.key");
  }
  EXPECT_FALSE(fs::exists(directory_.path() / "data"));
}

TEST_F(ProcessTest, AKeyOfAnotherOriginIsRefused) {
  ExpectRefused(Args({"--origin", "log.example/other"}), 3, "log.example/other");
}

TEST_F(ProcessTest, WrongUsageExitsWithTwo) {
  ExpectRefused(Args({"--no_such_flag"}), 2, "no_such_flag");
  ExpectRefused({}, 2, "data_dir");
  ExpectRefused(Args({"--grpc_address", "7717"}), 2, "HOST:PORT");
  for (const char* flag :
       {"--config", "--data_dir", "--origin", "--grpc_address", "--key_file", "--address_file"}) {
    ExpectRefused(Args({flag, ""}), 2, absl::StrCat(flag, ": is empty"));
    // As a script writes it whose variable is not set.
    std::vector<std::string> joined = Args();
    joined.push_back(absl::StrCat(flag, "="));
    ExpectRefused(joined, 2, flag);
  }
  ExpectRefused(Args({"--origin", "two words"}), 2, "origin");
  const fs::path config = directory_.path() / "config";
  WriteFile(config, "origin: 'x'\nno_such_field: 1\n");
  ExpectRefused(Args({"--config", config.string()}), 2, "config:2:");
  WriteFile(config, "\n\ncertifier { name: 'a b' demand: SIGNED }\n");
  ExpectRefused(Args({"--config", config.string()}), 2, "config:3: certifier \"a b\"");
}

TEST_F(ProcessTest, HelpAndVersionExitWithZero) {
  Cairnd help({"--help"});
  EXPECT_EQ(help.Wait(), 0);
  EXPECT_NE(help.output().find("cairn keygen"), std::string::npos);
  Cairnd version({"--version"});
  EXPECT_EQ(version.Wait(), 0);
  EXPECT_NE(version.output().find("cairnd "), std::string::npos);
}

TEST_F(ProcessTest, LimitsAnswerWithATimeToTryAgain) {
  const fs::path config = directory_.path() / "config";
  WriteFile(config, "certifier { name: 'slow' demand: CHANNEL token_sha256: '" + HashOf("t").Hex() +
                        "' limits { entries_per_second: 1 } }\n"
                        "default_limits { entries_per_second: 2 }\n");
  Cairnd cairnd(Args({"--config", config.string()}));
  ASSERT_TRUE(cairnd.running());
  Client slow(cairnd.address(), "t");
  v1::AppendStreamRequest batch;
  for (int i = 0; i < 600; ++i) *batch.add_statements() = StatementOn(absl::StrCat(i));
  v1::AppendStreamResponse answer;
  ASSERT_TRUE(slow.AppendBatch(batch, &answer).ok());
  EXPECT_EQ(answer.count(), 600u) << "a batch passes whole, and is owed";
  ASSERT_TRUE(slow.AppendBatch(batch, &answer).ok());
  EXPECT_EQ(answer.error().code(), static_cast<int>(grpc::StatusCode::RESOURCE_EXHAUSTED));
  const grpc::Status status = slow.Append(StatementOn("more"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  const auto retry = FindDetail<google::rpc::RetryInfo>(Details(status));
  ASSERT_TRUE(retry.has_value());
  EXPECT_GT(retry->retry_delay().seconds(), 60);
  // Others have limits of their own, which the file gives together.
  Client anonymous(cairnd.address());
  ASSERT_TRUE(anonymous.AppendBatch(batch, &answer).ok());
  EXPECT_EQ(answer.count(), 600u);
  EXPECT_EQ(anonymous.Append(StatementOn("more")).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ProcessTest, AnAlmostFullDiskRefusesAppendsAndGoesOnReading) {
  const fs::path config = directory_.path() / "config";
  WriteFile(config, absl::StrCat("free_space_reserve_mib: ", uint64_t{1} << 40, "\n"));
  Cairnd cairnd(Args({"--config", config.string()}));
  ASSERT_TRUE(cairnd.running());
  Client client(cairnd.address());
  const grpc::Status status = client.Append(StatementOn("a"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(Details(status)).has_value());
  EXPECT_EQ(client.Newest().size, TreeSize(0));
}

}  // namespace
}  // namespace cairn::testing
