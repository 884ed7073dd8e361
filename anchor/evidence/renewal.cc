#include "anchor/evidence/renewal.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/time_text.h"
#include "anchor/evidence/witnesses.h"
#include "anchor/evidence/x509.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/types.h"
#include "merkle/verify.h"

namespace cairn::evidence {
namespace {

std::string SecondsText(uint64_t at_s) {
  return TimeText(std::min(at_s, UINT64_MAX / 1000) * 1000);
}

// A note, and what was given for it: the evidence's own at first, then that of each renewal.
struct Anchored {
  const note::TlogProof* proof = nullptr;
  const std::vector<AnchorReceipt>* receipts = nullptr;
  Hash digest;
  TreeSize size;
  std::vector<JudgedReceipt> judged = {};
  std::vector<JudgedReceipt> vouching = {};
};

class ReceiptJudge {
 public:
  ReceiptJudge(const Evidence& evidence, const RenewalTrust& trust)
      : evidence_(evidence), trust_(trust) {
    Add(evidence.proof, evidence.receipts);
    for (const Renewal& renewal : evidence.renewals) Add(renewal.proof, renewal.receipts);
  }

  JudgedReceipts Run() {
    ReadLists();
    renewals_.resize(evidence_.renewals.size());
    for (size_t i = 0; i < renewals_.size(); ++i) CheckRenewal(i);
    // The latest first: what a renewal is worth is known before what it renews is looked at.
    for (size_t at = notes_.size(); at-- > 0;) JudgeNote(at);
    JudgedReceipts all;
    for (size_t i = 0; i < renewals_.size(); ++i) all.layers.push_back(RenewalLayer(i));
    if (!evidence_.revocation.empty()) all.layers.push_back(RevocationLayer());
    all.receipts = std::move(notes_[0].judged);
    all.vouching = std::move(notes_[0].vouching);
    return all;
  }

 private:
  // What became of a renewal, but for its receipts.
  struct Checked {
    Layer layer;
    bool sound = false;
    size_t renewed_note = 0;
    size_t renewed_receipt = 0;
  };

  void Add(const note::TlogProof& proof, const std::vector<AnchorReceipt>& receipts) {
    notes_.push_back({.proof = &proof,
                      .receipts = &receipts,
                      .digest = merkle::Sha256(proof.checkpoint),
                      .size = SizeOf(proof)});
  }

  void ReadLists() {
    for (const std::string& list : evidence_.revocation) {
      if (!rfc3161::ParseCrl(list).ok()) {
        lists_malformed_ = true;
        return;
      }
    }
    expectation_.crls = evidence_.revocation;
    list_used_.resize(evidence_.revocation.size(), false);
  }

  // The receipt with these bytes over a tree of that size, in a note before `end`.
  bool FindRenewed(const Hash& receipt, TreeSize size, size_t end, Checked* checked) const {
    for (size_t at = 0; at < end; ++at) {
      if (notes_[at].size != size) continue;
      const std::vector<AnchorReceipt>& receipts = *notes_[at].receipts;
      for (size_t i = 0; i < receipts.size(); ++i) {
        if (merkle::Sha256(receipts[i].receipt) != receipt) continue;
        checked->renewed_note = at;
        checked->renewed_receipt = i;
        return true;
      }
    }
    return false;
  }

  bool SignedByLog(const std::string& note, const std::string& origin, absl::Status* why) const {
    *why = trust_.notes.SignedBy(note, *trust_.log_key);
    if (why->ok()) return true;
    if (trust_.policy == nullptr) return false;
    for (const size_t log : trust_.policy->LogsOf(origin)) {
      if (trust_.notes.SignedBy(note, trust_.policy->logs()[log].key).ok()) return true;
    }
    return false;
  }

