#include "anchor/evidence/evidence_json.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cairn::evidence {
namespace {

class Collector {
 public:
  Collector(const Schema& schema, absl::string_view what) : schema_(schema), what_(what) {}

  const absl::Status& status() const { return status_; }
  JsonValue& value() { return value_; }

  // The reader's events; false ends the reading.
  bool key(std::string& name) {
    open_.back().member = name;
    return true;
  }
  bool string(std::string& text) {
    const Schema* const next = Next();
    if (next == nullptr) return false;
    if (next->kind != Schema::kString) return Refuse("is no member that belongs here");
    JsonValue* const value = Take();
    if (value == nullptr) return false;
    value->text = std::move(text);
    return true;
  }
  bool start_object(size_t) { return Start(Schema::kObject, "must not be an object"); }
  bool start_array(size_t) { return Start(Schema::kList, "must not be a list"); }
  bool end_object() { return End(); }
  bool end_array() { return End(); }
  bool null() { return NoString(); }
  bool boolean(bool) { return NoString(); }
  bool number_integer(int64_t) { return NoString(); }
  bool number_unsigned(uint64_t) { return NoString(); }
  bool number_float(double, const std::string&) { return NoString(); }
  bool binary(nlohmann::json::binary_t&) { return NoString(); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) {
    status_ = absl::InvalidArgumentError(absl::StrCat(what_, " is not JSON near byte ", position));
    return false;
  }

 private:
  struct Open {
    const Schema* schema;
    JsonValue* value;
    std::string member = {};  // The one that is being read, of an object.
  };

  // What may come next. Null: nothing, which is said.
  const Schema* Next() {
    if (open_.empty()) return &schema_;
    const Open& in = open_.back();
    if (in.schema->kind == Schema::kList) return &in.schema->item.front();
    const auto at = in.schema->members.find(in.member);
    if (at != in.schema->members.end()) return &at->second;
    Refuse("is no member that belongs here");
    return nullptr;
  }

  // Where it is to be kept; null where it may not come again.
  JsonValue* Take() {
    if (open_.empty()) return &value_;
    const Open& in = open_.back();
    if (in.schema->kind == Schema::kList) {
      // Before they are kept: a list of a million is refused at once.
      if (in.value->items.size() == in.schema->max_items) {
        status_ = absl::InvalidArgumentError(
            absl::StrCat("`", Path(open_.size() - 1), "` has too many items"));
        return nullptr;
      }
      return &in.value->items.emplace_back();
    }
    const auto [at, added] = in.value->members.try_emplace(in.member);
    if (!added) {
      Refuse("is repeated");
      return nullptr;
    }
    return &at->second;
  }

  bool Start(Schema::Kind kind, absl::string_view otherwise) {
    const Schema* const next = Next();
    if (next == nullptr) return false;
    if (next->kind != kind) return Refuse(otherwise);
    JsonValue* const value = Take();
    if (value == nullptr) return false;
    open_.push_back({next, value});
    return true;
  }

  bool End() {
    open_.pop_back();
    return true;
  }

  bool NoString() {
    const Schema* const next = Next();
    return next != nullptr && Refuse("must be a string");
  }

  // The members that lead to the innermost of the first `levels` that are open, and on to the one
  // that is being read in it.
  std::string Path(size_t levels) const {
    std::vector<absl::string_view> names;
    for (size_t i = 0; i < levels; ++i) {
      if (open_[i].schema->kind == Schema::kObject) names.push_back(open_[i].member);
    }
    return absl::StrJoin(names, ".");
  }

  bool Refuse(absl::string_view why) {
    const bool item = !open_.empty() && open_.back().schema->kind == Schema::kList;
    status_ = absl::InvalidArgumentError(
        open_.empty() ? absl::StrCat(what_, " ", why)
                      : absl::StrCat(item ? "an item of `" : "`", Path(open_.size()), "` ", why));
    return false;
  }

  const Schema& schema_;
  const absl::string_view what_;
  JsonValue value_;
  std::vector<Open> open_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<JsonValue> ReadJson(absl::string_view bytes, const Schema& schema,
                                   absl::string_view what) {
  Collector collector(schema, what);
  if (!nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &collector)) {
    return collector.status();
  }
  return std::move(collector.value());
}

}  // namespace cairn::evidence
