// The kinds of records that this program knows: one row each, and the file with the kind's own rules.
//
// Source: docs/certificates.md, "Kinds".
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_KINDS_H_
#define CAIRN_MERKLE_CERTIFICATE_KINDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/judgement.h"

namespace cairn::certificate {

// How values are written before they are hashed. The two differ in one thing: RFC 8785 has no form for
// a lone surrogate.
enum class CanonicalForm { kNexartV1, kJcsV1 };

// What a kind's rules read.
struct RecordText {
  const Json& record;
  // The path of a lone surrogate in the file; empty where there is none.
  const std::string& lone_surrogate;
};

struct Kind {
  absl::string_view bundle_type;
  absl::string_view version;
  // The members whose canonical JSON is hashed, all of which must be there. Empty: the kind's own
  // rules decide.
  absl::Span<const absl::string_view> covered;
  // Further members that are covered where they are present, in the newest reading.
  absl::Span<const absl::string_view> covered_if_present;
  // Where its hash stands: certificateHash, or integrity.projectHash.
  absl::string_view hash_member;
  // Fills in the answer, the protocol, the hash, the findings and what is left open.
  void (*judge)(const Kind& kind, const RecordText& text, Judgement& judgement);
};

absl::Span<const Kind> Kinds();

// Null where there is none.
const Kind* FindKind(absl::string_view bundle_type);

// The names of all, with commas, for a message.
std::string KindNames();

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_KINDS_H_
