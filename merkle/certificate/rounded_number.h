// Numbers that a canonical form does not hold as they were written. See canonical_json.h, by which
// they are found and tested.

#ifndef CAIRN_MERKLE_CERTIFICATE_ROUNDED_NUMBER_H_
#define CAIRN_MERKLE_CERTIFICATE_ROUNDED_NUMBER_H_

#include <cstddef>
#include <string>
#include <vector>

namespace cairn::certificate {

// A number whose canonical form is another decimal value than the text has: 9007199254740993, which
// becomes ...992, 1.0000000000000001, which becomes 1, or 1e-400, which becomes 0. Not 1.0 or -0.
struct RoundedNumber {
  std::string path;
  std::string text;       // As it was written.
  std::string canonical;  // All that a hash of the canonical form covers of it.
};

// Some of them, and how many there are.
struct RoundedNumbers {
  static constexpr size_t kMaxListed = 20;

  std::vector<RoundedNumber> first;  // In the order of the text, at most kMaxListed.
  size_t count = 0;
};

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_ROUNDED_NUMBER_H_
