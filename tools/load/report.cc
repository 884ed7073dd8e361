#include "tools/load/report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cairn::load {
namespace {

// Three decimals: microseconds, of milliseconds.
double Rounded(double value) { return std::round(value * 1000) / 1000; }

double Ms(Histogram::Duration duration) {
  return Rounded(std::chrono::duration<double, std::milli>(duration).count());
}

std::string ModeName(Mode mode) {
  switch (mode) {
    case Mode::kUnary:
      return "unary";
    case Mode::kStream:
      return "stream";
    case Mode::kProof:
      return "proof";
  }
  return "";
}

double PerSecond(const Report& report, uint64_t count) {
  return report.seconds > 0 ? Rounded(static_cast<double>(count) / report.seconds) : 0;
}

// Of one entry; duplicates cost as much, and count.
double Micros(const Report& report, double cpu_s) {
  const uint64_t entries = report.totals.fresh + report.totals.duplicates;
  return entries > 0 ? Rounded(cpu_s * 1e6 / static_cast<double>(entries)) : 0;
}

void AddServer(const Report& report, nlohmann::ordered_json& json) {
  if (!report.server) return;
  json["server_cpu_s"] = Rounded(report.server->cpu_s);
  json["server_cpu_us_per_entry"] = Micros(report, report.server->cpu_s);
  json["server_rss_anon_begin_mib"] = Rounded(report.server->rss_anon_begin_mib);
  json["server_rss_anon_end_mib"] = Rounded(report.server->rss_anon_end_mib);
  json["server_rss_anon_max_mib"] = Rounded(report.server->rss_anon_max_mib);
  json["server_rss_peak_mib"] = Rounded(report.server->rss_peak_mib);
}

void AddLoad(const Options& options, nlohmann::ordered_json& json) {
  json["mode"] = ModeName(options.mode);
  json["loop"] = options.rate ? "open" : "closed";
  if (options.rate) json["rate"] = *options.rate;
  json["connections"] = options.channels.size();
  json["in_flight"] = options.in_flight;
  if (options.mode == Mode::kStream) {
    json["streams"] = options.streams;
    json["batch"] = options.batch;
  }
  if (options.mode != Mode::kProof) {
    json["entry_bytes"] = options.entry_bytes;
    json["duplicates_share"] = options.duplicates;
    json["signatures"] = options.signing == Signing::kNone     ? "none"
                         : options.signing == Signing::kSingle ? "single"
                                                               : "batch";
  }
  json["seed"] = options.seed;
}

}  // namespace

nlohmann::ordered_json ToJson(const Options& options, const Report& report) {
  nlohmann::ordered_json json;
  AddLoad(options, json);
  json["seconds"] = Rounded(report.seconds);
  json["entries"] = report.totals.fresh;
  json["entries_per_second"] = PerSecond(report, report.totals.fresh);
  json["entries_with_warmup"] = report.entries_sent_and_acknowledged;
  json["calls"] = report.totals.calls;
  json["duplicates"] = report.totals.duplicates;
  json["refused"] = report.totals.refused;
  json["not_sent"] = report.not_sent;
  json["errors"] = report.errors;
  json["latency_count"] = report.latency.count();
  json["p50_ms"] = Ms(report.latency.Quantile(0.5));
  json["p90_ms"] = Ms(report.latency.Quantile(0.9));
  json["p99_ms"] = Ms(report.latency.Quantile(0.99));
  json["p999_ms"] = Ms(report.latency.Quantile(0.999));
  json["max_ms"] = Ms(report.latency.max());
  json["longest_stall_ms"] = Rounded(report.longest_stall_ms);
  if (report.first_answer_unix_ms) json["first_answer_unix_ms"] = *report.first_answer_unix_ms;
  json["client_cpu_s"] = Rounded(report.client_cpu_s);
  json["client_cpu_us_per_entry"] = Micros(report, report.client_cpu_s);
  AddServer(report, json);
  json["answers_checked"] = report.answers_checked;
  json["found_again"] = report.found_again;
  json["checkpoint_signatures_checked"] = options.log_key.has_value();
  json["interrupted"] = report.interrupted;
  json["false_answers"] = report.false_answers;
  json["trouble"] = report.trouble;
  auto& timeline = json["timeline"] = nlohmann::ordered_json::array();
  for (const Mark& mark : report.timeline) {
    timeline.push_back({Rounded(mark.seconds), mark.entries});
  }
  return json;
}

std::string ToText(const Options& options, const Report& report) {
  const char* const unit = options.mode == Mode::kProof ? "proofs" : "entries";
  std::string text =
      absl::StrFormat("%.0f %s/s: %d in %.2f s, %d calls\n", PerSecond(report, report.totals.fresh),
                      unit, report.totals.fresh, report.seconds, report.totals.calls);
  absl::StrAppendFormat(
      &text,
      "latency%s: p50 %.3f ms, p90 %.3f, p99 %.3f, p99.9 %.3f, max %.3f; longest stall %.1f\n",
      options.rate ? " from the intended time" : "", Ms(report.latency.Quantile(0.5)),
      Ms(report.latency.Quantile(0.9)), Ms(report.latency.Quantile(0.99)),
      Ms(report.latency.Quantile(0.999)), Ms(report.latency.max()), report.longest_stall_ms);
  if (report.totals.duplicates + report.totals.refused + report.not_sent > 0) {
    absl::StrAppendFormat(&text, "%d duplicates, %d refused, %d due and not sent\n",
                          report.totals.duplicates, report.totals.refused, report.not_sent);
  }
  for (const auto& [code, count] : report.errors) {
    absl::StrAppendFormat(&text, "%d times %s\n", count, code);
  }
  absl::StrAppendFormat(&text, "CPU of this client %.2f us an entry",
                        Micros(report, report.client_cpu_s));
  if (report.server) {
    absl::StrAppendFormat(&text,
                          ", of the server %.2f us; its anonymous memory %.0f to %.0f MiB, at most "
                          "%.0f",
                          Micros(report, report.server->cpu_s), report.server->rss_anon_begin_mib,
                          report.server->rss_anon_end_mib, report.server->rss_anon_max_mib);
  }
  if (options.unchecked) return text + "\nanswers not checked\n";
  absl::StrAppendFormat(&text, "\nchecked %d answers, found %d entries again%s\n",
                        report.answers_checked, report.found_again,
                        options.log_key ? "" : "; checkpoint signatures not checked: no --log_key");
  return text;
}

}  // namespace cairn::load
