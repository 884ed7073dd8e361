#include "merkle/certificate/record_signs.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace cairn::certificate {
namespace {

// The longest spelling of a name: each of its letters as \u0062, and two quotes.
constexpr size_t kMaxSpelling = 6 * sizeof("certificateHash") + 2;

// Takes one character of a JSON string, however it is spelt. False when it is another one.
bool ConsumeCharacter(absl::string_view& text, char wanted) {
  if (!absl::ConsumePrefix(&text, "\\u")) {
    return absl::ConsumePrefix(&text, absl::string_view(&wanted, 1));
  }
  uint32_t code = 0;
  if (!absl::SimpleHexAtoi(text.substr(0, 4), &code) || code != static_cast<uint8_t>(wanted)) {
    return false;
  }
  text.remove_prefix(std::min<size_t>(4, text.size()));
  return true;
}

// Whether `text` begins with a JSON string of this value.
bool BeginsWith(absl::string_view text, absl::string_view value) {
  if (!absl::ConsumePrefix(&text, "\"")) return false;
  return std::all_of(value.begin(), value.end(),
                     [&text](char c) { return ConsumeCharacter(text, c); }) &&
         absl::ConsumePrefix(&text, "\"");
}

// Each quote may begin a name: what is spoilt may have lost one before it.
bool NamesAMember(absl::string_view text) {
  for (size_t at = text.find('"'); at != absl::string_view::npos; at = text.find('"', at + 1)) {
    const absl::string_view rest = text.substr(at);
    if (BeginsWith(rest, "bundleType") || BeginsWith(rest, "certificateHash")) return true;
  }
  return false;
}

}  // namespace

void RecordSigns::Begin() {
  const size_t first = rest_.find_first_not_of("\xEF\xBB\xBF\xFE\xFF \t\r\n");
  if (first == std::string::npos) return rest_.clear();
  begun_ = rest_[first] == '{' ? Begun::kAsObject : Begun::kOtherwise;
}

bool RecordSigns::Take(absl::string_view piece) {
  std::copy_if(piece.begin(), piece.end(), std::back_inserter(rest_),
               [](char c) { return c != '\0'; });
  if (begun_ == Begun::kNotYet) Begin();
  if (begun_ == Begun::kAsObject) named_ = named_ || NamesAMember(rest_);
  if (rest_.size() > kMaxSpelling) rest_.erase(0, rest_.size() - kMaxSpelling);
  return begun_ != Begun::kOtherwise && !named_;
}

bool LooksLikeRecord(absl::string_view bytes) {
  RecordSigns signs;
  signs.Take(bytes);
  return signs.found();
}

}  // namespace cairn::certificate
