// All that reads several records, or tells of one, on any records, one a line: no crash, and the
// places of a run's steps are places in it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/aief.h"
#include "merkle/certificate/difference.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/run.h"
#include "merkle/certificate/summary.h"

namespace {

using cairn::certificate::Compare;
using cairn::certificate::JudgedRecord;
using cairn::certificate::JudgeRecord;
using cairn::certificate::JudgeRun;
using cairn::certificate::Run;
using cairn::certificate::RunInput;
using cairn::certificate::RunStep;

void Check(const Run& run) {
  const auto is_place = [&run](size_t place) { return place < run.steps.size(); };
  for (const RunStep& step : run.steps) {
    if (!std::all_of(step.parents.begin(), step.parents.end(), is_place)) std::abort();
    if (!std::all_of(step.children.begin(), step.children.end(), is_place)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<JudgedRecord> records;
  for (const absl::string_view line : absl::StrSplit(bytes, '\n')) {
    absl::StatusOr<JudgedRecord> judged = JudgeRecord(std::string(line));
    if (judged.ok()) records.push_back(*std::move(judged));
  }
  std::vector<RunInput> inputs;
  for (const JudgedRecord& record : records) {
    inputs.push_back({.name = std::to_string(inputs.size()), .record = &record});
    cairn::certificate::Summarize(record);
    cairn::certificate::JudgeAief(record, {});
    const cairn::certificate::Difference same = Compare(record.record(), record.record());
    if (same.any() || same.execution_drift) std::abort();
    Compare(records.front().record(), record.record());
  }
  Check(JudgeRun(inputs, /*listed=*/true));
  Check(JudgeRun(inputs, /*listed=*/false));
  return 0;
}
