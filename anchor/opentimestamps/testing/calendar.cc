#include "anchor/opentimestamps/testing/calendar.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "anchor/evidence/opentimestamps_tree.h"

namespace cairn::anchor::testing {
namespace {

namespace ots = evidence::ots;

ots::Timestamp Leaf(ots::Attestation attestation) {
  ots::Timestamp leaf;
  leaf.attestations.push_back(std::move(attestation));
  return leaf;
}

// What anything but a real calendar makes up.
std::string Filler(absl::string_view seed, size_t bytes) {
  return std::string(merkle::Sha256(seed).view().substr(0, bytes));
}

std::string Apply(const std::vector<ots::Op>& ops, std::string message) {
  for (const ots::Op& op : ops) message = *ots::Apply(op, message);
  return message;
}

HttpAnswer Text(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain", .body = std::move(body)};
}

HttpAnswer Tree(const ots::Timestamp& timestamp, absl::string_view message) {
  return {.status = 200,
          .content_type = "application/octet-stream",
          .body = *ots::FormatTimestamp(timestamp, message)};
}

}  // namespace

HttpAnswer Calendar::Answer(bool post, absl::string_view path, absl::string_view body) {
  if (post && path == "/digest") return Submit(body);
  if (!post && absl::ConsumePrefix(&path, "/timestamp/")) return Upgrade(path);
  return Text(404, "Not found");
}

HttpAnswer Calendar::Submit(absl::string_view message) {
  if (message.empty()) return Text(400, "invalid Content-Length");
  if (message.size() > 64) return Text(400, "digest too long");
  const std::string salt = absl::StrCat(uri_, " ", ++digests_);
  const std::vector<ots::Op> ops = {{ots::OpCode::kAppend, Filler(salt + " nonce", 16)},
                                    {ots::OpCode::kSha256},
                                    {ots::OpCode::kPrepend, Filler(salt + " time", 4)},
                                    {ots::OpCode::kAppend, Filler(salt + " mac", 8)}};
  paths_[Apply(ops, std::string(message))] = {};
  return Tree(ots::Under(ops, Leaf(*ots::Attestation::Pending(uri_))), message);
}

HttpAnswer Calendar::Upgrade(absl::string_view hex) const {
  const std::string commitment = absl::HexStringToBytes(hex);
  if (absl::BytesToHexString(commitment) != hex) return Text(400, "commitment must be hex");
  const auto path = paths_.find(commitment);
  if (path == paths_.end()) return Text(404, "Not found");
  if (path->second.steps.empty()) {
    return Text(404, "Pending confirmation in Bitcoin blockchain");
  }
  return Tree(path->second, commitment);
}

uint64_t Calendar::Stamp(evidence::testing::BitcoinChain* chain) {
  // A list instead of a tree: each commitment's hash is appended to what came before it.
  std::string sum(Hash::kSize, '\0');
  std::map<std::string, std::vector<ots::Op>> ops;
  for (const auto& [commitment, path] : paths_) {
    const std::string leaf(merkle::Sha256(commitment).view());
    for (auto& [earlier, steps] : ops) {
      steps.push_back({ots::OpCode::kAppend, leaf});
      steps.push_back({ots::OpCode::kSha256});
    }
    ops[commitment] = {
        {ots::OpCode::kSha256}, {ots::OpCode::kPrepend, sum}, {ots::OpCode::kSha256}};
    sum = Apply({{ots::OpCode::kAppend, leaf}, {ots::OpCode::kSha256}}, sum);
  }
  // The transaction around it, and its sibling in the block.
  const std::string salt = absl::StrCat(uri_, " ", chain->tip());
  const std::vector<ots::Op> block = {{ots::OpCode::kPrepend, Filler(salt + " inputs", 30)},
                                      {ots::OpCode::kAppend, Filler(salt + " locktime", 4)},
                                      {ots::OpCode::kSha256},
                                      {ots::OpCode::kSha256},
                                      {ots::OpCode::kPrepend, Filler(salt + " sibling", 32)},
                                      {ots::OpCode::kSha256},
                                      {ots::OpCode::kSha256}};
  const uint64_t height = chain->Mine(*Hash::FromBytes(Apply(block, sum)));
  for (auto& [commitment, steps] : ops) {
    steps.insert(steps.end(), block.begin(), block.end());
    paths_[commitment] = ots::Under(steps, Leaf(ots::Attestation::Bitcoin(height)));
  }
  return height;
}

}  // namespace cairn::anchor::testing
