// What came out of a run.

#ifndef CAIRN_TOOLS_LOAD_REPORT_H_
#define CAIRN_TOOLS_LOAD_REPORT_H_

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tools/load/histogram.h"
#include "tools/load/options.h"
#include "tools/load/run_state.h"

namespace cairn::load {

struct ServerUsage {
  double cpu_s = 0;  // In the window.
  double rss_anon_begin_mib = 0;
  double rss_anon_end_mib = 0;
  double rss_anon_max_mib = 0;  // Looked at each tenth of a second.
  double rss_peak_mib = 0;      // Since its start, files included.
};

// Entries acknowledged since the beginning of the run, and when.
struct Mark {
  double seconds = 0;
  uint64_t entries = 0;
};

struct Report {
  double seconds = 0;                          // Of the window, as it was.
  Totals totals;                               // In it.
  uint64_t entries_sent_and_acknowledged = 0;  // Warm-up included.
  std::map<std::string, uint64_t> errors;
  // Due in the window and not sent: the server, or this client, did not keep up with the rate.
  uint64_t not_sent = 0;
  Histogram latency;
  double longest_stall_ms = 0;
  std::optional<int64_t> first_answer_unix_ms;
  double client_cpu_s = 0;
  std::optional<ServerUsage> server;
  std::vector<Mark> timeline;
  uint64_t answers_checked = 0;
  uint64_t found_again = 0;
  bool interrupted = false;
  // Answers that a sound log would not give.
  std::vector<std::string> false_answers;
  // Why the log could not be used; empty when it could.
  std::string trouble;
};

nlohmann::ordered_json ToJson(const Options& options, const Report& report);
// Some lines for people.
std::string ToText(const Options& options, const Report& report);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_REPORT_H_
