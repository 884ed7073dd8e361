// ParseText: RapidJSON reads, and what it lets pass is stopped here.

#include <rapidjson/error/error.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/number.h"
#include "merkle/certificate/path.h"

namespace cairn::certificate {
namespace {

// Strict, with numbers as they are written. UTF-8, which only strings can hold, is checked for each
// string: RapidJSON's own check costs twice the time for texts that are all ASCII.
constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag;

bool IsAscii(absl::string_view text) {
  uint64_t bits = 0;
  while (text.size() >= sizeof(bits)) {
    uint64_t word;
    std::memcpy(&word, text.data(), sizeof(word));
    bits |= word;
    text.remove_prefix(sizeof(word));
  }
  for (const char c : text) bits |= static_cast<uint8_t>(c);
  return (bits & 0x8080808080808080u) == 0;
}

bool IsUtf8(const std::string& text) {
  if (IsAscii(text)) return true;
  struct Nowhere {
    void Put(char) {}
  } nowhere;
  rapidjson::StringStream in(text.c_str());
  while (in.Tell() < text.size()) {
    if (!rapidjson::UTF8<>::Validate(in, nowhere)) return false;
  }
  return in.Tell() == text.size();
}

int HexValue(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  const char lower = absl::ascii_tolower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The code unit of the escape \uXXXX at `at`; -1 where there is none.
int EscapedUnit(absl::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int unit = 0;
  for (size_t i = 2; i < 6; ++i) {
    const int digit = HexValue(text[at + i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool IsHighSurrogate(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLowSurrogate(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

// RapidJSON has no value for a lone surrogate. So each is replaced by a noncharacter that the text
// does not hold with the four hex digits behind it, and turned back in the strings that are read.
class LoneSurrogates {
 public:
  // nullopt where the text holds all of the noncharacters that could stand for one.
  std::optional<std::string> Replace(absl::string_view text) {
    if (!ChooseMark(text)) return std::nullopt;
    std::string out;
    size_t at = 0;
    while (at < text.size()) {
      const size_t plain = std::min(text.find('\\', at), text.size());
      absl::StrAppend(&out, text.substr(at, plain - at));
      at = plain;
      if (at == text.size()) break;
      const int unit = EscapedUnit(text, at);
      const bool pair = IsHighSurrogate(unit) && IsLowSurrogate(EscapedUnit(text, at + 6));
      if (!pair && (IsHighSurrogate(unit) || IsLowSurrogate(unit))) {
        absl::StrAppend(&out, mark_, text.substr(at + 2, 4));
        at += 6;
        continue;
      }
      const size_t length = pair ? 12 : 2;
      absl::StrAppend(&out, text.substr(at, length));
      at += length;
    }
    return out;
  }

  // True where there was one.
  bool Restore(std::string& text) const {
    if (mark_.empty()) return false;
    size_t at = text.find(mark_);
    if (at == std::string::npos) return false;
    std::string out;
    size_t from = 0;
    for (; at != std::string::npos; at = text.find(mark_, from)) {
      absl::StrAppend(&out, absl::string_view(text).substr(from, at - from));
      int unit = 0;
      for (size_t i = 3; i < 7; ++i) unit = unit * 16 + HexValue(text[at + i]);
      out += static_cast<char>(0xE0 | (unit >> 12));
      out += static_cast<char>(0x80 | ((unit >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (unit & 0x3F));
      from = at + 7;
    }
    out += text.substr(from);
    text = std::move(out);
    return true;
  }

 private:
  // One of U+FDD0 to U+FDEF.
  bool ChooseMark(absl::string_view text) {
    const std::string lower = absl::AsciiStrToLower(text);
    for (int last = 0x90; last <= 0xAF; ++last) {
      const std::string mark = {'\xEF', '\xB7', static_cast<char>(last)};
      const std::string escape = absl::StrCat("\\ufd", absl::Hex(last + 0x40));
      if (absl::StrContains(text, mark) || absl::StrContains(lower, escape)) continue;
      mark_ = mark;
      return true;
    }
    return false;
  }

  std::string mark_;
};

// An array or object that is being read.
struct Open {
  Json* value;
  // Of an object, the member whose value is being read; null between two.
  const std::string* name;
};

// The place of what is being read. Long paths are cut: a message is for people.
std::string PathOf(const std::vector<Open>& open) {
  constexpr size_t kMaxPath = 200;
  std::string path;
  for (size_t i = 0; i < open.size(); ++i) {
    if (open[i].value->is_array()) {
      // Below the innermost, the element that is being read is already the array's last.
      const size_t index = open[i].value->size() - (i + 1 < open.size() ? 1 : 0);
      absl::StrAppend(&path, "[", index, "]");
    } else if (open[i].name != nullptr) {
      path = ChildPath(path, *open[i].name);
    }
    if (path.size() > kMaxPath && i + 1 < open.size()) return path + "...";
  }
  return path;
}

std::string In(const std::string& path) { return path.empty() ? "" : absl::StrCat(", in ", path); }

// Every decimal number with so few digits is the one that its binary64 is printed as.
bool IsSurelyExact(absl::string_view number) {
  constexpr size_t kExactDigits = 15;
  return number.size() <= kExactDigits && number.find_first_of("eE") == absl::string_view::npos;
}

// Builds a value from the reader's events, and stops it at what the reader itself would let pass.
class Builder {
 public:
  explicit Builder(const LoneSurrogates& surrogates) : surrogates_(surrogates) {}

  const absl::Status& status() const { return status_; }
  // A string was read that is not UTF-8: bytes of the text, or what RapidJSON makes of the second
  // half of a surrogate pair that stands alone.
  bool not_utf8() const { return not_utf8_; }
  std::string path() const { return PathOf(open_); }
  ParsedText Take() && {
    parsed_.value = std::move(root_);
    return std::move(parsed_);
  }

  bool Null() { return Put(nullptr); }
  bool Bool(bool value) { return Put(value); }
  bool RawNumber(const char* data, rapidjson::SizeType size, bool) {
    const absl::string_view text(data, size);
    double value = 0;
    if (!ParseNumber(text, value)) {
      return Fail(absl::StrCat("the number `", Shortened(text), "` is beyond binary64"));
    }
    if (!IsSurelyExact(text)) Note(value, text);
    return Put(value);
  }
  bool String(const char* data, rapidjson::SizeType size, bool) {
    std::string text(data, size);
    return TakeText(text) && Put(std::move(text));
  }
  bool Key(const char* data, rapidjson::SizeType size, bool) {
    std::string name(data, size);
    if (!TakeText(name)) return false;
    auto& object = open_.back().value->get_ref<Json::object_t&>();
    const auto [member, is_new] = object.try_emplace(std::move(name), nullptr);
    if (!is_new) {
      return Fail(absl::StrCat("the name `", Shortened(Utf8(member->first)),
                               "` appears twice in one object"));
    }
    open_.back().name = &member->first;
    slot_ = &member->second;
    return true;
  }
  bool StartObject() { return Push(Json::object()); }
  bool StartArray() { return Push(Json::array()); }
  bool EndObject(rapidjson::SizeType) { return Pop(); }
  bool EndArray(rapidjson::SizeType) { return Pop(); }

  // Not called: numbers are read as they are written.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  bool Fail(absl::string_view why) {
    const std::string path = PathOf(open_);
    status_ = absl::InvalidArgumentError(absl::StrCat(path, path.empty() ? "" : ": ", why));
    return false;
  }

  bool TakeText(std::string& text) {
    if (!IsUtf8(text)) {
      not_utf8_ = true;
      status_ = absl::InvalidArgumentError(
          absl::StrCat("not a JSON text in UTF-8: other bytes than UTF-8 has", In(PathOf(open_))));
      return false;
    }
    if (surrogates_.Restore(text) && !parsed_.lone_surrogate) {
      parsed_.lone_surrogate = PathOf(open_);
    }
    return true;
  }

  void Note(double value, absl::string_view text) {
    std::string canonical = CanonicalNumber(value);
    if (SameDecimalValue(text, canonical)) return;
    if (parsed_.rounded.size() == kMaxRounded) {
      parsed_.more_rounded = true;
      return;
    }
    parsed_.rounded.push_back(
        {.path = PathOf(open_), .text = std::string(text), .canonical = std::move(canonical)});
  }

  Json* Add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back().value;
    if (parent.is_object()) {
      *slot_ = std::move(value);
      return slot_;
    }
    auto& array = parent.get_ref<Json::array_t&>();
    array.push_back(std::move(value));
    return &array.back();
  }

  bool Put(Json value) {
    Add(std::move(value));
    return Done();
  }

  bool Push(Json container) {
    if (open_.size() == kMaxDepth) return Fail(absl::StrCat("nested deeper than ", kMaxDepth));
    // Stays where it is until it is closed: only the innermost container grows.
    open_.push_back({.value = Add(std::move(container)), .name = nullptr});
    return true;
  }

  bool Pop() {
    open_.pop_back();
    return Done();
  }

  // A value is complete.
  bool Done() {
    if (!open_.empty()) open_.back().name = nullptr;
    return true;
  }

  const LoneSurrogates& surrogates_;
  ParsedText parsed_;
  Json root_;
  std::vector<Open> open_;
  // The place of the value of the member that is being read.
  Json* slot_ = nullptr;
  absl::Status status_;
  bool not_utf8_ = false;
};

absl::Status Malformed(const rapidjson::ParseResult& result, size_t size, const Builder& builder) {
  const size_t at = std::min(result.Offset() + 1, size);
  if (result.Code() == rapidjson::kParseErrorNumberTooBig) {
    return absl::InvalidArgumentError(
        absl::StrCat("the number at byte ", at, " is beyond binary64", In(builder.path())));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "not a JSON text in UTF-8: ", result.Offset() >= size ? "it ends early" : "unexpected input",
      " at byte ", at, In(builder.path())));
}

struct Read {
  absl::StatusOr<ParsedText> parsed;
  // It may be for a lone surrogate that it was not read.
  bool again = false;
};

// `text` holds no NUL: the one behind it is its end. RapidJSON recurses, as deep as Builder lets
// it.
Read ReadText(const std::string& text, const LoneSurrogates& surrogates) {
  Builder builder(surrogates);
  rapidjson::Reader reader;
  rapidjson::StringStream stream(text.c_str());
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (!builder.status().ok()) return {.parsed = builder.status(), .again = builder.not_utf8()};
  if (result.IsError()) {
    return {.parsed = Malformed(result, text.size(), builder),
            .again = result.Code() == rapidjson::kParseErrorStringUnicodeSurrogateInvalid};
  }
  return {std::move(builder).Take()};
}

}  // namespace

absl::StatusOr<ParsedText> ParseText(const std::string& text) {
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) {
    return absl::InvalidArgumentError("a JSON text must not begin with a byte order mark");
  }
  if (const size_t nul = text.find('\0'); nul != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("not a JSON text: NUL at byte ", nul + 1));
  }
  LoneSurrogates surrogates;
  Read read = ReadText(text, surrogates);
  if (!read.again) return std::move(read.parsed);
  const std::optional<std::string> replaced = surrogates.Replace(text);
  if (!replaced) {
    return absl::InvalidArgumentError(
        "half of a surrogate pair beside every noncharacter from U+FDD0 to U+FDEF: this program "
        "does not read both in one text");
  }
  return ReadText(*replaced, surrogates).parsed;
}

absl::StatusOr<Json> ParseStrict(const std::string& text) {
  absl::StatusOr<ParsedText> parsed = ParseText(text);
  if (!parsed.ok()) return parsed.status();
  if (parsed->lone_surrogate) {
    return absl::InvalidArgumentError(absl::StrCat(
        "not a JSON text in UTF-8: half of a surrogate pair", In(*parsed->lone_surrogate)));
  }
  return std::move(parsed->value);
}

}  // namespace cairn::certificate
