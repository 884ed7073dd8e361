#include "tests/golden/found_of_records.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/node_keys.h"
#include "tests/testing/vectors.h"
#include "tools/cairn/record.h"

namespace cairn::testing {
namespace {

constexpr int64_t kNowS = 1798761600;  // 2027-01-01T00:00:00Z.

nlohmann::ordered_json Found(const certificate::Judgement& judgement) {
  nlohmann::ordered_json json;
  cli::AddJudgement(judgement, json);
  cli::AddRounded(judgement.rounded, json["record"]);
  for (const auto& [id, step] : judgement.steps) json["record"]["steps"][id] = step.Text();
  return json["record"];
}

}  // namespace

std::string FoundOfRecords(const std::filesystem::path& directory) {
  const certificate::NodeKeys keys =
      certificate::NodeKeys::Parse(ReadFile(directory / "node.keys")).value();
  std::string text;
  for (const std::filesystem::path& file : FilesIn(directory, ".json")) {
    const absl::StatusOr<certificate::JudgedRecord> judged =
        certificate::JudgeRecord(ReadFile(file), {.node_keys = &keys, .now_s = kNowS});
    absl::StrAppend(&text, file.filename().string(), "\n",
                    judged.ok() ? Found(judged->judgement).dump(2)
                                : absl::StrCat("malformed: ", judged.status().message()),
                    "\n");
  }
  return text;
}

}  // namespace cairn::testing
