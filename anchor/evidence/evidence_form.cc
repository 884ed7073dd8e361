#include "anchor/evidence/evidence_form.h"

#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/der.h"
#include "merkle/note/text.h"

namespace cairn::evidence {
namespace {

absl::Status CheckOpenings(const std::vector<Opening>& openings) {
  if (openings.size() > 2) return Invalid("`openings`", "has more than two items");
  for (size_t i = 0; i < openings.size(); ++i) {
    const Opening& opening = openings[i];
    if (opening.field != "trace" && opening.field != "task") {
      return Invalid("`openings.field`", "must be `trace` or `task`");
    }
    if (i == 1 && (openings[0].field != "trace" || opening.field != "task")) {
      return Invalid("`openings`", "must hold `trace` before `task`, each once");
    }
    if (opening.value.size() > kMaxOpenedBytes) {
      return Invalid("`openings.value`",
                     absl::StrCat("is longer than ", kMaxOpenedBytes, " bytes"));
    }
    if (!note::IsValidUtf8(opening.value)) return Invalid("`openings.value`", "is not UTF-8");
  }
  return absl::OkStatus();
}

// `in` is where they stand: "" or "renewals.".
absl::Status CheckReceipts(const std::vector<AnchorReceipt>& receipts, absl::string_view in) {
  const std::string list = absl::StrCat("`", in, "receipts`");
  if (receipts.size() > kMaxReceipts) {
    return Invalid(list, absl::StrCat("has more than ", kMaxReceipts, " items"));
  }
  for (size_t i = 0; i < receipts.size(); ++i) {
    for (const auto& [member, text] :
         {std::pair("anchor", &receipts[i].anchor), {"kind", &receipts[i].kind}}) {
      const std::string name = absl::StrCat("`", in, "receipts.", member, "`");
      if (absl::Status good = entry::ValidateText(name, *text, /*allow_empty=*/false); !good.ok()) {
        return good;
      }
    }
    if (receipts[i].receipt.empty())
      return Invalid(absl::StrCat("`", in, "receipts.receipt`"), "is empty");
    if (i > 0 && receipts[i - 1].anchor >= receipts[i].anchor) {
      return Invalid(list, "must be of different anchors, by rising name");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckProof(absl::string_view member, const note::TlogProof& proof) {
  // It is authenticated by nothing, so that two files could make one claim.
  if (proof.extra.has_value()) return Invalid(member, "must not have an `extra` line");
  // Of what was parsed, so it is.
  const absl::StatusOr<std::string> text = note::FormatTlogProof(proof);
  return text.ok() ? absl::OkStatus()
                   : Invalid(member, absl::StrCat("is refused: ", text.status().message()));
}

absl::Status CheckRenewalEntry(const Renewal& renewal) {
  const absl::StatusOr<entry::Entry> decoded = entry::Decode(renewal.entry);
  if (!decoded.ok()) {
    return Invalid("`renewals.entry`", absl::StrCat("is refused: ", decoded.status().message()));
  }
  const auto* const receipt = std::get_if<entry::ReceiptEntry>(&decoded->body);
  if (receipt == nullptr) return Invalid("`renewals.entry`", "is not about a receipt");
  if (receipt->receipt_hash != renewal.receipt) {
    return Invalid("`renewals.entry`", "is about another receipt than `renewals.receipt`");
  }
  return absl::OkStatus();
}

absl::Status CheckRenewals(const Evidence& evidence) {
  if (evidence.renewals.size() > kMaxRenewals) {
    return Invalid("`renewals`", absl::StrCat("has more than ", kMaxRenewals, " items"));
  }
  std::set<Hash> known;
  const auto add = [&known](const std::vector<AnchorReceipt>& receipts) {
    for (const AnchorReceipt& receipt : receipts) known.insert(merkle::Sha256(receipt.receipt));
  };
  add(evidence.receipts);
  const Renewal* before = nullptr;
  for (const Renewal& renewal : evidence.renewals) {
    if (absl::Status good = CheckRenewalEntry(renewal); !good.ok()) return good;
    if (absl::Status good = CheckProof("`renewals.proof`", renewal.proof); !good.ok()) return good;
    if (renewal.receipts.empty()) return Invalid("`renewals.receipts`", "is empty");
    if (absl::Status good = CheckReceipts(renewal.receipts, "renewals."); !good.ok()) return good;
    const auto place = [](const Renewal& one) { return std::pair(SizeOf(one.proof), one.receipt); };
    if (before != nullptr && place(*before) >= place(renewal)) {
      return Invalid("`renewals`", "must be by rising size of their checkpoint, then by receipt");
    }
    if (known.count(renewal.receipt) == 0) {
      return Invalid("`renewals.receipt`", "is of no receipt that stands before it");
    }
    add(renewal.receipts);
    before = &renewal;
  }
  return absl::OkStatus();
}

absl::Status CheckRevocation(const std::vector<std::string>& lists) {
  if (lists.size() > kMaxRevocationLists) {
    return Invalid("`revocation`", absl::StrCat("has more than ", kMaxRevocationLists, " items"));
  }
  for (size_t i = 0; i < lists.size(); ++i) {
    if (absl::Status form = der::CheckForm(lists[i]); !form.ok()) {
      return Invalid("an item of `revocation`", absl::StrCat("is refused: ", form.message()));
    }
    if (static_cast<uint8_t>(lists[i][0]) != der::kSequence) {
      return Invalid("an item of `revocation`", "is no CertificateList");
    }
    if (i > 0 && lists[i - 1] >= lists[i]) {
      return Invalid("`revocation`", "must be sorted by its bytes, none twice");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRun(const RunRecord& run) {
  if (run.record.empty() || run.record.size() > kMaxRunRecordBytes) {
    return Invalid("`run.record`", absl::StrCat("must be 1 to ", kMaxRunRecordBytes, " bytes"));
  }
  if (absl::StatusOr<StatementEntry> entry = DecodeStatement(run.entry); !entry.ok()) {
    return Invalid("`run.entry`", absl::StrCat("is refused: ", entry.status().message()));
  }
  return CheckProof("`run.proof`", run.proof);
}

// RFC 6901 section 3.
bool IsJsonPointer(absl::string_view path) {
  if (path.empty()) return true;
  if (path[0] != '/') return false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '~') continue;
    if (i + 1 == path.size() || (path[i + 1] != '0' && path[i + 1] != '1')) return false;
  }
  return note::IsValidUtf8(path);
}

absl::Status CheckCommitments(const std::vector<Commitment>& commitments) {
  if (commitments.size() > kMaxCommitments) {
    return Invalid("`commitments`", absl::StrCat("has more than ", kMaxCommitments, " items"));
  }
  for (size_t i = 0; i < commitments.size(); ++i) {
    const Commitment& one = commitments[i];
    if (one.path.size() > kMaxPathBytes || !IsJsonPointer(one.path)) {
      return Invalid("`commitments.path`",
                     absl::StrCat("must be a JSON pointer of at most ", kMaxPathBytes, " bytes"));
    }
    if (one.value.size() > kMaxOpenedBytes || !note::IsValidUtf8(one.value)) {
      return Invalid("`commitments.value`",
                     absl::StrCat("must be UTF-8 of at most ", kMaxOpenedBytes, " bytes"));
    }
    if (i > 0 && commitments[i - 1].path >= one.path) {
      return Invalid("`commitments`", "must be of different paths, sorted by their bytes");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckVersion(const Evidence& evidence) {
  if (evidence.version != 1 && evidence.version != 2) {
    return Invalid("`format`", "is of a version that is not known here");
  }
  if (evidence.version == 2) return absl::OkStatus();
  for (const auto& [name, present] : {std::pair("renewals", !evidence.renewals.empty()),
                                      {"revocation", !evidence.revocation.empty()},
                                      {"run", evidence.run.has_value()},
                                      {"commitments", !evidence.commitments.empty()}}) {
    if (present) {
      return Invalid(absl::StrCat("`", name, "`"),
                     absl::StrCat("is no member that belongs in ", kFormatV1));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Invalid(absl::string_view member, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(member, " ", why));
}

absl::Status CheckForm(const Evidence& evidence) {
  if (absl::Status good = CheckVersion(evidence); !good.ok()) return good;
  if (absl::StatusOr<StatementEntry> entry = DecodeSubject(evidence.entry); !entry.ok()) {
    return entry.status();
  }
  if (absl::Status good = CheckProof("`proof`", evidence.proof); !good.ok()) return good;
  if (absl::Status good = CheckOpenings(evidence.openings); !good.ok()) return good;
  if (absl::Status good = CheckReceipts(evidence.receipts, ""); !good.ok()) return good;
  if (absl::Status good = CheckRenewals(evidence); !good.ok()) return good;
  if (absl::Status good = CheckRevocation(evidence.revocation); !good.ok()) return good;
  if (evidence.run) {
    if (absl::Status good = CheckRun(*evidence.run); !good.ok()) return good;
  }
  return CheckCommitments(evidence.commitments);
}

}  // namespace cairn::evidence
