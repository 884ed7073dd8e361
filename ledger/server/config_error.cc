#include "ledger/server/config_error.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "proto/config.pb.h"

namespace cairn::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

// A name that differs by more is another name.
constexpr size_t kMaxMistakes = 2;

const FileDescriptor& Schema() { return *config::Cairnd::descriptor()->file(); }

const Descriptor* FindMessage(absl::string_view full_name) {
  for (int i = 0; i < Schema().message_type_count(); ++i) {
    if (Schema().message_type(i)->full_name() == full_name) return Schema().message_type(i);
  }
  return nullptr;
}

bool IsOurs(absl::string_view name) {
  if (FindMessage(name) != nullptr) return true;
  for (int i = 0; i < Schema().message_type_count(); ++i) {
    const Descriptor& message = *Schema().message_type(i);
    for (int k = 0; k < message.field_count(); ++k) {
      if (message.field(k)->name() == name || message.field(k)->full_name() == name) return true;
    }
  }
  return false;
}

// Single letters to put in, take out or exchange.
size_t Mistakes(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t k = 1; k <= b.size(); ++k) {
      const size_t same = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({same, row[k] + 1, row[k - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string UnknownField(const Descriptor& message, absl::string_view name) {
  std::string text = absl::StrCat("`", message.name(), "` has no field of that name");
  const FieldDescriptor* nearest = nullptr;
  size_t least = kMaxMistakes + 1;
  for (int i = 0; i < message.field_count() && name.size() <= 64; ++i) {
    const size_t mistakes = Mistakes(name, message.field(i)->name());
    if (mistakes >= least) continue;
    least = mistakes;
    nearest = message.field(i);
  }
  if (nearest != nullptr) absl::StrAppend(&text, "; did you mean `", nearest->name(), "`?");
  return text;
}

}  // namespace

std::string ConfigError(absl::string_view message) {
  // What stands between quotation marks has an odd place.
  const std::vector<absl::string_view> parts = absl::StrSplit(message, '"');
  if (absl::StrContains(message, "has no field named") && parts.size() >= 4) {
    if (const Descriptor* const of = FindMessage(parts[1])) return UnknownField(*of, parts[3]);
  }
  // Behind these the parser repeats what it found, with or without quotation marks.
  for (const absl::string_view found : {", got: ", ", found ", " (", " Value: "}) {
    if (const size_t at = message.find(found); at != message.npos) message = message.substr(0, at);
  }
  std::string text;
  const std::vector<absl::string_view> kept = absl::StrSplit(message, '"');
  for (size_t i = 0; i < kept.size(); ++i) {
    if (i % 2 == 0) {
      absl::StrAppend(&text, kept[i]);
    } else if (IsOurs(kept[i]) || kept[i].size() == 1) {
      absl::StrAppend(&text, "`", kept[i], "`");
    } else {
      absl::StrAppend(&text, "what stands there");
    }
  }
  return text;
}

}  // namespace cairn::server
