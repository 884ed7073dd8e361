// CheckRevocation of x509.h.

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "anchor/evidence/x509.h"

namespace cairn::rfc3161 {
namespace {

constexpr uint64_t kMicrosPerSecond = 1'000'000;

// What a list is worth for one certificate, rising.
enum class Worth { kNone, kUnreadable, kPartial, kDelta, kLate, kEnded, kStale, kEnough };

struct Coverage {
  Worth worth = Worth::kNone;
  std::string made = {};  // The list's thisUpdate.
};

bool KeepsPastSignatures(int reason) {
  return reason == CRL_REASON_UNSPECIFIED || reason == CRL_REASON_AFFILIATION_CHANGED ||
         reason == CRL_REASON_SUPERSEDED || reason == CRL_REASON_CESSATION_OF_OPERATION;
}

// Whether `time` is at or after that; not if it is not readable.
bool IsAtOrAfter(const ASN1_TIME* time, uint64_t at_s) {
  const int order = time == nullptr ? -2 : ASN1_TIME_cmp_time_t(time, static_cast<time_t>(at_s));
  return order == 0 || order == 1;
}

bool IsAfter(const ASN1_TIME* time, uint64_t at_s) {
  return time != nullptr && ASN1_TIME_cmp_time_t(time, static_cast<time_t>(at_s)) == 1;
}

// The entry's date is after that.
bool IsSince(X509_REVOKED& entry, uint64_t known_by_s) {
  int critical = 0;
  const std::unique_ptr<ASN1_GENERALIZEDTIME, Freer<ASN1_GENERALIZEDTIME_free>> invalid(
      static_cast<ASN1_GENERALIZEDTIME*>(
          X509_REVOKED_get_ext_d2i(&entry, NID_invalidity_date, &critical, nullptr)));
  if (invalid != nullptr) return IsAfter(invalid.get(), known_by_s);
  // One that is there and cannot be read is no reason to believe the other date.
  return critical == -1 && IsAfter(X509_REVOKED_get0_revocationDate(&entry), known_by_s);
}

bool IsRevoked(X509_REVOKED& entry, const RevocationQuestion& question) {
  if (question.known_by_s && IsSince(entry, *question.known_by_s)) return false;
  int critical = 0;
  const std::unique_ptr<ASN1_ENUMERATED, Freer<ASN1_ENUMERATED_free>> reason(
      static_cast<ASN1_ENUMERATED*>(
          X509_REVOKED_get_ext_d2i(&entry, NID_crl_reason, &critical, nullptr)));
  if (reason == nullptr ||
      !KeepsPastSignatures(static_cast<int>(ASN1_ENUMERATED_get(reason.get())))) {
    return true;
  }
  return !IsAfter(X509_REVOKED_get0_revocationDate(&entry),
                  question.signed_at_us / kMicrosPerSecond);
}

// Which certificates a list speaks of.
struct Scope {
  bool readable = true;  // Its entries are about certificates of its own issuer.
  bool delta = false;
  bool complete_ca = true;    // CA certificates that are not in it are not revoked.
  bool complete_user = true;  // Likewise of others.
  std::unique_ptr<ISSUING_DIST_POINT, Freer<ISSUING_DIST_POINT_free>> point;
};

Scope ScopeOf(X509_CRL& crl) {
  Scope scope;
  for (int i = 0; i < X509_CRL_get_ext_count(&crl); ++i) {
    X509_EXTENSION* extension = X509_CRL_get_ext(&crl, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (nid == NID_delta_crl) scope.delta = true;
    if (X509_EXTENSION_get_critical(extension) != 0 && nid != NID_issuing_distribution_point &&
        nid != NID_delta_crl) {
      scope.complete_ca = scope.complete_user = false;
    }
  }
  int critical = 0;
  scope.point.reset(static_cast<ISSUING_DIST_POINT*>(
      X509_CRL_get_ext_d2i(&crl, NID_issuing_distribution_point, &critical, nullptr)));
  if (scope.point == nullptr) {
    if (critical != -1) scope.readable = false;  // It is there and broken, or there twice.
    return scope;
  }
  if (scope.point->indirectCRL != 0) scope.readable = false;
  if (scope.point->onlyattr != 0 || scope.point->onlysomereasons != nullptr) {
    scope.complete_ca = scope.complete_user = false;
  }
  if (scope.point->onlyuser != 0) scope.complete_ca = false;
  if (scope.point->onlyCA != 0) scope.complete_user = false;
  return scope;
}

bool SharesName(const GENERAL_NAMES* some, const GENERAL_NAMES* others) {
  for (int i = 0; i < sk_GENERAL_NAME_num(some); ++i) {
    for (int j = 0; j < sk_GENERAL_NAME_num(others); ++j) {
      if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(some, i), sk_GENERAL_NAME_value(others, j)) == 0) {
        return true;
      }
    }
  }
  return false;
}

// Issuers with many certificates make a list for each of several distribution points; a
// certificate is only in the one that it names.
bool IsOfItsDistributionPoint(const X509& subject, const ISSUING_DIST_POINT* point) {
  if (point == nullptr || point->distpoint == nullptr) return true;
  if (point->distpoint->type != 0) return false;  // A name relative to the issuer's.
  const std::unique_ptr<CRL_DIST_POINTS, Freer<CRL_DIST_POINTS_free>> named(
      static_cast<CRL_DIST_POINTS*>(
          X509_get_ext_d2i(&subject, NID_crl_distribution_points, nullptr, nullptr)));
  for (int i = 0; i < sk_DIST_POINT_num(named.get()); ++i) {
    const DIST_POINT* one = sk_DIST_POINT_value(named.get(), i);
    if (one->distpoint == nullptr || one->distpoint->type != 0 || one->reasons != nullptr) continue;
    if (SharesName(one->distpoint->name.fullname, point->distpoint->name.fullname)) return true;
  }
  return false;
}

bool IsSignedBy(X509_CRL& crl, X509& issuer) {
  if (X509_NAME_cmp(X509_CRL_get_issuer(&crl), X509_get_subject_name(&issuer)) != 0) return false;
  // All bits where the certificate does not restrict what its key is for.
  if ((X509_get_key_usage(&issuer) & KU_CRL_SIGN) == 0) return false;
  EVP_PKEY* key = X509_get0_pubkey(&issuer);
  const bool good = key != nullptr && X509_CRL_verify(&crl, key) == 1;
  ERR_clear_error();
  return good;
}

// Which of `chain` has issued the CRL; 0 for none, since the signer issues nothing.
size_t IssuerOf(X509_CRL& crl, absl::Span<const Certificate> chain) {
  for (size_t i = 1; i < chain.size(); ++i) {
    if (IsSignedBy(crl, *chain[i])) return i;
  }
  return 0;
}

std::string TimeOf(const ASN1_TIME* time) {
  std::tm civil{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &civil) != 1) return "an unreadable time";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromTM(civil, absl::UTCTimeZone()),
                          absl::UTCTimeZone());
}

