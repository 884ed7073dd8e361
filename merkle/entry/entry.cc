#include "merkle/entry/entry.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "merkle/verify.h"

namespace cairn::entry {
namespace {

// Persistent: never renumber.
constexpr uint8_t kVersion = 1;
enum Kind : uint8_t { kStatement = 1, kCertifier = 2, kReceipt = 3 };
enum SignatureForm : uint8_t { kUnsigned = 0, kSingle = 1, kBatch = 2 };
enum KeyForm : uint8_t { kNoKey = 0, kKey = 1, kKeyByOldKey = 2 };
constexpr uint64_t kSupersedesNone = std::numeric_limits<uint64_t>::max();

constexpr size_t kTimeOffset = 2;
constexpr size_t kTimeBytes = 8;
// What a statement takes with its texts in full, or signed.
constexpr size_t kUsualBytes = 256;

absl::Status Invalid(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(field, " ", why));
}

absl::Status CheckSize(size_t size) {
  if (size <= kMaxEntryBytes) return absl::OkStatus();
  return Invalid("entry",
                 absl::StrCat("has ", size, " bytes; at most ", kMaxEntryBytes, " are allowed"));
}

void PutInteger(uint64_t value, int bytes, std::string& out) {
  char big_endian[8];
  for (int i = 0; i < bytes; ++i) big_endian[i] = static_cast<char>(value >> 8 * (bytes - 1 - i));
  out.append(big_endian, bytes);
}

constexpr std::array<bool, 256> MakeTextCharacters() {
  std::array<bool, 256> is{};
  for (const char c : absl::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                        "0123456789._:-")) {
    is[static_cast<uint8_t>(c)] = true;
  }
  return is;
}
constexpr std::array<bool, 256> kTextCharacters = MakeTextCharacters();
bool IsTextCharacter(char c) { return kTextCharacters[static_cast<uint8_t>(c)]; }

// Without a branch for each: every entry that comes in passes here.
bool IsText(absl::string_view text) {
  bool is = true;
  for (const char c : text) is &= IsTextCharacter(c);
  return is;
}

void PutText(absl::string_view text, std::string& out) {
  out.push_back(static_cast<char>(text.size()));
  absl::StrAppend(&out, text);
}

