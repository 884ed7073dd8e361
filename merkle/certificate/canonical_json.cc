#include "merkle/certificate/canonical_json.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/number.h"

namespace cairn::certificate {
namespace {

// Where a lone surrogate begins: ED A0 to ED BF, of which no valid text holds any.
size_t FindLoneSurrogate(absl::string_view text, size_t from = 0) {
  for (size_t at = text.find('\xED', from); at != absl::string_view::npos;
       at = text.find('\xED', at + 1)) {
    if (at + 2 < text.size() && static_cast<uint8_t>(text[at + 1]) >= 0xA0) return at;
  }
  return absl::string_view::npos;
}

// Where canonical JSON goes: into a string, or piece by piece into a hash.
class StringSink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  void Add(absl::string_view text) { out_.append(text.data(), text.size()); }
  void Add(char c) { out_.push_back(c); }

 private:
  std::string& out_;
};

class HashSink {
 public:
  void Add(absl::string_view text) {
    if (text.size() > sizeof(buffer_) - used_) Flush();
    if (text.size() > sizeof(buffer_)) return hasher_.Add(text);
    if (!text.empty()) std::memcpy(buffer_ + used_, text.data(), text.size());
    used_ += text.size();
  }
  void Add(char c) {
    if (used_ == sizeof(buffer_)) Flush();
    buffer_[used_++] = c;
  }
  Hash Finish() {
    Flush();
    return hasher_.Finish();
  }

 private:
  void Flush() {
    hasher_.Add({buffer_, used_});
    used_ = 0;
  }

  merkle::Sha256Stream hasher_;
  size_t used_ = 0;
  char buffer_[4096];
};

// Whether JSON writes the byte as it is.
constexpr bool IsPlain(char c) { return static_cast<uint8_t>(c) >= 0x20 && c != '"' && c != '\\'; }

// How many bytes at the beginning of the text JSON writes as they are.
size_t PlainPrefix(absl::string_view text) {
  // For eight bytes at once: the top bit of a byte is set where the byte is less than `bound`,
  // which is at most 0x80, and may be set above the first such byte where it is not.
  constexpr uint64_t kOnes = 0x0101010101010101u;
  const auto below = [](uint64_t word, uint64_t bound) {
    return (word - kOnes * bound) & ~word & (kOnes * 0x80);
  };
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= text.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof(word));
    if (below(word, 0x20) | below(word ^ (kOnes * '"'), 1) | below(word ^ (kOnes * '\\'), 1)) break;
  }
  while (at < text.size() && IsPlain(text[at])) ++at;
  return at;
}

template <typename Sink>
void PutEscape(char c, Sink& sink) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      return sink.Add("\\\"");
    case '\\':
      return sink.Add("\\\\");
    case '\b':
      return sink.Add("\\b");
    case '\f':
      return sink.Add("\\f");
    case '\n':
      return sink.Add("\\n");
    case '\r':
      return sink.Add("\\r");
    case '\t':
      return sink.Add("\\t");
    default:
      sink.Add("\\u00");
      sink.Add(kHex[c >> 4]);
      sink.Add(kHex[c & 15]);
  }
}

template <typename Sink>
void PutUtf8(absl::string_view text, Sink& sink) {
  while (!text.empty()) {
    const size_t plain = PlainPrefix(text);
    sink.Add(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    PutEscape(text[0], sink);
    text.remove_prefix(1);
  }
}

template <typename Sink>
void PutString(absl::string_view text, Sink& sink) {
  sink.Add('"');
  for (size_t lone = FindLoneSurrogate(text); lone != absl::string_view::npos;
       lone = FindLoneSurrogate(text)) {
    PutUtf8(text.substr(0, lone), sink);
    const int unit =
        ((text[lone] & 0x0F) << 12) | ((text[lone + 1] & 0x3F) << 6) | (text[lone + 2] & 0x3F);
    sink.Add(absl::StrCat("\\u", absl::Hex(unit)));
    text.remove_prefix(lone + 3);
  }
  PutUtf8(text, sink);
  sink.Add('"');
}

// Of UTF-8 that may hold lone surrogates.
std::u16string Utf16(const std::string& text) {
  std::u16string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t k = 1; k < length && i + k < text.size(); ++k) {
      code = (code << 6) | (static_cast<uint8_t>(text[i + k]) & 0x3F);
    }
    if (code < 0x10000) {
      out.push_back(static_cast<char16_t>(code));
    } else {
      out.push_back(static_cast<char16_t>(0xD7C0 + (code >> 10)));
      out.push_back(static_cast<char16_t>(0xDC00 | (code & 0x3FF)));
    }
    i += length;
  }
  return out;
}

