#include "merkle/certificate/canonical_json.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/certificate/number.h"

namespace cairn::certificate {
namespace {

using json = Json;

void PutString(const std::string& text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          out += "\\u00";
          out.push_back(kHex[c >> 4]);
          out.push_back(kHex[c & 15]);
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

// Whether a member's name can stand in a path as it is.
bool IsPlainName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '$';
  });
}

// An array or object that is being read.
struct Open {
  json* value;
  // Of an object, the member whose value is being read; nothing between two members.
  std::optional<std::string> name;
};

// The place of what is being read. Long paths are cut: a message is for people.
std::string PathOf(absl::Span<const Open> open) {
  constexpr size_t kMaxPath = 200;
  std::string path;
  for (size_t i = 0; i < open.size(); ++i) {
    if (open[i].value->is_array()) {
      // Below the innermost, the element that is being read is already the array's last.
      const size_t index = open[i].value->size() - (i + 1 < open.size() ? 1 : 0);
      absl::StrAppend(&path, "[", index, "]");
    } else if (open[i].name.has_value()) {
      const std::string name = Shortened(*open[i].name);
      if (IsPlainName(name)) {
        absl::StrAppend(&path, path.empty() ? "" : ".", name);
      } else {
        path += '[';
        PutString(name, path);
        path += ']';
      }
    }
    if (path.size() > kMaxPath && i + 1 < open.size()) return path + "...";
  }
  return path;
}

// Builds a value from the parser's events, and stops it at what the parser itself would let pass.
class Builder : public nlohmann::json_sax<json> {
 public:
  explicit Builder(size_t text_size) : text_size_(text_size) {}

  absl::StatusOr<ParsedText> Take(bool complete) && {
    if (!complete || !status_.ok()) {
      return status_.ok() ? absl::InvalidArgumentError("not a JSON text") : status_;
    }
    parsed_.value = std::move(root_);
    return std::move(parsed_);
  }

  bool null() override { return Put(nullptr); }
  bool boolean(bool value) override { return Put(value); }
  // The nearest double, ties to even, as for a number that was written with a fraction.
  bool number_integer(number_integer_t value) override {
    if (value < -kExact) Note(static_cast<double>(value), absl::StrCat(value));
    return Put(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > kExact) Note(static_cast<double>(value), absl::StrCat(value));
    return Put(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    Note(value, text);
    return Put(value);
  }
  bool string(string_t& value) override { return Put(std::move(value)); }
  // Only binary formats have it; this parser reads text.
  bool binary(binary_t&) override { return Fail("binary value"); }

  bool start_object(std::size_t) override { return Push(json::object()); }
  bool start_array(std::size_t) override { return Push(json::array()); }
  bool end_object() override { return Pop(); }
  bool end_array() override { return Pop(); }

  bool key(string_t& name) override {
    if (open_.back().value->contains(name)) {
      return Fail(absl::StrCat("the name `", Shortened(name), "` appears twice in one object"));
    }
    open_.back().name = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    // 406: a number out of range, whose message is about the library's own types.
    if (error.id == 406) {
      return Fail(absl::StrCat("the number `", Shortened(token), "` is beyond binary64"));
    }
    const std::string path = PathOf(open_);
    status_ = absl::InvalidArgumentError(absl::StrCat(
        "not a JSON text in UTF-8: ", position > text_size_ ? "it ends early" : "unexpected input",
        " at byte ", std::min(position, text_size_), path.empty() ? "" : ", in ", path));
    return false;
  }

 private:
  // Integers up to here are their own canonical form.
  static constexpr int64_t kExact = int64_t{1} << 53;

  bool Fail(absl::string_view why) {
    const std::string path = PathOf(open_);
    status_ = absl::InvalidArgumentError(absl::StrCat(path, path.empty() ? "" : ": ", why));
    return false;
  }

  // Takes a number before it is put where it belongs.
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

  json* Add(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& parent = *open_.back().value;
    if (parent.is_object()) return &(parent[*open_.back().name] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool Put(json value) {
    Add(std::move(value));
    return Done();
  }

  bool Push(json container) {
    if (open_.size() == kMaxDepth) {
      return Fail(absl::StrCat("nested deeper than ", kMaxDepth));
    }
    // Stays where it is until it is closed: only the innermost container grows.
    open_.push_back({.value = Add(std::move(container)), .name = std::nullopt});
    return true;
  }

  bool Pop() {
    open_.pop_back();
    return Done();
  }

  // A value is complete.
  bool Done() {
    if (!open_.empty()) open_.back().name.reset();
    return true;
  }

  const size_t text_size_;
  ParsedText parsed_;
  json root_;
  std::vector<Open> open_;
  absl::Status status_;
};

// In UTF-8 the supplementary planes (lead byte F0 and above) sort last; in UTF-16 their surrogates
// (D800 to DFFF) come before U+E000 to U+FFFF (lead bytes EE and EF).
int Utf16Rank(char c) {
  const int byte = static_cast<uint8_t>(c);
  if (byte >= 0xF0) return byte - 0x02;
  return byte >= 0xEE ? byte + 0x10 : byte;
}

bool Utf16Less(const std::string& a, const std::string& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return Utf16Rank(x) < Utf16Rank(y); });
}

// Recursion is bounded by kMaxDepth.
void Put(const json& value, std::string& out) {
  switch (value.type()) {
    case json::value_t::object: {
      std::vector<json::const_iterator> members;
      members.reserve(value.size());
      for (auto member = value.begin(); member != value.end(); ++member) members.push_back(member);
      std::sort(members.begin(), members.end(),
                [](const auto& a, const auto& b) { return Utf16Less(a.key(), b.key()); });
      char separator = '{';
      for (const auto& member : members) {
        out.push_back(std::exchange(separator, ','));
        PutString(member.key(), out);
        out.push_back(':');
        Put(member.value(), out);
      }
      out += members.empty() ? "{}" : "}";
      return;
    }
    case json::value_t::array: {
      char separator = '[';
      for (const json& element : value) {
        out.push_back(std::exchange(separator, ','));
        Put(element, out);
      }
      out += value.empty() ? "[]" : "]";
      return;
    }
    case json::value_t::string:
      return PutString(value.get_ref<const std::string&>(), out);
    case json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case json::value_t::null:
      out += "null";
      return;
    default:
      out += CanonicalNumber(value.get<double>());
  }
}

}  // namespace

