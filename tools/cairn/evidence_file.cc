#include "tools/cairn/evidence_file.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/note/note.h"
#include "merkle/proof_bytes.h"

namespace cairn::cli {

absl::StatusOr<evidence::Evidence> MakeEvidence(const LogAnswer& answer,
                                                std::optional<evidence::CertificateKind> kind,
                                                std::vector<evidence::Opening> openings) {
  absl::StatusOr<merkle::Proof> proof = merkle::ParseProof(answer.proof);
  if (!proof.ok()) return proof.status();
  evidence::Evidence evidence{.kind = kind,
                              .entry = std::string(answer.entry),
                              .proof = {.extra = std::nullopt,
                                        .index = LeafIndex(answer.index),
                                        .proof = *std::move(proof),
                                        .checkpoint = std::string(answer.checkpoint)},
                              .openings = std::move(openings)};
  if (absl::StatusOr<std::string> formatted = evidence::Format(evidence); !formatted.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the log's answer is malformed: ", formatted.status().message()));
  }
  return evidence;
}

absl::Status CheckReport(const evidence::Evidence& evidence, const evidence::Report& report,
                         bool have_log_key) {
  std::vector<std::string> reasons;
  for (const evidence::Layer& layer : report.layers) {
    const bool unproven = have_log_key && layer.required && layer.state != evidence::State::kProven;
    if (unproven || layer.state == evidence::State::kFalse) {
      reasons.push_back(absl::StrCat(layer.name, ": ", layer.detail));
    }
  }
  if (!have_log_key) {
    const absl::StatusOr<note::Note> note = note::ParseNote(evidence.proof.checkpoint);
    if (!note.ok()) return note.status();
    if (std::none_of(note->signatures.begin(), note->signatures.end(),
                     [&](const auto& line) { return line.key_name == report.claim.origin; })) {
      reasons.push_back("checkpoint: carries no signature in the log's name");
    }
  }
  if (reasons.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the log's answer does not verify: ", absl::StrJoin(reasons, "; ")));
}

std::string EvidencePath(const std::string& directory, const std::string& file) {
  const std::filesystem::path name = std::filesystem::path(file).filename();
  const bool known = name.extension() == ".json" || name.extension() == ".txt";
  return (std::filesystem::path(directory) / (known ? name.stem() : name)).string() +
         evidence::kFileSuffix;
}

}  // namespace cairn::cli
