// A directory on a real disk, for tests of what is written there.

#ifndef CAIRN_LEDGER_ROCKSDB_TESTING_REAL_DIRECTORY_H_
#define CAIRN_LEDGER_ROCKSDB_TESTING_REAL_DIRECTORY_H_

#include <string>

namespace cairn::ledger::testing {

// Made new below CAIRN_TEST_DIR (or the test's own temporary directory, where that is unset) and
// removed with the value. Ends the test when it lies in memory: a sync there costs and proves
// nothing.
class RealDirectory {
 public:
  RealDirectory();
  ~RealDirectory();
  RealDirectory(const RealDirectory&) = delete;
  RealDirectory& operator=(const RealDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace cairn::ledger::testing

#endif  // CAIRN_LEDGER_ROCKSDB_TESTING_REAL_DIRECTORY_H_
