#include "anchor/evidence/opentimestamps_tree.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cairn::evidence::ots {
namespace {

using Message = std::optional<std::string>;

// OpenSSL offers all three since 3.0.7; one without them cannot judge proofs at all.
std::string Digest(const char* name, absl::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  size_t size = 0;
  const int done =
      EVP_Q_digest(nullptr, name, nullptr, message.data(), message.size(), digest.data(), &size);
  assert(done == 1 && "OpenSSL lacks a digest of OpenTimestamps");
  (void)done;
  return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

Message ApplyTo(const Op& op, const Message& message) {
  return message ? Apply(op, *message) : std::nullopt;
}

std::optional<absl::string_view> View(const Message& message) {
  if (!message) return std::nullopt;
  return absl::string_view(*message);
}

void VisitFrom(const Timestamp& timestamp, const Message& message, Visitor visitor) {
  for (const Attestation& attestation : timestamp.attestations) {
    visitor(attestation, View(message));
  }
  for (const Step& step : timestamp.steps) {
    VisitFrom(step.below, ApplyTo(step.op, message), visitor);
  }
}

bool MergeWhere(absl::string_view at, const Timestamp& from, const Message& message,
                Timestamp* into) {
  // Below a message that cannot be computed none is known to be `at`.
  if (!message) return false;
  bool merged = false;
  for (Step& step : into->steps) {
    merged |= MergeWhere(at, from, ApplyTo(step.op, message), &step.below);
  }
  if (*message != at) return merged;
  Merge(from, into);
  return true;
}

void RemoveFrom(Choose unwanted, const Message& message, Timestamp* timestamp) {
  std::erase_if(timestamp->attestations, [&](const Attestation& attestation) {
    return unwanted(attestation, View(message));
  });
  for (Step& step : timestamp->steps) {
    RemoveFrom(unwanted, ApplyTo(step.op, message), &step.below);
  }
  std::erase_if(timestamp->steps, [](const Step& step) {
    return step.below.attestations.empty() && step.below.steps.empty();
  });
}

bool HasBitcoin(const Timestamp& timestamp) {
  return std::any_of(timestamp.attestations.begin(), timestamp.attestations.end(),
                     [](const Attestation& attestation) {
                       return attestation.kind() == AttestationKind::kBitcoin;
                     }) ||
         std::any_of(timestamp.steps.begin(), timestamp.steps.end(),
                     [](const Step& step) { return HasBitcoin(step.below); });
}

void CollectPending(const Timestamp& timestamp, const Message& message,
                    std::vector<PendingAttestation>* into) {
  if (!message) return;
  const size_t first = into->size();
  for (const Attestation& attestation : timestamp.attestations) {
    if (attestation.kind() != AttestationKind::kPending) continue;
    into->push_back({.uri = attestation.uri(), .message = *message});
  }
  // Looked for once a node, however many pending attestations a stranger puts there.
  if (into->size() > first && HasBitcoin(timestamp)) {
    for (size_t i = first; i < into->size(); ++i) (*into)[i].upgraded = true;
  }
  for (const Step& step : timestamp.steps) {
    CollectPending(step.below, ApplyTo(step.op, message), into);
  }
}

}  // namespace

std::optional<std::string> Apply(const Op& op, absl::string_view message) {
  if (message.empty() || message.size() > kMaxMessageBytes) return std::nullopt;
  std::string result;
  switch (op.code) {
    case OpCode::kSha1:
      return Digest("SHA1", message);
    case OpCode::kRipemd160:
      return Digest("RIPEMD160", message);
    case OpCode::kSha256:
      return Digest("SHA256", message);
    case OpCode::kAppend:
      result = absl::StrCat(message, op.argument);
      break;
    case OpCode::kPrepend:
      result = absl::StrCat(op.argument, message);
      break;
    case OpCode::kReverse:
      result.assign(message.rbegin(), message.rend());
      break;
    case OpCode::kHexlify:
      result = absl::BytesToHexString(message);
      break;
    default:  // kKeccak256, which OpenSSL 3.0 does not offer.
      return std::nullopt;
  }
  if (result.size() > kMaxMessageBytes) return std::nullopt;
  return result;
}

Timestamp Under(std::vector<Op> ops, Timestamp timestamp) {
  for (auto op = ops.rbegin(); op != ops.rend(); ++op) {
    Timestamp above;
    above.steps.push_back({.op = std::move(*op), .below = std::move(timestamp)});
    timestamp = std::move(above);
  }
  return timestamp;
}

void Merge(Timestamp from, Timestamp* into) {
  for (Attestation& attestation : from.attestations) {
    const auto place =
        std::lower_bound(into->attestations.begin(), into->attestations.end(), attestation);
    if (place != into->attestations.end() && *place == attestation) continue;
    into->attestations.insert(place, std::move(attestation));
  }
  for (Step& step : from.steps) {
    const auto place = std::lower_bound(into->steps.begin(), into->steps.end(), step,
                                        [](const Step& a, const Step& b) { return a.op < b.op; });
    if (place != into->steps.end() && place->op == step.op) {
      Merge(std::move(step.below), &place->below);
    } else {
      into->steps.insert(place, std::move(step));
    }
  }
}

absl::Status MergeAt(absl::string_view at, const Timestamp& from, absl::string_view message,
                     Timestamp* into) {
  if (MergeWhere(at, from, std::string(message), into)) return absl::OkStatus();
  return absl::NotFoundError("OpenTimestamps proof: no node has that message");
}

void Remove(Choose unwanted, absl::string_view message, Timestamp* timestamp) {
  RemoveFrom(unwanted, std::string(message), timestamp);
}

void Visit(const Timestamp& timestamp, absl::string_view message, Visitor visitor) {
  VisitFrom(timestamp, std::string(message), visitor);
}

std::vector<PendingAttestation> PendingAttestations(const Timestamp& timestamp,
                                                    absl::string_view message) {
  std::vector<PendingAttestation> pending;
  CollectPending(timestamp, std::string(message), &pending);
  return pending;
}

std::vector<BitcoinAttestation> BitcoinAttestations(const Timestamp& timestamp,
                                                    absl::string_view message) {
  std::vector<BitcoinAttestation> found;
  Visit(timestamp, message,
        [&found](const Attestation& attestation, std::optional<absl::string_view> over) {
          if (attestation.kind() != AttestationKind::kBitcoin || !over) return;
          const absl::StatusOr<Hash> root = Hash::FromBytes(*over);
          if (root.ok()) found.push_back({.height = attestation.height(), .root = *root});
        });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace cairn::evidence::ots
