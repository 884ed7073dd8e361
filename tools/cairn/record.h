// A certificate file as it is submitted: its hash, what kind of certificate that is, and what was
// found of it.
//
// Limits: a record is at most certificate::kMaxRecordBytes and nested at most
// certificate::kMaxDepth
//   deep.
// Errors: kInvalidArgument for a record that contradicts itself, naming the field;
// kFailedPrecondition
//   for what cannot be checked here, with how to have its bytes hashed instead; otherwise the file
//   could not be read (file.h).
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_RECORD_H_
#define CAIRN_TOOLS_CAIRN_RECORD_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/evidence/evidence.h"
#include "merkle/certificate/judgement.h"
#include "merkle/certificate/node_keys.h"
#include "merkle/certificate/rounded_number.h"
#include "merkle/hash.h"
#include "tools/cairn/command.h"

namespace cairn::cli {

struct Record {
  Hash hash;
  evidence::CertificateKind kind = evidence::CertificateKind::kFile;
  // What a reader should know and neither hash nor signature covers, a sentence each.
  std::vector<std::string> notices = {};
  // Numbers of which the hash, or a node's signature, covers only a rounded value. The notices have
  // them too.
  certificate::RoundedNumbers rounded = {};
  // Of a record; absent where the file was taken for no record.
  std::optional<certificate::Judgement> judgement = std::nullopt;
  // Taken for a file, of what would be no good record: why. Empty otherwise.
  std::string no_good_record = {};

  // The hash was given, and no file.
  bool hash_given = false;

  // What evidence states of it.
  std::optional<evidence::CertificateKind> stated_kind() const {
    return hash_given ? std::nullopt : std::optional(kind);
  }
  // kInvalidArgument, naming them, where attestations are false, or not proven though keys were
  // given.
  absl::Status attestations_status() const;
};

// What becomes of a record that leaves something open: rounded numbers, or members that a reader
// would take for covered.
enum class LeftOpen { kNoticed, kRefused };

// By which attestations are judged.
struct NodeTrust {
  const certificate::NodeKeys* keys = nullptr;   // Null: they are not checked, which a notice says.
  std::optional<uint64_t> now_s = std::nullopt;  // By default the clock's.
};

// A Certified Execution Record is judged and has its certificate hash; any other file has the
// SHA-256 of its bytes. What looks like a record (certificate::LooksLikeRecord) and is too large,
// too deep, spoilt or of a kind that this program does not know is refused, never taken for another
// file. `kind`, where it is known, forbids to take the file for another kind; a record that is read
// as a file gets a notice.
absl::StatusOr<Record> ReadRecord(const std::string& path,
                                  std::optional<evidence::CertificateKind> kind,
                                  const NodeTrust& nodes, LeftOpen left_open = LeftOpen::kNoticed);

// Whether a status of ReadRecord refuses the file, rather than says that it could not be read.
bool IsRefusal(const absl::Status& status);

// The options --as, --as_file and --strict.
struct RecordOptions {
  std::string as;
  bool as_file = false;
  bool strict = false;

  std::optional<evidence::CertificateKind> kind() const;
  LeftOpen left_open() const { return strict ? LeftOpen::kRefused : LeftOpen::kNoticed; }
};

void AddRecordOptions(Subcommand command, RecordOptions* options);

// Of some of them and how many there are, for one line; empty where there are none.
std::string RoundedText(const certificate::RoundedNumbers& rounded);

// Adds the members `rounded` and `rounded_count` to a document, where there are any.
void AddRounded(const certificate::RoundedNumbers& rounded, nlohmann::ordered_json& json);

// Adds the member `record`: what was found of it, where there is a judgement.
void AddJudgement(const std::optional<certificate::Judgement>& judgement,
                  nlohmann::ordered_json& json);

// The node's key file; nullopt for an empty path.
absl::StatusOr<std::optional<certificate::NodeKeys>> ReadNodeKeys(const std::string& path);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_RECORD_H_