// Takes values off the front of `rest_`. After the first value that is not there everything is zero
// and `status()` says which one it was, so that only the end has to be checked.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : rest_(bytes) {}

  absl::string_view Bytes(absl::string_view field, size_t size) {
    if (!status_.ok() || rest_.size() < size) {
      Fail(field, "is cut off: the entry ends within it");
      return absl::string_view();
    }
    const absl::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  uint64_t Integer(absl::string_view field, int bytes) {
    uint64_t value = 0;
    for (const char c : Bytes(field, bytes)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }

  std::string Text(absl::string_view field) { return std::string(Bytes(field, Integer(field, 1))); }

  Hash HashValue(absl::string_view field) {
    absl::StatusOr<Hash> hash = Hash::FromBytes(Bytes(field, Hash::kSize));
    return hash.ok() ? *hash : Hash();
  }

  PublicKey Key() { return Array<PublicKey>("key"); }
  Signature SignatureValue() { return Array<Signature>("signature"); }

  // All that is left.
  std::string Rest() { return std::string(Bytes("content", rest_.size())); }

  void Fail(absl::string_view field, absl::string_view why) {
    if (status_.ok()) status_ = Invalid(field, why);
  }

  // Requires that everything was read.
  absl::Status Finish() {
    if (!rest_.empty()) {
      Fail("entry",
           absl::StrCat("is followed by ", rest_.size(), " bytes that do not belong to it"));
    }
    return status_;
  }

 private:
  template <typename T>
  T Array(absl::string_view field) {
    T value;
    const absl::string_view raw = Bytes(field, value.bytes.size());
    std::copy(raw.begin(), raw.end(), value.bytes.begin());
    return value;
  }

  absl::string_view rest_;
  absl::Status status_;
};

size_t PathLength(uint32_t index, uint32_t size) {
  return merkle::InclusionProofLength(LeafIndex(index), TreeSize(size));
}

absl::Status ValidateBatchPlace(uint32_t size, uint32_t index) {
  if (size == 0 || size > kMaxBatchSize) {
    return Invalid("batch size", absl::StrCat("is ", size, "; it must be 1 to ", kMaxBatchSize));
  }
  if (index >= size) {
    return Invalid("batch index",
                   absl::StrCat("is ", index, "; it must be below the batch's size, ", size));
  }
  return absl::OkStatus();
}

absl::Status ValidateSignature(const StatementSignature& signature) {
  const auto* batch = std::get_if<BatchSignature>(&signature);
  if (batch == nullptr) return absl::OkStatus();
  if (absl::Status place = ValidateBatchPlace(batch->size, batch->index); !place.ok()) return place;
  const size_t length = PathLength(batch->index, batch->size);
  if (batch->path.size() != length) {
    return Invalid("batch path",
                   absl::StrCat("has ", batch->path.size(), " hashes; that of number ",
                                batch->index, " of ", batch->size, " has ", length));
  }
  return absl::OkStatus();
}

absl::Status ValidateCertifier(const CertifierEntry& certifier) {
  if (absl::Status name = ValidateText("certifier name", certifier.name, /*allow_empty=*/false);
      !name.ok()) {
    return name;
  }
  if (certifier.by_old_key.has_value() &&
      (certifier.action != CertifierAction::kRotate || !certifier.key.has_value())) {
    return Invalid("certifier key's signature", "must be absent unless a key is rotated");
  }
  switch (certifier.action) {
    case CertifierAction::kDeclare:
    case CertifierAction::kRotate:
      if (certifier.demand != CertifierDemand::kSigned &&
          certifier.demand != CertifierDemand::kChannel) {
        return Invalid("certifier demand",
                       "must be signed (1) or channel (2) unless it is retired");
      }
      if (certifier.demand == CertifierDemand::kSigned && !certifier.key.has_value()) {
        return Invalid("certifier key", "is missing; signed statements need one");
      }
      if (certifier.key.has_value()) {
        if (absl::Status key = CheckPublicKey(*certifier.key); !key.ok()) {
          return Invalid("certifier key", absl::StrCat("is refused: ", key.message()));
        }
      }
      return absl::OkStatus();
    case CertifierAction::kRetire:
      if (certifier.demand != CertifierDemand::kNothing) {
        return Invalid("certifier demand", "must be nothing (0) of a certifier that is retired");
      }
      if (certifier.key.has_value()) {
        return Invalid("certifier key", "must be absent from a certifier that is retired");
      }
      return absl::OkStatus();
  }
  return Invalid("certifier action", "must be declare (1), rotate (2) or retire (3)");
}

absl::Status ValidateReceipt(const ReceiptEntry& receipt) {
  if (receipt.tree_size.value() == 0 || receipt.tree_size.value() > kMaxTreeSize) {
    return Invalid("receipt tree size",
                   absl::StrCat("is ", receipt.tree_size.value(), "; it must be 1 to 2^63 - 1"));
  }
  return ValidateText("receipt backend", receipt.backend, /*allow_empty=*/false);
}

absl::Status ValidateUnknown(const UnknownEntry& unknown) {
  if (unknown.kind < kFirstReservedKind || unknown.kind > kLastReservedKind) {
    return Invalid("kind", absl::StrCat("is ", unknown.kind, ", which is not reserved"));
  }
  return CheckSize(kTimeOffset + kTimeBytes + unknown.content.size());
}

absl::Status ValidateBody(const Body& body) {
  if (const auto* signed_statement = std::get_if<SignedStatement>(&body)) {
    return ValidateSignedStatement(*signed_statement);
  }
  if (const auto* certifier = std::get_if<CertifierEntry>(&body)) {
    return ValidateCertifier(*certifier);
  }
  if (const auto* receipt = std::get_if<ReceiptEntry>(&body)) return ValidateReceipt(*receipt);
  return ValidateUnknown(std::get<UnknownEntry>(body));
}

void PutStatement(const Statement& statement, std::string& out) {
  absl::StrAppend(&out, statement.certificate_hash.view());
  PutInteger(static_cast<uint8_t>(statement.policy_status), 1, out);
  PutInteger(statement.supersedes ? statement.supersedes->value() : kSupersedesNone, 8, out);
  PutText(statement.certifier, out);
  PutText(statement.trace, out);
  PutText(statement.task, out);
}

template <typename T>
void PutArray(const T& value, std::string& out) {
  out.append(value.bytes.begin(), value.bytes.end());
}

void PutSignature(const StatementSignature& signature, std::string& out) {
  if (const auto* single = std::get_if<SingleSignature>(&signature)) {
    out.push_back(kSingle);
    PutArray(single->key, out);
    PutArray(single->signature, out);
  } else if (const auto* batch = std::get_if<BatchSignature>(&signature)) {
    out.push_back(kBatch);
    PutArray(batch->key, out);
    PutArray(batch->signature, out);
    PutInteger(batch->size, 2, out);
    PutInteger(batch->index, 2, out);
    for (const Hash& hash : batch->path) PutArray(hash, out);
  } else {
    out.push_back(kUnsigned);
  }
}

uint8_t KindOf(const Body& body) {
  if (std::holds_alternative<SignedStatement>(body)) return kStatement;
  if (std::holds_alternative<CertifierEntry>(body)) return kCertifier;
  if (std::holds_alternative<ReceiptEntry>(body)) return kReceipt;
  return std::get<UnknownEntry>(body).kind;
}

void PutCertifier(const CertifierEntry& certifier, std::string& out) {
  PutInteger(static_cast<uint8_t>(certifier.action), 1, out);
  PutInteger(static_cast<uint8_t>(certifier.demand), 1, out);
  PutText(certifier.name, out);
  const bool signed_rotation = certifier.by_old_key.has_value();
  out.push_back(signed_rotation ? kKeyByOldKey : certifier.key.has_value() ? kKey : kNoKey);
  if (certifier.key.has_value()) PutArray(*certifier.key, out);
  if (signed_rotation) PutArray(*certifier.by_old_key, out);
}

// Requires: ValidateBody accepted it.
void PutContent(const Body& body, std::string& out) {
  if (const auto* signed_statement = std::get_if<SignedStatement>(&body)) {
    PutStatement(signed_statement->statement, out);
    PutSignature(signed_statement->signature, out);
  } else if (const auto* certifier = std::get_if<CertifierEntry>(&body)) {
    PutCertifier(*certifier, out);
  } else if (const auto* receipt = std::get_if<ReceiptEntry>(&body)) {
    PutArray(receipt->receipt_hash, out);
    PutInteger(receipt->tree_size.value(), 8, out);
    PutText(receipt->backend, out);
  } else {
    absl::StrAppend(&out, std::get<UnknownEntry>(body).content);
  }
}

StatementSignature ReadSignature(Reader& reader) {
  const uint64_t form = reader.Integer("signature form", 1);
  if (form == kUnsigned) return std::monostate();
  if (form != kSingle && form != kBatch) {
    reader.Fail("signature form", absl::StrCat("is ", form, ", which is unknown"));
    return std::monostate();
  }
  const PublicKey key = reader.Key();
  const Signature signature = reader.SignatureValue();
  if (form == kSingle) return SingleSignature{.key = key, .signature = signature};
  BatchSignature batch;
  batch.key = key;
  batch.signature = signature;
  batch.size = reader.Integer("batch size", 2);
  batch.index = reader.Integer("batch index", 2);
  // Before the length of the path is computed from them.
  if (absl::Status place = ValidateBatchPlace(batch.size, batch.index); !place.ok()) {
    reader.Fail(place.message(), "");
    return batch;
  }
  batch.path.resize(PathLength(batch.index, batch.size));
  for (Hash& hash : batch.path) hash = reader.HashValue("batch path");
  return batch;
}

SignedStatement ReadStatement(Reader& reader) {
  SignedStatement out;
  out.statement.certificate_hash = reader.HashValue("certificate hash");
  out.statement.policy_status = static_cast<PolicyStatus>(reader.Integer("policy status", 1));
  const uint64_t supersedes = reader.Integer("supersedes", 8);
  if (supersedes != kSupersedesNone) out.statement.supersedes = LeafIndex(supersedes);
  out.statement.certifier = reader.Text("certifier");
  out.statement.trace = reader.Text("trace");
  out.statement.task = reader.Text("task");
  out.signature = ReadSignature(reader);
  return out;
}

CertifierEntry ReadCertifier(Reader& reader) {
  CertifierEntry out;
  out.action = static_cast<CertifierAction>(reader.Integer("certifier action", 1));
  out.demand = static_cast<CertifierDemand>(reader.Integer("certifier demand", 1));
  out.name = reader.Text("certifier name");
  const uint64_t form = reader.Integer("certifier key form", 1);
  if (form > kKeyByOldKey) {
    reader.Fail("certifier key form", absl::StrCat("is ", form, ", which is unknown"));
  }
  if (form == kKey || form == kKeyByOldKey) out.key = reader.Key();
  if (form == kKeyByOldKey) out.by_old_key = reader.SignatureValue();
  return out;
}

ReceiptEntry ReadReceipt(Reader& reader) {
  ReceiptEntry out;
  out.receipt_hash = reader.HashValue("receipt hash");
  out.tree_size = TreeSize(reader.Integer("receipt tree size", 8));
  out.backend = reader.Text("receipt backend");
  return out;
}

// Takes a body off a reader that holds nothing behind it.
absl::StatusOr<Body> ReadBody(uint64_t kind, Reader& reader) {
  Body body;
  switch (kind) {
    case kStatement:
      body = ReadStatement(reader);
      break;
    case kCertifier:
      body = ReadCertifier(reader);
      break;
    case kReceipt:
      body = ReadReceipt(reader);
      break;
    default:
      if (kind >= kFirstReservedKind && kind <= kLastReservedKind) {
        body = UnknownEntry{.kind = static_cast<uint8_t>(kind), .content = reader.Rest()};
      } else {
        reader.Fail("kind", absl::StrCat("is ", kind, ", which is unknown"));
      }
  }
  if (absl::Status read = reader.Finish(); !read.ok()) return read;
  if (absl::Status valid = ValidateBody(body); !valid.ok()) return valid;
  return body;
}

}  // namespace

