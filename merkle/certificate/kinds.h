// The kinds of records that this program knows: one row each, and the file with the kind's own
// rules.
//
// Source: docs/certificates.md, "Kinds".
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_KINDS_H_
#define CAIRN_MERKLE_CERTIFICATE_KINDS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/judgement.h"

namespace cairn::certificate {

// What a kind's rules read.
struct RecordText {
  const Json& record;
  // Of the record, from the file's top.
  std::string path;
  // The path of a lone surrogate in the file, where there is any.
  const std::optional<std::string>& lone_surrogate;
  const JudgeOptions& options;
};

struct Kind {
  absl::string_view bundle_type;
  absl::string_view version;
  // The members whose canonical JSON is hashed, each of which must be there. Empty: the kind's own
  // rules decide.
  std::vector<absl::string_view> covered;
  // Further members that are covered where they are present, in the newest reading.
  std::vector<absl::string_view> covered_if_present;
  // Fills in the answer, the protocol, the hash, the findings and what is left open. Returns the
  // members at the record's top that the hash covers or is.
  std::vector<absl::string_view> (*judge)(const Kind& kind, const RecordText& text,
                                          Judgement& judgement);
};

const std::vector<Kind>& Kinds();

// Null where there is none.
const Kind* FindKind(absl::string_view bundle_type);

// The names of all, with commas, for a message.
std::string KindNames();

// By the row of its bundleType, without what comes with it.
// Returns the covered members, as Kind::judge does.
std::vector<absl::string_view> JudgeByKind(const RecordText& text, Judgement& judgement);

// With the attestations that come within the record, and what nothing covers. Numbers are the
// caller's to sort.
Judgement JudgeWhole(const RecordText& text);

// Whether each of `names` is a member; a contradiction for each that is not.
bool HasMembers(const Json& record, const std::vector<absl::string_view>& names,
                Judgement& judgement);

// The protocol version that `stated`, the member at `field`, names: it decides how values are
// written before they are hashed. 1.2.0 writes nexart-v1, 1.3.0 and 1.3.1 RFC 8785; the two differ
// in lone surrogates alone, for which RFC 8785 has no form. Null and absent are read as 1.2.0,
// which is said. False, after saying so in the judgement, where the record cannot be judged on by
// it.
bool JudgeProtocol(absl::string_view field, const Json* stated, const RecordText& text,
                   Judgement& judgement);

// RFC 8785 has no form for a lone surrogate: a contradiction where the file has one.
bool RefuseLoneSurrogates(const RecordText& text, Judgement& judgement);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_KINDS_H_
