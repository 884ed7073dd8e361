#include "witness/server/logger.h"

#include <unistd.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cairn::server {
namespace {

bool IsPlain(absl::string_view value) {
  for (const char c : value) {
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\') return false;
  }
  return !value.empty();
}

void Add(absl::string_view key, absl::string_view value, std::string& line) {
  absl::StrAppend(&line, line.empty() ? "" : " ", key, "=");
  if (IsPlain(value)) {
    absl::StrAppend(&line, value);
  } else {
    // Readers of logfmt know no escape of the single quote.
    absl::StrAppend(&line, "\"", absl::StrReplaceAll(absl::Utf8SafeCEscape(value), {{"\\'", "'"}}),
                    "\"");
  }
}

void Line(absl::string_view level, absl::string_view message,
          std::initializer_list<LogField> fields) {
  std::string line;
  Add("time", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()), line);
  Add("level", level, line);
  Add("msg", message, line);
  for (const auto& [key, value] : fields) Add(key, value, line);
  line += '\n';
  // Where stderr is closed there is nobody to tell.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void LogInfo(absl::string_view message, std::initializer_list<LogField> fields) {
  Line("info", message, fields);
}

void LogWarning(absl::string_view message, std::initializer_list<LogField> fields) {
  Line("warning", message, fields);
}

void LogError(absl::string_view message, std::initializer_list<LogField> fields) {
  Line("error", message, fields);
}

}  // namespace cairn::server
