// What `cairn show` shows: a record, or evidence with or without the record that it is about.
//
// Threads: pure.

#ifndef CAIRN_TOOLS_CAIRN_SHOWN_H_
#define CAIRN_TOOLS_CAIRN_SHOWN_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "anchor/evidence/evidence.h"
#include "merkle/certificate/judgement.h"
#include "merkle/certificate/summary.h"

namespace cairn::cli {

// What evidence says, none of it verified: label and text, with a name that is persistent.
struct EvidenceFact {
  std::string name;
  std::string label;
  std::string text;
};

struct Shown {
  std::string file;
  // Of a record, or of the one that was given with evidence.
  std::optional<certificate::Judgement> judgement = std::nullopt;
  std::optional<certificate::Summary> summary = std::nullopt;
  // Of evidence.
  std::vector<EvidenceFact> evidence = {};
};

std::vector<EvidenceFact> FactsOf(const evidence::Evidence& evidence);

// A screenful: at most 100 columns, long texts cut.
std::string ShownText(const Shown& shown);

// A page that stands for itself: no script, nothing that is fetched. Foreign text is escaped.
std::string ShownHtml(const Shown& shown);

nlohmann::ordered_json ShownJson(const Shown& shown);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_SHOWN_H_
