#include "tools/cairn/log_check.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/str_cat.h"
#include "ledger/rocksdb/read_only_log.h"
#include "tools/cairn/command.h"
#include "tools/cairn/progress.h"

namespace cairn::cli {
namespace {

constexpr uint64_t kMaxThreads = 256;

// What a start of cairnd would refuse too.
CheckedDirectory NotOpened(const absl::Status& why) {
  CheckedDirectory checked;
  checked.report.findings = {
      {ledger::Part::kState, LeafIndex(0), absl::StrCat("it cannot be opened: ", why.message())}};
  checked.report.finding_count = 1;
  checked.report.unchecked = {"everything else"};
  checked.report.advice =
      "The database does not open, so that nothing in it can be read. Keep the directory as it is, "
      "look at the disk, and restore the newest backup that is sound and not smaller than any "
      "checkpoint that this log has handed out.";
  return checked;
}

// Of the directory of a log that was opened, so that no cairnd has it.
absl::Status CheckAnchors(const std::string& path, const ledger::TreeState& state,
                          CheckedDirectory& checked) {
  const std::string store = path + "/anchors";
  if (!anchor::HasStore(store)) return absl::OkStatus();
  const absl::StatusOr<anchor::CheckedStore> anchors = anchor::CheckStore(store, checked.origin);
  if (absl::IsDataLoss(anchors.status()) || absl::IsFailedPrecondition(anchors.status())) {
    checked.anchors_damage = std::string(anchors.status().message());
    return absl::OkStatus();
  }
  if (!anchors.ok()) return anchors.status();
  checked.anchors = *anchors;
  if (anchors->newest.has_value() && anchors->newest->size > state.size) {
    checked.anchors_damage =
        absl::StrCat("round ", anchors->newest->number, " anchored ", anchors->newest->size.value(),
                     " entries, more than the log has");
  }
  return absl::OkStatus();
}

constexpr char kAnchorsAdvice[] =
    "The anchors' database is not sound. The log runs without it: move it aside, keep it, and "
    "cairnd begins another; what it knew of receipts is then asked for again as far as the log's "
    "entries and the outside systems know it.";

// A line for each kind.
std::string UnknownText(const ledger::CheckReport& report) {
  std::string text;
  for (const auto& [kind, count] : report.unknown_kinds) {
    absl::StrAppend(&text, "  kind ", kind, ", newer than this program: ", count,
                    count == 1 ? " entry" : " entries", ", hashed and not judged\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<CheckedDirectory> CheckDirectory(const std::string& path,
                                                const ledger::CheckOptions& options) {
  const auto log = ledger::ReadOnlyLog::Open(path);
  if (absl::IsDataLoss(log.status())) return NotOpened(log.status());
  if (!log.ok()) return log.status();
  CheckedDirectory checked;
  checked.origin = (*log)->identity().origin;
  ledger::CheckProgress counts;
  Progress progress("checking", options.index ? "entries and rows" : "entries", [&counts] {
    return Done{counts.entries + counts.index_rows, counts.all_entries + counts.all_index_rows};
  });
  absl::StatusOr<ledger::CheckReport> report = ledger::CheckLog(**log, options, &counts);
  if (!report.ok()) return report.status();
  checked.report = *std::move(report);
  if (absl::Status read = CheckAnchors(path, checked.report.state, checked); !read.ok())
    return read;
  checked.seconds = absl::ToDoubleSeconds(progress.elapsed());
  return checked;
}

ledger::CheckOptions MakeCheckOptions(uint64_t threads, bool index) {
  if (threads > kMaxThreads) {
    Misused(absl::StrCat("--threads: ", threads, " is more than ", kMaxThreads));
  }
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  return {.threads = static_cast<uint32_t>(threads), .index = index};
}

nlohmann::ordered_json CheckJson(const std::string& path, const CheckedDirectory& checked) {
  const ledger::CheckReport& report = checked.report;
  nlohmann::ordered_json json;
  json["directory"] = path;
  json["sound"] = checked.sound();
  json["origin"] = checked.origin;
  json["tree_size"] = report.state.size.value();
  json["root"] = report.state.root.Hex();
  json["index_rows"] = report.index_rows;
  json["index_watermark"] = report.index_watermark.value();
  json["seconds"] = checked.seconds;
  json["entries_per_second"] =
      checked.seconds > 0 ? static_cast<double>(report.state.size.value()) / checked.seconds : 0;
  json["findings"] = nlohmann::ordered_json::array();
  for (const ledger::Finding& finding : report.findings) {
    json["findings"].push_back({{"part", std::string(ledger::PartName(finding.part))},
                                {"index", finding.index.value()},
                                {"what", finding.what}});
  }
  json["finding_count"] = report.finding_count;
  json["unknown_kinds"] = nlohmann::ordered_json::array();
  for (const auto& [kind, count] : report.unknown_kinds) {
    json["unknown_kinds"].push_back({{"kind", kind}, {"entries", count}});
  }
  json["unchecked"] = report.unchecked;
  json["anchors"] = nullptr;
  if (checked.anchors.has_value()) {
    json["anchors"] = {{"rounds", checked.anchors->rounds},
                       {"receipts", checked.anchors->receipts},
                       {"events", checked.anchors->events}};
  }
  json["anchors_damage"] = checked.anchors_damage;
  json["advice"] = checked.anchors_damage.empty() ? report.advice : kAnchorsAdvice + report.advice;
  return json;
}

std::string CheckText(const std::string& path, const CheckedDirectory& checked) {
  const ledger::CheckReport& report = checked.report;
  const uint64_t size = report.state.size.value();
  if (checked.sound()) {
    const std::string anchors = checked.anchors.has_value()
                                    ? absl::StrCat("\n  anchors: rounds ", checked.anchors->rounds,
                                                   ", receipts ", checked.anchors->receipts)
                                    : "";
    return absl::StrCat(Printable(path, kMaxShownLine),
                        ": sound\n  log:   ", Printable(checked.origin), "\n  size:  ", size,
                        "\n  root:  ", report.state.root.Hex(), "\n  index: ", report.index_rows,
                        " rows, of entries below ", report.index_watermark.value(), anchors,
                        "\n  time:  ", static_cast<uint64_t>(checked.seconds * 1000), " ms\n",
                        UnknownText(report));
  }
  std::string text = absl::StrCat(Printable(path, kMaxShownLine), ": DAMAGED\n");
  for (const ledger::Finding& finding : report.findings) {
    absl::StrAppend(&text, "  ", ledger::PartName(finding.part), ": ", Printable(finding.what),
                    "\n");
  }
  if (report.finding_count > report.findings.size()) {
    absl::StrAppend(&text, "  and ", report.finding_count - report.findings.size(), " more\n");
  }
  for (const std::string& what : report.unchecked) {
    absl::StrAppend(&text, "  not checked: ", what, "\n");
  }
  if (!checked.anchors_damage.empty()) {
    absl::StrAppend(&text, "  anchors: ", Printable(checked.anchors_damage), "\n", kAnchorsAdvice,
                    "\n");
  }
  absl::StrAppend(&text, UnknownText(report));
  if (!report.advice.empty()) absl::StrAppend(&text, report.advice, "\n");
  return text;
}

}  // namespace cairn::cli