Worth WorthOf(const X509_CRL& crl, const Scope& scope, X509& subject, uint64_t signed_at_us) {
  if (!scope.readable) return Worth::kUnreadable;
  const bool complete = X509_check_ca(&subject) != 0 ? scope.complete_ca : scope.complete_user;
  if (!complete || !IsOfItsDistributionPoint(subject, scope.point.get())) return Worth::kPartial;
  if (scope.delta) return Worth::kDelta;
  const ASN1_TIME* const made = X509_CRL_get0_lastUpdate(&crl);
  const int order = ASN1_TIME_compare(made, X509_get0_notAfter(&subject));
  if (order != -1 && order != 0) return Worth::kLate;
  if (!IsAtOrAfter(X509_CRL_get0_nextUpdate(&crl), signed_at_us / kMicrosPerSecond)) {
    return Worth::kEnded;
  }
  const uint64_t signed_by_s = (signed_at_us + kMicrosPerSecond - 1) / kMicrosPerSecond;
  return IsAtOrAfter(made, signed_by_s) ? Worth::kEnough : Worth::kStale;
}

std::string WhyNotEnough(const Coverage& coverage) {
  switch (coverage.worth) {
    case Worth::kNone:
      return "has no revocation list";
    case Worth::kUnreadable:
      return absl::StrCat("has only an indirect revocation list, of ", coverage.made);
    case Worth::kPartial:
      return absl::StrCat("has only a partial revocation list, of ", coverage.made);
    case Worth::kDelta:
      return absl::StrCat("has only a delta revocation list, of ", coverage.made);
    case Worth::kLate:
      return absl::StrCat("has only a revocation list of ", coverage.made,
                          ", when it had expired and could be left out");
    case Worth::kEnded:
      return absl::StrCat("has only a stale revocation list, of ", coverage.made,
                          ", which was out of force at the time of the token");
    case Worth::kStale:
      return absl::StrCat("has only a stale revocation list, of ", coverage.made,
                          ", older than the token");
    case Worth::kEnough:
      break;
  }
  return "is not revoked";
}

