// A certificate file as it is submitted: its hash, and what kind of certificate that is.
//
// Errors: kInvalidArgument for a record that is refused, naming the field; otherwise the file could
//   not be read (file.h).
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_RECORD_H_
#define CAIRN_TOOLS_CAIRN_RECORD_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anchor/evidence/evidence.h"
#include "merkle/certificate/node_keys.h"
#include "merkle/hash.h"

namespace cairn::cli {

struct Record {
  Hash hash;
  evidence::CertificateKind kind = evidence::CertificateKind::kFile;
  // What a reader should know and neither hash nor signature covers, a sentence each.
  std::vector<std::string> notices;
};

// A Certified Execution Record is checked and has its certificate hash; any other file has the
// SHA-256 of its bytes. `kind`, where it is known, forbids to take the file for another kind; a
// record that is read as a file gets a notice. `node_keys` may be null: attestation receipts are
// then not checked, which a notice says.
absl::StatusOr<Record> ReadRecord(const std::string& path,
                                  std::optional<evidence::CertificateKind> kind,
                                  const certificate::NodeKeys* node_keys);

// The node's key file; nullopt for an empty path.
absl::StatusOr<std::optional<certificate::NodeKeys>> ReadNodeKeys(const std::string& path);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_RECORD_H_
