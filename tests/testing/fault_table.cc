#include "tests/testing/fault_table.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace cairn::testing {

FaultTable::FaultTable(std::string corner, std::vector<std::string> columns)
    : corner_(std::move(corner)), columns_(std::move(columns)) {}

void FaultTable::Add(const std::string& row, const std::string& column,
                     const std::string& happened) {
  if (std::find(columns_.begin(), columns_.end(), column) == columns_.end()) {
    std::fprintf(stderr, "there is no column %s\n", column.c_str());
    std::abort();
  }
  const std::lock_guard lock(mutex_);
  cells_[row][column].insert(happened);
}

std::string FaultTable::Text() const {
  const std::lock_guard lock(mutex_);
  std::string text = "| " + corner_ + " |";
  for (const std::string& column : columns_) text += " " + column + " |";
  text += "\n|---|";
  for (size_t i = 0; i < columns_.size(); ++i) text += "---|";
  text += "\n";
  for (const auto& [row, cells] : cells_) {
    text += "| " + row + " |";
    for (const std::string& column : columns_) {
      const auto cell = cells.find(column);
      std::string all;
      if (cell != cells.end()) {
        for (const std::string& one : cell->second) all += (all.empty() ? "" : " / ") + one;
      }
      text += " " + (all.empty() ? "–" : all) + " |";
    }
    text += "\n";
  }
  return text;
}

void FaultTable::Publish(const std::string& name) const {
  const std::string text = Text();
  std::printf("%s", text.c_str());
  const char* directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (directory == nullptr) return;
  std::ofstream out(std::string(directory) + "/" + name + ".md");
  out << text;
}

}  // namespace cairn::testing
