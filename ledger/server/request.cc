#include "ledger/server/request.h"

#include "ledger/server/status.h"
#include "merkle/types.h"

namespace cairn::server {
namespace {

absl::Status CheckText(absl::string_view path, absl::string_view field, const std::string& text) {
  const absl::Status valid = entry::ValidateText(field, text, /*allow_empty=*/true);
  return valid.ok() ? valid : InvalidField(absl::StrCat(path, field), valid.message());
}

absl::Status CheckLength(absl::string_view field, absl::string_view bytes, size_t expected) {
  if (bytes.size() == expected) return absl::OkStatus();
  return InvalidField(
      field, absl::StrCat("has ", bytes.size(), " bytes; send the ", expected, " raw bytes"));
}

}  // namespace

absl::StatusOr<Hash> ParseHash(absl::string_view field, absl::string_view bytes) {
  if (absl::Status length = CheckLength(field, bytes, Hash::kSize); !length.ok()) return length;
  return Hash::FromBytes(bytes);
}

absl::StatusOr<entry::Statement> ParseStatement(absl::string_view path, const v1::Statement& in) {
  absl::StatusOr<Hash> hash =
      ParseHash(absl::StrCat(path, "certificate_hash"), in.certificate_hash());
  if (!hash.ok()) return hash.status();
  if (!v1::PolicyStatus_IsValid(in.policy_status())) {
    return InvalidField(absl::StrCat(path, "policy_status"),
                        absl::StrCat(static_cast<int>(in.policy_status()),
                                     " is none of UNSPECIFIED (0), PASS (1), FAIL (2) and "
                                     "CONDITIONAL (3)"));
  }
  if (in.has_supersedes() && in.supersedes() >= kMaxTreeSize) {
    return InvalidField(absl::StrCat(path, "supersedes"),
                        "is beyond any log; name an index, or leave it out");
  }
  for (const auto& [field, text] :
       {std::pair<absl::string_view, const std::string&>("certifier", in.certifier()),
        {"trace", in.trace()},
        {"task", in.task()}}) {
    if (absl::Status valid = CheckText(path, field, text); !valid.ok()) return valid;
  }
  entry::Statement out{.certificate_hash = *hash,
                       .policy_status = static_cast<entry::PolicyStatus>(in.policy_status()),
                       .supersedes = std::nullopt,
                       .certifier = in.certifier(),
                       .trace = in.trace(),
                       .task = in.task()};
  if (in.has_supersedes()) out.supersedes = LeafIndex(in.supersedes());
  return out;
}

absl::StatusOr<entry::SingleSignature> ParseSignature(absl::string_view path,
                                                      const v1::Signature& in) {
  if (absl::Status length = CheckLength(absl::StrCat(path, "key"), in.key(), PublicKey::kSize);
      !length.ok()) {
    return length;
  }
  if (absl::Status length =
          CheckLength(absl::StrCat(path, "signature"), in.signature(), Signature::kSize);
      !length.ok()) {
    return length;
  }
  return entry::SingleSignature{.key = *PublicKey::FromBytes(in.key()),
                                .signature = *Signature::FromBytes(in.signature())};
}

}  // namespace cairn::server
