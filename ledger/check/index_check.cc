#include "ledger/check/index_check.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ledger/check/parallel.h"
#include "ledger/index_tag.h"
#include "merkle/entry/statement_view.h"

namespace cairn::ledger {
namespace {

// Rows of one side that a search holds, unless a single bucket has more.
constexpr uint64_t kMaxSearchedRows = 2'000'000;
// Rows from the watermark on: there are as many as a log holds in memory, at the most.
constexpr size_t kMaxBeyond = 4'000'000;

std::string TagName(const IndexTag& tag) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(tag.data()), tag.size()));
}

void SayExtra(const IndexRow& row, Findings& findings) {
  findings.Add(Part::kIndex, row.index,
               absl::StrCat("the row ", TagName(row.tag), " names entry ", row.index.value(),
                            ", whose certificate has another tag"));
}

// Calls `take(row)` for each statement in a range of entries, which CheckChunk has found in order.
template <typename Take>
absl::Status ForEachRow(CheckSource& source, LeafIndex begin, LeafIndex end, const Take& take) {
  const std::unique_ptr<Cursor<StoredRun>> runs = source.Runs(begin, end);
  while (true) {
    const absl::StatusOr<std::optional<StoredRun>> run = runs->Next();
    if (!run.ok()) return run.status();
    if (!run->has_value()) return absl::OkStatus();
    ForEachEntry(**run, [&](LeafIndex index, absl::string_view encoded) {
      const std::optional<entry::StatementView> view = entry::ViewStatement(encoded);
      if (!view.has_value()) return;
      take(IndexRow{MakeIndexTag(source.identity().index_salt, view->certificate_hash), index});
    });
  }
}

}  // namespace

IndexCheck::IndexCheck(const ChunkPlan& plan, uint32_t threads) : plan_(plan), threads_(threads) {
  const auto key = IndexDigest::Key::Random();
  expected_.assign(threads, IndexDigest(key));
  stored_.assign(threads, IndexDigest(key));
}

absl::Status IndexCheck::ReadPart(uint32_t thread, uint32_t part) {
  IndexDigest& digest = stored_[thread];
  uint64_t rows = 0;
  const absl::Status read = plan_.source->ScanIndex(part, [&](const IndexRow& row) {
    ++rows;
    if (row.index < *plan_.watermark) {
      digest.Add(row);
    } else {
      TakeBeyond(row);
    }
  });
  plan_.progress->index_rows += rows;
  if (!absl::IsDataLoss(read)) return read;
  plan_.findings->Add(
      Part::kIndex, LeafIndex(0),
      absl::StrCat("rows in part ", part, " of ", CheckSource::kIndexParts, ": ", read.message()));
  return absl::OkStatus();
}

void IndexCheck::TakeBeyond(const IndexRow& row) {
  if (!plan_.size.contains(row.index)) {
    plan_.findings->Add(Part::kIndex, row.index,
                        absl::StrCat("the row ", TagName(row.tag), " names entry ",
                                     row.index.value(), ", beyond the tree"));
    return;
  }
  const std::lock_guard lock(mutex_);
  if (beyond_.size() < kMaxBeyond) {
    beyond_.push_back(row);
  } else if (beyond_.size() == kMaxBeyond) {
    beyond_.push_back(row);
    plan_.findings->Add(
        Part::kIndex, *plan_.watermark,
        absl::StrCat("more than ", kMaxBeyond, " rows name entries from ", plan_.watermark->value(),
                     " on, up to which the index says that it is whole"));
  }
}

