#include "anchor/evidence/anchors.h"

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "anchor/evidence/time_text.h"
#include "merkle/entry/entry.h"

namespace cairn::evidence {
namespace {

bool TooLate(uint64_t at_s, const AnchorTrust& trust) {
  return trust.now_s.has_value() && at_s > *trust.now_s && at_s - *trust.now_s > kClockLeewayS;
}

// What a time-stamp is without an authority that proves it.
void JudgeUnproven(const absl::Status& status, bool have_authorities, JudgedReceipt& judged) {
  judged.layer.detail = std::string(status.message());
  if (absl::IsInternal(status)) {
    return judged.layer.Judge(State::kNotProven, kNotJudgedCode);
  }
  switch (rfc3161::WhatIsMissing(status)) {
    case rfc3161::Missing::kNothing:
      return judged.layer.Judge(
          State::kFalse, absl::IsPermissionDenied(status) ? kTokenRevokedCode : "token_false");
    case rfc3161::Missing::kRevocation:
      judged.accepted = true;
      return judged.layer.Judge(State::kNotProven, "revocation_not_checked");
    case rfc3161::Missing::kCertificate:
    case rfc3161::Missing::kRoot:
      break;
  }
  judged.accepted = true;
  if (!have_authorities) {
    absl::StrAppend(&judged.layer.detail, "; no roots of an authority are given");
    judged.layer.Judge(State::kClaimed, "no_authority");
  } else if (rfc3161::WhatIsMissing(status) == rfc3161::Missing::kCertificate) {
    judged.layer.Judge(State::kNotProven, "certificate_missing");
  } else {
    absl::StrAppend(&judged.layer.detail, "; no authority that is named here has it");
    judged.layer.Judge(State::kClaimed, "other_authority");
  }
}

void JudgeProven(const rfc3161::Timestamp& timestamp, const std::string& authority,
                 const AnchorTrust& trust, JudgedReceipt& judged) {
  judged.accepted = true;
  judged.layer.detail = absl::StrCat("existed by ", TimeText(timestamp.existed_by_s * 1000),
                                     ", says ", timestamp.authority, " (serial ", timestamp.serial,
                                     "), of authority ", authority,
                                     timestamp.revocation == rfc3161::Revocation::kNotRevoked
                                         ? "; its certificates were not revoked"
                                         : "; revocation was not checked: ",
                                     timestamp.revocation_lacking);
  if (TooLate(timestamp.gen_time_s, trust)) {
    absl::StrAppend(&judged.layer.detail, "; but that is later than now");
    return judged.layer.Judge(State::kNotProven, "later_than_now");
  }
  judged.layer.Judge(State::kProven, "token_proven");
  judged.authority = authority;
  judged.signer_key = timestamp.signer_key;
  judged.existed_by_s = timestamp.existed_by_s;
  judged.own_crls_used = timestamp.own_crls_used;
  judged.crls_used = timestamp.crls_used;
}

// How bad a status is for a receipt that nobody proves: the worst that any authority finds stands.
int Badness(const absl::Status& status) {
  if (absl::IsInternal(status)) return 1;
  switch (rfc3161::WhatIsMissing(status)) {
    case rfc3161::Missing::kRoot:
      return 0;
    case rfc3161::Missing::kCertificate:
    case rfc3161::Missing::kRevocation:
      return 1;
    case rfc3161::Missing::kNothing:
      break;
  }
  return 2;
}

void JudgeTimeStamp(const AnchorReceipt& receipt, const Hash& digest, const AnchorTrust& trust,
                    const rfc3161::Expectation& expectation, JudgedReceipt& judged) {
  // A receipt is looked at also without roots: then nothing of it is proven, but it can be false.
  if (trust.authorities.empty()) {
    static const std::unique_ptr<rfc3161::Verifier> nobody = *rfc3161::Verifier::Create({});
    const absl::StatusOr<rfc3161::Receipt> parsed = rfc3161::ParseReceipt(receipt.receipt);
    const absl::StatusOr<rfc3161::Timestamp> timestamp =
        parsed.ok() ? nobody->Verify(*parsed, digest, expectation) : parsed.status();
    return JudgeUnproven(timestamp.status(), /*have_authorities=*/false, judged);
  }
  absl::Status worst;
  for (const Authority& authority : trust.authorities) {
    const absl::StatusOr<rfc3161::Timestamp>& timestamp =
        authority.time_stamps->Verify(receipt.receipt, digest, expectation);
    if (timestamp.ok()) return JudgeProven(*timestamp, authority.name, trust, judged);
    if (worst.ok() || Badness(timestamp.status()) > Badness(worst)) worst = timestamp.status();
  }
  JudgeUnproven(worst, /*have_authorities=*/true, judged);
}

void JudgeBlock(const BitcoinVerdict& verdict, const AnchorTrust& trust, JudgedReceipt& judged) {
  if (verdict.state == BitcoinState::kFalse) {
    return judged.layer.Judge(State::kFalse,
                              verdict.contradicted.empty() ? "other_digest" : "block_contradicts");
  }
  if (trust.headers == nullptr) {
    absl::StrAppend(&judged.layer.detail, "; no block headers are given");
    return judged.layer.Judge(State::kClaimed, "no_headers");
  }
  if (verdict.state == BitcoinState::kNotProven) {
    return judged.layer.Judge(State::kNotProven, verdict.block             ? "block_not_deep"
                                                 : verdict.unknown.empty() ? "no_block_yet"
                                                                           : "block_unknown");
  }
  if (TooLate(verdict.block->time_s, trust)) {
    absl::StrAppend(&judged.layer.detail, "; but its time is later than now");
    return judged.layer.Judge(State::kNotProven, "later_than_now");
  }
  judged.layer.Judge(State::kProven, "block_proven");
  judged.authority = kBitcoinAuthority;
  judged.existed_by_s = verdict.block->time_s + kBitcoinClockS;
}

void JudgeOpenTimestamps(const AnchorReceipt& receipt, const Hash& digest, const AnchorTrust& trust,
                         JudgedReceipt& judged) {
  const absl::StatusOr<ots::File> file = ots::Parse(receipt.receipt);
  if (!file.ok()) {
    judged.layer.detail = std::string(file.status().message());
    return judged.layer.Judge(State::kFalse, "receipt_malformed");
  }
  const absl::StatusOr<BitcoinVerdict> verdict =
      VerifyBitcoin(receipt.receipt, digest, trust.headers, trust.min_depth);
  if (!verdict.ok()) {
    judged.accepted = true;
    judged.layer.detail = std::string(verdict.status().message());
    return judged.layer.Judge(State::kNotProven, kNotJudgedCode);
  }
  judged.layer.detail = verdict->detail;
  JudgeBlock(*verdict, trust, judged);
  judged.accepted = judged.layer.state != State::kFalse &&
                    !ots::BitcoinAttestations(file->timestamp, file->digest).empty();
}

}  // namespace

absl::Status CheckAuthorities(
    absl::Span<const std::pair<std::string, const rfc3161::Verifier*>> authorities) {
  std::map<Hash, std::string> owners;
  std::set<std::string> names;
  for (const auto& [name, verifier] : authorities) {
    if (absl::Status good = entry::ValidateText("the authority's name", name,
                                                /*allow_empty=*/false);
        !good.ok()) {
      return good;
    }
    if (name == kBitcoinAuthority) {
      return absl::InvalidArgumentError(
          "`bitcoin` is the authority that block headers stand for; choose another name");
    }
    if (!names.insert(name).second) {
      return absl::InvalidArgumentError(absl::StrCat("the authority `", name, "` is given twice"));
    }
    for (const Hash& key : verifier->root_keys()) {
      const auto [owner, fresh] = owners.emplace(key, name);
      if (fresh || owner->second == name) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("the authorities `", owner->second, "` and `", name,
                       "` share a root's key, so that one could vouch as both; give each root to "
                       "one authority"));
    }
  }
  return absl::OkStatus();
}

