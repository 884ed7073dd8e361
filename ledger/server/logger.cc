#include "ledger/server/logger.h"

#include <unistd.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
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

void Line(absl::string_view level, absl::string_view message,
          std::initializer_list<LogField> fields) {
  std::string line =
      absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()), " ",
                   level, " ", message);
  for (const auto& [key, value] : fields) {
    absl::StrAppend(&line, " ", key, "=");
    if (IsPlain(value)) {
      line += value;
    } else {
      absl::StrAppend(&line, "\"", absl::CEscape(value), "\"");
    }
  }
  line += '\n';
  // Where stderr is closed there is nobody to tell.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void LogInfo(absl::string_view message, std::initializer_list<LogField> fields) {
  Line("INFO", message, fields);
}

void LogWarning(absl::string_view message, std::initializer_list<LogField> fields) {
  Line("WARNING", message, fields);
}

void LogError(absl::string_view message, std::initializer_list<LogField> fields) {
  Line("ERROR", message, fields);
}

}  // namespace cairn::server
