// A certificate file as it is submitted: its hash, and what kind of certificate that is.
//
// Limits: a record is at most 16 MiB and nested at most certificate::kMaxDepth deep.
// Errors: kInvalidArgument for a file that is refused, naming the field and, where that may be
// meant,
//   how to have its bytes hashed instead; otherwise the file could not be read (file.h).
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_RECORD_H_
#define CAIRN_TOOLS_CAIRN_RECORD_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/evidence.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/node_keys.h"
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
};

// What becomes of a record that has rounded numbers.
enum class Rounded { kNoticed, kRefused };

// A Certified Execution Record is checked and has its certificate hash; any other file has the
// SHA-256 of its bytes. What looks like a record (certificate::LooksLikeRecord) and is too large,
// too deep, spoilt or of a kind that this program does not know is refused, never taken for another
// file. `kind`, where it is known, forbids to take the file for another kind; a record that is read
// as a file gets a notice. `node_keys` may be null: attestation receipts are then not checked,
// which a notice says.
absl::StatusOr<Record> ReadRecord(const std::string& path,
                                  std::optional<evidence::CertificateKind> kind,
                                  const certificate::NodeKeys* node_keys,
                                  Rounded rounded = Rounded::kNoticed);

// The options --as and --strict.
struct RecordOptions {
  std::string as;
  bool strict = false;

  std::optional<evidence::CertificateKind> kind() const;
  Rounded rounded() const { return strict ? Rounded::kRefused : Rounded::kNoticed; }
};

void AddRecordOptions(Subcommand command, RecordOptions* options);

// Of some of them and how many there are, for one line; empty where there are none.
std::string RoundedText(const certificate::RoundedNumbers& rounded);

// Adds the members `rounded` and `rounded_count` to a document, where there are any.
void AddRounded(const certificate::RoundedNumbers& rounded, nlohmann::ordered_json& json);

// The node's key file; nullopt for an empty path.
absl::StatusOr<std::optional<certificate::NodeKeys>> ReadNodeKeys(const std::string& path);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_RECORD_H_
