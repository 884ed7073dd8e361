#include "ledger/server/request.h"

#include <utility>

#include "ledger/server/status.h"
#include "merkle/types.h"

namespace cairn::server {
namespace {

absl::Status CheckText(const FieldPath& path, absl::string_view field, const std::string& text) {
  const absl::Status valid = entry::ValidateText(field, text, /*allow_empty=*/true);
  return valid.ok() ? valid : InvalidField(path / field, valid.message());
}

absl::Status WrongLength(absl::string_view field, absl::string_view bytes, size_t expected) {
  return InvalidField(
      field, absl::StrCat("has ", bytes.size(), " bytes; send the ", expected, " raw bytes"));
}

}  // namespace

std::string FieldPath::operator/(absl::string_view field) const {
  return item_ < 0 ? absl::StrCat(parent_, ".", field)
                   : absl::StrCat(parent_, "[", item_, "].", field);
}

absl::StatusOr<Hash> ParseHash(absl::string_view field, absl::string_view bytes) {
  if (bytes.size() != Hash::kSize) return WrongLength(field, bytes, Hash::kSize);
  return Hash::FromBytes(bytes);
}

absl::StatusOr<entry::Statement> ParseStatement(const FieldPath& path, v1::Statement&& in) {
  const absl::StatusOr<Hash> hash = Hash::FromBytes(in.certificate_hash());
  if (!hash.ok()) {
    return WrongLength(path / "certificate_hash", in.certificate_hash(), Hash::kSize);
  }
  if (!v1::PolicyStatus_IsValid(in.policy_status())) {
    return InvalidField(path / "policy_status",
                        absl::StrCat(static_cast<int>(in.policy_status()),
                                     " is none of UNSPECIFIED (0), PASS (1), FAIL (2) and "
                                     "CONDITIONAL (3)"));
  }
  if (in.has_supersedes() && in.supersedes() >= kMaxTreeSize) {
    return InvalidField(path / "supersedes", "is beyond any log; name an index, or leave it out");
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
                       .certifier = std::move(*in.mutable_certifier()),
                       .trace = std::move(*in.mutable_trace()),
                       .task = std::move(*in.mutable_task())};
  if (in.has_supersedes()) out.supersedes = LeafIndex(in.supersedes());
  return out;
}

absl::StatusOr<entry::SingleSignature> ParseSignature(const FieldPath& path,
                                                      const v1::Signature& in) {
  if (in.key().size() != PublicKey::kSize) {
    return WrongLength(path / "key", in.key(), PublicKey::kSize);
  }
  if (in.signature().size() != Signature::kSize) {
    return WrongLength(path / "signature", in.signature(), Signature::kSize);
  }
  return entry::SingleSignature{.key = *PublicKey::FromBytes(in.key()),
                                .signature = *Signature::FromBytes(in.signature())};
}

}  // namespace cairn::server
