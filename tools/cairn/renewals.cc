#include "tools/cairn/renewals.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/verify.h"
#include "merkle/entry/entry.h"
#include "merkle/proof_bytes.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/log_view.h"

namespace cairn::cli {
namespace {

constexpr uint64_t kChunk = 4096;

absl::StatusOr<std::optional<evidence::Renewal>> Fetch(LogClient& client, const Hash& receipt,
                                                       LeafIndex index) {
  v1::GetEvidenceRequest request;
  request.set_index(index.value());
  const absl::StatusOr<v1::GetEvidenceResponse> answer = client.GetEvidence(request);
  if (!answer.ok()) return answer.status();
  if (answer->index() != index.value()) {
    return False(absl::StrCat("it is about entry ", answer->index()));
  }
  absl::StatusOr<merkle::Proof> proof = merkle::ParseProof(answer->proof());
  if (!proof.ok()) return False(proof.status().message());
  evidence::Renewal renewal{.receipt = receipt,
                            .entry = answer->entry(),
                            .proof = {.extra = std::nullopt,
                                      .index = index,
                                      .proof = *std::move(proof),
                                      .checkpoint = answer->checkpoint()},
                            .receipts = {}};
  for (const v1::AnchorReceipt& given : answer->receipts()) {
    if (Stands(given)) renewal.receipts.push_back({given.anchor(), given.kind(), given.receipt()});
  }
  std::sort(renewal.receipts.begin(), renewal.receipts.end(),
            [](const auto& a, const auto& b) { return a.anchor < b.anchor; });
  // No round has the entry yet.
  if (renewal.receipts.empty()) return std::nullopt;
  return renewal;
}

// With the renewal in its place, or why it has none.
absl::Status Add(evidence::Renewal renewal, const Trust& trust, evidence::Evidence& evidence) {
  evidence::Evidence with = evidence;
  with.version = 2;
  const auto place = [](const evidence::Renewal& one) {
    return std::pair(evidence::SizeOf(one.proof), one.receipt);
  };
  const auto at = std::find_if(with.renewals.begin(), with.renewals.end(),
                               [&](const auto& one) { return place(one) >= place(renewal); });
  const auto number = static_cast<size_t>(at - with.renewals.begin()) + 1;
  with.renewals.insert(at, std::move(renewal));
  if (absl::StatusOr<std::string> form = evidence::Format(with); !form.ok()) return form.status();
  const absl::StatusOr<evidence::Report> report = evidence::Verify(with, trust.For(with));
  if (!report.ok()) return report.status();
  const evidence::Layer* const layer = report->Find(absl::StrCat("renewal ", number));
  if (layer == nullptr || layer->state == evidence::State::kFalse) {
    return absl::InvalidArgumentError(layer == nullptr ? "not judged" : layer->detail);
  }
  evidence = std::move(with);
  return absl::OkStatus();
}

}  // namespace

absl::Status ReceiptEntries::ReadChunk(uint64_t chunk) {
  const uint64_t end = std::min(*log_size_, (chunk + 1) * kChunk);
  uint64_t next = chunk * kChunk;
  while (next < end) {
    v1::ListEntriesRequest request;
    request.set_begin(next);
    request.set_end(end);
    const uint64_t before = next;
    const absl::Status listed =
        client_.ListEntries(request, [&](const v1::ListEntriesResponse& answer) -> absl::Status {
          if (answer.first_index() != next ||
              static_cast<uint64_t>(answer.entries_size()) > end - next) {
            return False("it has other entries than were asked for");
          }
          for (const std::string& bytes : answer.entries()) {
            const absl::StatusOr<entry::Entry> entry = entry::Decode(bytes);
            const auto* const about =
                entry.ok() ? std::get_if<entry::ReceiptEntry>(&entry->body) : nullptr;
            if (about != nullptr) found_.emplace(about->receipt_hash, LeafIndex(next));
            ++next;
          }
          return absl::OkStatus();
        });
    if (!listed.ok()) return listed;
    if (next == before) return False(absl::StrCat("it ends at entry ", next));
  }
  read_.insert(chunk);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<LeafIndex>> ReceiptEntries::Find(const Hash& receipt,
                                                              TreeSize tree_size) {
  if (!log_size_) {
    const absl::StatusOr<CheckpointAnswer> newest = FetchCheckpoint(client_, std::nullopt);
    if (!newest.ok()) return newest.status();
    log_size_ = newest->checkpoint.size.value();
  }
  const uint64_t end = std::min(*log_size_, tree_size.value() + kMaxSearched);
  for (uint64_t chunk = tree_size.value() / kChunk; chunk * kChunk < end; ++chunk) {
    const auto found = found_.find(receipt);
    if (found != found_.end()) return found->second;
    if (read_.count(chunk) > 0) continue;
    if (absl::Status read = ReadChunk(chunk); !read.ok()) return read;
  }
  const auto found = found_.find(receipt);
  return found == found_.end() ? std::nullopt : std::optional(found->second);
}

absl::StatusOr<size_t> AddRenewals(LogClient& client, ReceiptEntries& entries, const Trust& trust,
                                   evidence::Evidence& evidence) {
  std::set<Hash> covered;
  for (const evidence::Renewal& renewal : evidence.renewals) covered.insert(renewal.receipt);
  size_t added = 0;
  const std::vector<evidence::AnchorReceipt> receipts = evidence.receipts;
  for (const evidence::AnchorReceipt& receipt : receipts) {
    const Hash hash = merkle::Sha256(receipt.receipt);
    if (!covered.insert(hash).second) continue;
    const auto index = entries.Find(hash, evidence::SizeOf(evidence.proof));
    if (!index.ok()) return index.status();
    if (!index->has_value()) continue;
    absl::StatusOr<std::optional<evidence::Renewal>> renewal = Fetch(client, hash, **index);
    if (!renewal.ok()) return renewal.status();
    if (!renewal->has_value()) continue;
    if (Add(**std::move(renewal), trust, evidence).ok()) ++added;
  }
  return added;
}

}  // namespace cairn::cli
