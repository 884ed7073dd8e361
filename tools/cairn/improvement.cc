#include "tools/cairn/improvement.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/anchors.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/time_text.h"
#include "merkle/hash.h"
#include "tools/cairn/evidence_file.h"

namespace cairn::cli {
namespace {

namespace ots = evidence::ots;
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

// Nothing that is not proven takes another's place.
bool Better(const Judged& fresh, const Judged& old) {
  if (old.receipt.kind == evidence::kOpenTimestampsKind) return false;
  const bool proven_now = fresh.worth == Worth::kProven && old.worth != Worth::kProven;
  return proven_now || SaysMore(fresh, old);
}

// Both trees in one; `old` itself where they are over different digests, or cannot be joined.
AnchorReceipt Joined(const AnchorReceipt& old, const Judged& fresh) {
  if (fresh.worth == Worth::kFalse || fresh.receipt.kind != old.kind) return old;
  absl::StatusOr<ots::File> tree = ots::Parse(old.receipt);
  absl::StatusOr<ots::File> more = ots::Parse(fresh.receipt.receipt);
  if (!tree.ok() || !more.ok() || tree->digest_op != more->digest_op ||
      tree->digest != more->digest) {
    return old;
  }
  ots::Merge(std::move(more->timestamp), &tree->timestamp);
  absl::StatusOr<std::string> bytes = ots::Format(*tree);
  if (!bytes.ok()) return old;
  return {.anchor = old.anchor, .kind = old.kind, .receipt = *std::move(bytes)};
}

// Those that a renewal covers.
std::set<Hash> Covered(const evidence::Evidence& evidence) {
  std::set<Hash> covered;
  for (const evidence::Renewal& renewal : evidence.renewals) covered.insert(renewal.receipt);
  return covered;
}

// What is to be had of each anchor, where both are over one checkpoint.
void MergeReceipts(const Receipts& old, const Receipts& fresh, evidence::Evidence& merged) {
  const std::set<Hash> covered = Covered(merged);
  std::map<std::string, AnchorReceipt> best;
  for (const auto& [anchor, receipt] : fresh) {
    if (receipt.worth != Worth::kFalse) best[anchor] = receipt.receipt;
  }
  for (const auto& [anchor, receipt] : old) {
    const auto found = fresh.find(anchor);
    const bool may_change =
        found != fresh.end() && covered.count(merkle::Sha256(receipt.receipt.receipt)) == 0;
    AnchorReceipt& kept = best[anchor];
    if (may_change && receipt.receipt.kind == evidence::kOpenTimestampsKind) {
      kept = Joined(receipt.receipt, found->second);
    } else if (!may_change || !Better(found->second, receipt)) {
      kept = receipt.receipt;
    }
  }
  merged.receipts.clear();
  for (auto& [anchor, receipt] : best) merged.receipts.push_back(std::move(receipt));
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

// That `now` has all that `old` says.
bool Contains(const Judged& now, const Judged& old) {
  if (now.receipt == old.receipt) return true;
  if (old.receipt.kind == evidence::kOpenTimestampsKind) {
    return Joined(old.receipt, now).receipt == now.receipt.receipt;
  }
  return now.worth == Worth::kProven;
}

absl::Status NothingLost(const Receipts& old, const Receipts& fresh) {
  for (const auto& [anchor, receipt] : old) {
    const auto found = fresh.find(anchor);
    if (found == fresh.end()) {
      return absl::AbortedError(absl::StrCat("the log's evidence has no receipt of ", anchor));
    }
    if (!Contains(found->second, receipt)) {
      return absl::AbortedError(
          absl::StrCat("the log's evidence has another receipt of ", anchor,
                       ", over another checkpoint, which does not contain this one"));
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
    return found == old.end() || !(item.second.receipt == found->second.receipt);
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
  improved.version = 2;
  const evidence::VerifyOptions options = trust.For(fresh);
  // First of all as it came: what is false is not to be merged away.
  const absl::StatusOr<evidence::Report> answered = evidence::Verify(improved, options);
  if (!answered.ok()) return answered.status();
  if (absl::Status good = CheckReport(improved, *answered, /*have_log_key=*/true); !good.ok()) {
    return good;
  }
  improved.renewals = old.renewals;
  improved.revocation = old.revocation;
  improved.run = old.run;
  improved.commitments = old.commitments;
  const Receipts had = Judge(old, options.anchors);
  if (old.proof.checkpoint == fresh.proof.checkpoint) {
    MergeReceipts(had, Judge(fresh, options.anchors), improved);
  } else if (!old.renewals.empty()) {
    return absl::AbortedError(
        "the log's evidence is over another checkpoint, which this one's renewals do not cover");
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