absl::Status IndexCheck::Compare() {
  for (uint32_t i = 1; i < threads_; ++i) {
    expected_[0].Merge(expected_[i]);
    stored_[0].Merge(stored_[i]);
  }
  rows_ = stored_[0].count() + beyond_.size();
  if (absl::Status beyond = CheckBeyond(); !beyond.ok()) return beyond;

  std::vector<bool> chosen(IndexDigest::kBuckets);
  uint64_t expected_rows = 0, stored_rows = 0;
  for (const size_t bucket : stored_[0].Differences(expected_[0])) {
    // The first differing bucket is searched whatever its size: a difference is always named.
    if (expected_rows + stored_rows != 0 &&
        (expected_rows + expected_[0].count(bucket) > kMaxSearchedRows ||
         stored_rows + stored_[0].count(bucket) > kMaxSearchedRows)) {
      continue;
    }
    chosen[bucket] = true;
    expected_rows += expected_[0].count(bucket);
    stored_rows += stored_[0].count(bucket);
  }
  return expected_rows + stored_rows == 0 ? absl::OkStatus() : Search(chosen);
}

absl::Status IndexCheck::CheckBeyond() {
  if (beyond_.empty()) return absl::OkStatus();
  std::sort(beyond_.begin(), beyond_.end(),
            [](const IndexRow& a, const IndexRow& b) { return a.index < b.index; });
  auto next = beyond_.begin();
  // A run may begin before the watermark.
  const uint64_t begin = plan_.watermark->value() / merkle::kTileWidth * merkle::kTileWidth;
  const absl::Status read = ForEachRow(
      *plan_.source, LeafIndex(begin), LeafIndex(plan_.size.value()), [&](const IndexRow& row) {
        for (; next != beyond_.end() && next->index <= row.index; ++next) {
          if (*next != row) SayExtra(*next, *plan_.findings);
        }
      });
  if (!read.ok()) return read;
  for (; next != beyond_.end(); ++next) SayExtra(*next, *plan_.findings);
  return absl::OkStatus();
}

absl::Status IndexCheck::Search(const std::vector<bool>& buckets) {
  const auto wanted = [&](const IndexRow& row) {
    return row.index < *plan_.watermark && buckets[IndexDigest::BucketOf(row.tag)];
  };
  std::mutex mutex;
  std::vector<IndexRow> expected, stored;
  const uint64_t chunks = (plan_.watermark->value() + kChunkEntries - 1) / kChunkEntries;
  absl::Status read = RunTasks(threads_, chunks, [&](uint32_t, uint64_t chunk) {
    std::vector<IndexRow> rows;
    const uint64_t end = std::min((chunk + 1) * kChunkEntries, plan_.size.value());
    const absl::Status taken = ForEachRow(*plan_.source, LeafIndex(chunk * kChunkEntries),
                                          LeafIndex(end), [&](const IndexRow& row) {
                                            if (wanted(row)) rows.push_back(row);
                                          });
    const std::lock_guard lock(mutex);
    expected.insert(expected.end(), rows.begin(), rows.end());
    return taken;
  });
  constexpr size_t kBucketsAPart = IndexDigest::kBuckets / CheckSource::kIndexParts;
  for (uint32_t part = 0; part < CheckSource::kIndexParts && read.ok(); ++part) {
    const auto begin = buckets.begin() + part * kBucketsAPart;
    if (std::find(begin, begin + kBucketsAPart, true) == begin + kBucketsAPart) continue;
    read = plan_.source->ScanIndex(part, [&](const IndexRow& row) {
      if (wanted(row)) stored.push_back(row);
    });
    // Rows that cannot be read were complained of when they were summed.
    if (absl::IsDataLoss(read)) read = absl::OkStatus();
  }
  if (!read.ok()) return read;

  std::sort(expected.begin(), expected.end());
  std::sort(stored.begin(), stored.end());
  std::vector<IndexRow> missing, extra;
  std::set_difference(expected.begin(), expected.end(), stored.begin(), stored.end(),
                      std::back_inserter(missing));
  std::set_difference(stored.begin(), stored.end(), expected.begin(), expected.end(),
                      std::back_inserter(extra));
  for (const IndexRow& row : missing) {
    plan_.findings->Add(Part::kIndex, row.index,
                        absl::StrCat("the row ", TagName(row.tag), " does not name entry ",
                                     row.index.value(), ", whose certificate has this tag"));
  }
  for (const IndexRow& row : extra) SayExtra(row, *plan_.findings);
  return absl::OkStatus();
}

}  // namespace cairn::ledger