  void CheckRenewal(size_t number) {
    const Renewal& renewal = evidence_.renewals[number];
    Checked& checked = renewals_[number];
    checked.layer.name = absl::StrCat("renewal ", number + 1);
    const auto found_false = [&checked](absl::string_view code, std::string detail) {
      checked.layer.Judge(State::kFalse, code);
      checked.layer.detail = std::move(detail);
    };
    const absl::StatusOr<entry::Entry> entry = entry::Decode(renewal.entry);
    const auto* const about = entry.ok() ? std::get_if<entry::ReceiptEntry>(&entry->body) : nullptr;
    if (about == nullptr || about->receipt_hash != renewal.receipt ||
        !FindRenewed(renewal.receipt, about->tree_size, number + 1, &checked)) {
      return found_false("renewal_other_size",
                         "its entry is about a receipt over a tree of another size than any that "
                         "is here");
    }
    const std::string origin = OriginOf(evidence_.proof);
    if (OriginOf(renewal.proof) != origin) {
      return found_false("renewal_other_log",
                         absl::StrCat("its checkpoint is of the log `", OriginOf(renewal.proof),
                                      "`, not of `", origin, "`"));
    }
    if (renewal.proof.index.value() < about->tree_size.value()) {
      return found_false("renewal_before_tree",
                         "its entry stands in the tree that the receipt is over, before there "
                         "could be a receipt");
    }
    const absl::StatusOr<note::Note> note = note::ParseNote(renewal.proof.checkpoint);
    const absl::StatusOr<note::Checkpoint> checkpoint =
        note.ok() ? note::ParseCheckpoint(note->text) : note.status();
    const absl::Status included =
        checkpoint.ok() ? merkle::VerifyInclusion(renewal.proof.index, checkpoint->size,
                                                  merkle::HashLeaf(renewal.entry),
                                                  renewal.proof.proof, checkpoint->root)
                        : checkpoint.status();
    if (!included.ok()) {
      return found_false("renewal_not_included", std::string(included.message()));
    }
    checked.layer.detail =
        absl::StrCat("leaf ", renewal.proof.index.value(), " of ", checkpoint->size.value(),
                     " covers the receipt of ",
                     (*notes_[checked.renewed_note].receipts)[checked.renewed_receipt].anchor);
    if (!trust_.log_key) {
      checked.layer.Judge(State::kNotProven, "renewal_no_log_key");
      absl::StrAppend(&checked.layer.detail, "; no key of the log is given");
      return;
    }
    if (absl::Status why; !SignedByLog(renewal.proof.checkpoint, origin, &why)) {
      return found_false("renewal_log_signature", std::string(why.message()));
    }
    checked.sound = true;
    SayQuorum(renewal, &checked.layer);
  }

  void SayQuorum(const Renewal& renewal, Layer* layer) const {
    if (trust_.policy == nullptr || trust_.policy->needs_none()) return;
    const JudgedWitnesses witnesses = JudgeWitnesses(
        trust_.policy,
        trust_.notes.Cosignatures(renewal.proof.checkpoint, *trust_.policy, trust_.log_key),
        trust_.anchors.now_s);
    const bool quorum = witnesses.layer.state == State::kProven;
    absl::StrAppend(&layer->detail,
                    quorum ? "; its checkpoint has the policy's quorum"
                           : "; its checkpoint is NOT witnessed by the policy's quorum");
  }

  void JudgeNote(size_t at) {
    Anchored& note = notes_[at];
    for (size_t i = 0; i < note.receipts->size(); ++i) {
      const AnchorReceipt& receipt = (*note.receipts)[i];
      std::vector<JudgedReceipt> later;
      for (size_t k = 0; k < renewals_.size(); ++k) {
        const Checked& renewal = renewals_[k];
        if (!renewal.sound || renewal.renewed_note != at || renewal.renewed_receipt != i) continue;
        const std::vector<JudgedReceipt>& more = notes_[k + 1].vouching;
        later.insert(later.end(), more.begin(), more.end());
      }
      JudgedReceipt judged = Settle(receipt, note.digest, later);
      for (const size_t list : judged.crls_used) list_used_[list] = true;
      if (judged.layer.state == State::kProven) note.vouching.push_back(judged);
      if (Pins(receipt, judged)) {
        note.vouching.insert(note.vouching.end(), later.begin(), later.end());
      }
      note.judged.push_back(std::move(judged));
    }
  }

  // The receipt's bytes hold the note's digest, whatever else is to be said of them.
  static bool Pins(const AnchorReceipt& receipt, const JudgedReceipt& judged) {
    const bool known = receipt.kind == kRfc3161Kind || receipt.kind == kOpenTimestampsKind;
    return known && judged.layer.state != State::kFalse && judged.layer.code != kNotJudgedCode;
  }

  // The least time by which somebody else proves that the receipt existed.
  static std::optional<uint64_t> CoveredBy(const JudgedReceipt& judged,
                                           const std::vector<JudgedReceipt>& later) {
    std::optional<uint64_t> by_s;
    for (const JudgedReceipt& other : later) {
      const bool same_key = other.signer_key && other.signer_key == judged.signer_key;
      if (other.authority == judged.authority || same_key) continue;
      by_s = std::min(by_s.value_or(UINT64_MAX), *other.existed_by_s);
    }
    return by_s;
  }

  std::optional<uint64_t> NotAfter(const std::string& authority) const {
    for (const Authority& one : trust_.anchors.authorities) {
      if (one.name == authority) return one.not_after_s;
    }
    return std::nullopt;
  }

