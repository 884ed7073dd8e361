// Verifies all evidence below a directory: every file whose name ends in .cairn.json, in
// subdirectories too; links to files are followed, links to directories are not.
//
// What fails is said file by file, in no particular order; of the rest there is a count. Progress
// on stderr.
// Cost: a directory is listed twice, the first time to know how much there is. Memory: a directory
//   entry, a file, and what a Trust remembers, for each thread; what Contradictions remembers.

#ifndef CAIRN_TOOLS_CAIRN_EVIDENCE_DIRECTORY_H_
#define CAIRN_TOOLS_CAIRN_EVIDENCE_DIRECTORY_H_

#include <cstddef>
#include <set>
#include <string>

#include "tools/cairn/command.h"
#include "tools/cairn/contradictions.h"
#include "tools/cairn/evidence_check.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {

// The highest of: kNo where any file fails; kUnable where one, or a directory, could not be read,
// and where there is no evidence at all. Adds to `certifiers` those with a key in `demands` that
// statements were by, and to `seen` the checkpoints.
ExitCode VerifyDirectory(const std::string& directory, const Trust& trust, const Demands& demands,
                         size_t threads, const Saying& saying, Contradictions& seen,
                         std::set<std::string>& certifiers);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_EVIDENCE_DIRECTORY_H_