JudgedReceipt JudgeReceipt(const AnchorReceipt& receipt, const Hash& digest,
                           const AnchorTrust& trust, const rfc3161::Expectation& expectation) {
  JudgedReceipt judged{.layer = {.name = absl::StrCat("anchor ", receipt.anchor)}};
  if (receipt.kind == kRfc3161Kind) {
    JudgeTimeStamp(receipt, digest, trust, expectation, judged);
  } else if (receipt.kind == kOpenTimestampsKind) {
    JudgeOpenTimestamps(receipt, digest, trust, judged);
  } else {
    judged.layer.detail = absl::StrCat("receipts of kind `", receipt.kind,
                                       "` are not understood by this version of cairn");
    judged.layer.Judge(State::kClaimed, "kind_unknown");
  }
  return judged;
}

Vouched CountAuthorities(absl::Span<const JudgedReceipt> receipts) {
  // Which authority a signing key counts for.
  std::map<Hash, std::string> signers;
  for (const JudgedReceipt& receipt : receipts) {
    if (receipt.layer.state != State::kProven || !receipt.signer_key) continue;
    const auto [at, fresh] = signers.emplace(*receipt.signer_key, receipt.authority);
    if (!fresh) at->second = std::min(at->second, receipt.authority);
  }
  Vouched vouched;
  for (const JudgedReceipt& receipt : receipts) {
    if (receipt.layer.state != State::kProven) continue;
    if (receipt.signer_key && signers.at(*receipt.signer_key) != receipt.authority) continue;
    const auto [at, fresh] = vouched.emplace(receipt.authority, *receipt.existed_by_s);
    if (!fresh) at->second = std::min(at->second, *receipt.existed_by_s);
  }
  return vouched;
}

std::optional<uint64_t> AnchorBound(const Vouched& vouched, size_t needed) {
  std::vector<uint64_t> times_s;
  for (const auto& [authority, existed_by_s] : vouched) times_s.push_back(existed_by_s);
  if (needed == 0 || times_s.size() < needed) return std::nullopt;
  std::nth_element(times_s.begin(), times_s.begin() + static_cast<ptrdiff_t>(needed - 1),
                   times_s.end());
  return times_s[needed - 1];
}

}  // namespace cairn::evidence
