#include "anchor/evidence/evidence.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/resaved.h"
#include "merkle/note/text.h"

namespace cairn::evidence {
namespace {

absl::Status Invalid(absl::string_view member, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(member, " ", why));
}

struct RawOpening {
  std::optional<std::string> field, key, value;
};

struct RawReceipt {
  std::optional<std::string> anchor, kind, receipt;
};

// Collects the members by name; stops at the first thing that has no place in an evidence file, so
// that neither depth nor repetition costs anything.
class Collector {
 public:
  std::optional<std::string> format, kind, entry, proof;
  std::optional<std::vector<RawOpening>> openings;
  std::optional<std::vector<RawReceipt>> receipts;

  const absl::Status& status() const { return status_; }

  // The reader's events; false ends the reading.
  bool key(std::string& name) {
    name_ = name;
    return true;
  }
  bool string(std::string& value) {
    std::optional<std::string>* const member = Find();
    if (member == nullptr) return Refuse(Name(), "is no member that belongs here");
    if (member->has_value()) return Refuse(Name(), "is repeated");
    *member = std::move(value);
    return true;
  }
  bool start_object(size_t) {
    switch (level_) {
      case kOutside:
        level_ = kTop;
        return true;
      case kOpenings:
        openings->emplace_back();
        level_ = kOpening;
        return true;
      case kReceipts:
        // Before they are kept: a list of a million is refused at once.
        if (receipts->size() == kMaxReceipts) return Refuse("`receipts`", "has too many items");
        receipts->emplace_back();
        level_ = kReceipt;
        return true;
      default:
        return Refuse(Name(), "must not be an object");
    }
  }
  bool end_object() {
    level_ = level_ == kOpening ? kOpenings : level_ == kReceipt ? kReceipts : kOutside;
    return true;
  }
  bool start_array(size_t) {
    if (level_ == kTop && name_ == "openings") return StartList(openings, kOpenings);
    if (level_ == kTop && name_ == "receipts") return StartList(receipts, kReceipts);
    return Refuse(Name(), "must not be a list");
  }
  bool end_array() {
    level_ = kTop;
    return true;
  }
  bool null() { return NoString(); }
  bool boolean(bool) { return NoString(); }
  bool number_integer(int64_t) { return NoString(); }
  bool number_unsigned(uint64_t) { return NoString(); }
  bool number_float(double, const std::string&) { return NoString(); }
  bool binary(nlohmann::json::binary_t&) { return NoString(); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) {
    return Refuse("the evidence", absl::StrCat("is not JSON near byte ", position));
  }

 private:
  enum Level { kOutside, kTop, kOpenings, kOpening, kReceipts, kReceipt };

  template <typename Item>
  bool StartList(std::optional<std::vector<Item>>& list, Level level) {
    if (list.has_value()) return Refuse(Name(), "is repeated");
    list.emplace();
    level_ = level;
    return true;
  }

  std::string Name() const {
    switch (level_) {
      case kOutside:
        return "the evidence";
      case kTop:
        return absl::StrCat("`", name_, "`");
      case kOpenings:
        return "an item of `openings`";
      case kReceipts:
        return "an item of `receipts`";
      case kOpening:
        return absl::StrCat("`openings.", name_, "`");
      case kReceipt:
        break;
    }
    return absl::StrCat("`receipts.", name_, "`");
  }

  std::optional<std::string>* Find() {
    if (level_ == kTop) {
      if (name_ == "format") return &format;
      if (name_ == "kind") return &kind;
      if (name_ == "entry") return &entry;
      if (name_ == "proof") return &proof;
    } else if (level_ == kOpening) {
      RawOpening& opening = openings->back();
      if (name_ == "field") return &opening.field;
      if (name_ == "key") return &opening.key;
      if (name_ == "value") return &opening.value;
    } else if (level_ == kReceipt) {
      RawReceipt& receipt = receipts->back();
      if (name_ == "anchor") return &receipt.anchor;
      if (name_ == "kind") return &receipt.kind;
      if (name_ == "receipt") return &receipt.receipt;
    }
    return nullptr;
  }

