// Counts for people: "1 entry", "2 entries".

#ifndef CAIRN_WITNESS_COUNTED_H_
#define CAIRN_WITNESS_COUNTED_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace cairn::witness {

inline std::string Counted(uint64_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_COUNTED_H_
