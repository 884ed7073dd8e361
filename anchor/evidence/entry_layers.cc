#include "anchor/evidence/entry_layers.h"

#include <algorithm>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/certifier_keys.h"
#include "merkle/entry/blind.h"
#include "merkle/entry/statement.h"
#include "merkle/note/text.h"

namespace cairn::evidence {
namespace {

using entry::SignedStatement;
using entry::Statement;

const PublicKey* SigningKey(const SignedStatement& signed_statement) {
  if (const auto* single = std::get_if<entry::SingleSignature>(&signed_statement.signature)) {
    return &single->key;
  }
  if (const auto* batch = std::get_if<entry::BatchSignature>(&signed_statement.signature)) {
    return &batch->key;
  }
  return nullptr;
}

// Which of the two hashes of a record was compared must not be left to guess.
absl::string_view MadeFrom(const VerifyOptions& options) {
  if (!options.certificate_kind) return "";
  return *options.certificate_kind == CertificateKind::kCer ? " (its certificate hash)"
                                                            : " (SHA-256 of its bytes)";
}

// What it says is for a later program to read.
void JudgeUnknown(const StatementEntry& entry, Layer& layer) {
  layer.detail = absl::StrCat(UnknownKindText(*entry.unknown_kind), ": not judged");
  layer.Judge(State::kNotProven, "kind_unknown");
}

// A statement whose signature holds under `key`, which is held for these ranges.
void JudgeHeldKey(const Place& place, const std::vector<IndexRange>& ranges, Layer& layer) {
  const auto contains = [&](const IndexRange& range) { return range.Contains(place.index); };
  const std::string text =
      absl::StrJoin(ranges, " and ", [](std::string* out, const IndexRange& range) {
        absl::StrAppend(out, FormatIndexRange(range));
      });
  if (std::any_of(ranges.begin(), ranges.end(),
                  [](const IndexRange& range) { return range.unbounded(); })) {
    layer.Judge(State::kProven, "signed");
  } else if (!place.witnessed) {
    absl::StrAppend(&layer.detail, "; but its range ", text,
                    " binds only under a witnessed checkpoint, and this one is not");
    layer.Judge(State::kNotProven, "index_not_witnessed");
  } else if (std::any_of(ranges.begin(), ranges.end(), contains)) {
    absl::StrAppend(&layer.detail, ", valid at index ", place.index.value(), " by your range ",
                    text);
    layer.Judge(State::kProven, "signed");
  } else {
    absl::StrAppend(&layer.detail, "; but the key is not valid at index ", place.index.value(),
                    " by your range ", text);
    layer.Judge(State::kFalse, "key_not_valid_at_index");
  }
}

}  // namespace

std::string UnknownKindText(uint8_t kind) {
  return absl::StrCat("an entry of kind ", kind, ", newer than this program");
}

Layer CertificateLayer(const StatementEntry& entry, const std::optional<Hash>& opened,
                       const VerifyOptions& options) {
  Layer layer{.name = "certificate",
              .required = options.certificate_hash.has_value() || options.require.record};
  if (entry.unknown_kind) {
    JudgeUnknown(entry, layer);
    return layer;
  }
  const Statement& statement = entry.signed_statement.statement;
  const Hash about = opened.value_or(statement.certificate_hash);
  const std::string logged =
      absl::StrCat(about.Hex(), opened ? " (which the entry commits to)" : "");
  if (!options.certificate_hash) {
    layer.detail = absl::StrCat("no certificate given; the entry is about sha256:", logged);
    layer.Judge(State::kNotProven, "not_given");
  } else if (!options.certificate_hash->ok()) {
    layer.detail = std::string(options.certificate_hash->status().message());
    if (absl::IsFailedPrecondition(options.certificate_hash->status())) {
      layer.Judge(State::kNotProven, "cannot_be_checked");
    } else {
      layer.Judge(State::kFalse, "refused");
    }
  } else if (**options.certificate_hash != about) {
    layer.detail = absl::StrCat("certificateHash: ",
                                options.hash_source == HashSource::kGiven
                                    ? "the hash given is sha256:"
                                    : "the certificate given has sha256:",
                                (*options.certificate_hash)->Hex(), MadeFrom(options),
                                ", the entry is about sha256:", logged);
    layer.Judge(State::kFalse, "other_certificate");
  } else if (options.hash_source == HashSource::kGiven) {
    layer.detail = absl::StrCat("the hash given is the one of the entry, sha256:", logged,
                                ": of what it is a hash was not looked at");
    layer.Judge(options.require.record ? State::kNotProven : State::kProven, "same_hash");
  } else if (options.hash_source == HashSource::kHashAlone) {
    layer.detail = absl::StrCat("the record given states the hash of the entry, sha256:", logged,
                                ", and holds nothing that it could be computed from");
    layer.Judge(State::kNotProven, "hash_alone");
  } else {
    layer.detail = absl::StrCat("the certificate given is the one of the entry, sha256:", logged,
                                MadeFrom(options), options.certificate_caveat.empty() ? "" : "; ",
                                options.certificate_caveat);
    layer.Judge(State::kProven, "same");
  }
  return layer;
}

Layer StatementLayer(const Place& place, const StatementEntry& entry,
                     const VerifyOptions& options) {
  const SignedStatement& signed_statement = entry.signed_statement;
  const std::string& certifier = signed_statement.statement.certifier;
  const auto held = options.certifier_keys.find(certifier);
  const bool have_keys = held != options.certifier_keys.end();
  const PublicKey* const signing_key = SigningKey(signed_statement);
  Layer layer{.name = "statement", .required = have_keys || options.require.certifier};
  if (entry.unknown_kind) {
    JudgeUnknown(entry, layer);
    return layer;
  }
  const std::string not_theirs = absl::StrCat("logged under the name `", certifier,
                                              "` by the operator; not proved to be theirs");
  if (signing_key == nullptr) {
    layer.detail = absl::StrCat(not_theirs, " (the statement is not signed)");
    layer.Judge(State::kNotProven, "unsigned");
    return layer;
  }
  // Also without the certifier's key: a signature that does not hold under the key it names is
  // wrong whoever that belongs to.
  const absl::Status holds = entry::VerifyStatement(place.origin, signed_statement, *signing_key);
  if (!holds.ok()) {
    layer.detail = absl::StrCat("signature in the name of `", certifier, "`: ", holds.message());
    layer.Judge(State::kFalse, "signature_wrong");
    return layer;
  }
  const std::string key_text = note::FormatBase64(signing_key->view());
  std::vector<IndexRange> ranges;
  if (have_keys) {
    for (const CertifierKey& key : held->second) {
      if (key.key == *signing_key) ranges.push_back(key.range);
    }
  }
  if (!ranges.empty()) {
    layer.detail = absl::StrCat("signed by `", certifier, "` with a key given, ", key_text);
    JudgeHeldKey(place, ranges, layer);
    return layer;
  }
  layer.detail = absl::StrCat(not_theirs, " (signed with key ", key_text,
                              have_keys ? ", which is none of those that you give for this name)"
                                        : "; give their key to have it proved)");
  layer.Judge(State::kNotProven, "key_not_held");
  return layer;
}

std::optional<Layer> OpeningLayer(absl::string_view field, const std::string& id,
                                  const std::vector<Opening>& openings) {
  Layer layer{.name = std::string(field)};
  for (const Opening& opening : openings) {
    if (opening.field != field) continue;
    layer.required = true;
    const absl::Status opened = entry::VerifyOpening(id, opening.key, field, opening.value);
    layer.Judge(opened.ok() ? State::kProven : State::kFalse, opened.ok() ? "opened" : "opens_not");
    layer.detail = opened.ok() ? absl::StrCat("blinded; opens to `", opening.value, "`")
                               : std::string(opened.message());
    return layer;
  }
  if (!absl::StartsWith(id, entry::kBlindPrefix)) return std::nullopt;
  layer.detail = absl::StrCat("`", id, "` looks blinded; this evidence does not open it");
  layer.Judge(State::kNotProven, "not_opened");
  return layer;
}

}  // namespace cairn::evidence