  bool Refuse(absl::string_view member, absl::string_view why) {
    status_ = Invalid(member, why);
    return false;
  }
  bool NoString() { return Refuse(Name(), "must be a string"); }

  Level level_ = kOutside;
  std::string name_;
  absl::Status status_;
};

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

absl::Status CheckReceipts(const std::vector<AnchorReceipt>& receipts) {
  if (receipts.size() > kMaxReceipts) {
    return Invalid("`receipts`", absl::StrCat("has more than ", kMaxReceipts, " items"));
  }
  for (size_t i = 0; i < receipts.size(); ++i) {
    for (const auto& [name, text] : {std::pair("`receipts.anchor`", &receipts[i].anchor),
                                     {"`receipts.kind`", &receipts[i].kind}}) {
      if (absl::Status good = entry::ValidateText(name, *text, /*allow_empty=*/false); !good.ok()) {
        return good;
      }
    }
    if (receipts[i].receipt.empty()) return Invalid("`receipts.receipt`", "is empty");
    if (i > 0 && receipts[i - 1].anchor >= receipts[i].anchor) {
      return Invalid("`receipts`", "must be of different anchors, by rising name");
    }
  }
  return absl::OkStatus();
}

// What JSON alone does not say.
absl::Status Check(const Evidence& evidence) {
  if (absl::StatusOr<StatementEntry> entry = DecodeStatement(evidence.entry); !entry.ok()) {
    return entry.status();
  }
  // It is authenticated by nothing, so that two files could make one claim.
  if (evidence.proof.extra.has_value()) return Invalid("`proof`", "must not have an `extra` line");
  if (absl::Status good = CheckOpenings(evidence.openings); !good.ok()) return good;
  return CheckReceipts(evidence.receipts);
}

absl::StatusOr<std::vector<Opening>> ReadOpenings(const std::vector<RawOpening>& raw) {
  if (raw.empty()) return Invalid("`openings`", "is empty; leave it out");
  std::vector<Opening> openings;
  for (const RawOpening& item : raw) {
    if (!item.field || !item.key || !item.value) {
      return Invalid("`openings`", "has an item without field, key or value");
    }
    absl::StatusOr<std::string> key = note::ParseHex(*item.key);
    absl::StatusOr<Hash> hash = key.ok() ? Hash::FromBytes(*key) : key.status();
    if (!hash.ok()) return Invalid("`openings.key`", "must be 64 lower-case hex digits");
    openings.push_back({.field = *item.field, .key = *hash, .value = *item.value});
  }
  return openings;
}

absl::StatusOr<std::vector<AnchorReceipt>> ReadReceipts(const std::vector<RawReceipt>& raw) {
  if (raw.empty()) return Invalid("`receipts`", "is empty; leave it out");
  std::vector<AnchorReceipt> receipts;
  for (const RawReceipt& item : raw) {
    if (!item.anchor || !item.kind || !item.receipt) {
      return Invalid("`receipts`", "has an item without anchor, kind or receipt");
    }
    absl::StatusOr<std::string> bytes = note::ParseBase64(*item.receipt);
    if (!bytes.ok()) return Invalid("`receipts.receipt`", bytes.status().message());
    receipts.push_back({.anchor = *item.anchor, .kind = *item.kind, .receipt = *std::move(bytes)});
  }
  return receipts;
}

absl::StatusOr<Evidence> Read(const Collector& raw) {
  if (!raw.format) return Invalid("`format`", "is missing");
  if (*raw.format != kFormat) {
    return Invalid("`format`", absl::StrCat("must be `", kFormat,
                                            "`; another format needs another version of cairn"));
  }
  if (!raw.entry) return Invalid("`entry`", "is missing");
  if (!raw.proof) return Invalid("`proof`", "is missing");
  Evidence evidence;
  if (raw.kind) {
    if (*raw.kind != "cer" && *raw.kind != "file") {
      return Invalid("`kind`", "must be `cer` or `file`");
    }
    evidence.kind = *raw.kind == "cer" ? CertificateKind::kCer : CertificateKind::kFile;
  }
  absl::StatusOr<std::string> entry = note::ParseBase64(*raw.entry);
  if (!entry.ok()) return Invalid("`entry`", entry.status().message());
  evidence.entry = *std::move(entry);
  absl::StatusOr<note::TlogProof> proof = note::ParseTlogProof(*raw.proof);
  if (!proof.ok())
    return Invalid("`proof`", absl::StrCat("is refused: ", proof.status().message()));
  evidence.proof = *std::move(proof);
  if (raw.openings) {
    absl::StatusOr<std::vector<Opening>> openings = ReadOpenings(*raw.openings);
    if (!openings.ok()) return openings.status();
    evidence.openings = *std::move(openings);
  }
  if (raw.receipts) {
    absl::StatusOr<std::vector<AnchorReceipt>> receipts = ReadReceipts(*raw.receipts);
    if (!receipts.ok()) return receipts.status();
    evidence.receipts = *std::move(receipts);
  }
  return evidence;
}

}  // namespace

