#include "tools/cairn/contradictions.h"

#include "absl/status/statusor.h"
#include "merkle/note/misbehaviour.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

// The log's key has signed it, whatever else is missing.
bool IsSigned(const evidence::Report& report) {
  const evidence::Layer* const checkpoint = report.Find("checkpoint");
  return checkpoint != nullptr &&
         (checkpoint->state == evidence::State::kProven || checkpoint->code == "key_given_up");
}

// Empty where the two do not convict after all, such as when the first file has changed.
std::string MakeProof(const std::string& first_file, const std::string& second_note,
                      const std::vector<note::VerifierKey>& log_keys) {
  const absl::StatusOr<std::string> bytes = ReadFile(first_file, evidence::kMaxEvidenceBytes);
  if (!bytes.ok()) return "";
  const absl::StatusOr<evidence::Evidence> first = evidence::Parse(*bytes);
  if (!first.ok()) return "";
  const note::Misbehaviour misbehaviour{
      .first = first->proof.checkpoint, .second = second_note, .path = {}};
  if (!note::VerifyMisbehaviour(misbehaviour, log_keys).ok()) return "";
  return note::FormatMisbehaviour(misbehaviour).value_or("");
}

}  // namespace

void Contradictions::Add(const std::string& file, const evidence::Evidence& evidence,
                         const evidence::Report& report,
                         const std::optional<note::VerifierKey>& log_key) {
  if (!log_key || !IsSigned(report)) return;
  const evidence::Claim& claim = report.claim;
  const std::pair<std::string, uint64_t> key(claim.origin, claim.tree_size.value());
  const std::lock_guard lock(mutex_);
  const auto known = trees_.find(key);
  if (known == trees_.end()) {
    if (trees_.size() >= kMaxTrees) {
      overflowed_ = true;
    } else {
      trees_.emplace(key, Tree{claim.root, file, log_key});
    }
    return;
  }
  const Tree& first = known->second;
  if (first.root == claim.root || found_.size() >= kMaxFound) return;
  std::vector<note::VerifierKey> log_keys = {*log_key};
  if (!(*first.log_key == *log_key)) log_keys.push_back(*first.log_key);
  found_.push_back({.origin = claim.origin,
                    .tree_size = claim.tree_size.value(),
                    .first_file = first.file,
                    .second_file = file,
                    .first_root = first.root,
                    .second_root = claim.root,
                    .proof = MakeProof(first.file, evidence.proof.checkpoint, log_keys)});
}

}  // namespace cairn::cli
