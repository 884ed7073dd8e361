#include "tools/cairn/improvement.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/time_text.h"
#include "merkle/hash.h"
#include "tools/cairn/evidence_file.h"

namespace cairn::cli {
namespace {

using evidence::AnchorReceipt;
using evidence::State;

// Rising.
enum class Worth { kFalse, kUnproven, kAccepted, kProven };

struct Judged {
  AnchorReceipt receipt;
  Worth worth = Worth::kUnproven;
  std::optional<uint64_t> existed_by_s = std::nullopt;
};

// By anchor.
using Receipts = std::map<std::string, Judged>;

Receipts Judge(const evidence::Evidence& evidence, const evidence::AnchorTrust& trust) {
  Receipts all;
  const Hash digest = merkle::Sha256(evidence.proof.checkpoint);
  for (const AnchorReceipt& receipt : evidence.receipts) {
    const evidence::JudgedReceipt judged = evidence::JudgeReceipt(receipt, digest, trust);
    Worth worth = judged.accepted ? Worth::kAccepted : Worth::kUnproven;
    if (judged.layer.state == State::kProven) worth = Worth::kProven;
    if (judged.layer.state == State::kFalse) worth = Worth::kFalse;
    all[receipt.anchor] = {receipt, worth, judged.existed_by_s};
  }
  return all;
}

// A time-stamp's revocation lists come after it: the same token with them says more. Only where
// they are proven to be what they say, or else junk beside a good token would make that false.
bool SaysMore(const Judged& fresh, const Judged& old) {
  if (fresh.worth != Worth::kProven || old.worth != Worth::kProven) return false;
  if (fresh.receipt.kind != evidence::kRfc3161Kind || old.receipt.kind != fresh.receipt.kind) {
    return false;
  }
  const auto more = rfc3161::ParseReceipt(fresh.receipt.receipt);
  const auto less = rfc3161::ParseReceipt(old.receipt.receipt);
  return more.ok() && less.ok() && more->response == less->response &&
         more->crls.size() > less->crls.size() &&
         more->certificates.size() >= less->certificates.size();
}

bool Better(const Judged& fresh, const Judged& old) {
  return fresh.worth > old.worth || SaysMore(fresh, old);
}

// The better one of each anchor, where both are over one checkpoint.
void Merge(const Receipts& old, const Receipts& fresh, evidence::Evidence& merged) {
  Receipts best = fresh;
  for (const auto& [anchor, receipt] : old) {
    const auto found = best.find(anchor);
    if (found == best.end() || !Better(found->second, receipt)) best[anchor] = receipt;
  }
  merged.receipts.clear();
  for (const auto& [anchor, receipt] : best) merged.receipts.push_back(receipt.receipt);
}

std::optional<uint64_t> Earliest(const Receipts& receipts) {
  std::optional<uint64_t> earliest;
  for (const auto& [anchor, receipt] : receipts) {
    if (!receipt.existed_by_s.has_value()) continue;
    earliest = std::min(earliest.value_or(UINT64_MAX), *receipt.existed_by_s);
  }
  return earliest;
}

std::string SecondsText(std::optional<uint64_t> at_s) {
  return at_s ? evidence::TimeText(std::min(*at_s, UINT64_MAX / 1000) * 1000) : "none";
}

absl::Status NothingLost(const Receipts& old, const Receipts& fresh) {
  for (const auto& [anchor, receipt] : old) {
    const auto found = fresh.find(anchor);
    if (found == fresh.end()) {
      return absl::AbortedError(absl::StrCat("the log's evidence has no receipt of ", anchor));
    }
    const bool same = found->second.receipt == receipt.receipt;
    const bool both_proven =
        found->second.worth == Worth::kProven && receipt.worth == Worth::kProven;
    if (!same && !both_proven && !Better(found->second, receipt)) {
      return absl::AbortedError(
          absl::StrCat("the log's evidence has another receipt of ", anchor,
                       ", over another checkpoint, and nothing here shows that it is better"));
    }
  }
  const std::optional<uint64_t> before = Earliest(old), after = Earliest(fresh);
  if (before.has_value() && after.value_or(UINT64_MAX) > *before) {
    return absl::AbortedError(absl::StrCat("the log's evidence proves a later time, ",
                                           SecondsText(after), " instead of ",
                                           SecondsText(before)));
  }
  return absl::OkStatus();
}

bool AnythingGained(const Receipts& old, const Receipts& fresh) {
  return std::any_of(fresh.begin(), fresh.end(), [&](const auto& item) {
    const auto found = old.find(item.first);
    return found == old.end() || Better(item.second, found->second);
  });
}

const evidence::Layer* Find(const evidence::Report& report, const std::string& name) {
  for (const evidence::Layer& layer : report.layers) {
    if (layer.name == name) return &layer;
  }
  return nullptr;
}

// Of receipts NothingLost says more; what the bounds say differs by its nature.
absl::Status NoLayerLost(const evidence::Report& old, const evidence::Report& fresh) {
  for (const evidence::Layer& layer : old.layers) {
    if (layer.state != State::kProven || absl::EndsWith(layer.name, " bound")) continue;
    const evidence::Layer* const now = Find(fresh, layer.name);
    if (now == nullptr || now->state != State::kProven) {
      return absl::AbortedError(
          absl::StrCat("the log's evidence does not prove ", layer.name, " any more"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<evidence::Report> VerifyOld(const evidence::Evidence& old, const Trust& trust) {
  absl::StatusOr<evidence::Report> report = evidence::Verify(old, trust.For(old));
  if (!report.ok()) return absl::FailedPreconditionError(report.status().message());
  for (const evidence::Layer& layer : report->layers) {
    if (layer.state == State::kFalse) {
      return absl::FailedPreconditionError(
          absl::StrCat("it does not verify itself: ", layer.name, ": ", layer.detail));
    }
  }
  return report;
}

}  // namespace

absl::StatusOr<evidence::Evidence> Improve(const evidence::Evidence& old,
                                           const evidence::Evidence& fresh, const Trust& trust) {
  if (fresh.entry != old.entry || fresh.proof.index != old.proof.index) {
    return absl::InvalidArgumentError("the log's answer is false: it is about another entry");
  }
  const absl::StatusOr<evidence::Report> before = VerifyOld(old, trust);
  if (!before.ok()) return before.status();
  evidence::Evidence improved = fresh;
  improved.kind = old.kind;
  improved.openings = old.openings;
  const evidence::VerifyOptions options = trust.For(fresh);
  // First of all as it came: what is false is not to be merged away.
  const absl::StatusOr<evidence::Report> answered = evidence::Verify(improved, options);
  if (!answered.ok()) return answered.status();
  if (absl::Status good = CheckReport(improved, *answered, /*have_log_key=*/true); !good.ok()) {
    return good;
  }
  const Receipts had = Judge(old, options.anchors);
  if (old.proof.checkpoint == fresh.proof.checkpoint) {
    Merge(had, Judge(fresh, options.anchors), improved);
  }
  const Receipts have = Judge(improved, options.anchors);
  const absl::StatusOr<evidence::Report> after = evidence::Verify(improved, options);
  if (!after.ok()) return after.status();
  const evidence::Layer* const quorum = Find(*before, "witnesses");
  const bool cosigned_now =
      quorum != nullptr && quorum->required && quorum->state != State::kProven;
  if (!AnythingGained(had, have) && !cosigned_now) {
    return absl::AlreadyExistsError("the log has nothing more");
  }
  if (absl::Status kept = NothingLost(had, have); !kept.ok()) return kept;
  if (absl::Status kept = NoLayerLost(*before, *after); !kept.ok()) return kept;
  return improved;
}

}  // namespace cairn::cli
