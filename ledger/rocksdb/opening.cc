#include "ledger/rocksdb/opening.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/rocksdb/codec.h"
#include "ledger/rocksdb/families.h"
#include "ledger/rocksdb/status.h"

namespace cairn::ledger {
namespace {

rocksdb::Slice ToSlice(absl::string_view view) { return {view.data(), view.size()}; }

}  // namespace

absl::Status CheckFamilies(const rocksdb::DBOptions& options, const std::string& database_path) {
  std::vector<std::string> expected;
  for (const auto& family : Families(0)) expected.push_back(family.name);
  std::vector<std::string> names;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, database_path, &names);
  if (!status.ok()) return FromOpening(status, database_path);
  if (names == expected) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(database_path, " has the column families ", absl::StrJoin(names, ", "),
                   ": not a log that this build reads (format ", codec::kFormatVersion, ")"));
}

absl::Status FromOpening(const rocksdb::Status& status, const std::string& database_path) {
  if (status.IsInvalidArgument()) {
    return absl::DataLossError(absl::StrCat("opening ", database_path, ": ", status.ToString()));
  }
  return FromRocksDb(status, absl::StrCat("opening ", database_path));
}

absl::StatusOr<LogIdentity> ReadIdentity(rocksdb::DB& database, const std::string& path) {
  std::string value;
  rocksdb::Status status = database.Get({}, ToSlice(codec::kFormatKey), &value);
  if (!status.ok()) return FromRocksDb(status, "reading the format version");
  const auto version = codec::ParseU32(value);
  if (!version.ok()) return version.status();
  if (*version != codec::kFormatVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " has format ", *version, "; this build reads format ", codec::kFormatVersion,
        ": use the cairnd that wrote it, or one that converts it"));
  }
  status = database.Get({}, ToSlice(codec::kIdentityKey), &value);
  if (!status.ok()) return FromRocksDb(status, "reading the log's identity");
  return codec::ParseIdentity(value);
}

}  // namespace cairn::ledger
