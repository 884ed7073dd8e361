// Reports and entries, said to people and to programs. The members of the JSON are stable: scripts
// depend on them; README.md beside this file lists them.

#ifndef CAIRN_TOOLS_CAIRN_REPORT_TEXT_H_
#define CAIRN_TOOLS_CAIRN_REPORT_TEXT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "anchor/evidence/verify.h"
#include "merkle/entry/entry.h"
#include "merkle/types.h"

namespace cairn::cli {

// verified, headline, reasons, claim, times, stated, layers.
nlohmann::ordered_json ReportJson(const evidence::Report& report);

// A line a layer, and under them what was said and by whom, indented by two. The headline is not in
// it.
std::string ReportText(const evidence::Report& report);

// index, accepted_at_ms, kind, and what that kind says.
nlohmann::ordered_json EntryJson(LeafIndex index, const entry::Entry& entry);

// One line, without its end.
std::string EntryText(LeafIndex index, const entry::Entry& entry);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_REPORT_TEXT_H_