absl::StatusOr<ParsedText> ParseText(absl::string_view text) {
  // The parser would skip a byte order mark, and take a NUL byte for the end of the text.
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) {
    return absl::InvalidArgumentError("a JSON text must not begin with a byte order mark");
  }
  if (const size_t nul = text.find('\0'); nul != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("not a JSON text: NUL at byte ", nul + 1));
  }
  Builder builder(text.size());
  const bool complete = json::sax_parse(text.begin(), text.end(), &builder);
  return std::move(builder).Take(complete);
}

absl::StatusOr<json> ParseStrict(absl::string_view text) {
  absl::StatusOr<ParsedText> parsed = ParseText(text);
  if (!parsed.ok()) return parsed.status();
  if (!parsed->lone_surrogate.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(parsed->lone_surrogate, ": a lone surrogate, which is no text"));
  }
  return std::move(parsed->value);
}

std::string CanonicalJson(const json& value) {
  std::string out;
  Put(value, out);
  return out;
}

Hash CanonicalHash(const Json& value) { return merkle::Sha256(CanonicalJson(value)); }

Hash CanonicalHash(const Json& object, absl::FunctionRef<bool(absl::string_view name)> covered) {
  Json part = Json::object();
  for (const auto& [name, value] : object.items()) {
    if (covered(name)) part[name] = value;
  }
  return CanonicalHash(part);
}

Hash RawHash(const std::string& text) { return merkle::Sha256(Utf8(text)); }

std::string Utf8(const std::string& text) { return text; }

std::string Shortened(absl::string_view text) {
  constexpr size_t kMaxShown = 80;
  return text.size() <= kMaxShown ? std::string(text) : absl::StrCat("(", text.size(), " bytes)");
}

absl::StatusOr<std::string> Canonicalize(absl::string_view text) {
  absl::StatusOr<json> value = ParseStrict(text);
  if (!value.ok()) return value.status();
  return CanonicalJson(*value);
}

}  // namespace cairn::certificate
