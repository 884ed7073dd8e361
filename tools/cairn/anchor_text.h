// What a log reports of its anchors, said to people and to programs. The members of the JSON are
// stable: scripts depend on them; README.md beside this file lists them.
//
// Nothing of it is proved: it is the log's report, and the words say so.

#ifndef CAIRN_TOOLS_CAIRN_ANCHOR_TEXT_H_
#define CAIRN_TOOLS_CAIRN_ANCHOR_TEXT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "proto/anchors.pb.h"

namespace cairn::cli {

// "pending", "anchored", "verified"; "unknown" for a state of a later version.
std::string ProofStateName(v1::ProofState state);
// "prepared", "submitted", ..., or "unknown".
std::string ReceiptStateName(v1::ReceiptState state);

// `log` is its address.
nlohmann::ordered_json EntryStateJson(const v1::EntryProofState& entry, const std::string& rule,
                                      const std::string& log);
// A line for the entry, and one for each receipt that decides.
std::string EntryStateText(const v1::EntryProofState& entry);

nlohmann::ordered_json RoundJson(const v1::AnchorRound& round);
std::string RoundText(const v1::AnchorRound& round);

nlohmann::ordered_json EventJson(const v1::AnchorEvent& event);
// One line with its end.
std::string EventText(const v1::AnchorEvent& event);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_ANCHOR_TEXT_H_
