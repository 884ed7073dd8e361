// Foreign text as it may stand between our own words.
//
// Text from outside must not drive a terminal, look other than it is, or draw what looks like
// lines of ours. What could is escaped byte by byte (\xe2\x80\xa8): control characters (C0, DEL,
// C1), separators of lines and paragraphs, what turns the direction of writing, what has no width
// or shows nothing (U+00AD, U+200B to U+200F, U+2060 to U+206F, U+FEFF, variation selectors, tags),
// a fifth combining mark on one letter, and what is not UTF-8. Of more than eight blanks of any
// kind in a row their number is said, and what is longer than it may be is cut.
//
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_PRINTABLE_H_
#define CAIRN_TOOLS_CAIRN_PRINTABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace cairn::cli {

// A value: more than this many bytes of it are a nuisance.
inline constexpr size_t kMaxShownValue = 300;
// What a report says of one layer: our words with some values in them, such as two hashes twice.
inline constexpr size_t kMaxShownDetail = 640;
// A message or a path: as long as paths can be.
inline constexpr size_t kMaxShownLine = 4096;

// On one line, with "… (N more bytes)" at its end where `text` is longer than `max_bytes`.
std::string Printable(absl::string_view text, size_t max_bytes = kMaxShownValue);

// Likewise of a text of several lines, whose ends stand; each may have `max_line` bytes.
std::string PrintableLines(absl::string_view text, size_t max_line = kMaxShownLine);

// "1 file", "2 files": `plural` where it is not made with an s.
std::string Counted(uint64_t count, absl::string_view singular, absl::string_view plural = "");

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_PRINTABLE_H_
