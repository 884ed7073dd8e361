// One evidence file judged, and how that is said: what `cairn verify` does with each of its files.
//
// Threads: any, each with a Trust of its own; Say writes to stdout and stderr, one at a time.

#ifndef CAIRN_TOOLS_CAIRN_EVIDENCE_CHECK_H_
#define CAIRN_TOOLS_CAIRN_EVIDENCE_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "anchor/evidence/certifier_keys.h"
#include "anchor/evidence/verify.h"
#include "merkle/certificate/judgement.h"
#include "merkle/certificate/node_keys.h"
#include "merkle/certificate/rounded_number.h"
#include "merkle/hash.h"
#include "tools/cairn/command.h"
#include "tools/cairn/contradictions.h"
#include "tools/cairn/explanation.h"
#include "tools/cairn/record.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {

// What must hold of evidence, beside what trust asks for.
struct Demands {
  evidence::CertifierKeys certifier_keys;
  evidence::Required require;
  std::optional<uint64_t> log_key_not_after_s;
  // The only file there is. Whoever gives keys with one file wants a signature by one of them;
  // several may be by several certifiers, not all of whose keys are at hand.
  bool alone = false;
  // One of the certificate's attestations must be proven.
  bool attestation = false;
  // The hash that the evidence must be about, where no certificate is at hand.
  std::optional<Hash> certificate_hash;
};

// The certificate that a file is about, where it is at hand.
struct CertificateFile {
  std::string path;
  const certificate::NodeKeys* node_keys = nullptr;
  RecordOptions options = {};
};

struct Checked {
  // Absent where the evidence cannot be read, for `reason`.
  std::optional<evidence::Report> report = std::nullopt;
  std::string reason = {};
  ExitCode exit_code = kUnable;
  std::vector<std::string> notices = {};
  // Numbers of the certificate, see record.h.
  certificate::RoundedNumbers rounded = {};
  // Of the certificate, where it is a record.
  std::optional<certificate::Judgement> judgement = std::nullopt;
  // Keys were given, and none of the statement's certifier.
  bool of_unknown_certifier = false;
  // SHA-256 of the files, where they could be read.
  std::optional<Hash> evidence_sha256 = std::nullopt;
  std::optional<Hash> certificate_sha256 = std::nullopt;
};

// How a run says what it finds.
struct Saying {
  bool json = false;
  bool explain = false;
  // What all files of the run were judged by.
  RunInputs inputs;
};

// Adds the checkpoint of each file that the log's key has signed to `seen`.
Checked CheckEvidence(const std::string& file, const Trust& trust, const Demands& demands,
                      Contradictions& seen, const CertificateFile* certificate = nullptr);

void Say(const std::string& file, const Checked& checked, const Saying& saying);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_EVIDENCE_CHECK_H_
