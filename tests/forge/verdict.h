// What `cairn verify` says of one file, to be compared as a whole: exit code, headline, and each
// layer's name, state and code.

#ifndef CAIRN_TESTS_FORGE_VERDICT_H_
#define CAIRN_TESTS_FORGE_VERDICT_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cairn::testing {

struct Verdict {
  int exit_code = -1;
  std::string headline = {};
  // "name: state, code" each.
  std::vector<std::string> layers = {};

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

void PrintTo(const Verdict& verdict, std::ostream* out);

// Runs `cairn verify --json` with these arguments, of which one is one evidence file. Fails the
// test when it prints anything but one document.
struct Verified {
  Verdict verdict;
  nlohmann::json document;
  std::string err;
};
Verified VerifyWithCairn(const std::vector<std::string>& args);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_FORGE_VERDICT_H_
