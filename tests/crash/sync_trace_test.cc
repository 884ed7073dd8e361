// What kill -9 cannot show: that an answer waits for the disk. The real binary runs under strace,
// and for each request the trace must hold, in this order: its bytes received, its entry written to
// a file, an fdatasync of that file begun and completed, its answer sent.

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/crash/load.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

constexpr int kAppends = 50;

// As `strace -xx` prints bytes.
std::string Escaped(absl::string_view bytes) {
  std::string escaped;
  for (unsigned char byte : bytes) {
    absl::StrAppend(&escaped, "\\x", absl::Hex(byte, absl::kZeroPad2));
  }
  return escaped;
}

std::vector<std::string> ReadLines(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// A traced call: where it began and ended in the trace, and its text. strace splits a call that
// another thread's line interrupts into "... <unfinished ...>" and "<... NAME resumed>...".
struct Call {
  std::string name;
  std::string text;
  size_t begin = 0;
  size_t end = 0;
};

std::vector<Call> ParseTrace(const std::vector<std::string>& lines) {
  std::vector<Call> calls;
  std::map<std::string, Call> unfinished;  // by thread
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(lines[i], absl::MaxSplits(' ', 1));
    const std::string& thread = parts.first;
    const std::string text(absl::StripLeadingAsciiWhitespace(parts.second));
    if (absl::StartsWith(text, "<... ")) {
      auto it = unfinished.find(thread);
      if (it == unfinished.end()) continue;
      it->second.text += text;
      it->second.end = i;
      calls.push_back(it->second);
      unfinished.erase(it);
      continue;
    }
    const size_t name_end = text.find('(');
    if (name_end == std::string::npos) continue;
    Call call{text.substr(0, name_end), text, i, i};
    if (absl::EndsWith(text, "<unfinished ...>")) {
      unfinished[thread] = call;
    } else {
      calls.push_back(call);
    }
  }
  return calls;
}

// "write(12</path/to/file>, ..." -> "12</path/to/file>"
std::string FileOf(const Call& call) {
  const size_t begin = call.text.find('(') + 1;
  return call.text.substr(begin, call.text.find_first_of(",) ", begin) - begin);
}

bool Receives(const Call& call) { return call.name == "recvmsg" || call.name == "read"; }
bool Sends(const Call& call) { return call.name == "sendmsg"; }
bool Writes(const Call& call) { return call.name == "write" || call.name == "pwrite64"; }

// Whether the request and answer that carry `hash` have a completed sync of the entry between them.
absl::Status CheckAppend(const std::vector<Call>& calls, absl::string_view hash) {
  const std::string bytes = Escaped(hash);
  const Call* received = nullptr;
  const Call* written = nullptr;
  const Call* sent = nullptr;
  for (const Call& call : calls) {
    if (!absl::StrContains(call.text, bytes)) continue;
    if (Receives(call) && received == nullptr) received = &call;
    if (Writes(call) && written == nullptr) written = &call;
    if (Sends(call) && sent == nullptr) sent = &call;
  }
  if (received == nullptr || written == nullptr || sent == nullptr) {
    return absl::NotFoundError("the trace lacks the request, the write or the answer");
  }
  for (const Call& call : calls) {
    if (call.name == "fdatasync" && FileOf(call) == FileOf(*written) &&
        absl::EndsWith(call.text, "= 0") && received->begin < written->begin &&
        written->end < call.begin && call.end < sent->begin) {
      return absl::OkStatus();
    }
  }
  return absl::DataLossError("answered without a completed fdatasync after its write");
}

// Runs cairnd under strace, appends one statement after the other, and says for each whether it was
// answered after its sync. `preload` is a library to load before all others, or empty.
std::vector<absl::Status> TraceAppends(const std::string& preload) {
  FreshDirectory directory;
  const std::filesystem::path trace = directory.path() / "trace";
  std::vector<std::string> args = {
      "-f",   "-D", "-xx",          "-y", "-s",
      "8192", "-o", trace.string(), "-e", "trace=recvmsg,read,sendmsg,write,pwrite64,fdatasync"};
  if (!preload.empty()) {
    const std::string library = std::filesystem::absolute(preload).string();
    args.insert(args.end(), {"-E", absl::StrCat("LD_PRELOAD=", library)});
  }
  args.push_back("ledger/server/cairnd");
  for (const std::string& arg : CairndArgs(directory.path())) args.push_back(arg);
  std::vector<std::string> hashes;
  {
    Cairnd cairnd(args, "/usr/bin/strace");
    if (!cairnd.running()) {
      cairnd.Wait();
      ADD_FAILURE() << cairnd.output();
      return {};
    }
    auto stub =
        v1::Log::NewStub(grpc::CreateChannel(cairnd.address(), grpc::InsecureChannelCredentials()));
    for (int i = 0; i < kAppends; ++i) {
      grpc::ClientContext context;
      v1::AppendRequest request;
      *request.mutable_statement() = UniqueStatement(0, i);
      hashes.push_back(request.statement().certificate_hash());
      v1::AppendResponse response;
      const grpc::Status status = stub->Append(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
    }
    EXPECT_EQ(cairnd.Stop(), 0);
  }
  const std::vector<Call> calls = ParseTrace(ReadLines(trace));
  std::vector<absl::Status> found;
  for (const std::string& hash : hashes) found.push_back(CheckAppend(calls, hash));
  return found;
}

TEST(TracedCairnd, SyncsBetweenEachRequestAndItsAnswer) {
  const std::vector<absl::Status> found = TraceAppends("");
  ASSERT_EQ(found.size(), kAppends);
  for (int i = 0; i < kAppends; ++i) EXPECT_TRUE(found[i].ok()) << "append " << i << found[i];
}

TEST(TracedCairnd, IsCaughtWhenItDoesNotSync) {
  const std::vector<absl::Status> found = TraceAppends("tests/crash/libno_sync.so");
  ASSERT_EQ(found.size(), kAppends);
  for (const absl::Status& status : found) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  }
}

}  // namespace
}  // namespace cairn::testing
