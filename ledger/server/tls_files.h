// Whether the files that `tls` names are a certificate chain, its key, and authorities of clients,
// and can be used now: found out before anything is served or logged.
//
// Errors: those of reading the files; kInvalidArgument for what is no PEM, for a key that is not
//   the certificate's, and for a certificate that has expired or is not valid yet. Messages name
//   files, never what is in a key.

#ifndef CAIRN_LEDGER_SERVER_TLS_FILES_H_
#define CAIRN_LEDGER_SERVER_TLS_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/server/settings.h"

namespace cairn::server {

// A certificate that ends sooner is worth a warning.
inline constexpr uint64_t kExpiresSoonS = uint64_t{14} * 24 * 3600;

// Warnings, a sentence each: what expires soon; a certificate of the chain, or one of several
// authorities, that is not valid now; a chain whose members do not follow each other.
absl::StatusOr<std::vector<std::string>> CheckTlsFiles(const TlsSettings& tls, uint64_t now_s);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_TLS_FILES_H_
