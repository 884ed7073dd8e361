// What a run was judged by, so that it can be repeated, and how each layer of a report was decided.
//
// Threads: pure.

#ifndef CAIRN_TOOLS_CAIRN_EXPLANATION_H_
#define CAIRN_TOOLS_CAIRN_EXPLANATION_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "anchor/evidence/verify.h"
#include "merkle/hash.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {

// What is the same for every file of a run.
struct RunInputs {
  uint64_t now_s = 0;
  std::vector<TrustInput> files = {};
  // Name and value, as they count: --require as a set, --certifier as it was given.
  std::vector<std::pair<std::string, std::vector<std::string>>> options = {};
};

// What is a file's own. Absent: it could not be read, or there is none.
struct FileInputs {
  std::optional<Hash> evidence = std::nullopt;
  std::optional<Hash> certificate = std::nullopt;
};

// version, now, evidence, certificate, policy, authorities, headers, node_keys, options.
nlohmann::ordered_json InputsJson(const RunInputs& run, const FileInputs& file);

// Lines for people, indented by two: each layer with its code, how it was decided and by what.
std::string ExplanationText(const evidence::Report& report, const FileInputs& file);
// Likewise of what is in RunInputs.
std::string InputsText(const RunInputs& run);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_EXPLANATION_H_
