// `cairn verify --report aief`: what is printed.

#ifndef CAIRN_TOOLS_CAIRN_AIEF_REPORT_H_
#define CAIRN_TOOLS_CAIRN_AIEF_REPORT_H_

#include <string>
#include <vector>

#include "merkle/certificate/aief.h"
#include "merkle/certificate/judge.h"
#include "tools/cairn/command.h"

namespace cairn::cli {

// One line of JSON on each record, as the contract has it: kNo where one fails, kUnable where one
// cannot be read.
ExitCode ReportAief(const std::vector<std::string>& records, const certificate::JudgeOptions& judge,
                    const certificate::AiefOptions& aief);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_AIEF_REPORT_H_
