// What `submit` was given: files, directories and `-`, as one list of files, each with the place of
// its evidence.
//
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_SUBMITTED_FILES_H_
#define CAIRN_TOOLS_CAIRN_SUBMITTED_FILES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/hash.h"

namespace cairn::cli {

struct SubmittedFile {
  std::string name;  // As it was given, or as it was found; `-` for standard input.
  std::string path;  // Where its bytes are.
  std::string evidence_file;
  // The hash itself was given, and no file: then `path` is empty.
  std::optional<Hash> hash = std::nullopt;
};

// A directory stands for every regular file below it, also behind links, sorted by path; without
// what is hidden (a name that begins with a dot) or is evidence by its name.
//
// Evidence of out/NAME.cairn.json for .../NAME.json and .../NAME.txt, of other names whole; what a
// directory held keeps its place below that directory. Where two of a run would have one name, all
// of these get the directories under which they were given before it (`a/x.json`
// out/a/x.cairn.json;
// `..` is `__`), and where that is not enough the whole name (`x.txt` out/x.txt.cairn.json): the
// same run finds its evidence again.
//
// `-` is evidence `stdin_name`; its path is left empty.
//
// Errors: kInvalidArgument for a file that is evidence by its name, one that is given twice, and
//   evidence that would still have one name. kNotFound for a directory that has no such file;
//   otherwise as the system says of one that cannot be read.
absl::StatusOr<std::vector<SubmittedFile>> ListSubmitted(const std::vector<std::string>& arguments,
                                                         const std::string& out,
                                                         const std::string& stdin_name);

// Certificate hashes given as such, each with its evidence in out/HEX.cairn.json. An argument is
// one, or a file that has one a line, or `-` for standard input. Errors: kInvalidArgument for a
// line that is no hash, and a hash that is given twice; otherwise files
//   as in file.h.
absl::StatusOr<std::vector<SubmittedFile>> ListHashes(const std::vector<std::string>& arguments,
                                                      const std::string& out);

// All of standard input, in a file that is gone with the process; the path under which it can be
// opened.
absl::StatusOr<std::string> SaveStandardInput();

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_SUBMITTED_FILES_H_
