#include "tools/cairn/known_trees.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/edge.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/note/policy.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/file.h"
#include "witness/http/client.h"
#include "witness/latest_path.h"

namespace cairn::cli {
namespace {

// An Edge takes some thousands of leaves well.
constexpr size_t kLeavesAtOnce = 4'096;

bool IsUrl(absl::string_view name) {
  return absl::StartsWith(name, "http://") || absl::StartsWith(name, "https://");
}

absl::StatusOr<std::string> Fetch(const std::string& url) {
  const std::unique_ptr<http::Client> client =
      http::Client::Make({.max_body_bytes = note::kMaxNoteBytes});
  absl::StatusOr<http::Answer> answer = client->Get(url);
  if (!answer.ok()) return answer.status();
  if (answer->status == 404) return absl::NotFoundError("it shows no checkpoint of this log");
  if (answer->status != 200) {
    return absl::UnavailableError(absl::StrCat("HTTP status ", answer->status));
  }
  return std::move(answer->body);
}

absl::Status Add(const std::string& source, const std::string& bytes, const note::VerifierKey& log,
                 Knowledge* knowledge) {
  const absl::StatusOr<note::Checkpoint> checkpoint = note::VerifyCheckpoint(bytes, log);
  if (!checkpoint.ok()) {
    return absl::Status(
        checkpoint.status().code(),
        absl::StrCat("no checkpoint of ", log.name(), ": ", checkpoint.status().message()));
  }
  knowledge->trees.push_back({source, checkpoint->size, checkpoint->root});
  return absl::OkStatus();
}

// The roots of the log's trees of these sizes, which it has.
absl::StatusOr<std::map<TreeSize, Hash>> RootsAt(ledger::CheckSource& log,
                                                 std::vector<TreeSize> sizes) {
  std::sort(sizes.begin(), sizes.end());
  std::map<TreeSize, Hash> roots;
  merkle::Edge edge;
  std::vector<Hash> leaves;
  auto next = sizes.begin();
  const auto take = [&] {
    edge.Append(leaves);
    leaves.clear();
    for (; next != sizes.end() && *next == edge.size(); ++next) roots[*next] = edge.root();
  };
  take();
  const auto runs = log.Runs(LeafIndex(0), std::nullopt);
  while (next != sizes.end()) {
    const absl::StatusOr<std::optional<ledger::StoredRun>> run = runs->Next();
    if (!run.ok()) return run.status();
    if (!run->has_value()) return absl::DataLossError("the copy has fewer entries than it says");
    absl::string_view rest = (*run)->bytes;
    while (!rest.empty() && next != sizes.end()) {
      const size_t length =
          rest.size() < 2 ? rest.size()
                          : static_cast<uint8_t>(rest[0]) * 256u + static_cast<uint8_t>(rest[1]);
      if (rest.size() < 2 + length) return absl::DataLossError("an entry of the copy is cut off");
      leaves.push_back(merkle::HashLeaf(rest.substr(2, length)));
      rest.remove_prefix(2 + length);
      const uint64_t size = edge.size().value() + leaves.size();
      if (leaves.size() >= kLeavesAtOnce || size == next->value()) take();
    }
  }
  return roots;
}

}  // namespace

absl::Status AddCheckpoint(const std::string& name, const note::VerifierKey& log,
                           Knowledge* knowledge) {
  const absl::StatusOr<std::string> bytes =
      IsUrl(name) ? Fetch(name) : ReadFile(name, note::kMaxNoteBytes);
  absl::Status added = bytes.ok() ? Add(name, *bytes, log, knowledge) : bytes.status();
  if (added.ok() || absl::StrContains(added.message(), name)) return added;
  return absl::Status(added.code(), absl::StrCat(name, ": ", added.message()));
}

absl::Status AskWitnesses(const std::string& policy_file, const note::VerifierKey& log,
                          Knowledge* knowledge) {
  const absl::StatusOr<note::Policy> policy = ReadPolicy(policy_file);
  if (!policy.ok()) return policy.status();
  const std::string path = witness::FormatLatestPath(merkle::Sha256(log.name()));
  for (const note::PolicyWitness& witness : policy->witnesses()) {
    const std::string source = absl::StrCat("witness ", witness.name);
    if (!witness.url.has_value()) {
      knowledge->silent.push_back(absl::StrCat(source, ": the policy gives no URL"));
      continue;
    }
    const std::string url =
        absl::StrCat(absl::StripSuffix(*witness.url, "/"), "/", absl::StripPrefix(path, "/"));
    const absl::StatusOr<std::string> note = Fetch(url);
    const absl::Status added = note.ok() ? Add(source, *note, log, knowledge) : note.status();
    if (!added.ok()) knowledge->silent.push_back(absl::StrCat(source, ": ", added.message()));
  }
  return absl::OkStatus();
}

void AddNoteFile(const std::string& path, const note::VerifierKey& log, Knowledge* knowledge) {
  const absl::StatusOr<std::string> bytes = ReadFile(path, note::kMaxNoteBytes);
  if (absl::IsNotFound(bytes.status())) return;
  const absl::Status added = bytes.ok() ? Add(path, *bytes, log, knowledge) : bytes.status();
  if (!added.ok()) knowledge->silent.push_back(absl::StrCat(path, ": ", added.message()));
}

absl::StatusOr<Contradicted> Contradict(ledger::CheckSource& log, TreeSize size,
                                        const std::vector<KnownTree>& trees) {
  Contradicted contradicted;
  std::vector<TreeSize> sizes;
  for (const KnownTree& tree : trees) {
    if (tree.size > size) {
      contradicted.larger.push_back(absl::StrCat(tree.source, " knows ", tree.size.value(),
                                                 " entries; the copy has ", size.value()));
    } else {
      sizes.push_back(tree.size);
    }
  }
  const absl::StatusOr<std::map<TreeSize, Hash>> roots = RootsAt(log, std::move(sizes));
  if (!roots.ok()) return roots.status();
  for (const KnownTree& tree : trees) {
    const auto root = roots->find(tree.size);
    if (root == roots->end() || root->second == tree.root) continue;
    contradicted.other_root.push_back(absl::StrCat(tree.source, " knows another tree of ",
                                                   tree.size.value(), " entries than the copy"));
  }
  return contradicted;
}

}  // namespace cairn::cli
