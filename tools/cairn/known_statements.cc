#include "tools/cairn/known_statements.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "anchor/evidence/evidence.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/file.h"
#include "tools/cairn/record.h"

namespace cairn::cli {
namespace {

// A million hashes and more.
constexpr size_t kMaxListBytes = size_t{128} << 20;

absl::Status In(const std::string& path, const absl::Status& why) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", why.message()));
}

}  // namespace

absl::StatusOr<KnownStatements> KnownStatements::Read(const std::string& directory) {
  KnownStatements known;
  std::error_code error;
  std::filesystem::directory_iterator files(directory, error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    if (!files->is_regular_file(error)) continue;
    if (absl::Status taken = known.Take(files->path().string()); !taken.ok()) return taken;
  }
  if (error) {
    return absl::NotFoundError(absl::StrCat("cannot read ", directory, ": ", error.message()));
  }
  return known;
}

absl::Status KnownStatements::Take(const std::string& path) {
  if (absl::EndsWith(path, ".hashes")) return TakeList(path);
  if (absl::EndsWith(path, evidence::kFileSuffix)) {
    const absl::StatusOr<std::string> bytes = ReadFile(path, evidence::kMaxEvidenceBytes);
    if (!bytes.ok()) return bytes.status();
    const absl::StatusOr<evidence::Evidence> evidence = evidence::Parse(*bytes);
    if (!evidence.ok()) return In(path, evidence.status());
    absl::StatusOr<evidence::StatementEntry> entry = evidence::DecodeStatement(evidence->entry);
    if (!entry.ok()) return In(path, entry.status());
    entry::Statement& statement = entry->signed_statement.statement;
    const Hash hash = statement.certificate_hash;
    by_hash_[hash].statements.push_back(std::move(statement));
    return absl::OkStatus();
  }
  if (!absl::EndsWith(path, ".json")) return absl::OkStatus();
  const absl::StatusOr<Record> record = ReadRecord(path, evidence::CertificateKind::kCer, {});
  if (!record.ok()) return In(path, record.status());
  by_hash_.try_emplace(record->hash);
  return absl::OkStatus();
}

absl::Status KnownStatements::TakeList(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxListBytes);
  if (!text.ok()) return text.status();
  for (const absl::string_view line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    const absl::StatusOr<Hash> hash = ParseHash(line);
    if (!hash.ok()) return In(path, hash.status());
    by_hash_.try_emplace(*hash);
  }
  return absl::OkStatus();
}

size_t KnownStatements::hashes_alone() const {
  return std::count_if(by_hash_.begin(), by_hash_.end(),
                       [](const auto& known) { return known.second.statements.empty(); });
}

Hash KnownStatements::Digest() const {
  std::vector<std::string> lines;
  for (const auto& [hash, known] : by_hash_) {
    lines.emplace_back(hash.view());
    for (const entry::Statement& statement : known.statements) {
      const absl::StatusOr<std::string> bytes =
          entry::Encode({.body = entry::SignedStatement{statement, {}}});
      if (bytes.ok()) lines.push_back(*bytes);
    }
  }
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::string all;
  for (const std::string& line : lines) absl::StrAppend(&all, line.size(), " ", line);
  return merkle::Sha256(all);
}

std::optional<witness::Finding> KnownStatements::Judge(const entry::Statement& statement) const {
  const std::string said =
      absl::StrCat("hash ", statement.certificate_hash.Hex(), ", policy status ",
                   entry::PolicyStatusName(statement.policy_status), ", ",
                   statement.supersedes.has_value()
                       ? absl::StrCat("supersedes entry ", statement.supersedes->value())
                       : "supersedes nothing",
                   ", trace `", statement.trace, "`, task `", statement.task, "`");
  const auto known = by_hash_.find(statement.certificate_hash);
  if (known == by_hash_.end()) {
    return witness::Finding{.kind = witness::FindingKind::kUnknown,
                            .text = absl::StrCat("a statement that is not known: ", said)};
  }
  const std::vector<entry::Statement>& ours = known->second.statements;
  if (ours.empty()) {
    return witness::Finding{
        .kind = witness::FindingKind::kReview,
        .text =
            absl::StrCat("only the hash is known, and not what was stated: look whether this is "
                         "yours: ",
                         said)};
  }
  if (std::find(ours.begin(), ours.end(), statement) != ours.end()) return std::nullopt;
  return witness::Finding{
      .kind = witness::FindingKind::kUnknown,
      .text = absl::StrCat("another statement than the evidence at hand has on this hash: ", said)};
}

}  // namespace cairn::cli
