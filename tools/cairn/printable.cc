#include "tools/cairn/printable.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "merkle/note/text.h"

namespace cairn::cli {
namespace {

constexpr size_t kMaxBlanks = 8;
constexpr size_t kMaxMarks = 4;

struct Character {
  absl::string_view bytes;
  bool is_utf8;
  uint32_t code_point;
};

struct Range {
  uint32_t first, last;
};

// Of one code point, or one byte where there is none.
Character FirstCharacter(absl::string_view text) {
  constexpr size_t kLongest = 4;
  for (size_t size = 1; size <= std::min(kLongest, text.size()); ++size) {
    const absl::string_view bytes = text.substr(0, size);
    if (!note::IsValidUtf8(bytes)) continue;
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
    uint32_t code_point = size == 1 ? byte(0) : byte(0) & (0x7f >> size);
    for (size_t i = 1; i < size; ++i) code_point = code_point << 6 | (byte(i) & 0x3f);
    return {bytes, true, code_point};
  }
  return {text.substr(0, 1), false, 0};
}

template <size_t kSize>
bool Within(const Range (&ranges)[kSize], uint32_t code_point) {
  return std::any_of(std::begin(ranges), std::end(ranges), [&](const Range& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

// Unicode 15: categories Cc, Cf, Zl, Zp, Cs's place, and what is ignored where it is displayed.
bool IsUnsafe(uint32_t code_point) {
  static constexpr Range kRanges[] = {
      {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
      {0x0600, 0x0605},   {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},
      {0x0890, 0x0891},   {0x08e2, 0x08e2},   {0x115f, 0x1160},   {0x17b4, 0x17b5},
      {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
      {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
      {0xfff0, 0xfffb},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1345f},
      {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
  };
  return Within(kRanges, code_point);
}

bool IsBlank(uint32_t code_point) {
  static constexpr Range kRanges[] = {{0x0020, 0x0020}, {0x00a0, 0x00a0}, {0x1680, 0x1680},
                                      {0x2000, 0x200a}, {0x202f, 0x202f}, {0x205f, 0x205f},
                                      {0x2800, 0x2800}, {0x3000, 0x3000}};
  return Within(kRanges, code_point);
}

// They stand above and below what they are put on, over other lines when there are many.
bool IsMark(uint32_t code_point) {
  static constexpr Range kRanges[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x1ab0, 0x1aff},
                                      {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f}};
  return Within(kRanges, code_point);
}

void AppendEscaped(absl::string_view bytes, std::string& out) {
  for (const char byte : bytes) {
    absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(byte));
  }
}

void AppendBlanks(std::string& blanks, size_t count, std::string& out) {
  if (count > kMaxBlanks) {
    absl::StrAppend(&out, " [", count, " blanks] ");
  } else {
    absl::StrAppend(&out, blanks);
  }
  blanks.clear();
}

}  // namespace

std::string Printable(absl::string_view text, size_t max_bytes) {
  std::string out, blanks;
  size_t blank_count = 0, marks = 0, taken = 0;
  while (taken < text.size()) {
    const Character character = FirstCharacter(text.substr(taken));
    if (taken + character.bytes.size() > max_bytes) break;
    taken += character.bytes.size();
    if (character.is_utf8 && IsBlank(character.code_point)) {
      absl::StrAppend(&blanks, character.bytes);
      ++blank_count;
      continue;
    }
    AppendBlanks(blanks, blank_count, out);
    blank_count = 0;
    marks = character.is_utf8 && IsMark(character.code_point) ? marks + 1 : 0;
    if (!character.is_utf8 || IsUnsafe(character.code_point) || marks > kMaxMarks) {
      AppendEscaped(character.bytes, out);
    } else {
      absl::StrAppend(&out, character.bytes);
    }
  }
  AppendBlanks(blanks, blank_count, out);
  if (taken < text.size()) {
    absl::StrAppend(&out, "\u2026 (", Counted(text.size() - taken, "more byte"), ")");
  }
  return out;
}

std::string PrintableLines(absl::string_view text, size_t max_line) {
  return absl::StrJoin(absl::StrSplit(text, '\n'), "\n",
                       [max_line](std::string* out, absl::string_view line) {
                         absl::StrAppend(out, Printable(line, max_line));
                       });
}

std::string Counted(uint64_t count, absl::string_view singular, absl::string_view plural) {
  if (count == 1) return absl::StrCat("1 ", singular);
  return plural.empty() ? absl::StrCat(count, " ", singular, "s")
                        : absl::StrCat(count, " ", plural);
}

}  // namespace cairn::cli
