#include "merkle/certificate/canonical_json.h"

#include <double-conversion/double-conversion.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cairn::certificate {
namespace {

using nlohmann::json;

// Builds a value from the parser's events, and stops it at what the parser itself would let pass.
class Builder : public nlohmann::json_sax<json> {
 public:
  absl::StatusOr<json> Take(bool complete) && {
    if (!complete || !status_.ok()) {
      return status_.ok() ? absl::InvalidArgumentError("not a JSON text") : status_;
    }
    return std::move(root_);
  }

  bool null() override { return Put(nullptr); }
  bool boolean(bool value) override { return Put(value); }
  // The nearest double, ties to even, as for a number that was written with a fraction.
  bool number_integer(number_integer_t value) override { return Put(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Put(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return Put(value); }
  bool string(string_t& value) override { return Put(std::move(value)); }
  // Only binary formats have it; this parser reads text.
  bool binary(binary_t&) override { return Fail("binary value"); }

  bool start_object(std::size_t) override { return Open(json::object()); }
  bool start_array(std::size_t) override { return Open(json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    if (open_.back()->contains(name)) {
      return Fail(absl::StrCat("the name `", Shortened(name), "` appears twice in one object"));
    }
    name_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    // 406: a number out of range, whose message is about the library's own types.
    return Fail(
        error.id == 406
            ? absl::StrCat("the number `", Shortened(token), "` is beyond binary64")
            : absl::StrCat("not a JSON text in UTF-8: unexpected input at byte ", position));
  }

 private:
  bool Fail(absl::string_view why) {
    status_ = absl::InvalidArgumentError(why);
    return false;
  }

  json* Place(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& parent = *open_.back();
    if (parent.is_object()) return &(parent[name_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool Put(json value) {
    Place(std::move(value));
    return true;
  }

  bool Open(json container) {
    if (open_.size() == kMaxDepth) {
      return Fail(absl::StrCat("nested deeper than ", kMaxDepth));
    }
    // Stays where it is until it is closed: only the innermost container grows.
    open_.push_back(Place(std::move(container)));
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  json root_;
  std::vector<json*> open_;
  std::string name_;
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

void PutNumber(double value, std::string& out) {
  using double_conversion::DoubleToStringConverter;
  char buffer[64];
  double_conversion::StringBuilder builder(buffer, sizeof(buffer));
  DoubleToStringConverter::EcmaScriptConverter().ToShortest(value, &builder);
  const int size = builder.position();
  out.append(builder.Finalize(), size);
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
      return PutNumber(value.get<double>(), out);
  }
}

}  // namespace

absl::StatusOr<json> ParseStrict(absl::string_view text) {
  // The parser would skip a byte order mark, and take a NUL byte for the end of the text.
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) {
    return absl::InvalidArgumentError("a JSON text must not begin with a byte order mark");
  }
  if (const size_t nul = text.find('\0'); nul != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("not a JSON text: NUL at byte ", nul + 1));
  }
  Builder builder;
  const bool complete = json::sax_parse(text.begin(), text.end(), &builder);
  return std::move(builder).Take(complete);
}

std::string CanonicalJson(const json& value) {
  std::string out;
  Put(value, out);
  return out;
}

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
