// cairn entries: what the log holds, decoded. Entries are not verified against a checkpoint.

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/log_view.h"
#include "tools/cairn/report_text.h"

namespace cairn::cli {
namespace {

// One call asks for no more, so that each has a deadline of its own.
constexpr uint64_t kPage = 10'000;

struct Options {
  ConnectionOptions connection;
  uint64_t start = 0;
  uint64_t count = 100;
  bool json = false;
};

// Prints the entries of one answer, which must begin at `next` and not pass `end`; moves `next` on.
absl::Status Say(const Options& options, const v1::ListEntriesResponse& answer, uint64_t end,
                 uint64_t& next) {
  if (answer.first_index() != next || static_cast<uint64_t>(answer.entries_size()) > end - next) {
    return absl::InvalidArgumentError("the log answers other entries than it was asked for");
  }
  for (const std::string& bytes : answer.entries()) {
    const absl::StatusOr<entry::Entry> entry = entry::Decode(bytes);
    if (!entry.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("entry ", next, " is malformed: ", entry.status().message()));
    }
    const LeafIndex index(next++);
    if (options.json) {
      std::cout << JsonLine(EntryJson(index, *entry));
    } else {
      std::cout << EntryText(index, *entry) << "\n";
    }
  }
  return absl::OkStatus();
}

absl::Status List(const Options& options, LogClient& client) {
  const absl::StatusOr<CheckpointAnswer> newest = FetchCheckpoint(client, std::nullopt);
  if (!newest.ok()) return newest.status();
  const uint64_t size = newest->checkpoint.size.value();
  if (options.start > size) {
    return absl::OutOfRangeError(absl::StrCat("--start ", options.start,
                                              " is beyond the log, which has ",
                                              Counted(size, "entry", "entries")));
  }
  const uint64_t end = options.start + std::min(options.count, size - options.start);
  for (uint64_t next = options.start; next < end;) {
    const uint64_t page_end = std::min(end, next + kPage);
    v1::ListEntriesRequest request;
    request.set_begin(next);
    request.set_end(page_end);
    const absl::Status listed =
        client.ListEntries(request, [&](const v1::ListEntriesResponse& answer) {
          return Say(options, answer, page_end, next);
        });
    if (!listed.ok()) return listed;
    if (next != page_end) {
      return absl::InvalidArgumentError(
          absl::StrCat("the log's answer ends at entry ", next, ", before ", page_end));
    }
  }
  return absl::OkStatus();
}

ExitCode Run(const Options& options) {
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  const absl::Status listed = client.ok() ? List(options, **client) : client.status();
  if (listed.ok()) return kYes;
  Complain(listed);
  return listed.code() == absl::StatusCode::kInvalidArgument ? kNo : kUnable;
}

}  // namespace

void AddEntries(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command =
      AddSubcommand(app, "entries", "Lists entries of the log, decoded, one a line",
                    "cairn entries --log 127.0.0.1:7717 --start 1000 --count 50", &options->json);
  AddConnectionOptions(command, &options->connection);
  command
      .AddNumber("--start", "Index of the first",
                 [options](uint64_t start) { options->start = start; })
      .Default("0");
  command
      .AddNumber("--count", "How many, at most",
                 [options](uint64_t count) { options->count = count; })
      .Default("100");
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
