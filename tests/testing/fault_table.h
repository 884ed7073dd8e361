// What happened in each cell of a table of faults: a row a step, a column a fault.
//
// Threads: any.

#ifndef CAIRN_TESTS_TESTING_FAULT_TABLE_H_
#define CAIRN_TESTS_TESTING_FAULT_TABLE_H_

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace cairn::testing {

class FaultTable {
 public:
  // `corner` heads the column of the rows' names.
  FaultTable(std::string corner, std::vector<std::string> columns);

  // Rows stand in the order of their names; what happened is listed once. Ends the process on a
  // column that is not there.
  void Add(const std::string& row, const std::string& column, const std::string& happened);

  // In Markdown.
  std::string Text() const;

  // To the test's output, and as NAME.md to TEST_UNDECLARED_OUTPUTS_DIR, where Bazel keeps it: see
  // docs/reliability.md.
  void Publish(const std::string& name) const;

 private:
  const std::string corner_;
  const std::vector<std::string> columns_;
  mutable std::mutex mutex_;
  // By row and column.
  std::map<std::string, std::map<std::string, std::set<std::string>>> cells_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_TESTING_FAULT_TABLE_H_
