#include "tools/cairn/submitted_files.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "anchor/evidence/evidence.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/evidence_file.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;

bool IsEvidence(const std::string& name) { return absl::EndsWith(name, evidence::kFileSuffix); }

absl::Status SystemError(const std::error_code& error, const std::string& path) {
  return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot read ", path));
}

struct Candidate {
  SubmittedFile file;
  // Below the output directory, in the order in which they are tried.
  std::string places[3];
};

// `a/../../b` as `__/b`: a place below the output directory.
fs::path Below(const fs::path& given) {
  fs::path below;
  for (const fs::path& part : given.lexically_normal().relative_path()) {
    if (part == "." || part.empty()) continue;
    below /= part == ".." ? fs::path("__") : part;
  }
  return below;
}

Candidate MakeCandidate(const std::string& name, const fs::path& inside) {
  const fs::path path(name);
  const std::string parent = Below(path.parent_path()).string();
  return {.file = {.name = name, .path = name, .evidence_file = {}},
          .places = {EvidencePath(inside.string(), name), EvidencePath(parent, name),
                     (fs::path(parent) / path.filename()).string() + evidence::kFileSuffix}};
}

absl::Status AddDirectory(const std::string& directory, std::vector<Candidate>& candidates) {
  std::error_code failed;
  std::vector<fs::path> found;
  fs::recursive_directory_iterator it(directory, failed);
  for (; !failed && it != fs::recursive_directory_iterator(); it.increment(failed)) {
    const std::string name = it->path().filename().string();
    if (absl::StartsWith(name, ".")) {
      it.disable_recursion_pending();
      continue;
    }
    std::error_code lost;
    if (it->is_regular_file(lost) && !IsEvidence(name)) found.push_back(it->path());
  }
  if (failed) return SystemError(failed, directory);
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat(directory, " has no files to submit: hidden ones and evidence are not taken"));
  }
  std::sort(found.begin(), found.end());
  for (const fs::path& file : found) {
    // What is found begins with the directory as it was given.
    const std::string inside = file.parent_path().string().substr(
        std::min(directory.size(), file.parent_path().string().size()));
    candidates.push_back(MakeCandidate(file.string(), fs::path(inside).relative_path()));
  }
  return absl::OkStatus();
}

// Gives each the first of its places that no other of the same round wants.
absl::Status Place(const std::string& out, std::vector<Candidate>& candidates) {
  std::vector<size_t> level(candidates.size(), 0);
  for (size_t round = 0; round < 2; ++round) {
    std::map<std::string, std::vector<size_t>> wanted;
    for (size_t i = 0; i < candidates.size(); ++i) {
      wanted[candidates[i].places[level[i]]].push_back(i);
    }
    for (const auto& [place, by] : wanted) {
      if (by.size() < 2) continue;
      for (const size_t i : by) level[i] = round + 1;
    }
  }
  std::map<std::string, std::string> taken;
  for (size_t i = 0; i < candidates.size(); ++i) {
    SubmittedFile& file = candidates[i].file;
    file.evidence_file = (fs::path(out) / candidates[i].places[level[i]]).string();
    const auto [other, fresh] = taken.emplace(file.evidence_file, file.name);
    if (!fresh) {
      return absl::InvalidArgumentError(
          absl::StrCat(other->second, " and ", file.name, " would both have their evidence in ",
                       other->first, "; submit them into different directories"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<SubmittedFile>> ListSubmitted(const std::vector<std::string>& arguments,
                                                         const std::string& out,
                                                         const std::string& stdin_name) {
  std::vector<Candidate> candidates;
  for (const std::string& argument : arguments) {
    std::error_code ignored;
    if (argument == "-") {
      candidates.push_back(MakeCandidate(stdin_name, ""));
      candidates.back().file = {.name = "-", .path = {}, .evidence_file = {}};
    } else if (fs::is_directory(argument, ignored)) {
      if (absl::Status added = AddDirectory(argument, candidates); !added.ok()) return added;
    } else if (IsEvidence(argument)) {
      return absl::InvalidArgumentError(
          absl::StrCat(argument, " is evidence by its name, not a certificate"));
    } else {
      candidates.push_back(MakeCandidate(argument, ""));
    }
  }
  std::set<std::string> names;
  for (const Candidate& candidate : candidates) {
    const std::string& name = candidate.file.name;
    if (!names.insert(fs::path(name).lexically_normal().string()).second) {
      return absl::InvalidArgumentError(absl::StrCat(name, " is given twice"));
    }
  }
  if (absl::Status placed = Place(out, candidates); !placed.ok()) return placed;
  std::vector<SubmittedFile> files;
  files.reserve(candidates.size());
  for (Candidate& candidate : candidates) files.push_back(std::move(candidate.file));
  return files;
}

absl::StatusOr<std::vector<SubmittedFile>> ListHashes(const std::vector<std::string>& arguments,
                                                      const std::string& out) {
  constexpr size_t kMaxListBytes = size_t{64} << 20;
  std::vector<SubmittedFile> files;
  std::set<Hash> seen;
  const auto add = [&](absl::string_view text, absl::string_view from) {
    const absl::StatusOr<Hash> hash = ParseHash(text);
    if (!hash.ok()) return absl::InvalidArgumentError(absl::StrCat(from, hash.status().message()));
    if (!seen.insert(*hash).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(from, "sha256:", hash->Hex(), " is given twice"));
    }
    files.push_back({.name = absl::StrCat("sha256:", hash->Hex()),
                     .path = "",
                     .evidence_file = absl::StrCat(out, "/", hash->Hex(), evidence::kFileSuffix),
                     .hash = *hash});
    return absl::OkStatus();
  };
  for (const std::string& argument : arguments) {
    if (ParseHash(argument).ok()) {
      if (absl::Status added = add(argument, ""); !added.ok()) return added;
      continue;
    }
    if (absl::StartsWith(argument, "sha256:")) {
      return absl::InvalidArgumentError(
          absl::StrCat("--hash ", argument, ": ", ParseHash(argument).status().message()));
    }
    absl::StatusOr<std::string> path = argument;
    if (argument == "-") path = SaveStandardInput();
    if (!path.ok()) return path.status();
    const absl::StatusOr<std::string> text = ReadFile(*path, kMaxListBytes);
    if (!text.ok()) return text.status();
    size_t number = 0;
    for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
      ++number;
      const absl::string_view stripped = absl::StripAsciiWhitespace(line);
      if (stripped.empty()) continue;
      const std::string from = absl::StrCat(argument, ", line ", number, ": ");
      if (absl::Status added = add(stripped, from); !added.ok()) return added;
    }
  }
  return files;
}

absl::StatusOr<std::string> SaveStandardInput() {
  // Without a name from the beginning, so that nothing is left behind; open until the process ends.
  std::FILE* const file = std::tmpfile();
  if (file == nullptr) return absl::ErrnoToStatus(errno, "cannot make a file for standard input");
  std::string buffer(size_t{1} << 18, '\0');
  while (true) {
    const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, "cannot read standard input");
    if (got == 0) break;
    if (std::fwrite(buffer.data(), 1, got, file) != static_cast<size_t>(got)) {
      return absl::ErrnoToStatus(errno, "cannot keep standard input");
    }
  }
  if (std::fflush(file) != 0) return absl::ErrnoToStatus(errno, "cannot keep standard input");
  return absl::StrCat("/proc/self/fd/", fileno(file));
}

}  // namespace cairn::cli
