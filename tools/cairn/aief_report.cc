#include "tools/cairn/aief_report.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

nlohmann::ordered_json AiefJson(const std::string& file, const certificate::AiefReport& report) {
  nlohmann::ordered_json json;
  json["file"] = file;
  json["result"] = report.pass ? "PASS" : "FAIL";
  json["reason"] = report.pass ? nlohmann::ordered_json() : nlohmann::ordered_json(report.reason);
  json["checks"] = {{"schemaSupported", report.schema_supported},
                    {"integrityValid", report.integrity_valid},
                    {"protectedSetValid", report.protected_set_valid},
                    {"chainValid", report.chain_valid}};
  for (const auto& [name, text] :
       {std::pair("field", &report.field), std::pair("expected", &report.expected),
        std::pair("observed", &report.observed)}) {
    if (!text->empty()) json[name] = *text;
  }
  json["notes"] = report.notes;
  json["level"] = report.level;
  json["missing"] = report.missing;
  json["notCheckable"] = report.not_checkable;
  return json;
}

}  // namespace

ExitCode ReportAief(const std::vector<std::string>& records, const certificate::JudgeOptions& judge,
                    const certificate::AiefOptions& aief) {
  ExitCode worst = kYes;
  for (const std::string& file : records) {
    const absl::StatusOr<std::string> bytes = ReadFile(file, certificate::kMaxRecordBytes);
    if (!bytes.ok()) {
      Complain(bytes.status());
      worst = Worse(worst, kUnable);
      continue;
    }
    const certificate::AiefReport report =
        certificate::JudgeAief(certificate::JudgeRecord(*bytes, judge), aief);
    std::cout << JsonLine(AiefJson(file, report));
    worst = Worse(worst, report.pass ? kYes : kNo);
  }
  return worst;
}

}  // namespace cairn::cli
