// How the messages that certifiers sign are put together: a first line that says what they are,
// then fields of u16 big-endian length || bytes. See statement.h and rotation.h, whose tests cover
// it.

#ifndef CAIRN_MERKLE_ENTRY_MESSAGE_H_
#define CAIRN_MERKLE_ENTRY_MESSAGE_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace cairn::entry {

// `bytes` big-endian bytes.
inline std::string BigEndian(uint64_t value, int bytes) {
  std::string out(bytes, '\0');
  for (int i = bytes - 1; i >= 0; --i, value >>= 8) out[i] = static_cast<char>(value);
  return out;
}

// Requires: `field` is shorter than 64 KiB.
inline void PutField(absl::string_view field, std::string& out) {
  absl::StrAppend(&out, BigEndian(field.size(), 2), field);
}

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_MESSAGE_H_