absl::Status ValidateText(absl::string_view field, absl::string_view text, bool allow_empty) {
  if (text.empty() && !allow_empty) return Invalid(field, "is empty; it needs 1 to 64 characters");
  if (text.size() > kMaxTextBytes) {
    return Invalid(field, absl::StrCat("has ", text.size(), " bytes; at most ", kMaxTextBytes,
                                       " are allowed"));
  }
  if (IsText(text)) return absl::OkStatus();
  const auto* bad = std::find_if_not(text.begin(), text.end(), IsTextCharacter);
  return Invalid(field, absl::StrCat("has a character at position ", bad - text.begin(),
                                     " that is not one of A-Z a-z 0-9 . _ : -"));
}

absl::Status ValidateStatement(const Statement& statement) {
  if (statement.policy_status > PolicyStatus::kConditional) {
    return Invalid("policy status", absl::StrCat("is ", static_cast<int>(statement.policy_status),
                                                 ", which is unknown"));
  }
  if (statement.supersedes.has_value() && statement.supersedes->value() >= kMaxTreeSize) {
    return Invalid("supersedes", "is an index that no tree can have");
  }
  if (absl::Status s = ValidateText("certifier", statement.certifier, /*allow_empty=*/false);
      !s.ok()) {
    return s;
  }
  if (absl::Status s = ValidateText("trace", statement.trace, /*allow_empty=*/true); !s.ok())
    return s;
  return ValidateText("task", statement.task, /*allow_empty=*/true);
}