absl::string_view CertificateKindName(CertificateKind kind) {
  return kind == CertificateKind::kCer ? "cer" : "file";
}

absl::StatusOr<StatementEntry> DecodeStatement(absl::string_view entry) {
  absl::StatusOr<entry::Entry> decoded = entry::Decode(entry);
  if (!decoded.ok())
    return Invalid("`entry`", absl::StrCat("is refused: ", decoded.status().message()));
  auto* const statement = std::get_if<entry::SignedStatement>(&decoded->body);
  if (statement == nullptr) return Invalid("`entry`", "is not a statement about a certificate");
  return StatementEntry{.accepted_at_ms = decoded->accepted_at_ms,
                        .signed_statement = std::move(*statement)};
}

absl::StatusOr<Evidence> Parse(absl::string_view bytes) {
  if (bytes.size() > kMaxEvidenceBytes) {
    return Invalid("the evidence", absl::StrCat("is longer than ", kMaxEvidenceBytes, " bytes"));
  }
  Collector raw;
  if (!nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &raw)) return raw.status();
  absl::StatusOr<Evidence> evidence = Read(raw);
  if (!evidence.ok()) return evidence.status();
  absl::StatusOr<std::string> formatted = Format(*evidence);
  if (!formatted.ok()) return formatted.status();
  if (*formatted != bytes) {
    return Invalid("the evidence", absl::StrCat("is not laid out as cairn writes it: ",
                                                WhatWasResaved(bytes, *formatted),
                                                "; keep the file byte for byte"));
  }
  return evidence;
}

absl::StatusOr<std::string> Format(const Evidence& evidence) {
  if (absl::Status good = Check(evidence); !good.ok()) return good;
  absl::StatusOr<std::string> proof = note::FormatTlogProof(evidence.proof);
  if (!proof.ok())
    return Invalid("`proof`", absl::StrCat("is refused: ", proof.status().message()));
  nlohmann::ordered_json json;
  json["format"] = kFormat;
  if (evidence.kind) json["kind"] = std::string(CertificateKindName(*evidence.kind));
  json["entry"] = note::FormatBase64(evidence.entry);
  json["proof"] = *std::move(proof);
  for (const Opening& opening : evidence.openings) {
    nlohmann::ordered_json item;
    item["field"] = opening.field;
    item["key"] = opening.key.Hex();
    item["value"] = opening.value;
    json["openings"].push_back(std::move(item));
  }
  for (const AnchorReceipt& receipt : evidence.receipts) {
    nlohmann::ordered_json item;
    item["anchor"] = receipt.anchor;
    item["kind"] = receipt.kind;
    item["receipt"] = note::FormatBase64(receipt.receipt);
    json["receipts"].push_back(std::move(item));
  }
  std::string bytes = absl::StrCat(json.dump(2), "\n");
  if (bytes.size() > kMaxEvidenceBytes) {
    return Invalid("the evidence", absl::StrCat("is longer than ", kMaxEvidenceBytes, " bytes"));
  }
  return bytes;
}

}  // namespace cairn::evidence
