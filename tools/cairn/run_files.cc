#include "tools/cairn/run_files.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/evidence.h"
#include "merkle/certificate/canonical_json.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

using certificate::JudgedRecord;

absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string path = entry->path().string();
    if (absl::EndsWith(path, ".json") && !absl::EndsWith(path, evidence::kFileSuffix)) {
      files.push_back(path);
    }
  }
  if (error) return absl::InternalError(absl::StrCat(directory, ": ", error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<JudgedRecord> ReadOne(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path, certificate::kMaxRecordBytes);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<JudgedRecord> record = certificate::JudgeRecord(*bytes);
  if (!record.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", record.status().message()));
  }
  return record;
}

// The steps within, each judged as the record that it is.
absl::Status TakeSteps(JudgedRecord project, RunFiles& run) {
  const certificate::Json* records = certificate::ObjectMember(project.record(), "embeddedBundles");
  for (const auto& [id, unused] : project.judgement.steps) {
    const certificate::Json* step =
        records == nullptr ? nullptr : certificate::Member(*records, id);
    if (step == nullptr) continue;
    absl::StatusOr<JudgedRecord> judged =
        certificate::JudgeRecord(certificate::CanonicalJson(*step));
    if (!judged.ok()) return absl::InvalidArgumentError(judged.status().message());
    run.names.push_back(id);
    run.records.push_back(*std::move(judged));
  }
  run.listed = true;
  run.project = std::move(project.judgement);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RunFiles> ReadRun(const std::vector<std::string>& paths) {
  RunFiles run{.path = paths.front(), .names = {}, .records = {}};
  std::vector<std::string> files = paths;
  std::error_code error;
  if (paths.size() == 1 && std::filesystem::is_directory(paths.front(), error)) {
    absl::StatusOr<std::vector<std::string>> found = FilesIn(paths.front());
    if (!found.ok()) return found.status();
    if (found->empty()) {
      return absl::InvalidArgumentError(absl::StrCat(paths.front(), " holds no *.json"));
    }
    files = *std::move(found);
  } else {
    run.listed = files.size() > 1;
  }
  if (files.size() > kMaxRunRecords) {
    return absl::InvalidArgumentError(absl::StrCat(
        "more than ", kMaxRunRecords, " records, the most that are taken for one run"));
  }
  for (const std::string& path : files) {
    absl::StatusOr<JudgedRecord> record = ReadOne(path);
    if (!record.ok()) return record.status();
    if (files.size() == 1 && record->judgement.kind == "cer.project.bundle.v1") {
      if (absl::Status taken = TakeSteps(*std::move(record), run); !taken.ok()) return taken;
      break;
    }
    run.names.push_back(path);
    run.records.push_back(*std::move(record));
  }
  return run;
}

}  // namespace cairn::cli