absl::Status ValidateSignedStatement(const SignedStatement& signed_statement) {
  absl::Status valid = ValidateStatement(signed_statement.statement);
  return valid.ok() ? ValidateSignature(signed_statement.signature) : valid;
}

absl::StatusOr<std::string> Encode(const Entry& entry) {
  if (absl::Status valid = ValidateBody(entry.body); !valid.ok()) return valid;
  std::string out;
  out.reserve(kUsualBytes);
  out.push_back(kVersion);
  out.push_back(KindOf(entry.body));
  PutInteger(entry.accepted_at_ms, kTimeBytes, out);
  PutContent(entry.body, out);
  return out;
}

void SetAcceptedAt(uint64_t accepted_at_ms, std::string& encoded) {
  for (size_t i = 0; i < kTimeBytes; ++i) {
    encoded[kTimeOffset + i] = static_cast<char>(accepted_at_ms >> 8 * (kTimeBytes - 1 - i));
  }
}

absl::StatusOr<Entry> Decode(absl::string_view encoded) {
  if (absl::Status size = CheckSize(encoded.size()); !size.ok()) return size;
  Reader reader(encoded);
  const uint64_t version = reader.Integer("version", 1);
  if (version != kVersion) {
    reader.Fail("version", absl::StrCat("is ", version, "; only ", kVersion, " is known"));
  }
  const uint64_t kind = reader.Integer("kind", 1);
  Entry entry;
  entry.accepted_at_ms = reader.Integer("time", kTimeBytes);
  absl::StatusOr<Body> body = ReadBody(kind, reader);
  if (!body.ok()) return body.status();
  entry.body = *std::move(body);
  return entry;
}

absl::string_view PolicyStatusName(PolicyStatus status) {
  switch (status) {
    case PolicyStatus::kUnspecified:
      return "unspecified";
    case PolicyStatus::kPass:
      return "pass";
    case PolicyStatus::kFail:
      return "fail";
    case PolicyStatus::kConditional:
      return "conditional";
  }
  return "unknown";
}

absl::StatusOr<PolicyStatus> ParsePolicyStatus(absl::string_view name) {
  for (const PolicyStatus status : {PolicyStatus::kUnspecified, PolicyStatus::kPass,
                                    PolicyStatus::kFail, PolicyStatus::kConditional}) {
    if (name == PolicyStatusName(status)) return status;
  }
  return Invalid("policy status",
                 absl::StrCat("is `", name, "`; give unspecified, pass, fail or conditional"));
}

}  // namespace cairn::entry
