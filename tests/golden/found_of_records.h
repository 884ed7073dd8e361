// What this release finds of a directory's records.

#ifndef CAIRN_TESTS_GOLDEN_FOUND_OF_RECORDS_H_
#define CAIRN_TESTS_GOLDEN_FOUND_OF_RECORDS_H_

#include <filesystem>
#include <string>

namespace cairn::testing {

// Where it is kept beside the records.
inline constexpr char kJudgements[] = "judgements.txt";

// Each *.json judged by the directory's node.keys, as at the beginning of 2027: its name on a line,
// and behind it a JSON document of what was found.
std::string FoundOfRecords(const std::filesystem::path& directory);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_GOLDEN_FOUND_OF_RECORDS_H_
