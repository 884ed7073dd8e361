// Values as they stand on the command line or in files that it names.
//
// Errors: kInvalidArgument says what is wrong with the value; files as in file.h.
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_ARGUMENTS_H_
#define CAIRN_TOOLS_CAIRN_ARGUMENTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"

namespace cairn::cli {

// 64 lower-case hex digits, with or without "sha256:" before them.
absl::StatusOr<Hash> ParseHash(absl::string_view text);

// A log's vkey: type Ed25519.
absl::StatusOr<note::VerifierKey> ParseLogKey(absl::string_view vkey);

// A key file as `cairn keygen` writes it. Like the next, refused where others may use it.
absl::StatusOr<note::SignerKey> ReadSignerKey(const std::string& path);

// The first line of a file; must be its only one, and not empty.
absl::StatusOr<std::string> ReadToken(const std::string& path);

// A trust policy.
absl::StatusOr<note::Policy> ReadPolicy(const std::string& path);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_ARGUMENTS_H_