using Members = std::vector<std::pair<std::u16string, Json::const_iterator>>;

// The members by UTF-16 code units; nullopt where they stand in that order already. An object has
// them by bytes, which is the same order unless surrogates take part: those of characters beyond
// U+FFFF (lead bytes from F0), lone ones (ED), and what is above them (from EE).
std::optional<Members> Sorted(const Json& object) {
  const auto differs = [](char c) { return static_cast<uint8_t>(c) >= 0xED; };
  const auto& members = object.get_ref<const Json::object_t&>();
  if (std::none_of(members.begin(), members.end(), [&](const auto& member) {
        return std::any_of(member.first.begin(), member.first.end(), differs);
      })) {
    return std::nullopt;
  }
  Members sorted;
  for (auto member = object.begin(); member != object.end(); ++member) {
    sorted.emplace_back(Utf16(member.key()), member);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return sorted;
}

template <typename Sink>
void PutNumber(double value, Sink& sink) {
  // Below it, whole numbers are printed as integers are.
  constexpr double kLargest = 1e15;
  if (value == std::trunc(value) && std::abs(value) < kLargest) {
    return sink.Add(absl::AlphaNum(static_cast<int64_t>(value)).Piece());
  }
  sink.Add(CanonicalNumber(value));
}

template <typename Sink>
void Put(const Json& value, Sink& sink);

template <typename Sink, typename Covered>
void PutObject(const Json& object, const Covered& covered, Sink& sink) {
  bool first = true;
  sink.Add('{');
  const auto put = [&](const std::string& name, const Json& value) {
    if (!covered(name)) return;
    if (!std::exchange(first, false)) sink.Add(',');
    PutString(name, sink);
    sink.Add(':');
    Put(value, sink);
  };
  if (const std::optional<Members> sorted = Sorted(object)) {
    for (const auto& [unused, member] : *sorted) put(member.key(), member.value());
  } else {
    for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) put(name, value);
  }
  sink.Add('}');
}

// Recursion is bounded by kMaxDepth.
template <typename Sink>
void Put(const Json& value, Sink& sink) {
  switch (value.type()) {
    case Json::value_t::object:
      return PutObject(
          value, [](const std::string&) { return true; }, sink);
    case Json::value_t::array: {
      bool first = true;
      sink.Add('[');
      for (const Json& element : value) {
        if (!std::exchange(first, false)) sink.Add(',');
        Put(element, sink);
      }
      return sink.Add(']');
    }
    case Json::value_t::string:
      return PutString(value.get_ref<const std::string&>(), sink);
    case Json::value_t::boolean:
      return sink.Add(value.get<bool>() ? "true" : "false");
    case Json::value_t::null:
      return sink.Add("null");
    default:
      return PutNumber(value.get<double>(), sink);
  }
}

}  // namespace

std::string CanonicalJson(const Json& value) {
  std::string out;
  StringSink sink(out);
  Put(value, sink);
  return out;
}

Hash CanonicalHash(const Json& value) {
  HashSink sink;
  Put(value, sink);
  return sink.Finish();
}

Hash CanonicalHash(const Json& object, absl::FunctionRef<bool(absl::string_view name)> covered) {
  HashSink sink;
  PutObject(object, covered, sink);
  return sink.Finish();
}

Hash RawHash(const std::string& text) {
  return FindLoneSurrogate(text) == absl::string_view::npos ? merkle::Sha256(text)
                                                            : merkle::Sha256(Utf8(text));
}

std::string Utf8(const std::string& text) {
  std::string out = text;
  for (size_t at = FindLoneSurrogate(out); at != absl::string_view::npos;
       at = FindLoneSurrogate(out, at + 3)) {
    out.replace(at, 3, "\xEF\xBF\xBD");
  }
  return out;
}

std::string Shortened(absl::string_view text) {
  constexpr size_t kMaxShown = 80;
  return text.size() <= kMaxShown ? std::string(text) : absl::StrCat("(", text.size(), " bytes)");
}

absl::StatusOr<std::string> Canonicalize(const std::string& text) {
  absl::StatusOr<Json> value = ParseStrict(text);
  if (!value.ok()) return value.status();
  return CanonicalJson(*value);
}

}  // namespace cairn::certificate
