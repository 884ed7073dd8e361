#include "anchor/evidence/evidence.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/evidence_form.h"
#include "anchor/evidence/evidence_json.h"
#include "anchor/evidence/resaved.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/note/text.h"

namespace cairn::evidence {
namespace {

constexpr size_t kMaxOpenings = 2;
constexpr char kWhole[] = "the evidence";

Schema ObjectOf(const std::vector<std::string>& strings) {
  Schema schema{.kind = Schema::kObject};
  for (const std::string& name : strings) schema.members[name] = {};
  return schema;
}

Schema ListOf(Schema item, size_t max_items) {
  return {.kind = Schema::kList, .item = {std::move(item)}, .max_items = max_items};
}

// Of both versions: what version 1 has no place for is refused when it is written back.
Schema MakeSchema() {
  const Schema receipts = ListOf(ObjectOf({"anchor", "kind", "receipt"}), kMaxReceipts);
  Schema renewal = ObjectOf({"receipt", "entry", "proof"});
  renewal.members["receipts"] = receipts;
  Schema top = ObjectOf({"format", "kind", "entry", "proof"});
  top.members["openings"] = ListOf(ObjectOf({"field", "key", "value"}), kMaxOpenings);
  top.members["receipts"] = receipts;
  top.members["renewals"] = ListOf(std::move(renewal), kMaxRenewals);
  top.members["revocation"] = ListOf({}, kMaxRevocationLists);
  top.members["run"] = ObjectOf({"record", "entry", "proof"});
  top.members["commitments"] = ListOf(ObjectOf({"path", "salt", "value"}), kMaxCommitments);
  return top;
}

// An empty list says the same as none, and so has no place.
absl::Status CheckNotEmpty(const JsonValue& list, absl::string_view member) {
  return list.items.empty() ? Invalid(member, "is empty; leave it out") : absl::OkStatus();
}

absl::StatusOr<std::string> ReadBase64(const JsonValue& value, absl::string_view member) {
  absl::StatusOr<std::string> bytes = note::ParseBase64(value.text);
  if (!bytes.ok()) return Invalid(member, bytes.status().message());
  return bytes;
}

absl::StatusOr<Hash> ReadHash(const JsonValue& value, absl::string_view member) {
  const absl::StatusOr<std::string> bytes = note::ParseHex(value.text);
  absl::StatusOr<Hash> hash = bytes.ok() ? Hash::FromBytes(*bytes) : bytes.status();
  if (!hash.ok()) return Invalid(member, "must be 64 lower-case hex digits");
  return hash;
}

absl::StatusOr<note::TlogProof> ReadProof(const JsonValue& value, absl::string_view member) {
  absl::StatusOr<note::TlogProof> proof = note::ParseTlogProof(value.text);
  if (!proof.ok()) {
    return Invalid(member, absl::StrCat("is refused: ", proof.status().message()));
  }
  return proof;
}

absl::StatusOr<std::vector<Opening>> ReadOpenings(const JsonValue& raw) {
  if (absl::Status some = CheckNotEmpty(raw, "`openings`"); !some.ok()) return some;
  std::vector<Opening> openings;
  for (const JsonValue& item : raw.items) {
    const JsonValue* const field = item.Find("field");
    const JsonValue* const key = item.Find("key");
    const JsonValue* const value = item.Find("value");
    if (field == nullptr || key == nullptr || value == nullptr) {
      return Invalid("`openings`", "has an item without field, key or value");
    }
    const absl::StatusOr<Hash> hash = ReadHash(*key, "`openings.key`");
    if (!hash.ok()) return hash.status();
    openings.push_back({.field = field->text, .key = *hash, .value = value->text});
  }
  return openings;
}

absl::StatusOr<std::vector<AnchorReceipt>> ReadReceipts(const JsonValue& raw,
                                                        absl::string_view in) {
  const std::string list = absl::StrCat("`", in, "receipts`");
  if (absl::Status some = CheckNotEmpty(raw, list); !some.ok()) return some;
  std::vector<AnchorReceipt> receipts;
  for (const JsonValue& item : raw.items) {
    const JsonValue* const anchor = item.Find("anchor");
    const JsonValue* const kind = item.Find("kind");
    const JsonValue* const receipt = item.Find("receipt");
    if (anchor == nullptr || kind == nullptr || receipt == nullptr) {
      return Invalid(list, "has an item without anchor, kind or receipt");
    }
    absl::StatusOr<std::string> bytes =
        ReadBase64(*receipt, absl::StrCat("`", in, "receipts.receipt`"));
    if (!bytes.ok()) return bytes.status();
    receipts.push_back({.anchor = anchor->text, .kind = kind->text, .receipt = *std::move(bytes)});
  }
  return receipts;
}

absl::StatusOr<Renewal> ReadRenewal(const JsonValue& item) {
  const JsonValue* const receipt = item.Find("receipt");
  const JsonValue* const entry = item.Find("entry");
  const JsonValue* const proof = item.Find("proof");
  const JsonValue* const receipts = item.Find("receipts");
  if (receipt == nullptr || entry == nullptr || proof == nullptr || receipts == nullptr) {
    return Invalid("`renewals`", "has an item without receipt, entry, proof or receipts");
  }
  const absl::StatusOr<Hash> hash = ReadHash(*receipt, "`renewals.receipt`");
  if (!hash.ok()) return hash.status();
  absl::StatusOr<std::string> bytes = ReadBase64(*entry, "`renewals.entry`");
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<note::TlogProof> parsed = ReadProof(*proof, "`renewals.proof`");
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<std::vector<AnchorReceipt>> given = ReadReceipts(*receipts, "renewals.");
  if (!given.ok()) return given.status();
  return Renewal{.receipt = *hash,
                 .entry = *std::move(bytes),
                 .proof = *std::move(parsed),
                 .receipts = *std::move(given)};
}

absl::StatusOr<RunRecord> ReadRun(const JsonValue& raw) {
  const JsonValue* const record = raw.Find("record");
  const JsonValue* const entry = raw.Find("entry");
  const JsonValue* const proof = raw.Find("proof");
  if (record == nullptr || entry == nullptr || proof == nullptr) {
    return Invalid("`run`", "is without record, entry or proof");
  }
  absl::StatusOr<std::string> record_bytes = ReadBase64(*record, "`run.record`");
  if (!record_bytes.ok()) return record_bytes.status();
  absl::StatusOr<std::string> entry_bytes = ReadBase64(*entry, "`run.entry`");
  if (!entry_bytes.ok()) return entry_bytes.status();
  absl::StatusOr<note::TlogProof> parsed = ReadProof(*proof, "`run.proof`");
  if (!parsed.ok()) return parsed.status();
  return RunRecord{.record = *std::move(record_bytes),
                   .entry = *std::move(entry_bytes),
                   .proof = *std::move(parsed)};
}

absl::StatusOr<Commitment> ReadCommitment(const JsonValue& item) {
  const JsonValue* const path = item.Find("path");
  const JsonValue* const salt = item.Find("salt");
  const JsonValue* const value = item.Find("value");
  if (path == nullptr || salt == nullptr || value == nullptr) {
    return Invalid("`commitments`", "has an item without path, salt or value");
  }
  const absl::StatusOr<Hash> hash = ReadHash(*salt, "`commitments.salt`");
  if (!hash.ok()) return hash.status();
  return Commitment{.path = path->text, .salt = *hash, .value = value->text};
}

// What only version 2 has.
absl::Status ReadMore(const JsonValue& raw, Evidence* evidence) {
  if (const JsonValue* const renewals = raw.Find("renewals")) {
    if (absl::Status some = CheckNotEmpty(*renewals, "`renewals`"); !some.ok()) return some;
    for (const JsonValue& item : renewals->items) {
      absl::StatusOr<Renewal> renewal = ReadRenewal(item);
      if (!renewal.ok()) return renewal.status();
      evidence->renewals.push_back(*std::move(renewal));
    }
  }
  if (const JsonValue* const lists = raw.Find("revocation")) {
    if (absl::Status some = CheckNotEmpty(*lists, "`revocation`"); !some.ok()) return some;
    for (const JsonValue& item : lists->items) {
      absl::StatusOr<std::string> list = ReadBase64(item, "an item of `revocation`");
      if (!list.ok()) return list.status();
      evidence->revocation.push_back(*std::move(list));
    }
  }
  if (const JsonValue* const run = raw.Find("run")) {
    absl::StatusOr<RunRecord> record = ReadRun(*run);
    if (!record.ok()) return record.status();
    evidence->run = *std::move(record);
  }
  if (const JsonValue* const commitments = raw.Find("commitments")) {
    if (absl::Status some = CheckNotEmpty(*commitments, "`commitments`"); !some.ok()) return some;
    for (const JsonValue& item : commitments->items) {
      absl::StatusOr<Commitment> commitment = ReadCommitment(item);
      if (!commitment.ok()) return commitment.status();
      evidence->commitments.push_back(*std::move(commitment));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<int> ReadVersion(const JsonValue& raw) {
  const JsonValue* const format = raw.Find("format");
  if (format == nullptr) return Invalid("`format`", "is missing");
  if (format->text == kFormat) return 2;
  if (format->text == kFormatV1) return 1;
  return Invalid("`format`", absl::StrCat("must be `", kFormat, "` or `", kFormatV1,
                                          "`; another format needs another version of cairn"));
}

absl::StatusOr<Evidence> Read(const JsonValue& raw) {
  const absl::StatusOr<int> version = ReadVersion(raw);
  if (!version.ok()) return version.status();
  const JsonValue* const entry = raw.Find("entry");
  if (entry == nullptr) return Invalid("`entry`", "is missing");
  const JsonValue* const proof = raw.Find("proof");
  if (proof == nullptr) return Invalid("`proof`", "is missing");
  Evidence evidence;
  evidence.version = *version;
  if (const JsonValue* const kind = raw.Find("kind")) {
    if (kind->text != "cer" && kind->text != "file") {
      return Invalid("`kind`", "must be `cer` or `file`");
    }
    evidence.kind = kind->text == "cer" ? CertificateKind::kCer : CertificateKind::kFile;
  }
  absl::StatusOr<std::string> bytes = ReadBase64(*entry, "`entry`");
  if (!bytes.ok()) return bytes.status();
  evidence.entry = *std::move(bytes);
  absl::StatusOr<note::TlogProof> parsed = ReadProof(*proof, "`proof`");
  if (!parsed.ok()) return parsed.status();
  evidence.proof = *std::move(parsed);
  if (const JsonValue* const raw_openings = raw.Find("openings")) {
    absl::StatusOr<std::vector<Opening>> openings = ReadOpenings(*raw_openings);
    if (!openings.ok()) return openings.status();
    evidence.openings = *std::move(openings);
  }
  if (const JsonValue* const raw_receipts = raw.Find("receipts")) {
    absl::StatusOr<std::vector<AnchorReceipt>> receipts = ReadReceipts(*raw_receipts, "");
    if (!receipts.ok()) return receipts.status();
    evidence.receipts = *std::move(receipts);
  }
  if (absl::Status more = ReadMore(raw, &evidence); !more.ok()) return more;
  return evidence;
}

using Json = nlohmann::ordered_json;

// CheckForm has seen to it that there is one.
std::string ProofText(const note::TlogProof& proof) { return *note::FormatTlogProof(proof); }

Json ReceiptsJson(const std::vector<AnchorReceipt>& receipts) {
  Json list;
  for (const AnchorReceipt& receipt : receipts) {
    Json item;
    item["anchor"] = receipt.anchor;
    item["kind"] = receipt.kind;
    item["receipt"] = note::FormatBase64(receipt.receipt);
    list.push_back(std::move(item));
  }
  return list;
}

void WriteMore(const Evidence& evidence, Json* json) {
  for (const Renewal& renewal : evidence.renewals) {
    Json item;
    item["receipt"] = renewal.receipt.Hex();
    item["entry"] = note::FormatBase64(renewal.entry);
    item["proof"] = ProofText(renewal.proof);
    item["receipts"] = ReceiptsJson(renewal.receipts);
    (*json)["renewals"].push_back(std::move(item));
  }
  for (const std::string& list : evidence.revocation) {
    (*json)["revocation"].push_back(note::FormatBase64(list));
  }
  if (evidence.run) {
    Json run;
    run["record"] = note::FormatBase64(evidence.run->record);
    run["entry"] = note::FormatBase64(evidence.run->entry);
    run["proof"] = ProofText(evidence.run->proof);
    (*json)["run"] = std::move(run);
  }
  for (const Commitment& commitment : evidence.commitments) {
    Json item;
    item["path"] = commitment.path;
    item["salt"] = commitment.salt.Hex();
    item["value"] = commitment.value;
    (*json)["commitments"].push_back(std::move(item));
  }
}

}  // namespace

absl::string_view CertificateKindName(CertificateKind kind) {
  return kind == CertificateKind::kCer ? "cer" : "file";
}

absl::StatusOr<StatementEntry> DecodeSubject(absl::string_view entry) {
  absl::StatusOr<entry::Entry> decoded = entry::Decode(entry);
  if (!decoded.ok())
    return Invalid("`entry`", absl::StrCat("is refused: ", decoded.status().message()));
  StatementEntry subject{.accepted_at_ms = decoded->accepted_at_ms, .signed_statement = {}};
  if (auto* const statement = std::get_if<entry::SignedStatement>(&decoded->body)) {
    subject.signed_statement = std::move(*statement);
  } else if (const auto* unknown = std::get_if<entry::UnknownEntry>(&decoded->body)) {
    subject.unknown_kind = unknown->kind;
  } else {
    return Invalid("`entry`", "is not a statement about a certificate");
  }
  return subject;
}

absl::StatusOr<StatementEntry> DecodeStatement(absl::string_view entry) {
  absl::StatusOr<StatementEntry> subject = DecodeSubject(entry);
  if (subject.ok() && subject->unknown_kind) {
    return Invalid("`entry`", absl::StrCat("is of kind ", *subject->unknown_kind,
                                           ", newer than this program, and no statement"));
  }
  return subject;
}

TreeSize SizeOf(const note::TlogProof& proof) {
  const absl::StatusOr<note::Note> note = note::ParseNote(proof.checkpoint);
  if (!note.ok()) return TreeSize(0);
  const absl::StatusOr<note::Checkpoint> checkpoint = note::ParseCheckpoint(note->text);
  return checkpoint.ok() ? checkpoint->size : TreeSize(0);
}

std::string OriginOf(const note::TlogProof& proof) {
  return proof.checkpoint.substr(0, proof.checkpoint.find('\n'));
}

absl::StatusOr<Evidence> Parse(absl::string_view bytes) {
  if (bytes.size() > kMaxEvidenceBytes) {
    return Invalid(kWhole, absl::StrCat("is longer than ", kMaxEvidenceBytes, " bytes"));
  }
  static const Schema& schema = *new Schema(MakeSchema());
  const absl::StatusOr<JsonValue> raw = ReadJson(bytes, schema, kWhole);
  if (!raw.ok()) return raw.status();
  absl::StatusOr<Evidence> evidence = Read(*raw);
  if (!evidence.ok()) return evidence.status();
  absl::StatusOr<std::string> formatted = Format(*evidence);
  if (!formatted.ok()) return formatted.status();
  if (*formatted != bytes) {
    return Invalid(
        kWhole, absl::StrCat("is not laid out as cairn writes it: ",
                             WhatWasResaved(bytes, *formatted), "; keep the file byte for byte"));
  }
  return evidence;
}

absl::StatusOr<std::string> Format(const Evidence& evidence) {
  if (absl::Status good = CheckForm(evidence); !good.ok()) return good;
  Json json;
  json["format"] = evidence.version == 1 ? kFormatV1 : kFormat;
  if (evidence.kind) json["kind"] = std::string(CertificateKindName(*evidence.kind));
  json["entry"] = note::FormatBase64(evidence.entry);
  json["proof"] = ProofText(evidence.proof);
  for (const Opening& opening : evidence.openings) {
    Json item;
    item["field"] = opening.field;
    item["key"] = opening.key.Hex();
    item["value"] = opening.value;
    json["openings"].push_back(std::move(item));
  }
  if (!evidence.receipts.empty()) json["receipts"] = ReceiptsJson(evidence.receipts);
  WriteMore(evidence, &json);
  std::string bytes = absl::StrCat(json.dump(2), "\n");
  if (bytes.size() > kMaxEvidenceBytes) {
    return Invalid(kWhole, absl::StrCat("is longer than ", kMaxEvidenceBytes, " bytes"));
  }
  return bytes;
}

}  // namespace cairn::evidence