  JudgedReceipt Settle(const AnchorReceipt& receipt, const Hash& digest,
                       const std::vector<JudgedReceipt>& later) const {
    JudgedReceipt judged = JudgeReceipt(receipt, digest, trust_.anchors, expectation_);
    if (judged.layer.state == State::kFalse && judged.layer.code == kTokenRevokedCode) {
      judged = SettleRevoked(receipt, digest, later, std::move(judged));
    }
    if (judged.layer.state != State::kProven) return judged;
    const std::optional<uint64_t> not_after_s = NotAfter(judged.authority);
    if (!not_after_s) return judged;
    const std::optional<uint64_t> covered_s = CoveredBy(judged, later);
    const std::string until = absl::StrCat("; the key of ", judged.authority, " counts only until ",
                                           SecondsText(*not_after_s));
    if (covered_s && *covered_s < *not_after_s) {
      absl::StrAppend(&judged.layer.detail, until,
                      ", and a renewal proves that the receipt existed by ",
                      SecondsText(*covered_s));
      return judged;
    }
    absl::StrAppend(
        &judged.layer.detail, until,
        ", and no renewal by another authority proves that the receipt existed by then");
    judged.layer.Judge(State::kNotProven, kAuthorityNotAfterCode);
    judged.authority.clear();
    judged.signer_key.reset();
    judged.existed_by_s.reset();
    return judged;
  }

  JudgedReceipt SettleRevoked(const AnchorReceipt& receipt, const Hash& digest,
                              const std::vector<JudgedReceipt>& later,
                              JudgedReceipt revoked) const {
    // As if it were known from the beginning of time: to learn whose it would be.
    rfc3161::Expectation known = expectation_;
    known.known_by_s = 0;
    const JudgedReceipt whose = JudgeReceipt(receipt, digest, trust_.anchors, known);
    if (whose.layer.state != State::kProven) return revoked;
    const std::optional<uint64_t> covered_s = CoveredBy(whose, later);
    if (!covered_s) return revoked;
    known.known_by_s = *covered_s;
    JudgedReceipt again = JudgeReceipt(receipt, digest, trust_.anchors, known);
    if (again.layer.state != State::kProven) {
      absl::StrAppend(&revoked.layer.detail, "; its renewal, of ", SecondsText(*covered_s),
                      ", does not show that it existed before that");
      return revoked;
    }
    absl::StrAppend(&again.layer.detail,
                    "; revoked later, and a renewal proves that the receipt existed by ",
                    SecondsText(*covered_s));
    return again;
  }

  Layer RenewalLayer(size_t number) const {
    Layer layer = renewals_[number].layer;
    if (layer.state == State::kFalse) return layer;
    const Anchored& note = notes_[number + 1];
    std::vector<std::string> texts;
    size_t proven = 0;
    for (size_t i = 0; i < note.judged.size(); ++i) {
      const Layer& one = note.judged[i].layer;
      if (one.state == State::kFalse) {
        layer.Judge(State::kFalse, "renewal_receipt_false");
        layer.detail =
            absl::StrCat("the receipt of ", (*note.receipts)[i].anchor, ": ", one.detail);
        return layer;
      }
      proven += one.state == State::kProven ? 1 : 0;
      texts.push_back(
          absl::StrCat((*note.receipts)[i].anchor, " ", StateName(one.state), ": ", one.detail));
    }
    absl::StrAppend(&layer.detail, "; ", absl::StrJoin(texts, "; "));
    if (!renewals_[number].sound) return layer;
    if (proven > 0) {
      layer.Judge(State::kProven, "renewal_proven");
    } else {
      layer.Judge(State::kClaimed, "renewal_claimed");
    }
    return layer;
  }

  Layer RevocationLayer() const {
    Layer layer{.name = "revocation"};
    if (lists_malformed_) {
      layer.Judge(State::kFalse, "lists_malformed");
      layer.detail = "a revocation list cannot be read";
      return layer;
    }
    const auto used = std::count(list_used_.begin(), list_used_.end(), true);
    layer.Judge(State::kClaimed, used > 0 ? "lists_used" : "lists_unused");
    layer.detail = absl::StrCat(used, " of ", list_used_.size(), " lists that are carried ",
                                list_used_.size() == 1 ? "is" : "are",
                                " signed by an issuer in a chain that is proven here");
    return layer;
  }

  const Evidence& evidence_;
  const RenewalTrust& trust_;
  std::vector<Anchored> notes_;
  std::vector<Checked> renewals_;
  rfc3161::Expectation expectation_;
  bool lists_malformed_ = false;
  std::vector<bool> list_used_;
};

}  // namespace

JudgedReceipts JudgeReceipts(const Evidence& evidence, const RenewalTrust& trust) {
  return ReceiptJudge(evidence, trust).Run();
}

}  // namespace cairn::evidence