// What the lists have come to, by certificate.
class Checker {
 public:
  Checker(absl::Span<const Certificate> chain, const RevocationQuestion& question)
      : chain_(chain), question_(question), coverage_(chain.size()) {}

  // kNotFound for a list that nobody in the chain signed.
  absl::Status Add(X509_CRL& crl) {
    const size_t issuer = IssuerOf(crl, chain_);
    if (issuer == 0) {
      return absl::NotFoundError(
          absl::StrCat("a CRL by ", NameText(X509_CRL_get_issuer(&crl)),
                       " is not signed by an issuer in the authority's chain"));
    }
    X509& subject = *chain_[issuer - 1];
    const Scope scope = ScopeOf(crl);
    X509_REVOKED* entry = nullptr;
    // 2: taken off an earlier list.
    if (scope.readable && X509_CRL_get0_by_cert(&crl, &entry, &subject) == 1 &&
        IsRevoked(*entry, question_)) {
      return absl::PermissionDeniedError(
          absl::StrCat("the certificate of ", NameText(X509_get_subject_name(&subject)),
                       " is revoked, as of ", TimeOf(X509_REVOKED_get0_revocationDate(entry))));
    }
    Coverage& coverage = coverage_[issuer - 1];
    const Worth worth = WorthOf(crl, scope, subject, question_.signed_at_us);
    if (worth > coverage.worth) {
      coverage = {.worth = worth, .made = TimeOf(X509_CRL_get0_lastUpdate(&crl))};
    }
    return absl::OkStatus();
  }

  RevocationCheck Result() const {
    RevocationCheck check{.revocation = Revocation::kNotRevoked};
    std::vector<std::string> lacking;
    for (size_t i = 0; i + 1 < chain_.size(); ++i) {
      if (coverage_[i].worth == Worth::kEnough) continue;
      const Revocation as =
          coverage_[i].worth == Worth::kStale ? Revocation::kInForce : Revocation::kNotChecked;
      check.revocation = std::min(check.revocation, as);
      lacking.push_back(absl::StrCat("the certificate of ",
                                     NameText(X509_get_subject_name(chain_[i].get())), " ",
                                     WhyNotEnough(coverage_[i])));
    }
    if (chain_.size() < 2) {
      check.revocation = Revocation::kNotChecked;
      lacking.emplace_back("the root itself signed, and no list speaks of a root");
    }
    check.lacking = absl::StrJoin(lacking, "; ");
    return check;
  }

 private:
  const absl::Span<const Certificate> chain_;
  const RevocationQuestion& question_;
  std::vector<Coverage> coverage_;
};

}  // namespace

absl::StatusOr<RevocationCheck> CheckRevocation(absl::Span<const Certificate> chain,
                                                const RevocationLists& lists,
                                                const RevocationQuestion& question) {
  Checker checker(chain, question);
  for (const Crl& crl : lists.carried) {
    const absl::Status added = checker.Add(*crl);
    if (absl::IsNotFound(added) && !question.complete) continue;
    if (absl::IsNotFound(added)) return absl::InvalidArgumentError(added.message());
    if (!added.ok()) return added;
  }
  std::vector<size_t> used;
  for (size_t i = 0; i < lists.own.size(); ++i) {
    const absl::Status added = checker.Add(*lists.own[i]);
    if (absl::IsNotFound(added)) continue;
    if (!added.ok()) return added;
    used.push_back(i);
  }
  RevocationCheck check = checker.Result();
  check.own_used = std::move(used);
  return check;
}

}  // namespace cairn::rfc3161
