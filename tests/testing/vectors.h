// Where the test vectors lie, and how a test reads them.
//
// The vectors are not part of this repository. tools/test names their directories in the
// environment:
//   CAIRN_VECTORS  holds merkle/, jcs/, signed-note/ and the other published sets
//   CAIRN_CER      holds valid/, tampered/, manifest.json and the other certificate records
//   CAIRN_CER2     holds valid/, tampered/, manifest.json: records of all present kinds
//   CAIRN_FORGE    holds trust/ and evidence that once misled a verifier
// `none` says that a set is not at hand: the test then prints so and passes without having run any
// case, and tools/test counts it. Anything else that is no directory fails, so that a set cannot
// vanish unnoticed.
//
// A test that calls these functions carries tags = ["external"], since Bazel does not see these
// files.

#ifndef CAIRN_TESTS_TESTING_VECTORS_H_
#define CAIRN_TESTS_TESTING_VECTORS_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cairn::testing {

// The vectors' directory; nullopt where it is declared to be `none`, after printing that vectors
// were not run. Ends the process, with the reason, when the variable is unset or names no
// directory.
std::optional<std::filesystem::path> VectorsDir();

// Likewise of the certificate records.
std::optional<std::filesystem::path> CerDir();

// Likewise of the records of all present kinds.
std::optional<std::filesystem::path> Cer2Dir();

// Likewise of forged evidence.
std::optional<std::filesystem::path> ForgeDir();

// The regular files right under `directory` whose names end in `suffix`, by name. Ends the process
// when the directory is missing or holds none: an empty set of cases tests nothing.
std::vector<std::filesystem::path> FilesIn(const std::filesystem::path& directory,
                                           const std::string& suffix = "");

// The file's bytes. Ends the process when it cannot be read.
std::string ReadFile(const std::filesystem::path& file);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_TESTING_VECTORS_H_
