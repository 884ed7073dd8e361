#include "tools/cairn/log_audit.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "merkle/note/misbehaviour.h"
#include "merkle/note/note.h"
#include "merkle/note/policy.h"
#include "merkle/note/text.h"
#include "tools/cairn/address.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/file.h"
#include "tools/cairn/interrupt.h"
#include "tools/cairn/progress.h"
#include "witness/finding.h"
#include "witness/freshness.h"
#include "witness/http/client.h"
#include "witness/http/log_source.h"
#include "witness/server/audit_files.h"
#include "witness/server/misbehaviour_file.h"

namespace cairn::cli {
namespace {

bool IsUrl(absl::string_view text) {
  return absl::StartsWith(text, "http://") || absl::StartsWith(text, "https://");
}

// What is kept of a run without --state.
class Forgetful final : public witness::AuditStore {
 public:
  absl::StatusOr<std::optional<std::string>> ReadState() override {
    return std::optional<std::string>();
  }
  absl::Status WriteState(absl::string_view) override { return absl::OkStatus(); }
  absl::Status PutFingerprints(LeafIndex from, absl::Span<const uint64_t> numbers) override {
    numbers_.resize(from.value());
    numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
    return absl::OkStatus();
  }
  absl::Status GetFingerprints(LeafIndex from, absl::Span<uint64_t> numbers) override {
    std::copy_n(numbers_.begin() + static_cast<std::ptrdiff_t>(from.value()), numbers.size(),
                numbers.begin());
    return absl::OkStatus();
  }
  absl::Status PutWatched(uint64_t from, absl::string_view bytes) override {
    watched_.resize(from);
    watched_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  absl::Status GetWatched(uint64_t from, absl::Span<char> bytes) override {
    std::copy_n(watched_.begin() + static_cast<std::ptrdiff_t>(from), bytes.size(), bytes.begin());
    return absl::OkStatus();
  }

 private:
  std::vector<uint64_t> numbers_;
  std::string watched_;
};

absl::StatusOr<note::Policy> PolicyOf(const AuditArguments& arguments) {
  if (arguments.log_key.empty() == arguments.policy.empty()) {
    Misused("give --policy FILE with the log in it, or --log_key VKEY");
  }
  if (!arguments.policy.empty()) return ReadPolicy(arguments.policy);
  const absl::StatusOr<note::VerifierKey> key = ParseLogKey(arguments.log_key);
  if (!key.ok()) Misused(std::string(key.status().message()));
  return note::Policy::Parse(absl::StrCat("log ", arguments.log_key, "\nquorum none\n"));
}

absl::StatusOr<std::vector<witness::OtherView>> ReadViews(const std::vector<std::string>& names) {
  std::vector<witness::OtherView> views;
  const std::unique_ptr<http::Client> client =
      http::Client::Make({.max_body_bytes = note::kMaxNoteBytes});
  for (const std::string& name : names) {
    if (!IsUrl(name)) {
      absl::StatusOr<std::string> note = ReadFile(name, note::kMaxNoteBytes);
      if (!note.ok()) return note.status();
      views.push_back({name, *std::move(note)});
      continue;
    }
    absl::StatusOr<http::Answer> answer = client->Get(name);
    if (!answer.ok()) return answer.status();
    if (answer->status != 200) {
      return absl::UnavailableError(absl::StrCat(name, ": HTTP status ", answer->status));
    }
    views.push_back({name, std::move(answer->body)});
  }
  return views;
}

// Ends a run when the user wants it to.
class Interrupter {
 public:
  explicit Interrupter(std::function<void()> cancel)
      : thread_([this, cancel = std::move(cancel)] {
          while (!done_.load()) {
            if (!WaitUnlessInterrupted(absl::Milliseconds(100))) return cancel();
          }
        }) {}
  ~Interrupter() {
    done_.store(true);
    thread_.join();
  }

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

absl::StatusOr<witness::AuditReport> Run(witness::Auditor& auditor, http::HttpLogSource* source,
                                         const std::vector<witness::OtherView>& views) {
  CatchInterrupts();
  const Progress progress("auditing", "entries", [&auditor] {
    return Done{auditor.entries_done(), auditor.entries_to_do()};
  });
  const Interrupter interrupter([&auditor, source] {
    auditor.Cancel();
    if (source != nullptr) source->Cancel();
  });
  return auditor.Run(views);
}

// "90s", "45m", "36h", "7d"; "0": no age is too old.
uint64_t MaxAge(absl::string_view text) {
  const auto wrong = [&] {
    Misused(absl::StrCat("--max_age `", Printable(text),
                         "`: a number and s, m, h or d, such as 36h; 0 for any age"));
  };
  if (text == "0") return 0;
  uint64_t unit = 1;
  switch (text.empty() ? '\0' : text.back()) {
    case 's':
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3600;
      break;
    case 'd':
      unit = 86'400;
      break;
    default:
      wrong();
  }
  text.remove_suffix(1);
  const absl::StatusOr<uint64_t> number = note::ParseDecimal(text);
  if (!number.ok() || *number == 0 || *number > 36'500) wrong();
  return *number * unit;
}

std::vector<witness::Acknowledged> Acknowledgements(const AuditArguments& arguments) {
  std::vector<witness::Acknowledged> all;
  if (arguments.acknowledge.empty() != arguments.reason.empty()) {
    Misused("--acknowledge N and --reason TEXT go together: say why it needs nothing more");
  }
  if (!arguments.acknowledge.empty() && arguments.state.empty()) {
    Misused("--acknowledge needs the --state in which the finding is kept");
  }
  for (const std::string& text : arguments.acknowledge) {
    const std::vector<absl::string_view> ends = absl::StrSplit(text, '-');
    const absl::StatusOr<uint64_t> first = note::ParseDecimal(ends.front());
    const absl::StatusOr<uint64_t> last = note::ParseDecimal(ends.back());
    if (ends.size() > 2 || !first.ok() || !last.ok() || *first == 0 || *last < *first) {
      Misused(absl::StrCat("--acknowledge `", Printable(text),
                           "`: the number of a finding, as it is printed, or two with - between"));
    }
    all.push_back({.first = *first, .last = *last, .reason = arguments.reason});
  }
  return all;
}

std::string CosignedText(const note::PolicyVerdict& verdict, const note::Policy& policy) {
  std::string text;
  for (size_t i = 0; i < verdict.cosigned_at_s.size(); ++i) {
    if (!verdict.cosigned_at_s[i].has_value()) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", policy.witnesses()[i].name, " at ",
                    witness::SecondText(*verdict.cosigned_at_s[i]));
  }
  return text.empty() ? "by nobody that the policy names" : text;
}

}  // namespace

void AddAuditOptions(Subcommand command, AuditArguments* arguments) {
  command.Add("--policy", arguments->policy,
              "Trust policy (C2SP tlog-policy) that names the log and its witnesses");
  command.Add(Spellings("log_key"), arguments->log_key,
              "The log's vkey, in place of a policy: no cosignature is then demanded");
  command.Add("--state", arguments->state,
              "Directory of what this audit knows of the log: the next one goes on there, "
              "and holds the log to it. Without it every run reads the whole log");
  command
      .Add("--checkpoint", arguments->views,
           "A checkpoint of this log that came another way, to be held against it: a file "
           "or a URL, such as WITNESS/<hex of SHA-256 of the origin>/checkpoint. May be "
           "repeated")
      .Repeatable()
      .Check(CheckUrlOrPath);
  command
      .Add("--out", arguments->out,
           "Directory for misbehaviour files, which convince others: see `cairn "
           "verify-misbehaviour`")
      .ShowDefault();
  command
      .Add("--max_age", arguments->max_age,
           "As old as the checkpoint may be, by its cosignatures or else by its newest entry: "
           "90m, 36h, 7d; 0 for any age")
      .ShowDefault();
  command
      .Add("--acknowledge", arguments->acknowledge,
           "The number of a finding that you have looked at, or a range such as 3-7: with --reason "
           "and --state, it is shown as acknowledged from then on. May be repeated")
      .Repeatable();
  command.Add("--reason", arguments->reason, "Why it needs nothing more");
  command
      .AddNumber("--threads", "How many threads; 0 for one a processor",
                 [arguments](uint64_t threads) { arguments->threads = threads; })
      .Default("0");
}

absl::StatusOr<AuditRun> RunAudit(const AuditArguments& arguments, witness::AuditOptions options) {
  options.now_s = static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now()));
  options.max_age_s = MaxAge(arguments.max_age);
  options.acknowledge = Acknowledgements(arguments);
  const absl::StatusOr<note::Policy> policy = PolicyOf(arguments);
  if (!policy.ok()) return policy.status();
  const auto views = ReadViews(arguments.views);
  if (!views.ok()) return views.status();
  std::unique_ptr<witness::AuditStore> store = std::make_unique<Forgetful>();
  if (!arguments.state.empty()) {
    auto files = server::FileAuditStore::Open(arguments.state);
    if (!files.ok()) return files.status();
    store = *std::move(files);
  }
  std::unique_ptr<http::HttpLogSource> url;
  std::unique_ptr<witness::LogSource> directory;
  if (IsUrl(arguments.log)) {
    url = std::make_unique<http::HttpLogSource>(arguments.log);
  } else {
    directory = std::make_unique<server::DirectoryLogSource>(arguments.log);
  }
  options.of_a_copy = url == nullptr;
  witness::LogSource& source = url != nullptr ? *url : *directory;
  options.threads = arguments.threads > 0 ? std::min<uint64_t>(arguments.threads, 256)
                                          : std::max(1u, std::thread::hardware_concurrency());
  witness::Auditor auditor(source, *policy, *store, std::move(options));
  const absl::Time start = absl::Now();
  absl::StatusOr<witness::AuditReport> report = Run(auditor, url.get(), *views);
  if (!report.ok()) return report.status();
  AuditRun run{.report = *std::move(report)};
  run.seconds = absl::ToDoubleSeconds(absl::Now() - start);
  for (const note::Misbehaviour& misbehaviour : run.report.misbehaviours) {
    const absl::StatusOr<std::string> path = server::WriteMisbehaviour(
        arguments.out, run.report.newest->checkpoint.origin, misbehaviour);
    if (!path.ok()) return path.status();
    run.misbehaviour_files.push_back(*path);
  }
  return run;
}

nlohmann::ordered_json AuditJson(const AuditArguments& arguments, const AuditRun& run) {
  const witness::AuditReport& report = run.report;
  nlohmann::ordered_json json = {{"log", arguments.log}};
  if (report.newest.has_value()) {
    json["origin"] = report.newest->checkpoint.origin;
    json["tree_size"] = report.newest->checkpoint.size.value();
    json["root"] = report.newest->checkpoint.root.Hex();
    json["quorum"] = report.newest->quorum;
  }
  json["audited_before"] = report.before.value();
  json["audited"] = report.audited.value();
  json["seconds"] = run.seconds;
  if (report.freshness.by != witness::FreshBy::kNothing) json["as_of_s"] = report.freshness.at_s;
  json["as_of_by"] = witness::FreshByName(report.freshness.by);
  json["sound"] = report.sound();
  json["finding_count"] = report.finding_count;
  json["earlier_findings"] = report.earlier_findings;
  json["acknowledged_findings"] = report.acknowledged;
  json["findings"] = nlohmann::ordered_json::array();
  for (const witness::Finding& finding : report.findings) {
    nlohmann::ordered_json item = {{"number", finding.number},
                                   {"kind", witness::FindingKindName(finding.kind)}};
    if (finding.index.has_value()) item["index"] = finding.index->value();
    item["text"] = finding.text;
    item["new"] = finding.is_new;
    if (finding.acknowledged.has_value()) {
      item["acknowledged"] = {{"at_ms", finding.acknowledged->at_ms},
                              {"reason", finding.acknowledged->reason}};
    }
    json["findings"].push_back(std::move(item));
  }
  json["misbehaviour_files"] = run.misbehaviour_files;
  json["remarks"] = report.remarks;
  return json;
}

namespace {

std::string FreshnessText(const witness::Freshness& freshness) {
  std::string by;
  switch (freshness.by) {
    case witness::FreshBy::kNothing:
      return "";
    case witness::FreshBy::kQuorum:
      by = "by the cosignatures that the policy demands";
      break;
    case witness::FreshBy::kCosignature:
      by = "by a witness's cosignature";
      break;
    case witness::FreshBy::kNewestEntry:
      by = "by the log's own word: its newest entry";
      break;
  }
  return absl::StrCat("as of       ", witness::SecondText(freshness.at_s), ", ", by, "\n");
}

std::string FindingText(const witness::Finding& finding) {
  std::string text =
      absl::StrCat("finding     ", finding.number, ". ", witness::FindingKindName(finding.kind));
  if (finding.index.has_value()) absl::StrAppend(&text, ", entry ", finding.index->value());
  absl::StrAppend(&text, ": ", Printable(finding.text), "\n");
  if (finding.acknowledged.has_value()) {
    absl::StrAppend(&text, "            acknowledged at ",
                    witness::SecondText(finding.acknowledged->at_ms / 1000), ": ",
                    Printable(finding.acknowledged->reason), "\n");
  }
  return text;
}

// The last line: a monitor's findings are not all against the log.
std::string VerdictText(const witness::AuditReport& report) {
  const auto is_against = [](const witness::Finding& finding) {
    return finding.kind != witness::FindingKind::kReview &&
           finding.kind != witness::FindingKind::kKeys && !finding.acknowledged.has_value();
  };
  std::string text;
  if (report.sound()) {
    text =
        report.acknowledged == 0
            ? "sound"
            : absl::StrCat("sound, but for ", Counted(report.acknowledged, "finding", "findings"),
                           " acknowledged before");
  } else if (report.finding_count > report.findings.size() ||
             std::any_of(report.findings.begin(), report.findings.end(), is_against)) {
    text = absl::StrCat("NOT SOUND: ", Counted(report.finding_count, "finding", "findings"));
  } else {
    text = absl::StrCat("TO BE LOOKED AT: ", Counted(report.finding_count, "finding", "findings"));
  }
  if (!report.sound() && report.earlier_findings > 0) {
    absl::StrAppend(&text, ", ", report.earlier_findings, " known from earlier runs");
  }
  if (!report.sound() && report.acknowledged > 0) {
    absl::StrAppend(&text, ", ", report.acknowledged, " acknowledged");
  }
  return text + "\n";
}

}  // namespace

std::string AuditText(const AuditArguments& arguments, const AuditRun& run) {
  const witness::AuditReport& report = run.report;
  std::string text;
  if (report.newest.has_value()) {
    const note::Checkpoint& checkpoint = report.newest->checkpoint;
    absl::StrAppend(&text, "log         ", Printable(checkpoint.origin), "\ncheckpoint  ",
                    Counted(checkpoint.size.value(), "entry", "entries"), ", root ",
                    checkpoint.root.Hex(), "\n");
    const absl::StatusOr<note::Policy> policy = PolicyOf(arguments);
    if (policy.ok() && !policy->witnesses().empty()) {
      absl::StrAppend(&text, "cosigned    ", Printable(CosignedText(*report.newest, *policy)),
                      "\n");
    }
  }
  absl::StrAppend(&text, FreshnessText(report.freshness), "audited     ",
                  Counted(report.audited.value(), "entry", "entries"), ", ",
                  report.audited.value() - report.before.value(), " of them now\n");
  for (const std::string& remark : report.remarks) {
    absl::StrAppend(&text, "remark      ", Printable(remark), "\n");
  }
  for (const witness::Finding& finding : report.findings) {
    absl::StrAppend(&text, FindingText(finding));
  }
  if (report.finding_count > report.findings.size()) {
    absl::StrAppend(&text, "finding     and ", report.finding_count - report.findings.size(),
                    " more, which are not kept\n");
  }
  for (const std::string& file : run.misbehaviour_files) {
    absl::StrAppend(&text, "proof       ", Printable(file, kMaxShownLine),
                    ": convinces others; publish it\n");
  }
  return absl::StrCat(text, VerdictText(report));
}

}  // namespace cairn::cli
